"""A text for the admins, from the supervisor."""

from __future__ import annotations

import io
import smtplib

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.core.management import CommandError, call_command

from backend.accounts.roles import Role
from backend.accounts.services import create_user

pytestmark = pytest.mark.django_db


def _tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("It ends soon.\n"))
    call_command("tell_admins", "the certificate ends on 1 March 2027")


def test_every_admin_who_may_sign_in_gets_a_mail_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, role in (("head", Role.ADMIN), ("deputy", Role.ADMIN), ("teacher", Role.INSTRUCTOR)):
        create_user(f"{name}@school.test", name=name, password=None, role=role, acting_user=None)
    gone = create_user("gone@school.test", name="gone", password=None, role=Role.ADMIN, acting_user=None)
    gone.is_active = False
    gone.save()
    _tell(monkeypatch)
    assert sorted(tuple(each.to) for each in mail.outbox) == [("deputy@school.test",), ("head@school.test",)]
    assert mail.outbox[0].subject.endswith(": the certificate ends on 1 March 2027")
    assert mail.outbox[0].body == "It ends soon.\n"


def test_a_bad_address_keeps_the_mail_from_nobody_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a-gone", "head", "z-gone"):
        create_user(f"{name}@school.test", name=name, password=None, role=Role.ADMIN, acting_user=None)
    send = EmailMessage.send

    def refuse_the_gone(message: EmailMessage, *args: object) -> int:
        if "gone" in message.to[0] or all_refused:
            raise smtplib.SMTPRecipientsRefused({message.to[0]: (550, b"no such user")})
        return send(message, *args)

    monkeypatch.setattr(EmailMessage, "send", refuse_the_gone)
    all_refused = False
    _tell(monkeypatch)
    assert [each.to for each in mail.outbox] == [["head@school.test"]]
    assert "a-gone@school.test: " in capsys.readouterr().err
    all_refused = True
    with pytest.raises(CommandError, match="no admin could be told"):
        _tell(monkeypatch)


def test_a_school_without_an_admin_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match="there is no admin yet"):
        _tell(monkeypatch)
