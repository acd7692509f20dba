from __future__ import annotations

import os
import re
from importlib import import_module

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session

from backend.accounts.roles import Role, Track
from backend.accounts.services import update_user
from backend.audit.models import Record
from backend.tests.served import PASSWORD
from tests.waiting import until

AUTH = "/api/auth/browser/v1"


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def actions() -> list[str]:
    return list(Record.objects.order_by("id").values_list("action", flat=True))


def test_signing_in_makes_a_session_and_records(browser, person):
    user = person("student", "DP")
    one = browser(address="198.51.100.4")
    answer = one.sign_in(user.email.upper(), PASSWORD)
    assert answer.status_code == 200, answer.text
    cookie = next(it for it in one.cookies.jar if it.name == "apranova_session")
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert cookie.get_nonstandard_attr("SameSite") == "Lax"
    me = one.get("/api/me/").json()
    assert me == {
        "id": str(user.pk),
        "email": user.email,
        "name": user.name,
        "role": "student",
        "track": "DP",
        "kinds": ["superset"],
        "mfa_enabled": False,
        "uses_password": True,
        "school": {"name": "Test School", "isolated": True, "warnings": []},
    }
    signed_in = Record.objects.get(action="user.signed_in")
    assert (signed_in.actor, signed_in.ip, bool(signed_in.request_id)) == (user.email, "198.51.100.4", True)


def test_a_password_of_before_signs_in_once_more_and_is_stored_anew(browser, person, settings):
    school = import_module(os.environ["DJANGO_SETTINGS_MODULE"])
    settings.PASSWORD_HASHERS = school.PASSWORD_HASHERS  # the tests' own are fast
    user = person()
    user.password = make_password(PASSWORD, hasher="pbkdf2_sha256")
    user.save()
    assert browser().sign_in(user.email, "wrong").status_code == 400
    assert browser().sign_in(user.email, PASSWORD).status_code == 200
    user.refresh_from_db()
    assert user.password.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert browser().sign_in(user.email, PASSWORD).status_code == 200


def test_a_proof_with_a_password_of_before_does_not_sign_out(browser, person, settings):
    user = person()
    one = browser()
    assert one.sign_in(user.email, PASSWORD).status_code == 200
    old = user.password
    settings.PASSWORD_HASHERS = ["backend.accounts.passwords.PasswordHasher", *settings.PASSWORD_HASHERS]
    assert one.post(f"{AUTH}/auth/reauthenticate", json={"password": PASSWORD}).status_code == 200
    user.refresh_from_db()
    assert user.password != old, "it is stored anew"
    assert one.get("/api/me/").status_code == 200


def test_only_the_address_that_the_edge_saw_is_believed(browser, person):
    user = person()
    browser(address="1.1.1.1, 203.0.113.99").sign_in(user.email, PASSWORD)
    assert Record.objects.get(action="user.signed_in").ip == "203.0.113.99"


def test_a_wrong_password_is_refused_and_recorded(browser, person):
    user = person()
    answer = browser().sign_in(user.email, "wrong")
    assert answer.status_code == 400
    failed = Record.objects.get(action="user.sign_in_failed")
    assert (failed.actor_id, failed.target_id) == (None, user.email)


def test_signing_out_ends_the_session_and_is_recorded(signed_in):
    one = signed_in()
    assert one.delete(f"{AUTH}/auth/session").status_code == 401  # allauth's way to say: nobody is signed in now
    assert one.get("/api/me/").status_code == 401
    assert Session.objects.count() == 0
    assert actions()[-1] == "user.signed_out"


def test_a_deactivated_person_is_out_at_once(signed_in, person):
    admin, one = person("admin"), signed_in()
    update_user(one.user, name="X", role=Role.STUDENT, track=Track.FSD, is_active=False, acting_user=admin)
    assert one.get("/api/me/").status_code == 401
    assert one.sign_in(one.user.email, PASSWORD).status_code != 200


def test_a_second_factor_is_asked_for_and_a_recovery_code_works_once(signed_in, browser):
    one = signed_in()
    secret = one.get(f"{AUTH}/account/authenticators/totp").json()["meta"]["secret"]
    activate = {"url": f"{AUTH}/account/authenticators/totp", "json": {"code": code_of(secret)}}
    assert one.post(**activate).status_code == 401, "the password is asked for again first"
    assert one.post(f"{AUTH}/auth/reauthenticate", json={"password": PASSWORD}).status_code == 200
    activated = one.post(**activate)
    assert activated.status_code == 200, activated.text
    assert one.get("/api/me/").json()["mfa_enabled"] is True
    assert secret not in str(Authenticator.objects.get(type="totp").data), "the secret is encrypted at rest"
    codes = one.get(f"{AUTH}/account/authenticators/recovery-codes").json()["data"]["unused_codes"]
    assert len(codes) == 10
    assert "user.mfa_added" in actions()

    other = browser()
    first = other.sign_in(one.user.email, PASSWORD)
    assert first.status_code == 401
    assert "mfa_authenticate" in {flow["id"] for flow in first.json()["data"]["flows"] if flow.get("is_pending")}
    assert other.get("/api/me/").status_code == 401, "half signed in is not signed in"
    assert other.post(f"{AUTH}/auth/2fa/authenticate", json={"code": "000000"}).status_code == 400
    assert other.post(f"{AUTH}/auth/2fa/authenticate", json={"code": codes[0]}).status_code == 200
    assert other.get("/api/me/").status_code == 200

    third = browser()
    third.sign_in(one.user.email, PASSWORD)
    assert third.post(f"{AUTH}/auth/2fa/authenticate", json={"code": codes[0]}).status_code == 400


def test_codes_of_a_second_factor_cannot_be_guessed_or_used_twice(signed_in, browser, person):
    """Only somebody who has the password gets to guess: five codes in five minutes, in all browsers
    together. The owner's other sessions go on."""
    one = signed_in()
    secret = one.get(f"{AUTH}/account/authenticators/totp").json()["meta"]["secret"]
    one.post(f"{AUTH}/auth/reauthenticate", json={"password": PASSWORD})
    assert one.post(f"{AUTH}/account/authenticators/totp", json={"code": code_of(secret)}).status_code == 200
    recovery = one.get(f"{AUTH}/account/authenticators/recovery-codes").json()["data"]["unused_codes"]

    def answer(code: str):
        guest = browser()
        assert guest.sign_in(one.user.email, PASSWORD).status_code == 401
        return guest.post(f"{AUTH}/auth/2fa/authenticate", json={"code": code})

    assert answer(recovery[0]).status_code == 200
    guesses = [answer(recovery[0]), *(answer(f"{number:08}") for number in range(4))]
    assert {guess.status_code for guess in guesses} == {400}
    refused = answer(recovery[1])
    assert refused.status_code == 400, "even the right one has to wait"
    assert refused.json()["errors"][0]["code"] == "too_many_login_attempts"
    assert one.get("/api/me/").status_code == 200


def test_a_forgotten_password_is_reset_by_mail(browser, person, mailoutbox):
    user = person()
    one = browser()
    one.get(f"{AUTH}/config")
    assert one.post(f"{AUTH}/auth/password/request", json={"email": user.email}).status_code == 200
    until(lambda: mailoutbox, "no mail was sent")
    (mail,) = mailoutbox
    assert mail.to == [user.email]
    key = re.search(r"http://localhost:8080/password/reset/(\S+)", mail.body).group(1)
    assert one.get(f"{AUTH}/auth/password/reset", headers={"X-Password-Reset-Key": key}).status_code == 200
    weak = one.post(f"{AUTH}/auth/password/reset", json={"key": key, "password": "1234567890"})
    assert weak.status_code == 400
    fresh = "a-fresh-password-77"
    assert one.post(f"{AUTH}/auth/password/reset", json={"key": key, "password": fresh}).status_code in (200, 401)
    assert "user.password_reset" in actions()
    assert browser().sign_in(user.email, fresh).status_code == 200


def test_an_unknown_address_gets_no_mail_and_the_same_answer(browser, mailoutbox):
    one = browser()
    one.get(f"{AUTH}/config")
    assert one.post(f"{AUTH}/auth/password/request", json={"email": "nobody@school.example"}).status_code == 200
    assert mailoutbox == []


def test_a_program_signs_in_with_tokens_and_needs_no_csrf(browser, person, manager):
    user = person()
    program = browser()
    answer = program.post("/api/auth/app/v1/auth/login", json={"email": user.email, "password": PASSWORD})
    meta = answer.json()["meta"]
    bearer = {"Authorization": f"Bearer {meta['access_token']}"}
    assert program.get("/api/me/", headers=bearer).json()["email"] == user.email
    created = program.post("/api/workspace/create/", headers={**bearer, "Origin": "https://elsewhere.example"})
    assert created.status_code == 201
    renewed = program.post("/api/auth/app/v1/tokens/refresh", json={"refresh_token": meta["refresh_token"]}).json()
    assert renewed["data"]["access_token"] != meta["access_token"]
    gone = program.delete("/api/auth/app/v1/auth/session", headers={"X-Session-Token": meta["session_token"]})
    assert gone.status_code == 401
    assert program.get("/api/me/", headers=bearer).status_code == 401, "signing out ends the tokens at once"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"email": 1}', b'{"email": "\\u0000", "password": "\\u0000"}'])
def test_bad_sign_in_requests_are_refused_calmly(browser, body):
    one = browser()
    one.get(f"{AUTH}/config")
    answer = one.post(f"{AUTH}/auth/login", content=body, headers={"Content-Type": "application/json"})
    assert 400 <= answer.status_code < 500


@pytest.mark.parametrize("path", ["/api/me/", f"{AUTH}/auth/session", "/workspace/", "/api/admin/"])
@pytest.mark.parametrize("name", ["apranova_session", "apranova_csrf", "apranova_device"])
def test_several_cookies_of_one_name_are_refused_and_cleared(signed_in, path, name):
    one = signed_in()
    mine = "; ".join(f"{it.name}={it.value}" for it in one.cookies.jar)
    for cookies in (f"{name}=planted; {mine}", f"{mine}; {name}=planted", f"a=1;{name}=x;{name} =y"):
        for accept in ("application/json", "text/html"):
            answer = one.get(path, headers={"Cookie": cookies, "Accept": accept})
            assert (answer.status_code, answer.headers["clear-site-data"]) == (400, '"cookies"')
    assert one.get(path, headers={"Cookie": f"{mine}; a=1; a=2"}).status_code < 400
