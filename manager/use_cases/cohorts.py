"""What the backend tells of cohorts and their timetables, kept for the pool's planner."""

from __future__ import annotations

from contract.errors import ApraNovaError, Reason
from contract.manager import CohortRequest
from manager.domain.pool.cohort import ID_MAX, BadCohort, Cohort, checked
from manager.use_cases.records import retried
from manager.use_cases.world import World


def put(world: World, request: CohortRequest) -> None:
    """Replace what is known of a cohort. Raises ApraNovaError(BAD_REQUEST), and then nothing was changed."""
    try:
        checked(request)
    except BadCohort as error:
        raise ApraNovaError(Reason.BAD_REQUEST, str(error)) from None

    def attempt() -> None:
        known = world.store.find_cohort(request.cohort_id)
        cohort = known or Cohort(request.cohort_id, request.label, request.kind)
        updated = cohort.announced(request, now=world.clock.now())
        if updated != known:
            world.store.write(updated)

    retried(world, attempt)
    world.wake()


def remove(world: World, cohort_id: str) -> None:
    """Forget a cohort and what was learned of it; tasks that were started ahead for it end in their own time."""
    if not 0 < len(cohort_id) <= ID_MAX:
        raise ApraNovaError(Reason.BAD_REQUEST, f"cohort_id: 1 to {ID_MAX} characters are expected")

    def attempt() -> None:
        cohort = world.store.find_cohort(cohort_id)
        if cohort is not None:
            world.store.write(delete=(cohort,))

    retried(world, attempt)
