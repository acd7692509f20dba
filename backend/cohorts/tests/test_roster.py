"""A list of people imported into a cohort, by the API."""

from __future__ import annotations

import base64
import smtplib
from datetime import timedelta
from typing import ClassVar

import pytest
from django.core.mail.backends.locmem import EmailBackend
from django.core.mail.backends.smtp import EmailBackend as SmtpBackend
from django.utils import timezone

from backend.accounts import invitation_mails
from backend.accounts.models import Invitation, User
from backend.accounts.roles import Role, Track
from backend.accounts.services import create_user, update_user
from backend.audit.models import Record
from backend.cohorts.models import Membership


@pytest.fixture
def student():
    def make(name, track=Track.FSD):
        return create_user(
            f"{name}@school.example", name=name.title(), password=None, role=Role.STUDENT, track=track, acting_user=None
        )

    return make


def outcomes(answer):
    assert answer.status_code == 200, answer.text
    return {it["email"]: (it["outcome"], it["note"]) for it in answer.json()["lines"]}


def roster(*names):
    return {"content": "Email\n" + "\n".join(f"{name}@school.example" for name in names)}


def test_each_line_says_what_will_happen_and_nothing_happens_before_the_import(
    signed_in, make_cohort, student, mailoutbox
):
    one = signed_in("instructor")
    here, other = make_cohort(one), make_cohort(one, name="Berlin-4")
    theirs = make_cohort(signed_in("admin"), name="Paris-1")
    member, _, moving, taken, elsewhere, away = map(student, ("member", "free", "moving", "taken", "elsewhere", "away"))
    student("data", Track.DP)
    for cohort, user in ((here, member), (other, moving), (theirs, taken), (here, elsewhere)):
        Membership.objects.create(cohort_id=cohort, student=user)
    update_user(away, name="Away", role=Role.STUDENT, track=Track.FSD, is_active=False, acting_user=member)
    waiting = {"role": "student", "track": "FSD"}
    assert (
        one.post("/api/invitations/", json={**waiting, "email": "waits@school.example", "cohort_id": here}).status_code
        == 201
    )
    assert (
        one.post("/api/invitations/", json={**waiting, "email": "late@school.example", "cohort_id": other}).status_code
        == 201
    )
    before = (Invitation.objects.count(), Membership.objects.count(), Record.objects.count())
    names = ("member", "free", "moving", "taken", "away", "data", "waits", "late", "new")

    preview = one.post(f"/api/cohorts/{here}/roster/preview/", json=roster(*names))
    assert outcomes(preview) == {
        "member@school.example": ("here", ""),
        "free@school.example": ("join", ""),
        "moving@school.example": ("move", "from Berlin-4"),
        "taken@school.example": ("refused", "is in a cohort that you do not teach; ask an admin to move them"),
        "away@school.example": ("refused", "the account is deactivated; ask an admin to activate it"),
        "data@school.example": ("refused", "learns on the track DP, and this cohort is for FSD"),
        "waits@school.example": ("invited", ""),
        "late@school.example": ("invite", "replaces the invitation to Berlin-4"),
        "new@school.example": ("invite", ""),
    }
    assert [it["email"] for it in preview.json()["missing"]] == ["elsewhere@school.example"]
    assert (Invitation.objects.count(), Membership.objects.count(), Record.objects.count()) == before

    done = one.post(f"/api/cohorts/{here}/roster/", json=roster(*names))
    assert done.json() == preview.json()
    assert set(Membership.objects.filter(cohort_id=here).values_list("student__name", flat=True)) == {
        "Member",
        "Free",
        "Moving",
        "Elsewhere",
    }
    assert Record.objects.get(action="cohort.import_roster").details | {"cohort": ""} == {
        "cohort": "", "invite": 2, "join": 1, "move": 1, "here": 1, "invited": 1, "refused": 3,
    }  # fmt: skip

    again = outcomes(one.post(f"/api/cohorts/{here}/roster/", json=roster(*names)))
    assert {outcome for outcome, _ in again.values()} == {"here", "invited", "refused"}, "the same list changes nothing"


def test_a_list_ends_no_invitation_that_its_instructor_could_not_have_made(signed_in, make_cohort, mailoutbox):
    """As with accounts: those of admins and instructors, and those to a colleague's cohort."""
    one, admin = signed_in("instructor"), signed_in("admin")
    here, theirs = make_cohort(one), make_cohort(admin, name="Paris-1")
    for name, more in (
        ("chief", {"role": "admin"}),
        ("taken", {"role": "student", "track": "FSD", "cohort_id": theirs}),
    ):
        assert admin.post("/api/invitations/", json={"email": f"{name}@school.example", **more}).status_code == 201
    refused = {
        "chief@school.example": ("refused", "has an open invitation that is not a student's"),
        "taken@school.example": (
            "refused",
            "is invited to a cohort that you do not teach; ask an admin to invite them here",
        ),
    }
    assert outcomes(one.post(f"/api/cohorts/{here}/roster/", json=roster("chief", "taken"))) == refused
    assert not Invitation.objects.filter(revoked_at__isnull=False).exists()
    by_admin = outcomes(admin.post(f"/api/cohorts/{here}/roster/", json=roster("chief", "taken")))
    assert by_admin["chief@school.example"] == refused["chief@school.example"]
    assert by_admin["taken@school.example"] == ("invite", "replaces the invitation to Paris-1")


def test_an_invited_person_finds_their_name_and_joins_the_cohort(signed_in, browser, make_cohort, mailoutbox):
    one = signed_in("instructor")
    cohort = make_cohort(one)
    sent = base64.b64encode("Name;E-Mail\nZoë Ångström;zoe@school.example".encode("cp1252")).decode()
    assert outcomes(one.post(f"/api/cohorts/{cohort}/roster/", json={"file": sent})) == {
        "zoe@school.example": ("invite", "")
    }
    [pending] = one.get(f"/api/cohorts/{cohort}/invitations/").json()["items"]
    assert (pending["name"], pending["mail"], pending["expired"]) == ("Zoë Ångström", "waiting", False)
    invitation_mails.send_due()
    assert mailoutbox[0].body.startswith("Hello Zoë Ångström,")
    url = one.post(f"/api/cohorts/{cohort}/invitations/{pending['id']}/link/").json()["url"]
    assert url in mailoutbox[0].body
    assert one.get(f"/api/cohorts/{cohort}/invitations/").json()["items"][0]["mail"] == "sent"

    guest = browser()
    key = url.partition("invitation=")[2]
    assert guest.get(f"/api/invitations/{key}/").json()["name"] == "Zoë Ångström"
    guest.get("/api/auth/browser/v1/config")
    values = {"email": "zoe@school.example", "password": "quite-a-long-password-5", "name": "Zoë", "invitation": key}
    assert guest.post("/api/auth/browser/v1/auth/signup", json=values).status_code == 200
    assert [it["name"] for it in one.get(f"/api/cohorts/{cohort}/").json()["members"]] == ["Zoë"]
    assert one.get(f"/api/cohorts/{cohort}/invitations/").json()["items"] == []


def test_a_pending_invitation_is_sent_again_and_revoked(signed_in, browser, make_cohort, mailoutbox):
    one = signed_in("instructor")
    cohort = make_cohort(one)
    one.post(f"/api/cohorts/{cohort}/roster/", json=roster("new"))
    invitation_mails.send_due()
    Invitation.objects.update(expires_at=timezone.now() - timedelta(days=1), key_digest="of a link from before")
    [pending] = one.get(f"/api/cohorts/{cohort}/invitations/").json()["items"]
    assert pending["expired"]
    address = f"/api/cohorts/{cohort}/invitations/{pending['id']}/"
    assert one.post(f"{address}send/").status_code == 204
    invitation_mails.send_due()
    key = mailoutbox[1].body.partition("invitation=")[2].split()[0]
    assert browser().get(f"/api/invitations/{key}/").status_code == 200

    other = signed_in("instructor")
    assert other.post(f"{address}link/").status_code == 404
    assert other.delete(address).status_code == 404
    assert one.delete(address).status_code == 204
    assert browser().get(f"/api/invitations/{key}/").status_code == 404
    assert one.post(f"{address}send/").status_code == 404, "it is gone"
    actions = set(Record.objects.filter(target_id=pending["id"]).values_list("action", flat=True))
    assert actions == {"invitation.create", "invitation.send_again", "invitation.revoke"}


class Refuses(EmailBackend):
    """A mail server that refuses one address for good, and is too busy for another."""

    def send_messages(self, messages):
        [to] = messages[0].to
        if to.startswith("nobody"):
            raise smtplib.SMTPRecipientsRefused({to: (550, b"no such user")})
        if to.startswith("gray"):
            raise smtplib.SMTPRecipientsRefused({to: (451, b"try later")})
        return super().send_messages(messages)


class Down(EmailBackend):
    def send_messages(self, messages):
        raise ConnectionRefusedError(111, "Connection refused")


def mail_states(one, cohort):
    return {
        it["email"].split("@")[0]: (it["mail"], it["mail_problem"])
        for it in one.get(f"/api/cohorts/{cohort}/invitations/").json()["items"]
    }


def test_mails_that_are_refused_or_wait_are_seen_and_the_others_arrive(signed_in, make_cohort, settings, mailoutbox):
    one = signed_in("instructor")
    cohort = make_cohort(one)
    one.post(f"/api/cohorts/{cohort}/roster/", json=roster("nobody", "gray", "new"))
    settings.EMAIL_BACKEND = f"{__name__}.Refuses"
    invitation_mails.send_due()
    assert mail_states(one, cohort) == {
        "nobody": ("failed", invitation_mails.REFUSED), "gray": ("retried", invitation_mails.LATER), "new": ("sent", ""),
    }  # fmt: skip
    assert [it.to for it in mailoutbox] == [["new@school.example"]]
    due = Invitation.objects.get(email="gray@school.example").mail_due_at
    assert timedelta(seconds=50) < due - timezone.now() <= timedelta(minutes=1)


def test_a_mail_server_that_is_down_loses_no_mail(signed_in, make_cohort, settings, mailoutbox):
    one = signed_in("instructor")
    cohort = make_cohort(one)
    one.post(f"/api/cohorts/{cohort}/roster/", json=roster("first", "second"))
    settings.EMAIL_BACKEND = f"{__name__}.Down"
    invitation_mails.send_due()
    assert sorted(state for state, _ in mail_states(one, cohort).values()) == ["retried", "waiting"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    Invitation.objects.update(mail_due_at=timezone.now())
    invitation_mails.send_due()
    assert len(mailoutbox) == 2
    invitation_mails.send_due()
    assert len(mailoutbox) == 2, "each is sent once"


class OneLine(SmtpBackend):
    """Django's own way of sending, without a network."""

    connections: ClassVar[list[OneLine.Connection]] = []

    class Connection:
        def __init__(self, *_args, **_options):
            self.sent = []
            OneLine.connections.append(self)

        def sendmail(self, _sender, recipients, _message):
            self.sent += recipients

        def quit(self):
            pass

    connection_class = Connection


def test_the_mails_of_a_list_share_one_connection_and_links_that_expired_are_not_sent(signed_in, make_cohort, settings):
    one = signed_in("instructor")
    cohort = make_cohort(one)
    one.post(f"/api/cohorts/{cohort}/roster/", json=roster("first", "second", "late"))
    Invitation.objects.filter(email="late@school.example").update(expires_at=timezone.now() - timedelta(days=1))
    settings.EMAIL_BACKEND = f"{__name__}.OneLine"
    OneLine.connections.clear()
    invitation_mails.send_due()
    assert [sorted(it.sent) for it in OneLine.connections] == [["first@school.example", "second@school.example"]]
    assert mail_states(one, cohort)["late"] == ("retried", ""), "the page does not wait for it"


def test_a_full_cohort_takes_as_many_as_it_has_places(signed_in, make_cohort, monkeypatch):
    monkeypatch.setattr("backend.cohorts.roster.importing.MEMBERS_MAX", 2)
    one = signed_in("instructor")
    answer = outcomes(one.post(f"/api/cohorts/{make_cohort(one)}/roster/", json=roster("a", "b", "c")))
    assert list(answer.values()) == [("invite", ""), ("invite", ""), ("refused", "the cohort is full")]


def test_what_is_no_list_is_refused_with_what_to_do_and_a_student_imports_nothing(signed_in, make_cohort):
    one = signed_in("instructor")
    cohort = make_cohort(one)
    answer = one.post(f"/api/cohorts/{cohort}/roster/", json={"content": "Name\nAda"})
    assert (answer.status_code, answer.json()["reason"]) == (422, "no_roster")
    assert "needs one address for each person" in answer.json()["detail"]
    for path in ("roster/", "roster/preview/"):
        assert signed_in("student").post(f"/api/cohorts/{cohort}/{path}", json=roster("new")).status_code == 403
        assert signed_in("instructor").post(f"/api/cohorts/{cohort}/{path}", json=roster("new")).status_code == 404
    assert not User.objects.filter(email="new@school.example").exists()
    assert not Invitation.objects.exists()
