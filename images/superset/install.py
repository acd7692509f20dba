"""Superset and its packages, from the lock file, without what no student needs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from images import python_runtime
from images.building import SOURCE_ROOT, BuildFailed, Tool, remove

LOCK = SOURCE_ROOT / "requirements/superset.txt"
PYTHONS = ((3, 11), (3, 12))
"""Those for which the locked packages are ready-made."""
_TO_BUILD_WITH = ("setuptools", "wheel")
_INSTALL_TIMEOUT_S = 3600
_DROPPED = (
    "superset/translations/*/",  # the menu of languages is off, as most translations are incomplete
    "superset/examples/*/",
    "superset/static/uploads",
    "selenium/webdriver/common/macos",
    "selenium/webdriver/common/linux",
    "selenium/webdriver/common/windows",
    "selenium/webdriver/common/devtools/*/",
    "pyarrow/include",
    "pyarrow/src",
    "pyarrow/libarrow_flight*",
    "pyarrow/_flight*",
    "numpy/core/include",
    "setuptools*",
    "wheel*",
    "pkg_resources",
    "_distutils_hack",
    "distutils-precedence.pth",
    "apsw/ext.pyi",
)
_TESTS_STAY = ("numpy", "sqlalchemy", "alembic", "limits")
"""Packages that load a folder of this name themselves."""
_PIXEL = re.compile(rb"https://apachesuperset\.gateway\.scarf\.sh/pixel/[0-9a-f-]+/")
_NOTHING = b"data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7#"


@dataclass(frozen=True)
class Interpreter:
    version: tuple[int, int]
    host: Path | None
    """A Python of /usr, which every task sees; None: the layer gets a copy of ours."""

    @property
    def word(self) -> str:
        """For the layer's key: packages and bytecode belong to one version."""
        return f"{'host' if self.host else 'copy'}-{self.version[0]}.{self.version[1]}"


def choose_interpreter() -> Interpreter:
    """The machine's own when Superset's packages run on it, else ours. Raises BuildFailed."""
    for candidate in (python_runtime.HOST_PYTHON, *(Path(f"/usr/bin/python{a}.{b}") for a, b in PYTHONS)):
        if candidate.exists() and (version := _version(candidate)) in PYTHONS:
            return Interpreter(version, candidate.resolve())
    ours = (sys.version_info.major, sys.version_info.minor)
    if ours in PYTHONS:
        return Interpreter(ours, None)
    raise BuildFailed(
        "Superset 6.1 needs Python 3.11 or 3.12, and this machine has neither",
        "Install one of them (Debian, Ubuntu: apt install python3.12), then run ./apranova up again",
    )


def make_environment(interpreter: Interpreter, into: Path) -> None:
    """An environment that works wherever it is mounted. Raises BuildFailed."""
    if interpreter.host is None:
        python_runtime.copy(Path(sys.base_prefix), into)
        return
    name = f"python{interpreter.version[0]}.{interpreter.version[1]}"
    (into / "bin").mkdir()
    (into / "bin" / name).symlink_to(interpreter.host)
    for link in ("python", "python3"):
        (into / "bin" / link).symlink_to(name)
    site_packages(into, interpreter).mkdir(parents=True)
    (into / "lib64").symlink_to("lib")
    (into / "pyvenv.cfg").write_text(f"home = {interpreter.host.parent}\ninclude-system-site-packages = false\n")


def site_packages(environment: Path, interpreter: Interpreter) -> Path:
    return environment / "lib" / f"python{interpreter.version[0]}.{interpreter.version[1]}" / "site-packages"


def install_packages(environment: Path, scratch: Path) -> None:
    """Exactly what the lock file says, each file's hash checked. Raises BuildFailed.

    Three small packages have only source; the locked tools build them, not whatever is newest.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    tools = scratch / "tools.txt"
    tools.write_text(_excerpt(LOCK.read_text(), _TO_BUILD_WITH))
    for arguments in ((str(tools),), (str(LOCK), "--no-build-isolation")):
        _pip(environment, ["install", "--no-deps", "--no-compile", "--require-hashes", "--progress-bar=off", "-r", *arguments])  # fmt: skip
    for script in (environment / "bin").iterdir():
        if not script.name.startswith("python"):
            script.unlink()  # they name the folder in which they were made


def move_static_files(packages: Path, into: Path, prefix: str) -> None:
    """Move what browsers ask for to a folder that the edge serves. Raises BuildFailed."""
    inside = packages / "superset/static"
    into.mkdir()
    shutil.copytree(inside / "assets", into / "assets")
    shutil.copy2(inside / "service-worker.js", into / "service-worker.js")
    shutil.copytree(packages / "flask_appbuilder/static/appbuilder", into / "appbuilder")
    for path in (inside / "assets").iterdir():
        if path.name not in ("manifest.json", "package.json"):
            remove(path)
    remove(packages / "flask_appbuilder/static/appbuilder")
    for source_map in into.rglob("*.map"):
        source_map.unlink()
    web_manifest = into / "assets/pwa-manifest.json"
    web_manifest.write_text(web_manifest.read_text().replace('"/static/', f'"{prefix}/static/'))
    if not _silence_telemetry(into / "assets"):
        raise BuildFailed(
            "Superset's telemetry is not where it was", "Adapt images/superset/install.py to the new version"
        )


def use_base_map(environment: Path, static: Path, prefix: str, scratch: Path) -> None:
    """Draw a map of our own, and let Superset's maps of points show it. Raises BuildFailed.

    They would ask other companies' servers, which a workspace's pages may not.
    """
    run(environment, "images.superset.inside.base_map", str(static / "assets"), str(static / "map"), folder=scratch)
    tiles = f'data:"{prefix}/static/map/{{z}}/{{x}}/{{y}}.png",'.encode()
    changes = (
        (rb"data:\w+,(id:\w+,minZoom:0,)maxZoom:19,(tileSize:256,)", tiles + rb"\1maxZoom:5,\2"),
        (rb'startsWith\("tile://http"\)', b'startsWith("tile://")'),
    )
    for pattern, replacement in changes:
        if not _change_scripts(static / "assets", re.compile(pattern), replacement):
            raise BuildFailed(
                "Superset's maps are not made as they were", "Adapt images/superset/install.py to the new version"
            )


def prune(packages: Path) -> None:
    for pattern in _DROPPED:
        for path in packages.glob(pattern):
            remove(path)
    for tests in [path for path in packages.rglob("tests") if path.is_dir()]:
        if tests.relative_to(packages).parts[0] not in _TESTS_STAY:
            remove(tests)
    locales = packages / "babel/locale-data"
    for data in locales.glob("*.dat"):
        if data.name != "root.dat" and not data.name.startswith(("en.", "en_US.", "en_001.", "en_GB.")):
            data.unlink()


def compile_bytecode(environment: Path, packages: Path) -> None:
    """A start costs 4 seconds of CPU instead of 11; a task cannot write it. Raises BuildFailed."""
    command = [environment / "bin/python", "-m", "compileall", "-q", "-q", "-j", "2"]
    done = subprocess.run(
        [*command, "--invalidation-mode", "unchecked-hash", "."],
        cwd=packages,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=_INSTALL_TIMEOUT_S,
    )
    # Packages bring files for other Pythons, so the exit code says nothing.
    if not next(packages.glob("superset/__pycache__/app.*.pyc"), None):
        raise BuildFailed("Superset could not be compiled", "The lines below are Python's", detail=done.stderr[-2000:])


def version() -> str:
    """Superset's, from the lock file."""
    found = re.search(r"(?m)^apache-superset==([^\s\\;]+)", LOCK.read_text())
    if found is None:
        raise BuildFailed("requirements/superset.txt does not lock Superset", "Restore it from the repository")
    return found[1]


def run(environment: Path, module: str, *arguments: str, folder: Path) -> None:
    """Run a module of ours with Superset's Python. Raises BuildFailed."""
    home = {"HOME": str(folder), "SUPERSET_HOME": str(folder / ".superset")}
    tool = Tool(module, {**_environment(), "PYTHONPATH": str(SOURCE_ROOT), **home}, CAUSES[:1])
    tool.run([environment / "bin/python", "-W", "ignore", "-m", module, *arguments], cwd=folder)


CAUSES = (
    (
        r"No space left|ENOSPC|Errno 28",
        "The disk is full",
        "Free at least 3 GB and run ./apranova up again; what was half done is removed",
    ),
    (
        r"do not match the hashes|HashMismatch|hashes are required",
        "A package from the index is not the one that was locked",
        "Clear pip's cache (pip cache purge) and try again; if it stays, do not trust that index",
    ),
    (
        r"NewConnectionError|ConnectTimeout|name resolution|Name or service not known|ReadTimeout|Connection refused|unreachable|ProxyError|SSLError|Max retries",
        "The Python package index cannot be reached",
        "Check the internet connection, or pip's `index-url` and `proxy` settings, and run ./apranova up again",
    ),
    (
        r"No matching distribution found|Could not find a version",
        "The Python package index does not have a package that is needed",
        "Point pip at the public index or at a full mirror of it; on other processors than x86-64 and ARM64 some are missing",
    ),
    (r"Permission denied|EACCES", "pip may not write its files", "Make the data folder and ~/.cache belong to you"),
)


def _pip(environment: Path, arguments: list[str]) -> None:
    options = ("--python", environment / "bin/python", "--disable-pip-version-check", "--retries=3")
    Tool("pip", _environment(), CAUSES).run([sys.executable, "-m", "pip", *options, *arguments], cwd=environment)


def _environment() -> dict[str, str]:
    """Ours without what would lead another Python astray."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "SUPERSET", "FLASK", "VIRTUAL_ENV"))}  # fmt: skip
    return kept | {"PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8"}


def _excerpt(lock: str, names: tuple[str, ...]) -> str:
    """The requirements with these names, with their hashes."""
    blocks = re.split(r"(?m)^(?=[A-Za-z0-9])", lock)
    wanted = [block for block in blocks if block.split("==")[0] in names]
    return "".join(wanted)


def _silence_telemetry(assets: Path) -> bool:
    """Superset's pages report visits to its makers by a picture of one pixel. False: not found."""
    return _change_scripts(assets, _PIXEL, _NOTHING)


def _change_scripts(assets: Path, pattern: re.Pattern[bytes], replacement: bytes) -> bool:
    found = False
    for script in assets.glob("*.js"):
        content = script.read_bytes()
        changed = pattern.sub(replacement, content)
        if changed != content:
            script.write_bytes(changed)
            found = True
    return found


def _version(python: Path) -> tuple[int, int]:
    check = "import sys, ssl, sqlite3, ctypes; print(*sys.version_info[:2])"
    done = subprocess.run([python, "-I", "-c", check], capture_output=True, text=True, check=False)
    words = done.stdout.split()
    return (int(words[0]), int(words[1])) if done.returncode == 0 and len(words) == 2 else (0, 0)
