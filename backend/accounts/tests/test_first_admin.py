"""The first admin of a school: created by a command, without a password that anybody has seen."""

from __future__ import annotations

import io
import re

import pytest
from django.core.management import CommandError, call_command

from backend.accounts.models import User
from backend.audit.models import Record

AUTH = "/api/auth/browser/v1"
EMAIL = "Operator@School.example"


def run(email: str) -> str:
    out = io.StringIO()
    call_command("first_admin", email, stdout=out)
    return out.getvalue()


def test_the_link_sets_a_password_once_and_the_admin_is_in(browser):
    key = re.search(r"http://localhost:8080/password/reset/(\S+)", run(EMAIL)).group(1)
    user = User.objects.get(email=EMAIL.lower())
    assert user.is_staff
    assert not user.has_usable_password()
    assert Record.objects.filter(action="user.create", target_id=str(user.pk)).count() == 1
    one, password = browser(), "quite-long-and-odd-49"
    one.get(f"{AUTH}/config")
    for expected in ((200, 401), (400,)):
        answer = one.post(f"{AUTH}/auth/password/reset", json={"key": key, "password": password})
        assert answer.status_code in expected
    assert browser().sign_in(EMAIL.lower(), password).status_code == 200


def test_run_again_it_makes_nobody_else_and_says_when_a_password_is_there(transactional_db):
    assert "/password/reset/" in run(EMAIL)
    assert "/password/reset/" in run(EMAIL)  # the first link may have been lost
    user = User.objects.get()
    user.set_password("quite-long-and-odd-49")
    user.save()
    assert "has a password" in run(EMAIL)


def test_a_student_does_not_become_an_admin_by_it(transactional_db):
    User.objects.create_user("ben@school.example", role="student", track="FSD")
    with pytest.raises(CommandError, match="is a student already"):
        run("ben@school.example")


def test_what_is_no_address_is_refused(transactional_db):
    with pytest.raises(CommandError, match="e-mail address"):
        run("nobody")
