"""Build the image: `python -m images.superset.build --images DIR`.

Needs a Python package index and 2 GB of free disk; no root, no compiler. Everything is made in a temporary folder beside
the result and renamed at the end. Two slow parts have keys of their own: the packages, and the template that every new
home is copied from; a change of our own server installs neither again.
"""

from __future__ import annotations

import json
import platform
import shutil
import time
from pathlib import Path

from images import building, python_runtime
from images.progress import Progress
from images.superset import install
from images.superset.application import LINK

HERE = Path(__file__).parent

KIND = "superset"
TITLE = "Superset"
MEMORY_MAX_BYTES = 512 * 1024 * 1024
"""One that starts by itself works in 512 MB, with uploads and queries of 50,000 rows; a forked one in 384."""
PROCESSES_MAX = 256
PORT = 8088
FREE_BYTES_MIN = 2 * 1024**3
TEMPLATE_SOURCES = (
    "places.py",
    *(f"inside/{name}.py" for name in ("bake", "configuration", "dashboard", "identity", "limits", "sample", "schema")),
)

STEPS = (
    ("choosing a Python", 1.0),
    ("downloading Superset and its packages", 90.0),
    ("leaving out what is not needed", 5.0),
    ("compressing the files for the browser", 10.0),
    ("compiling", 30.0),
    ("preparing the first home, with sample data and a dashboard", 45.0),
    ("adding the agent", 1.0),
)


def build(images_dir: Path) -> Path:
    """Build the image unless it is there; returns its folder. Raises BuildFailed with the remedy.

    Safe to call at any time, twice at once (the second waits for the first and uses its result) and after a crash.
    """
    progress = Progress(TITLE, images_dir / f"{KIND}.progress", STEPS)
    with building.reported(progress):
        images_dir.mkdir(parents=True, exist_ok=True)
        with building.only_builder(images_dir, progress, kind=KIND):
            image = _build(images_dir.resolve(), progress)
    progress.done(f"{TITLE} is installed")
    return image


def _build(images_dir: Path, progress: Progress) -> Path:
    progress.step()
    interpreter = install.choose_interpreter()
    agents_python = python_runtime.choose()
    layers = images_dir / "layers"
    version, key = install.version(), _layer_key(interpreter)
    packages = layers / f"superset-{version}-{key}"
    template = layers / f"superset-template-{version}-{_template_key(key)}"
    python_layer = layers / f"python-{platform.python_version()}-{platform.machine()}"
    prefix = f"/_shared/superset-{version}-{key}"
    if not packages.is_dir():
        building.check_space(images_dir, FREE_BYTES_MIN)
    if agents_python.copy_from is not None:
        python_prefix = agents_python.copy_from
        building.make(python_layer, lambda into: python_runtime.copy(python_prefix, into), kind=KIND)
    building.make(packages, lambda into: _make_packages(into, interpreter, prefix, progress), kind=KIND)

    progress.step_number = len(STEPS) - 2
    progress.step()
    building.make(template, lambda into: _make_template(into, packages / "superset"), kind=KIND)

    progress.step()
    tag = f"{version}-{_image_key(packages.name, template.name, agents_python)}"
    image = images_dir / f"{KIND}-{tag}"
    mounts = {"/opt/superset": str(packages / "superset"), "/opt/apranova": str(image / "apranova")}
    if agents_python.copy_from is not None:
        mounts["/opt/python"] = str(python_layer)
    description = {
        "kind": KIND,
        "tag": tag,
        "mounts": mounts,
        "command": [agents_python.command, "-E", "-s", "-S", "/opt/apranova/task.py"],
        "environment": {
            "LANG": "C.UTF-8",
            "MALLOC_ARENA_MAX": "2",
            "APRANOVA_SUPERSET": "/opt/superset",
        },
        "port": PORT,
        "limits": {"memory_max_bytes": MEMORY_MAX_BYTES, "processes_max": PROCESSES_MAX},
        "prefork": {
            "python": "/opt/superset/bin/python",
            "module": "images.superset.server",
            "link": LINK,
        },
        "static": [
            {
                "prefix": f"{prefix}/static/",
                "directory": str(packages / "static"),
                "gzip_directory": str(packages / "static-gzip"),
            }
        ],
    }
    building.make(image, lambda into: _make_image(into, template, prefix, description), kind=KIND)
    building.make_current(image)
    building.forget_unused(images_dir, now=time.time())
    return image


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
    progress.step()
    install.compress(static, into / "static-gzip")
    progress.step()
    install.compile_bytecode(environment, site_packages)


def _make_template(into: Path, environment: Path) -> None:
    work = into.parent / "work"
    work.mkdir()
    install.run(environment, "images.superset.inside.bake", str(into), folder=work)


def _make_image(into: Path, template: Path, prefix: str, description: dict[str, object]) -> None:
    source = into / "apranova"
    building.add_agent(source, KIND)
    ours = source / "images" / KIND
    shutil.copytree(template, ours / "template")
    (ours / "built.json").write_text(json.dumps({"static_prefix": prefix}) + "\n")
    building.write_description(into, description)


def _layer_key(interpreter: install.Interpreter) -> str:
    sources = [install.LOCK, HERE / "install.py"]
    return building.digest(sources, interpreter.word, platform.machine())


def _template_key(layer_key: str) -> str:
    return building.digest([HERE / name for name in TEMPLATE_SOURCES], layer_key)


def _image_key(*parts: object) -> str:
    return building.digest([HERE / "build.py", *building.agent_sources(KIND)], *(str(part) for part in parts))


if __name__ == "__main__":
    raise SystemExit(building.main("Superset", build))
