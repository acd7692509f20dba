"""Manager and mover are killed between any two steps, over emulated AWS with real tasks: every file
is there afterwards, and each home in one place."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from contract.names import TaskState, WorkspaceState
from manager.adapters.dynamodb.store import DynamoDbWorkspaceStore
from manager.adapters.tests.aws_emulator import AwsEmulator
from manager.domain.lifecycle.workspace import Workspace
from manager.tests.function_under_test import Place
from manager.tests.killed_instances import Instances, Planned
from tests.waiting import until

RUNNING, STOPPED = WorkspaceState.RUNNING, WorkspaceState.STOPPED
KILLS = int(os.environ.get("APRANOVA_KILLS", "20"))
STUDENTS = tuple(f"ws-{letter * 10}" for letter in "abc")
_STEPS_OF_A_REQUEST, _STEPS_OF_A_PASS, _STEPS_OF_THE_MOVER = 24, 100, 10
"""A few more than a launch takes, and about as many as a pass with much to do: where a kill comes
later than the last step, the next instance dies, or nobody."""
_KILLED_PASSES_MAX = 3
_LATER_S = 10.0
"""How far the clock goes on before a pass for which no process has to be waited for: longer than a
launch waits before another process takes it over."""
_WAIT_MAX_S = 300.0


class KilledSchool:
    """Three students, and three warm tasks. What is asked of the manager is asked again when it was
    killed, as people and the backend do; wakes that it had received are lost with it."""

    def __init__(self, aws: AwsEmulator, place: Place, instances: Instances, seed: int) -> None:
        self._aws, self._place, self._instances = aws, place, instances
        self._random = Random(seed)  # noqa: S311 (a seed, no secret)
        self._ahead_s = 0.0
        self._planned: Planned | None = None
        self._wrote: dict[str, list[str]] = {name: [] for name in STUDENTS}
        self._store = DynamoDbWorkspaceStore(aws.client("dynamodb"), place.environment["APRANOVA_TABLE"])

    def begin(self) -> None:
        for workspace_id in STUDENTS:
            self._tell({"action": "create", "workspace_id": workspace_id, "owner_id": workspace_id, "kind": "vscode"})
        self.sessions(kills=False)

    def sessions(self, *, kills: bool = True) -> None:
        """Each student launches, writes a line, and stops."""
        self._go_on_until(self._three_are_warm, "three warm tasks")
        self._everybody("launch", RUNNING, kills=kills)
        for workspace_id in STUDENTS:
            home = self._home_of(workspace_id)
            assert home.parent.name == self._slot_of(workspace_id), "the home is not in its task's slot"
            self._wrote[workspace_id].append(f"line {len(self._wrote[workspace_id])} of {workspace_id}")
            (home / "work.py").write_text("\n".join(self._wrote[workspace_id]))
            # The task itself writes there at each claim; after a kill it may be claimed again.
            assert (home / "visits").read_text().split().count(workspace_id) >= len(self._wrote[workspace_id])
        self._everybody("stop", STOPPED, kills=kills)
        for workspace_id in STUDENTS:
            assert self._home_of(workspace_id).parent.name == "homes"

    def kills(self) -> list[str]:
        return self._instances.kills()

    def give_every_slot_back(self) -> None:
        self._go_on_until(lambda: not self._slots_of_ended_tasks(), "slots of tasks that have ended")

    def _slots_of_ended_tasks(self) -> list[str]:
        found = self._aws.client("dynamodb").scan(TableName=self._place.environment["APRANOVA_TABLE"])["Items"]
        taken = [item["taken_by"]["S"] for item in found if item["pk"]["S"].startswith("slot#") and "taken_by" in item]
        tasks = {task_id: self._store.find_task(task_id) for task_id in taken}
        return [task_id for task_id, task in tasks.items() if task is None or not task.live]

    def _everybody(self, action: str, state: WorkspaceState, *, kills: bool) -> None:
        for workspace_id in STUDENTS:
            self._plan(_STEPS_OF_A_REQUEST if kills else 0)
            self._tell({"action": action, "workspace_id": workspace_id})
        for _ in range(_KILLED_PASSES_MAX if kills else 0):
            self._plan(_STEPS_OF_A_PASS)
            self._pass()

        def done() -> bool:
            found = [self._get(workspace_id) for workspace_id in STUDENTS]
            for workspace in found:
                if workspace.state not in (state, WorkspaceState.STARTING, WorkspaceState.STOPPING):
                    self._tell({"action": action, "workspace_id": workspace.workspace_id})
            return all(workspace.state is state for workspace in found)

        self._go_on_until(done, f"{action} of everybody")
        self._planned = None

    def _plan(self, steps: int) -> None:
        """The next kill: every third one in the mover."""
        of_mover, manager_dies = self._random.random() < 1 / 3, self._random.random() < 1 / 2
        at = self._random.randrange(max(1, _STEPS_OF_THE_MOVER if of_mover else steps))
        self._planned = Planned(at, of_mover=of_mover, manager_dies=manager_dies) if steps else None

    def _go_on_until(self, there: Callable[[], bool], what: str) -> None:
        def closer() -> bool:
            if there():
                return True
            self._pass()
            return there()

        until(closer, f"still waiting for {what}, after {self.kills()}", within_s=_WAIT_MAX_S)

    def _pass(self) -> None:
        wakes = self._place.take_wakes()
        self._ahead_s += 0.0 if wakes and self._something_takes_its_time() else _LATER_S
        self._tell({"Records": wakes} if wakes else {"action": "sweep"})

    def _something_takes_its_time(self) -> bool:
        """A process starts or ends. All other waiting is by the manager's clock."""
        found = [self._store.find_task(task["startedBy"]) for task in self._place.tasks()]
        return any(task is not None and task.state in (TaskState.STARTING, TaskState.STOPPING) for task in found)

    def _tell(self, event: Any) -> None:
        """To a new instance; the kill that is planned may fall into a later one."""
        planned, killed = self._planned, len(self.kills())
        said = self._instances.run(event, planned, ahead_s=self._ahead_s)
        left = planned.at - said["steps"] if planned and said else -1
        self._planned = replace(planned, at=left) if planned and left >= 0 and len(self.kills()) == killed else None
        for workspace_id in STUDENTS:
            if self._wrote[workspace_id]:
                self._home_of(workspace_id)

    def _home_of(self, workspace_id: str) -> Path:
        """It is in one place, and holds all that its student wrote.

        Looked up again: a mover that was held may move it between two looks of ours, and what is
        lost stays lost."""
        home_id, wrote = self._get(workspace_id).home_id, self._wrote[workspace_id]
        homes: list[Path] = []

        def is_whole() -> bool:
            homes[:] = self._aws.files.glob(f"*/**/{home_id}")
            return len(homes) == 1 and (not wrote or (homes[0] / "work.py").read_text() == "\n".join(wrote))

        until(is_whole, lambda: f"not whole, in {homes}, after {self.kills()}", within_s=10, ignoring=OSError)
        return homes[0]

    def _slot_of(self, workspace_id: str) -> str:
        task = self._store.find_task(self._get(workspace_id).task_id or "")
        assert task is not None
        return task.slot.partition("/")[0]

    def _get(self, workspace_id: str) -> Workspace:
        found = self._store.find_workspace(workspace_id)
        assert found is not None
        return found

    def _three_are_warm(self) -> bool:
        warm = self._store.list_warm_tasks(limit=10)
        return sum(task.state is TaskState.READY for task in warm) >= len(STUDENTS)


@pytest.fixture
def school(aws: AwsEmulator) -> Iterator[KilledSchool]:
    pool = "base=3 peak=3 off=3 weekend=3"
    place = Place(aws, APRANOVA_POOL=pool, APRANOVA_SLOTS_AHEAD="10", APRANOVA_PARAMETERS="")
    with (
        closing(place),
        tempfile.TemporaryDirectory(prefix="ki-", dir="/tmp") as folder,
        closing(Instances(Path(folder), aws.files, place.environment)) as instances,
    ):
        school = KilledSchool(aws, place, instances, seed=20)
        school.begin()
        yield school


@pytest.mark.timeout(600 + 30 * KILLS)
def test_no_file_is_lost_although_manager_and_mover_are_killed_between_any_two_steps(school: KilledSchool) -> None:
    while len(school.kills()) < KILLS:
        school.sessions()
    school.give_every_slot_back()
