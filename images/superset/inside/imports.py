"""Importing charts, dashboards and the like: a file that is no export gets a sentence."""

from __future__ import annotations

import json
import re
import zipfile
from typing import Any

_PATH = re.compile(r"/api/v1/(\w+)/import/?")
_KINDS = {
    "assets": ("assets", "everything"),
    "chart": ("Slice", "charts"),
    "dashboard": ("Dashboard", "dashboards"),
    "database": ("Database", "database connections"),
    "dataset": ("SqlaTable", "datasets"),
    "saved_query": ("SavedQuery", "saved queries"),
    "theme": ("Theme", "themes"),
}
"""By the address that takes it: an export's type in its metadata.yaml, and what people call it."""
_METADATA_BYTES_MAX = 64 * 1024


def refuse_what_is_no_export() -> Any:
    """Flask's `before_request`: a 422 for a file that Superset did not export, else None."""
    from flask import request

    if request.method != "POST" or not (path := _PATH.fullmatch(request.path)):
        return None
    file = next(iter(request.files.values()), None)
    if file is None or path[1] not in _KINDS:
        return None
    problem = problem_with(file.stream, path[1])
    file.stream.seek(0)
    return _answer(problem) if problem else None


def say_what_failed(answer: Any) -> Any:
    """Flask's `after_request`: a sentence instead of Python's words for whatever failed inside."""
    from flask import request

    if answer.status_code >= 500 and _PATH.fullmatch(request.path):
        return _answer(
            "This archive could not be imported: a file in it is damaged, or comes from another version of "
            "Superset. Export it again."
        )
    return answer


def problem_with(file: Any, kind: str) -> str:
    """What keeps the file from being imported as `kind`, a key of _KINDS; '' for nothing known."""
    wanted, words = _KINDS[kind]
    try:
        with zipfile.ZipFile(file) as archive:
            metadata = _metadata(archive)
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError, EOFError):
        return (
            "This file cannot be imported: it is no zip archive, or a damaged one. Import the .zip file that "
            "Superset's Export makes. To bring in data, use + → Data → Upload."
        )
    if not metadata:
        return "This archive is no export of Superset: it has no metadata.yaml. Import the .zip file as it was exported, not unpacked and packed again."  # fmt: skip
    found = re.search(r"(?m)^type:\s*['\"]?(\w+)", metadata)
    if found and found[1] != wanted:
        other = next((each for kind_of_it, each in _KINDS.values() if kind_of_it == found[1]), f"“{found[1]}”")
        return f"This archive is an export of {other}, not of {words}. Import it where Superset lists {other}."
    return ""


def _metadata(archive: zipfile.ZipFile) -> str:
    for name in archive.namelist():
        if name.split("/")[1:] == ["metadata.yaml"]:
            with archive.open(name) as member:
                return member.read(_METADATA_BYTES_MAX).decode()
    return ""


def _answer(text: str) -> Any:
    from flask import Response

    error = {"message": text, "error_type": "GENERIC_COMMAND_ERROR", "level": "warning", "extra": {}}
    return Response(json.dumps({"message": text, "errors": [error]}), 422, content_type="application/json")
