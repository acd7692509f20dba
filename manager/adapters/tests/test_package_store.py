"""`npm ci` and `pip install` in a real sandbox without any network, from the school's store."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from manager.adapters.tests.engine_under_test import SOURCE, EngineUnderTest
from manager.adapters.tests.terminal import NODE, Terminal
from tests import school_network
from tests.school_network import SchoolNetwork

pytestmark = [pytest.mark.sandbox, school_network.NEEDED]

_DEAD = "export http_proxy=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9"


def _add(folder: Path, home: Path, network: SchoolNetwork) -> subprocess.CompletedProcess[str]:
    """What an operator types, behind the school's proxy."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PYTHONPATH": str(SOURCE),
        "PIP_CONFIG_FILE": os.devnull,
        "APRANOVA_HOME": str(home),
        "APRANOVA_PROXY": network.proxy,
        "APRANOVA_AUTHORITY": str(network.authority),
        "APRANOVA_NPM_REGISTRY": network.npm_registry,
        "APRANOVA_PIP_INDEX": network.pip_index,
    }
    command = [sys.executable, "-m", "single_machine", "packages", str(folder)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="packages-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="module")
def network(folder: Path) -> Iterator[SchoolNetwork]:
    (folder / "network").mkdir()
    with school_network.school_network(folder / "network") as network:
        yield network


@pytest.fixture(scope="module")
def project(folder: Path, network: SchoolNetwork) -> dict[str, str]:
    """An exercise with both kinds of lock file."""
    files = network.authority.parent / "files"
    dist = json.loads((files / "npm/tiny").read_text())["versions"]["1.0.0"]["dist"]
    root = {"name": "exercise", "version": "1.0.0", "dependencies": {"tiny": "1.0.0"}}
    tiny = {"version": "1.0.0", "resolved": dist["tarball"], "integrity": dist["integrity"]}
    lock = {
        "name": "exercise",
        "lockfileVersion": 3,
        "requires": True,
        "packages": {"": root, "node_modules/tiny": tiny},
    }
    (wheel,) = (files / "simple/tiny").glob("*.whl")
    return {
        "package.json": json.dumps(root),
        "package-lock.json": json.dumps(lock),
        "requirements.txt": f"tiny==1.0.0 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n",
    }


@pytest.fixture(scope="module")
def engine(folder: Path, project: dict[str, str], network: SchoolNetwork) -> Iterator[EngineUnderTest]:
    exercise, home = folder / "exercise", folder / "home"
    exercise.mkdir()
    home.mkdir(mode=0o755)
    for name, text in project.items():
        (exercise / name).write_text(text)
    added = _add(exercise, home, network)
    assert added.returncode == 0, added.stdout + added.stderr
    assert added.stdout.count("1 new") == 2
    assert _add(exercise, home, network).stdout.count("0 new") == 2
    with ExitStack() as ends:
        engine = EngineUnderTest(
            as_whom="ordinary user",
            mounts=NODE,
            memory_max=600 << 20,
            variables={"APRANOVA_PACKAGES_DIR": str(home / "packages")},
        )
        ends.callback(engine.close)
        yield engine


@pytest.fixture(scope="module")
def terminal(engine: EngineUnderTest, project: dict[str, str]) -> Terminal:
    terminal = Terminal(engine, **project)
    assert terminal.link_store() == 1
    assert terminal.link_store() == 0
    return terminal


def test_npm_ci_and_pip_install_need_no_network(terminal: Terminal) -> None:
    said = terminal.run(f"{_DEAD}; npm ci && cat node_modules/tiny/index.js")
    assert "from the mirror" in said, said
    said = terminal.run(
        f"{_DEAD}; python3 -m pip install --no-index --target lib -r requirements.txt && cat lib/tiny.py"
    )
    assert "from the mirror" in said, said


def test_an_exercise_s_app_gets_its_packages_by_a_copy_and_npm_takes_it_for_its_own(
    engine: EngineUnderTest, project: dict[str, str]
) -> None:
    fresh = Terminal(engine, **project)  # without links to the store, and without a network
    app = "APRANOVA_PACKAGES=/opt/packages bash /opt/vscode/extensions/apranova/src/app.sh mark kept/prepared"
    said = fresh.run(f"{_DEAD}; {app} 'npm ci' 'cat node_modules/tiny/index.js'")
    assert "copied from your school's store" in said, said
    assert "from the mirror" in said, said
    assert "did not run" not in said, said
    assert "invalid" not in (said := fresh.run("npm ls && echo mine >> node_modules/tiny/index.js && ls kept")), said
    assert "prepared" in said, said
    changed = Terminal(engine, **project)
    said = changed.run(f"{_DEAD}; echo >> package.json; {app} 'npm ci' true")
    assert "copied" not in said, "another project"


def test_a_student_cannot_change_what_others_get(terminal: Terminal) -> None:
    inside = "$(readlink -f ~/.npm/_cacache/content-v2/sha512/*/*/*)"
    tries = (f"echo bad > {inside}", f"rm -f {inside}", "rm -rf /opt/packages/wheels", "touch /opt/packages/npm/new")
    for attempt in (*tries, f"chmod u+w {inside}", "mount -o remount,rw /opt/packages"):
        said = terminal.run(attempt)
        assert any(
            word in said for word in ("Read-only", "Permission denied", "must be superuser", "permission denied")
        ), said
    assert terminal.run(f"wc -c < {inside}").strip() != "0"


def test_a_file_that_is_not_what_its_name_says_is_not_installed(
    engine: EngineUnderTest, project: dict[str, str], folder: Path
) -> None:
    """npm checks the content also of what comes from the store: a damaged disk installs nothing."""
    (file,) = (folder / "home/packages/npm/content-v2").glob("sha512/*/*/*")
    sound = file.read_bytes()
    file.chmod(0o644)
    file.write_bytes(b"x" * len(sound))
    try:
        other = Terminal(engine, **project)
        other.link_store()
        said = other.run(f"{_DEAD}; npm ci --fetch-retries 0; ls node_modules")
        assert "from the mirror" not in said
        assert "npm error" in said
    finally:
        file.write_bytes(sound)


def test_a_lock_that_names_another_content_adds_nothing(
    project: dict[str, str], folder: Path, network: SchoolNetwork
) -> None:
    wrong = folder / "wrong"
    wrong.mkdir()
    digest = project["requirements.txt"].partition("sha256:")[2].strip()
    (wrong / "requirements.txt").write_text(project["requirements.txt"].replace(digest, "0" * 64))
    refused = _add(wrong, folder / "other", network)
    assert refused.returncode == 1
    assert "pip could not fetch the packages; nothing was added" in refused.stderr
    assert not list((folder / "other/packages").rglob("*.whl"))
    (wrong / "requirements.txt").unlink()
    nothing = _add(wrong, folder / "other", network)
    assert "has neither package-lock.json nor requirements.txt" in nothing.stderr
