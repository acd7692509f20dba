"""Brings starters, released assignments and returned files into homes: into those that run at
once, into the others when their student comes, before the editor opens.

Each workspace has a row for each of them (Delivery). A row that is behind is tried again until the
home has the newest version. The home itself refuses to take a version twice, so nothing here needs
to happen exactly once.
"""

from __future__ import annotations

import logging
import math
import time
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from backend.assignments.delivery_sources import SOURCES, Row, Source, workspace_id
from backend.platform.background import BackgroundWorker
from backend.platform.database_connection import release_connection
from backend.workspaces.manager_client import HAND_OUT_IDS_MAX, manager_client
from backend.workspaces.models import Workspace
from contract.errors import ApraNovaError
from contract.hand_out import BESIDE_MAX, HandOutAnswer, HandOutState
from contract.hand_out_files import FILES_MAX, printable
from contract.names import WorkspaceKind, WorkspaceState

LOOK_EVERY_S = 10.0
"""For what was released meanwhile and for students who came later: it reads the whole school."""
TRY_EVERY_S = 3.0
HELD_FOR = timedelta(seconds=30)
"""Also how often a workspace that sleeps is looked at. When its student opens it, nobody waits."""
RETRY_WORKING = timedelta(seconds=2)
RETRY_FAILED = timedelta(minutes=10)
ROWS_AT_ONCE_MAX = 500
PASSES_MAX = 20
BEFORE_OPENING_MAX_S = 6.0
"""A student waits no longer for it: what takes longer arrives while they work."""
PAUSE_S = 0.3

logger = logging.getLogger(__name__)


def hand_out_due() -> None:
    """One pass over what homes should have and do not."""
    for source in SOURCES:
        source.add_missing()
    try_due()


def try_due() -> None:
    """The same for what is known to be missing, so that a home that works on it is soon asked."""
    try:
        for source in SOURCES:
            _try_due(source)
    except ApraNovaError as error:
        logger.warning("assignments could not be handed out: %s", error)


def _try_due(source: Source) -> None:
    for _ in range(PASSES_MAX):
        rows = _take_due(source)
        if not rows:
            return
        _give(source, _of_running(rows))


worker = BackgroundWorker("assignments", hand_out_due, interval_s=LOOK_EVERY_S)
trying = BackgroundWorker("assignments, again", try_due, interval_s=TRY_EVERY_S)


def hand_out_before_opening(workspace: Workspace) -> None:
    """The student opens their workspace, which runs. Never raises for what goes wrong, and takes a
    limited time: an assignment is no reason to keep somebody out."""
    if workspace.kind != WorkspaceKind.VSCODE:
        return
    deadline = time.monotonic() + BEFORE_OPENING_MAX_S
    try:
        for source in SOURCES:
            source.add_missing(workspace)
            _give_all(source, workspace, deadline)
    except ApraNovaError as error:
        logger.warning("%s opens without its assignments: %s", workspace.pk, error)
    except Exception:
        logger.exception("%s opens without its assignments", workspace.pk)


def _give_all(source: Source, workspace: Workspace, deadline: float) -> None:
    while rows := source.behind(workspace)[:HAND_OUT_IDS_MAX]:
        states = _give(source, list(rows), deadline)
        if states <= {HandOutState.FAILED} or time.monotonic() > deadline:
            return
        if HandOutState.WORKING in states:
            time.sleep(PAUSE_S)


def _take_due(source: Source) -> list[Row]:
    now = timezone.now()
    known = source.rows().filter(next_try_at__lte=now, version__lt=source.newest)
    if not known.exists():  # often; and whoever is still in the cohort costs a join of eight tables
        return []
    with transaction.atomic():
        due = source.behind().filter(next_try_at__lte=now).select_for_update(skip_locked=True, of=("self",))
        rows = list(due[:ROWS_AT_ONCE_MAX])
        source.rows().filter(pk__in=[row.pk for row in rows]).update(next_try_at=now + HELD_FOR)
    return rows


def _of_running(rows: list[Row]) -> list[Row]:
    ids = sorted({workspace_id(row) for row in rows})
    release_connection()
    views = manager_client().describe(ids).workspaces
    running = {view.workspace_id for view in views if view.state is WorkspaceState.RUNNING}
    return [row for row in rows if workspace_id(row) in running]


def _give(source: Source, rows: list[Row], deadline: float = math.inf) -> set[HandOutState]:
    """Ask the manager, a request at a time, and none after the deadline (of time.monotonic());
    returns what the homes answered."""
    states: set[HandOutState] = set()
    for request, wanted in source.requests(rows):
        for start in range(0, len(wanted), HAND_OUT_IDS_MAX):
            batch = {workspace_id(row): row for row in wanted[start : start + HAND_OUT_IDS_MAX]}
            release_connection()
            answers = manager_client().hand_out(tuple(batch), request)
            for id_, answer in answers.items():
                _note(source, batch[id_], request.version, answer)
                states.add(answer.state)
            if time.monotonic() > deadline:
                return states
    return states


def _note(source: Source, row: Row, version: int, answer: HandOutAnswer) -> None:
    """The student can write in the home what it answers: whatever it says, it must fit the row, or
    nobody else in the pass would get anything."""
    now = timezone.now()
    rows = source.rows().filter(pk=row.pk, version__lt=version)
    match answer.state:
        case HandOutState.DONE:
            found = answer.beside[:BESIDE_MAX]
            beside = [[printable(it.path), printable(it.new_path), it.changed_by_student] for it in found]
            rows.update(
                version=version,
                handed_out_at=now,
                beside=beside,
                beside_count=min(max(answer.beside_count, len(beside)), FILES_MAX),
                failure="",
                next_try_at=now,
            )
        case HandOutState.SKIPPED:
            rows.update(version=version, failure="", next_try_at=now)
        case HandOutState.WORKING:
            rows.update(next_try_at=now + RETRY_WORKING)
        case HandOutState.FAILED:
            failure = printable(answer.failure[:500]) or "The files could not be written."
            rows.update(failure=failure, next_try_at=now + RETRY_FAILED)
