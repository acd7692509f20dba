"""Messages of instructors: who gets them, how long they stay, and what they cannot hold."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from backend.audit.models import Record
from backend.cohorts import messages
from backend.cohorts.models import MESSAGE_MAX, Message
from contract.errors import ApraNovaError, Reason
from contract.show import ShowRequest

OWN = "/api/messages/"


@pytest.fixture
def a_class(signed_in, make_cohort):
    """An instructor, their cohort, and two students of it."""
    one, ada, ben = signed_in("instructor"), signed_in(), signed_in()
    one.cohort = make_cohort(one)
    for student in (ada, ben):
        assert one.put(f"/api/cohorts/{one.cohort}/members/{student.user.pk}/").status_code == 200
    return one, ada, ben


def send(one, text, student=None, cohort=None):
    body = {"text": text, "student_id": str(student.user.pk) if student else None}
    return one.post(f"/api/cohorts/{cohort or one.cohort}/messages/", json=body)


def texts(student) -> list[str]:
    return [item["text"] for item in student.get(OWN).json()["items"]]


def test_the_class_reads_it_until_each_has_closed_it(a_class, manager):
    one, ada, ben = a_class
    workspace = ada.post("/api/workspace/create/").json()["id"]
    assert send(one, " Five more\r\nminutes ").json() == {"reached": 2}
    [item] = ada.get(OWN).json()["items"]
    assert (item["sender"], item["text"]) == (one.user.display_name, "Five more\nminutes")
    words = f"Message from {one.user.display_name}: Five more minutes"
    assert manager.shown == [(workspace, ShowRequest(news=words))], "Ben's does not run"
    assert ben.delete(f"{OWN}{item['id']}/").status_code == 204
    assert texts(ada) == ["Five more\nminutes"], "nobody closes another's"
    assert ada.delete(f"{OWN}{item['id']}/").status_code == 204
    assert (texts(ada), texts(ben)) == ([], ["Five more\nminutes"])
    noted = Record.objects.get(action="message.send")
    assert (noted.actor, noted.details["reached"], noted.target_id) == (one.user.email, 2, one.cohort)


def test_one_student_alone_gets_what_is_for_them(a_class, signed_in):
    one, ada, ben = a_class
    assert send(one, "Well done", ben).json() == {"reached": 1}
    assert (texts(ada), texts(ben)) == ([], ["Well done"])
    stranger = signed_in()
    assert send(one, "x", stranger).status_code == 404
    assert send(signed_in("instructor"), "x", cohort=one.cohort).status_code == 404
    assert send(ada, "x", cohort=one.cohort).status_code == 403


@pytest.mark.parametrize(
    "text",
    [
        *("", "  \n ", "a\0b", "safe\u202egnp.exe", "a\x1b[31m"),
        *("x" * (MESSAGE_MAX + 1), "\t".join("x" * (MESSAGE_MAX // 2)), "\u0958" * MESSAGE_MAX),
    ],
)
def test_a_text_that_is_none_or_deceives_is_refused(a_class, text):
    one, ada, _ = a_class
    assert send(one, text).status_code == 422
    assert texts(ada) == []


def test_markup_stays_the_text_that_it_is(a_class):
    one, ada, _ = a_class
    send(one, "<b>if</b> x < 3:\n\treturn")
    assert texts(ada) == ["<b>if</b> x < 3:\n    return"]


def test_a_manager_that_is_away_takes_no_message_away(a_class, manager):
    one, ada, _ = a_class
    ada.post("/api/workspace/create/")
    manager.fail_with = ApraNovaError(Reason.MANAGER_UNAVAILABLE, "away")
    assert send(one, "Still here").status_code == 200
    manager.fail_with = None
    assert texts(ada) == ["Still here"]


def test_old_ones_go_and_too_many_at_once_are_refused(a_class, monkeypatch):
    one, ada, _ = a_class
    send(one, "Old")
    Message.objects.update(sent_at=timezone.now() - messages.LASTS - timedelta(days=1))
    assert texts(ada) == []
    monkeypatch.setattr(messages, "SENT_MAX", messages.Limit(3, 600))
    assert [send(one, f"{number}").status_code for number in range(3)] == [200, 200, 429]
    assert texts(ada) == ["1", "0"]
    assert Message.objects.count() == 4
