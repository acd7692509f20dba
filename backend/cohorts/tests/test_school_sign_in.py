"""Signing in at a real OpenID Connect provider (npm's oidc-provider), as browsers do."""

from __future__ import annotations

import re
import time
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
import jwt
import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric import rsa

from backend.accounts import begin_sign_in, openid
from backend.accounts.models import Invitation, User
from backend.accounts.roles import Role, Track
from backend.accounts.services import update_user
from backend.accounts.subjects import uid_of
from backend.audit.models import Record
from backend.cohorts.models import Cohort, JoinLink
from backend.platform.rate_limit import Limit
from backend.tests.served import PASSWORD, PUBLIC_URL
from backend.tests.signing_in import begin, come_back, me, use_sign_in
from tests.openid import openid_settings, running_openid

SIGN_IN = "/api/sign-in/openid/"


@pytest.fixture(scope="module")
def provider():
    with running_openid(PUBLIC_URL) as running:
        yield running


@pytest.fixture
def school(settings, provider):
    """Lets the backend use the provider, with more settings if wanted."""

    def use(**more):
        use_sign_in(settings, {**openid_settings(provider.port), **more})

    use()
    return use


def at_provider(url, login):
    """A person signs in on the provider's pages and agrees; the address to which it sends them."""
    with httpx.Client() as person:
        for _ in range(12):
            if url.startswith(PUBLIC_URL):
                return url
            answer = person.get(url)
            if answer.is_redirect:
                url = urljoin(url, answer.headers["location"])
                continue
            assert answer.status_code == 200, answer.text
            action = re.search(r'action="([^"]+)"', answer.text)[1]
            prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)[1]
            sent = person.post(action, data={"prompt": prompt, "login": login, "password": "any"})
            url = urljoin(url, sent.headers["location"])
    raise AssertionError(f"the provider goes in a circle: {url}")


def sign_in(one, login, wanted="/dashboard"):
    return come_back(one, at_provider(begin(one, "openid", wanted), login))


def set_up_second_factor(one):
    address = "/api/auth/browser/v1/account/authenticators/totp"
    secret = one.get(address).json()["meta"]["secret"]
    code = format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))
    return one.post(address, json={"code": code})


def test_the_sign_in_page_is_told_what_the_school_uses(school, browser):
    assert browser().get("/api/sign-in/").json() == {
        "school": "Test School",
        "providers": [{"id": "openid", "name": "Nordlicht School"}],
        "passwords": True,
        "platform": None,
    }
    assert browser().get("/api/auth/browser/v1/config").status_code == 200


def test_an_old_account_is_found_by_its_verified_address_and_stays_the_same(school, provider, browser, person):
    user = person("student")
    provider.add("amira", email=user.email.upper(), email_verified=True, name="Amira Okafor")
    for _ in range(2):
        one = browser()
        assert sign_in(one, "amira") == ""
        assert (me(one)["id"], me(one)["role"]) == (str(user.pk), "student")
    assert (User.objects.count(), SocialAccount.objects.count()) == (1, 1)
    assert SocialAccount.objects.get().extra_data == {}, "the claims are not kept"
    assert Record.objects.filter(action="user.provider_linked", actor=user.email).count() == 1
    assert browser().sign_in(user.email, PASSWORD).status_code == 200, "and keeps its password"

    provider.add("amira", email="new-name@school.example", email_verified=False)
    one = browser()
    assert sign_in(one, "amira") == ""
    assert me(one)["email"] == user.email, "once linked, the provider's own number decides"


def test_whoever_gets_an_address_second_does_not_get_the_first_ones_account(
    school, provider, browser, person, signed_in
):
    user = person("student")
    provider.add("first", email=user.email, email_verified=True)
    assert sign_in(browser(), "first") == ""
    provider.add("first", email="new-name@school.example", email_verified=True)
    provider.add("second", email=user.email, email_verified=True)
    one = browser()
    assert sign_in(one, "second") == "address_reused"
    assert me(one) is None
    assert sign_in(browser(), "first") == ""

    chosen = {"action": "forget_provider", "_selected_action": [str(user.pk)]}
    assert signed_in("admin").post("/api/admin/accounts/user/", data=chosen).status_code == 302
    assert Record.objects.filter(action="user.provider_unlinked", target_id=str(user.pk)).count() == 1
    assert sign_in(browser(), "second") == "", "the admin says that it is the same person"


def test_a_subject_of_another_issuer_is_another_person(school, provider, browser, person):
    """A school that changes its provider: the old one's number 17 is not the new one's."""
    user = person("student")
    SocialAccount.objects.create(user=user, provider="openid", uid=uid_of("https://old.example", "seventeen"))
    provider.add("seventeen", email="else@school.example", email_verified=True)
    assert sign_in(browser(), "seventeen") == "not_invited"
    provider.add("eighteen", email=user.email, email_verified=True)
    assert sign_in(browser(), "eighteen") == "", "an account has one link per issuer"


@pytest.mark.parametrize(
    ("claims", "error"),
    [
        ({"email_verified": False}, "email_unverified"),
        ({}, "email_unverified"),
        ({"email_verified": "false"}, "email_unverified"),
        ({"email": None, "email_verified": True}, "email_missing"),
    ],
)
def test_an_address_that_nobody_vouches_for_opens_no_account(school, provider, browser, person, claims, error):
    provider.add("mallory", **{"email": person("admin").email, **claims})
    one = browser()
    assert sign_in(one, "mallory") == error
    assert me(one) is None
    assert not SocialAccount.objects.exists()


def test_a_school_may_vouch_for_its_own_domains(school, provider, browser, person):
    user, other = person("student"), person("student", email="a@elsewhere.example")
    school(APRANOVA_OPENID_VERIFIED_DOMAINS="school.example")
    provider.add("own", email=user.email)
    provider.add("foreign", email=other.email)
    assert sign_in(browser(), "own") == ""
    assert sign_in(browser(), "foreign") == "email_unverified"


def test_whom_nobody_invited_is_refused(school, provider, browser):
    provider.add("stranger", email="stranger@school.example", email_verified=True)
    one = browser()
    assert sign_in(one, "stranger") == "not_invited"
    assert me(one) is None
    assert not User.objects.exists()


def test_an_invited_newcomer_gets_role_cohort_and_no_password(school, provider, browser, signed_in):
    teacher = signed_in("instructor")
    cohort = teacher.post("/api/cohorts/", json={"name": "Berlin-3", "track": "FSD", "time_zone": "UTC"}).json()["id"]
    invited = {"email": "zoe@school.example", "role": "student", "track": "FSD", "cohort_id": cohort}
    assert teacher.post("/api/invitations/", json=invited).status_code == 201
    provider.add("zoe", email="zoe@school.example", email_verified=True, name="Zoë Ångström")
    one = browser()
    assert sign_in(one, "zoe") == ""
    assert (me(one)["name"], me(one)["track"], me(one)["uses_password"]) == ("Zoë Ångström", "FSD", False)
    assert [it["name"] for it in teacher.get(f"/api/cohorts/{cohort}/").json()["members"]] == ["Zoë Ångström"]
    assert Invitation.objects.get().accepted_at is not None
    assert one.delete("/api/auth/browser/v1/auth/session").status_code == 401, "signed out"
    assert me(one) is None


def test_a_newcomer_by_a_join_link_needs_no_mail_and_takes_a_place(school, provider, browser, signed_in):
    teacher = signed_in("instructor")
    cohort = teacher.post("/api/cohorts/", json={"name": "Berlin-3", "track": "DP", "time_zone": "UTC"}).json()["id"]
    links = f"/api/cohorts/{cohort}/join-links/"
    teacher.post(links, json={"hours": 1, "places": 1, "domains": ["school.example"]})
    page = urlsplit(teacher.get(links).json()["items"][0]["url"]).path
    for name, domain in (("first", "school"), ("late", "school"), ("foreign", "other")):
        provider.add(name, email=f"{name}@{domain}.example", email_verified=True)
    assert sign_in(browser(), "foreign", page) == "not_invited"
    Cohort.objects.update(active=False)
    assert sign_in(browser(), "first", page) == "not_invited"
    Cohort.objects.update(active=True)
    one = browser()
    assert sign_in(one, "first", page) == ""
    assert one.get(f"/api{page}/").json()["you"]["outcome"] == "here"
    assert sign_in(browser(), "late", page) == "not_invited"
    assert (JoinLink.objects.get().taken, User.objects.filter(role="student").count()) == (1, 1)


def test_groups_lead_to_a_cohort_or_to_the_teachers_only_where_the_school_maps_them(
    school, provider, browser, signed_in
):
    signed_in("instructor").post("/api/cohorts/", json={"name": "Berlin-3", "track": "DP", "time_zone": "UTC"})
    provider.add("sam", email="sam@school.example", email_verified=True, groups=["all", "Berlin-3"])
    provider.add("tess", email="tess@school.example", email_verified=True, groups=["staff"])
    assert sign_in(browser(), "sam") == "not_invited"
    school(APRANOVA_SIGN_IN_GROUPS_CLAIM="groups", APRANOVA_SIGN_IN_INSTRUCTOR_GROUP="staff")
    student, teacher = browser(), browser()
    assert (sign_in(student, "sam"), sign_in(teacher, "tess")) == ("", "")
    assert User.objects.get(email="sam@school.example").membership.cohort.name == "Berlin-3"
    assert (me(student)["track"], me(teacher)["role"]) == ("DP", "instructor")


def test_a_deactivated_person_stays_outside(school, provider, browser, person):
    user = person("student")
    provider.add("away", email=user.email, email_verified=True)
    assert sign_in(browser(), "away") == ""
    update_user(user, name="", role=Role.STUDENT, track=Track.FSD, is_active=False, acting_user=user)
    one = browser()
    assert sign_in(one, "away") == "inactive"
    assert me(one) is None


def test_a_second_factor_is_asked_for_after_the_provider_too(school, provider, signed_in, browser):
    one = signed_in("student")
    assert one.post("/api/auth/browser/v1/auth/reauthenticate", json={"password": PASSWORD}).status_code == 200
    assert set_up_second_factor(one).status_code == 200
    provider.add("careful", email=one.user.email, email_verified=True)
    other = browser()
    sign_in(other, "careful")
    flows = other.get("/api/auth/browser/v1/auth/session").json()["data"]["flows"]
    assert any(it["id"] == "mfa_authenticate" and it.get("is_pending") for it in flows)
    assert me(other) is None


def test_with_passwords_off_one_admin_alone_keeps_theirs(school, provider, browser, person):
    student, head = person("student"), person("admin")
    school(APRANOVA_SIGN_IN_PASSWORDS="no", APRANOVA_ADMIN_EMAIL=head.email)
    refused = browser().sign_in(student.email, PASSWORD)
    assert refused.status_code == 400
    assert "does not use passwords here" in refused.text
    assert browser().sign_in("nobody@school.example", PASSWORD).text == refused.text, "it tells of no account"
    admin = browser()
    assert admin.sign_in(head.email, PASSWORD).status_code == 200
    invited = admin.post("/api/invitations/", json={"email": "new@school.example", "role": "instructor"}).json()
    values = {"email": "new@school.example", "name": "New", "password": PASSWORD}
    key = invited["url"].partition("invitation=")[2]
    signed_up = browser()
    signed_up.get("/api/auth/browser/v1/config")
    refused = signed_up.post("/api/auth/browser/v1/auth/signup", json={**values, "invitation": key})
    assert "does not use passwords here" in refused.text
    provider.add("still", email=student.email, email_verified=True)
    one = browser()
    assert sign_in(one, "still") == ""
    assert me(one)["uses_password"] is False
    assert set_up_second_factor(one).status_code == 200, "no password is asked for, which would be refused"
    assert set_up_second_factor(admin).status_code == 401, "whoever may use theirs confirms by it"


def test_the_answer_of_one_browsers_sign_in_opens_nothing_in_another(school, provider, browser, person):
    provider.add("victim", email=person("student").email, email_verified=True)
    there = at_provider(begin(browser(), "openid"), "victim")
    other = browser()
    begin(other, "openid")
    assert come_back(other, there) != ""
    assert me(other) is None


def test_an_answer_works_once(school, provider, browser, person):
    provider.add("twice", email=person("student").email, email_verified=True)
    one = browser()
    there = at_provider(begin(one, "openid"), "twice")
    assert come_back(one, there) == ""
    one.delete("/api/auth/browser/v1/auth/session")
    assert come_back(one, there) != ""
    assert me(one) is None


def test_the_request_carries_pkce_and_a_nonce(school, browser):
    query = parse_qs(urlsplit(begin(browser(), "openid")).query)
    assert query["code_challenge_method"] == ["S256"]
    assert query["redirect_uri"] == [f"{PUBLIC_URL}/api/auth/oidc/openid/callback/"]
    assert query["nonce"][0] != query["state"][0]


@pytest.mark.parametrize("fault", ["nonce", "signature", "subject"])
def test_a_token_that_is_forged_or_of_another_sign_in_opens_nothing(
    school, provider, browser, person, monkeypatch, fault
):
    provider.add("mallory", email=person("student").email, email_verified=True)
    real_userinfo, real_decode = openid.SchoolOpenID._fetch_user_info, openid.SchoolOpenID._decode_id_token
    if fault == "nonce":
        monkeypatch.setattr(openid, "_nonce_of", lambda state: "n" + state[:5] + str(time.monotonic()))
    if fault == "subject":
        monkeypatch.setattr(
            openid.SchoolOpenID, "_fetch_user_info", lambda self, token: {**real_userinfo(self, token), "sub": "else"}
        )
    if fault == "signature":
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

        def forged(self, app, token):
            claims = jwt.decode(token, options={"verify_signature": False})
            kid = jwt.get_unverified_header(token)["kid"]
            return real_decode(self, app, jwt.encode(claims, key, algorithm="RS256", headers={"kid": kid}))

        monkeypatch.setattr(openid.SchoolOpenID, "_decode_id_token", forged)
    one = browser()
    assert sign_in(one, "mallory") == "unknown"
    assert me(one) is None


def test_the_page_after_the_sign_in_is_one_of_the_portal(school, browser):
    one = browser()
    one.get("/api/auth/browser/v1/config")
    assert one.post(SIGN_IN, json={"next": "https://evil.example"}).status_code == 422
    assert one.post("/api/sign-in/github/", json={}).json()["reason"] == "no_provider"
    refused = one.post(SIGN_IN, json={}, headers={"X-CSRFToken": "wrong"})
    assert refused.json()["reason"] == "csrf_failed"


def test_a_provider_that_does_not_answer_is_told_in_words(school, browser):
    school(APRANOVA_OPENID_ISSUER="http://localhost:9")
    one = browser()
    one.get("/api/auth/browser/v1/config")
    answer = one.post(SIGN_IN, json={})
    assert (answer.status_code, answer.json()["detail"]) == (503, "Nordlicht School does not answer right now.")


def test_the_log_says_why_a_sign_in_did_not_work(school, provider, browser, caplog):
    school(APRANOVA_OPENID_CLIENT_SECRET="one of another client")
    provider.add("amira", email="amira@school.example", email_verified=True)
    assert sign_in(browser(), "amira") == "unknown"
    assert "a sign-in by Nordlicht School did not work: " in caplog.text
    assert "invalid_client" in caplog.text


def test_a_network_begins_so_many_sign_ins_a_minute(school, browser, monkeypatch):
    monkeypatch.setattr(begin_sign_in, "NETWORK", Limit(1, 60))
    one = browser()
    begin(one, "openid")
    assert one.post(SIGN_IN, json={}).status_code == 429


@pytest.mark.parametrize("path", ["auth/provider/redirect", "auth/provider/token", "auth/provider/signup"])
def test_no_other_way_of_the_library_to_a_provider_is_open(school, browser, path):
    one = browser()
    one.get("/api/auth/browser/v1/config")
    assert one.post(f"/api/auth/browser/v1/{path}", json={}).status_code == 404
