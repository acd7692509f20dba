"""The script `apranova` makes the Python environment, and finishes one that was interrupted."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

SOURCE = Path(__file__).parents[2]


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module, for a checkout whose lock files want nothing."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    loader = SourceFileLoader("entry_script", str(SOURCE / "apranova"))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    (tmp_path / "requirements").mkdir()
    for name in ("product", "programs", "test"):
        (tmp_path / "requirements" / f"{name}.txt").write_text(f"# {name}: nothing\n")
    monkeypatch.setattr(module, "ROOT", str(tmp_path))
    monkeypatch.setattr(module, "VENV", str(tmp_path / ".venv"))
    return module


def python_without_pip(folder: Path) -> Path:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    return folder / "bin/python"


def test_an_environment_that_was_cut_off_before_its_pip_is_made_anew(script: ModuleType, tmp_path: Path) -> None:
    python = python_without_pip(tmp_path / ".venv")
    assert not script.has_pip(str(python))
    script.prepare_environment("product")
    assert script.has_pip(str(python))
    assert (tmp_path / ".venv/apranova-stamp").exists()
    assert not (tmp_path / ".venv.unfinished").exists()


def test_ctrl_c_while_it_is_made_leaves_a_mark_and_the_next_run_begins_anew(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when pip answers already: half of it is enough for that."""
    venv, made = tmp_path / ".venv", []
    monkeypatch.setattr(script, "has_pip", lambda _python: True)

    def call(command: list[str], **_: object) -> int:
        if command[1:3] == ["-m", "venv"]:
            assert not venv.exists(), "nothing of the half one is left"
            made.append(python_without_pip(venv))
            if len(made) == 1:
                raise KeyboardInterrupt
        return 0

    monkeypatch.setattr(script.subprocess, "call", call)
    with pytest.raises(KeyboardInterrupt):
        script.prepare_environment("product")
    script.prepare_environment("product")
    assert len(made) == 2
    script.prepare_environment("product")
    (tmp_path / "requirements/test.txt").write_text("# something new\n")
    script.prepare_environment("test")  # another lock: the same environment is filled, not made anew
    assert len(made) == 2


@pytest.mark.parametrize(
    ("command", "prepared"),
    [
        ("check infrastructure", ["infrastructure", "checkov"]),
        ("check infrastructure -k rules", ["infrastructure", "checkov"]),
        ("check infrastructure --mutants", ["infrastructure"]),
        ("check", ["test"]),
    ],
)
def test_checks_of_the_infrastructure_have_checkov_in_an_environment_of_its_own(
    script: ModuleType, command: str, prepared: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    given: list[dict[str, str]] = []
    monkeypatch.setattr(script.sys, "argv", ["apranova", *command.split()])
    monkeypatch.setattr(script, "hand_over_to_the_service", lambda _arguments: None)
    monkeypatch.setattr(script, "prepare_environment", lambda name, _arguments: made.append(name))
    monkeypatch.setattr(script.os, "execve", lambda _program, _words, environment: given.append(environment))
    script.main()
    assert made == prepared
    checkov = str(SOURCE / ".venv-checkov/bin/python")
    assert (given[0].get("APRANOVA_CHECKOV_PYTHON") == checkov) is ("checkov" in prepared)


def test_a_checkout_that_cannot_be_written_is_a_message(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".venv.lock").mkdir()
    monkeypatch.setattr(script.sys, "argv", ["apranova", "up"])
    with pytest.raises(SystemExit):
        script.main()
    said = capsys.readouterr().err
    assert f"Is {tmp_path} yours?" in said
    assert "Traceback" not in said


REQUIREMENTS = SOURCE / "requirements"
LOCKED = sorted(path.stem for path in REQUIREMENTS.glob("*.in") if path.with_suffix(".txt").exists())


def asked_for(name: str) -> Iterator[str]:
    for line in (REQUIREMENTS / f"{name}.in").read_text().splitlines():
        if line.startswith("-r "):
            yield from asked_for(line.removeprefix("-r ").removesuffix(".in"))
        elif found := re.match(r"[a-z][a-z0-9._-]*", line, re.IGNORECASE):
            yield re.sub(r"[-_.]+", "-", found[0]).lower()


@pytest.mark.parametrize("name", LOCKED)
def test_a_lock_file_has_all_that_its_list_asks_for(name: str) -> None:
    """The story: a new package was locked for the product alone, and CI was red."""
    locked = set(re.findall(r"^([a-z0-9-]+)==", (REQUIREMENTS / f"{name}.txt").read_text(), re.MULTILINE))
    assert not set(asked_for(name)) - locked


def test_a_program_in_a_wheel_for_another_python_is_installed(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`install` failed on Debian 13 and Ubuntu 24.04: Redis comes in wheels for Python 3.11."""
    platform = sysconfig.get_platform().replace("-", "_")
    wheel = tmp_path / f"tool-1.0-cp39-cp39-{platform}.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tool/__init__.py", "")
        archive.writestr("tool-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tool\nVersion: 1.0\n")
        tag = f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: false\nTag: cp39-cp39-{platform}\n"
        archive.writestr("tool-1.0.dist-info/WHEEL", tag)
        names = ("tool/__init__.py", *(f"tool-1.0.dist-info/{name}" for name in ("METADATA", "WHEEL", "RECORD")))
        archive.writestr("tool-1.0.dist-info/RECORD", "".join(f"{name},,\n" for name in names))
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (tmp_path / "requirements/programs.txt").write_text(f"tool==1.0 \\\n    --hash=sha256:{digest}\n")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    of_3_9 = [word.replace("3.11", "3.9").replace("cp311", "cp39") for word in script.FOR_PROGRAMS]
    monkeypatch.setattr(script, "FOR_PROGRAMS", of_3_9)
    script.prepare_environment("product")
    subprocess.run([tmp_path / ".venv/bin/python", "-c", "import tool"], check=True)
    wheel.unlink()
    (tmp_path / "requirements/product.txt").write_text("# something new\n")
    script.prepare_environment("product")  # what is there is not installed again
