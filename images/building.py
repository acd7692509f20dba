"""What all kinds' builds share: complete or not at all, one builder at a time, plain words."""

from __future__ import annotations

import argparse
import compileall
import contextlib
import errno
import fcntl
import gzip
import hashlib
import json
import os
import platform
import py_compile
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from images import python_runtime
from images.progress import Progress

SOURCE_ROOT = Path(__file__).parent.parent
UNUSED_S = 14 * 86_400.0
_UNCHECKED = py_compile.PycInvalidationMode.UNCHECKED_HASH
_LEFT_OUT = shutil.ignore_patterns(
    "tests", "__pycache__", "install", "extensions", "node_modules", "template", "built.json"
)


class BuildFailed(Exception):
    """The image could not be built: what happened, the remedy, and the tool's words for the log."""

    def __init__(self, text: str, remedy: str, *, detail: str = "") -> None:
        super().__init__(f"{text}. {remedy}" + (f"\n{detail}" if detail else ""))
        self.text = text
        self.remedy = remedy
        self.detail = detail


@dataclass(frozen=True)
class Contents:
    """What a kind's own layers bring to its image."""

    version: str
    mounts: Mapping[str, Path]
    """Path inside the task → folder below the layers."""
    environment: Mapping[str, str]
    memory_max_bytes: int
    processes_max: int
    static: Mapping[str, str] | None = None
    """The URL's `prefix`, and what the edge serves there: `directory`, `gzip_directory`."""
    prefork: Mapping[str, str] | None = None
    complete: Callable[[Path], None] = lambda _: None
    """Adds to the kind's own modules in /opt/apranova what its build made."""


@dataclass(frozen=True)
class Kind:
    name: str
    title: str
    """For people: 'VS Code'."""
    application: str
    """Its Application in images/<name>/application.py: 'VSCode'."""
    steps: tuple[tuple[str, float], ...]
    """All but the last, which adds the agent, are its own (Progress)."""
    make_layers: Callable[[Path, Progress], Contents]
    """Makes what is missing below the folder of layers."""


def build(kind: Kind, images_dir: Path) -> Path:
    """Build the image unless it is there; returns its folder. Raises BuildFailed with the remedy.

    Safe to call at any time, twice at once (the second waits for the first and uses its result),
    and after a crash: everything is made in a temporary folder and renamed at the end. The slow
    layers have keys of their own, so a change of our Python code makes none of them again.
    """
    progress = Progress(kind.title, images_dir / f"{kind.name}.progress", kind.steps)
    with reported(progress):
        images_dir.mkdir(parents=True, exist_ok=True)
        with only_builder(images_dir, progress, kind=kind.name):
            image = _build(kind, images_dir.resolve(), progress)
    progress.done(f"{kind.title} is installed")
    return image


def _build(kind: Kind, images_dir: Path, progress: Progress) -> Path:
    progress.step()
    layers = images_dir / "layers"
    contents = kind.make_layers(layers, progress)
    progress.step_number = len(kind.steps) - 1
    progress.step()
    python = python_runtime.choose()
    mounts = dict(contents.mounts)
    if (prefix := python.copy_from) is not None:
        mounts["/opt/python"] = layers / f"python-{platform.python_version()}-{platform.machine()}"
        make(mounts["/opt/python"], lambda into: python_runtime.copy(prefix, into), kind=kind.name)
    application = f"images.{kind.name}.application:{kind.application}"
    description: dict[str, Any] = {
        "kind": kind.name,
        "mounts": {target: str(layer) for target, layer in mounts.items()},
        "command": [python.command, "-E", "-s", "-S", "/opt/apranova/task.py", application],
        "environment": {"LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "2", **contents.environment},
        "limits": {"memory_max_bytes": contents.memory_max_bytes, "processes_max": contents.processes_max},
        "static": [dict(contents.static)] if contents.static else [],
    }
    if contents.prefork is not None:
        description["prefork"] = dict(contents.prefork)
    key = digest(_agent_sources(kind.name), json.dumps(description).replace(str(images_dir), ""))
    image = images_dir / f"{kind.name}-{contents.version}-{key}"
    description["mounts"]["/opt/apranova"] = str(image / "apranova")

    def fill(into: Path) -> None:
        _add_agent(into / "apranova", kind.name)
        contents.complete(into / "apranova/images" / kind.name)
        (into / "image.json").write_text(json.dumps(description, indent=2) + "\n")

    make(image, fill, kind=kind.name)
    for path in (image / "image.json", image):
        os.utime(path)  # the newest image is the current one, also after going back to an older source
    forget_unused(images_dir, now=time.time())
    return image


def make(target: Path, fill: Callable[[Path], None], *, kind: str) -> None:
    """Make a folder completely or not at all."""
    if target.is_dir():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=_prefix(kind), dir=target.parent))
    try:
        result = temporary / "result"
        result.mkdir()
        fill(result)
        _let_everyone_read(result)
        try:
            result.rename(target)
        except OSError as problem:
            # Another kind's builder was faster with a layer that both use.
            if problem.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextlib.contextmanager
def reported(progress: Progress) -> Iterator[None]:
    """Every failure ends up in the progress file, and those of the file system get their remedy."""
    try:
        yield
    except OSError as problem:
        failure = BuildFailed(
            f"The image could not be written ({problem.strerror}: {problem.filename})",
            "Check the disk and the owner of the images folder, then run ./apranova up again",
        )
        progress.failed(failure.text)
        raise failure from problem
    except BuildFailed as failure:
        progress.failed(failure.text)
        raise


@contextlib.contextmanager
def only_builder(images_dir: Path, progress: Progress, *, kind: str) -> Iterator[None]:
    """Wait for another builder of this kind, and remove what a killed one left."""
    with (images_dir / f".{kind}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.waiting("another process is building the image")
            fcntl.flock(lock, fcntl.LOCK_EX)
        for parent in (images_dir, images_dir / "layers"):
            for leftover in parent.glob(f"{_prefix(kind)}*"):
                shutil.rmtree(leftover, ignore_errors=True)
        yield


def check_space(layers: Path, needed_bytes: int) -> None:
    free = shutil.disk_usage(layers.parent).free
    if free < needed_bytes:
        raise BuildFailed(
            f"The disk is too full: {free / 1e9:.1f} GB free where {needed_bytes / 1e9:.1f} GB are needed",
            f"Free some space on the file system of {layers.parent}, or set APRANOVA_HOME to another one",
        )


def _add_agent(into: Path, kind: str) -> None:
    """/opt/apranova: the agent, the contract and this kind's own modules, compiled."""
    for package in ("agent", "contract", f"images/{kind}"):
        shutil.copytree(SOURCE_ROOT / package, into / package, ignore=_LEFT_OUT)
    shutil.copyfile(SOURCE_ROOT / "images/__init__.py", into / "images/__init__.py")
    shutil.copyfile(SOURCE_ROOT / "images/task.py", into / "task.py")
    # Mounted read-only: what is not compiled now would be compiled at every start.
    compileall.compile_dir(into, quiet=2, invalidation_mode=_UNCHECKED)


def _agent_sources(kind: str) -> list[Path]:
    """What `_add_agent` copies, and this module, which says how."""
    sources = [SOURCE_ROOT / "images/__init__.py", SOURCE_ROOT / "images/task.py", Path(__file__)]
    for package in ("agent", "contract", f"images/{kind}"):
        sources += [
            path
            for path in (SOURCE_ROOT / package).rglob("*")
            if path.suffix in (".py", ".html") and "tests" not in path.parts
        ]
    return sources


def forget_unused(images_dir: Path, *, now: float) -> list[str]:
    """Remove images, and layers that no image names, unused for a while; returns their names.

    The current image of each kind stays, however old. A build makes its image current each time, so
    what is old here was replaced long ago, and no task of it can still run: builds happen when the
    product starts.
    """
    newest_first = sorted(images_dir.glob("*/image.json"), key=lambda file: file.stat().st_mtime, reverse=True)
    current: dict[str, Path] = {}
    old, named = [], ""
    for file in newest_first:
        description = file.read_text()
        kind = str(json.loads(description).get("kind"))
        if kind in current and now - file.stat().st_mtime > UNUSED_S:
            old.append(file.parent)
        else:
            current.setdefault(kind, file.parent)
            named += description
    layers = [layer for layer in images_dir.glob("layers/*") if layer.is_dir() and not layer.name.startswith(".")]
    old += [layer for layer in layers if str(layer) not in named and now - layer.stat().st_mtime > UNUSED_S]
    for folder in old:
        shutil.rmtree(folder, ignore_errors=True)
    return [folder.name for folder in old]


@dataclass(frozen=True)
class Tool:
    """A program that builds use, such as a package manager, and its failures in plain words."""

    name: str
    environment: Mapping[str, str]
    causes: tuple[tuple[str, str, str], ...] = field(default=(), repr=False)
    """A pattern in its output, what happened, the remedy; the first that is found counts."""

    def run(self, command: Sequence[str | Path], *, cwd: Path, timeout_s: float = 3600) -> str:
        """Its output. Raises BuildFailed."""
        try:
            done = subprocess.run(
                command,
                cwd=cwd,
                env=dict(self.environment),
                capture_output=True,
                text=True,
                timeout=timeout_s,
                check=False,
            )
        except subprocess.TimeoutExpired as problem:
            text = f"{self.name} did not finish within {timeout_s / 60:.0f} minutes"
            raise BuildFailed(text, "Try again with a faster connection", detail=str(problem)) from problem
        except OSError as problem:
            text = f"{self.name} could not be started ({problem.strerror})"
            raise BuildFailed(text, "Run ./apranova up again", detail=str(problem)) from problem
        if done.returncode != 0:
            raise self.failure(done.stdout + done.stderr)
        return done.stdout

    def failure(self, output: str) -> BuildFailed:
        """The failure behind its output, of which the last lines are kept for the log."""
        detail = "\n".join(output.strip().splitlines()[-12:])
        for pattern, text, remedy in self.causes:
            if re.search(pattern, output, re.IGNORECASE):
                return BuildFailed(text, remedy, detail=detail)
        return BuildFailed(f"{self.name} failed", f"The lines below are {self.name}'s own", detail=detail)


def main(kind: Kind) -> int:
    """The command line of every kind's build."""
    parser = argparse.ArgumentParser(description=f"Build the {kind.title} image.")
    parser.add_argument("--images", type=Path, required=True, help="folder that holds the images")
    arguments = parser.parse_args()
    try:
        image = build(kind, arguments.images)
    except BuildFailed as failure:
        sys.stderr.write(f"{failure}\n")
        return 1
    sys.stdout.write(f"{image}\n")
    return 0


def compress(tree: Path, into: Path, *, leave_out: Callable[[str], bool] = lambda _: False) -> None:
    """Write `into`/<path> = gzip(`tree`/<path>) for each file: the edge serves either tree."""
    for source in sorted(tree.rglob("*")):
        path = source.relative_to(tree).as_posix()
        if source.is_file() and not leave_out(path):
            target = into / path
            target.parent.mkdir(parents=True, exist_ok=True)
            # zopfli saves 4 % more, but takes a minute of CPU on every new installation.
            target.write_bytes(gzip.compress(source.read_bytes(), 9, mtime=0))


def link_or_copy(source: str | Path, target: str | Path) -> None:
    """A hard link where the file system allows it: the file takes its room once."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def digest(sources: Iterable[Path], *words: str) -> str:
    """Ten hexadecimal digits of files' content and place in the source, and of other inputs."""
    result = hashlib.sha256("\0".join(words).encode())
    for path in sorted(set(sources)):
        if path.is_file():
            result.update(f"{path.relative_to(SOURCE_ROOT)}\0".encode() + path.read_bytes())
    return result.hexdigest()[:10]


def _let_everyone_read(folder: Path) -> None:
    """Sandboxes may run under another uid than the builder's."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            wanted = mode | 0o444 | (0o111 if path.is_dir() or mode & 0o100 else 0)
            if wanted != mode:
                path.chmod(wanted & 0o7777)


def _prefix(kind: str) -> str:
    return f".building-{kind}-"
