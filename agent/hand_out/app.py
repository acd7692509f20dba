"""Which app the editor starts by itself: the one that came with the newest hand-out.

Only a hand-out writes this, with the commands as the instructor handed them out. So nothing that a
student clones or unpacks starts by itself, whatever files it has.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from contract.declared_app import BadApp, find_app
from contract.hand_out import HandOutRequest

APP = ".local/share/apranova/app.json"
"""The editor's extension reads it (images/vscode/extensions/apranova/src/app.js)."""


def note_app(home: Path, request: HandOutRequest, contents: Mapping[str, bytes]) -> None:
    """`contents`: by the path below the project. An earlier app stays while this one declares none,
    unless it was an earlier version's. Raises OSError when the home is full."""
    if request.returned:
        return
    top = f"{request.folder}/" if request.folder else ""
    try:
        found = find_app({path.removeprefix(top): content for path, content in contents.items()})
    except BadApp:  # handed out before the upload was checked for it
        found = None
    file = home / APP
    if found is not None:
        value = {"version": 1, "assignment": request.assignment_id, "number": request.version, "folder": request.folder}
        file.parent.mkdir(parents=True, exist_ok=True)
        beside = file.with_name(f".app-{os.getpid()}")
        beside.unlink(missing_ok=True)
        with beside.open("x") as opened:
            json.dump({**value, **asdict(found)}, opened)
        with suppress(IsADirectoryError):  # a student's own: the files are there all the same
            beside.replace(file)
    elif _is_of(file, request.assignment_id):
        file.unlink(missing_ok=True)


def _is_of(file: Path, assignment_id: str) -> bool:
    try:
        return file.is_file() and json.loads(file.read_bytes()).get("assignment") == assignment_id
    except (OSError, ValueError, AttributeError, RecursionError):
        return False
