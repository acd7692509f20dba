"""What is brought into homes: the files of assignments, and those that come back with a mark."""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Protocol

from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone

from backend.assignments.models import Assignment, FilesReturn, HandOut, Submission
from backend.workspaces.models import Workspace
from contract.hand_out import HandOutRequest
from contract.names import WorkspaceKind

Row = HandOut | FilesReturn
Rows = QuerySet[Any]
Requests = Iterator[tuple[HandOutRequest, list[Any]]]


class Source(Protocol):
    def rows(self) -> Rows: ...

    def add_missing(self, workspace: Workspace | None = None) -> None:
        """Rows for what homes should have, of one workspace or of all."""

    def behind(self) -> Rows:
        """Rows of students who are in the cohort, whose home lacks the newest version."""
        ...

    def requests(self, rows: list[Any]) -> Requests:
        """What to ask of which rows' homes. The files of one request are in memory at a time."""
        ...


class _HandOuts:
    def rows(self) -> Rows:
        return HandOut.objects.all()

    def add_missing(self, workspace: Workspace | None = None) -> None:
        """Rows for what was released, and for students who came later."""
        home = "cohort__memberships__student__workspaces"
        known = HandOut.objects.filter(assignment=OuterRef("pk"), workspace=OuterRef(f"{home}__pk"))
        # One call of `filter`: a second one would join the workspaces once more, and match other
        # ones.
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

    def behind(self) -> Rows:
        return (
            HandOut.objects.filter(version__lt=F("assignment__version"))
            .filter(workspace__deleted_at__isnull=True, assignment__cohort__active=True)
            .filter(workspace__owner__is_active=True, workspace__owner__membership__cohort=F("assignment__cohort"))
            .order_by("assignment__releases_at", "pk")
        )

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
    def rows(self) -> Rows:
        return FilesReturn.objects.all()

    def add_missing(self, workspace: Workspace | None = None) -> None:
        home = "student__workspaces"
        known = FilesReturn.objects.filter(submission=OuterRef("pk"), workspace=OuterRef(f"{home}__pk"))
        missing = Submission.objects.filter(
            ~Exists(known),
            **{f"{home}__pk": workspace.pk} if workspace is not None else {},
            returned_files__isnull=False,
            assignment__cohort__active=True,
            student__is_active=True,
            student__membership__cohort=F("assignment__cohort"),
            student__workspaces__kind=WorkspaceKind.VSCODE,
            student__workspaces__deleted_at__isnull=True,
        )
        pairs = missing.values_list("pk", f"{home}__pk")
        FilesReturn.objects.bulk_create(
            (FilesReturn(submission_id=one, workspace_id=other, next_try_at=timezone.now()) for one, other in pairs),
            ignore_conflicts=True,
            batch_size=1000,
        )

    def behind(self) -> Rows:
        """Not what was taken back meanwhile."""
        return (
            FilesReturn.objects.filter(version__lt=F("submission__returned_version"))
            .filter(submission__returned_files__isnull=False, workspace__owner=F("submission__student"))
            .filter(workspace__deleted_at__isnull=True, submission__assignment__cohort__active=True)
            .filter(workspace__owner__is_active=True)
            .filter(workspace__owner__membership__cohort=F("submission__assignment__cohort"))
            .order_by("pk")
        )

    def requests(self, rows: list[FilesReturn]) -> Requests:
        for row in rows:
            found = Submission.objects.select_related("assignment", "returned_files").filter(files_returns=row.pk)
            it = found.first()
            if it is not None and it.returned_files is not None:
                files = base64.b64encode(bytes(it.returned_files.content)).decode()
                name, folder = f"{it.assignment.pk}-returned", returned_folder(it.assignment)
                yield HandOutRequest(name, it.returned_version, folder, files, returned=True), [row]


SOURCES: tuple[Source, ...] = (_HandOuts(), _FilesReturns())


def returned_folder(assignment: Assignment) -> str:
    """Below ~/project. Not in the assignment's own: what is collected again is the student's."""
    return f"{assignment.folder}-returned"


def workspace_id(row: Row) -> str:
    return row.workspace_id  # type: ignore[union-attr,no-any-return]  # pyright: ignore[reportAttributeAccessIssue]
