"""What `/metrics` of the manager shows of a school that is at rest or at work."""

from __future__ import annotations

import ast
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from contract.names import WorkspaceKind, WorkspaceState
from manager.adapters.sqlite.figures import SqliteFigures
from manager.adapters.sqlite.store import SqliteWorkspaceStore
from manager.adapters.system.metric_help import COUNTERS, HISTOGRAMS
from manager.adapters.system.metrics import PrometheusMetrics
from manager.domain.disk import HomeDisk, HomeUse, Space
from manager.domain.lifecycle.backup_health import BackupHealth
from manager.domain.lifecycle.workspace import Workspace
from manager.domain.policy import Policy
from manager.domain.pool.cohort import Cohort
from manager.domain.pool.outlook import Target
from manager.use_cases.gauges import Moment, gauges

NOW = 1_790_000_000.0
MANAGER = Path(__file__).parents[1]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteWorkspaceStore]:
    made = SqliteWorkspaceStore(tmp_path / "a school's.sqlite3")
    yield made
    made.close()


def workspace(name: str, **changes: object) -> Workspace:
    plain = Workspace(name, "an owner", WorkspaceKind.VSCODE, "Anna Student", "anna@school.example")
    return replace(plain, **changes)


def moment(figures: SqliteFigures, **changes: object) -> Moment:
    space = Space("the homes", 40_000_000_000, 100_000_000_000)
    plain = Moment(
        workspaces=figures.workspaces(),
        cohorts=figures.cohorts(),
        warm={WorkspaceKind.VSCODE: 2},
        targets=(Target(WorkspaceKind.VSCODE, 3, "a class"),),
        memory={"task-anna": 300_000_000, "task-warm": 50_000_000},
        spaces=(space,),
        last_sweep_at=NOW,
    )
    return replace(plain, **changes)


def text_of(found: Moment) -> str:
    return PrometheusMetrics().text(lambda: gauges(found, Policy())).decode()


def test_homes_and_cohorts_are_shown_and_no_person_is_named(store: SqliteWorkspaceStore, tmp_path: Path) -> None:
    used = HomeDisk(HomeUse(1_500_000, 20, NOW))
    store.write(
        workspace("ws-anna", state=WorkspaceState.RUNNING, task_id="task-anna", disk=used),
        workspace("ws-ben", backup=BackupHealth(failure="the disk is full")),
        Cohort("one", "Berlin-3", WorkspaceKind.VSCODE, members=("ws-anna", "ws-ben")),
        Cohort("two", 'a "new" one', WorkspaceKind.VSCODE),
    )
    text = text_of(moment(SqliteFigures(tmp_path / "a school's.sqlite3")))
    for line in (
        'apranova_manager_home_disk_bytes{workspace="ws-anna"} 1.5e+06',
        'apranova_manager_home_memory_bytes{workspace="ws-anna"} 3e+08',
        'apranova_manager_workspaces{state="stopped"} 1.0',
        'apranova_manager_running_workspaces{cohort="Berlin-3"} 1.0',
        'apranova_manager_running_workspaces{cohort="a \\"new\\" one"} 0.0',
        'apranova_manager_running_workspaces{cohort="none"} 0.0',
        "apranova_manager_homes_without_newest_snapshot 1.0",
        'apranova_manager_warm_tasks{kind="vscode"} 2.0',
        'apranova_manager_warm_tasks_target{shape="vscode"} 3.0',
        'apranova_manager_disk_free_bytes{place="homes"} 4e+10',
        "apranova_manager_last_sweep_timestamp_seconds 1.79e+09",
    ):
        assert line in text.splitlines()
    assert "Anna" not in text
    assert "@" not in text
    assert "task-" not in text


def test_two_cohorts_of_one_name_are_one_line(store: SqliteWorkspaceStore, tmp_path: Path) -> None:
    store.write(
        workspace("ws-anna", state=WorkspaceState.RUNNING),
        workspace("ws-carl", state=WorkspaceState.RUNNING),
        Cohort("one", "Berlin-3", WorkspaceKind.VSCODE, members=("ws-anna",)),
        Cohort("two", "Berlin-3", WorkspaceKind.SUPERSET, members=("ws-anna",)),
    )
    lines = text_of(moment(SqliteFigures(tmp_path / "a school's.sqlite3"))).splitlines()
    shown = [line for line in lines if line.startswith("apranova_manager_running_workspaces{")]
    assert shown == [
        'apranova_manager_running_workspaces{cohort="Berlin-3"} 1.0',
        'apranova_manager_running_workspaces{cohort="none"} 1.0',
    ]


def test_a_school_of_two_thousand_homes_is_read_in_a_moment(store: SqliteWorkspaceStore, tmp_path: Path) -> None:
    used = HomeDisk(HomeUse(1_500_000, 20, NOW))
    for start in range(0, 2_000, 25):
        store.write(*(workspace(f"ws-{number:05}", disk=used) for number in range(start, start + 25)))
    figures = SqliteFigures(tmp_path / "a school's.sqlite3")
    began = time.process_time()
    text = text_of(moment(figures))
    assert time.process_time() - began < 0.5  # seen: 0.03 s
    assert text.count("apranova_manager_home_disk_bytes{") == 2_000


def test_what_has_not_happened_yet_is_shown_as_zero() -> None:
    """An alert asks how much a counter grew: one that begins at 1 would not have grown."""
    text = PrometheusMetrics().text().decode()
    for line in (
        'apranova_manager_launch_failures_total{tried_again="no"} 0.0',
        'apranova_manager_launches_total{path="cold"} 0.0',
        'apranova_manager_launch_seconds_count{home="kept",path="warm"} 0.0',
        "apranova_manager_saves_given_up_total 0.0",
    ):
        assert line in text.splitlines()


def test_everything_that_is_counted_has_words_for_the_operator() -> None:
    counted: dict[str, set[str]] = {"count": set(), "observe": set()}
    for file in MANAGER.rglob("*.py"):
        if "tests" in file.parts:
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(attr="count" | "observe" as how), args=[ast.Constant(str(name)), *_]):
                    if re.fullmatch(r"[a-z_]+", name):
                        counted[how].add(name)
    aws_only = {"door_requests_total", "sweeps_incomplete_total"}
    assert counted["count"] - aws_only == set(COUNTERS)
    assert counted["observe"] == set(HISTOGRAMS)
