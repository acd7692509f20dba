"""Help inside: an instructor in a student's workspace, under their own name, for a limited time.

A visit is allowed by the student's call or by the school's choice, is for one instructor, one
workspace and one launch of it, and ends by itself. Who *joins* is in the editor: the gateway checks
it at each request (backend/gateway/authorization.py). Who *looks* sees the files in the portal, and
each read checks it (backend/history/looking.py); no door opens. The student sees it for as long as
it lasts.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from backend.accounts.models import User
from backend.accounts.roles import Role
from backend.audit.record import record
from backend.cohorts.class_workspaces import of_class
from backend.cohorts.help_signals import visit_ended
from backend.cohorts.models import Cohort, HelpCall, HelpVisit, VisitMode, VisitReason
from backend.cohorts.readings import coming_classes
from backend.platform.problems import ProblemError
from backend.workspaces.manager_client import manager_client
from backend.workspaces.models import Workspace
from backend.workspaces.services import view_of
from contract.errors import ApraNovaError
from contract.manager import WorkspaceView
from contract.names import HelpVisits, WorkspaceKind, WorkspaceState
from contract.show import ShowRequest

LASTS = timedelta(hours=1)
"""At most; then the instructor may begin another one."""
LOOK_LASTS = timedelta(minutes=2)
"""After the last read: a page that nobody looks at any more reads nothing."""
CALL_LASTS = timedelta(hours=12)
"""A hand that nobody lowered is not raised any more at the next class."""

_ACTIONS = {VisitMode.JOIN.value: "help.visit", VisitMode.LOOK.value: "help.look"}
"""In the audit log, by mode."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Permission:
    because: VisitReason
    ends_at: datetime


def permission(asked_at: datetime | None, class_ends_at: datetime | None, now: datetime) -> Permission | None:
    """Whether, why and until when an instructor may come in. The student's call comes first: a
    visit by it is the student's to end."""
    policy = settings.ENVIRONMENT.help_visits
    if asked_at is not None and now < asked_at + CALL_LASTS:
        return Permission(VisitReason.CALL, min(now + LASTS, asked_at + CALL_LASTS))
    if policy is HelpVisits.ALWAYS:
        return Permission(VisitReason.SCHOOL, now + LASTS)
    if policy is HelpVisits.DURING_CLASS and class_ends_at is not None:
        return Permission(VisitReason.CLASS, min(now + LASTS, class_ends_at))
    return None


def class_ends_at(cohort: Cohort, now: datetime) -> datetime | None:
    """When the class ends that meets now. Only looked up where it matters."""
    if settings.ENVIRONMENT.help_visits is not HelpVisits.DURING_CLASS:
        return None
    return next((it.ends_at for it in coming_classes(cohort) if it.starts_at <= now), None)


def begin(cohort: Cohort, student: User, *, mode: VisitMode = VisitMode.JOIN, acting_user: User) -> HelpVisit:
    """Let an instructor of the cohort into the student's editor, or look at their files. A repeat
    changes nothing."""
    refuse_who_does_not_teach(cohort, acting_user)
    if cohort.kind is not WorkspaceKind.VSCODE:
        raise ProblemError(
            HTTPStatus.CONFLICT, "not_this_kind", "Only workspaces with VS Code can be opened by an instructor."
        )
    now = timezone.now()
    call = HelpCall.objects.filter(student=student).first()
    allowed = permission(call.asked_at if call else None, class_ends_at(cohort, now), now)
    if allowed is None:
        raise _not_called(student)
    workspace = of_class(cohort).filter(owner=student).select_related("owner").first()
    view = view_of(workspace) if workspace is not None else None
    if workspace is None or view is None or view.state is not WorkspaceState.RUNNING or view.endpoint is None:
        raise ProblemError(
            HTTPStatus.CONFLICT, "not_running", f"{student.display_name}’s workspace is not running.",
            remedy="Start it from the menu of the class, or ask them to open it.",
        )  # fmt: skip
    if mode is VisitMode.LOOK and not can_be_read(view):
        raise ProblemError(
            HTTPStatus.CONFLICT, "cannot_be_read", "Files of workspaces cannot be read on this installation.",
            remedy="Open the workspace instead.",
        )  # fmt: skip
    return _begin(workspace, digest(view.endpoint.launch_secret), allowed, mode, acting_user)


def can_be_read(view: WorkspaceView) -> bool:
    """Whether files of a workspace that runs can be read: by the manager where it keeps a history,
    and on AWS, where homes at rest are mounted, by the agent."""
    return view.has_history or settings.ENVIRONMENT.homes_mount is not None


def _not_called(student: User) -> ProblemError:
    return ProblemError(
        HTTPStatus.CONFLICT, "not_called", f"{student.display_name} has not asked for help.",
        remedy="Ask them to press “I need help” on their dashboard.",
    )  # fmt: skip


def _begin(workspace: Workspace, launch: str, allowed: Permission, mode: VisitMode, acting_user: User) -> HelpVisit:
    with transaction.atomic():
        Workspace.objects.select_for_update().get(pk=workspace.pk)  # one change at a time
        call = HelpCall.objects.select_for_update().filter(student=workspace.owner).first()
        if allowed.because is VisitReason.CALL and call is None:  # taken back while the manager was asked
            raise _not_called(workspace.owner)
        there = HelpVisit.objects.filter(visitor=acting_user, workspace=workspace, mode=mode).first()
        if there is not None and there.launch == launch and there.ends_at > timezone.now():
            return there
        if there is not None:
            _end(there, because="another one began", acting_user=acting_user)
        looks = mode is VisitMode.LOOK
        visit = HelpVisit.objects.create(
            visitor=acting_user, workspace=workspace, mode=mode, because=allowed.because, launch=launch,
            ends_at=min(allowed.ends_at, timezone.now() + LOOK_LASTS) if looks else allowed.ends_at,
        )  # fmt: skip
        record(
            _ACTIONS[mode], actor=acting_user, target_type="workspace", target_id=workspace.pk, because=visit.because,
            ends_at=visit.ends_at.isoformat(), owner=workspace.owner.email,
        )  # fmt: skip
        doing = "looks at your files" if looks else "is in your workspace to help"
        news = f"{acting_user.display_name} {doing}"
        transaction.on_commit(lambda: _tell(workspace.pk, news))
    return visit


def find_for(visitor: User, workspace_id: str) -> HelpVisit | None:
    """The visit by which this person may be in the workspace now."""
    visits = in_force().filter(visitor=visitor, workspace_id=workspace_id, mode=VisitMode.JOIN)
    visit = visits.filter(workspace__deleted_at__isnull=True).select_related("workspace__owner").first()
    return visit if visit is not None and _may_stay(visit) else None


def look_into(cohort: Cohort, student: User, visitor: User) -> Workspace:
    """The workspace at whose files this person looks now. Reading on prolongs the look, up to an
    hour and as long as it is allowed. Raises ProblemError (409) when it has ended."""
    refuse_who_does_not_teach(cohort, visitor)
    looks = in_force().filter(visitor=visitor, workspace__owner=student, mode=VisitMode.LOOK)
    visit = looks.filter(workspace__deleted_at__isnull=True).select_related("workspace__owner").first()
    if visit is None or not _may_stay(visit):
        raise ProblemError(HTTPStatus.CONFLICT, "look_ended", "You do not look at these files any more.")
    now = timezone.now()
    call = HelpCall.objects.filter(student=student).first()
    allowed = permission(call.asked_at if call else None, class_ends_at(cohort, now), now)
    if allowed is not None:
        ends_at = min(now + LOOK_LASTS, visit.began_at + LASTS, allowed.ends_at)
        if ends_at > visit.ends_at + LOOK_LASTS / 4:  # not at each read
            HelpVisit.objects.filter(pk=visit.pk).update(ends_at=ends_at)
    return visit.workspace


def in_force() -> QuerySet[HelpVisit]:
    return HelpVisit.objects.filter(ends_at__gt=timezone.now()).select_related("visitor")


def of_student(student: User) -> list[HelpVisit]:
    """Who is, or may be, in the student's workspace now."""
    return list(in_force().filter(workspace__owner=student))


def end_all(visits: QuerySet[HelpVisit], *, because: str, acting_user: User | None = None) -> None:
    """At once, also what is open. A repeat changes nothing."""
    with transaction.atomic():
        for visit in visits.select_for_update(of=("self",)).select_related("workspace__owner", "visitor"):
            _end(visit, because=because, acting_user=acting_user)


def _end(visit: HelpVisit, *, because: str, acting_user: User | None) -> None:
    if visit.mode == VisitMode.JOIN:  # a look has opened nothing
        visit_ended.send(HelpVisit, visit=visit)
    HelpVisit.objects.filter(pk=visit.pk).delete()
    workspace_id = visit.workspace.pk
    record(
        f"{_ACTIONS[visit.mode]}_end", actor=acting_user, target_type="workspace", target_id=workspace_id,
        visitor=visit.visitor.email, owner=visit.workspace.owner.email, because=because,
        began_at=visit.began_at.isoformat(), ended_at=min(timezone.now(), visit.ends_at).isoformat(),
    )  # fmt: skip
    transaction.on_commit(lambda: _tell(workspace_id))


def end_unallowed(visits: QuerySet[HelpVisit], *, because: str) -> None:
    """Of these, the visits of people who may not stay any more."""
    found = visits.select_related("workspace__owner", "visitor")
    gone = [visit.pk for visit in found if not _may_stay(visit)]
    end_all(HelpVisit.objects.filter(pk__in=gone), because=because)


def _may_stay(visit: HelpVisit) -> bool:
    visitor, owner = visit.visitor, visit.workspace.owner
    teaches = visitor.is_active and visitor.role != Role.STUDENT
    return teaches and Cohort.objects.filter(instructors=visitor, memberships__student=owner).exists()


def refuse_who_does_not_teach(cohort: Cohort, user: User) -> None:
    if not cohort.instructors.filter(pk=user.pk).exists():
        raise ProblemError(
            HTTPStatus.FORBIDDEN, "forbidden", "Only the people who teach this cohort open its students’ workspaces."
        )


def _tell(workspace_id: str, news: str = "") -> None:
    """The student's editor says who is there. The dashboard says it anyway."""
    names: dict[str, list[str]] = {mode: [] for mode in VisitMode.values}
    for visit in in_force().filter(workspace_id=workspace_id):
        names[visit.mode].append(visit.visitor.display_name)
    text = in_words(here=names[VisitMode.JOIN], looking=names[VisitMode.LOOK])
    _show([workspace_id], ShowRequest(news=news, visitors=text))


def tell_of_call(student: User) -> None:
    """The student's editor asks whether help is asked for (backend/gateway/help_line.py)."""
    workspaces = Workspace.objects.filter(owner=student, deleted_at__isnull=True)
    _show(list(workspaces.values_list("pk", flat=True)), ShowRequest(help_changed=True))


def _show(workspace_ids: list[str], request: ShowRequest) -> None:
    try:
        manager_client().show(workspace_ids, request)
    except ApraNovaError as error:
        logger.warning("help is shown in the portal alone: %s", error.message)


def in_words(*, here: Iterable[str], looking: Iterable[str] = ()) -> str:
    """'Ms Bell and Mr Day are here', 'Ms Bell is here, Mr Day is looking', or nothing."""
    inside = list(dict.fromkeys(here))
    outside = [name for name in dict.fromkeys(looking) if name not in inside]
    parts = [(inside, "here"), (outside, "looking")]
    return ", ".join(f"{' and '.join(who)} {'is' if len(who) == 1 else 'are'} {what}" for who, what in parts if who)


def digest(launch_secret: str) -> str:
    return hashlib.sha256(launch_secret.encode()).hexdigest()
