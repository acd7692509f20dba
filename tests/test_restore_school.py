"""The server is lost: a bare machine, the backup and its password bring the student's file back."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.product import Product, fixed_pool
from tests.student import Student

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


def checksums(home: Path) -> dict[str, str]:
    """Of every file of every home."""
    homes = home / "data/homes"
    return {
        str(path.relative_to(homes)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in homes.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


def test_from_nothing_to_a_students_file(new_page: Callable[..., Page], tmp_path: Path) -> None:
    target = {
        "APRANOVA_BACKUP_TARGET": str(tmp_path / "target"),
        "APRANOVA_BACKUP_PASSWORD_FILE": str(tmp_path / "password"),
        "APRANOVA_BACKUP_HOUR": str((time.localtime().tm_hour + 2) % 24),  # not while the test looks
        **fixed_pool(0),
    }
    lost, bare = Product(target), Product(target)
    try:
        lost.start()
        account = lost.accounts()["amira"]
        student = Student(new_page(), lost, account)
        student.sign_in()
        student.launch().make_file("thesis.txt", "only here")
        made = lost.run("backup")
        assert made.returncode == 0, made.stdout + made.stderr
        assert lost.stop() == 0
        made = lost.run("backup", "--prove")
        assert made.returncode == 0, made.stdout + made.stderr
        before = checksums(lost.home / "h")
        shutil.rmtree(lost.home)

        began = time.monotonic()
        restored = bare.run("restore-school")
        assert restored.returncode == 0, restored.stdout + restored.stderr
        assert checksums(bare.home / "h") == before
        bare.start()
        print(f"from nothing to a running school: {time.monotonic() - began:.0f} s, {len(before)} files")
        again = Student(new_page(), bare, account)
        again.sign_in()
        code = again.launch()
        code.open_from_explorer("thesis.txt")
        code.expect_text("only here")
        assert "none was made since" not in bare.run("status").stdout
        assert bare.run("restore-school").returncode == 1
        assert bare.stop() == 0
    finally:
        lost.remove()
        bare.remove()
