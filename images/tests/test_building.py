"""Builds are complete or not at all, one at a time, fail in plain words, do not fill the disk."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from types import ModuleType

import pytest

from images import building
from images.building import UNUSED_S, BuildFailed, Tool, forget_unused
from images.progress import Progress
from images.superset import build as superset
from images.superset import install
from images.vscode import build as vscode
from images.vscode import npm

STEPS = (("downloading", 70.0), ("compressing", 20.0))

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


def test_a_folder_is_made_completely_or_not_at_all_and_only_once(tmp_path: Path) -> None:
    def breaks(into: Path) -> None:
        (into / "half").write_text("x")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        building.make(tmp_path / "layer", breaks, kind="vscode")
    assert list(tmp_path.iterdir()) == []
    building.make(tmp_path / "layer", lambda into: (into / "file").write_text("x") and None, kind="vscode")
    building.make(tmp_path / "layer", breaks, kind="vscode")
    assert [file.name for file in (tmp_path / "layer").iterdir()] == ["file"]


def test_what_is_made_can_be_read_by_everyone(tmp_path: Path) -> None:
    def private(into: Path) -> None:
        (into / "sub").mkdir(mode=0o700)
        (into / "sub/file").touch(mode=0o600)
        (into / "sub/program").touch(mode=0o700)

    building.make(tmp_path / "layer", private, kind="vscode")
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "layer").rglob("*")}
    assert modes == {"sub": 0o755, "file": 0o644, "program": 0o755}


def test_leftovers_of_a_killed_build_go_and_a_second_builder_waits(tmp_path: Path) -> None:
    leftover = tmp_path / "layers/.building-vscode-killed"
    leftover.mkdir(parents=True)
    (leftover / "half").touch()
    entered: list[str] = []
    progress = Progress("VS Code", tmp_path / "vscode.progress", STEPS)

    def second() -> None:
        with building.only_builder(tmp_path, progress, kind="vscode"):
            entered.append("second")

    with building.only_builder(tmp_path, progress, kind="vscode"):
        assert not leftover.exists()
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.3)
        assert entered == []
        assert "another process" in (tmp_path / "vscode.progress").read_text()
    thread.join(5)
    assert entered == ["second"]


@pytest.mark.parametrize("module", [vscode, superset])
def test_a_full_disk_is_said_before_anything_is_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: ModuleType
) -> None:
    monkeypatch.setattr(module, "FREE_BYTES_MIN", 10**18)
    with pytest.raises(BuildFailed, match=r"disk is too full.*Free some space"):
        building.build(module.KIND, tmp_path / "images")
    progress = (tmp_path / f"images/{module.KIND.name}.progress").read_text()
    assert progress.startswith(f"{module.KIND.title} could not be installed: The disk is too full")
    assert not list((tmp_path / "images").glob("*/image.json"))


@pytest.mark.parametrize(
    ("tool", "output", "text"),
    [
        ("npm", "npm error code ENOSPC\nno space left on device", "The disk is full"),
        ("npm", "npm error code EAI_AGAIN", "The npm registry cannot be reached"),
        ("npm", "npm error code EINTEGRITY", "A package from the npm registry is not the one that was locked"),
        ("npm", "npm error code E404", "The npm registry does not have a package that is needed"),
        ("npm", "npm error something new", "npm failed"),
        ("pip", "OSError: [Errno 28] No space left on device", "The disk is full"),
        ("pip", "NewConnectionError: Failed to establish", "The Python package index cannot be reached"),
        ("pip", "THESE PACKAGES DO NOT MATCH THE HASHES", "A package from the index is not the one that was locked"),
        (
            "pip",
            "ERROR: No matching distribution found",
            "The Python package index does not have a package that is needed",
        ),
        ("pip", "something new", "pip failed"),
    ],
)
def test_a_tools_failures_have_plain_words_and_keep_the_output(tool: str, output: str, text: str) -> None:
    failure = Tool(tool, {}, {"npm": npm.CAUSES, "pip": install.CAUSES}[tool]).failure(output)
    assert (failure.text, failure.detail) == (text, output)
    assert failure.remedy


def test_a_tool_that_hangs_or_is_missing_is_a_failure_in_plain_words(tmp_path: Path) -> None:
    tool = Tool("sleep", {})
    with pytest.raises(BuildFailed, match="did not finish"):
        tool.run(["/bin/sleep", "9"], cwd=tmp_path, timeout_s=0.1)
    with pytest.raises(BuildFailed, match="could not be started"):
        tool.run(["/nowhere"], cwd=tmp_path)


def test_the_progress_is_a_sentence_for_people(tmp_path: Path) -> None:
    progress = Progress("VS Code", tmp_path / "vscode.progress", STEPS)
    progress.step()
    sentence = (tmp_path / "vscode.progress").read_text()
    assert sentence == "VS Code is being installed: downloading (1 of 2), about 2 minutes left\n"
    progress.done("VS Code is installed")
    assert (tmp_path / "vscode.progress").read_text().strip() == ""
