"""What VS Code's build promises and needs no network for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from images.building import BuildFailed
from images.vscode import build, recipe


def test_a_registry_that_cannot_be_reached_is_said_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    with pytest.raises(BuildFailed, match=r"registry cannot be reached"):
        build.find_node().install(recipe.HERE / "install/typescript", tmp_path / "into")


def test_an_unexpected_start_page_of_vs_code_fails_the_build_instead_of_losing_the_defaults(tmp_path: Path) -> None:
    page = tmp_path / recipe.VSCODE / "out/vs/code/browser/workbench/workbench.html"
    page.parent.mkdir(parents=True)
    page.write_text("<html><body></body></html>")
    with pytest.raises(BuildFailed, match="start page has changed"):
        recipe.complete_page(tmp_path)


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
    recipe.install_start(build.find_node(), code_server_with(tmp_path))
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
        recipe.install_start(build.find_node(), code_server_with(tmp_path, **changed))
    assert failure.value.text == f"code-server has changed: its start needs {lacks}"
    assert "entry.js" in failure.value.remedy


def test_our_start_was_compared_with_this_version_of_code_server() -> None:
    """It repeats what out/node/entry.js does: for another version, read that again and try it."""
    assert recipe.version() == "4.139.1"


def test_no_lock_file_names_a_registry() -> None:
    locks = list(recipe.HERE.rglob("package-lock.json"))
    assert len(locks) == 7
    for lock in locks:
        packages = json.loads(lock.read_text())["packages"]
        assert not any("resolved" in package for package in packages.values())
        assert all("integrity" in package for name, package in packages.items() if name)
