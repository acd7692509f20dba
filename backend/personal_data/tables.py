"""What the database has of a person, as tables that a spreadsheet opens and a person can read.

Names and addresses of other people are left out where the table can do without: they have rights
of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db.models import Q, QuerySet

from backend.accounts.models import Invitation, User
from backend.assignments.models import CheckRun, Copy, Submission
from backend.audit.models import Record
from backend.cohorts.models import Cohort, Message
from backend.costs.models import Session
from backend.lti.models import CourseMember
from backend.sharing.models import Share
from backend.workspaces.models import Workspace

Row = tuple[Any, ...]
READ_AT_ONCE = 500
THEMSELVES = "this person"
SOMEBODY = "somebody else of the school"
PLATFORM = "the platform"


@dataclass(frozen=True)
class Table:
    """Becomes `<name>.csv` and `<name>.json`."""

    name: str
    columns: tuple[str, ...]
    rows: Callable[[], Iterable[Row]]
    """Read anew for each of the two files, a piece at a time: years of records do not fit into
    memory."""


def tables_of(person: User) -> tuple[Table, ...]:
    return (
        Table("account", ("what", "value"), lambda: _account(person)),
        Table("cohorts", ("cohort", "as", "since"), lambda: _cohorts(person)),
        Table("invitations", ("to", "as", "cohort", "at", "accepted", "ended"), lambda: _invitations(person)),
        Table(
            "workspaces", ("id", "name", "kind", "created", "deleted", "removed for good"), lambda: _workspaces(person)
        ),
        Table(
            "sessions",
            ("workspace", "cohort", "size", "asked for", "running since", "ended", "hours", "why it ended"),
            lambda: _sessions(person),
        ),
        Table("shared ports", ("workspace", "port", "with", "since", "until"), lambda: _shares(person)),
        Table("messages", ("from", "at", "text"), lambda: _messages(person)),
        Table(
            "submissions",
            ("cohort", "assignment", "due", "extension", "copies", "returned", "mark", "comment"),
            lambda: _submissions(person),
        ),
        Table("copies", ("assignment", "number", "collected", "handed in", "files"), lambda: _copies(person)),
        Table("checks", ("assignment", "asked", "finished", "passed", "output"), lambda: _checks(person)),
        Table("audit log", ("at", "by", "action", "on", "address", "details"), lambda: _audit(person)),
    )


def copies_of(person: User) -> Iterator[Copy]:
    """What was collected of their work, with its files."""
    found = Copy.objects.filter(submission__student=person).select_related("submission__assignment", "bundle")
    return found.order_by("submission_id", "number").iterator(chunk_size=1)


def _account(person: User) -> Iterator[Row]:
    yield ("id", str(person.pk))
    yield ("name", person.name)
    yield ("role", person.role)
    yield ("track", person.track)
    yield ("active", person.is_active)
    yield ("joined", person.date_joined)
    yield ("last sign-in", person.last_login)
    yield ("has a password", person.has_usable_password())
    for address in EmailAddress.objects.filter(user=person).order_by("-primary", "email"):
        yield ("e-mail address", f"{address.email}{'' if address.verified else ' (not verified)'}")
    for factor in Authenticator.objects.filter(user=person).order_by("created_at"):
        yield ("two-step sign-in", f"{factor.type}, since {_text(factor.created_at)}")
    for member in CourseMember.objects.filter(user=person).select_related("course").order_by("pk"):
        yield ("course at the learning platform", f"{member.course}, as {member.subject}, {member.get_role_display()}")  # pyright: ignore[reportAttributeAccessIssue]
    for account in SocialAccount.objects.filter(user=person).order_by("provider"):
        yield ("sign-in at", f"{account.provider}: {account.uid}")


def _cohorts(person: User) -> Iterator[Row]:
    membership = getattr(person, "membership", None)
    if membership is not None:
        yield (membership.cohort.name, "student", membership.joined_at)
    for cohort in Cohort.objects.filter(instructors=person).order_by("name"):
        yield (cohort.name, person.role, None)


def _invitations(person: User) -> Iterator[Row]:
    for it in Invitation.objects.filter(email__in=addresses_of(person)).select_related("cohort"):
        yield (it.email, it.role, it.cohort.name if it.cohort else None, it.created_at, it.accepted_at, it.revoked_at)


def _workspaces(person: User) -> Iterator[Row]:
    for it in Workspace.objects.filter(owner=person).order_by("created_at"):
        yield (it.pk, it.name, it.kind, it.created_at, it.deleted_at, it.purge_at)


def _sessions(person: User) -> Iterator[Row]:
    found = Session.objects.filter(workspace__owner=person).order_by("started_at")
    columns = ("workspace_id", "cohort_name", "size", "started_at", "running_at", "ended_at", "reason")
    for *first, started, running, ended, reason in found.values_list(*columns).iterator(READ_AT_ONCE):
        hours = round((ended - started).total_seconds() / 3600, 4) if ended else None
        yield (*first, started, running, ended, hours, reason)


def _shares(person: User) -> Iterator[Row]:
    for it in Share.objects.filter(workspace__owner=person).order_by("created_at"):
        yield (it.workspace.pk, it.port, it.get_audience_display(), it.created_at, it.ends_at)  # pyright: ignore[reportAttributeAccessIssue]


def returned_of(person: User) -> Iterator[Submission]:
    """With files that came back, one in memory at a time."""
    found = Submission.objects.filter(student=person, returned_files__isnull=False)
    return found.select_related("assignment", "returned_files").order_by("pk").iterator(chunk_size=1)


def _messages(person: User) -> Iterator[Row]:
    for it in Message.objects.filter(student=person).order_by("sent_at"):
        yield (it.sender, it.sent_at, it.text)


def _submissions(person: User) -> Iterator[Row]:
    """Marks and comments that were returned. Others are not settled yet."""
    for it in Submission.objects.filter(student=person).select_related("assignment__cohort").order_by("pk"):
        about = (it.assignment.cohort.name, it.assignment.title, it.assignment.due_at, it.due_at)
        yield (*about, it.copies.count(), it.returned_at, it.returned_mark, it.returned_comment)  # pyright: ignore[reportAttributeAccessIssue]


def _copies(person: User) -> Iterator[Row]:
    for it in (
        Copy.objects.filter(submission__student=person)
        .select_related("submission__assignment", "bundle")
        .defer("bundle__content")
    ):
        files = it.bundle.files_count
        yield (it.submission.assignment.title, it.number, it.collected_at, it.handed_in_at, files)


def _checks(person: User) -> Iterator[Row]:
    """As far as the student may see a check."""
    runs = CheckRun.objects.filter(submission__student=person).select_related("check_of_work__assignment")
    for it in runs.exclude(check_of_work__students_see="nothing").order_by("pk").iterator(READ_AT_ONCE):
        output = it.output if it.check_of_work.students_see == "output" else None
        yield (it.check_of_work.assignment.title, it.asked_at, it.finished_at, it.passed, output)


def records_of(person: User) -> QuerySet[Record]:
    """By them, and about them or what is theirs."""
    addresses = addresses_of(person)
    workspaces = Workspace.objects.filter(owner=person).values_list("pk", flat=True)
    invitations = Invitation.objects.filter(email__in=addresses).values_list("pk", flat=True)
    targets = [str(person.pk), *addresses, *workspaces, *map(str, invitations)]
    named = Q(details__student__in=[*addresses, str(person.pk)]) | Q(details__email__in=addresses)
    return Record.objects.filter(Q(actor_id=person.pk) | Q(target_id__in=targets) | named)


def _audit(person: User) -> Iterator[Row]:
    them = {str(person.pk), *addresses_of(person)}
    for it in records_of(person).order_by("id").iterator(READ_AT_ONCE):
        own = it.actor_id == person.pk
        who = THEMSELVES if own else SOMEBODY if it.actor_id else PLATFORM
        by_nobody_else = own or it.actor_id is None
        details = it.details if by_nobody_else and not _is_about_others(it, them) else None
        ip = it.ip if by_nobody_else else None
        yield (it.at, who, it.action, f"{it.target_type} {it.target_id}", ip, details)


def _is_about_others(record: Record, them: set[str]) -> bool:
    named = [str(record.details.get(key) or "") for key in ("student", "owner", "visitor", "email")]
    others = record.target_type == "user" and record.target_id.lower() not in them
    return others or any(it and it.lower() not in them for it in named)


def addresses_of(person: User) -> list[str]:
    """Their e-mail addresses, folded. One that is not verified may be somebody else's."""
    more = EmailAddress.objects.filter(user=person, verified=True).values_list("email", flat=True)
    return sorted({person.email, *(it.lower() for it in more)})


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
