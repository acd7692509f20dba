"""`./apranova test`: everything CI runs, fast tests first. Also `./apranova check` and `lock`.

Each step is a command of its own with its time. The first that fails ends the run, with its output
above.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Callable
from pathlib import Path

from contract.names import WorkspaceKind
from single_machine.image_builds import Finished, ImageBuilds
from single_machine.portal_build import (
    PortalBuildFailed,
    build_portal,
    install_packages,
    node_environment,
    npm_command,
)

SOURCE = Path(__file__).parent.parent
PORTAL = SOURCE / "portal"
BIN = Path(sysconfig.get_path("scripts"))
PARTS = (
    "contract",
    "calendars",
    "manager",
    "mover",
    "agent",
    "backend",
    "gateway",
    "images",
    "single_machine",
    "simulator",
    "containers",
    "certificates",
)
END_TO_END = "tests"
FAST = "not browser and not sandbox and not simulation"


class StepFailed(Exception):
    """A step ended with an error; its output stands above."""


def main() -> int:
    arguments, pytest_arguments = parse()
    began = time.monotonic()
    try:
        match arguments.command:
            case "check":
                check()
            case "lock":
                lock()
            case _:
                environment = test_environment()
                noted = Path(environment["APRANOVA_TESTS_NEED_ROOT"])
                noted.unlink(missing_ok=True)
                find_chromium()
                if pytest_arguments:
                    run("pytest", BIN / "pytest", *pytest_arguments, environment=environment)
                else:
                    test(environment)
                name_what_needs_root(noted)
    except (StepFailed, PortalBuildFailed) as failure:
        print(f"\n✗ {failure}", flush=True)
        return 1
    except KeyboardInterrupt:
        print("\n✗ interrupted", flush=True)
        return 130
    print(f"\n✓ {arguments.command}: all of it passed in {minutes(time.monotonic() - began)}")
    return 0


def parse() -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(
        prog="apranova",
        description="Run every check and test. With more arguments: only pytest, with these arguments "
        "(a folder, -k WORDS, -m browser …).",
    )
    parser.add_argument("command", choices=("test", "check", "lock"))
    return parser.parse_known_args()


def check() -> None:
    """The quick checks, no services and no browser. The first time, the portal's packages come."""
    run("format", BIN / "ruff", "format", "--check", "--quiet", ".")
    run("lint", BIN / "ruff", "check", "--quiet", ".")
    run("imports point one way", BIN / "lint-imports")
    run("types", BIN / "basedpyright")
    step("lock files name no host", lock_files_name_no_host)
    step("portal: packages", install_the_portals_packages)
    run_in_portal("portal: client, format, lint, types", "check:static")


def test(environment: dict[str, str]) -> None:
    check()
    cache = Path(environment["APRANOVA_TEST_CACHE"])
    # It takes minutes: beside the fast tests, at low priority.
    images = ImageBuilds(cache, cache, SOURCE, tuple(WorkspaceKind))
    images.start()
    built: list[Finished] = []
    building = threading.Thread(target=lambda: built.extend(images.wait()), daemon=True)
    building.start()
    try:
        run(
            "fast tests",
            *(BIN / "pytest", *PARTS, "-m", FAST, "-n", "logical", "--dist", "loadfile"),
            environment=environment,
        )
        step("portal: build", build_the_portal)
        run_in_portal("portal: tests", "test")
        run(
            "fleets under simulated faults",
            *(BIN / "pytest", "simulator", "-m", "simulation", "-n", "logical", "--dist", "worksteal"),
            environment=environment,
        )
        step("images of the workspaces (built once, then cached)", lambda: all_built(building, built))
    finally:
        images.stop()
    run(
        "isolation tests, in real sandboxes",
        BIN / "pytest",
        *PARTS,
        "-m",
        "sandbox and not browser",
        environment=environment,
    )
    # Two runs: Playwright starts only once in a process.
    run(
        "the images in a real browser",
        *(BIN / "pytest", "images", "-m", "browser", "-n", "logical", "--dist", "loadfile"),
        environment=environment,
    )
    run(
        "end-to-end tests, in a real browser",
        *(BIN / "pytest", END_TO_END, "-m", "browser", "-n", "2", "--dist", "loadgroup"),
        *("--durations=10", "--durations-min=20"),
        environment=environment,
    )


def lock() -> None:
    """Write requirements/*.txt from every *.in. What product.in includes gets its versions."""
    included = (SOURCE / "requirements/product.in").read_text()
    names = {file.stem for file in (SOURCE / "requirements").glob("*.in") if not file.stem.endswith("-held-back")}
    for name in ("product", *sorted(names - {"product"})):
        constraint = ("-c", "requirements/product.txt") if f"-r {name}.in\n" in included else ()
        run(
            f"requirements/{name}.txt",
            *(BIN / "uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes"),
            *("--no-emit-index-url", "--no-header", "--upgrade", *constraint),
            *(f"requirements/{name}.in", "-o", f"requirements/{name}.txt"),
        )
    lock_files_name_no_host()


def run(title: str, *command: str | Path, folder: Path = SOURCE, environment: dict[str, str] | None = None) -> None:
    def call() -> None:
        runner = [sys.executable, SOURCE / "tests/end_all.py", *command]
        process = subprocess.Popen(runner, cwd=folder, env=environment)
        try:
            code = process.wait()
        except KeyboardInterrupt:
            process.send_signal(signal.SIGINT)
            process.wait()
            raise
        if code == 5 and "pytest" in str(command[0]):
            return  # no test of that mark in those folders
        if code != 0:
            raise StepFailed(f"{title}: exit code {code}")

    step(title, call)


def run_in_portal(title: str, script: str) -> None:
    """Run one of the scripts of `portal/package.json`."""
    run(title, *npm_command(), "run", "--silent", script, folder=PORTAL, environment=node_environment())


def step(title: str, work: Callable[[], None]) -> None:
    print(f"── {title}", flush=True)
    began = time.monotonic()
    work()
    print(f"   {minutes(time.monotonic() - began)}", flush=True)


def minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.1f} min"


def test_environment() -> dict[str, str]:
    """Images for tests are kept between runs in `APRANOVA_TEST_CACHE`."""
    caches = "/var/cache" if os.getuid() == 0 else os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    cache = Path(os.environ.get("APRANOVA_TEST_CACHE") or Path(caches) / "apranova-test")
    cache.mkdir(parents=True, exist_ok=True)
    return dict(
        os.environ,
        APRANOVA_TEST_CACHE=str(cache),
        APRANOVA_TESTS_NEED_ROOT=str(cache / "need-root.txt"),
        PYTHONPATH=str(SOURCE),
    )


def find_chromium() -> None:
    if not shutil.which("chromium"):
        raise StepFailed(
            "the browser tests need Chromium, which is not installed. Install it (Debian: apt install chromium) and "
            "run the same command again."
        )


def name_what_needs_root(noted: Path) -> None:
    if noted.exists():
        print("\nThese tests run only as root and were left out. `sudo ./apranova test` runs them, too:")
        for test in sorted({line.partition("[")[0] for line in noted.read_text().splitlines()}):
            print(f"  {test}")


def install_the_portals_packages() -> None:
    install_packages(PORTAL, PORTAL / ".build.log", development=True)


def build_the_portal() -> None:
    build_portal(PORTAL, PORTAL / ".build.log", development=True)


def all_built(building: threading.Thread, built: list[Finished]) -> None:
    building.join()
    for image in built:
        if image.failure:
            raise StepFailed(image.failure)


def lock_files_name_no_host() -> None:
    """A lock file that names a registry's host works only where that host is reached."""
    locks = [
        *(SOURCE / "requirements").glob("*.txt"),
        *SOURCE.glob("*/package-lock.json"),
        *SOURCE.glob("images/**/package-lock.json"),
        *SOURCE.glob("benchmarks/*/package-lock.json"),
    ]
    for file in locks:
        if "node_modules" not in file.parts and re.search(
            r'"resolved"|--index-url|--find-links|(?m:^[^#]*@ https?:)', file.read_text()
        ):
            raise StepFailed(f"{file.relative_to(SOURCE)} names the host of a registry")


if __name__ == "__main__":
    sys.exit(main())
