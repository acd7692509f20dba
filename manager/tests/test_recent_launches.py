"""What a process remembers of the last minutes."""

from __future__ import annotations

from contract.names import WorkspaceKind, WorkspaceState
from manager.domain.lifecycle.workspace import Workspace
from manager.domain.pool.forecast import RECENT_S
from manager.use_cases.recent_launches import RecentLaunches

CODE = WorkspaceKind.VSCODE


def running(name: str, came_at: float) -> Workspace:
    return Workspace(name, name, CODE, state=WorkspaceState.RUNNING, arrivals=(came_at,))


def test_launches_are_remembered_for_ten_minutes_and_one_who_comes_again_counts_from_then_on() -> None:
    recent_launches = RecentLaunches()
    recent_launches.see([running("anna", 0.0), running("ben", 10.0)], 10.0)
    recent_launches.see([running("anna", 300.0)], 300.0)
    recent_launches.see([], 10.0 + RECENT_S)
    assert recent_launches.recent(late_binding=True).launches[CODE] == [10.0, 300.0]
    recent_launches.see([], 11.0 + RECENT_S)
    assert recent_launches.recent(late_binding=True).launches[CODE] == [300.0]
    recent_launches.see([], 301.0 + RECENT_S)
    assert recent_launches.recent(late_binding=True).launches[CODE] == []
