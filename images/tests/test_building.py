"""What nobody uses any more does not fill the disk."""

from __future__ import annotations

import json
import os
from pathlib import Path

from images.building import UNUSED_S, forget_unused

NOW = 1_790_000_000.0
LONG_AGO = NOW - UNUSED_S - 1


def image(images: Path, name: str, layer: str, *, used_at: float) -> Path:
    folder, layers = images / name, images / "layers" / layer
    folder.mkdir()
    layers.mkdir(parents=True, exist_ok=True)
    kind = name.partition("-")[0]
    (folder / "image.json").write_text(json.dumps({"kind": kind, "mounts": {"/opt/x": f"{layers}/inside"}}))
    for path in (folder / "image.json", folder, layers):
        os.utime(path, (used_at, used_at))
    return folder


def test_only_what_was_replaced_long_ago_goes_with_its_layers(tmp_path: Path) -> None:
    image(tmp_path, "vscode-1", "code-1", used_at=LONG_AGO - 50)
    image(tmp_path, "vscode-2", "code-2", used_at=LONG_AGO - 40)
    image(tmp_path, "vscode-3", "code-2", used_at=NOW - 100)
    image(tmp_path, "vscode-4", "code-4", used_at=NOW)
    assert sorted(forget_unused(tmp_path, now=NOW)) == ["code-1", "vscode-1", "vscode-2"]
    assert sorted(path.name for path in (tmp_path / "layers").iterdir()) == ["code-2", "code-4"]
    assert forget_unused(tmp_path, now=NOW) == []


def test_the_current_image_of_each_kind_stays_however_old(tmp_path: Path) -> None:
    image(tmp_path, "vscode-1", "code-1", used_at=LONG_AGO)
    image(tmp_path, "superset-1", "superset-1", used_at=LONG_AGO - 1000)
    assert forget_unused(tmp_path, now=NOW) == []


def test_what_is_being_built_is_left_alone(tmp_path: Path) -> None:
    image(tmp_path, "vscode-1", "code-1", used_at=NOW)
    building = tmp_path / "layers/.building-superset-x"
    building.mkdir()
    os.utime(building, (LONG_AGO, LONG_AGO))
    assert forget_unused(tmp_path, now=NOW) == []
    assert building.is_dir()
