"""Signing in at a real SAML provider (npm's samlp), and answers that somebody has forged."""

from __future__ import annotations

import base64
import copy
import html
import re
import subprocess
import sys
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import xmlsec
from allauth.socialaccount.models import SocialAccount
from django.contrib.sessions.backends import cached_db
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.utils import timezone
from lxml import etree

from backend.accounts import saml
from backend.accounts.models import Invitation, User
from backend.audit.models import Record
from backend.platform.rate_limit import Limit
from backend.tests.served import PASSWORD, PUBLIC_URL
from backend.tests.signing_in import begin, come_back, me, use_sign_in
from tests.saml import ISSUER, key_and_certificate, running_saml, saml_settings

ACS = "/api/auth/saml/school/acs/"
SAML = "{urn:oasis:names:tc:SAML:2.0:assertion}"
SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"
TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"


@pytest.fixture(scope="module")
def provider():
    with running_saml(PUBLIC_URL) as running:
        yield running


@pytest.fixture
def school(settings, provider):
    """Lets the backend use the provider, with more settings if wanted."""

    def use(**more):
        use_sign_in(settings, {**saml_settings(provider.port), **more})

    use()
    cache.clear()
    yield use
    cache.clear()


def at_provider(url, login):
    """A person signs in on the provider's pages; what their browser then posts to us."""
    with httpx.Client() as person:
        hidden = fields(person.get(url).text)
        answer = person.get(url.partition("/sso")[0] + "/answer", params={**hidden, "login": login})
        assert answer.status_code == 200, answer.text
        assert f'action="{PUBLIC_URL}{ACS}"' in answer.text
        return fields(answer.text)["SAMLResponse"]


def fields(page):
    found = re.findall(r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found}


def post(one, answer, **more):
    """As a browser does from another site: without our cookies. Where it is sent then."""
    with httpx.Client(transport=one._transport, base_url=PUBLIC_URL) as other:
        headers = {"Origin": "http://127.0.0.1:9", "X-Forwarded-For": "203.0.113.7"}
        sent = other.post(ACS, data={"SAMLResponse": answer, **more}, headers=headers)
        assert sent.status_code == 302, sent.text
        one.cookies.update(other.cookies)
        return sent.headers["location"]


def sign_in(one, login, wanted="/dashboard", change=lambda answer: answer, **more):
    answer = at_provider(begin(one, "saml", wanted), login)
    return come_back(one, post(one, change(answer), **more))


def xml_of(answer):
    return etree.fromstring(base64.b64decode(answer))


def answer_of(root):
    return base64.b64encode(etree.tostring(root)).decode()


def sign(root, key):
    """Sign the assertion again, after a change or with another key."""
    [assertion] = root.iter(f"{SAML}Assertion")
    for old in assertion.findall(SIGNATURE):
        assertion.remove(old)
    node = xmlsec.template.create(assertion, xmlsec.Transform.EXCL_C14N, xmlsec.Transform.RSA_SHA256, ns="ds")
    assertion.insert(1, node)
    part = xmlsec.template.add_reference(node, xmlsec.Transform.SHA256, uri=f"#{assertion.get('ID')}")
    xmlsec.template.add_transform(part, xmlsec.Transform.ENVELOPED)
    xmlsec.template.add_transform(part, xmlsec.Transform.EXCL_C14N)
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(key, xmlsec.KeyFormat.PEM)
    context.register_id(assertion, "ID")
    context.sign(node)
    return root


def changed(provider, path, change):
    """An answer whose assertion the provider has signed, but with this change to one element."""

    def apply(answer):
        root = xml_of(answer)
        for element in list(root.iter(f"{SAML}{path}")):
            change(element)
        return answer_of(sign(root, provider.key))

    return apply


def test_a_password_account_is_found_by_its_address_and_stays_the_same(school, provider, browser, person):
    user = person("student")
    provider.add("amira", email=user.email.upper(), name="Amira Okafor")
    for _ in range(2):
        one = browser()
        assert sign_in(one, "amira") == ""
        assert me(one)["id"] == str(user.pk)
    account = SocialAccount.objects.get()
    assert (account.provider, account.extra_data, User.objects.count()) == ("saml", {}, 1)
    assert Record.objects.filter(action="user.provider_linked", actor=user.email).count() == 1
    assert browser().sign_in(user.email, PASSWORD).status_code == 200, "and keeps its password"
    provider.add("other", email=user.email)
    assert sign_in(browser(), "other") == "address_reused"
    provider.add("amira", email="new-name@school.example")
    one = browser()
    assert sign_in(one, "amira") == ""
    assert me(one)["email"] == user.email, "once linked, the provider's own id decides"


def test_an_invited_newcomer_gets_name_and_cohort(school, provider, browser, signed_in):
    teacher = signed_in("instructor")
    cohort = teacher.post("/api/cohorts/", json={"name": "Berlin-3", "track": "FSD", "time_zone": "UTC"}).json()["id"]
    invited = {"email": "zoe@school.example", "role": "student", "track": "FSD", "cohort_id": cohort}
    assert teacher.post("/api/invitations/", json=invited).status_code == 201
    provider.add("zoe", email="zoe@school.example", name="Zoë Ångström")
    one = browser()
    assert sign_in(one, "zoe") == ""
    assert (me(one)["name"], me(one)["track"], me(one)["uses_password"]) == ("Zoë Ångström", "FSD", False)
    assert Invitation.objects.get().accepted_at is not None


def test_groups_lead_to_a_cohort_or_to_the_teachers(school, provider, browser, signed_in):
    signed_in("instructor").post("/api/cohorts/", json={"name": "Berlin-3", "track": "DP", "time_zone": "UTC"})
    provider.add("sam", email="sam@school.example", groups=["all", "Berlin-3"])
    provider.add("tess", email="tess@school.example", groups="staff")
    assert sign_in(browser(), "sam") == "not_invited"
    school(APRANOVA_SIGN_IN_GROUPS_CLAIM="groups", APRANOVA_SIGN_IN_INSTRUCTOR_GROUP="staff")
    student, teacher = browser(), browser()
    assert (sign_in(student, "sam"), sign_in(teacher, "tess")) == ("", "")
    assert (me(student)["track"], me(teacher)["role"]) == ("DP", "instructor")


@pytest.mark.parametrize(("email", "error"), [("a@elsewhere.example", "email_unverified"), (None, "email_missing")])
def test_an_address_outside_the_schools_domains_opens_nothing(school, provider, browser, person, email, error):
    person("admin", email="a@elsewhere.example")
    provider.add("mallory", email=email, other="an attribute")
    one = browser()
    assert sign_in(one, "mallory") == error
    assert me(one) is None
    assert not SocialAccount.objects.exists()


@pytest.mark.parametrize("form", [TRANSIENT, "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"])
def test_a_nameid_that_is_another_persons_tomorrow_is_refused_in_words(school, provider, browser, person, caplog, form):
    user = person("student")
    provider.add("amira", email=user.email, format=form)
    assert sign_in(browser(), "amira") == "no_lasting_id"
    assert f"the NameID is {form}, not persistent" in caplog.text
    assert "saml.id_attribute" in caplog.text
    school(APRANOVA_SAML_ID_ATTRIBUTE="urn:oasis:names:tc:SAML:attribute:subject-id")
    assert sign_in(browser(), "amira") == "no_lasting_id", "the provider does not send it"
    provider.add("amira", email=user.email, format=form, **{"urn:oasis:names:tc:SAML:attribute:subject-id": "a1"})
    for _ in range(2):
        assert sign_in(browser(), "amira") == ""
    assert SocialAccount.objects.count() == 1


def without_signature(answer):
    root = xml_of(answer)
    for node in list(root.iter(SIGNATURE)):
        node.getparent().remove(node)
    return answer_of(root)


def with_another_key(answer):
    return answer_of(sign(xml_of(answer), key_and_certificate()[0]))


def with_another_address_under_the_same_signature(answer):
    root = xml_of(answer)
    for value in root.iter(f"{SAML}AttributeValue"):
        value.text = "head@school.example"
    return answer_of(root)


def wrapped(answer):
    """A forged assertion where the program looks, the signed one where the signature points to."""
    root = xml_of(answer)
    [signed] = root.iter(f"{SAML}Assertion")
    forged = copy.deepcopy(signed)
    forged.remove(forged.find(SIGNATURE))
    forged.set("ID", "_forged")
    for value in forged.iter(f"{SAML}AttributeValue"):
        value.text = "head@school.example"
    inside = etree.SubElement(root, "{urn:oasis:names:tc:SAML:2.0:protocol}Extensions")
    root.remove(signed)
    inside.append(signed)
    root.append(forged)
    return answer_of(root)


def wrapped_in_its_own_signature(answer):
    """The signed assertion inside the signature that a forged one carries."""
    root = xml_of(answer)
    [signed] = root.iter(f"{SAML}Assertion")
    forged = copy.deepcopy(signed)
    forged.set("ID", "_forged")
    for value in forged.iter(f"{SAML}AttributeValue"):
        value.text = "head@school.example"
    holder = etree.SubElement(forged.find(SIGNATURE), "{http://www.w3.org/2000/09/xmldsig#}Object")
    root.replace(signed, forged)
    holder.append(signed)
    return answer_of(root)


def with_an_entity(answer):
    text = base64.b64decode(answer).decode()
    doctype = '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
    return base64.b64encode((doctype + text.replace("mallory@", "&x;@")).encode()).decode()


def that_explodes(answer):
    text = base64.b64decode(answer).decode()
    many = "".join(f'<!ENTITY x{n} "{f"&x{n - 1};" * 10}">' for n in range(1, 12))
    doctype = f'<!DOCTYPE r [<!ENTITY x0 "ten letters">{many}]>'
    return base64.b64encode((doctype + text.replace("mallory@", "&x11;@")).encode()).decode()


@pytest.mark.parametrize(
    "forge",
    [
        without_signature,
        with_another_key,
        with_another_address_under_the_same_signature,
        wrapped,
        wrapped_in_its_own_signature,
        with_an_entity,
        that_explodes,
        lambda _answer: "not Base64 at all!",
        lambda _answer: base64.b64encode(b"<not-saml/>").decode(),
        lambda _answer: base64.b64encode(b"\x00 no XML").decode(),
        lambda _answer: "",
    ],
)
def test_a_forged_answer_opens_nothing(school, provider, browser, person, caplog, forge):
    person("admin", email="head@school.example")
    person("student", email="mallory@school.example")
    provider.add("mallory", email="mallory@school.example")
    one = browser()
    assert sign_in(one, "mallory", change=forge) == "unknown"
    assert me(one) is None
    assert not SocialAccount.objects.exists()
    assert "rror" in caplog.text or "did not work" in caplog.text


def _forget(name):
    return lambda element: element.attrib.pop(name)


def _set(**values):
    return lambda element: element.attrib.update(values)


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("Audience", lambda it: setattr(it, "text", "https://other.example")),
        ("AudienceRestriction", lambda it: it.getparent().remove(it)),
        ("SubjectConfirmationData", _set(Recipient=f"https://evil.example/?{PUBLIC_URL}{ACS}")),
        ("SubjectConfirmationData", _forget("Recipient")),
        ("SubjectConfirmationData", _set(InResponseTo="_of_another_sign_in")),
        ("SubjectConfirmationData", _forget("InResponseTo")),
        ("SubjectConfirmationData", _set(NotOnOrAfter="2020-01-01T00:00:00Z")),
        ("SubjectConfirmationData", _set(NotOnOrAfter="2999-01-01T00:00:00Z")),
        ("SubjectConfirmationData", _forget("NotOnOrAfter")),
        ("SubjectConfirmation", _set(Method="urn:oasis:names:tc:SAML:2.0:cm:sender-vouches")),
        ("Conditions", _set(NotOnOrAfter="2020-01-01T00:00:00Z")),
        ("Conditions", _set(NotBefore="2999-01-01T00:00:00Z")),
        ("Issuer", lambda it: setattr(it, "text", "https://other.example/idp")),
    ],
)
def test_a_signed_assertion_for_others_or_for_another_hour_opens_nothing(
    school, provider, browser, person, path, change
):
    provider.add("amira", email=person("student").email)
    one = browser()
    assert sign_in(one, "amira", change=changed(provider, path, change)) == "unknown"
    assert me(one) is None


def test_the_forger_of_these_tests_can_sign_what_is_good(school, provider, browser, person):
    provider.add("amira", email=person("student").email)
    assert sign_in(browser(), "amira", change=changed(provider, "Issuer", lambda _it: None)) == ""


@pytest.mark.parametrize("options", [{"signatureAlgorithm": "rsa-sha1"}, {"digestAlgorithm": "sha1"}])
def test_sha_1_is_refused(school, provider, browser, person, options):
    provider.add("amira", email=person("student").email, options=options)
    assert sign_in(browser(), "amira") == "unknown"


def test_a_provider_that_signs_only_the_message_is_refused(school, provider, browser, person, caplog):
    options = {"signAssertion": False, "signResponse": True}
    provider.add("amira", email=person("student").email, options=options)
    assert sign_in(browser(), "amira") == "unknown"
    assert "The Assertion of the Response is not signed" in caplog.text


def test_a_comment_inside_an_address_changes_nobody(school, provider, browser, person):
    """Some libraries read only what stands before the comment; a signature does not see it."""
    person("admin", email="head@school.example")
    provider.add("mallory", email="head@school.example.evil.example")

    def commented(answer):
        text = base64.b64decode(answer).decode()
        assert "school.example.evil" in text
        return base64.b64encode(text.replace("school.example.evil", "school.example<!-- -->.evil").encode()).decode()

    assert sign_in(browser(), "mallory", change=commented) == "email_unverified"
    assert not SocialAccount.objects.exists()


def test_an_answer_works_once_and_in_the_browser_that_began(school, provider, browser, person):
    provider.add("amira", email=person("student").email)
    one = browser()
    answer = at_provider(begin(one, "saml"), "amira")
    other = browser()
    begin(other, "saml")
    assert come_back(other, post(other, answer)) == "unknown"
    assert me(other) is None
    two = browser()
    answer = at_provider(begin(two, "saml"), "amira")
    assert come_back(two, post(two, answer)) == ""
    two.delete("/api/auth/browser/v1/auth/session")
    assert come_back(two, post(two, answer)) == "unknown"
    assert me(two) is None


def test_an_assertion_that_was_used_is_remembered_even_where_its_request_still_waits(
    school, provider, browser, person, caplog
):
    """Somebody who can read a browser's session could put the used request back."""
    provider.add("amira", email=person("student").email)
    one = browser()
    answer = at_provider(begin(one, "saml"), "amira")
    assert come_back(one, post(one, answer)) == ""
    assert come_back(one, post(one, answer)) == "unknown"
    assert "the assertion was used before" in caplog.text


def test_a_sign_in_that_the_provider_begins_is_refused(school, provider, browser, person, caplog):
    provider.add("amira", email=person("student").email)

    def unasked(answer):
        root = xml_of(answer)
        root.attrib.pop("InResponseTo")
        for data in root.iter(f"{SAML}SubjectConfirmationData"):
            data.attrib.pop("InResponseTo")
        return answer_of(sign(root, provider.key))

    assert sign_in(browser(), "amira", change=unasked, RelayState="https://evil.example") == "unknown"
    assert "a sign-in begins on the sign-in page" in caplog.text


def test_what_the_answer_says_of_the_way_back_is_not_followed(school, provider, browser, person):
    provider.add("amira", email=person("student").email)
    one = browser()
    answer = at_provider(begin(one, "saml", "/account"), "amira")
    answer = one.get(post(one, answer, RelayState="https://evil.example/"))
    there = urlsplit(answer.headers["location"])
    assert (there.netloc, parse_qs(there.query)["next"]) == (urlsplit(PUBLIC_URL).netloc, ["/account"])


def test_an_answer_is_limited_in_size_and_number(school, browser, monkeypatch):
    one = browser()
    assert one.post(ACS, data={"SAMLResponse": "A" * 200_000}).status_code == 413
    assert one.get(ACS).status_code == 405
    monkeypatch.setattr(saml, "NETWORK", Limit(1, 60))
    post(one, "A")
    assert one.post(ACS, data={"SAMLResponse": "A"}).status_code == 429


def test_an_answer_that_nobody_finishes_fills_no_memory_and_is_deleted(school, browser):
    def kept():
        rows = Session.objects.all()
        return {row.pk for row in rows if "request" in row.get_decoded()}

    post(browser(), "A")
    [first] = kept()
    assert cache.get(f"{cached_db.KEY_PREFIX}{first}") is None
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    post(browser(), "A")
    assert len(kept()) == 1
    assert first not in kept()


def test_a_finish_without_an_answer_leads_to_the_sign_in_page(school, browser):
    assert come_back(browser(), f"{ACS}finish/") == "unknown"


def test_our_metadata_says_what_a_provider_must_know(school, browser):
    answer = browser().get("/api/auth/saml/school/metadata/")
    root = etree.fromstring(answer.content)
    [service] = root.iter("{urn:oasis:names:tc:SAML:2.0:metadata}AssertionConsumerService")
    [role] = root.iter("{urn:oasis:names:tc:SAML:2.0:metadata}SPSSODescriptor")
    assert (root.get("entityID"), service.get("Location")) == (
        f"{PUBLIC_URL}/api/auth/saml/school/metadata/",
        f"{PUBLIC_URL}{ACS}",
    )
    assert (role.get("WantAssertionsSigned"), root.get("validUntil")) == ("true", None)
    assert b"SingleLogoutService" not in answer.content
    school(APRANOVA_SAML_ENTITY_ID="urn:school:apranova")
    assert b'entityID="urn:school:apranova"' in browser().get("/api/auth/saml/school/metadata/").content


def test_another_entity_id_of_ours_is_the_audience(school, provider, browser, person):
    school(APRANOVA_SAML_ENTITY_ID="urn:school:apranova")
    provider.add("amira", email=person("student").email)
    assert sign_in(browser(), "amira") == ""


def test_metadata_may_come_from_a_file_and_name_the_issuer(school, provider, browser, person, tmp_path):
    file = tmp_path / "the provider.xml"
    file.write_bytes(httpx.get(provider.metadata).content)
    provider.add("amira", email=person("student").email)
    school(APRANOVA_SAML_METADATA=str(file), APRANOVA_SAML_ISSUER=ISSUER)
    assert sign_in(browser(), "amira") == ""


def test_a_provider_without_metadata_is_told_in_words(school, browser, caplog):
    school(APRANOVA_SAML_METADATA="http://127.0.0.1:9/metadata")
    one = browser()
    one.get("/api/auth/browser/v1/config")
    answer = one.post("/api/sign-in/saml/", json={})
    assert (answer.status_code, answer.json()["detail"]) == (503, "Nordlicht SAML does not answer right now.")
    assert "the metadata of Nordlicht SAML cannot be read" in caplog.text


def test_a_school_without_saml_has_none_of_its_addresses(settings, browser):
    use_sign_in(settings, {})
    for path in ("acs/finish/", "metadata/", "sls/", "login/"):
        assert browser().get(f"/api/auth/saml/school/{path}").status_code == 404
    assert browser().post(ACS, data={"SAMLResponse": "A"}).status_code == 404


def test_the_xml_libraries_are_loaded_only_by_a_sign_in_and_agree_in_either_order():
    """They carry a libxml2 each, and refuse to work with two versions in one process."""
    for code in (
        "import lxml.etree, xmlsec",
        "import xmlsec, lxml.etree",
    ):
        subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
