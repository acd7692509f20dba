"""The students of a planning run: they click, wait, work and leave as their workload says."""

from __future__ import annotations

from collections.abc import Iterator

from contract.errors import ApraNovaError
from contract.manager import ExpectRequest
from contract.names import LaunchPath, WorkspaceState
from manager.domain.lifecycle.workspace import Workspace
from simulator.planning.backend import Backend, workspace_id
from simulator.planning.engine import PlannedEngine, Worker
from simulator.planning.launches import Launches
from simulator.planning.manager import PlannedManager
from simulator.planning.settings import EXISTING_ANSWER_S, WARM_ANSWER_S
from simulator.planning.store import CountingStore
from simulator.planning.timeline import Timeline
from simulator.workloads.visit import Cohort, Visit, Workload

_CLICKS_AGAIN_S = 10.0
"""After a refusal or a failure (assumed)."""


class Student:
    __slots__ = ("answered_at", "clicked_at", "here", "visit", "visits", "worker", "workspace_id")

    def __init__(self, workspace_id: str, cohort: int, visits: Iterator[Visit]) -> None:
        self.workspace_id, self.visits = workspace_id, visits
        self.worker = Worker(cohort)
        self.visit: Visit | None = None
        self.here = False
        """Between the begin and the end of a visit."""
        self.clicked_at: float | None = None
        """Waits since then."""


class Students:
    def __init__(
        self,
        timeline: Timeline,
        workload: Workload,
        manager: PlannedManager,
        *,
        store: CountingStore,
        engine: PlannedEngine,
    ) -> None:
        self.launches = Launches()
        self.at_work = 0
        self.active_s = 0.0
        """All seconds of visits that were not spent waiting."""
        self._timeline, self._manager, self._store = timeline, manager, store
        self._engine = engine
        self._by_workspace: dict[str, Student] = {}
        store.workspace_changed = self._changed
        self._backend = Backend(timeline, workload, manager)
        for number, cohort in enumerate(workload.cohorts):
            self._enrol(number, cohort, workload)

    def _enrol(self, number: int, cohort: Cohort, workload: Workload) -> None:
        for index in cohort.students:
            student = Student(workspace_id(index), number, workload.visits(index))
            self._by_workspace[student.workspace_id] = student
            self._engine.workers[student.workspace_id] = student.worker
            self._next_visit(student)

    def _next_visit(self, student: Student) -> None:
        visit = next(student.visits, None)
        student.visit = visit
        if visit is not None:
            if visit.signs_in_before_s:
                self._timeline.at(visit.begins - visit.signs_in_before_s, self._sign_in, student)
            self._timeline.at(visit.begins, self._arrive, student)

    def _sign_in(self, student: Student) -> None:
        if student.workspace_id in self._store.workspaces:
            self._manager.expect(ExpectRequest(student.workspace_id, "signed in"))

    def _arrive(self, student: Student) -> None:
        visit = student.visit
        if visit is None:
            return
        student.here = True
        student.worker.job_until = 0.0
        if student.workspace_id not in self._store.workspaces:
            self._backend.create(student.workspace_id, student.worker.cohort)
        self._timeline.at(visit.ends, self._leave, student)
        if visit.returns and self._runs(student):
            self._begin_work(student)
            return
        self._click(student)
        if visit.clicks_again_after_s:
            self._timeline.at(self._timeline.time + visit.clicks_again_after_s, self._click, student)
        if visit.opens_again_at:
            self._timeline.at(visit.opens_again_at, self._click, student)

    def _click(self, student: Student) -> None:
        if not student.here:
            return
        now = self._timeline.time
        waits_already = student.clicked_at is not None
        if waits_already:
            self.launches.repeated += 1
        else:
            student.clicked_at = now
        try:
            workspace = self._manager.launch(student.workspace_id)
        except ApraNovaError:
            self._refused(student)
            return
        if not waits_already and workspace.launch_path is LaunchPath.EXISTING:
            self._answered(student, LaunchPath.EXISTING, EXISTING_ANSWER_S)

    def _refused(self, student: Student) -> None:
        """They click again; the wait counts from the first click."""
        self.launches.failed += 1
        self._timeline.at(self._timeline.time + _CLICKS_AGAIN_S, self._click_again, student)

    def _click_again(self, student: Student) -> None:
        if student.here and student.clicked_at is not None:
            first = student.clicked_at
            student.clicked_at = None
            self._click(student)
            student.clicked_at = first if student.clicked_at is not None else None

    def _changed(self, workspace: Workspace) -> None:
        """The record of a workspace was written."""
        student = self._by_workspace.get(workspace.workspace_id)
        if student is None:
            return
        if workspace.state is WorkspaceState.RUNNING:
            if student.clicked_at is not None and workspace.launch_path is not None:
                instance = self._engine.instances.get(workspace.task_id or "")
                moved_s = 0.0 if instance is None else instance.moved_s
                self._answered(student, workspace.launch_path, WARM_ANSWER_S + moved_s)
        elif (
            student.clicked_at is not None
            and workspace.state is WorkspaceState.STOPPED
            and workspace.launch_wanted_at is None
        ):
            self._refused(student)
        elif workspace.state is WorkspaceState.STOPPING and student.worker.at_work:
            self._stop_work(student)
            if student.here:  # stopped under their hands, by the session limit
                self._timeline.at(self._timeline.time + _CLICKS_AGAIN_S, self._click, student)

    def _answered(self, student: Student, path: LaunchPath, answer_s: float) -> None:
        now = self._timeline.time
        begun = student.clicked_at if student.clicked_at is not None else now
        student.clicked_at = None
        self.launches.add(at=begun, wait_s=now - begun + answer_s, path=path, cohort=student.worker.cohort)
        if student.here:
            self._begin_work(student)

    def _begin_work(self, student: Student) -> None:
        if not student.worker.at_work:
            student.worker.at_work = True
            self.at_work += 1
            self._engine.works(self._store.workspaces[student.workspace_id].task_id)
            self.active_s -= self._timeline.time

    def _stop_work(self, student: Student) -> None:
        worker = student.worker
        if worker.at_work:
            worker.at_work = False
            worker.active_at = self._timeline.time
            self.at_work -= 1
            self._engine.rests(self._store.workspaces[student.workspace_id].task_id)
            self.active_s += self._timeline.time

    def _leave(self, student: Student) -> None:
        visit = student.visit
        self._stop_work(student)
        student.here = False
        student.clicked_at = None  # tired of waiting; the workspace will be up for nobody, until it is idle
        if visit is not None and visit.job_until:
            student.worker.job_until = visit.job_until
        if visit is not None and visit.stops:
            self._manager.stop(student.workspace_id)
        self._next_visit(student)

    def _runs(self, student: Student) -> bool:
        workspace = self._store.workspaces.get(student.workspace_id)
        return workspace is not None and workspace.state is WorkspaceState.RUNNING
