"""The three kinds of files that can be uploaded, each as names of columns and rows of values."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, BinaryIO

from images.superset.inside import text_files
from images.superset.inside.kinds import in_words
from images.superset.inside.text_files import Unreadable

Rows = Iterator[Sequence[Any]]
_NOTHING = ("", None)
_PLACED = Callable[[], Iterator[tuple[int, list[Any]]]]


@dataclass(frozen=True)
class Source:
    """A table in a file. `rows` begins again with each call; any reading may raise Unreadable."""

    names: list[str]
    typed: bool
    """Whether its values have kinds: 1067 or "1067". Text files have none."""
    rows: Callable[[], Rows]
    where: Callable[[int], str]
    """Where in the file its row with this number is, counted from 1, for a person."""

    def reduced(self, columns: Sequence[str]) -> Source:
        """With these columns only. Raises Unreadable."""
        for name in columns:
            if name not in self.names:
                raise Unreadable(f"There is no column “{name}” in this file. Its columns are {in_words(self.names)}.")
        places = [self.names.index(name) for name in columns]
        all_rows = self.rows
        if places == [*range(len(self.names))]:
            return self
        return replace(self, names=[*columns], rows=lambda: ([row[place] for place in places] for row in all_rows()))

    def renamed(self, name: str, new: str) -> Source:
        return replace(self, names=[new if each == name else each for each in self.names])

    def numbered(self, label: str) -> Source:
        """With the number of each row in front, from 0."""
        all_rows = self.rows
        number: Callable[[int], Any] = int if self.typed else str
        return replace(
            self,
            names=[label, *self.names],
            rows=lambda: ((number(at), *row) for at, row in enumerate(all_rows())),
        )


@dataclass(frozen=True)
class Shape:
    """Where the table is in a grid of cells, as the form says."""

    header_row: int = 0
    skip_rows: int = 0
    rows_max: int | None = None
    skip_blank_lines: bool = False


def of_text(raw: bytes, shape: Shape, *, delimiter: str = ",", skip_initial_space: bool = False) -> Source:
    """A CSV file. Raises Unreadable."""
    file = text_files.opened(raw, delimiter=delimiter, skip_initial_space=skip_initial_space)
    return _of_grid(
        lambda: ((row.line, row.cells) for row in file.rows()),
        shape,
        typed=False,
        place="line {} of the file",
        hint=f" Put a cell in quotes if it contains the delimiter (“{_shown(file.delimiter)}”) or a line break.",
    )


def of_workbook(file: BinaryIO, shape: Shape, *, sheet: str | int = 0) -> Source:
    """One sheet of an Excel workbook. Raises Unreadable."""
    workbook = _workbook(file)
    if isinstance(sheet, str) and sheet not in workbook.sheet_names:
        raise Unreadable(f"There is no sheet “{sheet}” in this workbook. Its sheets are {in_words(workbook.sheet_names)}.")  # fmt: skip
    return _of_sheet(workbook, shape, sheet)


def sheets(file: BinaryIO) -> dict[str, list[str]]:
    """The names of a workbook's sheets and of each one's columns. Raises Unreadable."""
    workbook = _workbook(file)
    names: dict[str, list[str]] = {}
    for sheet in workbook.sheet_names:
        try:
            names[sheet] = _of_sheet(workbook, Shape(rows_max=1), sheet).names
        except Unreadable:
            names[sheet] = []
    return names


def of_columnar(file: BinaryIO, *, zipped: bool) -> Source:
    """A Parquet file, or several in a zip archive. Raises Unreadable."""
    files = _unpacked(file) if zipped else [file]
    tables = [_parquet(each) for each in files]
    first = tables[0]
    names = [name for name in first.schema_arrow.names if not name.startswith("__index_level_")]
    if any(set(names) - set(table.schema_arrow.names) for table in tables):
        raise Unreadable("The files in this archive do not have the same columns.")

    def rows() -> Rows:
        for table in tables:
            for batch in table.iter_batches(batch_size=2000, columns=names, use_threads=False):
                columns = [_values(batch.column(batch.schema.get_field_index(name))) for name in names]
                yield from zip(*columns, strict=True)

    return Source(names, True, rows, lambda _row: "")


def _values(column: Any) -> list[Any]:
    import pyarrow as pa

    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)  # Python has no nanoseconds
    try:
        return column.to_pylist()
    except (ValueError, OverflowError):
        raise Unreadable("This file has dates before the year 1 or after 9999, which cannot be kept.") from None


def _parquet(file: BinaryIO) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(file)
    except (pa.ArrowException, OSError, ValueError):
        raise Unreadable("This is no Parquet file, or a damaged one. Only Parquet files can be uploaded here.") from None  # fmt: skip


def _unpacked(file: BinaryIO) -> list[BinaryIO]:
    try:
        with zipfile.ZipFile(file) as archive:
            files = [each for each in archive.infolist() if not each.is_dir()]
            if sum(each.file_size for each in files) > 8 * text_files.CELL_CHARACTERS_MAX:
                raise Unreadable("The files in this archive are too large when unpacked. Upload them one by one.")
            contents: list[BinaryIO] = [io.BytesIO(archive.read(each)) for each in files]
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError):
        raise Unreadable("This zip archive is damaged or has a password.") from None
    if not contents:
        raise Unreadable("This zip archive is empty.")
    return contents


def _workbook(file: BinaryIO) -> Any:
    import pandas as pd

    beginning = file.read(8)
    file.seek(0)
    if not beginning.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
        raise Unreadable("This is no Excel workbook. Choose “Upload CSV” for a text file, or save it as .xlsx.")
    try:
        return pd.ExcelFile(file)
    except Exception:  # noqa: BLE001  three libraries read these files, each with errors of its own
        raise Unreadable(
            "This workbook cannot be read: it is damaged, or has a password, or is not .xlsx or .xls. Open it "
            "in Excel or LibreOffice and save it as .xlsx without a password."
        ) from None


def _of_sheet(workbook: Any, shape: Shape, sheet: str | int) -> Source:
    last = None if shape.rows_max is None else shape.skip_rows + shape.header_row + 1 + shape.rows_max + 1
    try:
        frame = workbook.parse(sheet, header=None, dtype=object, na_filter=False, nrows=last)
    except Exception:  # noqa: BLE001  as above
        raise Unreadable("A sheet of this workbook cannot be read. Open it in Excel and save it again.") from None
    cells = frame.to_numpy(dtype=object)
    return _of_grid(
        lambda: ((number, list(row)) for number, row in enumerate(cells, 1)),
        shape,
        typed=True,
        place="row {} of the sheet",
        hint="",
    )


def _of_grid(placed: _PLACED, shape: Shape, *, typed: bool, place: str, hint: str) -> Source:
    """A row with names, below it the table."""

    def blank(cells: list[Any]) -> bool:
        return all(cell in _NOTHING for cell in cells) if typed else not cells

    def table() -> Iterator[tuple[int, list[Any]]]:
        rows = islice(placed(), shape.skip_rows, None)
        return (each for each in rows if not (shape.skip_blank_lines and blank(each[1])))

    def below() -> Iterator[tuple[int, list[Any]]]:
        numbered = table()
        width = len(_head(numbered, shape.header_row, blank))
        gap: list[tuple[int, list[Any]]] = []
        for at, cells in islice(numbered, shape.rows_max):
            if blank(cells):
                gap.append((at, [""]))
                continue
            if width == 1:  # only there, a blank line is an empty cell
                yield from gap
            gap = []
            if len(cells) < width or any(cell not in _NOTHING for cell in cells[width:]):
                raise Unreadable(
                    f"{place.format(at).capitalize()} has {_cells(len(cells))}, but the row with the columns' names "
                    f"has {width}.{hint}"
                )
            yield at, cells[:width]

    def where(row: int) -> str:
        at, _ = next(islice(below(), row - 1, None), (0, []))
        return place.format(at)

    names = _names(_head(table(), shape.header_row, blank))
    return Source(names, typed, lambda: (cells for _, cells in below()), where)


def _shown(delimiter: str) -> str:
    return "tab" if delimiter == "\t" else delimiter


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count} cells"


def _head(rows: Iterator[tuple[int, list[Any]]], header_row: int, blank: Callable[[list[Any]], bool]) -> list[Any]:
    cells = next((cells for _, cells in islice(rows, header_row, None) if not blank(cells)), None)
    if cells is None:
        raise Unreadable("There is no row with the names of the columns. See “Header row” and “Skip rows”.")
    width = max((number for number, cell in enumerate(cells, 1) if cell not in _NOTHING), default=1)
    return cells[:width]


def _names(head: Sequence[Any]) -> list[str]:
    """A name that is there twice gets a number, one that is missing too, as pandas does it."""
    names: list[str] = []
    for number, cell in enumerate(head):
        wanted = str(cell) if str(cell).strip() else f"Unnamed: {number}"
        name, count = wanted, 0
        while name in names:
            count += 1
            name = f"{wanted}.{count}"
        names.append(name)
    return names
