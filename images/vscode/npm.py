"""`npm ci` with the Node.js that the product brings, and its failures in plain words."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from images.building import Tool

CAUSES = (
    (
        r"ENOSPC|no space left",
        "The disk is full",
        "Free at least 2 GB and run ./apranova up again; what was half done is removed",
    ),
    (
        r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|network",
        "The npm registry cannot be reached",
        "Check the internet connection, or npm's `registry` and `proxy` settings, and run ./apranova up again",
    ),
    (
        r"EINTEGRITY",
        "A package from the npm registry is not the one that was locked",
        "Clear npm's cache (npm cache clean --force) and try again; if it stays, do not trust that registry",
    ),
    (
        r"E404|ETARGET",
        "The npm registry does not have a package that is needed",
        "Point npm at the public registry or at a full mirror of it",
    ),
    (r"EACCES|EPERM", "npm may not write its files", "Make the data folder and ~/.npm belong to you"),
)
_NOT_OF_THE_BUILDER = (
    *("NODE_OPTIONS", "NODE_PATH", "npm_config_prefix", "npm_config_global"),
    *("NODE_COMPILE_CACHE", "NODE_DISABLE_COMPILE_CACHE"),  # the image keeps its own compiled code
)


@dataclass(frozen=True)
class NodeRuntime:
    """A Node.js as the wheel lays it out: bin/node, include/node, lib/node_modules/npm."""

    prefix: Path

    @property
    def node(self) -> Path:
        return self.prefix / "bin/node"

    @property
    def npm_script(self) -> Path:
        """npm's real entry: the wheel's own bin/npm points at a place that does not exist."""
        return self.prefix / "lib/node_modules/npm/bin/npm-cli.js"

    def version(self) -> str:
        return self.run([str(self.node), "--version"], cwd=Path("/")).strip().removeprefix("v")

    def install(self, package: Path, into: Path) -> None:
        """Install exactly what `package`'s lock file says into `into`/node_modules.

        No install script runs: they would fetch or compile, and all that is native here ships ready
        in its package. Integrity is checked against the lock; the registry is npm's own setting.
        """
        into.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(package / name, into / name)
        options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--no-update-notifier"]
        patience = ("retries=2", "retry-mintimeout=1000", "retry-factor=2", "timeout=60000")
        options += [f"--fetch-{option}" for option in patience]
        self.run([str(self.node), str(self.npm_script), "ci", *options], cwd=into)

    def run(self, command: list[str], *, cwd: Path) -> str:
        environment = {**os.environ, "PATH": f"{self.node.parent}:{os.environ.get('PATH', os.defpath)}"}
        for name in _NOT_OF_THE_BUILDER:
            environment.pop(name, None)
        return Tool("npm", environment, CAUSES).run(command, cwd=cwd)
