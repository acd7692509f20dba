"""The backup worker: when a snapshot is taken, which one counts, and how a home is restored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from contract.errors import ApraNovaError, Reason
from contract.manager import WorkspaceView
from contract.names import WorkspaceState
from manager.domain.lifecycle.backup_health import BackupHealth
from manager.ports.home_backup import SnapshotFailed
from manager.tests.school import ANNA, BEN, School
from manager.use_cases import backups, lifetime, snapshots
from manager.use_cases.launch import launch
from manager.use_cases.stop import restart, stop
from manager.use_cases.views import view
from manager.use_cases.world import NoBackupWorker

DAY_S, HOUR_S = 86_400.0, 3_600.0


def used(school: School, *files: str, who: str = ANNA) -> None:
    """One stay: launch, leave these files (and no others) in the home, stop."""
    launch(school.world, who)
    school.settle()
    school.homes.files[home_of(school, who)] = set(files)
    school.later(1.0)
    stop(school.world, who)
    school.settle()


def home_of(school: School, who: str = ANNA) -> str:
    return school.workspace(who).home_id or ""


def listed(school: School) -> list[str]:
    return [snapshot.snapshot_id for snapshot in snapshots.list_snapshots(school.world, ANNA).snapshots]


def seen(school: School) -> WorkspaceView:
    return view(school.workspace(), school.world.policy)


@pytest.fixture
def school() -> School:
    school = School()
    school.enrol(ANNA, BEN)
    return school


def test_each_stop_is_followed_by_a_snapshot_and_the_view_says_when(school: School) -> None:
    assert listed(school) == []
    used(school, "a.py")
    first = seen(school).snapshot_at
    assert first == school.workspace().stopped_at
    school.later(DAY_S)
    used(school, "a.py", "b.py")
    assert len(listed(school)) == 2
    assert seen(school).snapshot_at == school.workspace().stopped_at != first


def test_a_home_that_nobody_used_since_its_snapshot_gets_no_other_one(school: School) -> None:
    used(school, "a.py")
    for _ in range(2):
        school.world.backup_worker.notify(ANNA, home_of(school))
        backups.check_waiting_homes(school.backup_context, lambda: True)
    assert len(listed(school)) == 1


def test_a_running_workspace_and_one_without_a_home_are_left_alone(school: School) -> None:
    launch(school.world, ANNA)
    school.settle()
    for who in (ANNA, BEN, "ws-unknownone"):
        school.world.backup_worker.notify(who, "")
    assert school.snapshots.taken == {}


def test_a_snapshot_that_a_launch_overtakes_is_dropped_and_the_launch_goes_on(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    used(school, "a.py")
    kept = listed(school)
    save = school.snapshots.save

    def save_while_somebody_launches(home_id: str) -> object:
        snapshot = save(home_id)
        monkeypatch.undo()
        launch(school.world, ANNA)
        return snapshot

    monkeypatch.setattr(school.snapshots, "save", save_while_somebody_launches)
    used(school, "b.py")
    assert school.workspace().state is WorkspaceState.RUNNING
    assert listed(school) == kept
    assert school.metrics.counts["snapshots_total"] == 2  # one taken, one overtaken
    used(school, "b.py")
    assert len(listed(school)) == 2


def test_a_hint_that_writes_the_record_meanwhile_does_not_cost_the_snapshot(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = school.snapshots.save

    def save_while_somebody_is_renamed(home_id: str) -> object:
        school.store.write(replace(school.workspace(), owner_name="Anna Maria"))
        return save(home_id)

    monkeypatch.setattr(school.snapshots, "save", save_while_somebody_is_renamed)
    used(school, "a.py")
    assert len(listed(school)) == 1
    assert (seen(school).snapshot_at, school.workspace().owner_name) == (school.workspace().stopped_at, "Anna Maria")


def test_a_failure_costs_neither_the_stop_nor_the_next_try(school: School) -> None:
    school.snapshots.failing = "the disk is full"
    used(school, "a.py")
    assert school.workspace().state is WorkspaceState.STOPPED
    assert seen(school).snapshot_at is None
    assert school.metrics.counts["snapshots_total/result=failed"] == 1
    assert "the disk is full. It is tried again by itself" in seen(school).snapshot_failure
    assert seen(school).snapshot_failing_since == school.clock.now()
    school.snapshots.failing = ""
    school.later(HOUR_S)
    backups.check_waiting_homes(school.backup_context, lambda: True)
    assert (seen(school).snapshot_at is not None, seen(school).snapshot_failure) == (True, "")


def test_a_round_finds_what_a_lost_call_left_and_stops_when_it_must(school: School) -> None:
    school.world = replace(school.world, backup_worker=NoBackupWorker())
    used(school, "a.py")
    used(school, "b.py", who=BEN)
    backups.check_waiting_homes(school.backup_context, lambda: not school.snapshots.taken)
    assert len(school.snapshots.taken) == 1
    backups.check_waiting_homes(school.backup_context, lambda: True)
    assert len(school.snapshots.taken) == 2


def test_the_first_snapshot_of_a_week_thins_out_the_earlier_ones(school: School) -> None:
    for _ in range(3):
        used(school, "a.py")
    assert school.snapshots.thinned == []
    school.later(7 * DAY_S)
    used(school, "a.py")
    used(school, "a.py")
    assert school.snapshots.thinned == [home_of(school)]


def test_a_restore_brings_the_files_back_and_keeps_what_was_there_as_a_snapshot(school: School) -> None:
    used(school, "first.py")
    used(school, "second.py")
    (_, first) = listed(school)
    assert snapshots.restore(school.world, ANNA, first).restoring == first
    assert school.homes.files[home_of(school)] == {"first.py"}
    assert seen(school).restoring is None
    assert seen(school).steps[-1].name == "restored"
    assert len(listed(school)) == 3
    snapshots.restore(school.world, ANNA, listed(school)[0])
    assert school.homes.files[home_of(school)] == {"second.py"}
    assert school.metrics.counts["restores_total/result=done"] == 2
    launch(school.world, ANNA)
    school.settle()
    assert school.workspace().state is WorkspaceState.RUNNING


def test_while_a_snapshot_is_put_back_nothing_launches_and_the_worker_is_notified_until_it_is_done(
    school: School,
) -> None:
    used(school, "first.py")
    used(school, "second.py")
    worker, first = school.world.backup_worker, listed(school)[1]

    class LosesCalls(NoBackupWorker):
        def list(self, home_id: str) -> object:  # type: ignore[override]
            return worker.list(home_id)

    school.world = replace(school.world, backup_worker=LosesCalls())
    snapshots.restore(school.world, ANNA, first)
    assert snapshots.restore(school.world, ANNA, first).restoring == first  # asked twice, wished once
    for ask in (launch, restart):
        with pytest.raises(ApraNovaError, match="being restored") as refused:
            ask(school.world, ANNA)
        assert refused.value.reason is Reason.WRONG_STATE
    with pytest.raises(ApraNovaError, match="Another snapshot"):
        snapshots.restore(school.world, ANNA, listed(school)[0])
    school.settle()
    assert school.homes.files[home_of(school)] == {"second.py"}
    school.world = replace(school.world, backup_worker=worker)
    school.settle(after_s=school.world.policy.restore_retry_s)
    assert school.homes.files[home_of(school)] == {"first.py"}
    assert launch(school.world, ANNA).state is WorkspaceState.STARTING


def running(school: School) -> None:
    launch(school.world, ANNA)
    school.settle()


def deleted(school: School) -> None:
    lifetime.delete(school.world, ANNA)


@pytest.mark.parametrize("at_work", [running, deleted])
def test_only_a_stopped_workspace_is_restored(school: School, at_work: Callable[[School], None]) -> None:
    used(school, "a.py")
    at_work(school)
    with pytest.raises(ApraNovaError, match="Stop the workspace first") as refused:
        snapshots.restore(school.world, ANNA, listed(school)[0])
    assert refused.value.reason is Reason.WRONG_STATE


@pytest.mark.parametrize("wrong", ["", "0" * 64, "../../etc"])
def test_a_snapshot_of_somebody_else_or_of_nobody_is_not_found(school: School, wrong: str) -> None:
    used(school, "hers.py", who=BEN)
    with pytest.raises(ApraNovaError, match="no such snapshot") as refused:
        snapshots.restore(school.world, ANNA, wrong)
    assert refused.value.reason is Reason.SNAPSHOT_NOT_FOUND


def test_a_restore_that_fails_changes_no_file_and_says_so(school: School) -> None:
    used(school, "first.py")
    used(school, "second.py")
    first = listed(school)[1]
    school.snapshots.failing = "the repository is damaged"
    snapshots.restore(school.world, ANNA, first)
    assert school.homes.files[home_of(school)] == {"second.py"}
    assert seen(school).restoring is None
    assert "nothing has changed" in seen(school).failure
    assert school.metrics.counts["restores_total/result=failed"] == 1
    assert launch(school.world, ANNA).state is WorkspaceState.STARTING


def test_a_home_whose_files_are_gone_comes_back_from_its_snapshot(school: School) -> None:
    used(school, "first.py")
    (first,) = listed(school)
    del school.homes.files[home_of(school)]
    launch(school.world, ANNA)
    school.settle()
    assert "cannot be reached" in school.workspace().failure
    snapshots.restore(school.world, ANNA, first)
    assert school.homes.files[home_of(school)] == {"first.py"}
    assert (seen(school).restoring, seen(school).failure, seen(school).steps[-1].name) == (None, "", "restored")
    assert listed(school) == [first]  # there was nothing to save
    launch(school.world, ANNA)
    school.settle()
    assert school.workspace().state is WorkspaceState.RUNNING


def test_a_lost_home_is_left_to_the_worker_of_its_own_file_system(school: School) -> None:
    used(school, "first.py")
    (first,) = listed(school)
    del school.homes.files[home_of(school)]
    school.snapshots.place = "elsewhere"
    snapshots.restore(school.world, ANNA, first)
    assert (seen(school).restoring, home_of(school) in school.homes.files) == (first, False)
    school.snapshots.place = "here"
    backups.check_waiting_homes(school.backup_context, lambda: True)
    assert (seen(school).restoring, school.homes.files[home_of(school)]) == (None, {"first.py"})


@pytest.mark.parametrize("trouble", ["its disk may not be mounted", "the repository is damaged"])
def test_a_lost_home_that_cannot_be_put_back_holds_up_no_launch_and_is_said_to_be_missing(
    school: School, trouble: str
) -> None:
    used(school, "first.py")
    (first,) = listed(school)
    files = school.homes.files.pop(home_of(school))
    if "disk" in trouble:
        school.snapshots.place = trouble
    else:
        school.snapshots.failing = trouble
    snapshots.restore(school.world, ANNA, first)
    assert home_of(school) not in school.homes.files
    assert "still missing" in seen(school).failure
    school.homes.files[home_of(school)] = files  # somebody mounted the disk
    assert launch(school.world, ANNA).state is WorkspaceState.STARTING


def test_nothing_is_put_back_while_some_files_could_not_be_kept(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    used(school, "first.py")
    used(school, "second.py")
    save = school.snapshots.save
    monkeypatch.setattr(school.snapshots, "save", lambda home_id: replace(save(home_id), whole=False))
    snapshots.restore(school.world, ANNA, listed(school)[1])
    assert school.homes.files[home_of(school)] == {"second.py"}
    assert "nothing has changed" in seen(school).failure


def test_a_snapshot_that_lacks_unreadable_files_counts_and_says_so(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = school.snapshots.save
    monkeypatch.setattr(school.snapshots, "save", lambda home_id: replace(save(home_id), whole=False))
    used(school, "a.py")
    assert seen(school).snapshot_at is not None
    assert seen(school).snapshot_failure.startswith("Some files could not be read. The manager's log names the files")


def test_a_delete_takes_the_wish_to_restore_back(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    used(school, "first.py")
    used(school, "second.py")
    fetch = school.snapshots.fetch

    def fetch_while_somebody_deletes(home_id: str, snapshot_id: str) -> None:
        fetch(home_id, snapshot_id)
        lifetime.delete(school.world, ANNA)

    monkeypatch.setattr(school.snapshots, "fetch", fetch_while_somebody_deletes)
    snapshots.restore(school.world, ANNA, listed(school)[1])
    assert school.homes.files[home_of(school)] == {"second.py"}
    lifetime.undelete(school.world, ANNA)
    assert launch(school.world, ANNA).state is WorkspaceState.STARTING


def test_without_a_backup_worker_all_else_works_and_the_operator_learns_why(school: School) -> None:
    school.world = replace(school.world, backup_worker=NoBackupWorker("restic is missing"))
    used(school, "a.py")
    assert (listed(school), school.world.backup_worker.status()) == ([], "off: restic is missing")


def test_a_home_that_cannot_be_saved_is_tried_the_less_often_and_the_others_go_on(school: School) -> None:
    used(school, "b.py", who=BEN)
    school.snapshots.failing = "the repository is locked"
    used(school, "a.py")
    since = seen(school).snapshot_failing_since
    tries = 1
    for _ in range(48):
        school.later(HOUR_S)
        before = school.metrics.counts["snapshots_total/result=failed"]
        backups.check_waiting_homes(school.backup_context, lambda: True)
        tries += school.metrics.counts["snapshots_total/result=failed"] > before
    assert 5 <= tries <= 7
    assert seen(school).snapshot_failing_since == since


def test_a_huge_file_costs_its_own_home_one_try_and_is_then_left_out_and_said(school: School) -> None:
    launch(school.world, ANNA)
    school.settle()
    school.snapshots.huge.add(home_of(school))
    used(school, "a.py", "sparse.bin")
    assert seen(school).snapshot_at is None
    assert "Its home is very large" in seen(school).snapshot_failure
    school.later(HOUR_S)
    backups.check_waiting_homes(school.backup_context, lambda: True)
    assert seen(school).snapshot_at is not None
    assert "Files larger than 5.0 GB are left out" in seen(school).snapshot_failure
    snapshots.restore(school.world, ANNA, listed(school)[0])
    assert "nothing has changed" in seen(school).failure, "a restore would lose the file that was left out"


def test_while_the_disk_of_the_snapshots_is_nearly_full_none_is_taken_and_it_is_made_up_for(school: School) -> None:
    full = replace(school.backup_context, has_room=lambda: False)
    school.world = replace(school.world, backup_worker=NoBackupWorker())
    used(school, "a.py")
    backups.check_waiting_homes(full, lambda: True)
    assert school.snapshots.taken == {}
    backups.check_waiting_homes(school.backup_context, lambda: True)
    assert len(school.snapshots.taken) == 1


def verify_all(school: School) -> None:
    for workspace_id in backups.unverified_homes(school.backup_context, most=10):
        backups.verify_snapshots(school.backup_context, workspace_id)


def test_snapshots_are_verified_in_rotation_once_a_week(school: School) -> None:
    used(school, "a.py")
    school.later(DAY_S)
    used(school, "b.py", who=BEN)
    verify_all(school)
    assert school.snapshots.verified == [home_of(school), home_of(school, BEN)]
    verify_all(school)
    assert len(school.snapshots.verified) == 2
    school.later(7 * DAY_S)
    assert backups.unverified_homes(school.backup_context, most=1) == (ANNA,)


def test_snapshots_of_a_lost_home_are_left_as_they_are(school: School) -> None:
    used(school, "a.py")
    school.snapshots.unreadable.add(listed(school)[0])
    del school.homes.files[home_of(school)]
    backups.verify_snapshots(school.backup_context, ANNA)
    assert (school.snapshots.verified, school.snapshots.aside) == ([], [])


def test_damaged_snapshots_are_set_aside_and_a_new_one_is_taken_at_once(school: School) -> None:
    used(school, "a.py")
    school.snapshots.unreadable.add(listed(school)[0])
    verify_all(school)
    assert school.snapshots.aside == [home_of(school)]
    assert len(listed(school)) == 2
    assert seen(school).snapshot_failure == ""


def test_damage_behind_a_running_workspace_is_said_until_its_next_stop(school: School) -> None:
    used(school, "a.py")
    school.snapshots.unreadable.add(listed(school)[0])
    launch(school.world, ANNA)
    school.settle()
    verify_all(school)
    assert "damaged" in seen(school).snapshot_failure
    assert "restore-one-machine.md" in seen(school).snapshot_failure
    stop(school.world, ANNA)
    school.settle()
    assert (seen(school).snapshot_failure, len(listed(school))) == ("", 2)


def test_damage_that_cannot_be_set_aside_is_said_with_what_to_do(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    used(school, "a.py")
    school.snapshots.unreadable.add(listed(school)[0])

    def refuses(_: str) -> None:
        raise SnapshotFailed("S3 has a damaged repository")

    monkeypatch.setattr(school.snapshots, "set_aside", refuses)
    verify_all(school)
    assert "S3 has a damaged repository" in seen(school).snapshot_failure
    assert seen(school).snapshot_at is not None
    assert backups.unverified_homes(school.backup_context, most=10) == ()


def test_a_restore_takes_the_newest_snapshot_that_reads_and_says_so(school: School) -> None:
    for name in ("first.py", "second.py", "third.py"):
        used(school, name)
        school.later(HOUR_S)
    third, second, _ = listed(school)
    school.snapshots.unreadable |= {third, second}
    snapshots.restore(school.world, ANNA, third)
    assert school.homes.files[home_of(school)] == {"first.py"}
    assert "because the snapshot you asked for cannot be read" in seen(school).steps[-1].text


def test_a_full_disk_brings_no_older_snapshot_back(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    used(school, "first.py")
    used(school, "second.py")
    newest = school.snapshots.list(home_of(school))[0].snapshot_id
    fetch = school.snapshots.fetch

    def fetch_if_it_fits(home_id: str, snapshot_id: str) -> None:
        if snapshot_id == newest:
            raise SnapshotFailed("restic restore ended with 1: no space left on device")
        fetch(home_id, snapshot_id)

    monkeypatch.setattr(school.snapshots, "fetch", fetch_if_it_fits)
    snapshots.restore(school.world, ANNA, newest)
    assert "second.py" in school.homes.files[home_of(school)]
    assert "could not be restored; nothing has changed" in seen(school).failure


def test_where_nobody_measures_homes_a_snapshot_counts_them(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    save = school.snapshots.save
    monkeypatch.setattr(school.snapshots, "save", lambda it: replace(save(it), read_bytes=6 * 10**9, read_files=7))
    school.world = replace(school.world, backup_worker=NoBackupWorker())
    used(school, "a.py")
    backups.check_home(replace(school.backup_context, counts_homes=True), ANNA)
    use = seen(school).home_use
    assert use is not None
    assert (use.used_files, use.level) == (7, "over")
    assert "Launch your workspace, then delete files" in use.text
    more = view(school.workspace(), replace(school.world.policy, home_bytes_max=10**10)).home_use
    assert more is not None
    assert (more.level, more.text) == ("within", "")  # who counted need not know the school's limit


def test_snapshots_that_could_not_be_verified_let_the_others_go_first() -> None:
    sound = BackupHealth(verified_at=5.0)
    assert sound.not_verified(now=1_000.0) == replace(sound, verify_again_at=81_000.0)


def test_a_snapshot_that_lacks_files_fails_since_the_first_that_did() -> None:
    first = BackupHealth().saved(now=5.0, lacking="Files larger than 1 GB")
    assert (first.failing_since, first.saved(now=9.0, lacking="x").failing_since) == (5.0, 5.0)
    assert first.saved(now=9.0).failing_since is None
