"""The queue of image builds, with small programs in the place of the real builds."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from contract.environment import BadSetting
from contract.names import WorkspaceKind
from single_machine.image_builds import ImageBuilds
from single_machine.settings import read_settings

CODE, DATA = WorkspaceKind.VSCODE, WorkspaceKind.SUPERSET
BUILDS = """
import pathlib, sys
target = pathlib.Path(sys.argv[2]) / "{kind}-1"
target.mkdir()
(target / "image.json").touch()
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    for kind in WorkspaceKind:
        package = tmp_path / "source/images" / kind
        package.mkdir(parents=True)
        (package / "build.py").write_text(BUILDS.format(kind=kind))
    (tmp_path / "images").mkdir()
    (tmp_path / "logs").mkdir()
    return tmp_path / "source"


def builds(tmp_path: Path, *kinds: WorkspaceKind) -> ImageBuilds:
    return ImageBuilds(tmp_path / "images", tmp_path / "logs", tmp_path / "source", kinds or tuple(WorkspaceKind))


def test_every_kind_is_built_the_missing_ones_first(tmp_path: Path, source: Path) -> None:
    made = tmp_path / "images/vscode-0"
    made.mkdir()
    (made / "image.json").touch()
    queue = builds(tmp_path)
    assert queue.missing() == [DATA]
    queue.start()
    assert [(done.kind, done.failure) for done in queue.wait()] == [(DATA, ""), (CODE, "")]
    assert queue.missing() == []


def test_a_failure_is_told_with_the_last_lines_and_does_not_stop_the_next(tmp_path: Path, source: Path) -> None:
    (source / "images/vscode/build.py").write_text("raise SystemExit('the registry does not answer')")
    queue = builds(tmp_path)
    queue.start()
    first, second = queue.wait()
    assert "VS Code could not be installed" in first.failure
    assert "the registry does not answer" in first.failure
    assert second.failure == ""


def test_a_stop_ends_the_build_and_starts_no_other(tmp_path: Path, source: Path) -> None:
    (source / "images/vscode/build.py").write_text("import time; time.sleep(60)")
    queue = builds(tmp_path)
    queue.start()
    began = time.monotonic()
    queue.stop()
    assert time.monotonic() - began < 30
    assert [done.kind for done in queue.wait()] == [CODE]
    assert not list((tmp_path / "images").iterdir())


def test_a_school_chooses_its_kinds_and_a_mistake_is_named(tmp_path: Path) -> None:
    home = {"APRANOVA_HOME": str(tmp_path / "h")}
    assert read_settings(home, source=tmp_path / "s").kinds == tuple(WorkspaceKind)
    chosen = read_settings({**home, "APRANOVA_KINDS": "superset"}, source=tmp_path / "s")
    assert chosen.kinds == (DATA,)
    with pytest.raises(BadSetting, match="APRANOVA_KINDS is 'jupyter'; some of vscode superset"):
        read_settings({**home, "APRANOVA_KINDS": "jupyter"}, source=tmp_path / "s")
