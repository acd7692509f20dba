"""Tables as people export them, written in many ways, and what a database must hold of them."""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
from dataclasses import dataclass, field
from typing import Any

COUNT = 100
_WORDS = ("Garden", "Zoë", "Ångström", "東京", "naïve, or not", 'a 5" pipe', "two\nlines", "semi;colon", "tab\there", "🙂", "NA", "O'Hara", " padded ", "=1+1", "null")  # fmt: skip
_PLAIN_WORDS = ("Garden", "Kitchen", "NA", "O'Hara", "=1+1")
"""All encodings write them alike, and no delimiter is in them."""
_FOREIGN = {"cp1252": "Genève", "cp1250": "Dvořák", "cp1251": "Москва", "koi8_r": "Москва", "shift_jis": "日本", "cp1254": "Muğla"}  # fmt: skip
_UNICODE = ("utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be")


@dataclass
class Upload:
    """`content` for a text file; the others are written from `cells` by Superset's own Python."""

    name: str
    kind: str
    names: list[str]
    cells: list[list[Any]]
    kept: list[tuple[Any, ...]]
    """The rows that SQLite must hold, in their types."""
    refused: str = ""
    """What a refusal must say; an upload with none has to succeed."""
    may_succeed: bool = True
    """Whether being read right is as good as the refusal."""
    fields: dict[str, str] = field(default_factory=dict)
    content: bytes = b""


def uploads(seed: int) -> list[Upload]:
    chance = random.Random(seed)  # noqa: S311
    kinds = ("csv",) * 6 + ("excel", "excel", "columnar", "columnar")
    return [_of_kind(kinds[number % len(kinds)], number, chance) for number in range(COUNT)]


def _of_kind(kind: str, number: int, chance: random.Random) -> Upload:
    plain = kind == "csv" and number % 4 == 3
    width = chance.choice((1, 2, 3, 5, 8, 40)) if number % 33 else 1999
    height = chance.choice((0, 1, 4, 30)) if width < 1000 else 2
    columns = [_column(chance, height, typed=kind != "csv", plain=plain) for _ in range(width)]
    columns[0] = columns[0] if kind == "csv" else ([*range(height)], [*range(height)])  # no row is blank
    names = [f"{chance.choice(('n', 'Größe', 'x y', '名', 'a.b'))} {place}" for place in range(width)]
    if plain:
        names = [f"n{place}" for place in range(width)]
    cells = [[column[0][row] for column in columns] for row in range(height)]
    kept = [tuple(column[1][row] for column in columns) for row in range(height)]
    upload = Upload(f"u{number}", kind, names, cells, kept)
    if number % 5 == 2:
        _spoil(upload, chance)
    if kind == "csv":
        _write_text(upload, chance, plain=plain)
    return upload


def _column(chance: random.Random, height: int, *, typed: bool, plain: bool) -> tuple[list[Any], list[Any]]:
    """The cells in the file, and what the database must hold of each."""
    kind = chance.choice(("whole", "decimal", "code", "phone", "truth", "date", "words", "gaps", "long"))
    words = _PLAIN_WORDS if plain else _WORDS
    makers: dict[str, Any] = {
        "whole": lambda: chance.randint(-(10**9), 10**9),
        "decimal": lambda: chance.randint(-999, 999) + chance.choice((0.5, 0.25, 0.125)),
        "code": lambda: f"0{chance.randint(0, 9999):04}",
        "phone": lambda: f"+{chance.randint(1, 10**12)}",
        "truth": lambda: chance.random() < 0.5,
        "date": lambda: dt.datetime(2020 + chance.randint(0, 9), chance.randint(1, 12), 28, 13, 5),  # noqa: DTZ001
        "words": lambda: chance.choice(words),
        "gaps": lambda: chance.choice((None, chance.randint(0, 99))),
        "long": lambda: "w" * chance.randint(1000, 30_000) if height < 5 and chance.random() < 0.05 else "w",
    }
    values = [makers[kind]() for _ in range(height)]
    if not typed:
        kept = [value.isoformat(sep=" ") if isinstance(value, dt.datetime) else value for value in values]
    else:
        kept = [f"{value.isoformat(sep=' ')}.000000" if isinstance(value, dt.datetime) else value for value in values]
    return values, [int(value) if isinstance(value, bool) else value for value in kept]


def _spoil(upload: Upload, chance: random.Random) -> None:
    """One thing that no table could hold as it is."""
    height = len(upload.cells)
    if height == 0 or chance.random() < 0.3:
        upload.names = [*upload.names, "Total", "total"][-2000:]
        upload.cells = [[*row, 1, 2][-2000:] for row in upload.cells]
        upload.refused = "“Total” and “total” differ only in upper and lower case"
    elif upload.kind != "excel" and chance.random() < 0.5:
        row = chance.randrange(height)
        upload.names = ["big", *upload.names[1:]]
        upload.cells = [[2**63 + 5 if at == row else 7, *cells[1:]] for at, cells in enumerate(upload.cells)]
        upload.refused = f"Row {row + 1}.*column “big”: “9223372036854775813” is larger than the largest whole number"
    else:
        width = len(upload.names)
        upload.names = [*upload.names, *(f"more {place}" for place in range(2001 - width))]
        upload.cells = [[*row, *[1] * (2001 - width)] for row in upload.cells]
        upload.refused = "This file has 2,001 columns; a table has at most 2,000"
    upload.may_succeed = False


def _write_text(upload: Upload, chance: random.Random, *, plain: bool) -> None:
    delimiter = chance.choice((",", ";", "\t", "|"))
    to_be_found = plain and len(upload.names) > 1 and upload.cells != [] and chance.random() < 0.5
    if delimiter != "," and not to_be_found:
        upload.fields["delimiter"] = delimiter
    encoding = chance.choice(_UNICODE)
    if plain and not upload.refused:
        encoding, word = chance.choice([("cp1252", "Müller"), ("cp850", "Müller"), *_FOREIGN.items()])
        upload.names = [*upload.names[:-1], "w"]
        upload.cells = [[*row[:-1], word] for row in upload.cells]
        upload.kept = [(*row[:-1], word) for row in upload.kept]
        if upload.cells and word in _FOREIGN.values():
            upload.refused = "has letters in an old national encoding, not in UTF-8.*CSV UTF-8"
    text = io.StringIO()
    quoting = chance.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC))
    ends = chance.choice(("\n", "\r\n") if plain else ("\n", "\r\n", "\r"))
    if ends == "\r":  # the writer would not quote the other line ends
        quoting = csv.QUOTE_ALL
    writer = csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator=ends)
    writer.writerow(upload.names)
    writer.writerows([[_typed(cell) for cell in row] for row in upload.cells])
    mark = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    upload.content = (mark + text.getvalue()).encode(encoding)


def _typed(cell: Any) -> Any:
    if isinstance(cell, bool):
        return str(cell)
    return cell.isoformat(sep=" ") if isinstance(cell, dt.datetime) else cell


WRITE = """
import datetime as dt, json, sys
from pathlib import Path
import openpyxl, pyarrow as pa, pyarrow.parquet as pq

def cell(value):
    return dt.datetime.fromisoformat(value["at"]) if isinstance(value, dict) else value

def in_sheet(sheet, value):
    made = openpyxl.cell.WriteOnlyCell(sheet, value)
    if isinstance(value, str):
        made.data_type = "s"  # what looks like a formula stays text
    return made

def column(values):
    if any(isinstance(value, int) and value >= 2**63 for value in values):
        return pa.array(values, pa.uint64())
    return pa.array(values) if any(value is not None for value in values) else pa.array(values, pa.string())

folder = Path(sys.argv[1])
for spec in json.loads((folder / "specs.json").read_text()):
    rows = [[cell(value) for value in row] for row in spec["cells"]]
    if spec["kind"] == "excel":
        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet("Data")
        for row in [spec["names"], *rows]:
            sheet.append([in_sheet(sheet, value) for value in row])
        book.save(folder / spec["name"])
    else:
        arrays = [column([row[place] for row in rows]) for place in range(len(spec["names"]))]
        pq.write_table(pa.Table.from_arrays(arrays, names=spec["names"]), folder / spec["name"])
"""
"""For Superset's Python, which has the libraries: writes what FOLDER/specs.json has."""


def for_writing(each: Upload) -> dict[str, Any]:
    cells = [
        [{"at": cell.isoformat()} if isinstance(cell, dt.datetime) else cell for cell in row] for row in each.cells
    ]
    return {"name": each.name, "kind": each.kind, "names": each.names, "cells": cells}
