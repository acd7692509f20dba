"""Cohorts and hints as the backend sends them: kept when they make sense, refused with one clear
sentence when not."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest

from contract.manager import COHORT_CLASSES_MAX, COHORT_MEMBERS_MAX, ClassTime, CohortRequest
from contract.names import WorkspaceKind
from contract.wire import to_json
from manager.domain.pool.cohort import OPENS_BEFORE_S
from manager.domain.pool.reconcile import PoolPlan
from manager.entrypoints.handler import InvocationHandler
from manager.tests.school import ANNA, BEN, School
from manager.use_cases.pool_note import note_pool
from manager.use_cases.reconcile_pass import observe, reconcile_pass

BERLIN = CohortRequest("berlin-3", "Berlin-3", WorkspaceKind.VSCODE, (), (ANNA, BEN), newcomers=2)


def ask(school: School, action: str, request: Any) -> dict[str, Any]:
    handler = InvocationHandler(school.world, last_sweep_at=lambda: None)
    return handler({"action": action, **(request if isinstance(request, dict) else to_json(request))})


def test_a_cohort_is_kept_and_due_before_its_next_class() -> None:
    school = School()
    now = school.clock.now()
    classes = (ClassTime(now + 90_000, now + 97_200), ClassTime(now + 7_200, now + 14_400))
    assert ask(school, "put_cohort", replace(BERLIN, classes=classes)) == {"ok": True}
    kept = school.store.find_cohort("berlin-3")
    assert kept is not None
    assert (kept.members, kept.newcomers, kept.due_at) == ((ANNA, BEN), 2, now + 7_200 - OPENS_BEFORE_S)
    assert [item.starts_at for item in kept.classes] == [now + 7_200, now + 90_000]


def test_the_same_cohort_again_writes_nothing_and_a_holiday_takes_a_class_out() -> None:
    school = School()
    now = school.clock.now()
    berlin = replace(BERLIN, classes=(ClassTime(now + 7_200, now + 14_400),))
    ask(school, "put_cohort", berlin)
    ask(school, "put_cohort", berlin)
    kept = school.store.find_cohort("berlin-3")
    assert kept is not None
    assert kept.version == 1
    ask(school, "put_cohort", replace(berlin, classes=()))
    kept = school.store.find_cohort("berlin-3")
    assert kept is not None
    assert (kept.classes, kept.due_at) == ((), None)


def test_a_class_that_has_begun_stays_known_whatever_is_announced_later() -> None:
    school = School()
    now = school.clock.now()
    ask(school, "put_cohort", replace(BERLIN, classes=(ClassTime(now + 60, now + 7_200),)))
    school.later(120.0)
    ask(school, "put_cohort", BERLIN)
    kept = school.store.find_cohort("berlin-3")
    assert kept is not None
    assert [item.starts_at for item in kept.classes] == [now + 60]


def test_a_pass_reads_the_members_of_so_many_cohorts_and_leaves_the_others_to_the_next() -> None:
    school = School()
    begins = school.clock.now() + 600.0
    many = tuple(f"ws-{''.join(letters)}zzzzzzz" for letters in itertools.product("abcdefghijklmnop", repeat=3))
    for minute, (cohort_id, members) in enumerate((("a", many[:COHORT_MEMBERS_MAX]), ("b", (ANNA,)), ("c", (BEN,)))):
        classes = (ClassTime(begins + 60.0 * minute, begins + 7_200.0),)
        ask(school, "put_cohort", replace(BERLIN, cohort_id=cohort_id, classes=classes, members=members))
    prepared = []
    for _ in range(3):
        pool = observe(school.world, school.clock.now()).pool
        assert pool is not None
        prepared.append([due.cohort.cohort_id for due in pool.cohorts])
        reconcile_pass(school.world)
    assert prepared == [["a"], ["b", "c"], []]


def test_a_removed_cohort_is_gone_and_removing_it_again_is_no_error() -> None:
    school = School()
    ask(school, "put_cohort", BERLIN)
    assert ask(school, "remove_cohort", {"cohort_id": "berlin-3"}) == {"ok": True}
    assert ask(school, "remove_cohort", {"cohort_id": "berlin-3"}) == {"ok": True}
    assert school.store.find_cohort("berlin-3") is None


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"cohort_id": ""}, "cohort_id"),
        ({"label": ""}, "label"),
        ({"kind": "emacs"}, "kind"),
        ({"members": ["../../etc"]}, "members[0]"),
        ({"newcomers": -1}, "newcomers"),
        ({"classes": [{"starts_at": 20.0, "ends_at": 10.0}]}, "classes[0]"),
        ({"classes": [{"starts_at": float("nan"), "ends_at": 10.0}]}, "classes[0]"),
        ({"classes": [{"starts_at": 10.0, "ends_at": float("inf")}]}, "classes[0]"),
        ({"classes": [{"starts_at": 10.0, "ends_at": 20.0}] * (COHORT_CLASSES_MAX + 1)}, "classes"),
        ({"members": [ANNA] * 2_001}, "members"),
    ],
)
def test_a_cohort_that_makes_no_sense_is_refused_and_nothing_changes(change: dict[str, Any], named: str) -> None:
    school = School()
    ask(school, "put_cohort", BERLIN)
    answer = ask(school, "put_cohort", {**to_json(BERLIN), **change})
    assert (answer["ok"], answer["error"]["reason"]) == (False, "bad_request")
    assert f"{named}:" in answer["error"]["message"]
    kept = school.store.find_cohort("berlin-3")
    assert kept is not None
    assert kept.version == 1


def test_a_hint_is_answered_also_for_an_unknown_workspace_and_refused_when_it_is_malformed() -> None:
    school = School()
    assert ask(school, "expect", {"workspace_id": ANNA, "because": "signed in"}) == {"ok": True}
    assert ask(school, "expect", {"workspace_id": "anna", "because": "signed in"})["ok"] is False
    assert ask(school, "expect", {"workspace_id": ANNA, "because": ""})["ok"] is False
    assert ask(school, "expect", {"workspace_id": ANNA, "because": "x" * 101})["ok"] is False


def test_on_one_machine_the_pool_grows_to_the_largest_cohort_and_shrinks_when_it_is_gone() -> None:
    school = School(pool=1, spare_memory_part=0.5, warming_max=99)
    ask(school, "put_cohort", BERLIN)
    school.settle()
    assert len(school.store.list_warm_tasks(limit=10)) == 4
    written = school.store.find_outlook().version
    ask(school, "put_cohort", BERLIN)
    assert school.store.find_outlook().version == written
    ask(school, "remove_cohort", {"cohort_id": "berlin-3"})
    school.settle(after_s=300.0)
    assert sum(task.warm for task in school.store.list_warm_tasks(limit=10)) == 1


def test_the_pools_note_is_written_once_a_minute_and_sooner_when_the_sizes_change() -> None:
    school = School(pool=1)
    school.settle()
    known = school.store.find_outlook()
    same = PoolPlan((), known.targets, 1, look_again_at=0.0)
    other = replace(same, targets=(replace(known.targets[0], size=9, retire_above=9),))
    limit_s = school.world.policy.meter_s
    for after_s, plan, noted in (
        (limit_s / 10.0 - 0.1, other, False),
        (limit_s / 10.0, same, False),
        (limit_s - 0.1, same, False),
        (limit_s, same, True),
        (limit_s / 10.0, other, True),
    ):
        outlook = school.store.find_outlook()
        school.clock.advance(outlook.metered_at + after_s - school.clock.now())
        note_pool(school.world, plan, outlook)
        assert (school.store.find_outlook() != outlook) is noted
    assert school.store.find_outlook().targets == other.targets


def test_a_cohort_from_before_is_counted_when_the_backend_sends_it_again() -> None:
    school = School()
    ask(school, "put_cohort", BERLIN)
    school.world = replace(school.world, policy=replace(school.world.policy, spare_memory_part=0.5))
    ask(school, "put_cohort", BERLIN)
    assert [size.people for size in school.store.find_outlook().cohorts] == [4]
