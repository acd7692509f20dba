"""Newcomers whom the school's provider vouches for: a join link or a group leads to a cohort."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from backend.accounts.newcomers import Newcomer, Welcome
from backend.accounts.roles import Role, Track
from backend.cohorts.join_links import find_open, may_join, take_place
from backend.cohorts.members import join
from backend.cohorts.models import Cohort

_JOIN_PAGE = re.compile(r"/join/([A-Za-z0-9_-]{20,64})")


def welcome(newcomer: Newcomer, **_: Any) -> Welcome | None:
    """Receives `newcomer_arrives`."""
    return _by_join_link(newcomer) or _by_group(newcomer)


def _by_join_link(newcomer: Newcomer) -> Welcome | None:
    page = _JOIN_PAGE.fullmatch(newcomer.wanted)
    link = find_open(page[1]) if page else None
    if link is None or not may_join(link, newcomer.email):
        return None
    return Welcome(Role.STUDENT, Track(link.cohort.track), partial(take_place, link.pk))


def _by_group(newcomer: Newcomer) -> Welcome | None:
    """A group that is called as an active cohort, of several the first by name."""
    cohort = Cohort.objects.filter(name__in=newcomer.groups, active=True).order_by("name").first()
    if cohort is None:
        return None
    return Welcome(Role.STUDENT, Track(cohort.track), lambda user: join(user, cohort, acting_user=user))
