"""What the builds of all kinds share: a folder is made completely or not at all, one builder at a time, plain words."""

from __future__ import annotations

import argparse
import compileall
import contextlib
import errno
import fcntl
import hashlib
import json
import os
import py_compile
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from images.progress import Progress

SOURCE_ROOT = Path(__file__).parent.parent
UNUSED_S = 14 * 86_400.0
_UNCHECKED = py_compile.PycInvalidationMode.UNCHECKED_HASH
_LEFT_OUT = shutil.ignore_patterns(
    "tests", "__pycache__", "install", "extensions", "node_modules", "template", "built.json"
)


class BuildFailed(Exception):
    """The image could not be built: what happened, what to do about it, and the tool's own words for the log."""

    def __init__(self, text: str, remedy: str, *, detail: str = "") -> None:
        super().__init__(f"{text}. {remedy}" + (f"\n{detail}" if detail else ""))
        self.text = text
        self.remedy = remedy
        self.detail = detail


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
        let_everyone_read(result)
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


def check_space(images_dir: Path, needed_bytes: int) -> None:
    free = shutil.disk_usage(images_dir).free
    if free < needed_bytes:
        raise BuildFailed(
            f"The disk is too full: {free / 1e9:.1f} GB free where {needed_bytes / 1e9:.1f} GB are needed",
            f"Free some space on the file system of {images_dir}, or set APRANOVA_HOME to another one",
        )


def add_agent(into: Path, kind: str) -> None:
    """The agent, the contract and this kind's own modules, compiled: what is mounted at /opt/apranova."""
    for package in ("agent", "contract", f"images/{kind}"):
        shutil.copytree(SOURCE_ROOT / package, into / package, ignore=_LEFT_OUT)
    shutil.copyfile(SOURCE_ROOT / "images/__init__.py", into / "images/__init__.py")
    shutil.copyfile(SOURCE_ROOT / "images" / kind / "task.py", into / "task.py")
    # Mounted read-only: what is not compiled now would be compiled at every start.
    compileall.compile_dir(into, quiet=2, invalidation_mode=_UNCHECKED)


def agent_sources(kind: str) -> list[Path]:
    """What `add_agent` copies."""
    sources = [SOURCE_ROOT / "images/__init__.py", Path(__file__)]
    for package in ("agent", "contract", f"images/{kind}"):
        sources += [path for path in (SOURCE_ROOT / package).rglob("*.py") if "tests" not in path.parts]
    return sources


def write_description(image: Path, description: dict[str, object]) -> None:
    (image / "image.json").write_text(json.dumps(description, indent=2) + "\n")


def make_current(image: Path) -> None:
    """The newest image is the current one, also after going back to an older version of the source."""
    for path in (image / "image.json", image):
        os.utime(path)


def forget_unused(images_dir: Path, *, now: float) -> list[str]:
    """Remove images, and layers that no image names, which nobody has used for a while; the names of what went.

    The current image of each kind stays, however old. A build makes its image current each time, so what is old here was
    replaced long ago, and no task of it can still run: builds happen when the product starts.
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


def explained(tool: str, output: str, causes: Iterable[tuple[str, str, str]]) -> BuildFailed:
    """The failure behind a package manager's output; only its last lines are kept for the log.

    `causes`: a pattern, what happened, what to do about it; the first that is found counts.
    """
    detail = "\n".join(output.strip().splitlines()[-12:])
    for pattern, text, remedy in causes:
        if re.search(pattern, output, re.IGNORECASE):
            return BuildFailed(text, remedy, detail=detail)
    return BuildFailed(f"{tool} failed", f"The lines below are {tool}'s own", detail=detail)


def main(title: str, build: Callable[[Path], Path]) -> int:
    """The command line of every kind's build."""
    parser = argparse.ArgumentParser(description=f"Build the {title} image.")
    parser.add_argument("--images", type=Path, required=True, help="folder that holds the images")
    arguments = parser.parse_args()
    try:
        image = build(arguments.images)
    except BuildFailed as failure:
        sys.stderr.write(f"{failure}\n")
        return 1
    sys.stdout.write(f"{image}\n")
    return 0


def digest(sources: Iterable[Path], *words: str) -> str:
    """Ten hexadecimal digits of what files contain (and where in the source they lie) and of other inputs."""
    result = hashlib.sha256("\0".join(words).encode())
    for path in sorted(set(sources)):
        if path.is_file():
            result.update(f"{path.relative_to(SOURCE_ROOT)}\0".encode() + path.read_bytes())
    return result.hexdigest()[:10]


def let_everyone_read(folder: Path) -> None:
    """Sandboxes may run under another uid than the builder's."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            wanted = mode | 0o444 | (0o111 if path.is_dir() or mode & 0o100 else 0)
            if wanted != mode:
                path.chmod(wanted & 0o7777)


def _prefix(kind: str) -> str:
    return f".building-{kind}-"
