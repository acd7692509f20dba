"""Rows of a text file (CSV, TSV): its encoding, its delimiter, its lines.

A file is read as what it says, or refused with the line and what to do. Nothing is guessed that two
readers could read differently.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

CELL_CHARACTERS_MAX = 25 * 2**20
_CHUNK_BYTES = 2**20
_SAMPLE_ROWS = 200
_DELIMITERS = ("\t", ";", "|", ",")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins like UTF-16's, so it comes first
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NO_TEXT = (
    (b"PK\x03\x04", "an Excel workbook or a zip archive. For a workbook, choose “Upload Excel”; unpack an archive first"),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook. Choose “Upload Excel” for it"),
    (b"PAR1", "a Parquet file. Choose “Upload Columnar” for it"),
    (b"%PDF", "a PDF document. Export the table as CSV from the program that made it"),
    (b"\x1f\x8b", "a compressed file. Unpack it first"),
    (b"SQLite format 3", "an SQLite database. Add it under Settings → Database Connections"),
)  # fmt: skip
_LATIN = ("cp1252", "cp1250", "cp1254", "cp1257", "cp850")
_OTHER_ALPHABETS = ("cp1251", "cp1253", "koi8_r", "cp866")
_MAC = ("mac_roman",)
"""Programs that write it end their lines with CR alone."""
_SAVE_AS_UTF8 = (
    "Save it as UTF-8: in Excel, File → Save as → “CSV UTF-8”; in LibreOffice, Save as → Text CSV → "
    "Edit filter settings → Unicode (UTF-8)."
)


class Unreadable(ValueError):
    """What is wrong with a file and what to do, as sentences for the person who uploads it."""


@dataclass(frozen=True)
class Row:
    line: int
    """The first line of the file that it takes; 1 is the file's first."""
    cells: list[str]


@dataclass(frozen=True)
class TextFile:
    """A file in UTF-8 whose delimiter is known; may be read many times."""

    content: bytes
    delimiter: str
    skip_initial_space: bool
    first_line: int

    def rows(self) -> Iterator[Row]:
        """All records, blank ones as empty lists. Raises Unreadable."""
        return _records(self.content, self.delimiter, self.skip_initial_space, self.first_line)


def opened(raw: bytes, *, delimiter: str = ",", skip_initial_space: bool = False) -> TextFile:
    """`delimiter` as in the form; another takes its place only when it does not divide the file.

    Raises Unreadable.
    """
    content = to_utf8(raw)
    if not content.strip():
        raise Unreadable("This file is empty.")
    asked = {"\\t": "\t", "tab": "\t"}.get(delimiter.lower(), delimiter)
    if len(asked) != 1 or asked in '\r\n"':
        raise Unreadable(f"“{delimiter}” cannot be a delimiter: it has to be one character, for example “;”.")
    first_line = 1
    if directive := re.match(rb'"?sep=([^\r\n])"?(\r\n|\r|\n)', content):  # Excel's, for itself
        content, first_line = content[directive.end() :], 2
        asked = directive[1].decode()
    return TextFile(content, _dividing(content, asked, skip_initial_space), skip_initial_space, first_line)


def to_utf8(raw: bytes) -> bytes:
    """The text in UTF-8 without a byte order mark. Raises Unreadable."""
    for beginning, what in _NO_TEXT:
        if raw.startswith(beginning):
            raise Unreadable(f"This is not a text file but {what}.")
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return _transcoded(raw[len(mark) :], encoding)
    if encoding := _wide_without_a_mark(raw):
        return _transcoded(raw, encoding)
    if (at := raw.find(b"\0")) >= 0:
        raise Unreadable(
            f"Line {_line_of(raw, at)} has a NUL character (a byte that is 0), so this is no plain text file. "
            "Export the table again as CSV."
        )
    wrong = _first_that_is_not_utf8(raw)
    return raw if wrong is None else _from_national(raw, wrong)


def _transcoded(raw: bytes, encoding: str) -> bytes:
    if encoding == "utf-8":
        text = raw
        wrong = _first_that_is_not_utf8(raw)
    else:
        wrong = None
        try:
            text = raw.decode(encoding).encode()
        except UnicodeError:
            name = encoding.upper().removesuffix("-LE").removesuffix("-BE")
            raise Unreadable(f"This file says that it is {name}, but is damaged. Export it again. {_SAVE_AS_UTF8}") from None  # fmt: skip
    if wrong is not None:
        raise Unreadable(f"Line {_line_of(raw, wrong)} is not in UTF-8, as the file says it is. {_SAVE_AS_UTF8}")
    if (at := text.find(b"\0")) >= 0:
        raise Unreadable(f"Line {_line_of(text, at)} has a NUL character. Remove it and upload the file again.")
    return text


def _wide_without_a_mark(raw: bytes) -> str:
    sample = raw[:4096]
    if len(raw) % 2 or len(sample) < 4:
        return ""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if odd > 0.4 * half and not even:
        return "utf-16-le"
    return "utf-16-be" if even > 0.4 * half and not odd else ""


def _first_that_is_not_utf8(raw: bytes) -> int | None:
    """In pieces: a whole file as text may take four times its size."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    for begin in range(0, len(raw), _CHUNK_BYTES):
        pending = len(decoder.getstate()[0])
        try:
            decoder.decode(raw[begin : begin + _CHUNK_BYTES], final=begin + _CHUNK_BYTES >= len(raw))
        except UnicodeDecodeError as problem:
            return begin - pending + problem.start
    return None


def _from_national(raw: bytes, wrong: int) -> bytes:
    """The text, if all encodings in which it could be written agree about it. Raises Unreadable."""
    words = {word for word in re.split(rb"[\s,;|\"]+", raw) if not word.isascii()}
    readings = []
    for encoding in (*_LATIN, *_OTHER_ALPHABETS, *(() if b"\n" in raw else _MAC)):
        try:
            decoded = {word: word.decode(encoding) for word in words}
        except UnicodeDecodeError:
            continue
        if encoding in _OTHER_ALPHABETS and not _has_a_word(decoded.values()):
            continue
        if all(_plausible(word) for word in decoded.values()):
            readings.append((encoding, decoded))
    if readings and all(decoded == readings[0][1] for _, decoded in readings):
        return raw.decode(readings[0][0]).encode()
    raise Unreadable(
        f"Line {_line_of(raw, wrong)} has letters in an old national encoding, not in UTF-8{_for_example(readings)}. "
        + _SAVE_AS_UTF8
    )


def _for_example(readings: list[tuple[str, dict[bytes, str]]]) -> str:
    for word in readings[0][1] if readings else ():
        different = list(dict.fromkeys(decoded[word] for _, decoded in readings))
        if len(different) > 1:
            return f", which could be “{different[0][:30]}” or “{different[1][:30]}”"
    return ""


def _plausible(word: str) -> bool:
    """Whether people write it so: one alphabet, and no accented capital after a small letter."""
    for character in word:
        known = unicodedata.category(character).startswith(("L", "P")) or character in "°€£§®™²³"
        if ord(character) > 127 and not known:
            return False
    for part in re.findall(r"[^\W\d_]+", word):
        strange = [letter for letter in part if ord(letter) > 127]
        alphabets = {unicodedata.name(letter, "?").split()[0] for letter in part}
        if len(alphabets) > 1 or any(a.islower() and b.isupper() and b > "\x7f" for a, b in pairwise(part)):
            return False
        if alphabets == {"LATIN"} and len(strange) * 2 > len(part):
            return False
    return True


def _has_a_word(words: Iterable[str]) -> bool:
    """Of an alphabet other than ours; a single letter is rather a sign of another encoding."""
    return any(re.search("[\u0370-\u1fff]{3}", word) for word in words)


def _line_of(raw: bytes, at: int) -> int:
    before = raw[:at]
    return 1 + max(before.count(b"\n"), before.count(b"\r"))


def _dividing(content: bytes, asked: str, skip_initial_space: bool) -> str:
    """The one asked for, unless it does not divide the first rows evenly and one other does."""
    if _width(content, asked, skip_initial_space) > 1:
        return asked
    even = {each: _width(content, each, skip_initial_space) for each in _DELIMITERS if each != asked}
    found = [each for each, width in even.items() if width > 1]
    return found[0] if len(found) == 1 else asked


def _width(content: bytes, delimiter: str, skip_initial_space: bool) -> int:
    """How many cells each of the first rows has; 0 if not all have as many."""
    widths = set()
    try:
        for number, row in enumerate(_records(content, delimiter, skip_initial_space, 1)):
            if number == _SAMPLE_ROWS:
                break
            if row.cells:
                widths.add(len(row.cells))
    except Unreadable:
        return 0
    return widths.pop() if len(widths) == 1 else 0


def _records(content: bytes, delimiter: str, skip_initial_space: bool, first_line: int) -> Iterator[Row]:
    csv.field_size_limit(CELL_CHARACTERS_MAX)
    lines = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", newline="")
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=skip_initial_space, strict=True)
    while True:
        line = reader.line_num + first_line
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as problem:
            raise Unreadable(_quotes(line, str(problem))) from None
        yield Row(line, cells)


def _quotes(line: int, problem: str) -> str:
    if "end of data" in problem:
        return f'Line {line} begins a cell with a quote (") that nothing closes. Close it, or remove it.'
    return (
        f'Line {line}: after the quote (") that closes a cell something follows that is no delimiter. '
        'Write a quote inside a cell twice (""), or choose the right delimiter.'
    )
