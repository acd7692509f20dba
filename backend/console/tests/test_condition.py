"""What the console says of the platform's health, and of the room that is left."""

from __future__ import annotations

import itertools
import re
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from backend.accounts.models import BounceMailbox, User
from backend.accounts.roles import Role, Track
from backend.cohorts.models import Cohort, Membership, Timetable
from backend.console.health import GUIDES
from backend.costs.models import Session
from backend.platform import mail
from backend.platform.environment import Mailbox
from backend.workspaces.models import Workspace
from contract.doctor import DoctorRecord, Finding, Verdict, as_text
from contract.errors import ApraNovaError, Reason
from contract.manager import DiskRoom, KindView, MachineView, PoolView
from contract.names import WorkspaceKind

HEALTH, CAPACITY = "/api/console/health/", "/api/console/capacity/"
ROOT = Path(__file__).parents[3]
GB = 1_000_000_000
MACHINE = MachineView(
    memory_bytes=64 * GB,
    memory_free_bytes=20 * GB,
    cpus=8,
    load=2.5,
    workspaces_bytes=9 * GB,
    disks=(DiskRoom("the homes", 40 * GB, 100 * GB, 5 * GB),),
    states={"running": 12, "starting": 3, "stopped": 400},
    homes_without_snapshot=0,
)


@pytest.fixture(autouse=True)
def _no_trouble_with_mail():
    """Other tests of this process leave some."""
    mail.TROUBLE.left()
    yield
    mail.TROUBLE.left()


@pytest.fixture
def admin(signed_in):
    return signed_in("admin")


@pytest.fixture
def doctor(settings, tmp_path):
    """Writes what the doctor found."""
    settings.DOCTOR_RECORD = tmp_path / "doctor.json"

    def found(*findings: Finding, at: float | None = None) -> None:
        record = DoctorRecord(time.time() if at is None else at, findings)
        settings.DOCTOR_RECORD.write_text(as_text(record))

    return found


def _findings(admin):
    answer = admin.get(HEALTH)
    assert answer.status_code == 200, answer.text
    return {it["name"]: it for it in answer.json()["findings"]}


def test_what_is_broken_comes_first_with_since_when_and_what_to_do(admin, manager, doctor):
    since = time.time() - 7200
    doctor(
        Finding("disk", Verdict.YES, "40 GB of 100 GB are free", since=since),
        Finding("snapshots", Verdict.LOOK, "they are on the disk of the homes", "Put them elsewhere.", since),
        Finding("backup", Verdict.NO, "the newest is of Monday", "Try it now: ./apranova backup --prove", since),
    )
    answer = admin.get(HEALTH).json()
    worst = answer["findings"][0]
    assert (worst["name"], worst["state"]) == ("Backup", "broken")
    assert worst["text"] == "The newest is of Monday"
    assert "apranova backup --prove" in worst["remedy"]
    assert datetime.fromisoformat(worst["since"]).timestamp() == pytest.approx(since, abs=1)
    assert worst["guide"] == "docs/guides/operator.md#backups-of-the-school"
    states = [it["state"] for it in answer["findings"]]
    assert states == sorted(states, key=["broken", "look", "fine"].index)
    assert (answer["doctor_asked_at"] is not None, answer["on_aws"]) == (True, False)


def test_a_finding_begins_as_a_sentence_does_and_a_name_stays_a_name(admin, manager, doctor):
    doctor(
        Finding("e-mail", Verdict.YES, "no server is set"),
        Finding("internet", Verdict.NO, "github.com:443 cannot be reached"),
        Finding("port 443", Verdict.YES, "free"),
    )
    told = {name: it["text"] for name, it in _findings(admin).items()}
    assert told["E-mail"] == "No server is set"
    assert told["Internet"] == "github.com:443 cannot be reached"
    assert told["Port 443"] == "Free"


def test_a_doctor_that_was_not_asked_or_long_ago_is_told(admin, manager, doctor, settings):
    assert _findings(admin)["Doctor"]["state"] == "look"
    doctor(Finding("disk", Verdict.YES, "fine"), at=time.time() - 6 * 3600)
    told = _findings(admin)["Doctor"]
    assert "6 hours ago" in told["text"]
    assert "sudo ./apranova doctor" in told["remedy"]
    doctor(Finding("disk", Verdict.YES, "fine"))
    assert "Doctor" not in _findings(admin)
    settings.DOCTOR_RECORD.write_text("{half a fi")
    assert _findings(admin)["Doctor"]["state"] == "look"


def test_a_manager_that_is_down_is_a_finding_and_no_error(admin, manager, doctor):
    doctor(Finding("disk", Verdict.YES, "fine"))
    assert _findings(admin)["Workspace manager"]["state"] == "fine"
    manager.fail_with = ApraNovaError(Reason.INTERNAL, "The manager is ill")
    told = _findings(admin)
    assert (told["Workspace manager"]["state"], told["Workspace manager"]["text"]) == ("broken", "The manager is ill")
    assert told["Database"]["state"] == told["Redis"]["state"] == told["Disk"]["state"] == "fine"


def test_homes_without_a_snapshot_kinds_and_passes_are_told(admin, manager):
    told = _findings(admin)
    assert (told["Snapshots of homes"]["state"], told["VS Code"]["state"]) == ("fine", "fine")
    assert told["Superset"]["state"] == "look"
    manager.kinds[WorkspaceKind.SUPERSET] = KindView(WorkspaceKind.SUPERSET, ready=True)
    machine = replace(MACHINE, homes_without_snapshot=2)
    manager.capacity = replace(manager.capacity, machine=machine, last_sweep_at=time.time() - 3600)
    told = _findings(admin)
    assert told["Snapshots of homes"]["text"] == "2 homes have no snapshot of the newest files."
    assert (told["Snapshots of homes"]["state"], told["Superset"]["state"]) == ("broken", "fine")
    assert told["Passes over the workspaces"]["state"] == "broken"
    assert "60 minutes ago" in told["Passes over the workspaces"]["text"]
    manager.capacity = replace(manager.capacity, machine=MACHINE, snapshots="off: APRANOVA_SNAPSHOTS_DIR is not set")
    assert _findings(admin)["Snapshots of homes"]["state"] == "look"


def test_mails_that_do_not_leave_are_told_until_one_leaves(admin, manager):
    mail.TROUBLE.failed(ConnectionRefusedError("nobody listens"))
    first = _findings(admin)["Sent e-mails"]
    assert (first["state"], "nobody listens" in first["text"]) == ("broken", True)
    mail.TROUBLE.failed(ConnectionRefusedError("again"))
    assert _findings(admin)["Sent e-mails"]["since"] == first["since"]
    mail.TROUBLE.left()
    assert _findings(admin).get("Sent e-mails", {"state": "fine"})["state"] == "fine"


def test_a_mailbox_for_mails_that_come_back_that_cannot_be_read_is_told(admin, manager, settings):
    assert "E-mails that come back" not in _findings(admin)
    box = Mailbox("imap.school.example", 993, "learn", "secret", "INBOX", use_tls=False, use_ssl=True)
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, bounces=box)
    now = datetime(2026, 11, 30, 9, 5, tzinfo=UTC)
    row = BounceMailbox.objects.create(address=box.address, problem="no such user", problem_since=now)
    told = _findings(admin)["E-mails that come back"]
    assert (told["state"], "no such user" in told["text"], told["since"][:16]) == ("broken", True, "2026-11-30T09:05")
    row.problem, row.problem_since, row.read_at = "", None, timezone.now()
    row.save()
    assert _findings(admin)["E-mails that come back"]["state"] == "fine"
    row.read_at -= timedelta(hours=1)
    row.save()
    told = _findings(admin)["E-mails that come back"]
    assert (told["state"], "was last read" in told["text"]) == ("broken", True)


def test_on_aws_cloudwatch_shows_the_rest(admin, manager, settings):
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, isolation="ecs")
    answer = admin.get(HEALTH).json()
    assert answer["on_aws"] is True
    assert {"Database", "Redis", "Workspace manager"} <= {it["name"] for it in answer["findings"]}
    assert "Doctor" not in {it["name"] for it in answer["findings"]}


@pytest.mark.parametrize("guide", sorted(set(GUIDES.values())))
def test_every_guide_and_its_heading_exist(guide):
    path, _, heading = guide.partition("#")
    lines = [it for it in (ROOT / path).read_text().splitlines() if it.startswith("#")]
    anchors = {re.sub(r"[^a-z0-9 -]", "", it.lstrip("# ").lower()).replace(" ", "-") for it in lines}
    assert not heading or heading in anchors


def _cohort(name, students, *classes, size=None, choice_up_to=None, own=None, active=True):
    cohort = Cohort.objects.create(
        name=name, track=Track.FSD, time_zone="Europe/Berlin", size=size, choice_up_to=choice_up_to, active=active
    )
    people = User.objects.bulk_create(
        User(email=f"{name.lower()}{number}@x.example", name=name, role=Role.STUDENT, track=Track.FSD)
        for number in range(students)
    )
    Membership.objects.bulk_create(Membership(student=it, cohort=cohort, size=own) for it in people)
    times = [{"starts_at": a.isoformat(), "ends_at": b.isoformat(), "title": ""} for a, b in classes]
    Timetable.objects.create(
        cohort=cohort, file_name="t.ics", content="", classes=times, notes=[], read_at=NOON, uploaded_at=NOON
    )
    return cohort


NOON = timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=1)


def at(hours, last=2):
    return NOON + timedelta(hours=hours), NOON + timedelta(hours=hours + last)


def test_the_next_classes_need_what_their_students_would_launch(admin, manager):
    manager.capacity = replace(manager.capacity, memory_max_mib=48_000)
    _cohort("One", 30, at(0), at(24))
    _cohort("Two", 10, at(1), size="large")
    _cohort("Over", 500, at(0), active=False)
    _cohort("Empty", 0, at(0))
    _cohort("Later", 5, at(24 * 8))
    told = admin.get(CAPACITY).json()
    small, large = 768, 3_072
    assert [(datetime.fromisoformat(it["at"]), it["memory_mib"], it["fits"]) for it in told["needs"]] == [
        (at(0)[0], 30 * small, True),
        (at(1)[0], 30 * small + 10 * large, False),
        (at(24)[0], 30 * small, True),
    ]
    both = told["needs"][1]
    assert [it["name"] for it in both["cohorts"]] == ["One", "Two"]
    assert both["sizes"] == [
        {"size": "small", "memory_mib": small, "workspaces": 30},
        {"size": "large", "memory_mib": large, "workspaces": 10},
    ]
    assert told["largest"]["at"] == both["at"]


def test_a_student_counts_once_and_with_the_size_they_may_have(admin, manager):
    _cohort("One", 3, at(0), at(0, last=3), choice_up_to="large", own="large")
    _cohort("Two", 2, at(0), own="large")
    [need] = admin.get(CAPACITY).json()["needs"]
    assert [(it["size"], it["workspaces"]) for it in need["sizes"]] == [("small", 2), ("large", 3)]


def test_more_workspaces_than_may_run_at_once_do_not_fit(admin, manager):
    manager.capacity = replace(manager.capacity, memory_max_mib=10**9, tasks_max=10)
    _cohort("One", 11, at(0))
    assert [it["fits"] for it in admin.get(CAPACITY).json()["needs"]] == [False]
    manager.capacity = replace(manager.capacity, memory_max_mib=None, tasks_max=None)
    assert [it["fits"] for it in admin.get(CAPACITY).json()["needs"]] == [True]


def test_the_machine_the_pool_and_sessions_are_shown(admin, manager, person):
    student = person()
    workspace = Workspace.objects.create(owner=student, kind="vscode", name="x")
    Session.objects.create(workspace=workspace, started_at=timezone.now(), seen_at=timezone.now())
    pool = PoolView("predicted", {"vscode": 4}, ("VS Code: 4 wanted, a class",), None, 1.5)
    manager.capacity = replace(manager.capacity, pool=pool, memory_taken_mib=9_000)
    told = admin.get(CAPACITY).json()
    assert told["sessions"] == {"running": 0, "starting": 1, "stopping": 0}, "as the backend saw them"
    assert told["machine"] is None
    assert told["pool"] == {
        "policy": "predicted", "ready": 2, "target": 4, "reasons": ["VS Code: 4 wanted, a class"], "spent_h": 1.5,
    }  # fmt: skip
    manager.capacity = replace(manager.capacity, machine=MACHINE)
    told = admin.get(CAPACITY).json()
    assert told["sessions"] == {"running": 12, "starting": 3, "stopping": 0}
    assert (told["memory_taken_mib"], told["machine"]["cpus"]) == (9_000, 8)
    assert told["machine"]["disks"][0]["place"] == "the homes"


def test_a_manager_that_is_down_leaves_no_capacity_to_show(admin, manager):
    manager.fail_with = ApraNovaError(Reason.MANAGER_UNAVAILABLE, "It does not answer")
    assert admin.get(CAPACITY).status_code == 503


@pytest.mark.parametrize("url", [HEALTH, CAPACITY])
def test_the_condition_is_for_admins_alone(signed_in, url):
    assert signed_in("instructor").get(url).status_code == 403


def test_capacity_is_quick_in_a_school_of_two_thousand(admin, manager):
    """By the processor's time: what the clock says depends on who else works on the machine."""
    people = User.objects.bulk_create(
        User(email=f"s{number}@x.example", name=f"Student {number:04}", role=Role.STUDENT, track=Track.FSD)
        for number in range(2000)
    )
    cohorts = [
        _cohort(f"Cohort {number}", 0, *(at(24 * day + number / 50) for day in range(5))) for number in range(50)
    ]
    Membership.objects.bulk_create(
        Membership(student=it, cohort=cohort) for it, cohort in zip(people, itertools.cycle(cohorts), strict=False)
    )
    spent = []
    for _ in range(5):
        begin = time.process_time()
        told = admin.get(CAPACITY).json()
        spent.append(time.process_time() - begin)
    assert (len(told["needs"]), told["more_needs"]) == (10, 240)
    assert sorted(spent)[2] <= 0.2
