"""A student's home, as a test reaches it on the disk."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from tests.product import Product


def home_of(product: Product, workspace_id: str) -> Path:
    homes = product.home / "h/data/homes"
    for owner in homes.glob(".home-*.owner.json"):
        if json.loads(owner.read_text())["workspace_id"] == workspace_id:
            return homes / owner.name.removeprefix(".").removesuffix(".owner.json")
    raise AssertionError("the workspace has no home")


def put(source: Path, home: Path, name: str) -> None:
    """Copy into the home, as the student's own."""
    target = home / name
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True)
    else:
        shutil.copyfile(source, target)
    if os.getuid() == 0:
        owner = home.stat()
        for path in [target.parent, target, *target.rglob("*")]:
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
