"""The doctor asks for files as the service's user, also when root calls it."""

from __future__ import annotations

import os
import shlex
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from single_machine import files_doctor
from single_machine.answers import Verdict
from single_machine.service.places import Places
from single_machine.service_user import ServiceUser
from single_machine.settings import Settings, read_settings
from tests.certificates import make_certificate

SOURCE = Path(__file__).parents[2]
SERVICE_USER = "nobody"
"""Stands for the service's: every Debian has it, and it owns nothing."""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Open to all, unlike pytest's."""
    with tempfile.TemporaryDirectory(dir="/tmp") as made:
        Path(made).chmod(0o755)
        yield Path(made)


@pytest.fixture
def settings(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A machine with the service: root asks as its user, and every other user as itself."""
    places = Places(folder / "root")
    places.current.mkdir(parents=True)
    monkeypatch.setattr(files_doctor, "ServiceUser", lambda: ServiceUser(places, SERVICE_USER))
    named = folder / "school"
    named.mkdir(mode=0o755)
    chain, key = make_certificate(named, ["learn.school.test", "*.ws-learn.school.test"])
    metadata = named / "idp metadata.xml"
    metadata.write_text("<md/>")
    for file in (chain, key, metadata):
        file.chmod(0o644)
    return read_settings(
        {
            "APRANOVA_HOME": str(folder / "home"),
            "APRANOVA_DOMAIN": "learn.school.test",
            "APRANOVA_TLS": "files",
            "APRANOVA_TLS_CERTIFICATE": str(chain),
            "APRANOVA_TLS_KEY": str(key),
            "APRANOVA_AUTHORITY": str(chain),
            "APRANOVA_SAML_METADATA": str(metadata),
            "APRANOVA_SAML_VERIFIED_DOMAINS": "school.test",
        },
        source=SOURCE,
    )


def test_all_that_is_named_can_be_read(settings: Settings) -> None:
    [answer] = files_doctor.named_files(settings)
    assert answer.verdict is Verdict.YES, answer
    assert answer.text.endswith("can read tls.certificate, tls.key, network.authority, saml.metadata")


@pytest.mark.parametrize(("name", "key"), [("idp metadata.xml", "saml.metadata"), ("key.pem", "tls.key")])
def test_a_file_that_the_school_cannot_read_is_told_with_the_line_that_fixes_it(
    settings: Settings, folder: Path, name: str, key: str
) -> None:
    """As root, the doctor said yes, and the school could not start."""
    file = folder / "school" / name
    file.chmod(0o600 if os.geteuid() == 0 else 0)
    [answer] = files_doctor.named_files(settings)
    user = SERVICE_USER if os.geteuid() == 0 else ServiceUser().name
    assert (answer.verdict, answer.text) == (Verdict.NO, f"{key} is {file}, which {user} cannot read")
    assert shlex.split(answer.remedy) == ["sudo", "setfacl", "-m", f"u:{user}:r", str(file)]


def test_a_closed_folder_on_the_way_is_named(settings: Settings, folder: Path) -> None:
    closed = folder / "school"
    closed.chmod(0o700 if os.geteuid() == 0 else 0)
    answers = list(files_doctor.named_files(settings))
    closed.chmod(0o755)
    assert len(answers) == 4
    assert all(f":x {closed}" in answer.remedy for answer in answers)


def test_a_closed_folder_behind_a_link_is_named(settings: Settings, folder: Path) -> None:
    """As certbot lays them: live/…/privkey.pem leads to archive/, and both are root's alone."""
    archive = folder / "archive"
    archive.mkdir(mode=0o755)
    key = folder / "school/key.pem"
    key.rename(archive / "key1.pem")
    key.symlink_to("../archive/key1.pem")
    archive.chmod(0o700 if os.geteuid() == 0 else 0)
    [answer] = files_doctor.named_files(settings)
    archive.chmod(0o755)
    assert answer.text.endswith(f"{archive} is closed")
    assert f":x {archive}" in answer.remedy


def test_a_file_that_is_not_there_is_not_called_unreadable(settings: Settings, folder: Path) -> None:
    (folder / "school/idp metadata.xml").unlink()
    [answer] = files_doctor.named_files(settings)
    assert answer.text.endswith("which is not there")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may do all")
def test_root_asks_for_the_folder_of_data_as_the_service_s_user(settings: Settings, folder: Path) -> None:
    user = ServiceUser(Places(folder / "root"), SERVICE_USER)
    assert (user.may_write(folder), ServiceUser(Places(folder / "none"), SERVICE_USER).may_write(folder)) == (
        False,
        True,
    )
