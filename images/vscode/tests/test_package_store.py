"""A claim leads the school's store of packages into npm's cache in the home."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from images.tests import desk as desks
from images.vscode.package_store import link_into_npm_cache
from tests.waiting import until

PLACE = Path("content-v2/sha512/ab/cd/ef")


def _store(folder: Path, state: str = "one") -> Path:
    (folder / "npm" / PLACE).parent.mkdir(parents=True, exist_ok=True)
    (folder / "npm" / PLACE).write_text("a package")
    (folder / "npm/state").write_text(state)
    return folder


def test_a_claim_links_the_store_into_the_home(image: dict[str, Any]) -> None:
    with desks.short_folder() as folder:
        store = _store(folder / "store")
        with_store = {**image, "environment": {**image["environment"], "APRANOVA_PACKAGES": str(store)}}
        desk = desks.Desk(with_store, folder)
        try:
            desk.start_task().wait_for("ready")
            assert desk.task.claim()[0] == 200
            link = desk.home / ".npm/_cacache" / PLACE
            until(link.is_symlink, within_s=10)
            assert link.read_text() == "a package"
        finally:
            desk.close()


def test_what_npm_has_itself_stays_and_a_link_to_nothing_is_renewed(tmp_path: Path) -> None:
    store, home = _store(tmp_path / "store"), tmp_path / "home"
    own = home / ".npm/_cacache" / PLACE
    own.parent.mkdir(parents=True)
    own.write_text("its own")
    assert link_into_npm_cache(store, home) == 0
    assert own.read_text() == "its own"
    own.unlink()
    own.symlink_to("/nowhere")
    _store(store, state="two")
    assert link_into_npm_cache(store, home) == 1
    assert own.read_text() == "a package"


def test_a_home_whose_cache_is_no_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".npm").write_text("a file")
    assert link_into_npm_cache(_store(tmp_path / "store"), tmp_path) == 0
    assert (tmp_path / ".npm").read_text() == "a file"


def test_it_links_once_for_each_state_whatever_a_student_puts_where_that_is_noted(tmp_path: Path) -> None:
    store, cache = _store(tmp_path / "store"), tmp_path / ".npm/_cacache"
    cache.mkdir(parents=True)
    os.mkfifo(cache / ".school-store")
    assert link_into_npm_cache(store, tmp_path) == 1
    (cache / PLACE).unlink()
    assert link_into_npm_cache(store, tmp_path) == 0
    _store(store, state="two")
    assert link_into_npm_cache(store, tmp_path) == 1
