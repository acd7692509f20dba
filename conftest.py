"""Tests marked `root` run only as root. Other users' runs leave them out and note their names."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.hookimpl(trylast=True)  # after -k and -m
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    need_root = [item for item in items if item.get_closest_marker("root")]
    if os.geteuid() == 0 or not need_root:
        return
    items[:] = [item for item in items if item not in need_root]
    config.hook.pytest_deselected(items=need_root)
    noted = os.environ.get("APRANOVA_TESTS_NEED_ROOT")
    if noted and not config.option.collectonly:
        with Path(noted).open("a") as file:
            file.write("".join(f"{item.nodeid}\n" for item in need_root))
