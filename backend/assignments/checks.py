"""What people do with checks: set them up, run them again, run one's own. Instructors' changes
leave an audit record."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.assignments import checking
from backend.assignments.collecting import add_rows
from backend.assignments.models import Assignment, Check, CheckRun, Copy, HandOut, Submission
from backend.assignments.services import drop_unused_bundles, note, stored
from backend.assignments.uploads import make_bundle
from backend.platform.problems import ProblemError, invalid, not_found
from contract.checks import CHECK_FILES_PACKED_BYTES_MAX

NOTHING, RESULT, OUTPUT = "nothing", "result", "output"
WAITING, PASSED, NOT_PASSED, FAILED = "waiting", "passed", "not_passed", "failed"


@dataclass(frozen=True)
class CheckValues:
    command: str
    time_limit_s: int
    expected: str
    students_see: str


def find_check(assignment: Assignment) -> Check | None:
    found = Check.objects.filter(assignment=assignment).select_related("bundle")
    return found.defer("bundle__content").first()


def set_check(
    assignment: Assignment, values: CheckValues, *, upload: bytes | None, keep_files: bool, acting_user: User
) -> None:
    """`upload`: the check's own files; without it they stay or go, as `keep_files` says. Each
    newest copy is checked again."""
    bundle = None
    if upload is not None:
        bundle = make_bundle(upload, may_have_app=False)
        if len(bundle.content) > CHECK_FILES_PACKED_BYTES_MAX:
            most = CHECK_FILES_PACKED_BYTES_MAX // 1000
            raise invalid("body.file", f"Zipped, the files of a check have at most {most} kB.")
    with transaction.atomic():
        Assignment.objects.select_for_update().get(pk=assignment.pk)
        check = Check.objects.filter(assignment=assignment).first() or Check(assignment=assignment, version=0)
        for name in ("command", "time_limit_s", "expected", "students_see"):
            setattr(check, name, getattr(values, name))
        if bundle is not None:
            check.bundle = stored(bundle)
        elif not keep_files:
            check.bundle = None
        check.version += 1
        check.save()
        drop_unused_bundles()
        told = {"command": values.command, "time_limit_s": values.time_limit_s, "students_see": values.students_see}
        note("assignment.set_check", assignment, acting_user, **told)
        transaction.on_commit(checking.wake)


def remove_check(assignment: Assignment, *, acting_user: User) -> None:
    """With all that it found."""
    with transaction.atomic():
        # Locked, no run is added between Django's look for runs and the end of the check.
        check = Check.objects.select_for_update().filter(assignment=assignment).first()
        if check is not None:
            check.delete()
            drop_unused_bundles()
            note("assignment.remove_check", assignment, acting_user)


def run_again(assignment: Assignment, *, acting_user: User) -> None:
    """On each newest copy."""
    with transaction.atomic():
        check = Check.objects.select_for_update().filter(assignment=assignment).first()
        if check is None:
            raise not_found("This assignment has no check (any more).", reason="check_not_found")
        check.version += 1
        check.save(update_fields=["version"])
        note("assignment.run_checks", assignment, acting_user)
        transaction.on_commit(checking.wake)


def ask_for_own(student: User, assignment_id: UUID) -> None:
    """The student's own run, on the folder as it is now. One at a time of all their assignments:
    others wait, too."""
    handed_out = HandOut.objects.filter(assignment=assignment_id, workspace__owner=student, version__gt=0)
    found = Check.objects.filter(
        assignment=assignment_id,
        assignment__cohort__memberships__student=student,
        assignment__cohort__active=True,
        assignment__releases_at__lte=timezone.now(),
    ).exclude(students_see=NOTHING)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=student.pk)
        check = found.select_related("assignment").select_for_update(of=("self",)).first()
        if check is None:
            raise not_found("There is no check that you can run (any more).", reason="check_not_found")
        if not handed_out.exists():
            raise ProblemError(
                HTTPStatus.CONFLICT,
                "not_handed_out",
                "You do not have the files yet.",
                remedy="Open your workspace first.",
            )
        add_rows(check.assignment, [student])
        submission = Submission.objects.get(assignment=check.assignment, student=student)
        own = CheckRun.objects.filter(copy__isnull=True)
        waits = own.filter(submission__student=student, finished_at__isnull=True).first()
        if waits is not None:
            _refuse_another(waits, submission)
            return
        own.filter(submission=submission).delete()
        now = timezone.now()
        CheckRun.objects.create(
            check_of_work=check, version=check.version, submission=submission, asked_at=now, next_try_at=now
        )
        transaction.on_commit(checking.wake)


def _refuse_another(waits: CheckRun, submission: Submission) -> None:
    if waits.submission != submission:
        raise ProblemError(
            HTTPStatus.CONFLICT,
            "check_runs",
            f"Your check of “{waits.submission.assignment.title}” is not finished yet.",
            remedy="Wait for its result. Checks run one at a time.",
        )


def runs_of_copies(copies: list[Copy]) -> dict[int, CheckRun]:
    """By copy, without their output."""
    runs = CheckRun.objects.filter(copy__in=copies).select_related("check_of_work").defer("output")
    return {run.copy_id: run for run in runs}  # pyright: ignore[reportAttributeAccessIssue]


def run_of_copy(copy: Copy) -> CheckRun:
    run = CheckRun.objects.filter(copy=copy).select_related("check_of_work").first()
    if run is None:
        raise not_found("This copy was not checked.", reason="check_not_found")
    return run


def own_checks(student: User, assignments: list[Assignment]) -> dict[UUID, tuple[Check, CheckRun | None]]:
    """By assignment; only what students may run."""
    checks = Check.objects.filter(assignment__in=assignments).exclude(students_see=NOTHING)
    runs = CheckRun.objects.filter(submission__student=student, check_of_work__in=checks, copy__isnull=True)
    by_check = {run.check_of_work_id: run for run in runs.select_related("check_of_work")}  # pyright: ignore[reportAttributeAccessIssue]
    return {check.assignment_id: (check, by_check.get(check.pk)) for check in checks}  # pyright: ignore[reportAttributeAccessIssue]


def state_of(run: CheckRun) -> str:
    if run.finished_at is None:
        return WAITING
    if run.failure:
        return FAILED
    return PASSED if run.passed else NOT_PASSED


def words_for(run: CheckRun, *, with_numbers: bool = True) -> str:
    """A sentence. Whoever may see no more than the result gets it without numbers: a program that
    has read the test files could tell them in its exit code, or in how long it takes."""
    match state_of(run):
        case "waiting":
            return "The check waits for its turn or runs."
        case "failed":
            return run.failure
        case "passed":
            return f"Passed in {run.seconds:.1f} s." if with_numbers else "Passed."
    if run.timed_out:
        return f"Not passed: it took longer than {run.check_of_work.time_limit_s} s and was ended."
    if run.out_of_memory:
        return "Not passed: it needed more memory than there is."
    if run.exit_code:
        return f"Not passed: the command ended with {run.exit_code if with_numbers else 'an error'}."
    return "Not passed: it wrote something else than expected."
