"""Files that an operator names are read, or refused with the line, never with a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.operator_files import BadFile, read_lines, read_text, read_toml


def _file(folder: Path, content: bytes) -> Path:
    path = folder / "a.txt"
    path.write_bytes(content)
    return path


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = _file(tmp_path, b"\xef\xbb\xbfa = 1\r\n\r\nb = 2\n")
    assert read_toml(path) == {"a": 1, "b": 2}
    assert list(read_lines(path, lines_max=3)) == [(1, "a = 1"), (3, "b = 2")]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"a = 1\nb = \xff\n", "a.txt, line 2: is not text in UTF-8; save the file as UTF-8"),
        ("a = 1".encode("utf-16"), "a.txt: is text in UTF-16; save it as UTF-8"),
        (b"a = 1\n\0\n", "a.txt, line 2: is no text, it has a NUL character"),
    ],
)
def test_what_is_no_text_is_refused_with_the_line(tmp_path: Path, content: bytes, why: str) -> None:
    with pytest.raises(BadFile, match=why):
        read_text(_file(tmp_path, content))
    with pytest.raises(BadFile, match=why.removesuffix("save it as UTF-8")):
        list(read_lines(_file(tmp_path, content), lines_max=10))


@pytest.mark.parametrize("content", [b"a = " + b"[" * 100_000, b"a = " + b"9" * 5000, b"a = [", b"[a"])
def test_what_is_no_toml_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(BadFile, match=r"a\.txt: is not valid TOML: "):
        read_toml(_file(tmp_path, content))


def test_what_is_too_large_or_not_there_is_refused(tmp_path: Path) -> None:
    path = _file(tmp_path, b"x" * 2_000_000)
    with pytest.raises(BadFile, match="line 1: is longer than 1 MB"):
        list(read_lines(path, lines_max=1))
    with pytest.raises(BadFile, match=r"is larger than 1\.5 MB"):
        read_text(path, bytes_max=1_500_000)
    with pytest.raises(BadFile, match="at most 2 lines are read"):
        list(read_lines(_file(tmp_path, b"a\n" * 3), lines_max=2))
    with pytest.raises(BadFile, match=r"cannot be read \(No such file"):
        read_text(tmp_path / "none")
    with pytest.raises(BadFile, match=r"cannot be read \(Is a directory"):
        list(read_lines(tmp_path, lines_max=1))
