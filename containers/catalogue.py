"""Which images there are, from which Dockerfile, and which lock files say what is in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

SOURCE = Path(__file__).parent.parent
STATIC_TARGET = "static"


@dataclass(frozen=True)
class Image:
    name: str
    """The last part of its repository's name; infrastructure/names.py makes a repository for each."""
    dockerfile: str
    python_locks: tuple[str, ...] = ()
    node_locks: tuple[str, ...] = ()
    static_from: Mapping[str, str] = field(default_factory=dict)
    """Build argument → the image whose target `static` it takes files from."""
    kind: str = ""
    """Of a workspace, whose agent is asked more than whether it answers."""


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
        ("requirements/node.txt",),
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
    """No image has this name; the text lists those there are."""


def choose(names: Iterable[str]) -> tuple[Image, ...]:
    """The named images, all when none is named, those whose files others take first."""
    wanted = tuple(names) or tuple(BY_NAME)
    for name in wanted:
        if name not in BY_NAME:
            raise UnknownImage(f"there is no image {name!r}; there are {', '.join(BY_NAME)}")
    givers = {giver for image in IMAGES for giver in image.static_from.values()}
    return tuple(sorted((BY_NAME[name] for name in dict.fromkeys(wanted)), key=lambda image: image.name not in givers))
