"""Erasing a person: asked for by an admin, taken back within a grace, carried out after it.

First their workspaces go, with homes, checkpoints and snapshots; that is the manager's work and
takes as long as it takes. Then everything else goes in one transaction. So a process may die at any
moment: the next pass begins again with what is left.
"""

from __future__ import annotations

import logging
import secrets
from datetime import timedelta
from http import HTTPStatus

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from backend.accounts import services as accounts
from backend.accounts.models import User
from backend.accounts.roles import Role, Track
from backend.audit.record import record
from backend.personal_data import erasing
from backend.personal_data.models import Erasure, Export
from backend.platform.background import BackgroundWorker
from backend.platform.problems import FieldError, ProblemError
from backend.workspaces import services as workspaces
from backend.workspaces.models import Workspace
from contract.errors import ApraNovaError

LOOK_EVERY_S = 30.0
HELD_FOR = timedelta(minutes=5)
AGAIN_AFTER = timedelta(seconds=20)
PSEUDONYM_BYTES = (2, 2, 2, 3, 4, 8)
"""Short ones first: people have to tell them apart."""

NOT_ONESELF = "You cannot erase your own account. Ask another admin."
BEING_ERASED = "This account is to be erased, so nothing of it can be changed."

logger = logging.getLogger(__name__)


def ask(person: User, name: str, *, acting_user: User) -> Erasure:
    """Deactivate the account now, and erase the person after the grace. A repeat changes nothing.

    Raises ProblemError when `name` is not theirs, or when no admin would be left.
    """
    if person.pk == acting_user.pk:
        raise ProblemError(HTTPStatus.CONFLICT, "own_account", NOT_ONESELF)
    if name.strip() != person.display_name:
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY, "name_differs", "The name does not match; nothing was changed.",
            remedy=f"Type the name exactly: {person.display_name}",
            errors=[FieldError(field="body.name", message=f"Type it exactly: {person.display_name}")],
        )  # fmt: skip
    with transaction.atomic():
        was_active = _set_active(person, active=False, acting_user=acting_user)  # locks the account
        known = Erasure.objects.filter(person=person).first()
        if known is not None:
            return known
        now = timezone.now()
        due_at = now + timedelta(days=settings.ENVIRONMENT.erase_grace_days)
        made = Erasure.objects.create(
            person=person, pseudonym=_new_pseudonym(), was_active=was_active,
            asked_at=now, due_at=due_at, next_try_at=due_at,
        )  # fmt: skip
        record(
            "user.erase_ask", actor=acting_user, target_type="user", target_id=person.pk,
            due_at=due_at.isoformat(timespec="seconds"), pseudonym=made.pseudonym,
        )  # fmt: skip
        transaction.on_commit(worker.wake)
    return made


def take_back(person: User, *, acting_user: User) -> None:
    """The account is as it was. A repeat changes nothing. Raises ProblemError after the grace."""
    with transaction.atomic():
        known = Erasure.objects.select_for_update(of=("self",)).select_related("person").filter(person=person).first()
        if known is None:
            return
        if known.begun_at is not None:
            raise ProblemError(
                HTTPStatus.CONFLICT, "erasing", "It is too late: the grace is over, and the person is being erased."
            )
        was_active = known.was_active
        known.delete()
        record("user.erase_take_back", actor=acting_user, target_type="user", target_id=person.pk)
        _set_active(User.objects.get(pk=person.pk), active=was_active, acting_user=acting_user)


def _new_pseudonym() -> str:
    for length in PSEUDONYM_BYTES:
        pseudonym = secrets.token_hex(length)
        if not Erasure.objects.filter(pseudonym=pseudonym).exists():
            return pseudonym
    raise AssertionError("64 random bits were taken")


def _set_active(person: User, *, active: bool, acting_user: User) -> bool:
    """Whether that changed something."""
    changes = accounts.update_user(
        person,
        name=person.name,
        role=Role(person.role),
        track=Track(person.track) if person.track else None,
        is_active=active,
        acting_user=acting_user,
    )
    return bool(changes)


def refuse_changes(user: User, **_: object) -> None:
    """Receives `person_changed`: another admin, or Django's admin, may be at it meanwhile."""
    if Erasure.objects.filter(person=user).exists():
        raise ProblemError(
            HTTPStatus.CONFLICT, "erasing", BEING_ERASED, remedy="Within the grace, take the erasure back first."
        )


def erase_due() -> None:
    """One pass over the erasures whose grace is over."""
    tried: set[object] = set()
    while (erasure := _take(tried)) is not None:
        tried.add(erasure.pk)
        try:
            problem = _carry_on(erasure)
        except Exception as error:  # one person's erasure is no reason to leave out the others
            logger.exception("the erasure %s did not finish; it is tried again", erasure.pseudonym)
            problem = error.message if isinstance(error, ApraNovaError) else "It failed; the backend's log says why."
        if problem is not None:
            again = timezone.now() + AGAIN_AFTER
            Erasure.objects.filter(pk=erasure.pk, finished_at=None).update(problem=problem, next_try_at=again)


worker = BackgroundWorker("erasures", erase_due, interval_s=LOOK_EVERY_S)


def _take(tried: set[object]) -> Erasure | None:
    now = timezone.now()
    with transaction.atomic():
        due = Erasure.objects.filter(finished_at=None, due_at__lte=now, next_try_at__lte=now).exclude(pk__in=tried)
        rows = due.select_for_update(skip_locked=True, of=("self",)).select_related("person").order_by("due_at")
        erasure = rows.first()
        if erasure is None:
            return None
        erasure.begun_at, erasure.next_try_at = erasure.begun_at or now, now + HELD_FOR
        erasure.save(update_fields=["begun_at", "next_try_at"])
    return erasure


def _carry_on(erasure: Erasure) -> str | None:
    """None: it is done; otherwise what it waits for. Each step may be repeated."""
    person = erasure.person
    Export.objects.filter(person=person).delete()
    User.objects.filter(pk=person.pk).update(is_active=False)  # whatever was done in SQL meanwhile
    left = 0
    for workspace in Workspace.objects.filter(owner=person).select_related("owner"):
        left += not workspaces.remove_for_good(workspace)
    if left:
        return "Workspaces are being removed."
    return None if erasing.erase(erasure) else "A workspace was made meanwhile; it is removed first."
