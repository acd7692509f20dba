"""Lists of people as programs write them: which rows, which columns, which people."""

from __future__ import annotations

import io
import zipfile

import pytest

from backend.cohorts.roster.files import read_file
from backend.cohorts.roster.people import Person, read_people
from backend.cohorts.roster.table import COLUMNS_MAX, ROWS_MAX, UNPACKED_BYTES_MAX, BadRoster, read_rows

ADA = ("ada@school.example", "Ada Lovelace")
BEN = ("ben@school.example", "Ben Ørsted")


def people(sent: str | bytes) -> list[tuple[str, str]]:
    read = read_people(read_rows(sent))
    assert [it.problem for it in read] == [""] * len(read), read
    return [(it.email, it.name) for it in read]


def problems(sent: str | bytes) -> list[tuple[int, str]]:
    return [(it.number, it.problem) for it in read_people(read_rows(sent)) if it.problem]


def workbook(*rows: tuple[str, ...]) -> bytes:
    """A workbook of inline texts, as small programs write them."""
    return packed(
        "".join(
            "<row>" + "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in row) + "</row>" for row in rows
        )
    )


def packed(cells: str, shared: str = "ada@school.example") -> bytes:
    """`shared`: the text of each cell with `t="s"`."""
    files = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
        "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/sharedStrings.xml": f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>{shared}</t></si></sst>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{cells}</sheetData></worksheet>',
    }
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as book:
        for name, text in files.items():
            book.writestr(name, text)
    return target.getvalue()


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param("Email\tName\nada@school.example\tAda Lovelace\nben@school.example\tBen Ørsted", id="pasted from a sheet"),
        pytest.param("\ufeffName;E-Mail\r\nAda Lovelace;ada@school.example\r\nBen Ørsted;ben@school.example\r\n".encode(), id="Excel with a mark and semicolons"),
        pytest.param("sep=;\r\nName;E-Mail-Adresse\r\nAda Lovelace;ada@school.example\r\nBen Ørsted;ben@school.example".encode("cp1252"), id="Excel in Windows-1252 with its own first line"),
        pytest.param("Name\tEmail\r\nAda Lovelace\tada@school.example\r\nBen Ørsted\tben@school.example\r\n".encode("utf-16"), id="Excel's Unicode text"),
        pytest.param('First name,Last name,ID number,Email address\nAda,Lovelace,1,ada@school.example\nBen,Ørsted,2,ben@school.example', id="Moodle"),
        pytest.param('Student,ID,SIS User ID,SIS Login ID,Section\n"Lovelace, Ada",7,u7,ada@school.example,FSD\n"Ørsted, Ben",8,u8,ben@school.example,FSD', id="Canvas"),
        pytest.param("First Name [Required],Last Name [Required],Email Address [Required],Password [Required]\nAda,Lovelace,ada@school.example,****\nBen,Ørsted,ben@school.example,****", id="Google Workspace"),
        pytest.param("userPrincipalName,displayName\nAda@School.example,Ada Lovelace\nben@school.example,Ben Ørsted", id="Microsoft 365"),
        pytest.param("Langname;Vorname;Klasse;Email\nLovelace;Ada;3a;ada@school.example\nØrsted;Ben;3a;ben@school.example", id="Untis"),
        pytest.param("Ada Lovelace,ada@school.example\nBen Ørsted,ben@school.example", id="no heading"),
        pytest.param("3a;Ada;Lovelace;ada@school.example\n3a;Ben;Ørsted;ben@school.example", id="no heading, names in two columns"),
        pytest.param("Ada Lovelace <ada@school.example>\n\"Ørsted, Ben\" <ben@school.example>", id="as mail programs write it"),
        pytest.param('Name,Email\n"Ada\nLovelace",ada@school.example\n\n,\nBen Ørsted,mailto:ben@school.example', id="a line break in quotes, empty lines"),
        pytest.param(workbook(("Name", "Email"), ("Ada Lovelace", "ada@school.example"), ("Ben Ørsted", " ben@school.example ")), id="Excel workbook"),
    ],
)  # fmt: skip
def test_lists_of_known_programs_become_people(sent: str | bytes) -> None:
    assert people(sent) == [ADA, BEN]


@pytest.mark.parametrize("between", [", ", "; ", " ", "\n", ","])
def test_addresses_and_nothing_else_are_people_without_names(between: str) -> None:
    assert people(between.join(("ada@school.example", "ben@school.example", "cem@school.example"))) == [
        ("ada@school.example", ""), ("ben@school.example", ""), ("cem@school.example", ""),
    ]  # fmt: skip


def test_each_bad_line_says_why_and_the_good_ones_stay() -> None:
    sent = (
        "Name,Email\nAda,ada@school.example\nBen,\nCem,cem@@school\nDora,ada@School.Example\n"
        'Eve,"=HYPERLINK(""http://x"",""eve@school.example"")"\nFin\u202e,fin@school.example'
    )
    assert problems(sent) == [
        (3, "there is no email address"),
        (4, "this is not an email address"),
        (5, "line 2 has the same address"),
        (6, "the address is a formula; paste its value instead"),
    ]
    assert read_people(read_rows(sent))[-1] == Person(7, "fin@school.example", ""), "a deceiving name is not taken over"


def test_line_numbers_are_those_of_the_file() -> None:
    assert problems('sep=,\nName,Email\n"Ada\nL",ada@school.example\n\nBen,none') == [
        (6, "this is not an email address")
    ]


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ("", "is empty"),
        ("\n ; \n", "is empty"),
        ("Name\nAda", "No column has email addresses"),
        ("Email\n", "nobody below it"),
        (b"\0\1\2", "no text"),
        (b"PK\x03\x04nothing", "damaged"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "cannot be read"),
        ("Email\n" + "a@b.example\n" * ROWS_MAX, "more than 5,000 lines"),
        ("Email\n" + '"' + "x" * 200_000, "Line 2 cannot be read"),
        ('Email,Name\na@b.example,"Ada\nb@b.example,Ben\n', "Line 2 cannot be read"),
    ],
)
def test_what_is_no_list_is_refused_in_words(sent: str | bytes, words: str) -> None:
    with pytest.raises(BadRoster, match=words):
        read_people(read_rows(sent))


def test_a_workbook_that_unpacks_to_a_flood_is_refused() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/sharedStrings.xml", b" " * (UNPACKED_BYTES_MAX + 1))
    with pytest.raises(BadRoster, match="too large"):
        read_rows(target.getvalue())


def shared_cells(columns: str, *rows: int) -> str:
    return "".join(
        f'<row r="{row}">'
        + "".join(f'<c r="{column}{row}" t="s"><v>0</v></c>' for column in columns.split())
        + "</row>"
        for row in rows
    )


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(packed(shared_cells("A", 1) + shared_cells("XFD", 1_048_576)), id="a cell in the last corner"),
        pytest.param(packed(shared_cells("A XFD", 1) + shared_cells("A", 5000)), id="a cell far to the right"),
        pytest.param(
            packed(shared_cells("A B C D E", *range(1, 1001)), "a" * 1_000_000), id="a long text in each cell"
        ),
        pytest.param(
            packed(shared_cells("A B C D E F", *range(1, 1001)), "a" * 20_000), id="more text than is passed on"
        ),
    ],
)
def test_a_small_workbook_that_asks_for_all_memory_ends_its_own_process_only(sent: bytes) -> None:
    """The story: 2 kB with a cell in the last corner asked for 500 GB and ended the backend."""
    assert len(sent) < 60_000
    with pytest.raises(BadRoster, match=r"too large to read|too much text"):
        read_file(sent)


def test_a_file_is_read_in_a_process_of_its_own_as_here() -> None:
    sent = workbook(("Name", "Email"), ("Ada Lovelace", "ada@school.example"), (), ("Ben", "ben@school.example"))
    assert read_file(sent) == read_rows(sent)
    with pytest.raises(BadRoster, match="damaged"):
        read_file(b"PK\x03\x04nothing")


def test_the_largest_workbook_is_read_within_the_limits() -> None:
    row = tuple(f"column {number}" for number in range(COLUMNS_MAX - 1))
    assert len(read_file(workbook(*[("ada@school.example", *row)] * ROWS_MAX))) == ROWS_MAX


def test_a_wide_row_and_a_long_cell_are_cut() -> None:
    [row] = read_rows("\t".join(["x" * 5000] * (COLUMNS_MAX + 5)))
    assert len(row.cells) == COLUMNS_MAX
    assert len(row.cells[0]) == 1000
