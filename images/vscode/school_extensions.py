"""Extensions that the school chose: .vsix files, unpacked next to VS Code's own.

So they are there in each workspace from the first moment, without a download and without room in
the home. Students can switch one off and cannot change it.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Any

from images.building import BuildFailed

VARIABLE = "APRANOVA_EXTENSIONS"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_INSIDE = "extension"
"""The folder of a .vsix file that becomes the extension's own; the rest is for galleries."""
_BYTES_MAX = 500 * 1024**2


def files_in(folder: str) -> list[Path]:
    """The .vsix files of the folder that the setting names; none without a setting."""
    if not folder:
        return []
    if not Path(folder).is_dir():
        raise BuildFailed(f"{VARIABLE} names {folder}, which is not a folder", "Make it, or remove the setting")
    return sorted(Path(folder).glob("*.vsix"))


def key(files: list[Path]) -> str:
    """Another one for other content: it makes the image again."""
    return "".join(hashlib.sha256(file.read_bytes()).hexdigest() for file in files)


def add(files: list[Path], extensions: Path) -> None:
    """Unpack each into `extensions`/publisher.name."""
    for file in files:
        try:
            with zipfile.ZipFile(file) as archive:
                _unpack(archive, extensions, file.name)
        except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, TypeError, RuntimeError) as problem:
            raise _unusable(file.name, f"it is damaged or no extension ({problem})") from problem


def _unpack(archive: zipfile.ZipFile, extensions: Path, file: str) -> None:
    manifest: dict[str, Any] = json.loads(archive.read(f"{_INSIDE}/package.json"))
    names = (str(manifest["publisher"]), str(manifest["name"]))
    if not all(_NAME.fullmatch(name) for name in names):
        raise _unusable(file, "its publisher and name are not as VS Code wants them")
    target = extensions / ".".join(names).lower()
    if target.exists():
        raise _unusable(file, f"{target.name} is in another file, too, or part of VS Code")
    if sum(entry.file_size for entry in archive.infolist()) > _BYTES_MAX:
        raise _unusable(file, f"unpacked it has more than {_BYTES_MAX >> 20} MB")
    for entry in archive.infolist():
        path = PurePosixPath(entry.filename)
        if path.parts[:1] != (_INSIDE,) or entry.is_dir():
            continue
        if ".." in path.parts or path.is_absolute():
            raise _unusable(file, f"it would write outside its folder ({entry.filename})")
        into = target.joinpath(*path.parts[1:])
        into.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(entry) as source, into.open("wb") as written:
            shutil.copyfileobj(source, written)
        into.chmod(0o755 if (entry.external_attr >> 16) & stat.S_IXUSR else 0o644)


def _unusable(file: str, why: str) -> BuildFailed:
    return BuildFailed(f"The extension {file} cannot be used: {why}", f"Replace or remove it in {VARIABLE}'s folder")
