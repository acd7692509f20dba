from __future__ import annotations

import queue

import pytest

from backend.tests.served import PASSWORD
from backend.workspaces import sign_in_hint


@pytest.fixture(autouse=True)
def _empty_queue(monkeypatch):
    monkeypatch.setattr(sign_in_hint, "_waiting", queue.Queue(2))
    sign_in_hint._client.cache_clear()
    yield
    sign_in_hint._client.cache_clear()


@pytest.fixture
def student(signed_in):
    """Has a workspace; the hint of their first sign-in is told already."""
    one = signed_in()
    sign_in_hint.tell_waiting()
    one.post("/api/workspace/create/")
    return one


def sign_in(one):
    one.cookies.clear()
    return one.sign_in(one.user.email, PASSWORD).status_code


def test_the_manager_hears_that_a_student_signed_in(student, manager):
    assert manager.expected == [], "at the first sign-in there was no workspace to expect"
    assert sign_in(student) == 200
    sign_in_hint.tell_waiting()
    (hint,) = manager.expected
    assert (hint.workspace_id, hint.because) == (next(iter(manager.workspaces)), "signed in")
    sign_in_hint.tell_waiting()
    assert len(manager.expected) == 1


def test_staff_and_failed_sign_ins_are_no_hints(student, signed_in, manager):
    signed_in("instructor").post("/api/workspace/create/")
    student.cookies.clear()
    assert student.sign_in(student.user.email, "wrong").status_code == 400
    sign_in_hint.tell_waiting()
    assert manager.expected == []


def test_a_full_queue_and_a_manager_that_is_down_delay_no_sign_in(student, manager):
    manager.unreachable = True
    assert [sign_in(student) for _ in range(4)] == [200] * 4
    sign_in_hint.tell_waiting()
    assert sign_in_hint._waiting.empty(), "old hints are of no use"
    assert manager.expected == []


def test_a_hint_that_comes_too_late_is_dropped(student, manager, monkeypatch):
    sign_in(student)
    monkeypatch.setattr(sign_in_hint, "USEFUL_FOR_S", -1.0)
    sign_in_hint.tell_waiting()
    assert manager.expected == []
