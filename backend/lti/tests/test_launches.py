"""Launches from a learning platform (a vendor's library), and messages that somebody has forged."""

from __future__ import annotations

import time
from datetime import timedelta

import httpx
import jwt
import pytest
from allauth.socialaccount.models import SocialAccount
from cryptography.fernet import Fernet
from django.core import signing

from backend.accounts.models import Invitation, User
from backend.accounts.roles import Role, Track
from backend.accounts.services import update_user
from backend.audit.models import Record
from backend.cohorts.models import Cohort
from backend.lti import beginning, platform_keys, signing_keys, views
from backend.lti.launch import CLAIM, CONTENT_CLAIM, GRADES_CLAIM, NAMES_CLAIM
from backend.lti.models import Course, CourseMember, SigningKey
from backend.lti.tests.launching import begun, finished, launch, message_at, post
from backend.platform.rate_limit import Limit
from backend.tests.served import PASSWORD
from backend.tests.signing_in import me
from tests.lti_platform import ADMINISTRATOR, ASSISTANT, INSTRUCTOR, LEARNER, Platform, new_key

OVER = "This launch is over or was used before"
COULD_NOT = "ApraNova could not be opened from there"


def forged(platform: Platform, message: dict[str, str], *, key: str = "", **changes: object) -> dict[str, str]:
    """The message with other claims, signed anew."""
    claims = jwt.decode(message["id_token"], options={"verify_signature": False})
    claims = {name: value for name, value in {**claims, **changes}.items() if value is not None}
    kid = platform.get_registration().get_kid()
    return {**message, "id_token": jwt.encode(claims, key or platform.private_key, "RS256", {"kid": kid})}


def test_an_old_account_is_found_by_its_address_and_stays_the_same(school, platform, browser, person):
    user = person("student")
    platform.add("amira", LEARNER, email=user.email.upper(), name="Amira Okafor")
    for _ in range(2):
        one = browser()
        assert launch(one, platform, "amira") == "/dashboard"
        assert me(one)["id"] == str(user.pk)
    account = SocialAccount.objects.get()
    assert (account.provider, account.extra_data, User.objects.count()) == ("lti", {}, 1)
    assert Record.objects.filter(action="user.provider_linked", actor=user.email).count() == 1
    assert browser().sign_in(user.email, PASSWORD).status_code == 200, "and keeps its password"
    platform.add("second", LEARNER, email=user.email)
    assert launch(browser(), platform, "second") == "error address_reused"
    platform.add("amira", LEARNER, email="new-name@school.example")
    one = browser()
    launch(one, platform, "amira")
    assert me(one)["email"] == user.email, "once linked, the platform's own id decides"


def test_whoever_is_signed_in_stays_so_and_another_person_takes_their_place(school, platform, browser, person):
    user, other = person("student"), person("student")
    platform.add("amira", LEARNER, email=user.email)
    platform.add("ben", LEARNER, email=other.email)
    one = browser()
    launch(one, platform, "amira")
    session = one.cookies["apranova_session"]
    assert launch(one, platform, "amira") == "/dashboard"
    assert one.cookies["apranova_session"] == session
    launch(one, platform, "ben")
    assert me(one)["email"] == other.email


def test_only_the_schools_own_addresses_are_believed(school, platform, browser, person):
    victim = person("student", email="victim@elsewhere.example")
    platform.add("mallory", LEARNER, email=victim.email)
    platform.add("nobody", LEARNER)
    one = browser()
    assert launch(one, platform, "mallory", changes={"email_verified": False}) == "error email_unverified"
    assert launch(one, platform, "nobody") == "error email_missing"
    assert me(one) is None
    assert not SocialAccount.objects.exists()


def test_an_instructor_connects_the_course_and_its_learners_come_into_the_cohort(connected, platform, browser, person):
    teacher, cohort = connected
    old = person("student")
    platform.add("old", LEARNER, email=old.email)
    platform.add("zoe", LEARNER, email="zoe@school.example", name="Zoë Ångström")
    for login in ("old", "zoe", "zoe"):
        assert launch(browser(), platform, login) == "/dashboard"
    found = teacher.get(f"/api/cohorts/{cohort}/").json()["members"]
    assert sorted(it["email"] for it in found) == sorted([old.email, "zoe@school.example"])
    new = User.objects.get(email="zoe@school.example")
    assert (new.name, new.role, new.track, new.has_usable_password()) == ("Zoë Ångström", "student", "FSD", False)
    assert Record.objects.filter(action="cohort.join", details__cohort_id=cohort).count() == 2
    assert Record.objects.filter(action="cohort.course_connected", actor=teacher.user.email).count() == 1
    assert launch(teacher, platform, "tess") == f"/cohorts/{cohort}"


def test_a_learner_of_a_course_that_nobody_connected_is_told_so(school, platform, browser, connected):
    platform.add("zoe", LEARNER, email="zoe@school.example")
    assert launch(browser(), platform, "zoe", "biology") == "error course_not_connected"
    Cohort.objects.update(active=False)
    assert launch(browser(), platform, "zoe") == "error not_invited", "the term is over"
    assert not User.objects.filter(email="zoe@school.example").exists()


def test_a_student_of_another_cohort_or_track_stays_there(connected, platform, browser, person, signed_in, make_cohort):
    teacher, cohort = connected
    there, data = person("student"), person("student", "DP")
    other = signed_in("admin")
    elsewhere = make_cohort(other, "Elsewhere")
    assert other.put(f"/api/cohorts/{elsewhere}/members/{there.pk}/").status_code == 200
    for number, user in enumerate((there, data)):
        platform.add(f"p{number}", LEARNER, email=user.email)
        assert launch(browser(), platform, f"p{number}") == "/dashboard"
    assert teacher.get(f"/api/cohorts/{cohort}/").json()["members"] == []
    there.refresh_from_db()
    assert str(there.membership.cohort.pk) == elsewhere


def test_no_role_at_the_platform_makes_an_admin_and_teachers_come_only_where_the_school_says_so(
    connected, platform, browser, school
):
    _, cohort = connected
    platform.add("root", ADMINISTRATOR, INSTRUCTOR, email="root@school.example")
    platform.add("tara", INSTRUCTOR, ASSISTANT, email="tara@school.example")
    platform.add("chief", ADMINISTRATOR, email="chief@school.example")
    for login in ("root", "tara", "chief"):
        assert launch(browser(), platform, login) == "error not_invited"
    school(APRANOVA_LTI_TEACHERS="yes")
    assert launch(browser(), platform, "root") == f"/cohorts/{cohort}"
    assert launch(browser(), platform, "tara") == f"/cohorts/{cohort}"
    assert launch(browser(), platform, "chief") == "error not_invited"
    made = dict(
        User.objects.filter(email__in=["root@school.example", "tara@school.example"]).values_list("email", "role")
    )
    assert made == {"root@school.example": "instructor", "tara@school.example": "assistant"}
    assert Record.objects.filter(action="cohort.instructors_set").count() == 2


def test_an_admins_account_is_not_opened_by_the_platform(school, platform, browser, person, signed_in):
    head = signed_in("admin")
    platform.add("mallory", INSTRUCTOR, email=head.user.email)
    one = browser()
    assert launch(one, platform, "mallory") == "error admin_by_lti"
    assert me(one) is None
    assert not SocialAccount.objects.exists()
    assert launch(head, platform, "mallory").startswith("/courses/"), "who has signed in here goes on"
    promoted = person("instructor")
    platform.add("pia", INSTRUCTOR, email=promoted.email)
    assert launch(browser(), platform, "pia", "biology").startswith("/courses/")
    update_user(promoted, name="P", role=Role.ADMIN, track=None, is_active=True, acting_user=head.user)
    assert launch(browser(), platform, "pia", "biology") == "error admin_by_lti"


def test_an_admins_invitation_is_not_used_by_the_platform(school, platform, browser, signed_in):
    body = {"email": "next-head@school.example", "role": "admin", "track": None}
    assert signed_in("admin").post("/api/invitations/", json=body).status_code == 201
    platform.add("mallory", INSTRUCTOR, email="next-head@school.example")
    assert launch(browser(), platform, "mallory") == "error admin_by_lti"
    assert not User.objects.filter(email="next-head@school.example").exists()
    assert Invitation.objects.get().accepted_at is None, "it waits for the one who was invited"


def test_an_instructor_cannot_take_another_instructors_course_or_cohort(connected, platform, signed_in, make_cohort):
    teacher, cohort = connected
    other = signed_in("instructor")
    own = make_cohort(other, "Own")
    course = Course.objects.get().pk
    assert other.get(f"/api/courses/{course}/").status_code == 404, "never came from it"
    assert other.put(f"/api/courses/{course}/", json={"cohort_id": own}).status_code == 404

    platform.add("oscar", INSTRUCTOR, email=other.user.email)
    assert launch(other, platform, "oscar", "biology").startswith("/courses/")
    biology = Course.objects.get(context_id="biology").pk
    assert other.put(f"/api/courses/{biology}/", json={"cohort_id": cohort}).status_code == 404, "not their cohort"

    assert launch(other, platform, "oscar") == f"/courses/{course}", "teaches the course, but not the cohort"
    shown = other.get(f"/api/courses/{course}/").json()
    assert (shown["connected"], shown["cohort"]) == (True, None), "it does not say whose"
    refused = other.put(f"/api/courses/{course}/", json={"cohort_id": own})
    assert (refused.status_code, refused.json()["reason"]) == (409, "course_connected")
    assert other.delete(f"/api/cohorts/{cohort}/course/").status_code == 404
    assert launch(teacher, platform, "tess", "biology").startswith("/courses/")
    taken = teacher.put(f"/api/courses/{biology}/", json={"cohort_id": cohort})
    assert (taken.status_code, taken.json()["reason"]) == (409, "cohort_connected")


def test_whoever_may_not_see_the_course_is_not_led_to_a_page_that_says_it_is_not_found(connected, platform, signed_in):
    assistant, colleague = signed_in("assistant"), signed_in("instructor")
    platform.add("tara", INSTRUCTOR, ASSISTANT, email=assistant.user.email)
    platform.add("chief", ADMINISTRATOR, email=colleague.user.email)
    assert launch(assistant, platform, "tara") == "/dashboard"
    assert launch(colleague, platform, "chief") == "/dashboard"


def test_a_student_who_calls_themselves_an_instructor_there_connects_nothing(school, platform, signed_in):
    one = signed_in("student")
    platform.add("sly", INSTRUCTOR, email=one.user.email)
    assert launch(one, platform, "sly") == "/dashboard"
    assert not Course.objects.exists()


def test_a_deactivated_person_stays_outside(school, platform, browser, person):
    user = person("student")
    platform.add("away", LEARNER, email=user.email)
    launch(browser(), platform, "away")
    update_user(user, name="", role=Role.STUDENT, track=Track.FSD, is_active=False, acting_user=user)
    one = browser()
    assert launch(one, platform, "away") == "error inactive"
    assert me(one) is None


def test_a_message_counts_once_and_only_in_the_browser_that_began(school, platform, browser, person):
    platform.add("amira", LEARNER, email=person("student").email)
    one, thief = browser(), browser()
    message = message_at(begun(one, platform.click("amira")))
    first = post(one, message)
    assert OVER in post(one, message).text, "replayed before it was used"
    begun(thief, platform.click("amira"))
    assert "began in another browser" in finished(thief, first)
    assert me(thief) is None
    assert OVER in finished(one, first), "and it is lost then"

    second = post(one, message_at(begun(one, platform.click("amira"))))
    assert finished(one, second) == "/dashboard"
    assert OVER in finished(one, second)
    assert OVER in post(one, message).text, "and not after it was used either"


def test_two_tabs_may_launch_at_once(school, platform, browser, person):
    platform.add("amira", LEARNER, email=person("student").email)
    one = browser()
    messages = [message_at(begun(one, platform.click("amira"))) for _ in range(2)]
    answers = [post(one, it) for it in messages]
    assert [finished(one, it) for it in answers] == ["/dashboard", "/dashboard"]
    assert not [name for name in one.cookies if name.startswith("apranova_launch")]


def test_what_an_attacker_posts_without_a_beginning_of_ours_is_refused(school, platform, browser, person, monkeypatch):
    platform.add("amira", LEARNER, email=person("student").email)
    one = browser()
    message = message_at(begun(one, platform.click("amira")))
    other = message_at(begun(one, platform.click("amira")))
    assert OVER in post(one, {**message, "state": "made-up"}).text
    assert OVER in post(one, {**message, "state": ""}).text
    assert OVER in post(one, {**message, "state": "x" * 10_000}).text
    assert OVER in post(one, {**message, "state": signing.dumps({"browser": "", "target": ""})}).text, "another salt"
    assert OVER in post(one, {**message, "state": other["state"]}).text, "its nonce is another one's"
    monkeypatch.setattr(beginning, "STATE_LASTS_S", -1)
    assert OVER in post(one, message).text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"iss": "http://127.0.0.1:9"}, COULD_NOT),
        ({"aud": "another-tool"}, COULD_NOT),
        ({"aud": ["another-tool", "third"], "azp": "another-tool"}, COULD_NOT),
        ({"aud": ["apranova-at-nordlicht", "another-tool"], "azp": "another-tool"}, COULD_NOT),
        ({"aud": ["apranova-at-nordlicht", "another-tool"], "azp": None}, COULD_NOT),
        ({"azp": "another-tool"}, COULD_NOT),
        ({f"{CLAIM}deployment_id": "666"}, "has not registered here"),
        ({f"{CLAIM}deployment_id": None}, "has not registered here"),
        ({f"{CLAIM}deployment_id": ["7"]}, "has not registered here"),
        ({f"{CLAIM}version": "1.1"}, COULD_NOT),
        ({f"{CLAIM}message_type": "LtiStartProctoring"}, COULD_NOT),
        ({f"{CLAIM}target_link_uri": "https://evil.example/"}, COULD_NOT),
        ({"nonce": "another"}, OVER),
        ({"nonce": None}, COULD_NOT),
        ({"exp": int(time.time()) - 60}, OVER),
        ({"exp": None}, COULD_NOT),
        ({"iat": int(time.time()) + 300}, COULD_NOT),
        ({"sub": None}, "did not say who you are"),
        ({"sub": 17}, COULD_NOT),
        ({"sub": "x" * 256}, "did not say who you are"),
        ({"sub": "a\0b"}, "did not say who you are"),
    ],
)
def test_a_signed_message_for_somebody_or_something_else_is_refused(school, platform, browser, person, changes, words):
    platform.add("amira", LEARNER, email=person("student").email)
    one = browser()
    message = message_at(begun(one, platform.click("amira")))
    assert words in post(one, forged(platform, message, **changes)).text
    assert me(one) is None


def test_no_other_signature_is_believed(school, platform, browser, person):
    platform.add("amira", LEARNER, email=person("student").email)
    one = browser()
    message = message_at(begun(one, platform.click("amira")))
    claims = jwt.decode(message["id_token"], options={"verify_signature": False})
    kid = platform.get_registration().get_kid()
    public = platform.get_registration().get_platform_public_key()
    tokens = [
        jwt.encode(claims, None, "none", {"kid": kid}),
        f"{message['id_token'].rpartition('.')[0]}.",
        jwt.api_jws.PyJWS().encode(jwt.utils.force_bytes("{}"), b"x" * 32, "HS256", {"kid": kid}),
        jwt.encode(claims, b"x" * 32, "HS256", {"kid": kid}),
        _hs256_with(public, claims, kid),
        jwt.encode(claims, new_key(), "RS256", {"kid": kid}),
        jwt.encode(claims, platform.private_key, "RS512", {"kid": kid}),
        "not a token",
        "",
    ]
    for token in tokens:
        assert COULD_NOT in post(one, {**message, "id_token": token}).text
    unknown = jwt.encode(claims, new_key(), "RS256", {"kid": "unknown"})
    assert "cannot check the signature" in post(one, {**message, "id_token": unknown}).text
    assert me(one) is None
    assert finished(one, post(one, message)) == "/dashboard", "and the true one is as good as before"


def _hs256_with(public_key: str, claims: dict[str, object], kid: str | None) -> str:
    """The public key as the secret of an HMAC: an old trick, which PyJWT refuses to make."""
    import base64
    import hashlib
    import hmac
    import json

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    head = f"{part({'alg': 'HS256', 'typ': 'JWT', 'kid': kid})}.{part(claims)}"
    digest = hmac.digest(public_key.encode(), head.encode(), hashlib.sha256)
    return f"{head}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def test_a_new_key_of_the_platform_is_read_when_it_is_first_used(school, platform, browser, person, monkeypatch):
    platform.add("amira", LEARNER, email=person("student").email)
    assert launch(browser(), platform, "amira") == "/dashboard"
    platform.change_key()
    assert launch(browser(), platform, "amira") == "/dashboard"
    assert launch(browser(), platform, "amira") == "/dashboard"
    assert sum("certs" in it for it in platform.asked) == 2, "keys are kept"
    monkeypatch.setattr(platform_keys, "AGAIN", Limit(0, 60))
    platform.change_key()
    assert "cannot check the signature" in launch(browser(), platform, "amira")


def test_a_platform_that_does_not_show_its_keys_is_told(school, platform, browser, person):
    platform.add("amira", LEARNER, email=person("student").email)
    platform.refuses["/mod/lti/certs.php"] = 500
    assert "cannot check the signature" in launch(browser(), platform, "amira")
    del platform.refuses["/mod/lti/certs.php"]
    assert launch(browser(), platform, "amira") == "/dashboard"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("iss", "https://evil.example"),
        ("iss", ""),
        ("client_id", "another-tool"),
        ("lti_deployment_id", "666"),
        ("login_hint", ""),
        ("target_link_uri", "https://evil.example/"),
        ("target_link_uri", "http://localhost:8080@evil.example/"),
        ("target_link_uri", "http://localhost:8080.evil.example/"),
        ("target_link_uri", "//evil.example/"),
        ("target_link_uri", "http://[evil/"),
        ("target_link_uri", ""),
        ("lti_message_hint", "x" * 10_000),
    ],
)
def test_a_launch_that_begins_elsewhere_or_leads_elsewhere_is_refused(school, platform, browser, name, value):
    platform.add("amira", LEARNER, email="amira@school.example")
    address = httpx.URL(platform.click("amira")).copy_merge_params({name: value})
    for answer in (browser().get(str(address)), browser().post("/api/auth/lti/login/", data=dict(address.params))):
        assert answer.status_code == 400
        assert COULD_NOT in answer.text
        assert "evil" not in answer.text
        assert "location" not in answer.headers


def test_in_a_frame_nobody_signs_in_but_a_button_opens_a_tab(school, platform, browser):
    platform.add("amira", LEARNER, email="amira@school.example")
    address = httpx.URL(platform.click("amira"))
    one = browser()
    answer = one.post("/api/auth/lti/login/", data=dict(address.params), headers={"Sec-Fetch-Dest": "iframe"})
    assert answer.status_code == 200
    assert 'target="_blank"' in answer.text
    assert f'name="lti_message_hint" value="{address.params["lti_message_hint"]}"' in answer.text
    assert not one.cookies
    assert "x-frame-options" not in answer.headers
    policy = answer.headers["content-security-policy"]
    assert f"frame-ancestors {platform.issuer}" in policy
    assert "script-src" not in policy
    evil = dict(address.params) | {"lti_message_hint": '"><script>alert(1)</script>'}
    shown = one.post("/api/auth/lti/login/", data=evil, headers={"Sec-Fetch-Dest": "iframe"}).text
    assert "<script" not in shown
    other = one.get("/api/auth/browser/v1/config")
    assert other.headers["x-frame-options"] == "DENY", "nothing else may be framed"


def test_the_platforms_services_are_kept_only_where_they_are_its_own(school, platform, signed_in):
    teacher = signed_in("instructor")
    platform.add("tess", INSTRUCTOR, email=teacher.user.email)
    launch(teacher, platform, "tess")
    course = Course.objects.get()
    assert course.memberships_url == f"{platform.issuer}/members/algebra"
    assert course.lineitems_url == f"{platform.issuer}/gradebook/algebra/items"
    assert CourseMember.objects.get().subject == "tess"
    changes = {
        NAMES_CLAIM: {"context_memberships_url": "http://169.254.169.254/latest"},
        GRADES_CLAIM: {"lineitems": f"{platform.issuer}@evil.example/items"},
        f"{CLAIM}context": {"id": "biology"},
        f"{CLAIM}custom": "text",
        f"{CLAIM}roles": [INSTRUCTOR, 5, {"a": 1}],
    }
    launch(teacher, platform, "tess", changes=changes)
    course = Course.objects.get(context_id="biology")
    assert (course.memberships_url, course.lineitems_url, course.title) == ("", "", "")
    wrong = {CONTENT_CLAIM: {"deep_link_return_url": "https://evil.example/"}}
    assert COULD_NOT in launch(
        teacher, platform, "tess", changes={**wrong, f"{CLAIM}message_type": "LtiDeepLinkingRequest"}
    )


def test_a_school_without_a_platform_has_none_of_these_addresses(browser):
    for name in ("login", "launch", "open", "keys"):
        assert browser().get(f"/api/auth/lti/{name}/").status_code in (404, 405)
    assert browser().post("/api/auth/lti/launch/", data={}).status_code == 404


def test_launches_from_one_network_are_limited(school, platform, browser, monkeypatch):
    monkeypatch.setattr(views, "NETWORK", Limit(1, 60))
    one = browser()
    assert post(one, {}).status_code == 400
    assert post(one, {}).status_code == 429


def test_our_public_keys_are_derived_once_however_often_somebody_asks(school, browser, monkeypatch):
    first = browser().get("/api/auth/lti/keys/").json()
    monkeypatch.setattr(signing_keys, "serialization", None)
    assert browser().get("/api/auth/lti/keys/").json() == first


def test_a_school_that_changed_its_secret_has_another_key(school, browser, settings):
    [old] = browser().get("/api/auth/lti/keys/").json()["keys"]
    settings.LTI_KEYS_ENCRYPTION_KEY = Fernet.generate_key()
    [new] = browser().get("/api/auth/lti/keys/").json()["keys"]
    assert new["kid"] != old["kid"]
    assert signing_keys.signer().key_id == new["kid"]


def test_our_keys_are_published_before_they_sign_and_their_secrets_are_not_kept_in_plain(school, browser):
    [first] = browser().get("/api/auth/lti/keys/").json()["keys"]
    assert first.keys() == {"kty", "n", "e", "kid", "alg", "use"}
    assert "PRIVATE" not in SigningKey.objects.get().private_key
    assert signing_keys.signer().key_id == first["kid"], "the first one signs at once"
    old = SigningKey.objects.get()
    SigningKey.objects.update(created_at=old.created_at - timedelta(days=179, hours=1))
    kids = [it["kid"] for it in browser().get("/api/auth/lti/keys/").json()["keys"]]
    assert kids[0] == first["kid"]
    assert len(kids) == 2
    assert signing_keys.signer().key_id == first["kid"], "the next one waits until platforms know it"
    for key in SigningKey.objects.all():
        SigningKey.objects.filter(pk=key.pk).update(created_at=key.created_at - timedelta(days=2))
    assert signing_keys.signer().key_id == kids[1]
