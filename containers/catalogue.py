"""The container images, with the Dockerfile of each and the lock files that list its packages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

SOURCE = Path(__file__).parent.parent
STATIC_TARGET = "static"
SHARED_DOCKERFILE = "containers/Dockerfile"
SHARED_STAGES = ("system", "python", "build", "workspace")
"""Stages of the shared Dockerfile. Dockerfiles with an argument of that name get it."""


@dataclass(frozen=True)
class Image:
    name: str
    """The last part of its repository's name. infrastructure/names.py lists the repositories."""
    dockerfile: str
    python_locks: tuple[str, ...] = ()
    node_locks: tuple[str, ...] = ()
    static_from: Mapping[str, str] = field(default_factory=dict)
    """Build argument → the image whose target `static` provides the files."""
    kind: str = ""
    """The kind of a workspace image; empty for a service."""


IMAGES = (
    Image("backend", "backend/Dockerfile", ("requirements/backend.txt",)),
    Image("portal", "portal/Dockerfile", ("requirements/node.txt",), ("portal/package-lock.json",)),
    Image(
        "gateway",
        "gateway/Dockerfile",
        ("requirements/gateway.txt",),
        static_from={"VSCODE_STATIC": "workspace-vscode", "SUPERSET_STATIC": "workspace-superset"},
    ),
    Image(
        "workspace-vscode",
        "images/vscode/Dockerfile",
        ("requirements/debugpy.txt", "requirements/node.txt", "requirements/postgresql.txt"),
        (
            "images/vscode/install/code-server/package-lock.json",
            "images/vscode/install/vscode-server/package-lock.json",
            "images/vscode/install/typescript/package-lock.json",
            "images/vscode/extensions/python/package-lock.json",
        ),
        kind="vscode",
    ),
    Image("workspace-superset", "images/superset/Dockerfile", ("requirements/superset.txt",), kind="superset"),
)
BY_NAME = {image.name: image for image in IMAGES}


class UnknownImage(Exception):
    """No image has this name. The text lists the names that exist."""


def choose(names: Iterable[str]) -> tuple[Image, ...]:
    """The named images, or all of them. Images whose files others copy come first."""
    wanted = tuple(names) or tuple(BY_NAME)
    for name in wanted:
        if name not in BY_NAME:
            raise UnknownImage(f"there is no image {name!r}; the images are {', '.join(BY_NAME)}")
    sources = {source for image in IMAGES for source in image.static_from.values()}
    return tuple(sorted((BY_NAME[name] for name in dict.fromkeys(wanted)), key=lambda image: image.name not in sources))
