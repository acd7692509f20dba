"""From rows to people: which column is the address and which are the names. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from backend.accounts.addresses import NO_ADDRESS, fold
from backend.cohorts.roster.table import BadRoster, Row
from backend.platform.names import clean_name

NAME_CHARACTERS_MAX = 150
ADDRESS_CHARACTERS_MAX = 254
_NO_LETTERS = re.compile(r"[\W\d_]+")
_IN_BRACKETS = re.compile(r"^(?P<name>.*?)\s*<(?P<address>[^<>\s]+@[^<>\s@]+)>$")
_SEVERAL = re.compile(r"[;,\s]+")

# What the columns are called by Excel and Google (people type them), Google Workspace, Microsoft
# 365, Moodle, Canvas and Untis; without spaces, signs and digits, in lower case.
_ADDRESS = frozenset({
    "email", "emails", "emailaddress", "mail", "mailaddress", "emailadresse", "mailadresse", "epost", "primaryemail", "useremail",
    "studentemail", "emailaddressrequired", "userprincipalname", "correo", "correoelectronico", "courriel",
    "adresseemail", "adressemail", "adressedecourriel", "indirizzoemail",
})  # fmt: skip
_MAYBE_ADDRESS = frozenset({"sisloginid", "loginid", "login", "username", "benutzername", "anmeldename"})
_FIRST = frozenset({"firstname", "firstnamerequired", "givenname", "forename", "vorname", "rufname", "prenom", "prénom", "nombre", "nome"})  # fmt: skip
_LAST = frozenset({"lastname", "lastnamerequired", "surname", "familyname", "nachname", "familienname", "zuname", "langname", "nom", "apellido", "apellidos", "cognome"})  # fmt: skip
_WHOLE = frozenset({"name", "fullname", "displayname", "student", "studentname", "students", "schüler", "schülerin", "teilnehmer", "anzeigename", "vollständigername"})  # fmt: skip


@dataclass(frozen=True)
class Person:
    """One line of a list. `problem` says why it is no use; then `email` is what stood there."""

    number: int
    """The line in the file, counted from 1."""
    email: str
    name: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Columns:
    address: int
    first: int | None = None
    last: int | None = None
    whole: int | None = None
    headed: bool = False
    """The first row has the columns' names."""

    def name(self, cells: Sequence[str]) -> str:
        if self.first is None and self.last is None:
            return _turned(_at(cells, self.whole))
        return " ".join(part for part in (_at(cells, self.first), _at(cells, self.last)) if part)


def read_people(rows: Sequence[Row]) -> list[Person]:
    """A person for each row below the heading, in order. Raises BadRoster."""
    columns = find_columns(rows)
    people = [person for row in rows[columns.headed :] for person in _read_row(row, columns)]
    if not people:
        raise BadRoster("The list has a heading and nobody below it.")
    return list(_once(people))


def people_of(entries: Iterable[tuple[str, str]]) -> list[Person]:
    """A person for each address and name, in order."""
    return list(_once(_person(number, address, name) for number, (address, name) in enumerate(entries, 1)))


def find_columns(rows: Sequence[Row]) -> Columns:
    """By the names in the first row, else by what the rows contain. Raises BadRoster."""
    names = [_plain(cell) for cell in rows[0].cells]
    width = max(len(row.cells) for row in rows)
    counts = [sum(_looks_like_address(_at(row.cells, column)) for row in rows) for column in range(width)]
    address = _first_of(names, _ADDRESS)
    if address is None:
        maybe = _first_of(names, _MAYBE_ADDRESS)
        address = maybe if maybe is not None and counts[maybe] else None
    headed = address is not None or (
        not any(_looks_like_address(cell) for cell in rows[0].cells)
        and any(name in _FIRST | _LAST | _WHOLE for name in names)
    )
    if address is None:
        if not any(counts):
            raise BadRoster(
                "No column has email addresses. The list needs one address for each person, best below a heading “Email”."
            )
        address = counts.index(max(counts))
    if not headed:
        return _unheaded(rows, address, width)
    first, last, whole = (_first_of(names, words) for words in (_FIRST, _LAST, _WHOLE))
    return Columns(address, first, last, whole, headed=True)


def _unheaded(rows: Sequence[Row], address: int, width: int) -> Columns:
    """Columns of words are names: one has whole names, of several the first two have the parts."""
    texts = [column for column in range(width) if column != address and _has_words(rows, column)]
    if len(texts) == 1:
        return Columns(address, whole=texts[0])
    first, last = (*texts[:2], None, None)[:2]
    return Columns(address, first, last)


def _has_words(rows: Sequence[Row], column: int) -> bool:
    cells = [_at(row.cells, column) for row in rows]
    words = [cell for cell in cells if cell and not any(c.isdigit() or c == "@" for c in cell)]
    return len(words) * 2 > len(rows)


def _read_row(row: Row, columns: Columns) -> Iterable[Person]:
    """Mostly one. A line as mail programs write it, addresses and nothing else, is several."""
    filled = [cell for cell in row.cells if cell]
    if not columns.headed and len(filled) > 1 and all("@" in cell for cell in filled):
        return [_person(row.number, cell, "") for cell in filled]
    cell = _at(row.cells, columns.address)
    parts = [part for part in _SEVERAL.split(cell) if part]
    if not columns.headed and len(parts) > 1 and all(_looks_like_address(part) for part in parts):
        return [_person(row.number, part, "") for part in parts]
    return [_person(row.number, cell, columns.name(row.cells))]


def _person(number: int, cell: str, name: str) -> Person:
    written = _IN_BRACKETS.match(cell)
    if written is not None:
        cell, name = written["address"], name or _turned(written["name"].strip("\"' "))
    cell = cell.removeprefix("mailto:")
    shown = cell[:80]
    if not cell:
        return Person(number, "", _name(name), "there is no email address")
    if cell.startswith(("=", "+", "@")) and "(" in cell:
        return Person(number, shown, _name(name), "the address is a formula; paste its value instead")
    try:
        folded = fold(cell)
    except ValueError:
        return Person(number, shown, _name(name), NO_ADDRESS)
    if len(folded) > ADDRESS_CHARACTERS_MAX:
        return Person(number, shown, _name(name), NO_ADDRESS)
    return Person(number, folded, _name(name))


def _name(text: str) -> str:
    """What can be shown as a name; empty when it can't: the person types it when they sign up."""
    try:
        return clean_name(text)[:NAME_CHARACTERS_MAX].rstrip() if text else ""
    except ValueError:
        return ""


def _turned(name: str) -> str:
    """'Lovelace, Ada' as 'Ada Lovelace'."""
    last, comma, first = name.partition(",")
    return f"{first.strip()} {last.strip()}".strip() if comma and "," not in first else name


def _once(people: Iterable[Person]) -> Iterable[Person]:
    seen: dict[str, int] = {}
    for person in people:
        if person.problem or person.email not in seen:
            seen.setdefault(person.email, person.number)
            yield person
        elif seen[person.email] != person.number:
            yield Person(person.number, person.email, person.name, f"line {seen[person.email]} has the same address")


def _looks_like_address(cell: str) -> bool:
    at = cell.rfind("@")
    return 0 < at < len(cell) - 3 and "." in cell[at:]


def _plain(heading: str) -> str:
    return _NO_LETTERS.sub("", heading).casefold()


def _first_of(names: Sequence[str], wanted: frozenset[str]) -> int | None:
    return next((column for column, name in enumerate(names) if name in wanted), None)


def _at(cells: Sequence[str], column: int | None) -> str:
    return cells[column] if column is not None and column < len(cells) else ""
