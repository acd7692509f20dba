"""Links to the static files of every image, so that Envoy serves a new image without a restart.

    envoy/static/plain/stable-<commit>/static         → the plain files of a VS Code image
    envoy/static/gzip/stable-<commit>/static          → the same, compressed
    envoy/static/plain/_shared/<name and version>/static → those of any other application, and so on

Old images keep their links as long as they exist: a browser may still show a page of theirs.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from gateway.render import STATIC_FOLDER

_PREFIX = re.compile(rf"^/{STATIC_FOLDER}/$")


class BadImage(ValueError):
    """An image's static files cannot be served; the text names the image and what is wrong."""


def publish(images_dir: Path, static_dir: Path) -> list[str]:
    """Link the static files of every complete image, unlink those of others; returns URL prefixes.

    Call it at the start and after an image was made. Safe to repeat; a browser that is being served
    notices nothing. Raises `BadImage`, after the good ones are linked.
    """
    found: dict[str, dict[str, Path]] = {}
    problems: list[str] = []
    for file in sorted(images_dir.glob("*/image.json"), key=lambda it: it.stat().st_mtime):
        try:
            found.update(_read(file))  # of two with one commit, the newest
        except BadImage as error:
            problems.append(str(error))
    for tree in ("plain", "gzip"):
        for prefix, folders in found.items():
            _link(static_dir / tree / prefix.strip("/"), folders[tree])
        for link in (*(static_dir / tree).glob("stable-*/static"), *(static_dir / tree).glob("_shared/*/static")):
            if f"/{link.relative_to(static_dir / tree)}/" not in found:
                link.unlink()
                link.parent.rmdir()
    if problems:
        raise BadImage("; ".join(problems))
    return list(found)


def _read(file: Path) -> dict[str, dict[str, Path]]:
    """The folders `plain` and `gzip` of each prefix. Raises BadImage."""
    try:
        found = {
            item["prefix"]: {"plain": Path(item["directory"]), "gzip": Path(item["gzip_directory"])}
            for item in json.loads(file.read_text("utf-8")).get("static", [])
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadImage(f"{file}: {type(error).__name__}: {error}") from error
    for prefix, folders in found.items():
        if not _PREFIX.match(prefix):
            raise BadImage(f"{file}: /_shared/<name>/static/ is expected as prefix, got {prefix!r}")
        for folder in folders.values():
            if not folder.is_absolute() or not folder.is_dir():
                raise BadImage(f"{file}: {folder} is not a folder")
    return found


def _link(link: Path, target: Path) -> None:
    """Make or replace a symbolic link atomically."""
    if link.is_symlink() and link.readlink() == target:
        return
    link.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = link.with_name(f".{link.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(link)
