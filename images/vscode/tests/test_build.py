"""The build's promises that need no network: complete or not at all, one builder at a time, failures in plain words."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from images import building
from images.building import BuildFailed, explained
from images.progress import Progress
from images.vscode import build, recipe
from images.vscode.npm import CAUSES


def test_a_folder_is_made_completely_or_not_at_all(tmp_path: Path) -> None:
    def breaks(into: Path) -> None:
        (into / "half").write_text("x")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        building.make(tmp_path / "layer", breaks, kind="vscode")
    assert list(tmp_path.iterdir()) == []
    building.make(tmp_path / "layer", lambda into: (into / "file").write_text("x") and None, kind="vscode")
    assert (tmp_path / "layer/file").read_text() == "x"


def test_a_folder_that_is_there_is_not_made_again(tmp_path: Path) -> None:
    (tmp_path / "layer").mkdir()

    def never(_: Path) -> None:
        raise AssertionError

    building.make(tmp_path / "layer", never, kind="vscode")


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
    said = Progress("VS Code", tmp_path / "vscode.progress", build.STEPS)

    def second() -> None:
        with building.only_builder(tmp_path, said, kind="vscode"):
            entered.append("second")

    with building.only_builder(tmp_path, said, kind="vscode"):
        assert not leftover.exists()
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.3)
        assert entered == []
        assert "another process" in (tmp_path / "vscode.progress").read_text()
    thread.join(5)
    assert entered == ["second"]


def test_a_full_disk_is_said_before_anything_is_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "FREE_BYTES_MIN", 10**18)
    with pytest.raises(BuildFailed, match=r"disk is too full.*Free some space"):
        build.build(tmp_path / "images")
    told = (tmp_path / "images/vscode.progress").read_text()
    assert told.startswith("VS Code could not be installed: The disk is too full")
    assert not list((tmp_path / "images").glob("vscode-*/image.json"))


def test_a_registry_that_cannot_be_reached_is_said_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    with pytest.raises(BuildFailed, match=r"registry cannot be reached"):
        build._node().install(recipe.HERE / "install/typescript", tmp_path / "into")


@pytest.mark.parametrize(
    ("output", "text"),
    [
        ("npm error code ENOSPC\nno space left on device", "The disk is full"),
        ("npm error code EAI_AGAIN", "The npm registry cannot be reached"),
        ("npm error code EINTEGRITY", "A package from the npm registry is not the one that was locked"),
        ("npm error code E404", "The npm registry does not have a package that is needed"),
        ("npm error something new", "npm failed"),
    ],
)
def test_npms_failures_have_plain_words_and_keep_the_output(output: str, text: str) -> None:
    failure = explained("npm", output, CAUSES)
    assert (failure.text, failure.detail) == (text, output)
    assert failure.remedy


def test_the_progress_is_a_sentence_for_people(tmp_path: Path) -> None:
    progress = Progress("VS Code", tmp_path / "vscode.progress", (("downloading", 70.0), ("compressing", 20.0)))
    progress.step()
    sentence = (tmp_path / "vscode.progress").read_text()
    assert sentence == "VS Code is being installed: downloading (1 of 2), about 2 minutes left\n"
    progress.done("VS Code is installed")
    assert (tmp_path / "vscode.progress").read_text().strip() == ""


def test_an_unexpected_start_page_of_vs_code_fails_the_build_instead_of_losing_the_defaults(tmp_path: Path) -> None:
    page = tmp_path / recipe.VSCODE / "out/vs/code/browser/workbench/workbench.html"
    page.parent.mkdir(parents=True)
    page.write_text("<html><body></body></html>")
    with pytest.raises(BuildFailed, match="start page has changed"):
        recipe.set_defaults(tmp_path)


CLI = "exports.parse = exports.readConfigFile = exports.setDefaults = () => {};"
MAIN = "exports.runCodeServer = () => {};"
WRAPPER = """
exports.wrapper = { preventExit() {}, onDispose() {}, exit() {} };
exports.isChild = () => process.env.CODE_SERVER_PARENT_PID !== undefined;
"""


def code_server_with(folder: Path, **modules: str) -> Path:
    inside = folder / "node_modules/code-server/out/node"
    inside.mkdir(parents=True)
    for name, source in {"cli": CLI, "main": MAIN, "wrapper": WRAPPER, **modules}.items():
        (inside / f"{name}.js").write_text(source)
    return folder


def test_a_code_server_with_all_that_our_start_uses_is_taken(tmp_path: Path) -> None:
    recipe.install_start(build._node(), code_server_with(tmp_path))
    assert (tmp_path / recipe.START).is_file()


@pytest.mark.parametrize(
    ("changed", "lacks"),
    [
        ({"cli": CLI.replace("exports.parse", "exports.parsed")}, "cli.parse"),
        ({"main": ""}, "main.runCodeServer"),
        ({"main": "require('./gone')"}, "main (Cannot find module './gone')"),
        ({"wrapper": WRAPPER.replace("onDispose", "onEnd")}, "wrapper.wrapper.onDispose"),
        ({"wrapper": WRAPPER.replace("CODE_SERVER_PARENT_PID", "PARENT")}, "wrapper.wrapper for a process that serves"),
    ],
)
def test_a_code_server_that_our_start_does_not_fit_fails_the_build(
    tmp_path: Path, changed: dict[str, str], lacks: str
) -> None:
    with pytest.raises(BuildFailed) as failure:
        recipe.install_start(build._node(), code_server_with(tmp_path, **changed))
    assert failure.value.text == f"code-server has changed: its start needs {lacks}"
    assert "entry.js" in failure.value.remedy


def test_our_start_was_compared_with_this_version_of_code_server() -> None:
    """It repeats what out/node/entry.js does in two processes: for another version, read that again and try it."""
    assert recipe.version() == "4.139.1"


def test_no_lock_file_names_a_registry() -> None:
    locks = list(recipe.HERE.rglob("package-lock.json"))
    assert len(locks) == 4
    for lock in locks:
        packages = json.loads(lock.read_text())["packages"]
        assert not any("resolved" in package for package in packages.values())
        assert all("integrity" in package for name, package in packages.items() if name)
