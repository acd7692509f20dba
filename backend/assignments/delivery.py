"""Brings released assignments into homes: into those that run at once, into the others when their
student comes, before the editor opens.

Each workspace has a row for each assignment (HandOut). A row that is behind is tried again until
the home has the newest version. The home itself refuses to take a version twice, so nothing here
needs to happen exactly once.
"""

from __future__ import annotations

import base64
import logging
import time
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone

from backend.assignments.models import Assignment, HandOut
from backend.platform.background import BackgroundWorker
from backend.platform.database_connection import release_connection
from backend.workspaces.manager_client import HAND_OUT_IDS_MAX, manager_client
from backend.workspaces.models import Workspace
from contract.errors import ApraNovaError
from contract.hand_out import BESIDE_MAX, HandOutAnswer, HandOutRequest, HandOutState
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
    _add_missing()
    try_due()


def try_due() -> None:
    """The same for what is known to be missing, so that a home that works on it is soon asked."""
    for _ in range(PASSES_MAX):
        rows = _take_due()
        if not rows:
            return
        try:
            _give(_of_running(rows))
        except ApraNovaError as error:
            logger.warning("assignments could not be handed out: %s", error)
            return


worker = BackgroundWorker("assignments", hand_out_due, interval_s=LOOK_EVERY_S)
trying = BackgroundWorker("assignments, again", try_due, interval_s=TRY_EVERY_S)


def hand_out_before_opening(workspace: Workspace) -> None:
    """The student opens their workspace, which runs. Never raises for what goes wrong, and takes a
    limited time: an assignment is no reason to keep somebody out."""
    if workspace.kind != WorkspaceKind.VSCODE:
        return
    deadline = time.monotonic() + BEFORE_OPENING_MAX_S
    try:
        _add_missing(workspace)
        while rows := list(_behind().filter(workspace=workspace)[:HAND_OUT_IDS_MAX]):
            states = _give(rows)
            if states <= {HandOutState.FAILED} or time.monotonic() > deadline:
                return
            if HandOutState.WORKING in states:
                time.sleep(PAUSE_S)
    except ApraNovaError as error:
        logger.warning("%s opens without its assignments: %s", workspace.pk, error)
    except Exception:
        logger.exception("%s opens without its assignments", workspace.pk)


def _add_missing(workspace: Workspace | None = None) -> None:
    """Rows for what was released, and for students who came later."""
    home = "cohort__memberships__student__workspaces"
    known = HandOut.objects.filter(assignment=OuterRef("pk"), workspace=OuterRef(f"{home}__pk"))
    # One call of `filter`: a second one would join the workspaces once more, and match other ones.
    missing = Assignment.objects.filter(
        ~Exists(known),
        **{f"{home}__pk": workspace.pk} if workspace is not None else {},
        releases_at__lte=timezone.now(),
        cohort__active=True,
        cohort__memberships__student__is_active=True,
        cohort__memberships__student__workspaces__kind=WorkspaceKind.VSCODE,
        cohort__memberships__student__workspaces__deleted_at__isnull=True,
    )
    pairs = missing.values_list("pk", f"{home}__pk")
    HandOut.objects.bulk_create(
        (HandOut(assignment_id=one, workspace_id=other, next_try_at=timezone.now()) for one, other in pairs),
        ignore_conflicts=True,
        batch_size=1000,
    )


def _behind() -> QuerySet[HandOut]:
    """Rows of students who are in the cohort, whose home lacks the newest version."""
    return (
        HandOut.objects.filter(version__lt=F("assignment__version"))
        .filter(workspace__deleted_at__isnull=True, assignment__cohort__active=True)
        .filter(workspace__owner__is_active=True, workspace__owner__membership__cohort=F("assignment__cohort"))
        .order_by("assignment__releases_at", "pk")
    )


def _take_due() -> list[HandOut]:
    now = timezone.now()
    with transaction.atomic():
        due = _behind().filter(next_try_at__lte=now).select_for_update(skip_locked=True, of=("self",))
        rows = list(due[:ROWS_AT_ONCE_MAX])
        HandOut.objects.filter(pk__in=[row.pk for row in rows]).update(next_try_at=now + HELD_FOR)
    return rows


def _of_running(rows: list[HandOut]) -> list[HandOut]:
    ids = sorted({_workspace_id(row) for row in rows})
    release_connection()
    views = manager_client().describe(ids).workspaces
    running = {view.workspace_id for view in views if view.state is WorkspaceState.RUNNING}
    return [row for row in rows if _workspace_id(row) in running]


def _give(rows: Iterable[HandOut]) -> set[HandOutState]:
    """Ask the manager, an assignment at a time; returns what the homes answered."""
    by_assignment: dict[object, list[HandOut]] = defaultdict(list)
    for row in rows:
        by_assignment[row.assignment_id].append(row)  # pyright: ignore[reportAttributeAccessIssue]
    states: set[HandOutState] = set()
    for assignment_id, wanted in by_assignment.items():
        assignment = Assignment.objects.select_related("bundle").filter(pk=assignment_id).first()
        if assignment is None:
            continue
        request = _request(assignment)
        for start in range(0, len(wanted), HAND_OUT_IDS_MAX):
            batch = {_workspace_id(row): row for row in wanted[start : start + HAND_OUT_IDS_MAX]}
            release_connection()
            answers = manager_client().hand_out(tuple(batch), request)
            for workspace_id, answer in answers.items():
                _note(batch[workspace_id], request.version, answer)
                states.add(answer.state)
    return states


def _request(assignment: Assignment) -> HandOutRequest:
    files = base64.b64encode(bytes(assignment.bundle.content)).decode()
    return HandOutRequest(str(assignment.pk), assignment.version, assignment.folder, files)


def _note(row: HandOut, version: int, answer: HandOutAnswer) -> None:
    """The student can write in the home what it answers: whatever it says, it must fit the row, or
    nobody else in the pass would get anything."""
    now = timezone.now()
    rows = HandOut.objects.filter(pk=row.pk, version__lt=version)
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
        case HandOutState.WORKING:
            rows.update(next_try_at=now + RETRY_WORKING)
        case HandOutState.FAILED:
            failure = printable(answer.failure[:500]) or "The files could not be written."
            rows.update(failure=failure, next_try_at=now + RETRY_FAILED)


def _workspace_id(row: HandOut) -> str:
    return row.workspace_id  # type: ignore[attr-defined,no-any-return]  # pyright: ignore[reportAttributeAccessIssue]
