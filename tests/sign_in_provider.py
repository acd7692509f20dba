"""A real provider of a school's sign-in: a program of Node.js, in a process of its own."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from single_machine.portal_build import node_binary, node_environment, npm_command
from tests.waiting import until

INSTALL_TIMEOUT_S = 100
"""Shorter than pytest's limit of 120 s for a test, so that the error names the installation, which
takes about five seconds."""


@contextmanager
def running_provider(name: str, settings: Mapping[str, object], answers_at: str) -> Iterator[None]:
    """The program of the folder `name`, until the caller is done."""
    program = _installed(Path(__file__).parent / name) / "server.js"
    with tempfile.TemporaryDirectory(prefix=f"{name}-") as folder:
        settings_file = Path(folder) / "settings.json"
        settings_file.write_text(json.dumps(settings))
        process = subprocess.Popen(
            [str(node_binary()), str(program), str(settings_file)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            until(lambda: _answers(answers_at), f"the {name} does not answer", within_s=60, every_s=0.1)
            yield
        finally:
            process.terminate()
            process.wait(10)


def _answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=5).is_success
    except httpx.TransportError:
        return False


def _installed(source: Path) -> Path:
    """The provider with its packages, installed once into the tests' cache."""
    digest = hashlib.sha256((source / "package-lock.json").read_bytes()).hexdigest()[:16]
    cache = Path(os.environ.get("APRANOVA_TEST_CACHE") or tempfile.gettempdir())
    folder = cache / f"{source.name}-{os.getuid()}-{digest}"
    with (cache / f".{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests of several files, in several processes, want the same one
        if not folder.exists():
            _install(source, folder)
        shutil.copyfile(source / "server.js", folder / "server.js")
    return folder


def _install(source: Path, folder: Path) -> None:
    new = folder.with_suffix(".new")
    shutil.rmtree(new, ignore_errors=True)  # of an installation that was cut off
    shutil.copytree(source, new, ignore=shutil.ignore_patterns("node_modules"))
    subprocess.run(
        [*npm_command(), "ci", "--silent"],
        cwd=new,
        env=node_environment(),
        check=True,
        timeout=INSTALL_TIMEOUT_S,
    )
    new.replace(folder)
