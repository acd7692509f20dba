from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from backend.accounts import services as people
from backend.accounts.roles import Role, Track
from backend.cohorts import outbox
from backend.cohorts.models import OutboxEntry, Timetable
from backend.cohorts.tests.calendars import calendar, every_day_but_not_now
from contract.errors import ApraNovaError, Reason
from contract.manager import Action


@pytest.fixture
def told(manager):
    """Runs a pass and returns what the manager knows by then, by label."""

    def tell():
        outbox.send_due()
        return {it.label: it for it in manager.cohorts.values()}

    return tell


def puts(manager):
    return manager.calls[Action.PUT_COHORT]


def in_a_day():
    OutboxEntry.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    Timetable.objects.update(read_at=timezone.now() - timedelta(days=1))


def test_the_manager_hears_of_a_cohort_its_classes_members_and_newcomers(signed_in, make_cohort, person, told, manager):
    one, student = signed_in("instructor"), signed_in()
    cohort = make_cohort(one)
    workspace = student.post("/api/workspace/create/").json()["id"]
    for member in (student.user, person()):
        one.put(f"/api/cohorts/{cohort}/members/{member.pk}/")
    one.put(
        f"/api/cohorts/{cohort}/timetable/", json={"file_name": "t.ics", "content": calendar(every_day_but_not_now())}
    )
    known = told()["Berlin-3"]
    assert (known.cohort_id, known.kind, known.members, known.newcomers) == (cohort, "vscode", (workspace,), 1)
    assert len(known.classes) == 14
    assert all(it.ends_at - it.starts_at == 3 * 3600 for it in known.classes)
    assert puts(manager) == 1, "many changes before a pass are one message"
    told()
    assert puts(manager) == 1, "what was told is not told again"


def test_the_manager_hears_of_each_change(signed_in, make_cohort, told):
    one, student = signed_in("admin"), signed_in()
    cohort = make_cohort(one)
    assert told()["Berlin-3"].newcomers == 0
    one.put(f"/api/cohorts/{cohort}/members/{student.user.pk}/")
    assert told()["Berlin-3"].newcomers == 1
    workspace = student.post("/api/workspace/create/").json()
    assert told()["Berlin-3"].members == (workspace["id"],)
    student.request("DELETE", f"/api/workspace/{workspace['id']}/", json={"name": workspace["name"]})
    assert told()["Berlin-3"].members == ()
    student.post(f"/api/workspace/{workspace['id']}/undelete/")
    assert told()["Berlin-3"].members == (workspace["id"],)
    people.update_user(
        student.user, name="X", role=Role.STUDENT, track=Track.FSD, is_active=False, acting_user=one.user
    )
    assert told()["Berlin-3"].members == (), "a deactivated student does not come"
    one.patch(f"/api/cohorts/{cohort}/", json={"name": "Berlin-4"})
    assert list(told()) == ["Berlin-4"]


def test_a_move_sends_both_cohorts(signed_in, make_cohort, person, told):
    one, student = signed_in("admin"), person()
    first, second = make_cohort(one, "First"), make_cohort(one, "Second")
    one.put(f"/api/cohorts/{first}/members/{student.pk}/")
    assert told()["First"].newcomers == 1
    one.put(f"/api/cohorts/{second}/members/{student.pk}/")
    known = told()
    assert (known["First"].newcomers, known["Second"].newcomers) == (0, 1)


def test_an_inactive_cohort_is_removed_and_comes_back_when_active(signed_in, make_cohort, told):
    one = signed_in("admin")
    cohort, other = make_cohort(one), make_cohort(one, "Other")
    assert set(told()) == {"Berlin-3", "Other"}
    one.patch(f"/api/cohorts/{cohort}/", json={"active": False})
    one.request("DELETE", f"/api/cohorts/{other}/", json={"name": "Other"})
    assert told() == {}
    assert not OutboxEntry.objects.exists(), "nothing is left to tell about either"
    one.patch(f"/api/cohorts/{cohort}/", json={"active": True})
    assert set(told()) == {"Berlin-3"}


def test_the_classes_are_read_and_sent_again_every_day(signed_in, make_cohort, told, manager):
    one = signed_in("admin")
    cohort = make_cohort(one)
    one.put(
        f"/api/cohorts/{cohort}/timetable/", json={"file_name": "t.ics", "content": calendar(every_day_but_not_now())}
    )
    told()
    due = OutboxEntry.objects.get().due_at - timezone.now()
    assert timedelta(hours=23) < due < timedelta(hours=25)
    Timetable.objects.update(classes=[])  # as if the classes that were known had passed by
    in_a_day()
    assert len(told()["Berlin-3"].classes) == 14
    assert puts(manager) == 2


def test_a_file_that_cannot_be_read_any_more_keeps_the_classes_that_are_known(signed_in, make_cohort, told):
    one = signed_in("admin")
    cohort = make_cohort(one)
    one.put(
        f"/api/cohorts/{cohort}/timetable/", json={"file_name": "t.ics", "content": calendar(every_day_but_not_now())}
    )
    Timetable.objects.update(content="nothing")
    in_a_day()
    assert len(told()["Berlin-3"].classes) == 14


def test_two_entries_at_the_same_time_are_one_reason_to_come(signed_in, make_cohort, told):
    one = signed_in("admin")
    rooms = calendar(*[every_day_but_not_now(f"SUMMARY:Room {n}", uid=str(n)) for n in (1, 2)])
    one.put(f"/api/cohorts/{make_cohort(one)}/timetable/", json={"file_name": "t.ics", "content": rooms})
    assert len(told()["Berlin-3"].classes) == 14


@pytest.mark.parametrize("how", ["unreachable", "refuses"])
def test_a_manager_that_does_not_answer_delays_nobody_and_hears_later(signed_in, make_cohort, told, manager, how):
    one = signed_in("admin")
    if how == "unreachable":
        manager.unreachable = True
    else:
        manager.fail_with = ApraNovaError(Reason.INTERNAL, "no")
    make_cohort(one)
    assert told() == {}
    (waiting,) = OutboxEntry.objects.all()
    assert waiting.failures == 1
    assert timezone.now() < waiting.due_at < timezone.now() + timedelta(minutes=1)
    manager.unreachable, manager.fail_with = False, None
    assert told() == {}, "not before its time"
    in_a_day()
    assert set(told()) == {"Berlin-3"}
    assert OutboxEntry.objects.get().failures == 0


def test_a_change_during_sending_is_sent_too(signed_in, make_cohort, told, manager, monkeypatch):
    one = signed_in("admin")
    cohort = make_cohort(one)
    send, changed = outbox._send, []

    def send_and_change(cohort_id):
        known = send(cohort_id)
        if not changed:
            changed.append(one.patch(f"/api/cohorts/{cohort}/", json={"name": "Berlin-4"}))
        return known

    monkeypatch.setattr(outbox, "_send", send_and_change)
    assert set(told()) == {"Berlin-4"}


def test_a_second_process_leaves_alone_what_the_first_one_holds(signed_in, make_cohort, manager):
    make_cohort(signed_in("admin"))
    assert outbox._take_one() is not None
    outbox.send_due()
    assert manager.cohorts == {}
    in_a_day()  # the first one died: the time for which it held the row has passed
    outbox.send_due()
    assert len(manager.cohorts) == 1
