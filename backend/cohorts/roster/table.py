"""From pasted text or a file (CSV, TSV, Excel, LibreOffice) to rows of text. Pure.

What is read is bounded, but reading a workbook is not: files come here only through `files.py`.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import python_calamine

ROWS_MAX = 5_000
COLUMNS_MAX = 100
CELL_CHARACTERS_MAX = 1_000
CHARACTERS_MAX = 5_000_000
"""Of all cells: a workbook can repeat one long text in each of them."""
UNPACKED_BYTES_MAX = 30_000_000
"""Of a workbook; one with 2,000 people and twenty columns unpacks to less than 2 MB."""
_DELIMITERS = ("\t", ";", ",", "|")
_TOLD_DELIMITER = re.compile(r"\Asep=([\t;,|])\r?\n", re.IGNORECASE)
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_END = "\0"  # a line of its own behind the list: it ends up in a cell if a quote is still open
_SAMPLE_ROWS = 50
_ZIP = b"PK\x03\x04"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"


class BadRoster(Exception):
    """The file is no list of people. The text says why and what to do."""


@dataclass(frozen=True)
class Row:
    number: int
    """Of its line in the file, counted from 1."""
    cells: tuple[str, ...]


def read_rows(sent: str | bytes) -> list[Row]:
    """The rows that are not empty. Raises BadRoster."""
    if isinstance(sent, bytes) and sent.startswith((_ZIP, _OLD_EXCEL)):
        rows = _workbook(sent)
    else:
        rows = _separated(sent if isinstance(sent, str) else _decoded(sent))
    found: list[Row] = []
    characters = 0
    for row in rows:
        if any(row.cells):
            found.append(row)
            characters += sum(map(len, row.cells))
        if characters > CHARACTERS_MAX:
            raise BadRoster("The list has too much text. Keep only the columns with names and email addresses.")
        if len(found) > ROWS_MAX:
            raise BadRoster(f"The list has more than {ROWS_MAX:,} lines. Split it into one list for each cohort.")
    if not found:
        raise BadRoster("The list is empty. It needs a line for each person, with an email address.")
    return found


def _decoded(data: bytes) -> str:
    """UTF-8 or UTF-16, as its first bytes say; else Windows-1252, as Excel in the west."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    if b"\0" in data:
        raise BadRoster("This file is no text. Choose a list as CSV, Excel (.xlsx) or LibreOffice (.ods).")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _separated(text: str) -> Iterator[Row]:
    text = text.removeprefix("\ufeff").replace(_END, "")
    first, told = 0, _TOLD_DELIMITER.match(text)
    if told is not None:  # Excel's own first line
        text, first = text[told.end() :], 1
    delimiter = told[1] if told is not None else _delimiter(text)
    reader = csv.reader(io.StringIO(f"{text}\n{_END}", newline=""), delimiter=delimiter)
    begin = 0
    try:
        for cells in reader:
            if cells == [_END]:
                return
            if cells and cells[-1].endswith(_END):
                break
            yield Row(first + begin + 1, _cleaned(cells))
            begin = reader.line_num
    except csv.Error:
        pass
    raise BadRoster(
        f"Line {first + begin + 1} cannot be read: a quotation mark is opened and never closed, or the line is too "
        "long. Correct it, or export the list again."
    )


def _delimiter(text: str) -> str:
    """The one that cuts most of the first rows into equally many cells, two at least."""

    def quality(delimiter: str) -> tuple[int, int]:
        widths: list[int] = []
        try:
            for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
                widths += [len(cells)] if cells else []
                if len(widths) == _SAMPLE_ROWS:
                    break
        except csv.Error:
            return 0, 0
        usual = max(set(widths), key=widths.count, default=1)
        return (widths.count(usual) if usual > 1 else 0), usual

    best = max(_DELIMITERS, key=quality)
    return best if quality(best)[0] else ","


def _workbook(data: bytes) -> Iterator[Row]:
    """The first sheet that has anything. Formulas are not computed: what was last seen counts."""
    if data.startswith(_ZIP):
        _refuse_bomb(data)
    try:
        book = python_calamine.load_workbook(io.BytesIO(data))
        for name in book.sheet_names:
            cells = book.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=ROWS_MAX + 50)
            rows = [Row(number, _cleaned(map(_as_text, row[:COLUMNS_MAX]))) for number, row in enumerate(cells, 1)]
            if any(any(row.cells) for row in rows):
                return iter(rows)
    except python_calamine.PasswordError:
        raise BadRoster("The workbook is protected by a password. Save it without one, or as CSV.") from None
    except (python_calamine.CalamineError, OSError, ValueError):
        raise BadRoster("The workbook cannot be read. Save it again as .xlsx, or as CSV.") from None
    return iter(())


def _refuse_bomb(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            unpacked = sum(part.file_size for part in parts.infolist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        raise BadRoster("The workbook is damaged. Save it again as .xlsx, or as CSV.") from None
    if unpacked > UNPACKED_BYTES_MAX:
        raise BadRoster("The workbook is too large. Save only the sheet with the list, as CSV.")


def _as_text(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _cleaned(cells: Any) -> tuple[str, ...]:
    """Without spaces at the ends (also those of the web's), line breaks and zero bytes."""
    kept = (" ".join(cell.replace("\0", "").split())[:CELL_CHARACTERS_MAX] for cell in cells)
    return tuple(kept)[:COLUMNS_MAX]
