from __future__ import annotations

import concurrent.futures
import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from backend.accounts import invitation_mails
from backend.accounts.models import Invitation, User
from backend.audit.models import Record

SIGN_UP = "/api/auth/browser/v1/auth/signup"
NEW_PASSWORD = "quite-a-long-password-5"


def key_in(url: str) -> str:
    return parse_qs(urlsplit(url).query)["invitation"][0]


def invite(one, **body):
    return one.post(
        "/api/invitations/", json={"email": "new@school.example", "role": "student", "track": "FSD", **body}
    )


def sign_up(one, key, **body):
    one.get("/api/auth/browser/v1/config")
    values = {"email": "new@school.example", "password": NEW_PASSWORD, "name": "New Person", "invitation": key}
    return one.post(SIGN_UP, json={**values, **body})


def test_an_invited_person_signs_up_and_is_signed_in(signed_in, browser, mailoutbox):
    answer = invite(signed_in("instructor"), track="DP")
    assert answer.status_code == 201, answer.text
    url = answer.json()["url"]
    assert url.startswith("http://localhost:8080/signup?invitation=")
    invitation_mails.send_due()
    assert url in mailoutbox[0].body
    key = key_in(url)
    assert not Invitation.objects.filter(key_digest=key).exists(), "the key itself is not stored"

    guest = browser()
    seen = guest.get(f"/api/invitations/{key}/").json()
    assert (seen["email"], seen["role"], seen["track"], seen["school"]) == (
        "new@school.example", "student", "DP", "Test School",
    )  # fmt: skip
    done = sign_up(guest, key)
    assert done.status_code == 200, done.text
    me = guest.get("/api/me/").json()
    assert (me["email"], me["name"], me["role"], me["track"]) == ("new@school.example", "New Person", "student", "DP")
    assert User.objects.get(email="new@school.example").emailaddress_set.get().verified
    assert guest.get(f"/api/invitations/{key}/").status_code == 404, "it opens once"
    assert {"invitation.create", "invitation.accept"} <= set(Record.objects.values_list("action", flat=True))


@pytest.mark.parametrize("key", ["", "x" * 32, "\u0000", "é" * 10])
def test_nobody_signs_up_without_an_invitation(browser, key):
    assert sign_up(browser(), key).status_code == 400
    assert not User.objects.exists()


def test_an_invitation_is_for_its_address_alone(signed_in, browser):
    key = key_in(invite(signed_in("admin")).json()["url"])
    assert sign_up(browser(), key, email="other@school.example").status_code == 400
    assert sign_up(browser(), key, role="admin").status_code == 200
    assert User.objects.get(email="new@school.example").role == "student", "nobody chooses their own role"


def test_one_invitation_makes_one_account_even_at_once(signed_in, browser):
    key = key_in(invite(signed_in("admin")).json()["url"])
    guests = [browser() for _ in range(6)]
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda guest: sign_up(guest, key).status_code, guests))
    assert answers.count(200) == 1, answers
    assert max(answers) < 500
    assert User.objects.filter(email="new@school.example").count() == 1


def test_an_invited_person_who_has_an_account_is_told_to_sign_in(signed_in, browser, person):
    key = key_in(invite(signed_in("admin")).json()["url"])
    person(email="new@school.example")
    answer = sign_up(browser(), key, email="New@school.example")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["message"] == "You already have an account: sign in."


def test_an_instructor_takes_no_invitation_to_another_role_away(signed_in, browser):
    url = invite(signed_in("admin"), role="instructor", track=None).json()["url"]
    answer = invite(signed_in("instructor"))
    assert answer.status_code == 422
    assert "ask an admin" in answer.json()["errors"][0]["message"]
    assert browser().get(f"/api/invitations/{key_in(url)}/").json()["role"] == "instructor"


def test_an_expired_or_replaced_invitation_opens_nothing(signed_in, browser):
    admin = signed_in("admin")
    first, second = (key_in(invite(admin).json()["url"]) for _ in range(2))
    assert browser().get(f"/api/invitations/{first}/").status_code == 404
    assert browser().get(f"/api/invitations/{second}/").status_code == 200
    Invitation.objects.filter(revoked_at=None).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert sign_up(browser(), second).status_code == 400


@pytest.mark.parametrize(
    ("role", "body", "status"),
    [
        ("student", {}, 403),
        ("instructor", {}, 201),
        ("instructor", {"role": "instructor", "track": None}, 403),
        ("admin", {"role": "instructor", "track": None}, 201),
        ("admin", {"role": "admin", "track": "FSD"}, 422),
        ("admin", {"track": None}, 422),
    ],
)
def test_who_may_invite_whom(signed_in, role, body, status):
    assert invite(signed_in(role), **body).status_code == status


def test_inviting_an_existing_user_is_refused(signed_in):
    one = signed_in("admin")
    answer = invite(one, email=one.user.email)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "body.email"


def test_an_instructor_sees_their_own_invitations_an_admin_all(signed_in):
    instructor, admin = signed_in("instructor"), signed_in("admin")
    invite(instructor, email="a@school.example")
    invite(admin, email="b@school.example")
    assert [it["email"] for it in instructor.get("/api/invitations/").json()["items"]] == ["a@school.example"]
    assert len(admin.get("/api/invitations/").json()["items"]) == 2
    assert admin.get("/api/invitations/").json()["items"][0]["url"] is None
    assert signed_in("student").get("/api/invitations/").status_code == 403


@pytest.mark.parametrize(
    "address",
    ["BP-İ@x.example", "boſs@x.example", "bıg@x.example", "zero\u200b@x.example", "a\u202eb@x.example", "a\nb@x.example",
     "a@x\u2028.example", "a@xn--\udc80.example", "@", "a@", "a@@x.example"],
)  # fmt: skip
def test_an_address_that_folds_into_no_address_is_refused_with_a_sentence(signed_in, address):
    body = json.dumps({"email": address, "role": "student", "track": "FSD"})  # as escapes: no client may refuse it
    answer = signed_in("instructor").post(
        "/api/invitations/", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in (400, 422), answer.text
    assert not Invitation.objects.exists()
    if answer.status_code == 422:
        (error,) = answer.json()["errors"]
        assert error["field"] == "body.email"


def test_one_mailbox_has_one_account_however_its_address_is_written(signed_in, browser):
    instructor = signed_in("instructor")
    key = key_in(invite(instructor, email="Zoe@BÜCHER.example").json()["url"])
    assert sign_up(browser(), key, email="ZOE@xn--bcher-kva.example").status_code == 200
    assert User.objects.get(role="student").email == "zoe@bücher.example"
    again = invite(instructor, email="zoe@XN--BCHER-KVA.example")
    assert again.status_code == 422
    assert "already has an account" in again.json()["errors"][0]["message"]


@pytest.mark.parametrize("name", ["\u200b", "Ada\u202eevil", "Ada\nLovelace", "\u3164"])
def test_a_name_that_deceives_is_refused_at_sign_up_with_a_sentence(signed_in, browser, name):
    key = key_in(invite(signed_in("admin")).json()["url"])
    answer = sign_up(browser(), key, name=name)
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["param"] == "name"
    assert error["message"].startswith("The name has a character that cannot be seen")
    assert sign_up(browser(), key, name="علی\u200cرضا").status_code == 200
