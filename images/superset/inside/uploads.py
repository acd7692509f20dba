"""Uploading a file into a database of one's own: how large it may be, and where it goes."""

from __future__ import annotations

import json
import os
import re
from typing import Any

BYTES_MAX = 25 * 2**20
EXCEL_BYTES_MAX = 10 * 2**20
"""A workbook takes many times its size in memory before its first row; more may end the task."""

_PATH = re.compile(r"/api/v1/database/(?:\d+/upload|upload_metadata)/?")
_NO_SCHEMA = ("", "null", "undefined")
"""What the form sends for no schema; SQLite would look for a database of that name."""


def install() -> None:
    """Once for each process, after Superset's engine descriptions can be imported."""
    from superset.db_engine_specs.sqlite import SqliteEngineSpec

    def normalize(_specification: Any, table_name: str, schema_name: str | None = None) -> tuple[str, str | None]:
        return table_name, None if schema_name in _NO_SCHEMA else schema_name

    SqliteEngineSpec.normalize_table_name_for_upload = classmethod(normalize)


def refuse_what_is_too_large() -> Any:
    """Flask's `before_request`: a 413 for an upload above its type's limit, else None.

    The server refuses what is above BYTES_MAX by its length, unread.
    """
    from flask import Response, request

    if request.method != "POST" or not takes_a_file(request.path):
        return None
    file = request.files.get("file")
    if file is None:
        return None
    bytes_max = bytes_max_of(request.form.get("type", ""))
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return Response(refusal(bytes_max), 413, content_type="application/json") if size > bytes_max else None


def takes_a_file(path: str) -> bool:
    """Whether Superset reads an uploaded file there, to keep it or to show its columns."""
    return _PATH.fullmatch(path) is not None


def bytes_max_of(file_type: str) -> int:
    """`file_type` as in the form ('csv', 'excel', 'columnar'), which alone chooses the reader."""
    return EXCEL_BYTES_MAX if file_type == "excel" else BYTES_MAX


def refusal(bytes_max: int) -> bytes:
    """The JSON body of a 413, as Superset's pages show it."""
    most = f"at most {bytes_max // 2**20} MB"
    if bytes_max == EXCEL_BYTES_MAX:
        text = f"This Excel file is too large: {most} can be uploaded. Save the sheet as CSV ({BYTES_MAX // 2**20} MB), or split it."
    else:
        text = f"This is too large: {most} can be uploaded at once. Split the file, or leave out columns that you do not need."
    error = {"message": text, "error_type": "GENERIC_BACKEND_ERROR", "level": "error", "extra": {}}
    return json.dumps({"message": text, "errors": [error]}).encode()
