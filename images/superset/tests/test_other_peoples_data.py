"""Other people's data in the built Superset: the right answer, or a sentence that helps."""

from __future__ import annotations

import io
import json
import re
import secrets
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from images.superset.tests import generated_uploads
from images.superset.tests.conftest import Answer, Desk, Parent, in_superset
from images.superset.tests.generated_uploads import Upload
from images.tests.desk import short_folder

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
"""They need the built image, like the browser tests."""

MY_DATA = 2
_NOT_FOR_PEOPLE = re.compile(r"Traceback|Error:|sqlite3|pandas|INSERT INTO|\(Background|codec|NoneType|<class|File \"")
_EXTENSIONS = {"csv": "csv", "excel": "xlsx", "columnar": "parquet"}


@pytest.fixture(scope="module")
def desk(image: dict[str, Any], parent: Parent) -> Iterator[Desk]:
    with short_folder() as folder:
        one = Desk(image, folder, parent)
        yield one
        one.close()


def _rows(desk: Desk, table: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(desk.home / "data/my-data.db")) as database:
        return database.execute(f'SELECT * FROM "{table}"').fetchall()  # noqa: S608


def _said(answer: Answer) -> str:
    """The sentence that the pages show."""
    assert 400 <= answer.status < 500, answer
    (error,) = answer.json["errors"]
    assert not _NOT_FOR_PEOPLE.search(error["message"]), error
    return str(error["message"])


def _data(desk: Desk, sql: str) -> list[list[Any]]:
    answer = desk.query(sql, database=MY_DATA)
    assert answer.status == 200, answer
    return [list(row.values()) for row in answer.json["data"]]


# --- the cases, by their names ---


def test_a_failed_replace_keeps_the_old_table(desk: Desk) -> None:
    assert desk.upload("keepme", b"a,b\n1,2\n").status == 201
    assert "“Total” and “total”" in _said(desk.upload("keepme", b"Total,total\n3,4\n"))
    wide = b",".join(b"c%d" % number for number in range(2500)) + b"\n"
    assert "2,500 columns; a table has at most 2,000" in _said(desk.upload("keepme", wide))
    assert _data(desk, "SELECT a, b FROM keepme") == [[1, 2]]


def test_sql_lab_runs_json_extract_as_it_was_typed(desk: Desk) -> None:
    assert _data(desk, """select json_extract('{"a":"x"}','$.a')""") == [["x"]]
    assert _data(desk, """select 1 as n where json_extract('{"a":"x"}','$.a') = 'x'""") == [[1]]


def test_sql_lab_runs_a_hexadecimal_number_as_it_was_typed(desk: Desk) -> None:
    assert _data(desk, "select 0xFF + 1") == [[256]]


def test_sql_lab_runs_a_recursive_query_as_it_was_typed(desk: Desk) -> None:
    numbers = "with recursive c(n) as (select 1 union all select n+1 from c where n<3) select n from c"
    assert _data(desk, numbers) == [[1], [2], [3]]


def test_a_number_beyond_64_bits_is_named_with_its_column_and_row(desk: Desk) -> None:
    said = _said(desk.upload("large", b"n\n99999999999999999999\n", already_exists="fail"))
    assert said.startswith("Row 1 (line 2 of the file), column “n”: “99999999999999999999” is larger")


def test_unicode_text_from_excel_is_read(desk: Desk) -> None:
    assert desk.upload("unicode", "name\tcity\nZoë\tKöln\n".encode("utf-16"), file="a.txt").status == 201
    assert _data(desk, "SELECT name, city FROM unicode") == [["Zoë", "Köln"]]


def test_text_that_looks_like_a_number_stays_text(desk: Desk, image: dict[str, Any], tmp_path: Path) -> None:
    _written(image, tmp_path, [Upload("zip", "excel", ["zip", "n"], [["01067", 1]], [])])
    answer = desk.upload("zips", (tmp_path / "zip").read_bytes(), file="zip.xlsx", kind="excel")
    assert answer.status == 201, answer
    assert _rows(desk, "zips") == [("01067", 1)]


@pytest.mark.parametrize("database", [1, 2])
@pytest.mark.parametrize("text", ["-- nothing", "/* nothing */ ;", " "])
def test_only_a_comment_gets_a_sentence(desk: Desk, text: str, database: int) -> None:
    answer = desk.query(text, database=database)
    assert _said(answer) == "There is no query here, only a comment. Write one, for example: SELECT 1"


@pytest.mark.parametrize("kind", ["dashboard", "chart", "dataset", "database", "saved_query", "theme", "assets"])
def test_an_import_of_a_wrong_file_gets_a_sentence(desk: Desk, kind: str) -> None:
    assert "it is no zip archive, or a damaged one" in _said(_imported(desk, kind, b"name,city\n"))
    assert "has no metadata.yaml" in _said(_imported(desk, kind, _archive({"x/readme.txt": "hello"})))
    other = _archive({"x/metadata.yaml": "version: 1.0.0\ntype: Anything\n"})
    assert "is an export of “Anything”, not of" in _said(_imported(desk, kind, other))
    damaged = _archive({"x/metadata.yaml": "version: [\n", "x/charts/a.yaml": "{{"})
    assert _said(_imported(desk, kind, damaged))


def test_an_export_can_be_imported_again(desk: Desk) -> None:
    exported = desk.request("GET", "/api/v1/dashboard/export/?q=!(1)")
    assert exported.status == 200
    assert "is an export of dashboards, not of charts" in _said(_imported(desk, "chart", exported.body))
    assert _imported(desk, "dashboard", exported.body, overwrite="true").status == 200


# --- SQL Lab ---


def test_the_row_limit_is_kept_and_only_wraps(desk: Desk) -> None:
    answer = desk.query("select value from json_each('[1,2,3]') -- all", database=MY_DATA, queryLimit=2)
    assert [row["value"] for row in answer.json["data"]] == [1, 2]
    assert answer.json["query"]["executedSql"] == "SELECT * FROM (\nselect value from json_each('[1,2,3]') -- all\n) LIMIT 3"  # fmt: skip
    assert answer.json["query"]["limitingFactor"] == "DROPDOWN"
    key = answer.json["query"]["id"]
    exported = desk.request("GET", f"/api/v1/sqllab/export/{answer.json['query']['id']}/")
    assert exported.body.decode("utf-8-sig").split() == ["value", "1", "2"], key


@pytest.mark.parametrize(
    ("text", "words"), [("select 1 +", "incomplete input"), ("select 'abc", "'abc"), ("selct 1", 'near "selct"')]
)
def test_a_mistake_is_told_of_what_was_typed(desk: Desk, text: str, words: str) -> None:
    (error,) = desk.query(text, database=MY_DATA).json["errors"]
    assert words in error["message"]
    assert "LIMIT" not in error["message"]
    assert ")" not in error["message"]


def test_a_chart_of_a_query_runs_what_was_typed_too(desk: Desk) -> None:
    dataset = {"database": MY_DATA, "table_name": "typed", "sql": "select 0xFF + 1 as n -- typed"}
    made = desk.api("POST", "/api/v1/dataset/", dataset)
    assert made.status == 201, made
    typed = """max(n) + (json_extract('{"a":"x"}', '$.a') = 'x') + 0x0F -- typed"""
    metric = {"expressionType": "SQL", "sqlExpression": typed, "label": "most"}
    query = {"metrics": [metric], "columns": [], "row_limit": 10, "extras": {}, "filters": []}
    message = {"datasource": {"id": made.json["id"], "type": "table"}, "queries": [query], "result_format": "json", "result_type": "full"}  # fmt: skip
    answer = desk.api("POST", "/api/v1/chart/data", message)
    assert answer.status == 200, answer
    assert answer.json["result"][0]["data"] == [{"most": 256 + 1 + 15}]


@pytest.mark.parametrize(
    ("text", "pretty"),
    [("select 0xFF+1", "select 0xFF+1"), ("select json_extract(a,'$.b') from t", "select json_extract(a,'$.b') from t"), ("select a from t", "SELECT\n  a\nFROM t")],
)  # fmt: skip
def test_the_format_button_changes_no_meaning(desk: Desk, text: str, pretty: str) -> None:
    answer = desk.api("POST", "/api/v1/sqllab/format_sql/", {"sql": text, "engine": "sqlite"})
    assert answer.json["result"] == pretty


# --- uploads of every kind ---


@pytest.mark.parametrize(("file", "kind"), [("a.xlsx", "excel"), ("a.parquet", "columnar"), ("a.zip", "columnar"), ("a.csv", "csv")])  # fmt: skip
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04rubbish", b"\xd0\xcf\x11\xe0rubbish", b"PAR1rubbishPAR1", b"\0\1\2\3\n"])  # fmt: skip
def test_a_damaged_file_gets_a_sentence(desk: Desk, file: str, kind: str, content: bytes) -> None:
    assert _said(desk.upload("damaged", content, file=file, kind=kind)).endswith(".")


def test_a_hundred_generated_uploads_are_right_or_refused_with_the_reason(
    desk: Desk, image: dict[str, Any], tmp_path: Path
) -> None:
    seed = secrets.randbelow(10**6)
    uploads = generated_uploads.uploads(seed)
    _written(image, tmp_path, [each for each in uploads if each.kind != "csv"])
    wrong = []
    for each in uploads:
        content = each.content or (tmp_path / each.name).read_bytes()
        answer = desk.upload(each.name, content, file=f"a.{_EXTENSIONS[each.kind]}", kind=each.kind, **each.fields)
        if answer.status == 201 and (not each.refused or each.may_succeed):
            if _rows(desk, each.name) != each.kept:
                wrong.append((each.name, each.kind, each.fields, _rows(desk, each.name)[:2], each.kept[:2]))
        elif not each.refused or answer.status == 201 or not re.search(each.refused, _said(answer)):
            wrong.append((each.name, each.kind, each.fields, answer, each.refused))
    print(f"\nseed {seed}: {sum(bool(each.refused) for each in uploads)} of {len(uploads)} to be refused")
    assert not wrong, (seed, len(wrong), str(wrong[0])[:3000])


def _written(image: dict[str, Any], folder: Path, uploads: list[Upload]) -> None:
    (folder / "specs.json").write_text(json.dumps([generated_uploads.for_writing(each) for each in uploads]))
    done = in_superset(image, folder, generated_uploads.WRITE, str(folder))
    assert done.returncode == 0, done.stderr[-3000:]


def _archive(files: dict[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


def _imported(desk: Desk, kind: str, content: bytes, **fields: str) -> Answer:
    boundary = "--------------------------1"
    name = "bundle" if kind == "assets" else "formData"
    parts = b"".join(f'--{boundary}\r\ncontent-disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode() for field, value in fields.items())  # fmt: skip
    parts += f'--{boundary}\r\ncontent-disposition: form-data; name="{name}"; filename="a.zip"\r\n\r\n'.encode()
    parts += content + f"\r\n--{boundary}--\r\n".encode()
    headers = {**desk.session(), "content-type": f"multipart/form-data; boundary={boundary}"}
    return desk.request("POST", f"/api/v1/{kind}/import/", parts, headers)
