"""Time zones by name, and local times in them."""

from __future__ import annotations

import functools
import re
import zoneinfo
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Protocol


class Zone(Protocol):
    """Local times are naive. One that the clocks leave out is read with the offset from before the
    change; of one that comes twice the first is meant (RFC 5545, 3.3.5)."""

    def to_utc(self, local: datetime) -> datetime: ...

    def to_local(self, moment: datetime) -> datetime: ...


class DatabaseZone:
    """A zone of the IANA database."""

    def __init__(self, zone: zoneinfo.ZoneInfo) -> None:
        self._zone = zone

    def to_utc(self, local: datetime) -> datetime:
        return local.replace(tzinfo=self._zone, fold=0).astimezone(UTC)

    def to_local(self, moment: datetime) -> datetime:
        return moment.astimezone(self._zone).replace(tzinfo=None, fold=0)


UTC_ZONE: Zone = DatabaseZone(zoneinfo.ZoneInfo("UTC"))
_UTC_NAMES = frozenset(
    {
        "UTC",
        "GMT",
        "Z",
        "ZULU",
        "COORDINATED UNIVERSAL TIME",
        "TZONE://MICROSOFT/UTC",
        "(UTC) COORDINATED UNIVERSAL TIME",
    }
)


class Zones:
    """The zones that a file may name: those that it defines itself, and those that everybody knows.

    A definition counts before the database unless the name is one of the database's with a slash
    (Europe/Berlin): for those, exporters write abridged definitions, and the database is right.
    """

    def __init__(self, defined: Mapping[str, Callable[[], Zone | None]]) -> None:
        self._defined = {_plain(name): make for name, make in defined.items()}
        self._found: dict[str, Zone | None] = {}

    def find(self, name: str) -> Zone | None:
        key = _plain(name)
        if key not in self._found:
            self._found[key] = self._look_up(key)
        return self._found[key]

    def _look_up(self, name: str) -> Zone | None:
        if "/" in name and (zone := _in_database(name)) is not None:
            return zone
        if name in self._defined and (zone := self._defined[name]()) is not None:
            return zone
        return _known_everywhere(name)


def _known_everywhere(name: str) -> Zone | None:
    if name.upper() in _UTC_NAMES:
        return UTC_ZONE
    if (zone := _in_database(name)) is not None:
        return zone
    if (known := _windows_names().get(name.upper())) is not None:
        return _in_database(known)
    # A vendor's prefix: /mozilla.org/20070129_1/Europe/Berlin
    parts = name.strip("/").split("/")
    for count in (3, 2):
        if len(parts) > count and (zone := _in_database("/".join(parts[-count:]))) is not None:
            return zone
    return None


def _plain(name: str) -> str:
    """A name may be escaped in its definition and quoted where it is used; both mean the same."""
    return " ".join(re.sub(r"\\([\\;,:\"])", r"\1", name).strip('"').split())


@functools.cache
def _database_names() -> dict[str, str]:
    return {name.upper(): name for name in zoneinfo.available_timezones()}


@functools.cache
def _in_database(name: str) -> Zone | None:
    known = _database_names().get(name.replace(" ", "_").upper())
    return None if known is None else DatabaseZone(zoneinfo.ZoneInfo(known))


@functools.cache
def _windows_names() -> dict[str, str]:
    from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON  # only a file with such a name pays for it

    return {name.upper(): known for name, known in WINDOWS_TO_OLSON.items()}
