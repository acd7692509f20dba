"""What the doctor says of a machine that lacks something, and that its remedy names the way out."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import shutil
import socket
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from contract.backup import BackupRecord
from contract.doctor import read_record
from contract.manager import FleetAnswer
from manager.adapters.tests.restic_under_test import restic
from single_machine import certificate_doctor, doctor, doctor_record, hourly_doctor, mail_doctor
from single_machine.answers import Answer, Verdict
from single_machine.backup.record import write_record
from single_machine.backup.repository import Repository
from single_machine.backup.settings import BackupSettings
from single_machine.certificate import CertificateFiles
from single_machine.running import starting
from single_machine.settings import Settings, Tls, read_settings
from single_machine.spawning import ProcessSpec
from tests.certificates import make_certificate

SOURCE = Path(__file__).parents[2]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings({"APRANOVA_HOME": str(tmp_path / "home")}, source=SOURCE)


def _school(settings: Settings, folder: Path, *, days: float = 60) -> Settings:
    files = CertificateFiles(*make_certificate(folder, ["learn.school.test", "*.ws-learn.school.test"], days=days))
    return dataclasses.replace(
        settings,
        domain="learn.school.test",
        workspaces_domain="ws-learn.school.test",
        tls=Tls.FILES,
        certificate=files,
    )


def test_names_that_lead_nowhere_and_names_of_another_machine(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    school = _school(settings, tmp_path)
    known = {"learn.school.test": "127.0.0.1"}

    def resolve(host: str, _port: None) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        if host not in known:
            raise socket.gaierror(-2, "Name or service not known")
        return [(2, 1, 6, "", (known[host], 0))]

    monkeypatch.setattr("socket.getaddrinfo", resolve)
    portal, workspaces = doctor._names(school)
    assert (portal.verdict, workspaces.verdict) == (Verdict.YES, Verdict.NO)
    assert "*.ws-learn.school.test" in workspaces.remedy
    known["learn.school.test"] = "203.0.113.7"
    assert next(iter(doctor._names(school))).verdict is Verdict.LOOK


def test_the_trial_on_localhost_needs_no_names(settings: Settings) -> None:
    assert [*doctor._names(settings), *certificate_doctor.certificate(settings), *doctor._address(settings)] == []


@pytest.mark.parametrize(("days", "verdict"), [(60, Verdict.YES), (13, Verdict.NO), (-1, Verdict.NO)])
def test_a_certificate_is_renewed_in_time(settings: Settings, tmp_path: Path, days: float, verdict: Verdict) -> None:
    [answer] = certificate_doctor.certificate(_school(settings, tmp_path, days=days))
    assert answer.verdict is verdict


def test_a_port_of_another_program(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        [answer] = doctor._ports(dataclasses.replace(settings, port=other.getsockname()[1]))
    assert answer.verdict is Verdict.NO
    assert "taken by another program" in answer.text


def test_a_mail_server_that_is_away(settings: Settings) -> None:
    [unset] = mail_doctor.mail(settings)
    assert unset.verdict is Verdict.LOOK
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"smtp://person:secret@127.0.0.1:{server.getsockname()[1]}"
        [there] = mail_doctor.mail(dataclasses.replace(settings, email_url=url))
    bounces = url.replace("smtp", "imap")
    away, box = mail_doctor.mail(dataclasses.replace(settings, email_url=url, email_bounces=bounces))
    assert (there.verdict, away.verdict, box.verdict) == (Verdict.YES, Verdict.NO, Verdict.NO)
    assert "secret" not in away.text + box.text
    assert "email.bounces" in box.remedy
    odd = dataclasses.replace(settings, email_url="smtp://me:horse/battery@mail.school.test")
    [answer] = mail_doctor.mail(odd)
    assert (answer.verdict, "horse" in answer.text + answer.remedy) == (Verdict.NO, False)


def test_a_mail_is_sent_by_the_portal_s_own_way(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that answers may still refuse the user, the sender or the mail."""
    assert [answer.verdict for answer in mail_doctor.sent_mail(settings)] == [Verdict.NO]
    school = dataclasses.replace(settings, email_url="smtp://127.0.0.1:1")
    [away] = mail_doctor.sent_mail(school)
    assert (away.verdict, "not running" in away.text) == (Verdict.NO, True)
    asked: list[str] = []
    answers = iter(["", "no admin could be told. ada@school.test: 535 wrong password"])
    monkeypatch.setattr(
        mail_doctor, "send_by_backend", lambda _: lambda subject, _: asked.append(subject) or next(answers)
    )
    sent, refused = (answer for _ in range(2) for answer in mail_doctor.sent_mail(school))
    assert (sent.verdict, refused.verdict, asked) == (Verdict.YES, Verdict.NO, ["e-mail works"] * 2)
    assert "535" in refused.text


def test_status_says_in_one_line_what_the_doctor_found(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "not asked yet" in doctor_record.line(settings)
    settings.home.mkdir(parents=True)
    found = [Answer("disk", Verdict.YES, ""), Answer("port 443", Verdict.NO, ""), Answer("e-mail", Verdict.LOOK, "")]
    monkeypatch.setattr(doctor, "CHECKS", (lambda _: iter(found),))
    assert doctor.run(settings, as_json=True) == 1
    assert "3 checks, 1 to fix (port 443)" in doctor_record.line(settings)
    found[1] = Answer("port 443", Verdict.YES, "")
    assert doctor.run(settings, as_json=False) == 0
    assert "3 checks, nothing to fix" in doctor_record.line(settings)


def test_the_record_says_since_when_a_check_says_so(settings: Settings) -> None:
    """The console in the portal reads it, and shows it."""
    settings.home.mkdir(parents=True)
    file = doctor_record.record_file(settings)
    broken, fixed = Answer("port 443", Verdict.NO, "taken", "Free it."), Answer("port 443", Verdict.YES, "free")
    since = []
    for hour, answer in enumerate([broken, broken, fixed, broken], start=1):
        doctor_record.keep(settings, [answer], now=dt.datetime.fromtimestamp(hour * 3600, dt.UTC))
        [finding] = read_record(file).findings
        since.append((finding.verdict, finding.since / 3600))
    assert since == [(Verdict.NO, 1), (Verdict.NO, 1), (Verdict.YES, 3), (Verdict.NO, 4)]
    assert (finding.text, finding.remedy) == ("taken", "Free it.")
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"at": 1, "checks": 3, "to_fix": []}', '{"at": 1, "findings": [1]}'])
def test_a_record_of_an_earlier_version_counts_as_none(settings: Settings, text: str) -> None:
    settings.home.mkdir(parents=True)
    doctor_record.record_file(settings).write_text(text)
    assert read_record(doctor_record.record_file(settings)).findings == ()
    assert "not asked yet" in doctor_record.line(settings)


def test_a_running_school_asks_the_doctor_each_hour(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The story: a school on another port was told of port 8080 that the school uses it."""
    began: list[float] = []

    def ends_at_once(spec: ProcessSpec, _: object) -> subprocess.Popen[bytes]:
        began.append(at)
        assert spec.environment["APRANOVA_PORT"] == "8093"
        process = subprocess.Popen(["true"])
        process.wait()
        return process

    monkeypatch.setattr(hourly_doctor, "spawn", ends_at_once)
    with hourly_doctor.HourlyDoctor(dataclasses.replace(settings, port=8093), now=0.0) as doctor:
        for at in (1.0, 61.0, 62.0, 3_660.0, 3_661.0, 3_700.0):
            assert doctor.tend(at) == ""
    assert began == [61.0, 3_661.0]


def test_the_hourly_doctor_leaves_no_lock_in_the_way_of_a_backup(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The backup that thins out old ones wants the target for itself, and fails on any lock."""
    school = dataclasses.replace(settings, backup=BackupSettings(str(tmp_path), tmp_path / "password"))
    school.home.mkdir(parents=True)
    write_record(school, BackupRecord(target=str(tmp_path), succeeded_at=time.time()))
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(Repository, "run", lambda _, *words, **__: asked.append(words) or "[]")
    monkeypatch.setattr(doctor, "find_restic", lambda _: Path("restic"))
    monkeypatch.setattr(doctor, "CHECKS", (doctor._backups,))
    doctor.run(school, as_json=True, hourly=True)
    assert asked == [("cat", "config", "--no-lock")]
    doctor.run(school, as_json=True)
    assert "--no-lock" not in asked[1]


def test_a_doctor_that_hangs_is_ended_and_asked_again_an_hour_later(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []

    def hangs(*_: object) -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen(["sleep", "60"]))
        return started[-1]

    monkeypatch.setattr(hourly_doctor, "spawn", hangs)
    with hourly_doctor.HourlyDoctor(settings, now=0.0) as doctor:
        doctor.tend(61.0)
        doctor.tend(3_600.0)
        assert started[0].wait(10) < 0
        doctor.tend(3_661.0)
        assert len(started) == 2
    assert started[1].poll() is not None, "ends with the school"


def test_a_doctor_that_cannot_begin_does_not_end_the_school(settings: Settings) -> None:
    doctor = hourly_doctor.HourlyDoctor(settings, now=0.0)  # there is no folder for its log
    assert "could not be asked" in doctor.tend(61.0)
    assert doctor.tend(62.0) == ""


def test_the_disk_s_kind_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    disks = [
        SimpleNamespace(mountpoint="/", fstype="ext4", opts="rw,prjquota"),
        SimpleNamespace(mountpoint="/nowhere", fstype="xfs", opts=""),
    ]
    monkeypatch.setattr("psutil.disk_partitions", lambda **_: disks)
    assert "(ext4, project quota)" in next(iter(doctor._disk(settings))).text
    disks[0].opts = "rw"
    assert "no project quota" in next(iter(doctor._disk(settings))).text


def test_a_folder_that_cannot_be_written(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.ServiceUser, "may_write", lambda *_: False)
    assert [answer.verdict for answer in (*doctor._disk(settings), *doctor._snapshots(settings))] == [Verdict.NO] * 2


def test_the_target_of_backups_is_tried_and_their_age_is_told(settings: Settings, tmp_path: Path) -> None:
    [unset] = doctor._backups(settings)
    assert unset.verdict is Verdict.LOOK
    target = BackupSettings(str(tmp_path / "target"), tmp_path / "password")
    school = dataclasses.replace(settings, backup=target, restic=restic().find() or settings.restic)
    school.home.mkdir()
    [none_yet] = doctor._backups(school)
    assert none_yet.verdict is Verdict.LOOK
    made = BackupRecord().succeeded(target=target.target, snapshot="1", size=1, began=0, now=time.time(), lacking="")
    write_record(school, made)
    [away] = doctor._backups(school)
    assert away.verdict is Verdict.NO
    target.password_file.write_text("of the test")
    Repository(school.restic, target).make()
    [same_disk] = doctor._backups(school)
    assert (same_disk.verdict, "another disk" in same_disk.remedy) == (Verdict.LOOK, True)
    [read_only] = doctor._backups_read_only(school)
    assert read_only == same_disk
    write_record(school, dataclasses.replace(made, succeeded_at=1.0))
    [old] = doctor._backups(school)
    assert (old.verdict, "none was made since" in old.text) == (Verdict.NO, True)


@pytest.mark.parametrize(
    ("why_not", "text", "remedy"),
    [
        ("It does not start.\n  Switch it on:\n    sudo …", "It does not start.", "Switch it on:\n    sudo …"),
        ("Bubblewrap is missing. Install it: …", "Bubblewrap is missing. Install it: …", ""),
    ],
)
def test_the_way_to_isolation_is_told_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, why_not: str, text: str, remedy: str
) -> None:
    monkeypatch.setattr(doctor, "why_no_bubblewrap", lambda _uid: why_not)
    assert [*doctor._isolation(settings)] == [Answer("isolation", Verdict.NO, text, remedy)]


@pytest.mark.parametrize(
    ("memory", "verdict"),
    [("cgroup version 2", Verdict.YES), ("the engine adds up …; no cgroup: other processes share it", Verdict.LOOK)],
)
def test_limits_are_what_the_engine_found_not_what_this_user_might_do(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, memory: str, verdict: Verdict
) -> None:
    [before] = doctor._limits(settings)
    assert before.verdict is Verdict.LOOK
    enforced = {"memory": memory, "processes": "RLIMIT_NPROC in the sandbox's user namespace"}
    fleet = FleetAnswer((), (), (), 0, "bubblewrap", enforced)
    monkeypatch.setattr(doctor, "find_running", starting)
    monkeypatch.setattr(doctor, "ask_fleet", lambda *_: fleet)
    [while_starting] = doctor._limits(settings)
    assert while_starting == before
    monkeypatch.setattr(doctor, "find_running", lambda of: dataclasses.replace(starting(of), starting=False))
    [answer] = doctor._limits(settings)
    assert answer.verdict is verdict
    assert (memory in answer.text) == (verdict is Verdict.LOOK)


@pytest.mark.parametrize(("free_gb", "verdict"), [(90, Verdict.YES), (4, Verdict.NO)])
def test_a_large_disk_needs_no_more_than_the_reserve(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, free_gb: int, verdict: Verdict
) -> None:
    usage = shutil.disk_usage("/")._replace(total=2000 * 10**9, free=free_gb * 10**9)
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    [answer] = doctor._disk(settings)
    assert answer.verdict is verdict


def test_a_script_can_read_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def answers(verdict: Verdict) -> doctor.Check:
        return lambda _settings: iter([Answer("disk", verdict, "3 GB are free [/data]", "Free some space.")])

    monkeypatch.setattr(doctor, "CHECKS", (answers(Verdict.YES), answers(Verdict.LOOK)))
    assert doctor.run(settings, as_json=True) == 0
    assert [answer["verdict"] for answer in json.loads(capsys.readouterr().out)] == ["yes", "look"]
    monkeypatch.setattr(doctor, "CHECKS", (answers(Verdict.NO),))
    assert doctor.run(settings, as_json=False) == 1
    assert "3 GB are free [/data]\n    Free some space." in capsys.readouterr().out


def test_the_doctor_of_a_service_asks_the_units_and_not_its_own_rights(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The doctor's process may have neither low ports nor namespaces; the units have them."""
    service = dataclasses.replace(_school(settings, tmp_path), service=True, run=tmp_path)
    monkeypatch.setattr(doctor, "check_port", lambda *_: pytest.fail("the gateway's port is not the doctor's to try"))
    monkeypatch.setattr(doctor, "why_no_bubblewrap", lambda *_: pytest.fail("the sandboxes' unit tries it"))
    (isolation,) = doctor._isolation(service)
    assert isolation.verdict is Verdict.NO
    assert "journalctl -u apranova-sandboxes" in isolation.remedy
    assert {answer.verdict for answer in doctor._ports(service)} == {Verdict.LOOK}
