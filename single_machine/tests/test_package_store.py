"""Which projects the store keeps as they are installed, and what it keeps of them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from single_machine import package_store
from single_machine.package_store import add_project

TINY = {"version": "1.0.0", "integrity": "sha512-AAAA"}


@pytest.fixture
def npm(monkeypatch: pytest.MonkeyPatch) -> None:
    """What npm leaves behind: a package with a program, for the owner alone."""

    def install(command: list[str], folder: Path, name: str, **_: Any) -> None:
        assert (name, "--ignore-scripts" in command) == ("npm", True)
        program = folder / "node_modules/tiny/program"
        program.parent.mkdir(parents=True)
        program.write_text("#!/bin/sh\n")
        program.chmod(0o700)
        (program.parent / "index.js").write_text("tiny")
        (program.parent / "index.js").chmod(0o600)
        (folder / "node_modules/.bin").symlink_to("tiny")

    monkeypatch.setattr(package_store, "_run", install)


def add(folder: Path, *, keep: bool = True, lock: str = "package-lock.json", **package: Any) -> Path | None:
    """Where its packages are installed, by the bytes of its two files."""
    tiny = package.pop("tiny", TINY)
    files = {
        "package.json": json.dumps({"name": "exercise", **package}).encode(),
        lock: json.dumps({"packages": {"": {}, "node_modules/tiny": tiny}}).encode(),
    }
    (folder / "project").mkdir(exist_ok=True)
    (folder / "store").mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / "project" / name).write_bytes(content)
    add_project(folder / "project", folder / "store", say=lambda _: None, keep_installed=keep)
    place = folder / "store/npm/installed" / hashlib.sha256(b"".join(files.values())).hexdigest()
    return place if place.exists() else None


@pytest.mark.usefixtures("npm")
def test_everybody_may_read_what_is_installed_and_nobody_changes_it(tmp_path: Path) -> None:
    place = add(tmp_path, scripts={"dev": "vite"})
    assert place is not None
    program, module = place / "node_modules/tiny/program", place / "node_modules/tiny/index.js"
    assert [it.stat().st_mode & 0o777 for it in (program, module, module.parent, place)] == [0o555, 0o444, 0o755, 0o755]
    assert (place / "node_modules/.bin").is_symlink()
    assert not (place / "scripts").exists()
    assert add(tmp_path, scripts={"dev": "vite"}) == place, "once more"


@pytest.mark.usefixtures("npm")
def test_install_scripts_run_where_the_packages_are_copied_to(tmp_path: Path) -> None:
    place = add(tmp_path, tiny={**TINY, "hasInstallScript": True})
    assert place is not None
    assert (place / "scripts").exists()


@pytest.mark.usefixtures("npm")
def test_a_project_for_which_npm_ci_does_more_is_left_to_npm(tmp_path: Path) -> None:
    assert add(tmp_path, scripts={"prepare": "husky"}) is None
    assert add(tmp_path, scripts={"postinstall": "make"}) is None
    assert add(tmp_path, workspaces=["a"]) is None
    assert add(tmp_path, scripts=["odd"], tiny={"link": True, "resolved": "a"}) is None
    assert add(tmp_path, keep=False) is None, "an image would have to carry it"
    (tmp_path / "project/package-lock.json").unlink()
    assert add(tmp_path, lock="npm-shrinkwrap.json") is None
