"""Build the image: `python -m images.superset.build --images DIR`.

Needs a Python package index and 2 GB of free disk; no root, no compiler. The template that every
new home is copied from is a layer of its own.
"""

from __future__ import annotations

import json
import platform
import shutil
from pathlib import Path

from images import building
from images.building import Contents, Kind
from images.progress import Progress
from images.superset import install
from images.superset.application import LINK

HERE = Path(__file__).parent

MEMORY_MAX_BYTES = 512 * 1024 * 1024
"""For a plain start, with uploads and queries of 50,000 rows; a forked one works in 384 MB."""
FREE_BYTES_MIN = 2 * 1024**3
TEMPLATE_SOURCES = (
    "places.py",
    *(f"inside/{name}.py" for name in ("bake", "configuration", "dashboard", "identity", "limits", "sample", "schema")),
)


def make_layers(layers: Path, progress: Progress) -> Contents:
    interpreter = install.choose_interpreter()
    version, key = install.version(), _layer_key(interpreter)
    packages = layers / f"superset-{version}-{key}"
    template = layers / f"superset-template-{version}-{_template_key(key)}"
    prefix = f"/_shared/superset-{version}-{key}"
    if not packages.is_dir():
        building.check_space(layers, FREE_BYTES_MIN)
    building.make(packages, lambda into: _make_packages(into, interpreter, prefix, progress), kind=KIND.name)
    progress.step_number = len(KIND.steps) - 2
    progress.step()
    building.make(template, lambda into: _make_template(into, packages / "superset"), kind=KIND.name)

    def complete(ours: Path) -> None:
        shutil.copytree(template, ours / "template")
        (ours / "built.json").write_text(json.dumps({"static_prefix": prefix}) + "\n")

    return Contents(
        version=version,
        mounts={"/opt/superset": packages / "superset"},
        environment={"APRANOVA_SUPERSET": "/opt/superset"},
        memory_max_bytes=MEMORY_MAX_BYTES,
        processes_max=256,
        static={
            "prefix": f"{prefix}/static/",
            "directory": str(packages / "static"),
            "gzip_directory": str(packages / "static-gzip"),
        },
        prefork={"python": "/opt/superset/bin/python", "module": "images.superset.server", "link": LINK},
        complete=complete,
    )


KIND = Kind(
    "superset",
    "Superset",
    "Superset",
    (
        ("choosing a Python", 1.0),
        ("downloading Superset and its packages", 90.0),
        ("leaving out what is not needed", 5.0),
        ("compressing the files for the browser", 10.0),
        ("compiling", 30.0),
        ("preparing the first home, with sample data and a dashboard", 45.0),
        ("adding the agent", 1.0),
    ),
    make_layers,
)


def _make_packages(into: Path, interpreter: install.Interpreter, prefix: str, progress: Progress) -> None:
    environment, static = into / "superset", into / "static"
    environment.mkdir()
    site_packages = install.site_packages(environment, interpreter)
    progress.step()
    install.make_environment(interpreter, environment)
    install.install_packages(environment, into.parent / "scratch")
    progress.step()
    install.move_static_files(site_packages, static, prefix)
    install.prune(site_packages)
    install.use_base_map(environment, static, prefix, into.parent / "scratch")
    progress.step()
    building.compress(static, into / "static-gzip")
    progress.step()
    install.compile_bytecode(environment, site_packages)


def _make_template(into: Path, environment: Path) -> None:
    work = into.parent / "work"
    work.mkdir()
    install.run(environment, "images.superset.inside.bake", str(into), folder=work)


def _layer_key(interpreter: install.Interpreter) -> str:
    return building.digest(
        [install.LOCK, HERE / "install.py", HERE / "inside/base_map.py"], interpreter.word, platform.machine()
    )


def _template_key(layer_key: str) -> str:
    return building.digest([HERE / name for name in TEMPLATE_SOURCES], layer_key)


if __name__ == "__main__":
    raise SystemExit(building.main(KIND))
