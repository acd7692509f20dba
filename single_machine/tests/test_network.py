"""A school's network: its settings, our own installs behind its proxy, and what the doctor says."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any

import pytest

from contract.environment import BadSetting, Environment
from contract.network import Network, Proxy, read_network, trusted_authorities
from single_machine import __main__, commands, network_doctor
from single_machine.answers import Answer, Verdict
from single_machine.backup import restore_school
from single_machine.network_programs import variables_for_programs
from single_machine.portal_build import npm_command
from single_machine.settings import Settings, read_settings
from tests import school_network
from tests.school_network import HOST, PASSWORD, REFUSED_HOST, SchoolNetwork

SOURCE = Path(__file__).parents[2]


def _read(**variables: str) -> Network:
    return read_network(Environment({f"APRANOVA_{name.upper()}": value for name, value in variables.items()}))


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"proxy": "proxy.school.test:3128"}, "APRANOVA_PROXY must be a URL"),
        ({"proxy": "http://ada:geheim@/"}, "APRANOVA_PROXY must be like http://proxy"),
        ({"proxy": "http://ada:geheim@proxy:80/path"}, "APRANOVA_PROXY must be like http://proxy"),
        ({"no_proxy": "10.0.0.0/8"}, "APRANOVA_NO_PROXY is '10.0.0.0/8'; a list of host names"),
        ({"npm_registry": "https://ada:geheim@npm.school.test/"}, "every student could read"),
        ({"pip_index": "http://localhost:3141/simple"}, "localhost is the workspace itself"),
    ],
)
def test_a_wrong_setting_is_named_without_its_password(variables: dict[str, str], words: str) -> None:
    with pytest.raises(BadSetting) as refused:
        _read(**variables)
    assert words in str(refused.value)
    assert "geheim" not in str(refused.value)


def test_a_proxy_s_password_is_shown_in_no_representation() -> None:
    network = _read(proxy="http://ada:geheim@proxy.school.test:3128")
    assert "geheim" not in repr(network)
    assert network.proxy is not None
    assert network.proxy.authorization == "Basic YWRhOmdlaGVpbQ=="


def test_hosts_and_domains_without_the_proxy() -> None:
    network = _read(proxy="http://p:1", no_proxy=".school.test, files.example")
    direct = [
        host
        for host in (
            "school.test",
            "a.b.school.test",
            "Files.example",
            "a.files.example",
            "other.test",
            "preschool.test",
        )
        if network.goes_direct(host)
    ]
    assert direct == ["school.test", "a.b.school.test", "Files.example", "a.files.example"]


def test_only_the_named_port_of_a_mirror_is_a_mirror() -> None:
    network = _read(npm_registry="http://npm.school.test:4873/", pip_index="https://pip.school.test/simple")
    assert network.mirrors() == {("npm.school.test", 4873), ("pip.school.test", 443)}


def test_a_file_without_a_certificate_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "authority.pem"
    with pytest.raises(BadSetting, match="cannot be read"):
        trusted_authorities(file)
    file.write_text("-----BEGIN CERTIFICATE-----\nbm90aGluZw==\n-----END CERTIFICATE-----\n")
    with pytest.raises(BadSetting, match="no certificate in PEM"):
        trusted_authorities(file)


def test_a_variable_of_the_machine_wins(tmp_path: Path) -> None:
    network = Network(Proxy("http://proxy.school.test:3128"), no_proxy=("a.test",))
    added = variables_for_programs(network, tmp_path / "bundle.pem", given={"https_proxy": "http://other:1"})
    assert added["http_proxy"] == "http://proxy.school.test:3128"
    assert added["no_proxy"] == "localhost,127.0.0.1,::1,a.test"
    assert "https_proxy" not in added
    assert not (tmp_path / "bundle.pem").exists()


def test_a_restore_on_a_bare_machine_goes_through_the_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """restic asked S3 directly, where a backup had gone through the proxy."""
    seen: dict[str, str] = {}
    variables = {"APRANOVA_PROXY": "http://proxy.school.test:3128", "APRANOVA_HOME": str(tmp_path / "home")}
    monkeypatch.setattr(os, "environ", variables)
    monkeypatch.setattr(restore_school, "run", lambda given, **_: seen.update(given) or 0)
    monkeypatch.setattr(sys, "argv", ["apranova", "restore-school", "--from", "s3:https://s3.test/school"])
    assert __main__.main() == 0
    assert seen["APRANOVA_BACKUP_TARGET"] == "s3:https://s3.test/school"
    assert seen["https_proxy"] == os.environ["https_proxy"] == variables["APRANOVA_PROXY"]


@pytest.mark.parametrize(
    ("target", "password_file", "expected"),
    [
        ("backups", "key", ["/root/backups", "/root/key"]),
        ("/mnt/backups", "/srv/key", ["/mnt/backups", "/srv/key"]),
        ("sftp:other:/srv", "../key", ["sftp:other:/srv", "/root/../key"]),
    ],
)
def test_a_restore_finds_files_from_where_the_command_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, password_file: str, expected: list[str]
) -> None:
    """The service's commands run in the folder of its programs."""
    seen: dict[str, str] = {}
    monkeypatch.setattr(os, "environ", {"APRANOVA_NAMED_FROM": "/root", "APRANOVA_HOME": str(tmp_path / "home")})
    monkeypatch.setattr(restore_school, "run", lambda given, **_: seen.update(given) or 0)
    monkeypatch.setattr(sys, "argv", ["apranova", "restore-school", "--from", target, "--password-file", password_file])
    assert __main__.main() == 0
    assert [seen[f"APRANOVA_BACKUP_{name}"] for name in ("TARGET", "PASSWORD_FILE")] == expected


def test_packages_are_found_from_where_the_command_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Path] = []
    monkeypatch.setattr(os, "environ", {"APRANOVA_NAMED_FROM": "/root", "APRANOVA_HOME": str(tmp_path / "home")})
    monkeypatch.setattr(commands, "carry_out", lambda given, _: seen.extend(given.folder) or 0)
    monkeypatch.setattr(sys, "argv", ["apranova", "packages", "exercise-3", "/srv/other"])
    assert __main__.main() == 0
    assert seen == [Path("/root/exercise-3"), Path("/srv/other")]


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SchoolNetwork]:
    if not school_network.THERE:
        pytest.skip(school_network.MISSING)
    with school_network.school_network(tmp_path_factory.mktemp("network")) as network:
        yield network


@pytest.fixture
def settings(network: SchoolNetwork, tmp_path: Path) -> Settings:
    variables = {
        "APRANOVA_PROXY": network.proxy,
        "APRANOVA_AUTHORITY": str(network.authority),
        "APRANOVA_NPM_REGISTRY": network.npm_registry,
        "APRANOVA_PIP_INDEX": network.pip_index,
        "APRANOVA_HOME": str(tmp_path / "home"),
    }
    return read_settings(variables, source=SOURCE)


@pytest.fixture
def programs(settings: Settings) -> dict[str, str]:
    """The environment of a machine that has nothing else."""
    bare = {"PATH": os.environ["PATH"], "HOME": str(settings.home), "PIP_CONFIG_FILE": os.devnull}
    added = variables_for_programs(settings.network, settings.home / "authorities.pem", given={})
    return {**bare, "npm_config_globalconfig": os.devnull, **added}


def test_our_npm_and_pip_install_through_the_proxy(programs: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"dependencies": {"tiny": "1.0.0"}}')
    npm = [*npm_command(), "install", "--no-audit", "--no-update-notifier"]
    pip = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--target", "lib", "tiny"]
    for command in (npm, pip):
        done = subprocess.run(command, cwd=tmp_path, env=programs, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert PASSWORD not in done.stdout + done.stderr
    assert (tmp_path / "node_modules/tiny/index.js").exists()
    assert (tmp_path / "lib/tiny.py").exists()


def test_the_very_first_pip_reads_the_settings_file(
    network: SchoolNetwork, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`./apranova up --settings school.toml` on a bare machine, behind a proxy."""
    file = tmp_path / "school.toml"
    file.write_text(
        f'[network]\nproxy = "{network.proxy}"\nauthority = "{network.authority}"\npip_index = "{network.pip_index}"\n'
    )
    script = _entry_script()
    monkeypatch.setattr(script, "VENV", str(tmp_path / ".venv"))
    for name in [
        name for name in os.environ if name.startswith(("PIP_", "SSL_")) or "proxy" in name.lower() or "CA_" in name
    ]:
        monkeypatch.delenv(name)
    for name, value in {"PIP_CONFIG_FILE": os.devnull, "HOME": str(settings.home)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(script, "ROOT", str(tmp_path))
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "requirements").mkdir()
    (wheel,) = (network.authority.parent / "files/simple/tiny").glob("*.whl")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    for name in ("product", "test"):
        (tmp_path / f"requirements/{name}.txt").write_text(f"tiny==1.0.0 --hash=sha256:{digest}\n")
    (tmp_path / "requirements/programs.txt").touch()
    before = dict(os.environ)
    try:
        script.prepare_environment("product", ["up", "--settings", str(file)])
    finally:
        os.environ.clear()
        os.environ.update(before)
    assert list((tmp_path / ".venv").rglob("tiny.py"))


def _entry_script() -> Any:
    loader = SourceFileLoader("entry_script", str(SOURCE / "apranova"))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def _asked(settings: Settings, monkeypatch: pytest.MonkeyPatch, *, outside: str) -> dict[str, Answer]:
    monkeypatch.setattr(network_doctor, "ANY_HOST_OUTSIDE", outside)
    return {answer.check: answer for answer in network_doctor.network(settings)}


def test_the_doctor_asks_through_the_proxy(
    settings: Settings, network: SchoolNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = network.authority.parent / "files"
    (files / "npm/npm").touch()
    (files / "simple/pip").mkdir(exist_ok=True)
    answers = _asked(settings, monkeypatch, outside=f"{HOST}:{network.port}")
    assert {name: answer.verdict for name, answer in answers.items()} == dict.fromkeys(
        ("authority", "internet", "npm_registry", "pip_index"), Verdict.YES
    )
    (files / "npm/npm").unlink()
    refused = _asked(settings, monkeypatch, outside=f"{REFUSED_HOST}:{network.port}")
    assert "403" in refused["internet"].text
    assert "it answers 404" in refused["npm_registry"].text
    assert "network.npm_registry" in refused["npm_registry"].remedy


def test_the_doctor_asks_through_a_proxy_that_speaks_tls(
    settings: Settings, network: SchoolNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guide offers `https://` proxies, and the doctor called each of them unreachable."""
    outside = f"{HOST}:{network.port}"
    (network.authority.parent / "files/npm/npm").touch()
    with school_network.behind_tls(network) as proxy:
        ours = replace(settings.network, proxy=Proxy(proxy), npm_registry=f"http://{HOST}:{network.plain_port}/npm/")
        answers = _asked(replace(settings, network=ours), monkeypatch, outside=outside)
        unknown = replace(ours, authority=None)
        answer = _asked(replace(settings, network=unknown), monkeypatch, outside=outside)["internet"]
    assert (answers["internet"].verdict, answers["npm_registry"].verdict) == (Verdict.YES, Verdict.YES)
    assert "network.authority" in answer.remedy


def test_the_doctor_names_a_wrong_password_and_a_missing_authority(
    settings: Settings, network: SchoolNetwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = f"{HOST}:{network.port}"
    proxy = Proxy(f"http://127.0.0.1:{network.proxy_port}")
    nobody = replace(settings, network=replace(settings.network, proxy=proxy))
    answer = _asked(nobody, monkeypatch, outside=outside)["internet"]
    assert (answer.verdict, "407" in answer.text) == (Verdict.NO, True)
    assert "user and password" in answer.remedy
    unknown = replace(settings, network=replace(settings.network, authority=None))
    assert "network.authority" in _asked(unknown, monkeypatch, outside=outside)["internet"].remedy
    missing = replace(settings, network=replace(settings.network, authority=tmp_path / "none.pem"))
    assert _asked(missing, monkeypatch, outside=outside)["authority"].verdict is Verdict.NO
