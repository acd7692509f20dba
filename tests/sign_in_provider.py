"""A real provider of a school's sign-in: a program of Node.js, in a process of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from single_machine.portal_build import node_binary
from tests.npm_packages import installed
from tests.waiting import until


@contextmanager
def running_provider(name: str, settings: Mapping[str, object], answers_at: str) -> Iterator[None]:
    """The program of the folder `name`, until the caller is done."""
    source = Path(__file__).parent / name
    program = installed(source) / "server.js"
    shutil.copyfile(source / "server.js", program)
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
