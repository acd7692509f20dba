"""The audit log keeps that something was done, and names somebody who was erased by a pseudonym.

PostgreSQL refuses every change of the log but this one (migration 0002): while an erasure goes on,
and only who is named, an address and details, never what was done, when, and to what.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.models import Q

from backend.accounts.models import Invitation, User
from backend.assignments.models import Assignment
from backend.audit.models import Record
from backend.cohorts.models import Cohort
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
    taken = User.objects.exclude(pk=person.pk).filter(email__in=known).values_list("email", flat=True)
    names = names_of(person)
    return Words(known - set(taken), names, {it for it in names if " " in it and not _means_others(it, person)}, name)


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


def _means_others(name: str, person: User) -> bool:
    """People choose their names: one may be a part of somebody else's, or of a cohort's."""
    return (
        User.objects.exclude(pk=person.pk).filter(name__icontains=name).exists()
        or Cohort.objects.filter(name__icontains=name).exists()
        or Assignment.objects.filter(title__icontains=name).exists()
    )


class Words:
    """Finds the person's addresses and names in texts."""

    def __init__(self, addresses: set[str], names: set[str], telling: set[str], name: str) -> None:
        self.name = name
        self.names = names
        self.addresses = addresses
        self.telling = telling
        """Names that mean nobody and nothing else, so that they may be looked for in any text."""
        self._addresses = _pattern(addresses, r"(?![\w-]|\.\w)")
        self._telling = _pattern(telling, r"(?![\w-])")

    def without(self, value: Any, *, about: bool) -> Any:
        """`about`: the record is by or about the person, so also a name that others share is."""
        match value:
            case str():
                if about and value in self.names:
                    return self.name
                return self._telling.sub(self._instead, self._addresses.sub(self.name, value))
            case list():
                return [self.without(it, about=about) for it in value]
            case dict():
                return {key: self.without(it, about=about) for key, it in value.items()}
            case _:
                return value

    def _instead(self, hit: re.Match[str]) -> str:
        """A person may be called 'well done': only what is written as a name is taken for one."""
        first, *_, last = hit.group().split()
        return hit.group() if first.islower() or last.islower() else self.name


def _pattern(words: set[str], not_before: str) -> re.Pattern[str]:
    """Finds nothing without words."""
    longest_first = sorted(words, key=len, reverse=True)
    found = "|".join(map(re.escape, longest_first)) or r"(?!)"
    return re.compile(rf"(?<![\w.+-])(?:{found}){not_before}", re.IGNORECASE)


def _candidates(person: User, things: set[str], words: Words) -> Any:
    found = Q(actor_id=person.pk) | Q(target_id__in=things) | Q(details__student=str(person.pk))
    for address in words.addresses:
        found |= Q(target_id__iexact=address) | Q(details__icontains=address)
    for name in words.telling:
        found |= Q(details__icontains=json.dumps(name, ensure_ascii=False)[1:-1])
    return Record.objects.filter(found)


def _replace(record: Record, person: User, things: set[str], words: Words) -> None:
    own = record.actor_id == person.pk
    by_address = record.target_id.lower() in words.addresses
    student = str(record.details.get("student", "")).lower()
    about = by_address or record.target_id in things or student in {*words.addresses, str(person.pk)}
    details = words.without(record.details, about=own or about)
    if about:
        details = {key: REMOVED if key in OF_THEIR_WORK and it else it for key, it in details.items()}
    Record.objects.filter(pk=record.pk).update(
        actor=words.name if own else record.actor,
        target_id=words.name if by_address else record.target_id,
        ip=None if own or (by_address and record.actor_id is None) else record.ip,
        details=details,
    )
