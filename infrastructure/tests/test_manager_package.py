"""The function's folder, built as in a deploy: from the package index, by the lock with hashes.

Without an index or restic all of this is skipped; without the function's own Python its part is.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infrastructure.elements.function import RUNTIME
from infrastructure.manager_package import OWN, PACKAGES, SOURCE, CannotPackage, build_manager, find_python
from infrastructure.names import BACKUP_HANDLER, MANAGER_HANDLER

UNZIPPED_MAX_BYTES = 262_144_000
"""Lambda's limit ("250 MB"): https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
HANDLERS = tuple(handler.rpartition(".")[0] for handler in (MANAGER_HANDLER, BACKUP_HANDLER))
TAG = RUNTIME.replace("python", "cpython-").replace(".", "")
SURROUNDINGS = {
    "AWS_REGION": "us-east-1",
    "APRANOVA_TABLE": "table",
    "APRANOVA_CLUSTER": "cluster",
    "APRANOVA_SUBNETS": "subnet-1",
    "APRANOVA_WORKSPACE_SECURITY_GROUP": "sg-1",
    "APRANOVA_WORKSPACE_IMAGES": "vscode=image:1 superset=image:1",
    "APRANOVA_EXECUTION_ROLE": "role",
    "APRANOVA_TASK_ROLE": "role",
    "APRANOVA_FILE_SYSTEM": "fs-1",
    "APRANOVA_PUBLIC_URL": "https://school.example",
    "APRANOVA_WORKSPACES_DOMAIN": "ws.school.example",
}
"""As little as the function starts with; none of it is asked for anything at import."""
IMPORT = """
import importlib, os, sys
sys.path.insert(0, os.getcwd())
for name in sys.argv[1:]:
    module = importlib.import_module(name)
    assert callable(module.handle), name
    assert "site-packages" not in str(sys.path), sys.path
    assert os.path.exists(module.__spec__.cached), name
import cryptography.hazmat.primitives.asymmetric.ed25519, jwt, tzdata
for module in (cryptography, jwt, tzdata):
    assert module.__file__.startswith(os.getcwd()), module
"""


def _can_fetch(folder: Path) -> bool:
    """The smallest package, for any platform: if this fails, it is not the lock's fault."""
    (wanted,) = re.findall(r"^tzdata==[\w.]+", PACKAGES.read_text(), re.MULTILINE)
    quick = ["--quiet", "--no-deps", "--retries", "1", "--timeout", "15", "--no-cache-dir", "--dest", str(folder)]
    return subprocess.call([sys.executable, "-m", "pip", "download", *quick, wanted], stderr=subprocess.DEVNULL) == 0


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    tried = tmp_path_factory.mktemp("tried")
    restic = [sys.executable, "-m", "manager.adapters.restic.install", str(tried)]
    if subprocess.call(restic, cwd=SOURCE) != 0:
        pytest.skip("restic is neither on this machine nor to be had from its packages")
    if not _can_fetch(tried):
        pytest.skip("the package index is not reachable")
    folder = tmp_path_factory.mktemp("package") / "manager"
    yield build_manager(folder)
    shutil.rmtree(folder)


def test_it_holds_both_handlers_and_all_that_they_import(package: Path) -> None:
    for module in HANDLERS:
        assert (package / f"{module.replace('.', '/')}.py").is_file()
    for name in (*OWN, "botocore", "jwt", "cryptography", "tzdata"):
        assert (package / name / "__init__.py").is_file()
    assert (package / "tzdata/zoneinfo/America/New_York").is_file()
    assert not (package / "boto3").exists()


def test_no_tests_come_along_and_it_fits_into_lambda(package: Path) -> None:
    files = [file for file in package.rglob("*") if file.is_file()]
    assert [file for file in files if "tests" in file.relative_to(package).parts] == []
    assert sum(file.stat().st_size for file in files) < UNZIPPED_MAX_BYTES


def test_what_is_compiled_is_for_lambdas_processor(package: Path) -> None:
    libraries = [*package.rglob("*.so"), package / "bin/restic"]
    assert len(libraries) > 1
    assert {(file.read_bytes()[:6], file.read_bytes()[18:20]) for file in libraries} == {
        (b"\x7fELF\x02\x01", b"\x3e\x00")
    }
    assert (package / "bin/restic").stat().st_mode & 0o111


def test_bytecode_is_there_for_every_module_and_is_trusted_by_its_presence(package: Path) -> None:
    compiled = list(package.rglob("*.pyc"))
    if find_python() is None:
        assert compiled == []
        pytest.skip(f"{RUNTIME} is not installed, so there is no bytecode")
    assert {file.name.split(".")[-2] for file in compiled} == {TAG}
    assert {file.read_bytes()[4:8] for file in compiled} == {b"\x01\0\0\0"}  # PEP 552: a hash, which nobody compares
    for name in OWN:
        sources = set((package / name).rglob("*.py"))
        assert {file.parent.parent / f"{file.name.split('.')[0]}.py" for file in compiled} >= sources


def test_both_handlers_start_from_that_folder_alone(package: Path) -> None:
    python = find_python()
    if python is None:
        pytest.skip(f"{RUNTIME} is not installed")
    done = subprocess.run(
        [python, "-I", "-S", "-B", "-c", IMPORT, *HANDLERS],
        cwd=package,
        env=SURROUNDINGS,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (b"\xcf\xfa\xed\xfe\x0c\x00\x00\x01" + bytes(40), "not for Linux on x86_64"),
        (b"\x7fELF\x02\x01" + bytes(12) + b"\xb7\x00" + bytes(40), "not for Linux on x86_64"),
        (b"\x7fELF\x02\x01" + bytes(12) + b"\x3e\x00" + bytes(40) + b"GLIBC_2.34\0GLIBC_2.38\0", r"glibc 2\.38"),
    ],
    ids=["macOS", "ARM", "a newer Linux"],
)
def test_a_restic_that_runs_only_here_is_refused(
    program: bytes, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    restic = tmp_path / "restic"
    restic.write_bytes(program)
    restic.chmod(0o755)
    monkeypatch.setenv("APRANOVA_RESTIC", str(restic))
    nothing = tmp_path / "nothing.txt"
    nothing.touch()
    with pytest.raises(CannotPackage, match=said):
        build_manager(tmp_path / "package", nothing)


def test_without_lambdas_python_the_operator_is_told_what_it_costs_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nothing = tmp_path / "nothing.txt"
    nothing.touch()
    restic = tmp_path / "restic"
    restic.write_bytes(b"\x7fELF\x02\x01" + bytes(12) + b"\x3e\x00")
    restic.chmod(0o755)
    monkeypatch.setenv("APRANOVA_RESTIC", str(restic))
    monkeypatch.setattr("infrastructure.manager_package.find_python", lambda: None)
    build_manager(tmp_path / "package", nothing)
    said = capsys.readouterr().err
    assert f"{RUNTIME} is not on PATH" in said
    assert f"install {RUNTIME}" in said
    assert not list((tmp_path / "package").rglob("*.pyc"))
