"""From bytes to text: calendars are UTF-8 by the standard, and other things in practice."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from calendars.faults import BadTimetable, Fault

GUESSED = (
    "The file is not written in UTF-8; it was read as Western European text (Windows-1252). "
    "If a title looks wrong, export the calendar as UTF-8."
)
_SAVE_AS_UTF8 = "Save or export it as UTF-8 and use that file."
_NO_TEXT = "The file is no text, so it is no calendar. Use the calendar itself, the file that ends in .ics."

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is its beginning
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_FOLD_INSIDE_A_CHARACTER = re.compile(rb"([\xc2-\xf4][\x80-\xbf]{0,2})(\r\n[ \t]|\n[ \t]|\r[ \t])([\x80-\xbf]{1,3})")
_FOREIGN_WORD = re.compile(r"[^\x00-\x7f]{3}")
"""Western European words have one accent, rarely two next to each other. Three in a row are Greek,
Cyrillic or Asian text in an encoding that the bytes do not tell."""
_NATIONAL = ("cp1252", "iso8859-1", "latin_1", "iso8859-15")


@dataclass(frozen=True)
class Text:
    content: str
    note: str | None = None
    """What a person should know about how the bytes were read."""


def decode(data: bytes, *, charset: str | None = None) -> Text:
    """The text of a calendar file. `charset`: what its server said. Raises BadTimetable."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return Text(_strictly(data[len(mark) :], encoding))
    if (encoding := _wide(data)) is not None:
        return Text(_strictly(data, encoding))
    if b"\0" in data:
        raise BadTimetable(Fault(_NO_TEXT))
    for candidate in (data, _FOLD_INSIDE_A_CHARACTER.sub(rb"\1\3\2", data)):
        try:
            return Text(candidate.decode())
        except UnicodeDecodeError:
            pass
    return _not_utf8(data, charset)


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeError:  # "undefined" and "idna" raise no UnicodeDecodeError
        raise BadTimetable(
            Fault(f"The file says that it is {encoding.upper()} text, and is not. {_SAVE_AS_UTF8}")
        ) from None


def _wide(data: bytes) -> str | None:
    """UTF-16 without a mark: every second byte of `BEGIN:` is zero."""
    head = data[:12]
    if head[1::2] == b"\0" * 6 and b"\0" not in head[::2]:
        return "utf-16-le"
    if head[::2] == b"\0" * 6 and b"\0" not in head[1::2]:
        return "utf-16-be"
    return None


def _not_utf8(data: bytes, charset: str | None) -> Text:
    told = _known(charset)
    if told is not None and told not in ("utf-8", *_NATIONAL):
        return Text(_strictly(data, told))
    try:
        content = data.decode("cp1252")
    except UnicodeDecodeError:
        content = ""
    if not content or _FOREIGN_WORD.search(content):
        line = data[: _first_beyond_ascii(data)].replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n") + 1
        raise BadTimetable(
            Fault(
                f"here is text in an encoding that the file does not name, so it cannot be read. {_SAVE_AS_UTF8}", line
            )
        )
    return Text(content, None if told in _NATIONAL else GUESSED)


def _first_beyond_ascii(data: bytes) -> int:
    found = re.search(rb"[\x80-\xff]", data)
    return found.start() if found else 0


def _known(charset: str | None) -> str | None:
    try:
        name = codecs.lookup(charset or "").name
    except (LookupError, ValueError):
        return None
    return name if codecs.lookup(name)._is_text_encoding else None  # noqa: SLF001  Python's own mark: no "hex", no "zip"
