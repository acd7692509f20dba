"""The audit log keeps that something was done, and names somebody who was erased by a pseudonym.

PostgreSQL refuses every change of the log but this one (migration 0002): while an erasure goes on,
and only who is named, an address and details, never what was done, when, and to what.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.models import Q

from backend.accounts.models import Invitation, User
from backend.audit.models import Record
from backend.personal_data.models import Erasure
from backend.workspaces.models import Workspace

READ_AT_ONCE = 500
REMOVED = "removed"
OF_THEIR_WORK = frozenset({"mark", "before", "comment", "text", "path", "file_name", "uid"})
"""Details of records about the person that hold what they did or what somebody said of it."""


def words_of(person: User, addresses: Iterable[str], name: str) -> Words:
    """What the person is called anywhere, and what stands there from now on."""
    own = Record.objects.filter(actor_id=person.pk).exclude(actor="")
    known = {*addresses, *(it.lower() for it in own.values_list("actor", flat=True).distinct())}
    return Words(known, names_of(person), name)


def replace_names(erasure: Erasure, person: User, words: Words) -> None:
    """Call it in the transaction of the erasure."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('apranova.erasure', %s, true)", [str(erasure.pk)])
    things = _things(person, words.addresses)
    for record in _candidates(person, things, words).order_by("id").iterator(READ_AT_ONCE):
        _replace(record, person, things, words)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('apranova.erasure', '', true)")


def _things(person: User, addresses: Iterable[str]) -> set[str]:
    """Ids of what is theirs."""
    workspaces = Workspace.objects.filter(owner=person).values_list("pk", flat=True)
    invitations = Invitation.objects.filter(email__in=list(addresses)).values_list("pk", flat=True)
    return {str(person.pk), *workspaces, *map(str, invitations)}


def names_of(person: User) -> set[str]:
    """What they are called, and were called before an admin changed it."""
    found = {person.name, person.display_name}
    changes = Record.objects.filter(target_id=str(person.pk), details__changes__has_key="name")
    for details in changes.values_list("details", flat=True):
        found.update(it for it in details["changes"]["name"] if isinstance(it, str))
    return {it for it in found if it}


class Words:
    """Finds the person's addresses and names in texts."""

    def __init__(self, addresses: set[str], names: set[str], name: str) -> None:
        self.name = name
        self.names = names
        self.addresses = addresses
        others = set(User.objects.filter(name__in=names).values_list("name", flat=True).distinct()[:50])
        shared = {it for it in others if User.objects.filter(name=it).count() > 1}
        self.telling = {it for it in names if " " in it} - shared
        """Names that are nobody else's, so that they may be looked for in any text."""
        self._anywhere = _pattern(addresses | self.telling)

    def without(self, value: Any, *, about: bool) -> Any:
        """`about`: the record is by or about the person, so also a name that others share is."""
        match value:
            case str():
                whole = about and value in self.names
                return self.name if whole else self._anywhere.sub(self.name, value)
            case list():
                return [self.without(it, about=about) for it in value]
            case dict():
                return {key: self.without(it, about=about) for key, it in value.items()}
            case _:
                return value


def _pattern(words: set[str]) -> re.Pattern[str]:
    longest_first = sorted(words, key=len, reverse=True)
    return re.compile(rf"(?<![\w.+-])(?:{'|'.join(map(re.escape, longest_first))})(?![\w-])", re.IGNORECASE)


def _candidates(person: User, things: set[str], words: Words) -> Any:
    found = Q(actor_id=person.pk) | Q(target_id__in=things) | Q(details__student=str(person.pk))
    for address in words.addresses:
        found |= Q(target_id__iexact=address) | Q(actor__iexact=address) | Q(details__icontains=address)
    for name in words.telling:
        found |= Q(details__icontains=name)
    return Record.objects.filter(found)


def _replace(record: Record, person: User, things: set[str], words: Words) -> None:
    own = record.actor_id == person.pk or record.actor.lower() in words.addresses
    by_address = record.target_id.lower() in words.addresses
    student = str(record.details.get("student", "")).lower()
    about = by_address or record.target_id in things or student in {*words.addresses, str(person.pk)}
    details = words.without(record.details, about=own or about)
    if about:
        details = {key: REMOVED if key in OF_THEIR_WORK and it else it for key, it in details.items()}
    Record.objects.filter(pk=record.pk).update(
        actor=words.name if own else record.actor,
        target_id=words.name if by_address else record.target_id,
        ip=None if own or by_address else record.ip,
        details=details,
    )
