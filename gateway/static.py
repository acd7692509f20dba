"""Links to the static files of every image, so that Envoy serves a new image without a restart.

    envoy/static/plain/stable-<commit>/static         → the plain files of a VS Code image
    envoy/static/gzip/stable-<commit>/static          → the same, compressed
    envoy/static/plain/_shared/<name and version>/static → those of any other application, and so on

Old images keep their links as long as they exist: a browser may still show a page of theirs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.render import STATIC_FOLDER

_PREFIX = re.compile(rf"^/{STATIC_FOLDER}/$")


class BadImage(ValueError):
    """An image's static files cannot be served; the text names the image and what is wrong."""


@dataclass(frozen=True)
class _StaticFiles:
    prefix: str
    plain: Path
    compressed: Path


def publish(images_dir: Path, static_dir: Path) -> list[str]:
    """Link the static files of every complete image, unlink those of others; returns URL prefixes.

    Call it at the start and after an image was made. Safe to repeat; a browser that is being served
    notices nothing. Raises `BadImage`, after the good ones are linked.
    """
    found: dict[str, _StaticFiles] = {}
    problems: list[str] = []
    for file in sorted(images_dir.glob("*/image.json"), key=lambda it: it.stat().st_mtime):
        try:
            found.update({files.prefix: files for files in _read(file)})  # of two with one commit, the newest
        except BadImage as error:
            problems.append(str(error))
    for tree in ("plain", "gzip"):
        for prefix, files in found.items():
            _link(static_dir / tree / prefix.strip("/"), files.plain if tree == "plain" else files.compressed)
        for link in (*(static_dir / tree).glob("stable-*/static"), *(static_dir / tree).glob("_shared/*/static")):
            if f"/{link.relative_to(static_dir / tree)}/" not in found:
                link.unlink()
                link.parent.rmdir()
    if problems:
        raise BadImage("; ".join(problems))
    return list(found)


def _read(file: Path) -> Iterator[_StaticFiles]:
    try:
        image: dict[str, Any] = json.loads(file.read_text("utf-8"))
        entries = [
            (item["prefix"], Path(item["directory"]), Path(item["gzip_directory"])) for item in image.get("static", [])
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadImage(f"{file}: {type(error).__name__}: {error}") from error
    for prefix, plain, compressed in entries:
        if not _PREFIX.match(prefix):
            raise BadImage(f"{file}: /_shared/<name>/static/ is expected as prefix, got {prefix!r}")
        for folder in (plain, compressed):
            if not folder.is_absolute() or not folder.is_dir():
                raise BadImage(f"{file}: {folder} is not a folder")
        yield _StaticFiles(prefix, plain, compressed)


def _link(link: Path, target: Path) -> None:
    """Make or replace a symbolic link atomically."""
    if link.is_symlink() and link.readlink() == target:
        return
    link.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = link.with_name(f".{link.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(link)
