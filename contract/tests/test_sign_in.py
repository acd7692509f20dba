"""What a school may set for its sign-in, and what it is told about what cannot work."""

from __future__ import annotations

import pytest

from contract.environment import BadSetting
from contract.sign_in import CANVAS, GitHub, OpenID, Saml, read_sign_in

OPENID = {
    "APRANOVA_OPENID_ISSUER": "https://sso.school.example/realms/school",
    "APRANOVA_OPENID_CLIENT_ID": "apranova",
    "APRANOVA_OPENID_CLIENT_SECRET": "a secret",
}
MICROSOFT = {
    "APRANOVA_MICROSOFT_TENANT": "0f0e0d0c-1111-4222-8333-444455556666",
    "APRANOVA_MICROSOFT_CLIENT_ID": "id",
    "APRANOVA_MICROSOFT_CLIENT_SECRET": "a secret",
    "APRANOVA_MICROSOFT_VERIFIED_DOMAINS": "school.example students.school.example",
}


def test_without_settings_people_sign_in_by_password() -> None:
    found = read_sign_in({})
    assert (found.providers, found.passwords) == ((), True)


def test_a_provider_is_found_by_its_issuer_whether_or_not_the_discovery_path_was_copied_too() -> None:
    [plain] = read_sign_in(OPENID).providers
    issuer = OPENID["APRANOVA_OPENID_ISSUER"] + "/.well-known/openid-configuration"
    assert read_sign_in({**OPENID, "APRANOVA_OPENID_ISSUER": issuer}).providers == (plain,)
    assert isinstance(plain, OpenID)
    assert plain.discovery == issuer
    assert "a secret" not in repr(plain)


def test_several_providers_may_be_offered() -> None:
    google = {"APRANOVA_GOOGLE_CLIENT_ID": "id", "APRANOVA_GOOGLE_CLIENT_SECRET": "a secret"}
    found = read_sign_in({**OPENID, **MICROSOFT, **google}).providers
    assert [it.id for it in found] == ["openid", "google", "microsoft"]
    assert isinstance(found[1], OpenID)
    assert isinstance(found[2], OpenID)
    assert found[2].verified_domains == ("school.example", "students.school.example")
    assert found[1].verified_domains == ()


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({**OPENID, "APRANOVA_OPENID_CLIENT_SECRET": ""}, "APRANOVA_OPENID_CLIENT_SECRET is not set"),
        ({**OPENID, "APRANOVA_OPENID_ISSUER": "http://sso.school.example"}, "begins with https://"),
        ({**OPENID, "APRANOVA_OPENID_VERIFIED_DOMAINS": "*"}, "domains of email addresses"),
        ({**MICROSOFT, "APRANOVA_MICROSOFT_TENANT": "common"}, "your school's own tenant"),
        ({**MICROSOFT, "APRANOVA_MICROSOFT_VERIFIED_DOMAINS": ""}, "does not say which addresses are verified"),
        ({"APRANOVA_SIGN_IN_PASSWORDS": "no"}, "nobody could sign in"),
        ({**OPENID, "APRANOVA_SIGN_IN_PASSWORDS": "no"}, "APRANOVA_ADMIN_EMAIL must name the admin"),
    ],
)
def test_what_cannot_work_is_refused_with_the_setting_and_what_to_do(variables: dict[str, str], words: str) -> None:
    with pytest.raises(BadSetting, match=words.replace(".", r"\.")):
        read_sign_in(variables)


def test_with_passwords_off_one_admin_keeps_theirs() -> None:
    found = read_sign_in({**OPENID, "APRANOVA_SIGN_IN_PASSWORDS": "no", "APRANOVA_ADMIN_EMAIL": "Head@school.example"})
    assert (found.passwords, found.break_glass) == (False, "head@school.example")


SAML = {
    "APRANOVA_SAML_METADATA": "https://sso.school.example/metadata",
    "APRANOVA_SAML_VERIFIED_DOMAINS": "school.example",
}


def test_saml_needs_metadata_by_an_address_or_as_a_file_and_the_schools_domains() -> None:
    [found] = read_sign_in(SAML).providers
    assert isinstance(found, Saml)
    assert (found.id, found.name, found.metadata) == ("saml", "your school", SAML["APRANOVA_SAML_METADATA"])
    [by_file] = read_sign_in({**SAML, "APRANOVA_SAML_METADATA": "/etc/school/the idp.xml"}).providers
    assert isinstance(by_file, Saml)
    assert by_file.metadata == "file:///etc/school/the%20idp.xml"


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({**SAML, "APRANOVA_SAML_METADATA": "http://sso.school.example/metadata"}, "begins with https://"),
        ({**SAML, "APRANOVA_SAML_METADATA": "idp.xml"}, "a file's full path"),
        ({**SAML, "APRANOVA_SAML_VERIFIED_DOMAINS": ""}, "APRANOVA_SAML_VERIFIED_DOMAINS is not set"),
        ({**SAML, "APRANOVA_SAML_ISSUER": "it's an id"}, "an entity ID"),
        ({"APRANOVA_GITHUB_CLIENT_SECRET": "a secret"}, "APRANOVA_GITHUB_CLIENT_ID is not set"),
    ],
)
def test_saml_and_github_are_refused_where_they_cannot_work(variables: dict[str, str], words: str) -> None:
    with pytest.raises(BadSetting, match=words):
        read_sign_in(variables)


def test_githubs_client_id_alone_is_for_git_and_a_server_of_the_schools_own_has_its_api() -> None:
    assert read_sign_in({"APRANOVA_GITHUB_CLIENT_ID": "id"}).providers == ()
    both = {"APRANOVA_GITHUB_CLIENT_ID": "id", "APRANOVA_GITHUB_CLIENT_SECRET": "a secret"}
    [public] = read_sign_in(both).providers
    [own] = read_sign_in({**both, "APRANOVA_GITHUB_URL": "https://github.school.example/"}).providers
    assert isinstance(public, GitHub)
    assert isinstance(own, GitHub)
    assert (public.api, own.api) == ("https://api.github.com", "https://github.school.example/api/v3")


MOODLE = {
    "APRANOVA_LTI_ISSUER": "https://moodle.school.example",
    "APRANOVA_LTI_CLIENT_ID": "QBk3r1xS7VnRpLw",
    "APRANOVA_LTI_DEPLOYMENT_IDS": "1 4",
    "APRANOVA_LTI_VERIFIED_DOMAINS": "school.example",
}
CANVAS_TOKENS = "https://school.instructure.com/login/oauth2/token"


def test_a_moodle_and_canvas_need_no_more_than_what_is_the_schools_own() -> None:
    moodle = read_sign_in(MOODLE).lti
    assert moodle is not None
    assert moodle.login_url == "https://moodle.school.example/mod/lti/auth.php"
    assert moodle.token_url == "https://moodle.school.example/mod/lti/token.php"
    assert moodle.keys_url == "https://moodle.school.example/mod/lti/certs.php"
    assert (moodle.deployment_ids, moodle.origins, moodle.teachers) == (
        ("1", "4"), ("https://moodle.school.example",), False,
    )  # fmt: skip
    own = {"APRANOVA_LTI_ISSUER": CANVAS, "APRANOVA_LTI_TOKEN_URL": CANVAS_TOKENS, "APRANOVA_LTI_TEACHERS": "yes"}
    canvas = read_sign_in({**MOODLE, **own}).lti
    assert canvas is not None
    assert canvas.keys_url == "https://sso.canvaslms.com/api/lti/security/jwks"
    assert canvas.origins == (CANVAS, "https://sso.canvaslms.com", "https://school.instructure.com")
    assert canvas.teachers
    off = {"APRANOVA_SIGN_IN_PASSWORDS": "no", "APRANOVA_ADMIN_EMAIL": "head@school.example"}
    assert not read_sign_in({**MOODLE, **off}).passwords, "people come from the platform alone"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"APRANOVA_LTI_CLIENT_ID": ""}, "APRANOVA_LTI_CLIENT_ID is not set; the platform shows it"),
        ({"APRANOVA_LTI_DEPLOYMENT_IDS": ""}, "APRANOVA_LTI_DEPLOYMENT_IDS is not set"),
        ({"APRANOVA_LTI_VERIFIED_DOMAINS": ""}, "does not say which addresses are verified"),
        ({"APRANOVA_LTI_ISSUER": "http://moodle.school.example"}, "begins with https://"),
        ({"APRANOVA_LTI_KEYS_URL": "http://moodle.school.example/keys"}, "begins with https://"),
        ({"APRANOVA_LTI_ISSUER": CANVAS}, "APRANOVA_LTI_TOKEN_URL is not set; for Canvas"),
    ],
)
def test_a_platform_that_cannot_work_is_refused_with_what_to_do(change: dict[str, str], words: str) -> None:
    with pytest.raises(BadSetting, match=words.replace(".", r"\.")):
        read_sign_in({**MOODLE, **change})
