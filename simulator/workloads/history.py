"""The history of launches and stops from `./apranova export-history`, and its replay.

One JSON object on each line, in any order:

    {"at": 1790597100.0, "workspace": "w-7f3a", "cohort": "B-3", "kind": "vscode", "action": "stop"}

| field | meaning |
|---|---|
| `at` | a moment with its zone in ISO 8601, or seconds since the epoch |
| `workspace` | a pseudonym of the workspace; `user` is read where it is missing |
| `kind` | contract.names.WorkspaceKind |
| `action` | `launch`, `stop` (by a person) or `ended` (by the manager); other lines are skipped |
| `size` | optional: contract.names.WorkspaceSize |
| `cohort` | optional: a text that stays the same for one cohort |

Unknown fields are ignored, so that the export may grow. A stay lasts from a launch to the next
stop, less the idle timeout where the manager ended it. Without a credible end it has the mean
length.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from contract.manager import COHORT_MEMBERS_MAX
from contract.names import WorkspaceKind, WorkspaceSize
from contract.operator_files import BadFile, read_lines
from simulator.operator_input import BadInput
from simulator.workloads.visit import Cohort, Visit

LAUNCH, STOP, ENDED = "launch", "stop", "ended"
LINES_MAX = 5_000_000
STAY_MAX_S = 43_200.0
LABEL_MAX = 200
_DAY_S = 86_400.0
_AT_MAX = 1e11
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_SHOWN_MAX = 60


class BadHistory(BadInput):
    """The text names file and line, and says what is expected."""


@dataclass(frozen=True)
class Entry:
    at: float
    workspace: str
    kind: WorkspaceKind
    action: str
    cohort: str = ""
    size: WorkspaceSize | None = None
    """None: not known."""


def read_history(file: Path) -> tuple[Entry, ...]:
    """The launches and stops of a file in the order of time. Raises BadHistory."""
    entries: list[Entry] = []
    try:
        for number, line in read_lines(file, lines_max=LINES_MAX):
            entry = _entry(line, f"{file}, line {number}")
            if entry is not None:
                entries.append(entry)
    except BadFile as problem:
        raise BadHistory(str(problem)) from None
    if not any(entry.action == LAUNCH for entry in entries):
        raise BadHistory(f"{file}: has no launch; an export of ./apranova export-history is expected")
    return tuple(sorted(entries, key=lambda entry: entry.at))


def write_history(entries: Iterable[Entry]) -> Iterator[str]:
    """The lines of a file, without ends of line."""
    for entry in entries:
        fields = {"at": entry.at, "workspace": entry.workspace, "kind": entry.kind.value, "action": entry.action}
        known = {"cohort": entry.cohort, "size": entry.size}
        yield json.dumps(fields | {name: value for name, value in known.items() if value})


def _entry(line: str, where: str) -> Entry | None:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):  # the second for a line of brackets
        raise BadHistory(f"{where}: is not a JSON object") from None
    if not isinstance(fields, dict):
        raise BadHistory(f"{where}: is not a JSON object")
    if fields.get("action") not in (LAUNCH, STOP, ENDED):
        return None
    at, workspace = _seconds(fields.get("at")), fields.get("workspace") or fields.get("user")
    if at is None:
        raise BadHistory(
            f"{where}: 'at' must be seconds since the epoch or a moment with its zone like 2026-09-28T08:20:00+00:00, "
            f"not {_shown(fields.get('at'))}"
        )
    if not workspace:
        raise BadHistory(f"{where}: 'workspace' (or 'user') is missing")
    if not isinstance(workspace, str):
        raise BadHistory(f"{where}: 'workspace' (or 'user') must be a text in quotes, not {_shown(workspace)}")
    try:
        kind = WorkspaceKind(fields.get("kind", ""))
    except ValueError:
        raise BadHistory(
            f"{where}: 'kind' must be one of {', '.join(WorkspaceKind)}, not {_shown(fields.get('kind'))}"
        ) from None
    cohort = fields.get("cohort")
    if not isinstance(cohort, str | None):
        raise BadHistory(f"{where}: 'cohort' must be a text in quotes, not {_shown(cohort)}")
    size = fields.get("size")
    if size is not None and size not in list(WorkspaceSize):
        raise BadHistory(f"{where}: 'size' must be one of {', '.join(WorkspaceSize)}, not {_shown(size)}")
    return Entry(at, workspace, kind, fields["action"], cohort or "", WorkspaceSize(size) if size else None)


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN_MAX else f"{text[:_SHOWN_MAX]}…"


def _seconds(at: object) -> float | None:
    """None: not a moment."""
    if isinstance(at, str):
        try:
            moment = dt.datetime.fromisoformat(at)
        except ValueError:
            return None
        if moment.tzinfo is None:
            return None
        at = (moment - _EPOCH).total_seconds()
    if not isinstance(at, int | float) or isinstance(at, bool):
        return None
    return float(at) if 0 <= at < _AT_MAX else None  # not for NaN either


class Replay:
    """A `Workload`: the same clicks at the same moments as in a history."""

    def __init__(self, entries: Iterable[Entry], *, idle_timeout_s: float, stay_s: float) -> None:
        """`stay_s`: the assumed length of a stay without a known end."""
        by_workspace: dict[str, list[Entry]] = {}
        for entry in entries:
            by_workspace.setdefault(entry.workspace, []).append(entry)
        launched = {name: own for name, own in by_workspace.items() if any(one.action == LAUNCH for one in own)}
        # Cohorts hold consecutive students; a workspace has the cohort and kind of its last line.
        order = sorted(launched, key=lambda name: (launched[name][-1].cohort, launched[name][-1].kind, name))
        self._visits = [_visits(launched[name], idle_timeout_s=idle_timeout_s, stay_s=stay_s) for name in order]
        self.students = len(order)
        self.cohorts = tuple(_cohorts([(launched[name][-1].cohort, launched[name][-1].kind) for name in order]))
        first = min(visits[0].begins for visits in self._visits)
        last = max(visits[-1].ends for visits in self._visits)
        self.starts_at = first // _DAY_S * _DAY_S
        self.ends_at = self.starts_at + _DAY_S * math.ceil((last + 1.0 - self.starts_at) / _DAY_S)

    def visits(self, student: int) -> Iterator[Visit]:
        return iter(self._visits[student])


def _cohorts(members: list[tuple[str, WorkspaceKind]]) -> Iterator[Cohort]:
    """A history has no timetable: the planner knows only the members of these cohorts."""
    first = count = 0
    for number in range(1, len(members) + 1):
        full = number - first == COHORT_MEMBERS_MAX
        if number == len(members) or members[number] != members[first] or full:
            label, kind = members[first]
            count += 1
            yield Cohort(f"cohort-{count}", label[:LABEL_MAX] or "no cohort", kind, range(first, number), ())
            first = number


def _visits(entries: list[Entry], *, idle_timeout_s: float, stay_s: float) -> list[Visit]:
    visits: list[Visit] = []
    begins: float | None = None
    reopened_at = 0.0
    for entry in entries:
        if entry.action == LAUNCH:
            if begins is not None and entry.at - begins < STAY_MAX_S:
                reopened_at = entry.at  # launched while it ran
                continue
            if begins is not None:
                visits.append(_visit(visits, begins, begins + stay_s, reopened_at, stops=False))
            begins, reopened_at = entry.at, 0.0
        elif begins is not None:
            ended = entry.at - idle_timeout_s if entry.action == ENDED else entry.at
            known = ended - begins <= STAY_MAX_S
            ends = max(ended, begins + 60.0, reopened_at + 60.0) if known else begins + stay_s
            visits.append(
                _visit(
                    visits,
                    begins,
                    min(ends, max(entry.at, begins + 1.0)),
                    reopened_at,
                    stops=entry.action == STOP and known,
                )
            )
            begins, reopened_at = None, 0.0
    if begins is not None:
        visits.append(_visit(visits, begins, max(begins + stay_s, reopened_at + 60.0), reopened_at, stops=False))
    return visits


def _visit(before: list[Visit], begins: float, ends: float, reopened_at: float, *, stops: bool) -> Visit:
    """A stay never overlaps the one before it, whose assumed end is cut."""
    if before and before[-1].ends > begins:
        before[-1] = before[-1]._replace(ends=begins)
    return Visit(begins, max(ends, begins + 1.0), opens_again_at=reopened_at, stops=stops)
