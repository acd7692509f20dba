"""A workspace of an account that is erased goes without the grace; who asks, asks again."""

from __future__ import annotations

import pytest

from contract.errors import ApraNovaError, Reason
from contract.names import WorkspaceState
from manager.tests.school import ANNA, BEN, School, running
from manager.use_cases.lifetime import delete, undelete
from manager.use_cases.records import get_workspace


def _gone(school: School) -> bool:
    return school.store.find_workspace(ANNA) is None


def test_what_stands_still_goes_with_the_next_pass_and_nothing_of_others() -> None:
    school = running()
    school.enrol(BEN)
    delete(school.world, ANNA)
    school.settle()
    home = school.workspace().home_id
    assert home is not None
    assert school.homes.exists(home), "it could still be brought back"
    delete(school.world, ANNA, at_once=True)
    school.settle()
    assert _gone(school)
    assert not school.homes.exists(home)
    assert school.workspace(BEN).state is WorkspaceState.STOPPED
    with pytest.raises(ApraNovaError) as refused:
        delete(school.world, ANNA, at_once=True)
    assert refused.value.reason is Reason.WORKSPACE_NOT_FOUND, "that is how the caller knows"


def test_what_is_up_is_saved_and_stopped_first() -> None:
    school = running()
    school.enrol(BEN)
    assert delete(school.world, ANNA, at_once=True).state is WorkspaceState.STOPPING
    assert delete(school.world, ANNA, at_once=True).state is WorkspaceState.STOPPING, "asking again does no harm"
    school.settle()
    assert _gone(school)


def test_one_that_was_never_launched_goes_too() -> None:
    school = School()
    school.enrol(ANNA)
    delete(school.world, ANNA, at_once=True)
    school.settle()
    assert _gone(school)


def test_a_manager_that_dies_on_the_way_goes_on() -> None:
    school = running()
    delete(school.world, ANNA)
    school.settle()
    delete(school.world, ANNA, at_once=True)
    school.crash()
    school.settle()
    assert _gone(school)


def test_it_may_be_taken_back_as_long_as_the_purge_has_not_begun() -> None:
    school = running()
    delete(school.world, ANNA)
    school.settle()
    delete(school.world, ANNA, at_once=True)
    undelete(school.world, ANNA)
    school.settle()
    assert get_workspace(school.world, ANNA).state is WorkspaceState.STOPPED
