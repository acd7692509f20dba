"""Bad settings are refused before synthesis; the message names setting, value and expectation."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from infrastructure.settings_file import EXAMPLES, BadSettings, load_settings

HUNDRED = (EXAMPLES / "hundred.toml").read_text()


def load(tmp_path: Path, text: str) -> None:
    file = tmp_path / "school.toml"
    file.write_text(text)
    load_settings(file)


def changed(old: str, new: str) -> str:
    assert old in HUNDRED
    return HUNDRED.replace(old, new)


@pytest.mark.parametrize("name", ["small", "hundred", "thousand"])
def test_every_example_is_accepted(name: str) -> None:
    assert load_settings(EXAMPLES / f"{name}.toml").name == "apranova"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('region = "us-east-1"', 'region = "us-east-9"', "account.region: a region of AWS, such as us-east-1, is expected, not 'us-east-9'"),
        ('id = "111122223333"', 'id = "11112222"', "account.id: an account's twelve digits is expected"),
        ('"us-east-1c"', '"us-west-2a"', "network.zones: a zone of us-east-1 is expected, not 'us-west-2a'"),
        (', "us-east-1c"', "", "network.zones: a list of 3 different values is expected"),
        ('"us-east-1c"', '"us-east-1a"', "network.zones: a list of 3 different values is expected"),
        ("nat_gateways = 3", "nat_gateways = 2", "network.nat_gateways should be 1 or 3, not 2"),
        ("nat_gateways = 3", 'public_cidrs = ["10.0.16.0/24", "10.0.1.0/24", "10.0.2.0/24"]', "subnets 10.0.16.0/24 and 10.0.16.0/20 overlap"),
        ("nat_gateways = 3", 'vpc_cidr = "10.1.0.0/16"', "network: subnet 10.0.0.0/24 is not inside vpc_cidr 10.1.0.0/16"),
        ("nat_gateways = 3", 'foreign_cidrs = ["10.0.128.0/17"]', "vpc_cidr 10.0.0.0/16 overlaps 10.0.128.0/17, to which it will be connected"),
        ("nat_gateways = 3", 'vpc_cidr = "10.0.0.1/16"', "network.vpc_cidr: 10.0.0.1/16 has host bits set"),
        ('"America/New_York"', '"America/Newyork"', "school.time_zone: a name like Europe/Vienna is expected"),
        ('"school.example"', '"school"', "school.domain: a host name is expected, not 'school'"),
        ("peak = 5", "peak = 100", "workspaces.pool: 100 warm tasks (100 vCPUs) and the services at their largest (15) are above account.fargate_vcpu_quota, 64"),
        ("at_once = 60", "at_once = 600", "workspaces.at_once: 600 students need 600 vCPUs"),
        ("at_once = 60", "at_once = 60\nspot_percent = 50", "workspaces.spot_percent: 30 vCPUs on Spot are above account.fargate_spot_vcpu_quota, 0"),
        ("at_once = 60", "at_once = 60\nsweep_minutes = 0", "workspaces.sweep_minutes should be greater than or equal to 1, not 0"),
        ("at_once = 60", "at_once = 60\nsize = { cpu = 1024, memory_mb = 1024 }", "Fargate has no task of 1024 CPU units with 1024 MB"),
        ("at_once = 60", 'at_once = 60\nkinds = ["vscode", "jupyter"]', "workspaces.kinds.1 should be 'vscode' or 'superset', not 'jupyter'"),
        ("at_once = 60", 'at_once = "60"', "workspaces.at_once should be a valid integer, not '60'"),
        ("at_once = 60", "at_onse = 60", "workspaces.at_onse is not known; do you mean at_once?"),
        ("at_once = 60", "", "workspaces.at_once is missing"),
        ('release = "0.1.0"', 'release = "0.1.0"\n[database]\ninstance_class = "db.t2.micro"', "database.instance_class: one of db.t3.medium"),
        ('release = "0.1.0"', 'release = "0.1.0"\n[database]\nsecret_arn = "apranova/database"', "database.secret_arn: an ARN of RDS' own secret is expected"),
        ("[watch]", '[google]\nclient_id = "a"\nclient_secret = "x"\n[watch]', "google.client_secret: this file is no place for a secret. Write it into Secrets Manager"),
        ("[watch]", '[openid]\nissuer = "http://sso.school.example"\nclient_id = "a"\n[watch]', "openid.issuer is 'http://sso.school.example'; an address that begins with https://"),
        ("[watch]", '[microsoft]\ntenant = "common"\nclient_id = "a"\nverified_domains = ["school.example"]\n[watch]', "microsoft.tenant is 'common'; the id of your school's own tenant"),
        ("[watch]", '[saml]\nmetadata = "/etc/idp.xml"\nverified_domains = ["school.example"]\n[watch]', "saml.metadata: an address that begins with https:// is expected, not '/etc/idp.xml'"),
        ("[watch]", "[sign_in]\npasswords = false\n[watch]", "sign_in.passwords is no, but no provider is set"),
        ("[watch]", '[google]\nclient_id = "a"\n[sign_in]\npasswords = false\n[watch]', "so school.admin_email must name the admin"),
        ("nat_gateways = 3", 'npm_registry = "ftp://packages.school.example"', "network: npm_registry must be a URL that begins with http:// or https://"),
        ("nat_gateways = 3", "egress_ports = [0]", "network.egress_ports.0 should be greater than or equal to 1"),
        ('title = "Example School"', 'title = "x"\nnode_versions = ["18"]', "school.node_versions names '18'; 20 and 22 can be had"),
        ('title = "Example School"', 'title = "x"\nextensions = "none"', "school.extensions: there is no folder"),
        ('title = "Example School"', 'title = "x"\npackages = ["none"]', "school.packages: "),
        ("[watch]", '[github]\nclient_id = "a"\nurl = "github.school.example"\n[watch]', "github.url: an address that begins with https:// is expected, not 'github.school.example'"),
        ("[watch]", "[sessions]\nsession_max_s = 28800\n[watch]", "sessions.session_max_s: on AWS it is the parameter `/apranova/manager/session-max-s` (docs/guides/settings-on-aws.md)"),
        ("[watch]", '[help]\nvisits = "always"\nhistory = true\n[watch]', "help.visits: on AWS it is school.help_visits; help.history: on AWS there is no such setting: AWS keeps no history"),
        ('title = "Example School"', 'title = "x"\nname = "x"', "school.name: on AWS it is school.title"),
        ("nat_gateways = 3", 'proxy = "http://proxy.school.example:3128"', "network.proxy: on AWS there is no such setting: everything leaves through the NAT gateways"),
        ("[watch]", '[email]\nurl = "smtp://mail"\n[watch]', "email.url: on AWS it is the secret `/apranova/email-url`"),
    ],
)  # fmt: skip
def test_a_bad_setting_is_refused_by_name(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = changed(old, new)
    if "are above account.fargate_vcpu_quota" in message:
        text = text.replace("fargate_vcpu_quota = 128", "fargate_vcpu_quota = 64")
    with pytest.raises(BadSettings, match=re.escape(message)) as refused:
        load(tmp_path, text)
    assert all(line.startswith("school.toml: ") for line in str(refused.value).splitlines())


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=r"school\.toml: is not valid TOML"):
        load(tmp_path, "name = ")


def test_a_missing_file_points_to_the_examples(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="examples"):
        load_settings(tmp_path / "nowhere.toml")
