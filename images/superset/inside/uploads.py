"""Uploading a file into a database of one's own: how large it may be, how it is read and kept.

Superset reads with pandas, which guesses kinds (01067 becomes 1067), and drops a table before its
successor is whole. Here `sources` reads the file, `kinds` decides what its columns are, and
`tables` writes it in one transaction. Superset still does the form, the permissions and the
dataset.
"""

from __future__ import annotations

import json
import os
import re
from contextlib import closing
from typing import Any

from images.superset.inside import sources, tables
from images.superset.inside.kinds import Kind, Reading, asked_kinds
from images.superset.inside.sources import Shape, Source
from images.superset.inside.text_files import Unreadable

BYTES_MAX = 25 * 2**20
EXCEL_BYTES_MAX = 10 * 2**20
"""A workbook takes many times its size in memory before its first row; more may end the task."""

_PATH = re.compile(r"/api/v1/database/(?:\d+/upload|upload_metadata)/?")
_NO_SCHEMA = ("", "null", "undefined")
"""What the form sends for no schema; SQLite would look for a database of that name."""
_ROWS_FOR_NAMES = 1
_IN_PANDAS = {
    Kind.INTEGER: "Int64",
    Kind.REAL: "float64",
    Kind.BOOLEAN: "boolean",
    Kind.DATETIME: "datetime64[us]",
    Kind.DATE: "datetime64[us]",
}


def install() -> None:
    """Once for each process, after Superset's engine descriptions can be imported."""
    from superset.commands.database.uploaders.base import BaseDataReader
    from superset.commands.database.uploaders.columnar_reader import ColumnarReader
    from superset.commands.database.uploaders.csv_reader import CSVReader
    from superset.commands.database.uploaders.excel_reader import ExcelReader
    from superset.db_engine_specs.sqlite import SqliteEngineSpec

    def normalize(_specification: Any, table_name: str, schema_name: str | None = None) -> tuple[str, str | None]:
        return table_name, None if schema_name in _NO_SCHEMA else schema_name

    SqliteEngineSpec.normalize_table_name_for_upload = classmethod(normalize)
    BaseDataReader.read = _read
    for reader in (CSVReader, ExcelReader, ColumnarReader):
        reader.file_metadata = _names_of_columns


def _read(self: Any, file: Any, database: Any, table_name: str, schema_name: str | None) -> None:
    """In the place of a reader's own: the file into the table."""
    from superset.commands.database.exceptions import DatabaseUploadFailed

    options = self._options
    try:
        source = _chosen(_source(type(self).__name__, file, options), options)
        reading = Reading(
            null_values=frozenset(options["null_values"]) if options.get("null_values") else None,
            decimal=options.get("decimal_character") or ".",
            day_first=bool(options.get("day_first")),
        )
        asked = asked_kinds(source.names, options.get("column_data_types") or {}, options.get("column_dates") or ())
        if_exists = options.get("already_exists") or "fail"
        if database.backend != "sqlite":
            self._dataframe_to_database(_frame(source, reading, asked), database, table_name, schema_name)
            return
        with database.get_sqla_engine() as engine, closing(engine.raw_connection()) as connection:
            tables.write(connection.driver_connection, table_name, source, if_exists=if_exists, reading=reading, asked=asked)  # fmt: skip
    except Unreadable as problem:
        raise DatabaseUploadFailed(message=str(problem)) from problem


def _names_of_columns(self: Any, file: Any) -> dict[str, Any]:
    """In the place of a reader's own: what the form shows as soon as a file is chosen."""
    from superset.commands.database.exceptions import DatabaseUploadFailed

    kind = type(self).__name__
    try:
        if kind == "ExcelReader":
            found: dict[str | None, list[str]] = {**sources.sheets(file.stream)}
        else:
            found = {None: _source(kind, file, {**self._options, "rows_to_read": _ROWS_FOR_NAMES}).names}
    except Unreadable as problem:
        raise DatabaseUploadFailed(message=str(problem)) from problem
    return {"items": [{"sheet_name": sheet, "column_names": names} for sheet, names in found.items()]}


def _source(kind: str, file: Any, options: dict[str, Any]) -> Source:
    shape = Shape(
        header_row=max(options.get("header_row") or 0, 0),
        skip_rows=max(options.get("skip_rows") or 0, 0),
        rows_max=options.get("rows_to_read"),
        skip_blank_lines=bool(options.get("skip_blank_lines")),
    )
    if kind == "ExcelReader":
        return sources.of_workbook(file.stream, shape, sheet=options.get("sheet_name") or 0)
    if kind == "ColumnarReader":
        return sources.of_columnar(file.stream, zipped=str(file.filename).lower().endswith(".zip"))
    spaces = bool(options.get("skip_initial_space"))
    return sources.of_text(file.read(), shape, delimiter=options.get("delimiter") or ",", skip_initial_space=spaces)


def _chosen(source: Source, options: dict[str, Any]) -> Source:
    """Its columns as the form wants them: which, and with what in front."""
    index = options.get("index_column")
    columns = list(options.get("columns_read") or source.names)
    if index:
        columns = [index, *(name for name in columns if name != index)]
    source = source.reduced(columns)
    if not options.get("dataframe_index"):
        return source
    label = options.get("index_label")
    if index:
        return source.renamed(index, label or index)
    return source.numbered(label or "index")


def _frame(source: Source, reading: Reading, asked: dict[str, Kind]) -> Any:
    """For a database that is not SQLite, which Superset writes by itself."""
    import pandas as pd

    kinds, rows = tables.converted(source, reading, asked)
    frame = pd.DataFrame(rows, columns=source.names, dtype=object)
    for name, kind in zip(source.names, kinds, strict=True):
        if (dtype := _IN_PANDAS.get(kind)) is not None:
            frame[name] = frame[name].astype(dtype)
    return frame


def refuse_what_is_too_large() -> Any:
    """Flask's `before_request`: a 413 for an upload above its type's limit, else None.

    The server refuses what is above BYTES_MAX by its length, unread.
    """
    from flask import Response, request

    if request.method != "POST" or not takes_a_file(request.path):
        return None
    file = request.files.get("file")
    if file is None:
        return None
    bytes_max = bytes_max_of(request.form.get("type", ""))
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return Response(refusal(bytes_max), 413, content_type="application/json") if size > bytes_max else None


def takes_a_file(path: str) -> bool:
    """Whether Superset reads an uploaded file there, to keep it or to show its columns."""
    return _PATH.fullmatch(path) is not None


def bytes_max_of(file_type: str) -> int:
    """`file_type` as in the form ('csv', 'excel', 'columnar'), which alone chooses the reader."""
    return EXCEL_BYTES_MAX if file_type == "excel" else BYTES_MAX


def refusal(bytes_max: int) -> bytes:
    """The JSON body of a 413, as Superset's pages show it."""
    most = f"at most {bytes_max // 2**20} MB"
    if bytes_max == EXCEL_BYTES_MAX:
        text = f"This Excel file is too large: {most} can be uploaded. Save the sheet as CSV ({BYTES_MAX // 2**20} MB), or split it."
    else:
        text = f"This is too large: {most} can be uploaded at once. Split the file, or leave out columns that you do not need."
    error = {"message": text, "error_type": "GENERIC_BACKEND_ERROR", "level": "error", "extra": {}}
    return json.dumps({"message": text, "errors": [error]}).encode()
