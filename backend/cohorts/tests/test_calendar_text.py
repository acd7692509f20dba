from __future__ import annotations

import codecs

import pytest

from calendars.faults import BadTimetable
from calendars.text import GUESSED, decode

TEXT = "BEGIN:VCALENDAR\r\nSUMMARY:Prüfung “B2” – 5 €\r\n"


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
    ],
)
def test_unicode_is_read_by_its_mark_or_by_its_zeros(data):
    text = decode(data)
    assert (text.content, text.note) == (TEXT, None)


def test_western_european_text_is_read_and_told():
    text = decode(TEXT.encode("cp1252"))
    assert (text.content, text.note) == (TEXT, GUESSED)


def test_what_the_server_says_of_the_encoding_counts_where_the_bytes_are_no_utf8():
    assert decode(TEXT.encode("cp1252"), charset="windows-1252").note is None
    assert decode("SUMMARY:Экзамен".encode("koi8-r"), charset="KOI8-R").content == "SUMMARY:Экзамен"
    assert decode(TEXT.encode(), charset="iso-8859-1").content == TEXT, "UTF-8 does not come about by chance"
    assert decode(TEXT.encode("cp1252"), charset="hex").note == GUESSED, "no encoding of text"


def test_a_line_that_is_folded_inside_a_character_is_read():
    folded = "SUMMARY:Prüfung".encode().replace(b"\xc3\xbc", b"\xc3\r\n \xbc")
    assert decode(folded).content == "SUMMARY:Prü\r\n fung"


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ("BEGIN:VCALENDAR\r\nSUMMARY:Экзамен\r\n".encode("koi8-r"), 2),
        ("BEGIN:VCALENDAR\nX:1\nSUMMARY:Εξετάσεις\n".encode("iso8859-7"), 3),
        ("BEGIN:VCALENDAR\rSUMMARY:試験問題\r".encode("shift-jis"), 2),
    ],
)
def test_an_encoding_that_nothing_tells_is_refused_with_what_to_do(data, line):
    with pytest.raises(BadTimetable) as caught:
        decode(data)
    (fault,) = caught.value.faults
    assert fault.line == line
    assert "UTF-8" in fault.text


@pytest.mark.parametrize(
    "data", [b"PK\x03\x04\x00\x00\x00\x00\x08\x00", b"\x89PNG\r\n\x1a\n\x00", b"BEGIN:VCAL\0ENDAR"]
)
def test_bytes_that_are_no_text_are_refused(data):
    with pytest.raises(BadTimetable) as caught:
        decode(data)
    assert "no text" in str(caught.value)


def test_a_mark_that_lies_is_refused():
    with pytest.raises(BadTimetable) as caught:
        decode(codecs.BOM_UTF8 + b"SUMMARY:Pr\xfcfung")
    assert "says that it is UTF-8" in str(caught.value)


def test_an_encoding_that_reads_nothing_is_refused():
    with pytest.raises(BadTimetable):
        decode(TEXT.encode("cp1252"), charset="undefined")
