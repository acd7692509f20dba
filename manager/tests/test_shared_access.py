"""Whose shared data workspaces see when their owners change cohorts."""

from __future__ import annotations

from typing import Any

import pytest

from contract.errors import ApraNovaError, Reason
from contract.manager import LaunchRequest, SharedAccess
from contract.names import WorkspaceState
from manager.tests.school import ANNA, BEN, School, running
from manager.use_cases.launch import launch
from manager.use_cases.shared_data import put_access
from manager.use_cases.stop import stop

OLD, NEW = "a" * 32, "b" * 32


def seen(school: School) -> str:
    return school.runner.shared[school.workspace().task_id or ""]


def up(**options: Any) -> School:
    school = School(**options)
    school.enrol(ANNA, BEN)
    launch(school.world, ANNA, LaunchRequest(ANNA, shared=OLD))
    school.settle()
    assert seen(school) == OLD
    return school


@pytest.mark.parametrize("shared", [NEW, ""])
def test_one_that_runs_sees_other_data_at_once_and_a_repeat_writes_nothing(shared: str) -> None:
    school = up()
    told = (SharedAccess(ANNA, shared), SharedAccess(BEN, NEW), SharedAccess("ws-zzzzzzzzzz", NEW))
    put_access(school.world, told)
    assert (seen(school), school.workspace().shared) == (shared, shared)
    assert school.workspace().state is WorkspaceState.RUNNING
    assert school.workspace(BEN).shared == NEW, "for its next launch"
    versions = school.workspace().version, school.workspace(BEN).version
    put_access(school.world, told)
    assert (school.workspace().version, school.workspace(BEN).version) == versions


def test_who_teaches_several_cohorts_keeps_what_is_there() -> None:
    school = up()
    put_access(school.world, (SharedAccess(ANNA, NEW, (NEW, OLD)),))
    assert seen(school) == OLD
    put_access(school.world, (SharedAccess(ANNA, NEW, (NEW,)),))
    assert seen(school) == NEW


def test_one_that_is_being_launched_or_fails_is_told_again_and_keeps_no_other_back() -> None:
    school = School()
    school.enrol(ANNA, BEN)
    launch(school.world, ANNA, LaunchRequest(ANNA, shared=OLD))
    told = (SharedAccess(ANNA, NEW), SharedAccess(BEN, NEW))
    with pytest.raises(ApraNovaError) as late:
        put_access(school.world, told)
    assert (late.value.reason, late.value.detail) == (Reason.MANAGER_UNAVAILABLE, ANNA)
    assert school.workspace(BEN).shared == NEW
    school.settle()
    school.runner.end(school.workspace().task_id or "", "killed")
    with pytest.raises(ApraNovaError):
        put_access(school.world, told)
    assert school.workspace().shared == OLD, "it is not said to be done"
    launch(school.world, ANNA)
    school.settle()
    put_access(school.world, told)
    assert seen(school) == NEW


def test_a_stopped_one_is_launched_with_the_new_data() -> None:
    school = up()
    stop(school.world, ANNA)
    school.settle()
    put_access(school.world, (SharedAccess(ANNA, NEW),))
    launch(school.world, ANNA)
    school.settle()
    assert seen(school) == NEW


def test_too_many_at_once_are_refused() -> None:
    school = running()
    with pytest.raises(ApraNovaError, match="at most"):
        put_access(school.world, (SharedAccess(ANNA, NEW),) * (school.world.policy.describe_max + 1))
