"""Which file is too large, and how that is said (for real: test_superset_for_real.py)."""

from __future__ import annotations

import json
import sys
import types
from io import BytesIO
from typing import Any

import pytest

from images.superset.inside import uploads

MB = 2**20


def _answer(monkeypatch: pytest.MonkeyPatch, path: str, file_type: str, size: int | None) -> Any:
    """What the check says to such a request, with a stand-in for Flask."""
    flask: Any = types.ModuleType("flask")
    files = {} if size is None else {"file": BytesIO(bytes(size))}
    flask.request = types.SimpleNamespace(method="POST", path=path, form={"type": file_type}, files=files)
    flask.Response = lambda body, status, **_: (status, json.loads(body)["errors"][0]["message"])
    monkeypatch.setitem(sys.modules, "flask", flask)
    answer = uploads.refuse_what_is_too_large()
    assert all(file.tell() == 0 for file in files.values()), "the next reader starts at the beginning"
    return answer


@pytest.mark.parametrize("path", ["/api/v1/database/2/upload/", "/api/v1/database/upload_metadata/"])
def test_an_excel_file_has_a_limit_of_its_own(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    assert _answer(monkeypatch, path, "excel", 10 * MB) is None
    status, text = _answer(monkeypatch, path, "excel", 10 * MB + 1)
    assert status == 413
    assert "at most 10 MB" in text
    assert "CSV (25 MB)" in text


def test_other_files_may_be_larger(monkeypatch: pytest.MonkeyPatch) -> None:
    for file_type in ("csv", "columnar", ""):
        assert _answer(monkeypatch, "/api/v1/database/2/upload/", file_type, 25 * MB) is None
    status, text = _answer(monkeypatch, "/api/v1/database/2/upload/", "csv", 25 * MB + 1)
    assert status == 413
    assert "at most 25 MB" in text


def test_nothing_else_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _answer(monkeypatch, "/api/v1/database/2/upload/", "excel", None) is None
    assert _answer(monkeypatch, "/api/v1/chart/", "excel", 11 * MB) is None
