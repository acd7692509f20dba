"""Each setting of a school on one machine reaches AWS by the way that the table names, or not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from contract.sign_in import read_sign_in
from infrastructure.app import build
from infrastructure.school_keys import WAYS, Key, Parameter, Reaches, Secret, rows
from infrastructure.settings import Settings
from infrastructure.settings_file import EXAMPLES, load_settings
from infrastructure.tests.templates import Assembly
from single_machine.school_file import KEYS

SOURCE = Path(__file__).parents[2]
EVERYTHING = {
    'title = "Example School"': 'title = "Łódź"',
    'domain = "school.example"': (
        'domain = "school.example"\nerase_grace_days = 7\nhelp_visits = "always"\nshare_with_anyone = true\n'
        'admin_email = "head@school.example"\nemail_from = "learn@school.example"\nnode_versions = ["22", "20"]\n'
        'extensions = "extensions"\npackages = ["react"]'
    ),
    '"America/New_York"': '"Europe/Vienna"',
    "nat_gateways = 3": (
        'nat_gateways = 3\negress_ports = [443, 8443]\nnpm_registry = "https://packages.school.example/npm/"\n'
        'pip_index = "https://packages.school.example/simple/"\nextensions_gallery = "https://vsx.school.example"'
    ),
    "pool = { base = 3, peak = 5, off = 1, weekend = 2 }": (
        'pool = { base = 4, peak = 6, off = 2, weekend = 3 }\nkinds = ["vscode"]\nprice_per_gb_hour = 0.5\n'
        "idle_timeout_s = 900\nsweep_minutes = 2"
    ),
    "[watch]": """
[sign_in]
passwords = false
groups_claim = "groups"
instructor_group = "staff"
[openid]
issuer = "https://sso.school.example/realms/school"
name = "Example"
client_id = "apranova"
verified_domains = ["school.example", "staff.school.example"]
[google]
client_id = "a.apps.googleusercontent.com"
[microsoft]
tenant = "11111111-2222-3333-4444-555555555555"
client_id = "22222222-2222-3333-4444-555555555555"
verified_domains = ["school.example"]
[github]
client_id = "Ov23li"
url = "https://github.school.example"
sign_in = true
[saml]
metadata = "https://sso.school.example/metadata.xml"
name = "Example"
verified_domains = ["school.example"]
issuer = "https://sso.school.example/idp"
entity_id = "https://learn.school.example/sp"
id_attribute = "id"
email_attribute = "mail"
name_attribute = "cn"
[lti]
issuer = "https://moodle.school.example"
client_id = "QBk3r1xS7VnRpLw"
deployment_ids = ["1", "4"]
verified_domains = ["school.example"]
name = "Moodle"
login_url = "https://moodle.school.example/login"
token_url = "https://moodle.school.example/token"
keys_url = "https://moodle.school.example/keys"
teachers = true
[watch]""",
}
"""Changes of hundred.toml: each key of the table has another value than there. The domain has the
same, because it changes others."""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("school")
    for name in ("extensions/one.vsix", "react/package-lock.json", "react/package.json"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("{}")
    text = (EXAMPLES / "hundred.toml").read_text()
    for old, new in EVERYTHING.items():
        assert old in text
        text = text.replace(old, new, 1)
    (folder / "school.toml").write_text(text)
    return load_settings(folder / "school.toml")


@pytest.fixture(scope="module")
def everything(settings: Settings, manager_code: Path, tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    out = tmp_path_factory.mktemp("everything")
    build(settings, manager_code=manager_code, out=out).synth()
    return Assembly(out)


def django(assembly: Assembly) -> dict[str, Any]:
    return next(c for c in assembly.task("apranova-backend")["ContainerDefinitions"] if c["Name"] == "backend")


def backend(assembly: Assembly) -> dict[str, Any]:
    return {entry["Name"]: entry["Value"] for entry in django(assembly)["Environment"]}


def manager(assembly: Assembly) -> dict[str, Any]:
    (function,) = [f for f in assembly.all("AWS::Lambda::Function") if f["FunctionName"] == "workspace-manager"]
    return function["Environment"]["Variables"]


def vscode_image(assembly: Assembly) -> str:
    (container,) = assembly.task("apranova-workspace-vscode")["ContainerDefinitions"]
    return json.dumps(container["Image"])


TOLD: dict[Reaches, Callable[[Assembly], dict[str, Any]]] = {
    Reaches.BACKEND: backend,
    Reaches.MANAGER: manager,
    Reaches.WORKSPACES: manager,  # manager/tests: it passes them on in each task's definition
}
OF_THE_PLATFORM: dict[str, Callable[[Assembly], Any]] = {
    "school.domain": lambda it: backend(it)["APRANOVA_PUBLIC_URL"],
    "sessions.sweep_interval_s": lambda it: [
        s["ScheduleExpression"] for s in it.all("AWS::Scheduler::Schedule") if s["Name"] == "apranova-sweep"
    ],
    "limits.egress_ports": lambda it: [
        rule["FromPort"]
        for group in it.all("AWS::EC2::SecurityGroup")
        if group["GroupName"] == "apranova-workspace"
        for rule in group["SecurityGroupEgress"]
    ],
}


def ways(kind: type[Any]) -> list[tuple[str, Any]]:
    return [(key, way) for key, way in WAYS.items() if isinstance(way, kind)]


def test_every_setting_of_one_machine_has_its_way() -> None:
    """A setting that is in neither table would work on one machine and silently not on AWS."""
    assert set(WAYS) == set(KEYS)


@pytest.mark.parametrize(("key", "way"), ways(Key))
def test_a_key_of_the_settings_file_changes_what_the_table_says(
    key: str, way: Key, hundred: Assembly, everything: Assembly, school: Callable[[str], Assembly]
) -> None:
    other = school("small") if key == "school.domain" else everything
    table: Any = Settings
    *tables, name = (way.name or key).split(".")
    for word in tables:
        table = get_type_hints(table)[word]
        table = next((it for it in getattr(table, "__args__", ()) if it is not type(None)), table)
    assert name in get_type_hints(table), "the settings file knows it"
    variable = KEYS[key]
    if way.reaches in TOLD:
        before, after = (TOLD[way.reaches](it).get(variable) for it in (hundred, other))
    elif way.reaches is Reaches.IMAGE:
        before, after = vscode_image(hundred), vscode_image(other)
    else:
        before, after = OF_THE_PLATFORM[key](hundred), OF_THE_PLATFORM[key](other)
    assert after not in (None, "", before)


@pytest.mark.parametrize(("key", "way"), ways(Secret))
def test_a_secret_is_given_to_the_backend_and_is_in_no_template(key: str, way: Secret, everything: Assembly) -> None:
    (given,) = [secret for secret in django(everything)["Secrets"] if secret["Name"] == KEYS[key]]
    text = json.dumps(given["ValueFrom"])
    assert text.endswith(f':{way.part}::"]]}}') == bool(way.part), text
    secrets = {s["Name"]: s for s in everything.all("AWS::SecretsManager::Secret")}
    assert secrets[f"/apranova/{way.name}"]["SecretString"] in ("{}", "console:", "none:"), "an operator writes it"
    assert KEYS[key] not in backend(everything)
    (reading,) = [
        s
        for s in everything.statements(sid="ReadSecrets")
        if any(way.name.replace("-", "") in json.dumps(arn).lower() for arn in s["Resource"])
    ]
    assert reading["Action"] == "secretsmanager:GetSecretValue"


def test_without_a_provider_nobody_may_read_their_secrets(hundred: Assembly) -> None:
    (reading,) = hundred.statements(sid="ReadSecrets")
    assert "SignIn" not in json.dumps(reading)
    assert not any("CLIENT_SECRET" in secret["Name"] for secret in django(hundred)["Secrets"])


@pytest.mark.parametrize(("key", "way"), ways(Parameter))
def test_a_parameter_is_the_managers_variable(key: str, way: Parameter) -> None:
    variable = KEYS[key]
    assert f"APRANOVA_{way.name.upper().replace('-', '_')}" == variable
    assert f'"{variable}"' in (SOURCE / "manager/settings.py").read_text()


def test_the_backend_reads_what_it_is_given_as_on_one_machine(everything: Assembly) -> None:
    """With the secrets, as ECS puts them there."""
    secrets = {entry["Name"]: "x" for entry in django(everything)["Secrets"]}
    found = read_sign_in({**backend(everything), **secrets})
    assert [it.id for it in found.providers] == ["openid", "google", "microsoft", "github", "saml"]
    assert (found.passwords, found.break_glass) == (False, "head@school.example")
    assert (found.groups_claim, found.instructor_group) == ("groups", "staff")
    assert found.lti is not None
    assert found.lti.deployment_ids == ("1", "4")
    assert found.providers[0].verified_domains == ("school.example", "staff.school.example")


def test_another_choice_for_the_image_is_another_tag(settings: Settings) -> None:
    """A tag never changes in ECR: under the old one, students would go without it."""
    assert re.fullmatch(r"0\.1\.0-school-[0-9a-f]{10}", settings.release)


def test_the_guide_shows_the_table() -> None:
    guide = (SOURCE / "docs/guides/settings-on-aws.md").read_text()
    assert [line for line in guide.splitlines() if line.startswith("| `")] == rows()
