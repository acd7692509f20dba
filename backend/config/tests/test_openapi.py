from __future__ import annotations

from backend.config.management.commands.export_openapi import PATH, openapi_text


def test_the_committed_document_is_the_apis():
    assert PATH.read_text() == openapi_text(), "run: python -m backend.manage export_openapi"
