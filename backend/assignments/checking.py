"""Runs checks: on each newest copy, and when a student asks for it.

Runs are rows, so a class that is collected waits here and not in a sandbox. Two workers take one
run at a time: one prefers students who wait, the other one copies, so that neither can keep the
other waiting. How many really run is the engine's to limit.
"""

from __future__ import annotations

import base64
import logging
import re
import time
import unicodedata
from datetime import timedelta
from functools import partial

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from backend.assignments.collecting import NO_WORKSPACE, NOT_NOW, checked, said
from backend.assignments.models import Check, CheckRun, Copy
from backend.platform.background import BackgroundWorker
from backend.platform.database_connection import release_connection
from backend.workspaces.manager_client import manager_client
from backend.workspaces.models import Workspace
from contract.checks import TIME_LIMIT_MAX_S, CheckAnswer, CheckRequest, CheckState
from contract.collect import CollectRequest, CollectState
from contract.errors import ApraNovaError, Reason
from contract.hand_out_files import BadFiles
from contract.names import WorkspaceKind

LOOK_EVERY_S = 5.0
HELD_FOR = timedelta(seconds=90)
"""Longer than the manager is asked once. Whoever waits for a run holds it again and again."""
WAITS_MAX_S = 2 * TIME_LIMIT_MAX_S + 60
"""Then other runs have their turn, and this one is asked for later."""
RETRY_BUSY = timedelta(seconds=1)
RETRY_UNREACHABLE = timedelta(seconds=30)
ROWS_AT_ONCE_MAX = 500
OWN_OUTPUT_MAX = 16_000
"""Letters of a student's own run: the dashboard loads the output of all their runs at once."""
PASSES_MAX = 1_000
_COLORS = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")

logger = logging.getLogger(__name__)


class _Later(Exception):
    def __init__(self, pause: timedelta) -> None:
        self.pause = pause


def check_due(*, students_first: bool = True) -> None:
    """One pass over the runs that are wanted."""
    _add_missing()
    for _ in range(PASSES_MAX):
        run = _take_due(students_first=students_first)
        if run is None:
            return
        _carry_out(run)


workers = (
    BackgroundWorker("checks, students", check_due, interval_s=LOOK_EVERY_S),
    BackgroundWorker("checks, copies", partial(check_due, students_first=False), interval_s=LOOK_EVERY_S),
)


def wake() -> None:
    for worker in workers:
        worker.wake()


def newest_copies() -> QuerySet[Copy]:
    later = Copy.objects.filter(submission=OuterRef("submission"), number__gt=OuterRef("number"))
    return Copy.objects.filter(~Exists(later), submission__assignment__check_of_work__isnull=False)


def _add_missing() -> None:
    """Runs for newest copies that this version of their check has not seen."""
    check = "submission__assignment__check_of_work"
    known = CheckRun.objects.filter(copy=OuterRef("pk"), version=OuterRef(f"{check}__version"))
    missing = newest_copies().filter(~Exists(known), submission__assignment__cohort__active=True)
    found = list(missing.values_list("pk", "submission_id", f"{check}__pk", f"{check}__version")[:ROWS_AT_ONCE_MAX])
    now = timezone.now()
    with transaction.atomic():
        older = CheckRun.objects.filter(copy__in=[copy for copy, *_ in found])
        older.filter(version__lt=F("check_of_work__version")).delete()
        runs = (
            CheckRun(
                check_of_work_id=check_id,
                version=version,
                submission_id=submission,
                copy_id=copy,
                asked_at=now,
                next_try_at=now,
            )
            for copy, submission, check_id, version in found
        )
        CheckRun.objects.bulk_create(runs, ignore_conflicts=True)


def _take_due(*, students_first: bool) -> CheckRun | None:
    now = timezone.now()
    with transaction.atomic():
        due = CheckRun.objects.filter(finished_at__isnull=True, next_try_at__lte=now)
        first = due.annotate(is_own=Q(copy__isnull=True)).order_by(
            "-is_own" if students_first else "is_own", "next_try_at", "pk"
        )
        run = first.select_for_update(skip_locked=True, of=("self",)).first()
        if run is not None:
            CheckRun.objects.filter(pk=run.pk).update(next_try_at=now + HELD_FOR)
    return run


def _carry_out(run: CheckRun) -> None:
    check = Check.objects.select_related("assignment", "bundle").filter(runs=run).first()
    if check is None:
        return  # deleted meanwhile
    runs = CheckRun.objects.filter(pk=run.pk, asked_at=run.asked_at, finished_at__isnull=True)
    try:
        answer = _answer(run, check, runs)
    except _Later as later:
        runs.update(next_try_at=timezone.now() + later.pause)
    except ApraNovaError as error:
        logger.warning("a check could not be run: %s", error)
        if error.reason is Reason.MANAGER_UNAVAILABLE:
            runs.update(next_try_at=timezone.now() + RETRY_UNREACHABLE)
        else:
            runs.update(finished_at=timezone.now(), failure=said(error.message, 500))
    except Exception:  # one student's check is no reason to leave out the others
        logger.exception("the check %s failed", run.pk)
        runs.update(finished_at=timezone.now(), failure="The check could not be run.")
    else:
        runs.update(**_found(answer, check, is_own=run.copy_id is None))  # pyright: ignore[reportAttributeAccessIssue]


def _answer(run: CheckRun, check: Check, runs: QuerySet[CheckRun]) -> CheckAnswer:
    """`runs`: this one, while it is wanted. Raises _Later, ApraNovaError."""
    folder = check.assignment.folder
    request = CheckRequest(f"{run.pk} {run.asked_at}", folder, check.command, check.time_limit_s)
    release_connection()
    answer = manager_client().check(request)
    if answer.state is CheckState.UNKNOWN:
        files = _files(run, folder)
        if isinstance(files, str):
            return CheckAnswer(CheckState.FAILED, failure=files)
        more = _encoded(bytes(check.bundle.content)) if check.bundle is not None else ""
        release_connection()
        answer = manager_client().check(
            CheckRequest(request.check_id, folder, check.command, check.time_limit_s, _encoded(files), more)
        )
    until = time.monotonic() + WAITS_MAX_S
    while answer.state is CheckState.WORKING:
        is_wanted = runs.update(next_try_at=timezone.now() + HELD_FOR)
        release_connection()
        if not is_wanted or time.monotonic() > until:
            raise _Later(RETRY_UNREACHABLE)
        answer = manager_client().check(request)
    if answer.state in (CheckState.BUSY, CheckState.UNKNOWN):
        raise _Later(RETRY_BUSY)
    return answer


def _files(run: CheckRun, folder: str) -> bytes | str:
    """The copy, or why there is none. Raises _Later, ApraNovaError."""
    if run.copy is not None:
        return bytes(run.copy.bundle.content)
    owner = run.submission.student_id  # pyright: ignore[reportAttributeAccessIssue]
    homes = Workspace.objects.filter(owner=owner, kind=WorkspaceKind.VSCODE, deleted_at__isnull=True)
    home = homes.values_list("pk", flat=True).first()
    if home is None:
        return NO_WORKSPACE
    release_connection()
    answer = manager_client().collect(home, CollectRequest(folder, f"check {run.pk} {run.asked_at}"))
    if answer is None:
        return NOT_NOW
    if answer.state is CollectState.WORKING:
        raise _Later(RETRY_BUSY)
    if answer.state is CollectState.FAILED:
        return said(answer.failure, 500)
    try:
        return bytes(checked(answer.files).content)
    except BadFiles as problem:
        return said(f"The files cannot be used. {problem}", 500)


def _found(answer: CheckAnswer, check: Check, *, is_own: bool) -> dict[str, object]:
    """What a run found. Its output is written by a student's program: it must fit the row."""
    now = timezone.now()
    if answer.state is CheckState.FAILED:
        return {"finished_at": now, "failure": said(answer.failure, 500)}
    output = storable(answer.output)
    as_expected = not check.expected or (not answer.output_cut and _lines(output) == _lines(check.expected))
    too_long = is_own and len(output) > OWN_OUTPUT_MAX
    if too_long:
        output = f"{output[: OWN_OUTPUT_MAX // 2]}\n[…]\n{output[-OWN_OUTPUT_MAX // 2 :]}"
    return {
        "finished_at": now,
        "failure": "",
        "passed": answer.exit_code == 0 and not answer.timed_out and as_expected,
        "exit_code": answer.exit_code,
        "timed_out": answer.timed_out,
        "out_of_memory": answer.out_of_memory,
        "seconds": answer.seconds,
        "output": output,
        "output_cut": answer.output_cut or too_long,
    }


def storable(output: str) -> str:
    """Without colors, and without what no database keeps and no page shows."""
    plain = plain_spaces(_COLORS.sub("", output).replace("\r\n", "\n"))
    return "".join(
        letter if letter.isprintable() or letter in "\n\t" else "\N{REPLACEMENT CHARACTER}" for letter in plain
    )


def plain_spaces(text: str) -> str:
    """Node writes times and amounts of money with spaces that look like ours and are not."""
    return "".join(" " if unicodedata.category(letter) == "Zs" else letter for letter in text)


def _lines(text: str) -> list[str]:
    """Spaces at the ends of lines, and empty lines before and after all, are nobody's mistake."""
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n").split("\n")


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()
