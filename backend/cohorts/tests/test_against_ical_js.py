"""2,000 generated calendars, read by us and by ical.js, an independent reader.

Each calendar is written twice: as people's programs write it, for us, and as the table of rules
(docs/calendar-rules.md) says that it is meant, for ical.js. So each difference between the two
texts is a decision of ours, which `_meant` names; beyond these both must find the same classes.
"""

from __future__ import annotations

import dataclasses
import json
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from backend.cohorts.timetable import DAYS_AHEAD, read_timetable
from calendars.lines import Property
from calendars.rules import WEEKDAYS, Rule, expand, keeps, read_rule
from calendars.zones import DatabaseZone, Zones
from single_machine.portal_build import install_packages, node_binary

CALENDARS = 2000
READER = Path(__file__).with_name("ical_js_reader.mjs")
PORTAL = Path(__file__).resolve().parents[3] / "portal"
HERE = "Europe/Berlin"
MINUTE = timedelta(minutes=1)
MOVED_MINUTES = 45
EUROPE = ("-1SU;BYMONTH=3", "020000", "-1SU;BYMONTH=10", "030000", "+0100", "+0200")
AMERICA = ("2SU;BYMONTH=3", "020000", "1SU;BYMONTH=11", "020000", "-0500", "-0400")
ZONES = {
    "Europe/Berlin": ("Europe/Berlin", EUROPE),
    "America/New_York": ("America/New_York", AMERICA),
    "Campus Time": ("Europe/Berlin", EUROPE),
    "(UTC-05:00) Eastern\\, US": ("America/New_York", AMERICA),
}
"""Names in the file, the database's zone that the definition agrees with, and the definition."""


@dataclass(frozen=True)
class Series:
    uid: str
    zone: str | None
    """None: no zone; UTC: times with a Z."""
    start: datetime
    minutes: int
    ends_by: str
    """DTEND or DURATION."""
    rule: str | None
    until: datetime | None
    until_form: str
    exceptions: tuple[tuple[datetime, str], ...]
    more: tuple[datetime, ...]
    moved: tuple[tuple[datetime, str, datetime], ...]
    """Start, form of its name, new start."""


def _definition(name: str) -> list[str]:
    _, (to_summer, summer_at, to_winter, winter_at, winter, summer) = ZONES[name]
    return [
        "BEGIN:VTIMEZONE", f"TZID:{name}",
        "BEGIN:DAYLIGHT", f"DTSTART:20070101T{summer_at}", f"TZOFFSETFROM:{winter}", f"TZOFFSETTO:{summer}",
        f"RRULE:FREQ=YEARLY;BYDAY={to_summer}", "END:DAYLIGHT",
        "BEGIN:STANDARD", f"DTSTART:20070101T{winter_at}", f"TZOFFSETFROM:{summer}", f"TZOFFSETTO:{winter}",
        f"RRULE:FREQ=YEARLY;BYDAY={to_winter}", "END:STANDARD",
        "END:VTIMEZONE",
    ]  # fmt: skip


# --- generated calendars ----------------------------------------------------------------------

DAYS = st.integers(0, 3 * 365).map(lambda n: datetime(2024, 1, 1) + timedelta(days=n))  # noqa: DTZ001
CLOCK = st.sampled_from([(0, 30), (2, 30), (3, 0), (8, 0), (9, 15), (13, 45), (18, 30), (23, 0)])


def _joined(values: st.SearchStrategy, most: int) -> st.SearchStrategy[str]:
    return st.lists(values, min_size=1, max_size=most, unique=True).map(lambda them: ",".join(map(str, them)))


@st.composite
def rules(draw):
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = [f"FREQ={frequency}"]
    if draw(st.booleans()):
        parts.append(f"INTERVAL={draw(st.integers(1, 4))}")
    if frequency == "WEEKLY" and draw(st.booleans()):
        parts.append(f"BYDAY={draw(_joined(st.sampled_from(WEEKDAYS), 4))}")
        if draw(st.booleans()):
            parts.append(f"WKST={draw(st.sampled_from(WEEKDAYS))}")
    if frequency == "MONTHLY":
        match draw(st.integers(0, 3)):
            case 1:
                parts.append(f"BYMONTHDAY={draw(_joined(st.sampled_from([1, 2, 13, 28, 30, 31, -1, -2]), 3))}")
            case 2:
                which = st.tuples(st.sampled_from([1, 2, 3, 4, -1, -2]), st.sampled_from(WEEKDAYS))
                parts.append(f"BYDAY={draw(_joined(which.map(lambda it: f'{it[0]}{it[1]}'), 2))}")
            case 3:
                parts.append("BYDAY=MO,TU,WE,TH,FR")
                parts.append(f"BYSETPOS={draw(st.sampled_from([1, 2, -1, -2]))}")
    if frequency == "YEARLY" and draw(st.booleans()):
        parts.append(f"BYMONTH={draw(_joined(st.integers(1, 12), 3))}")
        if draw(st.booleans()):
            parts.append(f"BYDAY={draw(st.sampled_from([1, 2, -1]))}{draw(st.sampled_from(WEEKDAYS))}")
    if frequency == "DAILY" and draw(st.booleans()):
        parts.append(f"BYMONTH={draw(_joined(st.integers(1, 12), 4))}")
    return ";".join(parts)


@st.composite
def series(draw, uid):
    start = draw(DAYS).replace(hour=(clock := draw(CLOCK))[0], minute=clock[1])
    rule = draw(st.none() | rules())
    ending = draw(st.sampled_from(["none", "count", "until"])) if rule else "none"
    if ending == "count":
        rule = f"{rule};COUNT={draw(st.integers(1, 60))}"
    near = st.integers(0, 400).map(lambda n: start + timedelta(days=n))
    return Series(
        uid=uid,
        zone=draw(st.sampled_from([*ZONES, "UTC", None])),
        start=start,
        minutes=draw(st.sampled_from([30, 90, 180, 300])),
        ends_by=draw(st.sampled_from(["DTEND", "DURATION"])),
        rule=rule,
        until=draw(near) if ending == "until" else None,
        until_form=draw(st.sampled_from(["utc", "date", "local"])),
        exceptions=tuple(draw(st.lists(st.tuples(near, FORMS), max_size=3))) if rule else (),
        more=tuple(draw(st.lists(near, max_size=2, unique=True))) if rule else (),
        moved=(),
    )


FORMS = st.sampled_from(["local", "utc", "date", "bare"])


@st.composite
def calendars(draw):
    them = [draw(series(f"u{n}")) for n in range(draw(st.integers(1, 3)))]
    base = min(it.start for it in them)
    now = (base + timedelta(days=draw(st.integers(-10, 500)), hours=draw(st.integers(0, 23)))).replace(tzinfo=UTC)
    near = st.integers(-1, 14).map(lambda n: now.replace(tzinfo=None) + timedelta(days=n))
    filled = []
    for it in them:
        at = {"hour": it.start.hour, "minute": it.start.minute}
        some = st.lists(near.map(lambda day: day.replace(**at)), max_size=2, unique=True)  # noqa: B023  drawn at once
        exceptions = [(day, draw(FORMS)) for day in draw(some)] if it.rule else []
        it = dataclasses.replace(it, exceptions=(*it.exceptions, *exceptions))
        days = [day for day in draw(some) if _is_class(it, day) or draw(st.integers(0, 3)) == 0] if it.rule else []
        moved = [(day, draw(FORMS), day + timedelta(hours=draw(st.sampled_from([1, 26, -20])))) for day in days]
        filled.append(dataclasses.replace(it, moved=tuple(moved)))
    return filled, now


def _rule(it: Series) -> Rule:
    return read_rule(Property("RRULE", {}, it.rule or "", 0), Zones({}))


def _is_class(it: Series, day: datetime) -> bool:
    """Whether the series has a class then that no exception takes out."""
    excluded = any(day == at or (form == "date" and day.date() == at.date()) for at, form in it.exceptions)
    if day in it.more:
        return not excluded
    last = it.until if it.until is None or it.until_form != "date" else it.until.replace(hour=23, minute=59)
    if excluded or (last is not None and day > last):
        return False
    return day in expand(_rule(it), it.start, day, day)


# --- both texts -------------------------------------------------------------------------------


def _zone(it: Series) -> DatabaseZone:
    return DatabaseZone(ZoneInfo("UTC" if it.zone == "UTC" else ZONES[it.zone or HERE][0]))


def _time(it: Series, name: str, local: datetime, form: str = "local") -> str:
    text = f"{local:%Y%m%dT%H%M%S}"
    if form == "date":
        return f"{name};VALUE=DATE:{local:%Y%m%d}"
    if form == "utc" or it.zone == "UTC":
        return f"{name}:{_zone(it).to_utc(local):%Y%m%dT%H%M%S}Z"
    if form == "bare" or it.zone is None:
        return f"{name}:{text}"
    zone = it.zone.replace("\\", "")
    return f'{name};TZID="{zone}":{text}'


def _until(it: Series, form: str) -> str:
    if it.until is None:
        return ""
    if form == "date":
        return f";UNTIL={it.until:%Y%m%d}"
    if form == "local":
        return f";UNTIL={it.until:%Y%m%dT%H%M%S}"
    return f";UNTIL={_zone(it).to_utc(it.until):%Y%m%dT%H%M%S}Z"


def _event(it: Series, *, until: str, form_of=lambda form: form) -> list[str]:
    """`until`: as written; `form_of`: how a moment of this form is written in this text."""
    end = it.start + timedelta(minutes=it.minutes)
    length = f"DURATION:PT{it.minutes}M"
    lines = ["BEGIN:VEVENT", f"UID:{it.uid}", "DTSTAMP:20240101T000000Z", _time(it, "DTSTART", it.start)]
    lines.append(_time(it, "DTEND", end) if it.ends_by == "DTEND" else length)
    if it.rule:
        lines.append(f"RRULE:{it.rule}{until}")
    lines += [_time(it, "EXDATE", at, form_of(form)) for at, form in it.exceptions]
    lines += [_time(it, "RDATE", at) for at in it.more]
    lines.append("END:VEVENT")
    for at, form, to in it.moved:
        name = _time(it, "RECURRENCE-ID", at, form_of(form))
        moved = f"DURATION:PT{MOVED_MINUTES}M"
        lines += ["BEGIN:VEVENT", f"UID:{it.uid}", name, _time(it, "DTSTART", to), moved, "END:VEVENT"]
    return lines


def _calendar(events: list[list[str]]) -> str:
    zones = [line for name in ZONES for line in _definition(name)]
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//EN", *zones, *(line for it in events for line in it)]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def written(them: list[Series]) -> str:
    return _calendar([_event(it, until=_until(it, it.until_form)) for it in them])


def meant(them: list[Series]) -> str:
    return _calendar([_meant(it) for it in them])


def _meant(it: Series) -> list[str]:
    """The same by our rules, in the form about which no two readers differ."""
    until, last = _until(it, "local" if it.zone is None else "utc"), it.until or it.start
    if it.until is not None and it.until_form == "date":  # UNTIL is a date: through that whole day
        whole = dataclasses.replace(it, until=it.until.replace(hour=23, minute=59))
        until, last = _until(whole, "local" if it.zone is None else "utc"), whole.until or last
    # An EXDATE that names no class means nothing; ical.js stumbles over some of these.
    out = sorted({at for at, _ in it.exceptions})
    named = tuple(
        (at, "local") for at in out if at in it.more or (it.rule and at in expand(_rule(it), it.start, at, at))
    )
    apart: list[list[str]] = []
    for at, form, to in it.moved:
        if not _is_class(it, at):  # RECURRENCE-ID that names no class of the series: a class of its own
            apart.append([] if _is_excluded(it, at, form) else _apart(it, f"{at} {form}", to, MOVED_MINUTES))
    it = dataclasses.replace(it, moved=tuple(move for move in it.moved if _is_class(it, move[0])))
    # DTEND gives each class the exact length of the first; ical.js measures it on the wall.
    exact = _zone(it).to_utc(it.start + it.minutes * MINUTE) - _zone(it).to_utc(it.start)
    if it.ends_by == "DTEND":
        it = dataclasses.replace(it, ends_by="DURATION", minutes=exact // MINUTE)
    # ical.js does not take out what an RDATE adds.
    it = dataclasses.replace(it, exceptions=named, more=tuple(at for at in it.more if (at, "local") not in named))
    if it.rule and not keeps(_rule(it), it.start):
        # A start that does not keep its own rule is the first class, also for COUNT.
        singles = {at for at in (it.start, *it.more) if (at, "local") not in named}
        apart += [_apart(it, f"{at} {form}", to, MOVED_MINUTES) for at, form, to in it.moved if at in singles]
        singles -= {at for at, _, _ in it.moved}
        it = dataclasses.replace(it, moved=tuple(move for move in it.moved if move[0] not in (it.start, *it.more)))
        apart += [_apart(it, str(at), at, it.minutes) for at in singles]
        count = None if (rule := _rule(it)).count is None else rule.count - 1
        text = ";".join(part for part in it.rule.split(";") if not part.startswith("COUNT="))
        text = text if count is None else f"{text};COUNT={count}"
        later = expand(
            dataclasses.replace(rule, count=None), it.start, it.start + MINUTE, it.start + 4000 * 1440 * MINUTE
        )
        first = next(later, None)
        if first is None or count == 0 or (it.until is not None and first > last):
            return [line for own in apart for line in own]
        it = dataclasses.replace(it, start=first, rule=text, more=())
    return [*_event(it, until=until, form_of=lambda _: "local"), *(line for own in apart for line in own)]


def _apart(it: Series, name: str, start: datetime, minutes: int) -> list[str]:
    """One class of the series as an event of its own."""
    single = Series(f"{it.uid} {name}", it.zone, start, minutes, "DURATION", None, None, "", (), (), ())
    return _event(single, until="")


def _is_excluded(it: Series, at: datetime, form: str) -> bool:
    """An EXDATE takes out what the change names."""
    for other, its_form in it.exceptions:
        if at == other or (at.date() == other.date() and its_form == "date"):
            return True
        if form == "date" and other == at.replace(hour=0, minute=0):
            return True
    return False


# --- the comparison ---------------------------------------------------------------------------


class IcalJs:
    """ical.js in one process for all calendars."""

    def __init__(self) -> None:
        self._node = subprocess.Popen(
            [str(node_binary()), str(READER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def read(self, content: str, now: datetime) -> list[tuple[int, int]]:
        begin = int(now.timestamp())
        end = begin + int(DAYS_AHEAD.total_seconds())
        assert self._node.stdin is not None
        assert self._node.stdout is not None
        self._node.stdin.write(json.dumps({"content": content, "begin": begin, "end": end, "zone": HERE}) + "\n")
        self._node.stdin.flush()
        answer = json.loads(self._node.stdout.readline())
        assert "found" in answer, answer
        return sorted({(start, end) for start, end in answer["found"]})

    def close(self) -> None:
        assert self._node.stdin is not None
        self._node.stdin.close()
        self._node.wait(10)


@pytest.fixture(scope="module")
def ical_js(tmp_path_factory):
    if not (PORTAL / "node_modules" / "ical.js").exists():  # `./apranova test` has installed it
        install_packages(PORTAL, tmp_path_factory.mktemp("npm") / "log", development=True)
    reader = IcalJs()
    yield reader
    reader.close()


def _ours(content: str, now: datetime) -> list[tuple[int, int]]:
    reading = read_timetable(content, zone=ZoneInfo(HERE), now=now)
    return sorted({(int(it.starts_at.timestamp()), int(it.ends_at.timestamp())) for it in reading.classes})


HALF_PAST_MIDNIGHT = datetime.fromisoformat("2024-01-01T00:30")
MOVED_ON_ITS_LAST_DAY = Series(
    *("u0", "Europe/Berlin", HALF_PAST_MIDNIGHT, 90, "DTEND", "FREQ=DAILY", HALF_PAST_MIDNIGHT, "utc", (), ()),
    moved=((HALF_PAST_MIDNIGHT, "local", HALF_PAST_MIDNIGHT + 60 * MINUTE),),
)


@pytest.mark.timeout(900)  # 15 s of a processor, however busy the machine is
@settings(
    max_examples=CALENDARS, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(made=calendars())
@example(made=([MOVED_ON_ITS_LAST_DAY], HALF_PAST_MIDNIGHT.replace(tzinfo=UTC)))
def test_two_thousand_calendars_are_read_as_ical_js_reads_them(made, ical_js):
    them, now = made
    ours, theirs = _ours(written(them), now), ical_js.read(meant(them), now)
    assert _away_from_changes(ours) == _away_from_changes(theirs), f"{them} at {now}\n{written(them)}\n{meant(them)}"


def _away_from_changes(classes: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Without those at night while clocks change. There ical.js counts on the wall, and takes the
    second of two equal hours; we take the first, and each class of a series has the same length
    (RFC 5545, 3.3.5 and 3.8.5.3). test_calendar_cases.py has these."""
    return [it for it in classes if not any(_changes(zone, *it) for zone, _ in ZONES.values())]


def _changes(zone: str, start: int, end: int) -> bool:
    at = [datetime.fromtimestamp(it, ZoneInfo(zone)).utcoffset() for it in (start - 3 * 3600, end + 3 * 3600)]
    return at[0] != at[1]
