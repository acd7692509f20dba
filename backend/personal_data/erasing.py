"""What is left of a person when the workspaces are gone: removed in one transaction.

Who is erased keeps a row without anything of them, under a pseudonym: assignments, join links and
hours point to it, and those are not theirs alone.
"""

from __future__ import annotations

from importlib import import_module

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session as SignInSession
from django.db import transaction
from django.db.models import Model, Q
from django.utils import timezone

from backend.accounts.models import Invitation, User
from backend.assignments.models import HandOut, StarterDelivery, Submission
from backend.assignments.services import drop_unused_bundles
from backend.audit.models import Record
from backend.audit.record import record
from backend.cohorts import members
from backend.cohorts.models import MESSAGE_MAX, Announcement, HelpCall, HelpVisit, Message
from backend.lti.models import CourseMember
from backend.personal_data.audit_names import Words, replace_names, words_of
from backend.personal_data.models import Erasure, Export
from backend.personal_data.tables import addresses_of
from backend.workspaces.models import Workspace
from backend.workspaces.services import REMOVED

NAME = "erased person {pseudonym}"
ADDRESS = "erased-{pseudonym}@erased.invalid"
"""`.invalid` is nobody's for ever (RFC 2606)."""

LOG_TEXT_MAX = 200
"""Characters: Django's `object_repr`."""
TEXTS: tuple[tuple[type[Model], str, int | None], ...] = (
    (Message, "text", MESSAGE_MAX),
    (Announcement, "text", MESSAGE_MAX),
    (Submission, "comment", None),
    (Submission, "returned_comment", None),
)
"""Written by people for others to read."""


def erase(erasure: Erasure) -> bool:
    """Remove everything but the workspaces, which are gone. False: there is another one.

    It is in one transaction, which a process that dies takes back whole.
    """
    with transaction.atomic():
        person = User.objects.select_for_update().get(pk=erasure.person.pk)
        if Workspace.objects.filter(owner=person).exclude(name=REMOVED).exists():
            return False
        if not Erasure.objects.filter(pk=erasure.pk, finished_at=None).exists():
            return True  # another process was quicker
        addresses = addresses_of(person)
        name = NAME.format(pseudonym=erasure.pseudonym)
        counts = _remove_work(person)
        words = words_of(person, addresses, name)
        _leave_shared_things(person, name)
        _replace_in_texts(words)
        _forget_sign_ins(person)
        replace_names(erasure, person, words)
        _forget_addresses(person, addresses, words)
        _make_nobody(person, erasure, name)
        Erasure.objects.filter(pk=erasure.pk).update(finished_at=timezone.now(), problem="")
        record(
            "user.erased", actor=None, target_type="user", target_id=person.pk, pseudonym=erasure.pseudonym, **counts
        )
    return True


def _remove_work(person: User) -> dict[str, int]:
    """What is theirs alone; how much it was, for the audit log."""
    Export.objects.filter(person=person).delete()  # one that was made since the workspaces began to go
    handed_in = Submission.objects.filter(student=person)
    submissions = handed_in.count()
    handed_in.delete()
    workspaces = Workspace.objects.filter(owner=person)
    for deliveries in (HandOut, StarterDelivery):
        deliveries.objects.filter(workspace__in=workspaces).delete()
    Message.objects.filter(student=person).delete()
    HelpCall.objects.filter(student=person).delete()
    HelpVisit.objects.filter(Q(visitor=person) | Q(workspace__in=workspaces)).delete()
    members.leave(person, acting_user=None)
    for cohort in person.taught_cohorts.all():  # pyright: ignore[reportAttributeAccessIssue]
        cohort.instructors.remove(person)
    drop_unused_bundles()
    return {"workspaces": workspaces.count(), "submissions": submissions}


def _leave_shared_things(person: User, name: str) -> None:
    """What they announced and wrote to others stays, under the pseudonym. Announcements are found
    by their audit records. A message names only its sender: one that a namesake may have sent is
    left, and goes when it is read, or after 30 days."""
    announced = Record.objects.filter(actor_id=person.pk, action="announcement.create").values_list(
        "target_id", flat=True
    )
    Announcement.objects.filter(pk__in=list(announced)).update(sender=name)
    namesakes = User.objects.exclude(pk=person.pk).filter(Q(name=person.display_name) | Q(name=""))
    if person.display_name not in {it.display_name for it in namesakes}:
        Message.objects.filter(sender=person.display_name).update(sender=name)


def _replace_in_texts(words: Words) -> None:
    """What others wrote to others and said of them. A name that others bear, too, is left."""
    for model, column, longest in TEXTS:
        for pk, before in model.objects.filter(_naming(words, column)).values_list("pk", column):
            text = words.without(before, about=False)
            # What somebody writes at this moment is not overwritten.
            model.objects.filter(pk=pk, **{column: before}).update(**{column: text[:longest]})


def _naming(words: Words, column: str) -> Q:
    naming = Q()
    for word in words.addresses | words.telling:
        naming |= Q(**{f"{column}__icontains": word})
    return naming


def _forget_sign_ins(person: User) -> None:
    Authenticator.objects.filter(user=person).delete()
    SocialAccount.objects.filter(user=person).delete()
    CourseMember.objects.filter(user=person).delete()
    store = import_module(settings.SESSION_ENGINE).SessionStore
    for session in SignInSession.objects.iterator():
        if session.get_decoded().get("_auth_user_id") == str(person.pk):
            store(session.session_key).delete()  # the cache has it, too


def _forget_addresses(person: User, addresses: list[str], words: Words) -> None:
    Invitation.objects.filter(email__in=addresses).delete()
    EmailAddress.objects.filter(user=person).delete()
    about = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(User), object_id=str(person.pk))
    about.update(object_repr=words.name, change_message="")
    for entry in LogEntry.objects.filter(_naming(words, "object_repr") | _naming(words, "change_message")):
        shown, changes = (words.without(it, about=False) for it in (entry.object_repr, entry.change_message))
        LogEntry.objects.filter(pk=entry.pk).update(object_repr=shown[:LOG_TEXT_MAX], change_message=changes)


def _make_nobody(person: User, erasure: Erasure, name: str) -> None:
    person.set_unusable_password()
    User.objects.filter(pk=person.pk).update(
        name=name,
        email=ADDRESS.format(pseudonym=erasure.pseudonym),
        password=person.password,
        last_login=None,
        is_active=False,
    )
