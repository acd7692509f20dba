"""`TaskAgent` over the engine's tasks. Only it knows a person's activity and unsaved work."""

from __future__ import annotations

from collections.abc import Callable

from contract.agent import AgentPhase, AgentStatus, ClaimRequest, SaveAnswer, WarnRequest
from contract.errors import ApraNovaError, Reason
from manager.ports.task_agent import AgentUnreachable
from simulator.engine import Instance, MachineEngine
from simulator.loop import EventLoop

_TIME_LIMIT_S = 5.0
_LATENCIES_S = {"status": 0.01, "claim": 0.4, "warn": 0.01, "save": 0.3}
_WAKES_WITHIN_S = 1.0


class SimulatedAgents:
    LOCAL: frozenset[str] = frozenset()

    def __init__(self, loop: EventLoop, engine: MachineEngine, *, clock_offset_s: float = 0.0) -> None:
        self.claimed: Callable[[Instance, ClaimRequest], None] = lambda _instance, _request: None
        self.warned: Callable[[Instance, WarnRequest], None] = lambda _instance, _request: None
        self.saves_fail_until = 0.0
        self.clock_offset_s = clock_offset_s
        self._loop = loop
        self._engine = engine

    def latency_s(self, method: str, arguments: tuple) -> float:
        instance = self._engine.by_address.get(arguments[0])
        hangs = instance is None or instance.hangs_until > self._loop.now
        return _TIME_LIMIT_S if hangs else _LATENCIES_S[method]

    def status(self, control_address: str, agent_token: str) -> AgentStatus:
        return self._status(self._find(control_address, agent_token))

    def claim(self, control_address: str, agent_token: str, request: ClaimRequest) -> AgentStatus:
        instance = self._find(control_address, agent_token)
        if instance.claim is not None and (instance.claim.workspace_id, instance.claim.launch_secret) != (
            request.workspace_id,
            request.launch_secret,
        ):
            raise ApraNovaError(Reason.LAUNCH_FAILED, "The task serves another workspace")
        if instance.home_id is None:
            raise ApraNovaError(Reason.LAUNCH_FAILED, "The task has no home")
        if instance.taken_back_at is not None and instance.claim is None:
            raise ApraNovaError(Reason.LAUNCH_FAILED, "This task is stopping")
        if self._loop.now < instance.ready_at or instance.life.fails or instance.refuses_claims:
            raise ApraNovaError(Reason.LAUNCH_FAILED, instance.refuses_claims or "The application is not ready")
        self.claimed(instance, request)
        instance.claim = request
        return self._status(instance)

    def warn(self, control_address: str, agent_token: str, request: WarnRequest) -> None:
        self.warned(self._find(control_address, agent_token), request)

    def save(self, control_address: str, agent_token: str) -> SaveAnswer:
        instance = self._find(control_address, agent_token)
        if self._loop.now < self.saves_fail_until:
            return SaveAnswer(saved=False, failure="the disk is full")
        instance.unsaved = False
        return SaveAnswer(saved=True, documents=1)

    def terminated(self, instance: Instance) -> None:
        """SIGTERM, as agent/task.py handles it. An unclaimed task accepts no claim any more; a
        claimed one tries once to save, then ends. An agent that hangs does so when it wakes."""
        self._loop.after(_LATENCIES_S["save"], lambda: self._save_and_leave(instance))

    def _save_and_leave(self, instance: Instance) -> None:
        if not instance.alive:
            return
        now = self._loop.now
        if instance.hangs_until > now:  # this may change: all hanging ends with the faults
            self._loop.after(min(_WAKES_WITHIN_S, instance.hangs_until - now), lambda: self._save_and_leave(instance))
            return
        if now < self.saves_fail_until:
            instance.save_failed_at = now
        else:
            instance.unsaved = False
        self._engine.leave(instance)

    def _find(self, control_address: str, agent_token: str) -> Instance:
        instance = self._engine.by_address.get(control_address)
        if (
            instance is None
            or not instance.alive
            or instance.hangs_until > self._loop.now
            or instance.spec.agent_token != agent_token
        ):
            raise AgentUnreachable(control_address)
        return instance

    def _status(self, instance: Instance) -> AgentStatus:
        phase = AgentPhase.READY if self._loop.now >= instance.ready_at else AgentPhase.WARMING
        if instance.life.fails:
            phase = AgentPhase.FAILED
        elif instance.claim is not None:
            phase = AgentPhase.CLAIMED
        elif instance.taken_back_at is not None:
            phase = AgentPhase.STOPPING
        return AgentStatus(
            task_id=instance.task_id,
            phase=phase,
            workspace_id=instance.claim.workspace_id if instance.claim else None,
            last_activity_at=None if instance.active_at is None else instance.active_at + self.clock_offset_s,
            activity_reason="typed in the editor" if instance.active_at is not None else "",
            busy=instance.busy,
            keep_running_wish_until=instance.keep_running_wish_until,
            unsaved=int(instance.unsaved),
            failure=instance.life.fails,
        )
