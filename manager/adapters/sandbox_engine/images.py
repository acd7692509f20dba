"""What a task runs: the image folders that `images/` builds. They are only read here."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path

from contract.errors import ApraNovaError, Reason
from contract.manager import KindView
from contract.names import WorkspaceKind
from contract.wire import BadMessage, from_json


@dataclass(frozen=True)
class Limits:
    memory_max_bytes: int = 512 << 20
    processes_max: int = 512


@dataclass(frozen=True)
class Prefork:
    """The application can be forked off a prefork template (agent/prefork_template.py)."""

    python: str
    """The interpreter, as a task sees it."""
    module: str
    link: str
    """Name of the agent's socket in the task's XDG_RUNTIME_DIR."""


@dataclass(frozen=True)
class Image:
    kind: WorkspaceKind
    command: tuple[str, ...]
    mounts: dict[str, str] = field(default_factory=dict)
    """Path inside the task → absolute path on the host, read-only."""
    environment: dict[str, str] = field(default_factory=dict)
    limits: Limits = Limits()
    prefork: Prefork | None = None
    name: str = ""
    """Its folder's, not the file's."""


class Images:
    """The folder of images. Read for each question: an image may change at any time."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def current(self, kind: WorkspaceKind) -> Image:
        """The newest complete image of a kind. Raises ApraNovaError(KIND_NOT_READY)."""
        newest_first = sorted(self._directory.glob(f"{kind}-*/image.json"), key=_age_of_folder, reverse=True)
        problem = ""
        for file in newest_first:
            try:
                return _read(file)
            except (OSError, BadMessage, json.JSONDecodeError) as error:
                problem = problem or f"{file}: {error}"
        raise ApraNovaError(Reason.KIND_NOT_READY, self._progress(kind), detail=problem)

    def get(self, kind: WorkspaceKind, name: str) -> Image:
        """One image by its name. Raises ApraNovaError(KIND_NOT_READY) if it is gone."""
        file = self._directory / name / "image.json"
        if "/" in name or not name.startswith(f"{kind}-"):
            raise ApraNovaError(Reason.BAD_REQUEST, "This is not the name of an image of this kind", detail=name)
        try:
            return _read(file)
        except (OSError, BadMessage, json.JSONDecodeError) as error:
            raise ApraNovaError(
                Reason.KIND_NOT_READY,
                f"{kind.label} is being replaced by a newer version",
                detail=f"{file}: {error}",
            ) from error

    def status(self, kind: WorkspaceKind) -> KindView:
        try:
            self.current(kind)
        except ApraNovaError as error:
            return KindView(kind, ready=False, text=error.message)
        return KindView(kind, ready=True)

    def _progress(self, kind: WorkspaceKind) -> str:
        """The one line that the build of an image keeps up to date: `<kind>.progress`."""
        try:
            line = (self._directory / f"{kind}.progress").read_text().strip()[:300]
        except OSError:
            line = ""
        return line or f"{kind.label} is not installed yet"


def _age_of_folder(file: Path) -> float:
    try:
        return file.parent.stat().st_mtime
    except OSError:
        return 0.0


def _read(file: Path) -> Image:
    image = replace(from_json(Image, json.loads(file.read_text()), where=str(file)), name=file.parent.name)
    if not image.command:
        raise BadMessage(f"{file}: command is empty")
    for source in image.mounts.values():
        if not Path(source).exists():
            raise BadMessage(f"{file}: {source} does not exist")
    return image
