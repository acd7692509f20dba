"""The rules, checked at every change of a record, a task or a home.

Each check looks only at what changed. It compares the records with what the engine really runs,
which no manager knows as well.
"""

from __future__ import annotations

import collections
import math
from collections.abc import Iterable

from contract.agent import ClaimRequest
from contract.names import StopReason, TaskState, WorkspaceState
from manager.domain.lifecycle.task import TASK_TRANSITIONS, Task
from manager.domain.lifecycle.workspace import WORKSPACE_TRANSITIONS, Workspace
from manager.domain.policy import Policy, PoolPolicy
from simulator.engine import Instance
from simulator.homes import REST
from simulator.moving import Slot
from simulator.outside import Outside
from simulator.store import Change

UP = (WorkspaceState.STARTING, WorkspaceState.RUNNING, WorkspaceState.STOPPING)
ENDING = (TaskState.STOPPING, TaskState.STOPPED)

GO_TOGETHER = {
    WorkspaceState.STARTING: (TaskState.STARTING, TaskState.CLAIMED),
    WorkspaceState.RUNNING: (TaskState.CLAIMED,),
    WorkspaceState.STOPPING: (TaskState.STOPPING,),
}

OUTAGES_S = 300.0
"""What the faults of a safety phase may add to a time limit: pauses, silences, restarts."""
SCANS_MAX = 3
"""Passes until the engine's list, which comes in pages, has shown a task."""
HEALTHY_S = 60.0
"""A launch whose task is ready continues within this time once no fault holds it up."""
_LAUNCH_LOOKED_S, _LAUNCH_HELD_UP_S = 10.0, 150.0
"""A launch binds its task so long after it looked at the memory, at most; the second where calls
are slow or a process pauses."""
_STOPS_WITHIN_S = 2.0
"""From the agent's answer to the stop, in a pass that no fault holds up."""


class Violation(BaseException):
    """A rule is broken. No handler of the code under test may catch it."""

    def __init__(self, rule: str, story: str) -> None:
        super().__init__(f"{rule}: {story}")
        self.rule = rule
        self.story = story


class Invariants:
    def __init__(self, outside: Outside, policy: Policy) -> None:
        self._loop, self._policy, self._faults = outside.loop, policy, outside.faults
        self._store, self._engine, self._homes = outside.store, outside.engine, outside.homes
        self._skew_s = 2.0 * outside.faults.profile.skew_s
        self._recorded: set[str] = set()
        self._living: dict[str, Instance] = {}
        self._warm_starts: collections.deque[float] = collections.deque()
        """When warm tasks were started since one last became ready."""
        self._live_of: dict[str, set[str]] = collections.defaultdict(set)
        """Workspace → its live tasks, by the records."""
        self._warm: dict[str, Task] = {}
        self._mounted: dict[str, str] = {}
        """Home → the living task that has it."""
        self._claims: dict[str, str] = {}
        """Task → the one workspace it ever served."""
        self._owner: dict[str, str] = {}
        """Home → the one workspace that ever had it."""
        self._tries: dict[str, int] = collections.defaultdict(int)
        """Workspace → how many tasks its launch was given."""
        self._waiting: dict[str, float] = {}
        """Workspace → since when somebody waits for its launch."""
        self._overridden_until: dict[str, float] = {}
        self._replaced_at: dict[str, float] = {}
        """Image → when a newer one took its place."""
        self.launches = 0
        self._used_mib: collections.deque[tuple[float, int]] = collections.deque([(outside.loop.now, 0)])
        """When what live tasks count with changed lately, and to what."""

    # Records

    def wrote(self, changes: list[Change]) -> None:
        bound: dict[str, None] = {}
        for before, after in changes:
            record = after or before
            if isinstance(record, Task):
                self._task(before, after)  # type: ignore[arg-type] (both of a pair are of one type)
            if isinstance(record, Task | Workspace) and record.workspace_id:
                bound[record.workspace_id] = None
        for workspace_id in bound:
            self._bound(workspace_id)
        for before, after in changes:
            if isinstance(after or before, Workspace):
                self._workspace(before, after)  # type: ignore[arg-type]

    def _task(self, before: Task | None, after: Task | None) -> None:
        if after is None:
            assert before is not None  # noqa: S101 (a change has two sides)
            self._task_forgotten(before)
            return
        _check_task(before, after)
        self._admitted(before, after)
        self._remember(before, after)
        if before is None:
            if after.warm:
                self._pool()
                self._backs_off()
        elif before.live and after.state is TaskState.STOPPING and after.failure:
            self._given_up(before, after)
        if after.state is TaskState.CLAIMED and before is not None and before.workspace_id is None:
            self._image(after)
        self._agrees_with_the_engine(before, after)

    def _admitted(self, before: Task | None, after: Task) -> None:
        """A task is bound only if its size fitted at some moment since its launch can have looked.
        Launches that race each other may have seen the same moment."""
        now, used, most = self._loop.now, self._used_mib, self._policy.memory_max_mib
        if most is None:
            return
        profile = self._faults.profile
        looked_s = _LAUNCH_HELD_UP_S if profile.pause or profile.slow else _LAUNCH_LOOKED_S
        while len(used) > 1 and used[1][0] < now - looked_s:
            used.popleft()
        if after.workspace_id and (before is None or before.workspace_id is None):
            needed = self._policy.limits(after.size).memory_mib
            freest = min(mib for _, mib in used)
            if freest + needed > most:
                raise Violation("memory", f"{after.task_id} gets {needed} MiB; at best {freest} of {most} were in use")
        used.append((now, self._policy.claimed_mib(self._store.count_live_tasks())))

    def _task_forgotten(self, task: Task) -> None:
        if task.state is not TaskState.STOPPED:
            raise Violation("rule 4", f"the record of {task.task_id} is forgotten while it is {task.state}")
        self._live_of[task.workspace_id or ""].discard(task.task_id)

    def _remember(self, before: Task | None, after: Task) -> None:
        if before is None:
            self._recorded.add(after.task_id)
        if after.workspace_id:
            _keep(self._live_of[after.workspace_id], after.task_id, after.live)
        if after.warm:
            self._warm[after.task_id] = after
        else:
            self._warm.pop(after.task_id, None)
        if after.ready_at is not None and (before is None or before.ready_at is None):
            self._warm_starts.clear()

    def _agrees_with_the_engine(self, before: Task | None, after: Task) -> None:
        instance = self._engine.instances.get(after.task_id)
        if instance is None:
            return
        if after.state is TaskState.STOPPED and instance.alive:
            raise Violation("rule 4", f"{after.task_id} is recorded as stopped while it lives")
        workspace = self._store.workspaces.get(after.workspace_id or "")
        if workspace is not None and before is not None and before.saved_at is None and after.saved_at is not None:
            self._saved(workspace, instance)

    def _pool(self) -> None:
        """No pass starts more than is missing, but overlapping passes may each start `warming_max`.
        A dead or worn-out task stays next to its replacement until its end is written."""
        now, policy, skew_s = self._loop.now, self._policy, self._skew_s
        target = max(policy.schedule.target(now + offset) for offset in (-150.0, -skew_s, 0.0, skew_s))
        shapes = self._faults.profile.kinds * (1 if policy.size_at_claim else len(policy.sizes))
        surge = policy.warming_max * (self._faults.profile.managers - 1 + shapes - 1)
        if self._faults.profile.index_lag_s:  # a manager fills the pool before it sees what the other one has started
            surge = max(surge, target * (self._faults.profile.managers - 1))
        oldest = now - policy.warm_age_max_s + skew_s + 1.0
        if policy.pool_policy is not PoolPolicy.SCHEDULE:  # everybody may be expected at once, and signed in
            target += 2 * (self._faults.profile.workspaces + 1)
        paid = [task for task in self._warm.values() if self._lives(task)]
        fit = sum(task.created_at > oldest and self._newest(task) for task in paid)
        if fit > target + surge or len(paid) > 2 * (target + surge):
            raise Violation("pool", f"{len(paid)} warm tasks, {fit} of them fit; target {target}, surge {surge}")

    def _backs_off(self) -> None:
        """While every start fails, the pool backs off: five rounds fit into two minutes."""
        now, starts = self._loop.now, self._warm_starts
        starts.append(now)
        while starts[0] < now - 120.0:
            starts.popleft()
        if len(starts) > 6 * self._policy.warming_max * self._faults.profile.managers + 6:
            raise Violation("pool", f"{len(starts)} warm tasks were started in two minutes, and not one became ready")

    def _newest(self, task: Task) -> bool:
        return task.image == self._engine.images.get(task.kind)

    def _lives(self, task: Task) -> bool:
        """Also if it has yet to start."""
        instance = self._engine.instances.get(task.task_id)
        return instance is None or instance.alive

    def _image(self, task: Task) -> None:
        """A claimed warm task has the newest image; a task reserved while it started need not."""
        replaced_s = self._loop.now - self._replaced_at.get(task.image, self._loop.now)
        held_up = self._faults.profile.pause or self._faults.profile.slow
        if replaced_s > (150.0 if held_up else 2.0):
            raise Violation("image", f"{task.task_id} was claimed {replaced_s:.0f} s after {task.image} was replaced")

    def image_replaced(self, image: str) -> None:
        self._replaced_at[image] = self._loop.now

    def _bound(self, workspace_id: str) -> None:
        """Both records of a binding always agree: a claim is one transaction."""
        workspace = self._store.workspaces.get(workspace_id)
        live = self._live_of.get(workspace_id) or set()
        wanted = {workspace.task_id} if workspace is not None and workspace.state in UP else set()
        if live != wanted:
            state = workspace.state if workspace is not None else "gone"
            raise Violation(
                "rule 2",
                f"{workspace_id} is {state} with {_names(wanted)}, but the live tasks for it are {_names(live)}",
            )
        if workspace is not None and workspace.state in UP:
            task = self._store.tasks[workspace.task_id or ""]
            if task.state not in GO_TOGETHER[workspace.state]:
                raise Violation("rule 2", f"{workspace_id} is {workspace.state} and its {task.task_id} is {task.state}")

    def _workspace(self, before: Workspace | None, after: Workspace | None) -> None:
        if after is None:
            assert before is not None  # noqa: S101 (a change has two sides)
            self._purge_allowed(before)
            self._waiting.pop(before.workspace_id, None)
            return
        name = after.workspace_id
        if before is not None:
            self._moved(before, after)
        if after.stop_reason is StopReason.LAUNCH_FAILED and not after.failure:
            raise Violation("launch", f"the launch of {name} failed and nobody says why")
        if after.state is WorkspaceState.STARTING and (after.deadline is None or not after.launch_secret):
            raise Violation("rule 3", f"{name} is starting without a deadline or a launch secret")
        if after.home_id is not None and self._owner.setdefault(after.home_id, name) != name:
            raise Violation("rule 6", f"{name} has {after.home_id}, the home of {self._owner[after.home_id]}")
        if after.home_created_at is not None and not after.purging and not self._homes.exists(after.home_id or ""):
            raise Violation("rule 6", f"{name} has lost its home")
        if after.purging:
            self._purge_allowed(after)
        if before is not None and after.state is not before.state:
            self._changed_state(before, after)
        self._tried(before, after)
        self._answered(after)

    def _moved(self, before: Workspace, after: Workspace) -> None:
        name = after.workspace_id
        if after.state is not before.state:
            next_states = WORKSPACE_TRANSITIONS[before.state]
            over_stopping = WorkspaceState.STOPPING in next_states and (
                after.state in WORKSPACE_TRANSITIONS[WorkspaceState.STOPPING]
            )
            if after.state not in next_states and not over_stopping:
                raise Violation("rule 1", f"{name} went from {before.state} to {after.state}")
        if before.home_id not in (None, after.home_id):
            raise Violation("rule 6", f"{name} had {before.home_id} and now has {after.home_id}")
        if before.home_created_at is not None and after.home_created_at is None:
            raise Violation("rule 6", f"{name} does not know any more that it has a home")

    def _changed_state(self, before: Workspace, after: Workspace) -> None:
        instance = self._engine.instances.get(before.task_id or after.task_id or "")
        alive = instance is not None and instance.alive
        match after.state:
            case WorkspaceState.RUNNING if instance is not None and alive:
                self._opened(after, instance)
            case WorkspaceState.STOPPING if after.stop_reason is StopReason.IDLE and instance is not None and alive:
                self._idle(after, instance, seen_within_s=_STOPS_WITHIN_S, story="stopped as idle")
            case WorkspaceState.STOPPED | WorkspaceState.DELETED if alive:
                raise Violation("rule 1", f"{after.workspace_id} is {after.state} while {before.task_id} lives")
            case WorkspaceState.STOPPED | WorkspaceState.DELETED:
                self._at_rest(after.home_id, f"{after.workspace_id} is {after.state}")
            case _:
                pass

    def _opened(self, workspace: Workspace, instance: Instance) -> None:
        claim = instance.claim
        if claim is None or (claim.workspace_id, claim.launch_secret) != (
            workspace.workspace_id,
            workspace.launch_secret,
        ):
            raise Violation("rule 2", f"{workspace.workspace_id} runs, but {instance.task_id} was never claimed for it")
        if instance.home_id != workspace.home_id:
            raise Violation(
                "rule 6", f"{workspace.workspace_id} runs on {instance.home_id}, its home is {workspace.home_id}"
            )

    def _idle(self, workspace: Workspace, instance: Instance, *, seen_within_s: float, story: str) -> None:
        """A return later than `seen_within_s` before this write is seen too late for it."""
        active_at = instance.active_at
        if active_at is None or active_at > self._loop.called_at - seen_within_s:
            return
        quiet_s = self._loop.called_at - active_at
        if quiet_s < self._policy.idle_timeout_s - 15.0 - self._skew_s:
            raise Violation("idle", f"{workspace.workspace_id} is {story} after {quiet_s:.0f} s of quiet")

    def _saved(self, workspace: Workspace, instance: Instance) -> None:
        """After the save the agent is asked again: a student who is back is launched again."""
        if workspace.stop_reason is StopReason.IDLE and workspace.launch_wanted_at is None:
            self._idle(workspace, instance, seen_within_s=0.0, story="stopped as idle and not launched again")

    def _given_up(self, before: Task, after: Task) -> None:
        """A start may fail only for a reason, not when no fault held it up for long."""
        instance = self._living.get(after.task_id)
        could_since = max(before.state_since + self._skew_s, self._faults.last_at)
        if instance is not None:
            if instance.life.fails or instance.refuses_claims:
                return
            could_since = max(could_since, instance.ready_at, instance.visible_at, instance.hangs_until)
        waited_s = self._loop.now - could_since
        if waited_s > HEALTHY_S:
            how = "was never asked for" if instance is None else "was ready"
            raise Violation(
                "launch",
                f"{after.task_id} is given up ({after.failure}); it {how}, and for {waited_s:.0f} s no fault was there",
            )

    # Launches

    def _tried(self, before: Workspace | None, after: Workspace) -> None:
        """A launch whose task fails gets one more."""
        name = after.workspace_id
        down = after.state in (WorkspaceState.STOPPING, WorkspaceState.STOPPED)
        over = down and after.launch_wanted_at is None
        if over or after.state is WorkspaceState.RUNNING or after.stop_reason not in (None, StopReason.LAUNCH_FAILED):
            self._tries[name] = 0
        elif after.state is WorkspaceState.STARTING and before is not None and before.state is not after.state:
            self._tries[name] += 1
            if self._tries[name] > 2:
                raise Violation("launch", f"{name} is given its task no. {self._tries[name]}")

    def launched(self, workspace_id: str) -> None:
        """A student was promised a launch; the answer is due from now on."""
        workspace = self._store.workspaces.get(workspace_id)
        if workspace is None or workspace_id in self._waiting:
            return
        self.launches += 1
        if workspace.state is WorkspaceState.STARTING or workspace.launch_wanted_at is not None:
            since = self._loop.now
            self._waiting[workspace_id] = since
            self._loop.after(self._answer_limit_s(), lambda: self._late(workspace_id, since))

    def overridden(self, workspace_id: str) -> None:
        """A person stops or deletes it, so nobody waits for the launch any more."""
        self._waiting.pop(workspace_id, None)
        self._overridden_until[workspace_id] = self._loop.now + OUTAGES_S

    def _answered(self, workspace: Workspace) -> None:
        if workspace.workspace_id not in self._waiting or workspace.state is WorkspaceState.STARTING:
            return
        if workspace.launch_wanted_at is not None:
            return
        del self._waiting[workspace.workspace_id]
        if workspace.state is WorkspaceState.RUNNING or workspace.failure:
            return
        if self._loop.now < self._overridden_until.get(workspace.workspace_id, 0.0):
            return
        raise Violation(
            "launch", f"somebody waits for {workspace.workspace_id}; it is {workspace.state}, and no word why"
        )

    def _answer_limit_s(self) -> float:
        policy = self._policy
        return policy.save_timeout_s + 2.0 * policy.launch_timeout_s + policy.pass_interval_s + OUTAGES_S

    def _late(self, workspace_id: str, since: float) -> None:
        if self._waiting.get(workspace_id) == since:
            state = self._store.workspaces[workspace_id].state
            raise Violation(
                "launch",
                f"somebody waits for {workspace_id} since {self._loop.now - since:.0f} s, and it is still {state}",
            )

    # Tasks

    def started(self, instance: Instance) -> None:
        record = self._store.tasks.get(instance.task_id)
        if self._living.setdefault(instance.task_id, instance) is not instance:
            raise Violation("rule 1", f"{instance.task_id} runs twice")
        if record is not None and not record.live:
            raise Violation("rule 4", f"{instance.task_id} starts after it was recorded as stopped")
        if instance.task_id not in self._recorded and not instance.task_id.startswith("stray"):
            raise Violation("rule 3", f"{instance.task_id} was started before its record was written")
        if record is None or not record.live:
            limit_s = self._policy.orphan_grace_s + SCANS_MAX * self._policy.pass_interval_s + OUTAGES_S
            self._loop.after(limit_s, lambda: self._unknown(instance))

    def attached(self, instance: Instance) -> None:
        self._mount(instance)

    def ending(self, instance: Instance, by_manager: bool) -> None:
        if by_manager:
            self._end_allowed(instance)
        self._living.pop(instance.task_id, None)
        if instance.home_id is not None and self._mounted.get(instance.home_id) == instance.task_id:
            del self._mounted[instance.home_id]

    def leaving(self, instance: Instance) -> None:
        """Two minutes are enough to save, unless the save fails or the agent hangs."""
        now = self._loop.now
        hung = instance.hangs_until >= now >= (instance.taken_back_at or 0.0)
        if instance.unsaved and not hung and instance.save_failed_at != now:
            raise Violation(
                "rule 5", f"{instance.task_id} was given notice by Spot and ends with work that was not saved"
            )

    def claimed(self, instance: Instance, request: ClaimRequest) -> None:
        served = self._claims.setdefault(instance.task_id, request.workspace_id)
        if served != request.workspace_id:
            raise Violation("rule 1", f"{instance.task_id} served {served} and is claimed for {request.workspace_id}")

    def _mount(self, instance: Instance) -> None:
        home_id = instance.home_id or ""
        other = self._mounted.setdefault(home_id, instance.task_id)
        if other != instance.task_id:
            raise Violation("rule 6", f"{home_id} is mounted by two living tasks: {other} and {instance.task_id}")
        if not self._homes.exists(home_id):
            raise Violation("rule 6", f"{instance.task_id} mounts {home_id}, which does not exist")

    def _end_allowed(self, instance: Instance) -> None:
        record = self._store.tasks.get(instance.task_id)
        now = self._loop.now
        if record is None:
            age_s = now - instance.started
            if age_s < self._policy.orphan_grace_s - self._skew_s - 2.0 * self._faults.profile.skew_s:
                raise Violation("rule 4", f"{instance.task_id} is ended as an orphan after {age_s:.0f} s")
        elif record.state not in ENDING:
            raise Violation("rule 4", f"{instance.task_id} is ended while its record says {record.state}")
        elif instance.unsaved and now < (record.deadline or 0.0) - self._skew_s:
            raise Violation("rule 5", f"{instance.task_id} is ended with work that was not saved")

    def _unknown(self, instance: Instance) -> None:
        record = self._store.tasks.get(instance.task_id)
        if instance.alive and (record is None or not record.live):
            raise Violation(
                "rule 4",
                f"{instance.task_id} is paid for and no record knows it, since {self._loop.now - instance.started:.0f} s",
            )

    # Homes

    def home_moved(self, home_id: str, slot: Slot, into: bool) -> None:
        """It has come into a slot or left it: only that of its own student's task, while that is
        there, and never from under a living one."""
        if len(self._homes.places[home_id]) != 1:
            raise Violation("rule 7", f"{home_id} is in {_names(self._homes.places[home_id])} at once")
        instance = self._engine.instances.get(slot.taken_by)
        alive = instance is not None and instance.alive
        if not into:
            if alive:
                raise Violation("rule 7", f"{home_id} leaves {slot.name} under the living {slot.taken_by}")
            return
        task = self._store.tasks.get(slot.taken_by)
        owner = self._store.workspaces.get(task.workspace_id or "") if task is not None else None
        if owner is None or owner.home_id != home_id:
            raise Violation("rule 7", f"{home_id} comes into the slot of {slot.taken_by}, which is for somebody else")
        if instance is not None and alive:
            instance.home_id = home_id
            self._mount(instance)
        use, ended_at = slot.use, self._loop.now
        self._loop.after(self._back_limit_s(), lambda: self._must_be_back(home_id, slot, use, ended_at))

    def _must_be_back(self, home_id: str, slot: Slot, use: int, since: float) -> None:
        """Looks again and again as long as its task lives; then it must be back within a bound."""
        if slot.use != use or slot.name not in self._homes.places.get(home_id, ()):
            return
        instance = self._engine.instances.get(slot.taken_by)
        if instance is not None and instance.alive:
            self._loop.after(self._back_limit_s(), lambda: self._must_be_back(home_id, slot, use, self._loop.now))
        elif self._loop.now - (instance.ended if instance is not None else since) > self._back_limit_s():
            raise Violation("rule 7", f"{home_id} is still in {slot.name}, long after its task has ended")
        else:
            self._loop.after(self._back_limit_s(), lambda: self._must_be_back(home_id, slot, use, since))

    def _back_limit_s(self) -> float:
        return self._policy.save_timeout_s + self._policy.launch_timeout_s + self._policy.pass_interval_s + OUTAGES_S

    def _at_rest(self, home_id: str | None, story: str) -> None:
        places = self._homes.places.get(home_id or "", {REST})
        if places != {REST}:
            raise Violation("rule 7", f"{story}, and its home {home_id} is in {_names(places)}")

    def purging(self, home_id: str) -> None:
        self._at_rest(home_id, f"{home_id} is removed")
        if home_id in self._mounted:
            raise Violation("rule 6", f"{home_id} is removed under the living task {self._mounted[home_id]}")
        owner = self._store.workspaces.get(self._owner.get(home_id, ""))
        if owner is not None and owner.home_id == home_id:
            self._purge_allowed(owner)
            if not owner.purging:
                raise Violation(
                    "rule 6", f"the home of {owner.workspace_id} is removed, which could still be undeleted"
                )

    def _purge_allowed(self, workspace: Workspace) -> None:
        deleted_at = workspace.deleted_at if workspace.deleted_at is not None else math.inf
        if self._loop.now + self._skew_s < deleted_at + self._policy.delete_grace_s:
            raise Violation("rule 6", f"{workspace.workspace_id} is purged within the grace period of its deletion")

    # What must be true in the end

    def why_not_converged(self) -> Violation | None:
        """The first thing that is wrong long after the last fault; None: all is well."""
        now = self._loop.now
        alive = {task_id for task_id, instance in self._engine.instances.items() if instance.alive}
        live = {task.task_id: task for task in self._store.tasks.values() if task.live}
        for task_id in sorted(alive - live.keys()):
            return Violation("rule 4", f"{task_id} is paid for and no record knows it")
        for task in live.values():
            fresh = now - task.created_at < 90.0
            if task.state is TaskState.STARTING and not fresh:
                return Violation("rule 3", f"{task.task_id} is still starting after {now - task.created_at:.0f} s")
            if task.state is TaskState.STOPPING and now - task.state_since > 60.0:
                return Violation("rule 3", f"{task.task_id} is still stopping after {now - task.state_since:.0f} s")
            if task.state in (TaskState.READY, TaskState.CLAIMED) and task.task_id not in alive:
                return Violation("rule 4", f"{task.task_id} is {task.state} and does not live")
        kept_s = self._policy.task_memory_s + 2.0 * self._policy.pass_interval_s
        for task in self._store.tasks.values():
            if task.ended_at is not None and now - task.ended_at > kept_s + 60.0:
                return Violation(
                    "index", f"the record of {task.task_id} is kept {now - task.ended_at:.0f} s after its end"
                )
        for workspace in self._store.workspaces.values():
            if workspace.state in (WorkspaceState.STARTING, WorkspaceState.STOPPING):
                return Violation("rule 3", f"{workspace.workspace_id} is still {workspace.state}")
        return self._pool_converged() or self._homes_converged()

    def _pool_converged(self) -> Violation | None:
        """The schedule is the minimum, up to the limit where nothing is known; the students who may
        come bound what is planned beyond it."""
        now, policy = self._loop.now, self._policy
        warm = len(self._warm)
        targets = [policy.schedule.target(now - ago) for ago in (0.0, 90.0)]
        most = max(targets)
        least = min(*targets, self._room_for_warm(most))
        if policy.pool_policy is PoolPolicy.PREDICTED:
            least = least if policy.unknown_hour_max is None else min(least, policy.unknown_hour_max)
            most += self._faults.profile.workspaces + 1
        if not least <= warm <= most:
            return Violation("pool", f"{warm} warm tasks, the target is {targets[0]}")
        return None

    def _room_for_warm(self, most: int) -> int:
        """How many the pool starts before it keeps the rest for somebody's workspace."""
        policy = self._policy
        if policy.memory_max_mib is None:
            return most
        claimed = collections.Counter(task.size for task in self._store.tasks.values() if task.live and not task.warm)
        spare = policy.memory_max_mib - policy.memory_mib(claimed) - policy.limits(None).memory_mib
        return 0 if spare < 0 else 1 + spare // policy.warm_memory_mib

    def _homes_converged(self) -> Violation | None:
        """A home without a record is paid for forever."""
        owned = {workspace.home_id for workspace in self._store.workspaces.values()}
        for home_id in self._homes.work:
            if home_id not in owned and home_id not in self._mounted:
                return Violation("rule 6", f"{home_id} is kept, and no record leads to it")
        return None


def _check_task(before: Task | None, after: Task) -> None:
    """What its record alone, and the one before it, must hold."""
    if before is not None:
        if after.state is not before.state and after.state not in TASK_TRANSITIONS[before.state]:
            raise Violation("rule 1", f"{after.task_id} went from {before.state} to {after.state}")
        if before.workspace_id not in (None, after.workspace_id):
            raise Violation("rule 1", f"{after.task_id} served {before.workspace_id}, now {after.workspace_id}")
        if before.agent_token != after.agent_token:
            raise Violation("rule 3", f"{after.task_id} is recorded otherwise than it was started")
    if after.state in (TaskState.STARTING, TaskState.STOPPING) and after.deadline is None:
        raise Violation("rule 3", f"{after.task_id} is {after.state} without a deadline")
    if after.pool_rank is not None and after.due_at is not None:
        raise Violation("index", f"{after.task_id} is in the pool's list and among the due tasks")


def _keep(names: set[str], name: str, kept: bool) -> None:
    (names.add if kept else names.discard)(name)


def _names(names: Iterable[str | None]) -> str:
    return ", ".join(sorted(str(name) for name in names)) or "no task"
