from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import pytest

from contract import dashboard_export, shared_databases
from contract.hand_out_files import BadFiles

METADATA = {"x/metadata.yaml": "version: 1.0.0\ntype: Dashboard\n"}


def packed(files: dict[str, str]) -> io.BytesIO:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    content.seek(0)
    return content


def test_an_export_is_known_by_what_it_says_of_itself() -> None:
    assert dashboard_export.is_export(packed(METADATA))
    assert dashboard_export.is_export(packed({"x/metadata.yaml": "version: 1.0.0\ntype: 'Dashboard'\r\n"}))
    for other in (
        {"metadata.yaml": "type: Dashboard"},
        {"x/metadata.yaml": "type: Slice"},
        {"x/y/metadata.yaml": "type: Dashboard"},
        {"x/metadata.yaml": "title: type Dashboard"},
    ):
        assert not dashboard_export.is_export(packed(other)), other
    assert not dashboard_export.is_export(io.BytesIO(b"PK\x03\x04 no zip"))
    assert not dashboard_export.is_export(io.BytesIO(packed(METADATA).getvalue()[:-30]))


@pytest.mark.parametrize("way", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_zip_that_is_packed_and_damaged_in_an_unusual_way_is_no_export(way: int) -> None:
    """The story: LZMA has an error of its own, which stopped each look at the shared data."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", way) as archive:
        archive.writestr("x/metadata.yaml", METADATA["x/metadata.yaml"] * 40)
    start = content.getvalue().index(b"metadata.yaml") + len(b"metadata.yaml")
    damaged = bytearray(content.getvalue())
    damaged[start + 9 : start + 30] = bytes(0xFF ^ it for it in damaged[start + 9 : start + 30])
    assert not dashboard_export.is_export(io.BytesIO(damaged))


def test_it_is_read_without_its_folder_and_without_what_is_no_yaml() -> None:
    files = {**METADATA, "x/dashboards/a.yaml": "a: 1", "x/databases/d.yaml": 'database_name: "d"\n', "x/run.sh": "x"}
    texts = dashboard_export.read(packed(files))
    assert sorted(texts) == ["dashboards/a.yaml", "databases/d.yaml", "metadata.yaml"]
    assert dashboard_export.databases_of(texts) == ["d"]


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("database_name: flights 2.db", ["flights 2.db"]),
        ("database_name: 'it''s: a.db'\r", ["it's: a.db"]),
        (r'database_name: "fl\xFCge \u20AC.db"', ["flüge €.db"]),
        ("database_name: a long name that\n  goes on", []),
        ("sqlalchemy_uri: x\ndatabase_name: a\nuuid: b", ["a"]),
        (r'database_name: "\x"', [r'"\x"']),
    ],
)
def test_names_are_read_as_superset_writes_them(line: str, names: list[str]) -> None:
    assert dashboard_export.databases_of({"databases/a.yaml": f"{line}\nversion: 1.0.0\n"}) == names


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"x/dashboards/a.yaml": "a"}, "another version"),
        ({**METADATA, "x/metadata.yaml": "version: 1.0.1\ntype: Dashboard"}, "another version"),
        (METADATA, "no dashboard in it"),
        ({**METADATA, "x/dashboards/a.yaml": "1", "y/dashboards/a.yaml": "2"}, "damaged"),
        ({**METADATA, "x/../a.yaml": "1"}, "leads out of the folder"),
        ({**METADATA, "x/dashboards/a.yaml": "1" * 8_000_001}, "8 MB"),
        ({**METADATA, **{f"x/dashboards/{number}.yaml": "1" for number in range(500)}}, "500 files"),
    ],
)
def test_what_is_too_large_or_of_another_shape_is_refused_in_words(files: dict[str, str], words: str) -> None:
    with pytest.raises(BadFiles, match=words):
        dashboard_export.read(packed(files))


def test_a_packed_file_beyond_the_limit_is_not_even_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dashboard_export, "PACKED_BYTES_MAX", 100)
    with pytest.raises(BadFiles, match="more than 0 MB"):
        dashboard_export.read(packed(METADATA))


@pytest.mark.parametrize(
    ("database", "file"),
    [
        ("a/flights.duckdb", "a/flights.duckdb"),
        ("Flights.DuckDB", "a/flights.duckdb"),
        ("flights", "a/flights.duckdb"),
        ("weeks", None),
        ("weeks.db", "weeks.db"),
        ("payroll", None),
        ("", None),
    ],
)
def test_a_database_is_found_by_its_path_its_name_or_its_name_without_the_ending(
    database: str, file: str | None
) -> None:
    assert dashboard_export.find_file(database, ["a/flights.duckdb", "weeks.db", "b/weeks.sqlite"]) == file


def test_shared_databases_are_known_by_what_is_in_them(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/a.db").write_bytes(b"SQLite format 3\0...")
    (tmp_path / "b.duckdb").write_bytes(b"12345678DUCK....")
    (tmp_path / "c.db").write_bytes(b"12345678DUCK....")
    (tmp_path / "is-it?.db").write_bytes(b"SQLite format 3\0...")
    (tmp_path / "d.db").write_bytes(b"neither")
    (tmp_path / "e.csv").write_bytes(b"SQLite format 3\0...")
    (tmp_path / "link.db").symlink_to("b.duckdb")
    os.mkfifo(tmp_path / "pipe.db")
    assert shared_databases.databases_in(tmp_path) == {"b.duckdb": "duckdb", "c.db": "duckdb", "deep/a.db": "sqlite"}
    assert shared_databases.databases_in(tmp_path / "missing") == {}


def test_there_is_a_limit_to_how_many_are_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_databases, "DATABASES_MAX", 2)
    for name in "cab":
        (tmp_path / f"{name}.db").write_bytes(b"SQLite format 3\0...")
    assert list(shared_databases.databases_in(tmp_path)) == ["a.db", "b.db"]
