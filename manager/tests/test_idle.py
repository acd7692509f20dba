"""The idle rule on plain data."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contract.agent import AgentPhase, AgentStatus
from contract.manager import Activity
from contract.names import DiskLevel, StopReason, WorkspaceKind, WorkspaceState
from manager.domain.disk import HomeDisk, HomeUse
from manager.domain.lifecycle.idle import capped_keep_running, judge
from manager.domain.lifecycle.workspace import Workspace
from manager.domain.policy import Policy
from manager.use_cases.words import duration_words, stop_words

START = 1_000_000.0
POLICY = Policy()
MINUTE = 60.0
WORKSPACE = Workspace(
    "ws-aaaaaaaaaa",
    "7",
    WorkspaceKind.VSCODE,
    state=WorkspaceState.RUNNING,
    running_since=START,
    activity=Activity(START, "opened the workspace"),
    person_active_at=START,
)


def status(**changes: object) -> AgentStatus:
    return replace(AgentStatus("task-1", AgentPhase.CLAIMED), **changes)


def test_no_activity_for_thirty_minutes_stops_and_says_why() -> None:
    before = judge(WORKSPACE, status(), now=START + 30 * MINUTE - 1, policy=POLICY)
    after = judge(WORKSPACE, status(), now=START + 30 * MINUTE, policy=POLICY)
    assert not before.stop_now
    assert after.stop_now
    assert after.workspace.stops_reason is StopReason.IDLE
    assert stop_words(after.workspace, POLICY) == "no activity for 30 minutes"


def test_a_workspace_of_which_nothing_was_recorded_yet_counts_from_its_start() -> None:
    for record in (WORKSPACE, replace(WORKSPACE, running_since=None, state_since=START)):
        bare = replace(record, activity=None, person_active_at=None)
        for seen in (status(), status(busy="npm", last_activity_at=None), None):
            judged = judge(bare, seen, now=START + MINUTE, policy=POLICY).workspace
            assert judged.person_active_at == START
        assert judge(bare, status(), now=START + MINUTE, policy=POLICY).workspace.stops_at == START + 30 * MINUTE


def test_it_warns_once_five_minutes_ahead() -> None:
    assert not judge(WORKSPACE, status(), now=START + 25 * MINUTE - 1, policy=POLICY).warn_now
    assert judge(WORKSPACE, status(), now=START + 25 * MINUTE, policy=POLICY).warn_now
    warned = replace(WORKSPACE, warned_at=START + 25 * MINUTE)
    assert not judge(warned, status(), now=START + 26 * MINUTE, policy=POLICY).warn_now


def test_open_connections_are_not_activity() -> None:
    assert judge(WORKSPACE, status(sessions=3), now=START + 31 * MINUTE, policy=POLICY).stop_now


def test_typing_moves_the_stop_and_takes_the_warning_back() -> None:
    typed = status(last_activity_at=START + 26 * MINUTE, activity_reason="typed in the editor")
    verdict = judge(replace(WORKSPACE, warned_at=START + 25 * MINUTE), typed, now=START + 26 * MINUTE, policy=POLICY)
    assert verdict.workspace.stops_at == START + 56 * MINUTE
    assert verdict.workspace.activity.reason == "typed in the editor"
    assert verdict.workspace.warned_at is None


def test_a_busy_job_keeps_it_up_to_its_limit_and_no_longer() -> None:
    busy = status(busy="npm")
    at = START + 60 * MINUTE
    verdict = judge(WORKSPACE, busy, now=at, policy=POLICY)
    assert (verdict.workspace.activity, verdict.stop_now) == (Activity(at, "ran npm (a busy job)"), False)
    for hours in range(1, 6):
        verdict = judge(verdict.workspace, busy, now=START + hours * 3600, policy=POLICY)
        assert verdict.stop_now == (hours >= 3)
    assert verdict.workspace.stops_at == START + POLICY.busy_max_s + POLICY.idle_timeout_s


def test_keep_running_holds_the_idle_rule_back_until_its_time() -> None:
    kept = replace(WORKSPACE, keep_running_until=START + 3 * 3600)
    assert not judge(kept, status(), now=START + 2 * 3600, policy=POLICY).stop_now
    ended = judge(kept, status(), now=START + 3 * 3600, policy=POLICY)
    assert ended.stop_now
    assert "keep it running" in stop_words(ended.workspace, POLICY)
    past = replace(kept, keep_running_until=START + 30 * MINUTE)
    assert "no activity" in stop_words(judge(past, status(), now=START + 3 * 3600, policy=POLICY).workspace, POLICY)


def test_a_warning_for_the_disk_replaces_the_one_shown_and_leaves_with_its_reason() -> None:
    idle = judge(WORKSPACE, status(), now=START + 26 * MINUTE, policy=POLICY)
    assert (idle.warn_now, idle.unwarn_now) == (True, False)
    shown = replace(idle.workspace, warned_at=START + 26 * MINUTE)
    over = HomeDisk(HomeUse(6_000_000_000, 9, START), DiskLevel.OVER, stops_at=START + 30 * MINUTE)
    full = judge(replace(shown, disk=over), status(), now=START + 28 * MINUTE, policy=POLICY)
    assert (full.workspace.stops_reason, full.warn_now, full.unwarn_now) == (StopReason.DISK, True, False)
    shown = replace(full.workspace, warned_at=START + 28 * MINUTE)
    again = judge(shown, status(), now=START + 29 * MINUTE, policy=POLICY)
    assert (again.warn_now, again.unwarn_now) == (False, False)
    at_work = status(last_activity_at=START + 29 * MINUTE)
    cleaned = judge(replace(shown, disk=None), at_work, now=START + 29 * MINUTE, policy=POLICY)
    assert (cleaned.warn_now, cleaned.unwarn_now, cleaned.workspace.warned_at) == (False, True, None)


def test_keep_running_is_capped_and_a_past_time_ends_it() -> None:
    assert capped_keep_running(START + 1e9, now=START, policy=POLICY) == START + POLICY.keep_running_max_s
    assert capped_keep_running(0.0, now=START, policy=POLICY) is None


def test_a_request_inside_the_application_counts_once_however_often_it_is_reported() -> None:
    """Capping it again at each pass would move the end forever."""
    wish = status(keep_running_wish_until=START + 1e6)
    first = judge(WORKSPACE, wish, now=START, policy=POLICY)
    second = judge(first.workspace, wish, now=START + 3600, policy=POLICY)
    assert second.workspace.keep_running_until == START + POLICY.keep_running_max_s


def test_a_missing_signal_is_never_taken_for_idleness() -> None:
    for minutes in (31, 120, 600):
        verdict = judge(WORKSPACE, None, now=START + minutes * MINUTE, policy=POLICY)
        assert (verdict.stop_now, verdict.warn_now) == (False, False)
        assert verdict.workspace.stops_at > START + minutes * MINUTE


def test_the_session_limit_holds_whatever_happens() -> None:
    at = START + POLICY.session_max_s
    kept = replace(WORKSPACE, keep_running_until=at + 3600)
    for seen in (status(last_activity_at=at), status(busy="npm", last_activity_at=at), None):
        verdict = judge(kept, seen, now=at, policy=POLICY)
        assert (verdict.stop_now, verdict.workspace.stops_reason) == (True, StopReason.SESSION_LIMIT)
    assert stop_words(verdict.workspace, POLICY) == "a session lasts at most 12 hours"


def test_a_clock_that_runs_ahead_inside_the_task_buys_no_time() -> None:
    verdict = judge(WORKSPACE, status(last_activity_at=START + 1e6), now=START + 10.0, policy=POLICY)
    assert verdict.workspace.activity.at == START + 10.0


def test_a_short_timeout_still_warns_first_and_looks_again_in_time() -> None:
    policy = replace(POLICY, idle_timeout_s=20.0)
    assert judge(WORKSPACE, status(), now=START, policy=policy).workspace.due_at == START + 10.0
    assert judge(WORKSPACE, status(), now=START + 10.0, policy=policy).warn_now


@pytest.mark.parametrize(("seconds", "words"), [(1800, "30 minutes"), (43_200, "12 hours"), (60, "1 minute"), (20, "20 seconds"), (0.5, "0.5 seconds")])  # fmt: skip
def test_durations_are_said_in_plain_words(seconds: float, words: str) -> None:
    assert duration_words(seconds) == words
