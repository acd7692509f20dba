from __future__ import annotations

import concurrent.futures
import time

import pytest
from django.core.mail.backends.locmem import EmailBackend

from backend.accounts import sign_in_limits
from backend.accounts.sign_in_limits import KNOWN_DEVICE, PERSON_IN_NETWORK, network_of
from backend.platform.rate_limit import Limit
from backend.tests.served import PASSWORD
from tests.waiting import until

AUTH = "/api/auth/browser/v1"
CLASS = "198.51.100.7"
STRANGER = "203.0.113.200"
TOO_MANY = "Too many failed login attempts"


def fail(one, email, times):
    return [one.sign_in(email, "wrong").text for _ in range(times)]


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("203.0.113.99", "203.0.113.0/24"),
        ("::ffff:203.0.113.99", "203.0.113.0/24"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
    ],
)
def test_a_network_counts_as_one(ip, network):
    assert network_of(ip) == network


def test_wrong_passwords_by_a_stranger_do_not_lock_out_the_owner(browser, person):
    user = person()
    answers = fail(browser(address=STRANGER), user.email, PERSON_IN_NETWORK.amount)
    assert not any(TOO_MANY in text for text in answers)
    neighbor = browser(address="203.0.113.9")
    assert TOO_MANY in neighbor.sign_in(user.email.upper(), PASSWORD).text, "the stranger's whole network is stopped"
    assert browser(address="198.51.100.4").sign_in(user.email, PASSWORD).status_code == 200
    assert neighbor.sign_in(person().email, PASSWORD).status_code == 200


def test_a_known_device_passes_behind_the_same_address_and_has_a_counter_of_its_own(browser, person):
    user = person()
    known = browser(address=CLASS)
    known.sign_in(user.email, PASSWORD)
    cookie = next(it for it in known.cookies.jar if it.name == "apranova_device")
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert user.email not in cookie.value
    known.delete(f"{AUTH}/auth/session")
    assert TOO_MANY in fail(browser(address=CLASS), user.email, PERSON_IN_NETWORK.amount + 1)[-1]
    assert known.sign_in(user.email, PASSWORD).status_code == 200
    known.delete(f"{AUTH}/auth/session")
    answers = fail(known, user.email, KNOWN_DEVICE.amount + 1)
    assert [TOO_MANY in text for text in answers] == [False] * KNOWN_DEVICE.amount + [True]


def test_a_device_is_known_for_its_own_people_and_only_with_our_signature(browser, person):
    user, other = person(), person()
    one = browser(address=CLASS)
    one.sign_in(other.email, PASSWORD)
    one.delete(f"{AUTH}/auth/session")
    assert TOO_MANY in fail(one, user.email, PERSON_IN_NETWORK.amount + 1)[-1]
    forger = browser(address=CLASS)
    forger.cookies.set("apranova_device", "W10:forged:signature")
    assert TOO_MANY in forger.sign_in(user.email, PASSWORD).text


def test_a_guesser_with_many_networks_is_limited_and_a_new_password_helps(browser, person, monkeypatch, mailoutbox):
    monkeypatch.setattr(sign_in_limits, "PERSON", Limit(6, 3600))
    user = person()
    for third in range(4):
        answer = fail(browser(address=f"192.0.{third}.1"), user.email, 2)[-1]
    assert TOO_MANY in answer
    owner = browser()
    owner.get(f"{AUTH}/config")
    owner.post(f"{AUTH}/auth/password/request", json={"email": user.email})
    until(lambda: mailoutbox, "no mail was sent")
    key = mailoutbox[0].body.partition("/password/reset/")[2].split()[0]
    owner.post(f"{AUTH}/auth/password/reset", json={"key": key, "password": "a-fresh-password-77"})
    assert owner.sign_in(user.email, "a-fresh-password-77").status_code == 200


def test_a_hostile_student_does_not_use_up_the_class_s_address(browser, person, monkeypatch):
    monkeypatch.setattr(sign_in_limits, "NETWORK", Limit(20, 60))
    user = person()
    known = browser(address=CLASS)
    known.sign_in(user.email, PASSWORD)
    known.delete(f"{AUTH}/auth/session")
    hostile = browser(address=CLASS)
    hostile.get(f"{AUTH}/config")
    for number in range(20):
        body = {"email": f"x{number}@school.example", "password": "wrong"}
        answer = hostile.post(f"{AUTH}/auth/login", json=body)
    assert TOO_MANY in answer.text, "the network's limit is reached"
    assert known.sign_in(user.email, PASSWORD).status_code == 200


def test_a_class_of_sixty_signs_in_behind_one_address_with_a_typo_or_two(browser, person):
    people = [person() for _ in range(60)]
    browsers = [browser(address=CLASS) for _ in people]

    def arrive(one, user, typos):
        fail(one, user.email, typos)
        return one.sign_in(user.email, PASSWORD).status_code

    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        typos = (1 + number % 2 for number in range(60))
        assert list(pool.map(arrive, browsers, people, typos)) == [200] * 60


def test_sign_up_does_not_tell_whether_an_address_has_an_account(browser, person):
    user = person()
    one = browser()
    one.get(f"{AUTH}/config")
    body = {"password": "quite-a-long-password-5", "name": "X", "invitation": "x" * 32}
    answers = [one.post(f"{AUTH}/auth/signup", json={**body, "email": it}) for it in (user.email, "no@school.example")]
    assert answers[0].json() == answers[1].json()
    assert "account" not in answers[0].text


@pytest.mark.parametrize("path", ["auth/password/request", "auth/code/request"])
def test_a_request_for_mail_does_not_tell_whether_an_address_has_an_account(browser, person, path, monkeypatch):
    user = person()
    monkeypatch.setattr(EmailBackend, "send_messages", lambda _self, _messages: time.sleep(1.5))
    one = browser()
    one.get(f"{AUTH}/config")
    answers = [one.post(f"{AUTH}/{path}", json={"email": it}) for it in (user.email, "no@school.example")]
    assert answers[0].status_code == answers[1].status_code
    assert answers[0].text == answers[1].text
    assert answers[0].elapsed.total_seconds() < 1, "the mail server's time tells it"


def test_a_signed_in_student_does_not_learn_whether_an_address_has_an_account(signed_in, person):
    one, other = signed_in(), person()
    answers = [one.post(f"{AUTH}/account/email", json={"email": it}) for it in (other.email, "no@school.example")]
    assert answers[0].status_code == answers[1].status_code, [it.text for it in answers]
    assert answers[0].text.replace(other.email, "no@school.example") == answers[1].text
