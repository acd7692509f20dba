"""Logical lines of a calendar file with their numbers, and their properties (RFC 5545, 3.1)."""

from __future__ import annotations

import quopri
import re
from dataclasses import dataclass

_LINE_END = re.compile(r"\r\n|\n|\r")
"""A lone CR ends a line, too: old Macs and some exports write only that."""
_NAME = re.compile(r"\s*([A-Za-z0-9-]+)\s*(?=[;:])")
_PARAMETER = re.compile(r';\s*([A-Za-z0-9-]+)\s*=\s*("[^"]*"|[^;:"]*)(?:,("[^"]*"|[^;:"]*))*')
_ESCAPED = re.compile(r"\\([\\;,nN:\"])")
_CARET = {"^n": "\n", "^'": '"', "^^": "^"}


@dataclass(frozen=True)
class Property:
    name: str
    """In upper case."""
    parameters: dict[str, str]
    """Names in upper case; of several values the first; without quotes."""
    value: str
    line: int


def unfold(content: str) -> list[tuple[int, str]]:
    """Logical lines with the number of their first physical line. A blank continues a line."""
    lines: list[tuple[int, list[str]]] = []
    for number, text in enumerate(_LINE_END.split(content.removeprefix("\ufeff")), start=1):
        if text[:1] in (" ", "\t") and lines:
            lines[-1][1].append(text[1:])
        elif text.strip():
            lines.append((number, [text]))
    return [(number, "".join(parts)) for number, parts in lines]


def read_property(number: int, text: str) -> Property | None:
    """None: the line is not `NAME:value` or `NAME;PARAMETER=…:value`."""
    head = _NAME.match(text)
    if head is None:
        return None
    at, parameters = head.end(), {}
    while found := _PARAMETER.match(text, at):
        parameters.setdefault(found[1].upper(), _CARET_SIGN.sub(_uncaret, found[2].strip().strip('"')))
        at = found.end()
    rest = text[at:].lstrip()
    if not rest.startswith(":"):
        return None
    return Property(head[1].upper(), parameters, rest[1:].strip(), number)


_CARET_SIGN = re.compile(r"\^[n'^]")


def _uncaret(found: re.Match[str]) -> str:
    return _CARET[found[0]]


def read_time_property(number: int, text: str) -> Property | None:
    """The same where the value is a time, which has no colon: exporters forget to quote a zone's
    name that has some, as `TZID=(UTC+01:00) Berlin:20261130T090000`."""
    head = _NAME.match(text)
    if head is None:
        return None
    before, _, value = text[head.end() :].rpartition(":")
    parameters: dict[str, str] = {}
    for part in re.split(r";(?=\s*[A-Za-z0-9-]+\s*=)", before):
        name, equals, content = part.partition("=")
        if equals:
            unquoted = content.strip().strip('"')
            parameters.setdefault(name.strip().upper(), _CARET_SIGN.sub(_uncaret, unquoted))
    return Property(head[1].upper(), parameters, value.strip(), number)


def unescape(value: str) -> str:
    """TEXT as it is meant (RFC 5545, 3.3.11)."""
    return _ESCAPED.sub(lambda it: "\n" if it[1] in "nN" else it[1], value)


def words(prop: Property) -> str:
    """A property's text on one line, without what a screen would trip over."""
    value = prop.value
    if prop.parameters.get("ENCODING", "").upper() == "QUOTED-PRINTABLE":
        raw = quopri.decodestring(value.encode("latin-1", "replace"))
        try:
            value = raw.decode()
        except UnicodeDecodeError:
            value = raw.decode("cp1252", "replace")
    on_one_line = " ".join(unescape(value).split())
    return "".join(character for character in on_one_line if character.isprintable())
