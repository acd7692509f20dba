"""From the zip that an instructor uploads to a bundle: only files that any home can take."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Sequence

from backend.assignments.models import APP_START_MAX, Bundle
from backend.platform.problems import ProblemError, invalid
from contract.declared_app import BadApp, find_app
from contract.hand_out_files import (
    PACKED_BYTES_MAX,
    UNPACKED_BYTES_MAX,
    BadFiles,
    HandOutFile,
    fault_of,
    read_files,
    shown,
)

_JUNK_FOLDERS = frozenset({".git", "__macosx"})
_JUNK_FILES = frozenset({".ds_store", "thumbs.db", "desktop.ini"})
_MOMENT = (1980, 1, 1, 0, 0, 0)
"""Of every file, so that the same files make the same bundle."""


def make_bundle(upload: bytes, *, field: str = "file", may_have_app: bool = True) -> Bundle:
    """A bundle that is not saved yet. Raises ProblemError with what is wrong, in words.

    `may_have_app`: it is handed out, so an app that the files declare starts by itself."""
    if len(upload) > PACKED_BYTES_MAX:
        raise _bad(_too_large(len(upload)), field)
    try:
        files = _without_top(read_files(io.BytesIO(upload), leave_out=_is_junk))
    except BadFiles as problem:
        raise _bad(str(problem), field) from None
    bundle = bundle_of(files)
    if len(bundle.content) > PACKED_BYTES_MAX:
        raise _bad(_too_large(len(bundle.content)), field)
    if may_have_app:
        _note_app(bundle, files, field)
    return bundle


def _note_app(bundle: Bundle, files: tuple[HandOutFile, ...], field: str) -> None:
    try:
        app = find_app({file.path: file.content for file in files})
    except BadApp as problem:
        raise _bad(str(problem), field) from None
    if app is not None:
        bundle.app_start, bundle.app_port = (app.start or app.prepare)[:APP_START_MAX], app.port


def make_bundle_of_files(uploads: Sequence[tuple[str, bytes]]) -> Bundle:
    """Of files as they were picked. A single zip stands for what is in it. Raises ProblemError."""
    if len(uploads) == 1 and uploads[0][0].casefold().endswith(".zip"):
        return make_bundle(uploads[0][1], field="files", may_have_app=False)
    if (size := sum(len(content) for _, content in uploads)) > UNPACKED_BYTES_MAX:
        raise _bad(_too_large(size), "files")
    for name, _ in uploads:
        if fault := "has a slash in its name" if "/" in name else fault_of(name):
            raise _bad(f"“{shown(name)}” {fault}.", "files")
    packed = _pack(tuple(HandOutFile(name, content) for name, content in uploads))
    return make_bundle(packed, field="files", may_have_app=False)


def bundle_of(files: tuple[HandOutFile, ...]) -> Bundle:
    """The same files make the same bundle, which is not saved yet."""
    content = _pack(files)
    return Bundle(
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
        files_count=len(files),
        bytes_unpacked=sum(len(file.content) for file in files),
    )


def _is_junk(path: str) -> bool:
    """What computers put into a zip without being asked, and a repository's own data."""
    *folders, name = path.casefold().split("/")
    return not _JUNK_FOLDERS.isdisjoint(folders) or name in _JUNK_FILES


def _without_top(files: tuple[HandOutFile, ...]) -> tuple[HandOutFile, ...]:
    """A zip of one folder means what is in the folder: so computers and GitHub make them."""
    tops = {file.path.partition("/")[0] for file in files}
    if len(tops) != 1 or any("/" not in file.path for file in files):
        return files
    return tuple(HandOutFile(file.path.partition("/")[2], file.content, file.is_program) for file in files)


def _pack(files: tuple[HandOutFile, ...]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            entry = zipfile.ZipInfo(file.path, _MOMENT)
            entry.external_attr = (0o100755 if file.is_program else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, file.content)
    return packed.getvalue()


def _too_large(size: int) -> str:
    return f"The zip file has {size / 1e6:.1f} MB. The limit is {PACKED_BYTES_MAX / 1e6:.0f} MB."


def _bad(text: str, field: str) -> ProblemError:
    return invalid(f"body.{field}", text)
