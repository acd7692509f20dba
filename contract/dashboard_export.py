"""Superset's export of dashboards, for the school that takes it and the workspace that imports it.

A zip of YAML files below one folder: metadata.yaml, dashboards/, charts/, datasets/<database>/,
databases/. Whoever made it is not trusted: only its shape is read here, by the rules of a hand-out
for names, links and sizes. What the files say is judged where they are imported.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from typing import IO

from contract.hand_out_files import WAYS, BadFiles, read_files

FOLDER = "dashboards"
"""Of a cohort's shared data: exports in it are imported by each Superset of the cohort."""
PACKED_BYTES_MAX = 2_000_000
UNPACKED_BYTES_MAX = 8_000_000
FILES_MAX = 500
IN_EVERY_HOME = ("Sample shop",)
"""Databases that each Superset has; an export may use them next to shared files."""
VERSION = "1.0.0"
"""Of the format. Superset has written no other since 2020."""
_DIRECTORY_FILES_MAX = 2_000
_METADATA = "metadata.yaml"
_METADATA_BYTES_MAX = 64 * 1024
_ENDINGS = (".yaml", ".yml")
_TYPE = re.compile(r"(?m)^type:[ \t]*['\"]?(\w+)")
_VERSION = re.compile(r"(?m)^version:[ \t]*['\"]?([\w.]+)")
_DATABASE = re.compile(r"(?m)^database_name:[ \t]*(.+?)[ \t\r]*$(?!\n[ \t])")
"""On one line: a long name goes on in the next, and only a reader of YAML can tell it."""
_DATABASE_FILE = re.compile(r"databases/[^/]+")


def is_export(packed: IO[bytes]) -> bool:
    """Whether a zip says that it is an export of dashboards. Any other file: no."""
    try:
        with zipfile.ZipFile(packed) as archive:
            for entry in archive.infolist()[:_DIRECTORY_FILES_MAX]:
                if entry.filename.split("/")[1:] == [_METADATA] and entry.compress_type in WAYS:
                    with archive.open(entry) as opened:
                        words = opened.read(_METADATA_BYTES_MAX).decode()
                    return (found := _TYPE.search(words)) is not None and found[1] == "Dashboard"
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, RuntimeError, EOFError, OverflowError):
        return False
    return False


def read(packed: IO[bytes]) -> dict[str, str]:
    """Path below the export's folder → text of its YAML files. Raises BadFiles."""
    packed.seek(0, 2)
    if packed.tell() > PACKED_BYTES_MAX:
        raise BadFiles(f"The export of dashboards has more than {PACKED_BYTES_MAX / 1e6:.0f} MB.")
    packed.seek(0)
    files = read_files(packed, leave_out=lambda path: not path.endswith(_ENDINGS))
    if len(files) > FILES_MAX or sum(len(it.content) for it in files) > UNPACKED_BYTES_MAX:
        raise BadFiles(
            f"The export of dashboards has more than {FILES_MAX} files or {UNPACKED_BYTES_MAX / 1e6:.0f} MB. "
            "Export fewer dashboards at once."
        )
    try:
        texts = {it.path.partition("/")[2]: it.content.decode() for it in files}
    except UnicodeDecodeError:
        raise BadFiles("A file of the export is not UTF-8. Export the dashboards again.") from None
    version = _VERSION.search(texts.get(_METADATA, ""))
    if version is None or version[1] != VERSION:
        raise BadFiles("The export comes from another version of Superset. Export the dashboards from this one.")
    if len(texts) < len(files) or not any(path.startswith("dashboards/") for path in texts):
        raise BadFiles("The export has no dashboard in it, or is damaged. Export the dashboards again.")
    return texts


def databases_of(texts: dict[str, str]) -> list[str]:
    """The names of the databases that the dashboards use, as far as they can be told here."""
    found = [_DATABASE.search(text) for path, text in texts.items() if _DATABASE_FILE.fullmatch(path)]
    return sorted({_plain(it[1]) for it in found if it is not None})


def _plain(text: str) -> str:
    """What a scalar on one line says, as Superset writes it: letters beyond ASCII are escaped."""
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'")
    if len(text) > 1 and text[0] == text[-1] == '"' and text.isascii():
        try:
            return text[1:-1].encode().decode("unicode_escape")
        except UnicodeDecodeError:
            return text
    return text.strip('"')


def find_file(database: str, paths: list[str]) -> str | None:
    """Which shared file a database of this name is: its path, its name, or its name without the
    ending, if one file alone has it."""
    wanted = database.casefold()
    for part in (str.casefold, _name, _stem):
        fitting = [path for path in paths if part(path) == wanted]
        if len(fitting) == 1:
            return fitting[0]
    return None


def _name(path: str) -> str:
    return path.rpartition("/")[2].casefold()


def _stem(path: str) -> str:
    return _name(path).rpartition(".")[0]
