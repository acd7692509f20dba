"""What is brought into homes: a cohort's starter, the files of assignments, and those that come
back with a mark."""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from django.db.models import Exists, F, OuterRef, QuerySet, Value
from django.db.models.expressions import Combinable
from django.utils import timezone

from backend.assignments.models import Assignment, FilesReturn, HandOut, Starter, StarterDelivery, Submission
from backend.workspaces.models import Workspace
from contract.hand_out import HandOutRequest
from contract.names import WorkspaceKind

RETURNED_SUFFIX = "-returned"
STARTER = "starter"
"""Its name in a home, which gets one once, whatever the cohort is called then."""
Row = HandOut | FilesReturn | StarterDelivery
Rows = QuerySet[Any]
Requests = Iterator[tuple[HandOutRequest, list[Any]]]


class Source(Protocol):
    newest: Combinable
    """What a row's `version` runs after."""

    def rows(self) -> Rows: ...

    def add_missing(self, workspace: Workspace | None = None) -> None:
        """Rows for what homes should have, of all workspaces, or of one that is being opened."""

    def behind(self, workspace: Workspace | None = None) -> Rows:
        """Rows of students who are in the cohort, whose home lacks the newest version."""
        ...

    def requests(self, rows: list[Any]) -> Requests:
        """What to ask of which rows' homes. The files of one request are in memory at a time."""
        ...


class _Starters:
    """For each workspace of a student once. Whether its home is new is for the home to say."""

    newest: Combinable = Value(1)

    def rows(self) -> Rows:
        return StarterDelivery.objects.all()

    def add_missing(self, workspace: Workspace | None = None) -> None:
        homes = _homes_with_starter().filter(starter_delivery__isnull=True)
        if workspace is not None:
            homes = homes.filter(pk=workspace.pk)
        now = timezone.now()
        missing = (StarterDelivery(workspace_id=pk, next_try_at=now) for pk in homes.values_list("pk", flat=True))
        self.rows().bulk_create(missing, ignore_conflicts=True, batch_size=1000)

    def behind(self, workspace: Workspace | None = None) -> Rows:
        homes = _homes_with_starter() if workspace is None else _homes_with_starter().filter(pk=workspace.pk)
        return self.rows().filter(version__lt=self.newest, workspace__in=homes).order_by("pk")

    def requests(self, rows: list[StarterDelivery]) -> Requests:
        by_workspace = {workspace_id(row): row for row in rows}
        homes = _homes_with_starter().filter(pk__in=by_workspace)
        by_starter: dict[int, list[StarterDelivery]] = defaultdict(list)
        for starter_id, pk in homes.values_list("owner__membership__cohort__starter", "pk"):
            by_starter[starter_id].append(by_workspace[pk])
        for starter_id, wanted in by_starter.items():  # their files one by one: each may have 4 MB
            starter = Starter.objects.select_related("bundle").filter(pk=starter_id).first()
            if starter is not None:
                files = base64.b64encode(bytes(starter.bundle.content)).decode()
                yield HandOutRequest(STARTER, 1, "", files, starter=True), wanted


class _HandOuts:
    newest: Combinable = F("assignment__version")

    def rows(self) -> Rows:
        return HandOut.objects.all()

    def add_missing(self, workspace: Workspace | None = None) -> None:
        """Rows for what was released, and for students who came later."""
        released = Assignment.objects.filter(releases_at__lte=timezone.now(), cohort__active=True)
        home = "cohort__memberships__student__workspaces"
        if workspace is not None:
            missing = released.filter(cohort__memberships__student=_owner_id(workspace))
            known = HandOut.objects.filter(assignment=OuterRef("pk"), workspace=workspace)
            pairs = missing.filter(~Exists(known)).values_list("pk", Value(workspace.pk))
        else:
            known = HandOut.objects.filter(assignment=OuterRef("pk"), workspace=OuterRef(f"{home}__pk"))
            # One call of `filter`: a second one would join the workspaces once more, and match
            # other ones.
            missing = released.filter(
                ~Exists(known),
                cohort__memberships__student__is_active=True,
                cohort__memberships__student__workspaces__kind=WorkspaceKind.VSCODE,
                cohort__memberships__student__workspaces__deleted_at__isnull=True,
            )
            pairs = missing.values_list("pk", f"{home}__pk")
        _add(self.rows(), "assignment_id", pairs)

    def behind(self, workspace: Workspace | None = None) -> Rows:
        rows = HandOut.objects.filter(version__lt=self.newest, assignment__cohort__active=True)
        if workspace is not None:
            mine = {"assignment__cohort__memberships__student": _owner_id(workspace)}
            rows = rows.filter(workspace=workspace, **mine)
        else:
            rows = rows.filter(workspace__deleted_at__isnull=True, workspace__owner__is_active=True)
            rows = rows.filter(workspace__owner__membership__cohort=F("assignment__cohort"))
        return rows.order_by("assignment__releases_at", "pk")

    def requests(self, rows: list[HandOut]) -> Requests:
        by_assignment: dict[object, list[HandOut]] = defaultdict(list)
        for row in rows:
            by_assignment[row.assignment_id].append(row)  # pyright: ignore[reportAttributeAccessIssue]
        for assignment_id, wanted in by_assignment.items():
            assignment = Assignment.objects.select_related("bundle").filter(pk=assignment_id).first()
            if assignment is not None:
                files = base64.b64encode(bytes(assignment.bundle.content)).decode()
                yield HandOutRequest(str(assignment.pk), assignment.version, assignment.folder, files), wanted


class _FilesReturns:
    newest: Combinable = F("submission__returned_version")

    def rows(self) -> Rows:
        return FilesReturn.objects.all()

    def add_missing(self, workspace: Workspace | None = None) -> None:
        returned = Submission.objects.filter(returned_files__isnull=False, assignment__cohort__active=True)
        home = "student__workspaces"
        if workspace is not None:
            mine = {"student": _owner_id(workspace), "assignment__cohort__memberships__student": _owner_id(workspace)}
            known = FilesReturn.objects.filter(submission=OuterRef("pk"), workspace=workspace)
            pairs = returned.filter(~Exists(known), **mine).values_list("pk", Value(workspace.pk))
        else:
            known = FilesReturn.objects.filter(submission=OuterRef("pk"), workspace=OuterRef(f"{home}__pk"))
            missing = returned.filter(
                ~Exists(known),
                student__is_active=True,
                student__membership__cohort=F("assignment__cohort"),
                student__workspaces__kind=WorkspaceKind.VSCODE,
                student__workspaces__deleted_at__isnull=True,
            )
            pairs = missing.values_list("pk", f"{home}__pk")
        _add(self.rows(), "submission_id", pairs)

    def behind(self, workspace: Workspace | None = None) -> Rows:
        """Not what was taken back meanwhile."""
        rows = FilesReturn.objects.filter(version__lt=self.newest, submission__returned_files__isnull=False)
        rows = rows.filter(submission__assignment__cohort__active=True).order_by("pk")
        if workspace is not None:
            owner = _owner_id(workspace)
            rows = rows.filter(workspace=workspace, submission__student=owner)
            return rows.filter(submission__assignment__cohort__memberships__student=owner)
        rows = rows.filter(workspace__owner=F("submission__student"), workspace__deleted_at__isnull=True)
        rows = rows.filter(workspace__owner__is_active=True)
        return rows.filter(workspace__owner__membership__cohort=F("submission__assignment__cohort"))

    def requests(self, rows: list[FilesReturn]) -> Requests:
        for row in rows:
            found = Submission.objects.select_related("assignment", "returned_files").filter(files_returns=row.pk)
            it = found.first()
            if it is not None and it.returned_files is not None:
                files = base64.b64encode(bytes(it.returned_files.content)).decode()
                name, folder = f"{it.assignment.pk}-returned", returned_folder(it.assignment)
                yield HandOutRequest(name, it.returned_version, folder, files, returned=True), [row]


SOURCES: tuple[Source, ...] = (_Starters(), _HandOuts(), _FilesReturns())
"""The starter first: it comes only into a home that is new."""


def returned_folder(assignment: Assignment) -> str:
    """Below ~/project. Not in the assignment's own: what is collected again is the student's."""
    return f"{assignment.folder}{RETURNED_SUFFIX}"


def _homes_with_starter() -> QuerySet[Workspace]:
    return Workspace.objects.filter(
        kind=WorkspaceKind.VSCODE,
        deleted_at__isnull=True,
        owner__is_active=True,
        owner__membership__cohort__active=True,
        owner__membership__cohort__starter__isnull=False,
    )


def _add(rows: Rows, of: str, pairs: Iterable[tuple[Any, str]]) -> None:
    """A row for each pair of what is brought and a workspace. What is there stays."""
    now = timezone.now()
    missing = (rows.model(**{of: one}, workspace_id=other, next_try_at=now) for one, other in pairs)
    rows.bulk_create(missing, ignore_conflicts=True, batch_size=1000)


def _owner_id(workspace: Workspace) -> Any:
    return workspace.owner_id  # type: ignore[attr-defined,unused-ignore]  # pyright: ignore[reportAttributeAccessIssue]


def workspace_id(row: Row) -> str:
    return row.workspace_id  # type: ignore[union-attr,no-any-return]  # pyright: ignore[reportAttributeAccessIssue]
