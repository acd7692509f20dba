"""A school's settings in one file: what it sets, what it refuses, and in which words."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from contract.environment import BadSetting
from single_machine import doctor
from single_machine.__main__ import main
from single_machine.school_file import KEYS, in_words_of_the_file, read_school_file
from single_machine.services import PASSED_ON
from single_machine.settings import Settings, Tls, read_settings

SOURCE = Path(__file__).parents[2]
EXAMPLE = SOURCE / "docs" / "guides" / "school.example.toml"
GUIDE = SOURCE / "docs" / "guides" / "operator.md"

AT_AN_ADDRESS = {
    "APRANOVA_DOMAIN": "Learn.school.example",
    "APRANOVA_TLS": "files",
    "APRANOVA_TLS_CERTIFICATE": "/etc/ssl/chain.pem",
    "APRANOVA_TLS_KEY": "/etc/ssl/key.pem",
}


def _file(folder: Path, text: str) -> Path:
    path = folder / "school.toml"
    path.write_text(text)
    return path


def _settings(variables: dict[str, str]) -> Settings:
    return read_settings({"APRANOVA_HOME": "/srv/apranova", **variables}, source=SOURCE)


def test_the_example_names_every_setting_and_can_be_used() -> None:
    commented = re.sub(r"^# (\w+ = )", r"\1", EXAMPLE.read_text(), flags=re.MULTILINE)
    path = EXAMPLE.with_name("never-written.toml")
    named = set(re.findall(r"^(\w+) = ", commented, flags=re.MULTILINE))
    assert named == {key.partition(".")[2] for key in KEYS}
    variables = read_school_file(EXAMPLE)
    settings = read_settings(variables, source=SOURCE)
    assert settings.public_url == "https://learn.school.example", path


def test_the_guide_has_a_row_for_every_key_and_every_row_a_key() -> None:
    rows = re.findall(r"^\| (`[A-Z_]+`[^|]*)\|", GUIDE.read_text(), re.MULTILINE)
    in_guide = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}
    assert in_guide == set(KEYS.values())
    assert set(PASSED_ON) <= in_guide


def test_values_become_what_the_variables_expect(tmp_path: Path) -> None:
    text = '[school]\nname = "Łódź"\nkinds = ["vscode"]\n[limits]\negress_ports = [22, 443]\n[listen]\nport = 8443\n'
    assert read_school_file(_file(tmp_path, text)) == {
        "APRANOVA_SCHOOL_NAME": "Łódź",
        "APRANOVA_KINDS": "vscode",
        "APRANOVA_EGRESS_PORTS": "22 443",
        "APRANOVA_PORT": "8443",
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[school]\nnmae = 'x'\n", r"no setting school\.nmae; did you mean school\.name\?"),
        ("[scool]\nname = 'x'\n", r"no setting scool\.name; did you mean school\.name\?"),
        ("name = 'x'\n", r"name stands outside a table"),
        ("[limits]\ntasks_max = 40\n", r"no setting limits\.tasks_max any more; limits\.memory_gb limits"),
        ("[school\n", r"not valid TOML.*line 1"),
        ("[school]\nname = 2026-11-29\n", r"school\.name must be a text"),
        ("[limits]\negress_ports = [[22]]\n", r"limits\.egress_ports must be a text"),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(BadSetting, match=words):
        read_school_file(_file(tmp_path, text))


def test_a_file_that_is_not_there_or_is_no_text(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=r"cannot be read \(No such file"):
        read_school_file(tmp_path / "none.toml")
    (tmp_path / "school.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(BadSetting, match="is text in UTF-16"):
        read_school_file(tmp_path / "school.toml")


def test_a_refused_value_is_named_as_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "school.toml"
    with pytest.raises(BadSetting) as refused:
        _settings({"APRANOVA_PORT": "99999"})
    told = str(in_words_of_the_file(refused.value, path, won=()))
    assert told.startswith(f"{path}: listen.port is '99999'; a whole number")
    assert in_words_of_the_file(refused.value, path, won=("APRANOVA_PORT",)) is refused.value


def test_a_command_takes_the_file_and_a_variable_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = _file(tmp_path, f'[data]\nfolder = "{tmp_path}"\n[listen]\nport = 8443\naddress = "127.0.0.9"\n')
    found: list[Settings] = []
    for words, variables in (
        (["--settings", str(path)], {"APRANOVA_PORT": "8081"}),
        ([], {"APRANOVA_SETTINGS": str(path), "APRANOVA_PORT": " "}),
        (["--settings", str(path)], {"APRANOVA_PORT": "none"}),
    ):
        with monkeypatch.context() as patched:
            patched.setattr("os.environ", {"PATH": os.defpath, **variables})
            patched.setattr("sys.argv", ["apranova", "doctor", *words])
            patched.setattr(doctor, "run", lambda settings, **_: found.append(settings))
            main()
    assert [(settings.host, settings.port) for settings in found] == [("127.0.0.9", 8081), ("127.0.0.9", 8443)]
    assert capsys.readouterr().err.startswith("apranova: APRANOVA_PORT is 'none'; a whole number")


def test_the_trial_stays_on_localhost() -> None:
    settings = _settings({})
    assert (settings.public_url, settings.workspaces_domain) == ("http://localhost:8080", "ws.localhost:8080")
    assert (settings.host, settings.tls, settings.redirect_port) == ("127.0.0.1", Tls.OFF, 0)


def test_a_school_with_a_certificate() -> None:
    settings = _settings(AT_AN_ADDRESS)
    assert settings.public_url == "https://learn.school.example"
    assert settings.workspaces_domain == "ws-learn.school.example"
    assert settings.certified_hosts == ("learn.school.example", "*.ws-learn.school.example")
    assert (settings.port, settings.redirect_port, settings.trusted_hops) == (443, 80, 0)
    other_port = _settings({**AT_AN_ADDRESS, "APRANOVA_PORT": "8443"})
    assert other_port.public_url == "https://learn.school.example:8443"
    assert other_port.workspaces_domain == "ws-learn.school.example:8443"


def test_a_school_behind_a_proxy_of_its_own() -> None:
    settings = _settings({"APRANOVA_DOMAIN": "learn.school.example", "APRANOVA_TLS": "proxy"})
    assert (settings.public_url, settings.host, settings.port) == ("https://learn.school.example", "127.0.0.1", 8080)
    assert (settings.trusted_hops, settings.redirect_port, settings.certificate) == (1, 0, None)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"APRANOVA_TLS": "off"}, "TLS is off: passwords would travel in the clear"),
        ({"APRANOVA_TLS": "acme2"}, "one of off, acme, dns, files, proxy"),
        ({"APRANOVA_DOMAIN": ""}, "APRANOVA_DOMAIN must name the school's host"),
        ({"APRANOVA_DOMAIN": "https://learn.school.example"}, "without scheme and port"),
        ({"APRANOVA_DOMAIN": "10.0.0.7"}, "without scheme and port"),
        ({"APRANOVA_WORKSPACES_DOMAIN": "school.example"}, r"does not contain the portal's host"),
        ({"APRANOVA_WORKSPACES_DOMAIN": "learn.school.example"}, r"does not contain the portal's host"),
        ({"APRANOVA_TLS_KEY": ""}, "APRANOVA_TLS_KEY is not set"),
        ({"APRANOVA_TLS_CERTIFICATE": "chain.pem"}, "a full path"),
    ],
)
def test_an_address_that_cannot_work_is_refused(changes: dict[str, str], words: str) -> None:
    with pytest.raises(BadSetting, match=words):
        _settings({**AT_AN_ADDRESS, **changes})


GETS_ITS_CERTIFICATE = {"APRANOVA_DOMAIN": "learn.school.example", "APRANOVA_TLS": "acme"}


def test_a_school_that_gets_its_certificate() -> None:
    settings = _settings(GETS_ITS_CERTIFICATE)
    assert settings.public_url == "https://learn.school.example"
    assert (settings.host, settings.port, settings.redirect_port, settings.dns_port) == ("0.0.0.0", 443, 80, 53)
    assert settings.issuing is not None
    assert settings.issuing.zones == (
        "_acme-challenge.learn.school.example",
        "_acme-challenge.ws-learn.school.example",
    )
    assert "letsencrypt.org" in settings.issuing.authority.directory
    assert settings.issuing.staging is not None
    other = _settings({**GETS_ITS_CERTIFICATE, "APRANOVA_TLS_DIRECTORY": "https://ca.school.example/dir"})
    assert other.issuing is not None
    assert other.issuing.staging is None, "another authority's staging is not guessed"
    by_hook = _settings({**GETS_ITS_CERTIFICATE, "APRANOVA_TLS": "dns", "APRANOVA_TLS_HOOK": "/bin/set 'my zone'"})
    assert by_hook.issuing is not None
    assert by_hook.issuing.hook == ("/bin/set", "my zone")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"APRANOVA_TLS": "dns"}, "APRANOVA_TLS_HOOK is not set"),
        ({"APRANOVA_TLS_HOOK": "/bin/set"}, "APRANOVA_TLS_HOOK is only for TLS by dns"),
        ({"APRANOVA_TLS": "dns", "APRANOVA_TLS_HOOK": "set 'it"}, "a command, with its quotes closed"),
        ({"APRANOVA_TLS_EAB_KEY_ID": "school"}, "belong together"),
        ({"APRANOVA_TLS_EAB_KEY_ID": "school", "APRANOVA_TLS_EAB_HMAC_KEY": "abcde"}, "HMAC_KEY is not in base64url"),
        ({"APRANOVA_TLS_DIRECTORY": "http://ca.school.example"}, "begins with https://"),
        ({"APRANOVA_TLS_STAGING_DIRECTORY": "staging"}, "begins with https://"),
        ({"APRANOVA_TLS_DIRECTORY_CA": "/no/such/file.pem"}, "an existing file with root certificates"),
        ({"APRANOVA_DOMAIN": ""}, "APRANOVA_DOMAIN must name the school's host"),
    ],
)
def test_what_keeps_a_school_from_its_certificate_is_refused_at_once(changes: dict[str, str], words: str) -> None:
    with pytest.raises(BadSetting, match=words):
        _settings({**GETS_ITS_CERTIFICATE, **changes})


def test_a_variable_that_is_gone_is_refused_with_what_replaces_it() -> None:
    """A school that had set it went on without a limit."""
    with pytest.raises(BadSetting, match=r"APRANOVA_TASKS_MAX is gone; APRANOVA_MEMORY_GB limits"):
        read_settings({"APRANOVA_HOME": "/nowhere", "APRANOVA_TASKS_MAX": "40"}, source=Path("/source"))
