"""What a school chose that its VS Code image holds, and the image's tag, which says so.

On AWS a tag never changes. So images of other choices have another tag, as those of another release
have, and a change of the choices is deployed as an upgrade.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from contract.environment import BadSetting

NODE_VERSIONS = ("20", "22")
"""Those that can be had beside the image's own."""
LOCKS_OF_NPM = ("package-lock.json", "npm-shrinkwrap.json")


@dataclass(frozen=True)
class ImageChoices:
    node_versions: tuple[str, ...] = ()
    extensions: Path | None = None
    """A folder with .vsix files."""
    packages: tuple[Path, ...] = ()
    """Folders of projects with lock files."""

    def vsix_files(self) -> list[Path]:
        return sorted(self.extensions.glob("*.vsix")) if self.extensions else []

    def tag(self, release: str) -> str:
        """The tag of the images of a release with these choices; without any, the release."""
        return release + self.suffix()

    def suffix(self) -> str:
        parts = [*sorted(self.node_versions), *(f"{file.name} {_digest(file)}" for file in self.vsix_files())]
        projects = (" ".join(f"{file.name} {_digest(file)}" for file in lock_files(it)) for it in self.packages)
        parts += sorted(projects)
        return f"-school-{hashlib.sha256(chr(10).join(parts).encode()).hexdigest()[:10]}" if parts else ""


def read_choices(node_versions: Sequence[str], extensions: str, packages: Sequence[str], *, base: Path) -> ImageChoices:
    """Paths are seen from `base`. Raises BadSetting, which begins with the setting's name."""
    unknown = [version for version in node_versions if version not in NODE_VERSIONS]
    if unknown:
        raise BadSetting(f"node_versions names {unknown[0]!r}; {' and '.join(NODE_VERSIONS)} can be had")
    folder = base / extensions if extensions else None
    choices = ImageChoices(tuple(sorted(set(node_versions))), folder, tuple(base / name for name in packages))
    if folder and not folder.is_dir():
        raise BadSetting(f"extensions: there is no folder {folder}")
    if folder and not choices.vsix_files():
        raise BadSetting(f"extensions: {folder} has no .vsix file")
    for project in choices.packages:
        if not lock_files(project):
            raise BadSetting(f"packages: {project} has neither package-lock.json nor requirements.txt")
    return choices


def lock_files(project: Path) -> list[Path]:
    """What names a project's packages: npm's two files, and pip's."""
    npm = next((project / name for name in LOCKS_OF_NPM if (project / name).is_file()), None)
    return [*((project / "package.json", npm) if npm else ()), *sorted(project.glob("requirements*.txt"))]


def _digest(file: Path) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as problem:
        raise BadSetting(f"{file} cannot be read ({problem.strerror})") from None
