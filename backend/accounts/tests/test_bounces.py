"""Invitations whose mails come back, read from a mailbox to which anybody may write."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from backend.accounts import bounce_mailbox, invitation_mails
from backend.accounts.bounces import HEADER, message_id, read_bounce
from backend.accounts.invitations import Invited, invite_all, send_again
from backend.accounts.models import BounceMailbox, Invitation
from backend.accounts.roles import Role, Track
from backend.accounts.tests.imap_server import running_imap_server
from backend.audit.models import Record
from backend.platform.environment import _bounces

REPORT = """From: MAILER-DAEMON@mail.school.example
To: learn@school.example
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"
MIME-Version: 1.0

--b1
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.school.example
Arrival-Date: Mon, 30 Nov 2026 09:00:00 +0000

Final-Recipient: rfc822; {to}
Action: {action}
Status: 5.1.1
{diagnostic}

--b1
Content-Type: {returned_as}

{returned}

--b1--
"""
DIAGNOSTIC = "Diagnostic-Code: smtp; 550 5.1.1 <{to}>: no\n such user"


def report_on(mail, *, to="ada@school.example", action="failed", returned_as="message/rfc822", diagnostic=DIAGNOSTIC):
    returned = mail.split("\n\n")[0] if returned_as == "text/rfc822-headers" else mail
    text = REPORT.format(
        to=to, action=action, returned_as=returned_as, returned=returned, diagnostic=diagnostic.format(to=to)
    )
    return text.replace("\n", "\r\n").encode()


def mail_of(invitation_id, **more):
    headers = {"Message-ID": message_id(invitation_id, "school.example"), "Subject": "You are invited", **more}
    return "".join(f"{name}: {value}\n" for name, value in headers.items()) + "\nHello\n"


@pytest.mark.parametrize("returned_as", ["message/rfc822", "text/rfc822-headers"])
def test_a_report_names_the_invitation_and_the_reason(returned_as):
    invitation_id = uuid4()
    found = read_bounce(report_on(mail_of(invitation_id), returned_as=returned_as))
    assert (found.invitation_id, found.reason) == (invitation_id, "550 5.1.1 <ada@school.example>: no such user")


def test_a_provider_that_writes_its_own_message_id_leaves_our_header():
    invitation_id = uuid4()
    ours = {"Message-ID": "<0100019@email.amazonses.com>", HEADER: message_id(invitation_id, "school.example")}
    assert read_bounce(report_on(mail_of(invitation_id, **ours))).invitation_id == invitation_id


def test_a_report_without_a_reason_gives_its_status_and_bytes_that_are_no_text_do_not_show():
    mail = mail_of(uuid4())
    assert read_bounce(report_on(mail, diagnostic="X-Other: 1")).reason == "5.1.1"
    odd = read_bounce(report_on(mail, diagnostic="Diagnostic-Code: smtp; \x07no\x1b[31m" + "x" * 500)).reason
    assert odd.startswith("no [31mxxx")
    assert len(odd) == 120


def test_a_report_whose_mail_is_cut_off_counts():
    invitation_id = uuid4()
    report = report_on(mail_of(invitation_id))
    assert read_bounce(report[: report.index(b"Hello")]).invitation_id == invitation_id


def _other_key(invitation_id):
    return mail_of(invitation_id).replace(invitation_id.hex, uuid4().hex)


@pytest.mark.parametrize(
    "mail",
    [
        pytest.param(report_on(mail_of(uuid4()), action="delayed"), id="delayed, and tried again"),
        pytest.param(report_on(mail_of(uuid4()), action="delivered"), id="delivered"),
        pytest.param(report_on("Subject: another mail\n\nHello\n"), id="about another mail"),
        pytest.param(report_on(_other_key(uuid4())), id="forged for another invitation"),
        pytest.param(report_on(f"Subject: x\n\n{mail_of(uuid4())}"), id="token in the text"),
        pytest.param(mail_of(uuid4()).encode(), id="the mail itself"),
        pytest.param(report_on(mail_of(uuid4())).replace(b"multipart/report", b"multipart/mixed"), id="a reply"),
        pytest.param(b"Content-Type: message/rfc822\r\n\r\n" * 2000, id="mails in mails"),
        pytest.param(report_on(mail_of(uuid4()) + ";" * 10_001), id="more semicolons than a report has"),
        pytest.param(b"", id="empty"),
        pytest.param(b"\xff\x00" * 30_000, id="no mail"),
    ],
)
def test_other_mails_say_nothing(mail):
    assert read_bounce(mail) is None


@pytest.fixture
def mailbox(settings):
    with running_imap_server() as server:
        settings.ENVIRONMENT = replace(settings.ENVIRONMENT, bounces=_bounces(server.url))
        yield server


@pytest.fixture
def sent(person, mailoutbox):
    """Sends an invitation, and returns it with the mail that left."""

    def _sent(name="ada"):
        admin = person("admin")
        [made] = invite_all([Invited(f"{name}@school.example")], Role.STUDENT, Track.FSD, acting_user=admin)
        invitation_mails.send_due()
        return made, mailoutbox[-1].message().as_string()

    return _sent


def problem_of(invitation):
    return Invitation.objects.get(pk=invitation.pk).mail_problem


def test_a_mail_that_comes_back_is_seen_once_and_the_mailbox_stays_as_it_is(mailbox, sent, db):
    mailbox.add(b"Subject: from before\r\n\r\n")
    bounce_mailbox.look()
    assert not mailbox.fetched, "what came before the first look is of no invitation"
    (gone, gone_mail), (there, _) = sent("gone"), sent("there")
    mailbox.add(b"Subject: I am on vacation\r\n\r\nUntil May.")
    mailbox.add(report_on(gone_mail, to="gone@school.example"))
    bounce_mailbox.look()
    said = "The email came back: 550 5.1.1 <gone@school.example>: no such user. "
    assert problem_of(gone) == said + bounce_mailbox.REMEDY
    assert not problem_of(there)
    told = Record.objects.get(action="invitation.bounce")
    assert (told.details["email"], told.actor) == ("gone@school.example", "")
    mailbox.add(report_on(gone_mail, diagnostic="X-Other: 1"))
    bounce_mailbox.look()
    assert problem_of(gone).startswith(said), "one report for each time that it is sent"
    assert mailbox.fetched == [2, 3, 4]
    assert not mailbox.refused


def test_an_invitation_that_is_sent_again_may_come_back_again(mailbox, sent, person, db):
    bounce_mailbox.look()
    invitation, mail = sent()
    mailbox.add(report_on(mail))
    bounce_mailbox.look()
    send_again(invitation, acting_user=person("admin"))
    mailbox.add(report_on(mail))
    bounce_mailbox.look()
    assert not problem_of(invitation), "it is about to be sent"
    invitation_mails.send_due()
    mailbox.add(report_on(mail))
    bounce_mailbox.look()
    assert problem_of(invitation)


@pytest.mark.parametrize("field", ["accepted_at", "revoked_at"])
def test_an_invitation_that_is_over_is_left_alone(mailbox, sent, db, field):
    bounce_mailbox.look()
    invitation, mail = sent()
    Invitation.objects.filter(pk=invitation.pk).update(**{field: timezone.now() - timedelta(minutes=1)})
    mailbox.add(report_on(mail))
    bounce_mailbox.look()
    assert not problem_of(invitation)


def test_one_pass_reads_a_bounded_part_and_the_next_goes_on(mailbox, sent, db, monkeypatch):
    monkeypatch.setattr(bounce_mailbox, "UIDS_AT_ONCE_MAX", 2)
    bounce_mailbox.look()
    invitation, mail = sent()
    mailbox.add(b"Subject: large\r\n\r\n" + os.urandom(300_000))
    mailbox.uid_next += 1  # one that was deleted
    mailbox.add(report_on(mail))
    bounce_mailbox.look()
    assert (mailbox.fetched, problem_of(invitation)) == ([1], "")
    bounce_mailbox.look()
    assert mailbox.fetched == [1, 3]
    assert problem_of(invitation)


def test_a_mail_that_cannot_be_parsed_holds_up_no_other(mailbox, sent, db, monkeypatch):
    bounce_mailbox.look()
    invitation, mail = sent()
    bad = mailbox.add(b"Subject: bad\r\n\r\n")
    mailbox.add(report_on(mail))
    read = bounce_mailbox.read_bounce
    monkeypatch.setattr(bounce_mailbox, "read_bounce", lambda it: 1 / 0 if it == mailbox.mails[bad] else read(it))
    bounce_mailbox.look()
    assert problem_of(invitation)


def test_a_mailbox_that_is_numbered_anew_is_read_from_there(mailbox, sent, db):
    mailbox.uid_next = 5000
    bounce_mailbox.look()
    mailbox.uid_validity, mailbox.uid_next = 2, 1
    bounce_mailbox.look()
    invitation, mail = sent()
    mailbox.add(report_on(mail))
    bounce_mailbox.look()
    assert problem_of(invitation)


def test_a_mailbox_that_cannot_be_read_says_why_until_it_can(mailbox, settings, db):
    works = settings.ENVIRONMENT
    bad = replace(works.bounces, password="wrong")
    settings.ENVIRONMENT = replace(works, bounces=bad)
    bounce_mailbox.look()
    row = BounceMailbox.objects.get()
    assert "wrong password" in row.problem
    bounce_mailbox.look()
    assert BounceMailbox.objects.get().problem_since == row.problem_since
    settings.ENVIRONMENT = replace(works, bounces=replace(works.bounces, folder="Gone"))
    bounce_mailbox.look()
    assert "the folder Gone cannot be opened" in BounceMailbox.objects.get(address__endswith="Gone").problem
    settings.ENVIRONMENT = works
    bounce_mailbox.look()
    row.refresh_from_db()
    assert (row.problem, row.problem_since, row.read_at is not None) == ("", None, True)


def test_a_list_of_mails_that_the_server_refuses_is_a_problem_and_passes_no_mail_over(mailbox, sent, db):
    bounce_mailbox.look()
    invitation, mail = sent()
    mailbox.add(report_on(mail))
    mailbox.lists = False
    bounce_mailbox.look()
    assert "the mails cannot be listed: b'[SERVERBUG] try later'" in BounceMailbox.objects.get().problem
    mailbox.lists = True
    bounce_mailbox.look()
    assert problem_of(invitation)


def test_a_host_that_no_name_can_be_is_a_problem(settings, db):
    bounces = _bounces(f"imaps://me:secret@{'x' * 64}.example")
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, bounces=bounces)
    bounce_mailbox.look()
    problem = BounceMailbox.objects.get().problem
    assert "label empty or too long" in problem
    assert "secret" not in problem


def test_without_a_mailbox_nothing_is_asked(db):
    bounce_mailbox.look()
    assert not BounceMailbox.objects.exists()
