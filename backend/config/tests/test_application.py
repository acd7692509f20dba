"""The one application of the backend's process."""

from __future__ import annotations

import gc
import importlib

from django.urls import get_resolver


def test_garbage_is_looked_for_once_the_application_is_there() -> None:
    """It is not while it is imported, because people wait for a restart."""
    importlib.import_module("backend.config.asgi")
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0


def test_the_first_request_finds_all_views_loaded() -> None:
    importlib.import_module("backend.config.asgi")
    assert "url_patterns" in vars(get_resolver())
