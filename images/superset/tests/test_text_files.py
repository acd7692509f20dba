"""Encodings and delimiters: read as what they are, or refused with the line and what to do."""

from __future__ import annotations

import pytest

from images.superset.inside import text_files
from images.superset.inside.text_files import Unreadable


def _cells(raw: bytes, delimiter: str = ",") -> list[list[str]]:
    return [row.cells for row in text_files.opened(raw, delimiter=delimiter).rows()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_is_read_in_each_of_its_forms(encoding: str) -> None:
    marked = "\ufeff" if encoding == "utf-16-be" else ""
    assert _cells(f"{marked}name\tcity\nZoë\t東京 €\n".encode(encoding)) == [["name", "city"], ["Zoë", "東京 €"]]


@pytest.mark.parametrize(("word", "encoding"), [("Müller", "cp1252"), ("Müller", "cp850"), ("don’t – 5 €", "cp1252"), ("Αθήνα", "cp1253")])  # fmt: skip
def test_a_national_encoding_is_read_when_all_that_fit_agree(word: str, encoding: str) -> None:
    assert _cells(f"a,b\n{word},1\n".encode(encoding)) == [["a", "b"], [word, "1"]]


def test_an_old_macs_encoding_is_thought_of_only_with_its_ends_of_lines() -> None:
    assert _cells("a\rcafé\r".encode("mac_roman")) == [["a"], ["café"]]
    with pytest.raises(Unreadable, match="Line 2 has letters in an old national encoding"):
        _cells("a\ncafé\n".encode("mac_roman"))


@pytest.mark.parametrize(
    ("word", "encoding"),
    [("Genève", "cp1252"), ("Dvořák", "cp1250"), ("Łódź", "cp1250"), ("москва", "cp1251"), ("日本", "shift_jis"), ("Muğla", "cp1254")],
)  # fmt: skip
def test_an_encoding_that_cannot_be_told_is_refused_with_the_line_and_what_to_do(word: str, encoding: str) -> None:
    with pytest.raises(Unreadable, match=r"^Line 3 has letters in an old national encoding.*CSV UTF-8"):
        _cells(f"a,b\n1,2\n{word},1\n".encode(encoding))


def test_an_unsure_word_is_shown_as_it_could_be_read() -> None:
    with pytest.raises(Unreadable, match="which could be “Genève” or “Genčve”"):
        _cells("a\nGenève\n".encode("cp1252"))


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"PK\x03\x04rest", "choose “Upload Excel”"),
        (b"%PDF-1.7", "a PDF document"),
        (b"a,b\n1,\0\n", "Line 2 has a NUL character"),
        (b"\xff\xfea\0\0\xd8", "says that it is UTF-16, but is damaged"),
        (b"\xef\xbb\xbfa\n\xff\n", "Line 2 is not in UTF-8, as the file says"),
        (b" \n", "This file is empty"),
    ],
)
def test_what_is_no_text_is_refused(raw: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        _cells(raw)


@pytest.mark.parametrize("delimiter", ["\t", ";", "|"])
def test_another_delimiter_is_found_when_the_chosen_one_divides_nothing(delimiter: str) -> None:
    rows = [["a", "b"], ["1,5", 'x"y'], ["2", "z"]]
    quoted = [[f'"{cell.replace(chr(34), chr(34) * 2)}"' if '"' in cell else cell for cell in row] for row in rows]
    assert _cells("\n".join(delimiter.join(row) for row in quoted).encode()) == rows


def test_a_chosen_delimiter_is_kept_when_it_divides() -> None:
    assert _cells(b"a;b,c\n1;2,3\n") == [["a;b", "c"], ["1;2", "3"]]
    assert _cells(b"words\none; two\n") == [["words"], ["one; two"]]
    assert _cells(b"sep=;\r\na;b\r\n1;2\r\n") == [["a", "b"], ["1", "2"]]
    assert _cells(b"a\tb\r1\t2\r", "\\t") == [["a", "b"], ["1", "2"]]
    with pytest.raises(Unreadable, match="“::” cannot be a delimiter"):
        _cells(b"a::b", "::")


def test_quotes_that_two_readers_could_read_differently_are_refused() -> None:
    with pytest.raises(Unreadable, match="Line 3 begins a cell with a quote"):
        _cells(b'a,b\n1,2\n3,"x\n4,5\n')
    with pytest.raises(Unreadable, match="Line 2: after the quote"):
        _cells(b'a,b\n"5" pipe",2\n')
    assert _cells(b'a,b\n5" pipe,"x\ny"\n') == [["a", "b"], ['5" pipe', "x\ny"]]
