"""A project says which Node.js it runs on; a school says which ones there are."""

from __future__ import annotations

import os
import pty
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from images.building import BuildFailed
from images.conftest import images_folder
from images.tests import desk as desks
from images.vscode import node_versions
from images.vscode.build import find_node, make_node_versions


@pytest.fixture(scope="module")
def node() -> Path:
    """The real ones, from the npm registry; kept between runs as images are."""
    images_folder().mkdir(parents=True, exist_ok=True)
    layer = make_node_versions(images_folder() / "layers", find_node(), ("20", "22"))
    os.utime(layer)
    return layer / "bin/node"


@pytest.fixture
def run(node: Path, tmp_path: Path) -> Callable[..., str]:
    """In a project below the home; here nothing is mounted, so 24 is the wheel's own."""
    project = tmp_path / "home/project/src"
    project.mkdir(parents=True)
    versions = tmp_path / "versions"
    versions.mkdir()
    for name in ("bin", "20", "22"):
        (versions / name).symlink_to(node.parents[1] / name)
    (versions / "24").symlink_to(find_node().prefix)

    def run(*words: str) -> str:
        command = [str(versions / "bin/node"), *words]
        return subprocess.check_output(command, cwd=project, text=True, stderr=subprocess.STDOUT)

    return run


def test_a_project_gets_the_version_that_it_names(run: Callable[..., str], tmp_path: Path) -> None:
    assert run("--version").startswith("v24.")
    asks = (tmp_path / "home/.nvmrc", "20"), (tmp_path / "home/project/.node-version", "v22.11.0\r\n")
    for (file, text), major in zip(asks, ("20", "22"), strict=True):  # the nearest one wins
        file.write_text(text)
        assert run("--version").startswith(f"v{major}.")
    (tmp_path / "home/project/src/.nvmrc").write_text("lts/iron  # until the exam\n")
    assert run("-p", "process.argv.slice(1) + process.execPath", "two words").rstrip().endswith("/20/bin/node")
    headers = "process.env.npm_package_config_node_gyp_nodedir"
    assert run("-p", headers).rstrip().endswith("/20")
    (tmp_path / "home/other").mkdir()
    (tmp_path / "home/other/.nvmrc").write_text("24")
    inside = f"require('child_process').execSync('{tmp_path}/versions/bin/node -p {headers}', {{cwd: '../../other'}})"
    assert run("-p", f"`${{{inside}}}`").rstrip().endswith("/24")
    (tmp_path / "home/project/src/.nvmrc").write_text("\n")
    assert run("--version").startswith("v22."), "an empty file says nothing"


@pytest.mark.parametrize("text", ["18", "lts/hydrogen", "../../../bin", "", "*", "$(touch made)", "lts/*", "node"])
def test_what_is_not_here_is_the_images_own(run: Callable[..., str], tmp_path: Path, text: str) -> None:
    project = tmp_path / "home/project/src"
    (project / ".nvmrc").write_text(text)
    assert run("-p", "process.versions.node.split('.')[0]") == "24\n"
    assert [file.name for file in project.iterdir()] == [".nvmrc"]


@pytest.mark.parametrize(
    ("text", "told"),
    [("18.20.1", "18.20.1"), ("18\x1b]0;mine\x07", "of another kind"), (r"18\033[2J", "of another kind")],
)
def test_a_person_is_told_that_a_version_is_not_here(
    node: Path, tmp_path: Path, run: Callable[..., str], text: str, told: str
) -> None:
    (tmp_path / ".nvmrc").write_text(text)
    ours, theirs = pty.openpty()
    command = [str(tmp_path / "versions/bin/node"), "--version"]
    said = subprocess.check_output(command, cwd=tmp_path, text=True, stderr=theirs)
    assert said.startswith("v24.")
    assert os.read(ours, 4096).decode().strip() == (
        f"node: {tmp_path}/.nvmrc asks for Node.js {told}, which is not here; this is 24"
    )
    os.close(ours)
    os.close(theirs)


def test_an_old_and_a_new_npm_script_run_on_what_the_project_names(
    run: Callable[..., str], node: Path, tmp_path: Path
) -> None:
    """npm's first line is `#!/usr/bin/env node`."""
    project = tmp_path / "home/project/src"
    (project / ".nvmrc").write_text("20")
    (project / "package.json").write_text('{"scripts": {"which": "node --version"}}')
    path = f"{tmp_path}/versions/bin:{tmp_path}/npm:/usr/bin:/bin"
    (tmp_path / "npm").mkdir()
    (tmp_path / "npm/npm").symlink_to(find_node().npm_script)
    environment = {"PATH": path, "HOME": str(tmp_path / "home")}
    said = subprocess.check_output(["npm", "run", "which", "--silent"], cwd=project, env=environment, text=True)
    assert said.startswith("v20.")


def test_a_school_names_what_it_wants() -> None:
    assert node_versions.chosen("") == node_versions.chosen("24") == ()
    assert node_versions.chosen("22, 20 24") == ("20", "22")
    with pytest.raises(BuildFailed, match=r"names Node\.js 18, which cannot be had"):
        node_versions.chosen("18")


def test_terminals_find_the_projects_node_first(image: dict[str, Any]) -> None:
    with desks.short_folder() as folder:
        (folder / "versions/24").mkdir(parents=True)
        chosen = {**image["environment"], "APRANOVA_NODE_OF_PROJECT": str(folder / "versions/bin")}
        desk = desks.Desk({**image, "environment": chosen}, folder)
        try:
            desk.start_task().wait_for("ready")
            (server,) = psutil.Process(desk.task.process.pid).children()
            path = server.environ()["PATH"].split(":")
            assert path.index(f"{folder}/versions/bin") < path.index(desks.on_host(image, "/opt/node") + "/bin")
        finally:
            desk.close()


def test_what_the_registry_does_not_give_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """npm goes on without an optional package."""
    monkeypatch.setattr(node_versions, "PACKAGES", tmp_path / "nothing")
    (tmp_path / "nothing").mkdir()
    lock = '{"name": "none", "lockfileVersion": 3, "packages": {"": {"name": "none"}}}'
    (tmp_path / "nothing/package.json").write_text('{"name": "none"}')
    (tmp_path / "nothing/package-lock.json").write_text(lock)
    into = tmp_path / "layer/result"
    into.mkdir(parents=True)
    with pytest.raises(BuildFailed, match=r"did not give Node\.js 20 for this machine"):
        node_versions.fill(into, versions=("20",), node=find_node(), own="/opt/node")
