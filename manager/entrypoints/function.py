"""The manager as AWS calls it: one function for everything that asks or wakes it.

| sender | event | answer |
|---|---|---|
| the backend, `lambda.invoke` | `{"action": …}` (contract/manager.py) | as on one machine |
| EventBridge Scheduler | `{"action": "sweep"}` | a reconcile pass |
| the queue of wakes | `{"Records": [{"eventSource": "aws:sqs"}]}` | one pass for all |
| ECS, about a task | `{"source": "aws.ecs", "detail": {"startedBy": …}}` | a pass over it |
| the load balancer, `/workspace` | `{"requestContext": {"elb": …}}` | a page, a redirect |

All of them may come twice, late or never: each reads the world, and every write is conditional.
Nothing waits for a task: what is left when a pass ends is left to the next pass, which is requested
through the queue.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from contract.environment import BadSetting, Environment
from contract.names import TASK_ID_PATTERN
from manager.adapters.functions.ready_instances import wanted
from manager.adapters.system.deadline import DeadlineBackground
from manager.aws_settings import read_aws_settings, variables_of
from manager.bootstrap_aws import AwsManager, Clients, build
from manager.domain.reconcile import Plan
from manager.entrypoints.door import Door
from manager.entrypoints.handler import InvocationHandler
from manager.ports.clock import Metrics
from manager.use_cases.reconcile_pass import reconcile_named, reconcile_pass
from manager.use_cases.world import InFlight, World

log = logging.getLogger(__name__)

SETTINGS_FRESH_S = 300.0
"""How long Parameter Store's values are used before they are read again."""
ASK_FOR_NEXT_WITHIN_S = 15.0
"""If something is due so soon, the pass asks for the next one; the scheduled pass does the rest."""
_UNDONE = frozenset({"failed", "error"})


class Context(Protocol):
    """What Lambda passes with each event."""

    def get_remaining_time_in_millis(self) -> int: ...


class Function:
    """One for each process; it answers one event at a time."""

    def __init__(self, environment: Mapping[str, str], clients: Clients) -> None:
        """Raises BadSetting, ClientError, BotoCoreError: Lambda then tries again."""
        self._environment = dict(environment)
        self._path = environment.get("APRANOVA_PARAMETERS", "")
        self._clients = clients
        self._read_at = time.monotonic()
        self._variables = self._environment | self._parameters()
        self._manager = build(read_aws_settings(self._variables), clients)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Function:
        logging.getLogger().setLevel(logging.INFO)  # Lambda's own handler writes JSON
        logging.getLogger("botocore").setLevel(logging.WARNING)
        return cls(environment, Clients(Environment(environment).text("AWS_REGION")))

    def __call__(self, event: Any, context: Context) -> dict[str, Any]:
        self._read_settings_again()
        manager = self._manager
        invocation = Invocation(manager, lambda: context.get_remaining_time_in_millis() / 1000.0)
        try:
            return invocation.answer(event)
        finally:
            invocation.finish()
            manager.metrics.flush()

    def _parameters(self) -> dict[str, str]:
        return variables_of(self._clients.parameters(self._path), self._path) if self._path else {}

    def _read_settings_again(self) -> None:
        """A bad parameter must not stop a running school: the previous settings stay."""
        if not self._path or time.monotonic() - self._read_at < SETTINGS_FRESH_S:
            return
        self._read_at = time.monotonic()
        try:
            variables = self._environment | self._parameters()
            if variables != self._variables:
                self._manager = build(read_aws_settings(variables), self._clients)
                self._variables = variables
        except (BadSetting, ClientError, BotoCoreError) as error:
            log.error("the settings in Parameter Store are wrong, so the previous ones stay: %s", error)  # noqa: TRY400


class Invocation:
    """One event. Its world ends with it: no thread or unfinished work reaches the next event."""

    def __init__(self, manager: AwsManager, remaining_s: Callable[[], float]) -> None:
        self._manager = manager
        self._background = DeadlineBackground(remaining_s)
        self._woken = False
        self._tally = _Tally(manager.metrics)
        self._world: World = replace(
            manager.world,
            background=self._background,
            in_flight=InFlight(),
            metrics=self._tally,
            wake=self._wake,
        )

    def answer(self, event: Any) -> dict[str, Any]:
        match event:
            case {"requestContext": {"elb": _}}:
                return Door(self._world, self._manager.settings.identity_key)(event)
            case {"source": "aws.ecs", "detail": {"startedBy": str(task_id)}} if TASK_ID_PATTERN.fullmatch(task_id):
                self._pass_over([task_id])
                return {"ok": True}
            case {"source": str()}:  # a foreign task, or another event of EventBridge
                return {"ok": True}
            case {"action": "sweep"} | {"Records": [{"eventSource": "aws:sqs"}, *_]}:
                self._whole_pass()
                return {"ok": True}
        return InvocationHandler(self._world, last_sweep_at=self._last_sweep_at)(event)

    def finish(self) -> None:
        """Every change asks for a pass: to refill the pool, save a home, do the next step."""
        self._background.finish()
        if self._woken and self._manager.wakes is not None:
            self._manager.wakes.ask()

    def _wake(self) -> None:
        self._woken = True

    def _whole_pass(self) -> None:
        self._carry_out(lambda: reconcile_pass(self._world))
        next_due_at = self._world.store.find_next_due_at()
        if next_due_at is not None and self._is_soon(next_due_at):
            self._wake()
        self._keep_instances_ready()

    def _keep_instances_ready(self) -> None:
        now = self._world.clock.now()
        if self._manager.ready_instances.is_due(now):
            self._manager.ready_instances.keep(wanted(self._world.store.find_outlook(), now), now)

    def _pass_over(self, task_ids: Iterable[str]) -> None:
        self._carry_out(lambda: reconcile_named(self._world, task_ids))

    def _carry_out(self, begin: Callable[[], Plan]) -> None:
        """A pass that leaves something undone is not repeated: it is counted for the alarm, and the
        next pass does the rest. A pass that could not be made at all is counted and raises."""
        try:
            plan = begin()
        except Exception:
            self._world.metrics.count("sweeps_incomplete_total")
            raise
        self._background.finish()
        if self._is_soon(plan.look_again_at) or self._background.left_out:
            self._wake()
        if self._tally.undone or self._background.left_out:
            self._world.metrics.count("sweeps_incomplete_total")
            log.error(
                "a pass is incomplete: %d actions failed, %d were not begun for want of time",
                self._tally.undone,
                self._background.left_out,
            )

    def _is_soon(self, at: float) -> bool:
        return at <= self._world.clock.now() + ASK_FOR_NEXT_WITHIN_S

    def _last_sweep_at(self) -> float | None:
        """When a pass last recorded the pool's cost: within a minute of the last pass."""
        return self._world.store.find_outlook().metered_at or None


class _Tally:
    """Passes everything on, and counts what a pass could not do."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self.undone = 0

    def count(self, name: str, value: float = 1.0, **labels: str) -> None:
        if name == "engine_unreachable_total" or (name == "actions_total" and labels.get("result") in _UNDONE):
            self.undone += 1
        self._metrics.count(name, value, **labels)

    def observe(self, name: str, value: float, **labels: str) -> None:
        self._metrics.observe(name, value, **labels)
