"""What homes use of the disk: warnings, a grace, and stops that save first and lose nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contract.agent import HomeUseRequest, WarnRequest
from contract.manager import HomeUseView
from contract.names import DiskLevel, StopReason, WorkspaceState
from manager.adapters.memory.meter import MemoryHomeMeter
from manager.adapters.memory.runner import MemoryTaskAgent
from manager.adapters.system.disk_watch import DiskWatch
from manager.domain.disk import HomeDisk, HomeUse, Space, measured, to_stop
from manager.domain.policy import Policy
from manager.ports.task_agent import AgentUnreachable
from manager.tests.school import ANNA, BEN, School
from manager.use_cases.launch import launch
from manager.use_cases.stop import stop
from manager.use_cases.views import view
from manager.use_cases.words import disk_view

GB = 1_000_000_000
MINUTE = 60.0
POLICY = Policy()


class Watched:
    """A school whose homes are measured; Anna and Ben are at work."""

    def __init__(self, **limits: float) -> None:
        self.school = School(idle_timeout_s=86_400.0, **limits)
        self.meter = MemoryHomeMeter(self.school.clock)
        self.watch = DiskWatch(self.meter)
        self.school.world = replace(self.school.world, disk=self.watch.view)
        self.school.enrol(ANNA, BEN)
        self.launch(ANNA, BEN)

    def launch(self, *people: str) -> None:
        for who in people:
            launch(self.school.world, who)
        self.school.settle()

    def uses(self, used_bytes: float, files: int = 1_000, *, who: str = ANNA, later_s: float = 60.0) -> None:
        """The home has grown or shrunk; time passes, and the watch measures."""
        self.meter.used[self.school.workspace(who).home_id or ""] = (int(used_bytes), files)
        self.measure(later_s)

    def measure(self, later_s: float = 60.0) -> None:
        self.school.later(later_s)
        self.watch.measure_due(self.school.world)
        self.school.settle()

    def look(self) -> None:
        self.watch.look(self.school.world)
        self.school.settle()

    def state(self, who: str = ANNA) -> WorkspaceState:
        return self.school.workspace(who).state

    def seen(self, who: str = ANNA) -> HomeUseView:
        found = view(self.school.workspace(who), self.school.world.policy).home_use
        assert found is not None
        return found

    def told(self, who: str = ANNA) -> list[WarnRequest]:
        return self.school.task(who).warnings


class AgentWithoutAStatusBar(MemoryTaskAgent):
    """Of an earlier release, or silent."""

    def show_home_use(self, control_address: str, agent_token: str, request: HomeUseRequest) -> None:
        raise AgentUnreachable(control_address)


@pytest.fixture
def watched() -> Watched:
    return Watched()


def test_a_home_within_its_limits_is_shown_and_nobody_is_told_anything(watched: Watched) -> None:
    watched.uses(1.0 * GB)
    assert (watched.seen().used_bytes, watched.seen().level, watched.seen().text) == (GB, DiskLevel.WITHIN, "")
    assert watched.told() == []


def test_the_status_bar_follows_the_home_and_hears_nothing_that_it_shows_already(watched: Watched) -> None:
    def shown() -> list[HomeUseRequest]:
        return watched.school.task(ANNA).home_uses

    watched.uses(1.0 * GB)
    watched.uses(1.0 * GB)
    assert shown() == [HomeUseRequest("1.0 GB of 5.0 GB", nearly_full=False)]
    watched.uses(2e6, files=41)
    assert shown()[1:] == [HomeUseRequest("2 MB of 5.0 GB", nearly_full=False)], "not: 41 of 300,000 files"
    watched.uses(4.5 * GB)
    assert shown()[2:] == [HomeUseRequest("4.5 GB of 5.0 GB", nearly_full=True)]
    stop(watched.school.world, ANNA)
    watched.school.settle()
    watched.launch(ANNA)
    watched.measure()
    assert shown() == [HomeUseRequest("4.5 GB of 5.0 GB", nearly_full=True)], "another task shows it, too"


def test_a_status_bar_that_could_not_be_reached_is_tried_again(watched: Watched) -> None:
    agent = AgentWithoutAStatusBar(watched.school.runner)
    watched.school.world = replace(watched.school.world, agent=agent)
    watched.uses(1.0 * GB)
    assert watched.seen().used_bytes == GB
    watched.school.world = replace(watched.school.world, agent=MemoryTaskAgent(watched.school.runner))
    watched.measure()
    assert [request.text for request in watched.school.task(ANNA).home_uses] == ["1.0 GB of 5.0 GB"]


def test_from_80_percent_on_the_student_is_told_once_in_words(watched: Watched) -> None:
    watched.uses(4.2 * GB)
    watched.uses(4.3 * GB)
    (notice,) = watched.told()
    assert notice == WarnRequest(0.0, "Your home uses 4.2 GB of 5.0 GB. Delete files that you do not need")
    assert watched.seen().level is DiskLevel.NEAR
    assert watched.state() is WorkspaceState.RUNNING


def test_too_many_files_count_like_too_many_bytes(watched: Watched) -> None:
    watched.uses(0.1 * GB, files=1_000_000)
    assert "1,000,000 of 300,000 files" in watched.seen().text
    assert watched.seen().level is DiskLevel.OVER


def test_over_the_limit_a_grace_begins_and_at_its_end_the_workspace_is_saved_and_stopped(watched: Watched) -> None:
    watched.uses(5.3 * GB)
    began = watched.school.clock.now()
    assert "or your workspace is saved and stopped" in watched.told()[0].text
    workspace = watched.school.workspace()
    assert (workspace.stops_reason, workspace.stops_at) == (StopReason.DISK, began + 30 * MINUTE)
    task = watched.school.task()
    watched.uses(5.3 * GB, later_s=26 * MINUTE)
    assert watched.told()[-1] == WarnRequest(
        began + 30 * MINUTE, "This workspace stops soon: your home uses 5.3 GB of 5.0 GB", may_keep=False
    )
    watched.uses(5.3 * GB, later_s=5 * MINUTE)
    assert task.saves == 1
    assert (watched.state(), watched.school.workspace().stop_reason) == (WorkspaceState.STOPPED, StopReason.DISK)
    assert "saved and stopped because your home uses 5.3 GB of 5.0 GB. All your files are kept" in watched.seen().text


def test_activity_does_not_take_the_end_of_the_grace_back(watched: Watched) -> None:
    watched.uses(5.3 * GB)
    ends_at = watched.school.workspace().stops_at
    watched.school.task().last_activity_at = watched.school.clock.now() + 20 * MINUTE
    watched.uses(5.3 * GB, later_s=21 * MINUTE)
    assert watched.school.workspace().stops_at == ends_at


def test_the_next_launch_opens_with_a_new_grace_so_that_the_student_can_clean_up(watched: Watched) -> None:
    watched.uses(5.3 * GB)
    watched.uses(5.3 * GB, later_s=31 * MINUTE)
    assert watched.state() is WorkspaceState.STOPPED
    watched.launch(ANNA)
    assert watched.state() is WorkspaceState.RUNNING
    assert watched.school.workspace().stops_reason is not StopReason.DISK
    watched.uses(5.3 * GB)
    assert watched.school.workspace().stops_at == watched.school.clock.now() + 30 * MINUTE
    watched.uses(4.9 * GB)
    assert watched.school.workspace().stops_reason is not StopReason.DISK
    watched.uses(3.0 * GB, later_s=40 * MINUTE)
    assert (watched.state(), watched.seen().text) == (WorkspaceState.RUNNING, "")


def test_who_cleans_up_is_told_that_the_stop_is_taken_back(watched: Watched) -> None:
    watched.uses(5.3 * GB)
    watched.uses(5.3 * GB, later_s=26 * MINUTE)
    watched.uses(2.0 * GB)
    assert watched.told()[-1] == WarnRequest(0.0, "")


def test_a_home_that_grows_on_during_its_grace_ends_it(watched: Watched) -> None:
    watched.uses(5.3 * GB)
    watched.uses(6.2 * GB)
    assert watched.state() is WorkspaceState.RUNNING
    watched.uses(6.4 * GB)
    assert watched.state() is WorkspaceState.STOPPED
    watched.launch(ANNA)
    watched.uses(6.4 * GB)
    assert watched.state() is WorkspaceState.RUNNING, "the grace counts from what the launch found"


def test_a_partial_count_never_makes_a_home_smaller(watched: Watched) -> None:
    watched.uses(5.3 * GB)
    watched.meter.whole = False
    watched.uses(1.0 * GB)
    assert watched.seen().level is DiskLevel.OVER


def test_small_changes_do_not_write_the_record(watched: Watched) -> None:
    watched.uses(1.00 * GB)
    version = watched.school.workspace().version
    watched.watch.measure_due(watched.school.world)
    watched.meter.used[watched.school.workspace().home_id or ""] = (int(1.01 * GB), 1_001)
    watched.school.later(30.0)
    watched.watch.measure_due(watched.school.world)
    assert watched.school.workspace().version == version


def test_a_measurement_after_which_nothing_ends_calls_no_pass(watched: Watched) -> None:
    before = watched.school.workspace()
    watched.meter.used[before.home_id or ""] = (int(2.0 * GB), 1_000)
    watched.school.later(60.0)
    watched.watch.measure_due(watched.school.world)
    after = watched.school.workspace()
    assert (after.version > before.version, after.due_at) == (True, before.due_at)


def test_a_home_that_takes_long_to_measure_is_measured_the_less_often(watched: Watched) -> None:
    watched.meter.took_s = 20.0
    watched.measure()
    watched.meter.measured.clear()
    for _ in range(6):
        watched.measure(later_s=60.0)
    assert watched.meter.measured == []
    watched.measure(later_s=60.0)
    assert len(watched.meter.measured) == 2


def test_a_stopped_home_is_measured_once_more_also_by_the_next_process(watched: Watched) -> None:
    stop(watched.school.world, ANNA)
    watched.school.settle()
    watched.uses(4.5 * GB)
    assert "Delete files" in watched.seen().text
    watched.meter.measured.clear()
    watched.measure(later_s=3600.0)
    assert watched.school.workspace().home_id not in watched.meter.measured
    watched.watch = DiskWatch(watched.meter)
    watched.measure()
    assert watched.school.workspace().home_id not in watched.meter.measured
    watched.launch(ANNA)
    stop(watched.school.world, ANNA)
    watched.school.settle()
    watched.watch = DiskWatch(watched.meter)
    watched.measure()
    assert watched.school.workspace().home_id in watched.meter.measured


def test_below_the_reserve_the_biggest_grower_is_saved_and_stopped_and_the_others_go_on(watched: Watched) -> None:
    watched.uses(1.0 * GB)
    watched.uses(2.0 * GB, who=BEN)
    watched.measure(later_s=3 * MINUTE)
    watched.meter.free_bytes = 4 * GB
    watched.meter.used[watched.school.workspace().home_id or ""] = (int(3.0 * GB), 1_000)
    task = watched.school.task()
    watched.look()
    assert (watched.state(), task.saves) == (WorkspaceState.STOPPED, 1)
    assert "the school's disk is nearly full and this workspace wrote a lot" in watched.seen().text
    assert watched.state(BEN) is WorkspaceState.RUNNING
    watched.school.later(6.0)
    watched.look()
    assert watched.state(BEN) is WorkspaceState.RUNNING, "it does not grow"


def test_with_a_nearly_full_disk_launches_and_stops_work(watched: Watched) -> None:
    watched.uses(1.0 * GB)
    watched.meter.free_bytes = 1 * GB
    watched.look()
    stop(watched.school.world, ANNA)
    watched.school.settle()
    watched.launch(ANNA)
    watched.look()
    assert watched.state() is WorkspaceState.RUNNING
    disk = watched.watch.view()
    assert disk is not None
    assert disk.nearly_full
    assert "1.0 GB of 100.0 GB are free, 5.0 GB are kept for the platform" in disk.text


def test_a_disk_that_stays_nearly_full_is_not_measured_all_the_time_but_at_once_when_it_fills(
    watched: Watched,
) -> None:
    watched.measure()
    watched.meter.free_bytes = 4 * GB
    watched.look()
    watched.meter.measured.clear()
    watched.look()
    assert watched.meter.measured == []
    watched.meter.free_bytes -= GB // 5
    watched.look()
    assert len(watched.meter.measured) == 2
    watched.school.later(6.0)
    watched.look()
    assert len(watched.meter.measured) == 4


def use(size: float, *, whole: bool = True) -> HomeUse:
    return HomeUse(int(size), 1_000, 0.0, whole=whole)


def test_who_is_stopped_for_the_reserve() -> None:
    before = {"a": use(1 * GB), "b": use(1 * GB), "c": use(4 * GB)}
    after = {"a": use(1.1 * GB), "b": use(2 * GB), "c": use(4 * GB)}
    assert to_stop(Space("the homes", 50 * GB, 100 * GB), before, after, POLICY) == ()
    assert to_stop(Space("the homes", 4 * GB, 100 * GB), before, after, POLICY) == ("b",)
    assert to_stop(Space("the homes", 2 * GB, 100 * GB), before, after, POLICY) == ("b", "a")
    assert to_stop(Space("the homes", 4 * GB, 100 * GB), before, before, POLICY) == ()
    endless = {**before, "c": use(6 * GB, whole=False)}
    assert to_stop(Space("the homes", 4 * GB, 100 * GB), before, endless, POLICY) == ("c",)


def test_an_editor_that_saves_is_no_grower() -> None:
    full = Space("the homes", 4 * GB, 100 * GB)
    for grown, stopped in ((31_999_999, ()), (32_000_000, ("a",))):
        assert to_stop(full, {"a": use(GB)}, {"a": use(GB + grown)}, POLICY) == stopped


def test_a_launch_begins_without_grace_and_without_an_old_reason() -> None:
    old = HomeDisk(use(GB), DiskLevel.OVER, grace_from=use(GB), stops_at=5.0, told=DiskLevel.OVER, because="it grew")
    assert old.launched() == HomeDisk(use(GB), DiskLevel.OVER)


def test_a_partial_count_never_says_less_than_was_known() -> None:
    known = HomeDisk(HomeUse(2 * GB, 500, 0.0))
    for partial, found in (
        (HomeUse(GB, 900, 9.0, whole=False), (2 * GB, 900)),
        (HomeUse(3 * GB, 9, 9.0, whole=False), (3 * GB, 500)),
    ):
        disk = measured(known, partial, running=True, now=9.0, policy=POLICY)
        assert (disk.use.used_bytes, disk.use.used_files) == found


def test_a_home_that_grows_by_more_than_a_fifth_of_a_limit_has_no_grace_left() -> None:
    def ends(size: float, files: int) -> float | None:
        before = HomeDisk(HomeUse(6 * GB, 400_000, 0.0), DiskLevel.OVER, HomeUse(6 * GB, 400_000, 0.0), stops_at=900.0)
        return measured(before, HomeUse(int(size), files, 0.0), running=True, now=100.0, policy=POLICY).stops_at

    assert [ends(7 * GB, 460_000), ends(7 * GB + 1, 460_000), ends(7 * GB, 460_001)] == [900.0, 100.0, 100.0]


def test_who_keeps_a_count_from_ending_is_found_and_a_longer_look_is_no_growth() -> None:
    def use(used: float, *, whole: bool = True) -> HomeUse:
        return HomeUse(int(used), 10, 0.0, whole=whole)

    before = {"a": use(GB), "b": use(GB, whole=False)}
    hidden = {"a": use(GB), "b": use(GB, whole=False)}
    assert to_stop(Space("the homes", 4 * GB, 100 * GB), before, hidden, POLICY) == ()
    assert to_stop(Space("the homes", 2 * GB, 100 * GB), before, hidden, POLICY) == ("b",)
    assert to_stop(Space("the homes", 2 * GB, 100 * GB), before, {**hidden, "b": use(3 * GB)}, POLICY) == ()


def test_the_reserve_is_a_part_of_a_small_disk_and_a_disk_without_inodes_is_full_too() -> None:
    assert not disk_view((Space("the homes", 2 * GB, 20 * GB),), POLICY).nearly_full
    assert disk_view((Space("the homes", int(0.9 * GB), 20 * GB),), POLICY).nearly_full
    few_files = Space("the homes", 50 * GB, 99 * GB, files_free=10, files_total=1_000)
    assert disk_view((few_files,), POLICY).nearly_full
    assert not disk_view((few_files,), replace(POLICY, disk_reserve_bytes=0)).nearly_full  # there is no reserve
    two = disk_view((Space("the homes", 50 * GB, 99 * GB), Space("the snapshots", GB, 99 * GB)), POLICY)
    assert "The disk with the snapshots is nearly full" in two.text
