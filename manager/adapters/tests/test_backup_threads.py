"""The backup threads on one machine: two work side by side, survive errors, fetch their tool."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from contract.errors import ApraNovaError, Reason
from manager.adapters.system.backup_threads import BackupThreads
from manager.ports.home_backup import HomeSnapshot, SnapshotFailed
from manager.tests.school import ANNA, BEN, School
from manager.use_cases.launch import launch
from manager.use_cases.stop import stop
from manager.use_cases.world import NoBackupWorker
from tests.waiting import until


class Machine:
    """A school whose homes have been used, and a backup thread that has not been notified yet."""

    def __init__(self) -> None:
        self.school = School()
        self.school.world = replace(self.school.world, backup_worker=NoBackupWorker())
        self.missing, self.fetched = "", 0
        self.thread = BackupThreads(self.school.backup_context, self.status, self.fetch, pause_s=0.0)
        for who in (ANNA, BEN):
            self.school.enrol(who)
            launch(self.school.world, who)
            self.school.settle()
            stop(self.school.world, who)
            self.school.settle()

    def status(self) -> str:
        if self.missing:
            raise ValueError(self.missing)
        return "a tool, in a folder"

    def fetch(self) -> None:
        self.fetched += 1
        self.missing = ""

    def has_snapshot(self, who: str) -> bool:
        return self.school.workspace(who).snapshot_at is not None


@pytest.fixture
def machine() -> Iterator[Machine]:
    made = Machine()
    yield made
    made.thread.stop()


def test_its_first_round_finds_what_the_last_process_left(machine: Machine) -> None:
    assert machine.thread.status() == "on: a tool, in a folder"
    machine.thread.start()
    until(lambda: machine.has_snapshot(ANNA) and machine.has_snapshot(BEN), "both homes to have a snapshot")
    assert machine.fetched == 0


def test_a_missing_tool_is_reported_and_then_fetched(machine: Machine) -> None:
    machine.missing = "the tool is missing: install it"
    assert machine.thread.status() == "off: the tool is missing: install it"
    machine.thread.start()
    until(lambda: machine.has_snapshot(ANNA), "a snapshot once the tool is there")
    assert machine.fetched == 1


def test_one_home_that_fails_unexpectedly_does_not_end_the_thread(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = threading.Event()
    save = machine.school.snapshots.save

    def fails_once(home_id: str) -> HomeSnapshot:
        if not looked.is_set():
            looked.set()
            raise RuntimeError("a bug")
        return save(home_id)

    monkeypatch.setattr(machine.school.snapshots, "save", fails_once)
    machine.thread.start()
    until(looked.is_set, "the failure")
    for who in (ANNA, BEN, BEN):
        machine.thread.notify(who, "")
    until(lambda: machine.has_snapshot(ANNA) and machine.has_snapshot(BEN), "the next look to succeed")


def test_a_list_that_cannot_be_read_is_an_error_with_words(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(_: str) -> tuple[HomeSnapshot, ...]:
        raise SnapshotFailed("the disk is gone")

    monkeypatch.setattr(machine.school.snapshots, "list", unreadable)
    with pytest.raises(ApraNovaError, match="cannot be listed") as refused:
        machine.thread.list("home-aaaaaaaaaaaaaaaa")
    assert refused.value.reason is Reason.MANAGER_UNAVAILABLE


def test_a_home_that_takes_long_holds_up_nobody(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anna's home takes as long as the test wants, twice at once: her stop is notified again."""
    may_end, saving = threading.Event(), []
    save = machine.school.snapshots.save
    hers = machine.school.workspace(ANNA).home_id

    def takes_long(home_id: str) -> HomeSnapshot:
        if home_id == hers:
            saving.append(home_id)
            may_end.wait(30.0)
        return save(home_id)

    monkeypatch.setattr(machine.school.snapshots, "save", takes_long)
    machine.thread.notify(ANNA, "")
    machine.thread.start()
    until(lambda: bool(saving), "Anna's snapshot to begin")
    machine.thread.notify(ANNA, "")
    machine.thread.notify(BEN, "")
    until(lambda: machine.has_snapshot(BEN), "Ben's snapshot")
    assert saving == [hers], "never two at once for the same home"
    may_end.set()
    until(lambda: machine.has_snapshot(ANNA), "Anna's snapshot")


def test_a_round_verifies_what_is_due(machine: Machine) -> None:
    machine.thread.start()
    until(lambda: machine.has_snapshot(ANNA) and machine.has_snapshot(BEN), "both snapshots")
    again = BackupThreads(machine.school.backup_context, machine.status, machine.fetch, pause_s=0.0)
    again.start()
    until(lambda: len(machine.school.snapshots.verified) == 2, "both homes to be verified")
    again.stop()
