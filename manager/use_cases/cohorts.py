"""What the backend says of cohorts and their timetables, kept for the pool's planner."""

from __future__ import annotations

import math

from contract.errors import ApraNovaError, Reason
from contract.manager import COHORT_CLASSES_MAX, COHORT_MEMBERS_MAX, COHORT_NEWCOMERS_MAX, CohortRequest
from contract.names import WORKSPACE_ID_PATTERN
from manager.domain.pool.cohort import Cohort
from manager.domain.pool.outlook import CohortSize, Outlook
from manager.use_cases.records import retried
from manager.use_cases.world import World

LABEL_MAX = 200
ID_MAX = 64


def put(world: World, request: CohortRequest) -> None:
    """Replace what is known of a cohort. Raises ApraNovaError(BAD_REQUEST): nothing was changed."""
    _check(request)

    def attempt() -> None:
        known = world.store.find_cohort(request.cohort_id)
        cohort = known or Cohort(request.cohort_id, request.label, request.kind)
        updated = cohort.announced(request, now=world.clock.now())
        people = len(updated.members) + updated.newcomers
        outlook = _outlook(world, request.cohort_id, CohortSize(request.cohort_id, people, request.kind))
        changed = [updated] if updated != known else []
        if changed or outlook:
            world.store.write(*changed, *outlook)

    retried(world, attempt)
    world.wake()


def remove(world: World, cohort_id: str) -> None:
    """Forget a cohort and what was learned of it. Tasks that were started for it end in their own
    time."""
    _check_length("cohort_id", cohort_id, ID_MAX)

    def attempt() -> None:
        cohort = world.store.find_cohort(cohort_id)
        if cohort is not None:
            world.store.write(*_outlook(world, cohort_id, None), delete=(cohort,))

    retried(world, attempt)


def _outlook(world: World, cohort_id: str, size: CohortSize | None) -> tuple[Outlook, ...]:
    """The outlook with a cohort's size, where the pool goes by it and it differs."""
    if not world.policy.spare_memory_part:
        return ()
    known = world.store.find_outlook()
    changed = known.with_cohort(cohort_id, size)
    return () if changed == known else (changed,)


def _check(request: CohortRequest) -> None:
    _check_length("cohort_id", request.cohort_id, ID_MAX)
    _check_length("label", request.label, LABEL_MAX)
    for name, found, most in (
        ("classes", len(request.classes), COHORT_CLASSES_MAX),
        ("members", len(request.members), COHORT_MEMBERS_MAX),
        ("newcomers", request.newcomers, COHORT_NEWCOMERS_MAX),
    ):
        if not 0 <= found <= most:
            raise _bad(f"{name}: 0 to {most:,} are expected, not {found:,}")
    for index, item in enumerate(request.classes):
        if not 0.0 < item.starts_at < item.ends_at < math.inf:
            raise _bad(f"classes[{index}]: starts_at must be before ends_at, both in seconds since the epoch")
    for index, member in enumerate(request.members):
        if not WORKSPACE_ID_PATTERN.fullmatch(member):
            raise _bad(f"members[{index}]: a workspace's id is expected, not {member[:40]!r}")


def _check_length(name: str, text: str, longest: int) -> None:
    if not 0 < len(text) <= longest:
        raise _bad(f"{name}: 1 to {longest} characters are expected")


def _bad(text: str) -> ApraNovaError:
    return ApraNovaError(Reason.BAD_REQUEST, text)
