"""The manager hears whose shared data workspaces see, whenever that changes."""

from __future__ import annotations

import pytest

from backend.cohorts.members import join_all, leave
from backend.cohorts.models import Cohort, Membership
from backend.shared_data import access
from contract.errors import ApraNovaError, Reason
from contract.manager import SharedAccess

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _fresh(settings, tmp_path, monkeypatch, manager):
    settings.SHARED_DIR, settings.SHARED_BYTES_MAX, settings.DISK_RESERVE_BYTES = tmp_path / "shared", 1_000_000, 0
    monkeypatch.setattr(access, "_due", access._Due())
    access.tell()  # as each process does at its start


@pytest.fixture
def owner(signed_in):
    """Makes people who have a workspace."""

    def make(role="student"):
        one = signed_in(role)
        one.workspace = one.post("/api/workspace/create/", json={}).json()["id"]
        return one

    return make


@pytest.fixture
def cohorts(db):
    return [Cohort.objects.create(name=name, track="FSD", time_zone="UTC") for name in ("Berlin-3", "Kiel-1")]


def heard(manager, one):
    """What the manager hears now; None: nothing."""
    manager.shared_access.clear()
    access.tell()
    return manager.shared_access.get(one.workspace)


def of(one, cohort=None, *allowed):
    key = cohort.pk.hex if cohort else ""
    return SharedAccess(one.workspace, key, tuple(it.pk.hex for it in allowed or ((cohort,) if cohort else ())))


def test_a_student_who_joins_moves_or_leaves_changes_what_the_workspace_sees(owner, cohorts, manager):
    student, (first, second) = owner(), cohorts
    join_all([student.user], first, acting_user=None)
    assert heard(manager, student) == of(student, first)
    join_all([student.user], second, acting_user=None)
    assert heard(manager, student) == of(student, second)
    assert (access.find_folders().root / second.pk.hex).is_dir(), "the engine mounts what is there"
    leave(student.user, acting_user=None)
    assert heard(manager, student) == of(student)


def test_a_deleted_cohort_and_one_whose_instructor_goes_are_told_too(owner, cohorts, manager):
    student, teacher, (first, second) = owner(), owner("instructor"), cohorts
    Membership.objects.create(student=student.user, cohort=first)
    for cohort in cohorts:
        cohort.instructors.add(teacher.user)
    access.tell()
    assert heard(manager, teacher) == of(teacher, second, second, first), "what is there may stay"
    second.instructors.remove(teacher.user)
    assert heard(manager, teacher) == of(teacher, first)
    first.active = False
    first.save()
    assert heard(manager, teacher) == of(teacher)
    first.delete()
    assert heard(manager, student) == of(student)


def test_it_is_told_twice_and_then_no_more_until_something_changes(owner, cohorts, manager):
    student = owner()
    Membership.objects.create(student=student.user, cohort=cohorts[0])
    assert [heard(manager, student) is not None for _ in range(4)] == [True, True, False, False], (
        "a launch that was under way may have come after the first"
    )


def test_a_manager_that_is_away_hears_of_it_later(owner, cohorts, manager):
    student = owner()
    Membership.objects.create(student=student.user, cohort=cohorts[0])
    manager.fail_with = ApraNovaError(Reason.MANAGER_UNAVAILABLE, "It is being launched.")
    for _ in range(5):
        assert heard(manager, student) is None
    manager.fail_with = None
    assert heard(manager, student) == of(student, cohorts[0])


def test_nobody_is_told_where_there_are_no_shared_data(owner, cohorts, manager, settings):
    student = owner()
    Membership.objects.create(student=student.user, cohort=cohorts[0])
    settings.SHARED_DIR = None
    assert heard(manager, student) is None
