"""One invocation: an event (the decoded payload) in, an answer out. function.py calls it on AWS."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Literal, TypeAlias, assert_never

from contract import wire
from contract.checks import CheckRequest
from contract.errors import ApraNovaError, Reason, shown
from contract.history import HistoryPathRequest, HistoryVersionsRequest, PutBackRequest
from contract.manager import (
    Action,
    CohortIdRequest,
    CohortRequest,
    CollectionRequest,
    CreateRequest,
    DeleteRequest,
    DescribeRequest,
    EndVisitsRequest,
    ErrorBody,
    ExpectRequest,
    HandOutsRequest,
    KeepRunningRequest,
    LaunchRequest,
    RestoreRequest,
    SharedAccessRequest,
    ShowsRequest,
    WorkspaceAnswer,
    WorkspaceRequest,
)
from manager.use_cases import (
    capacity,
    cohorts,
    collections,
    expect,
    hand_outs,
    history,
    lifetime,
    shared_data,
    snapshots,
    stop,
    views,
)
from manager.use_cases.launch import launch
from manager.use_cases.world import World

log = logging.getLogger(__name__)

_Inside: TypeAlias = Literal[
    Action.SNAPSHOTS,
    Action.RESTORE,
    Action.PORTS,
    Action.ACTIVITY,
    Action.PROGRAMS,
    Action.END_VISITS,
    Action.HAND_OUT,
    Action.COLLECT,
    Action.CHECK,
    Action.HISTORY,
    Action.HISTORY_FOLDER,
    Action.HISTORY_FILE,
    Action.HISTORY_VERSIONS,
    Action.PUT_BACK,
    Action.SHOW,
    Action.SHARED_ACCESS,
]


class InvocationHandler:
    """Maps events to use cases and their errors to answers. Unexpected errors pass through."""

    def __init__(self, world: World, *, last_sweep_at: Callable[[], float | None]) -> None:
        self._world = world
        self._kinds = views.Kinds(world)
        self._put_backs = history.PutBacks()
        self._last_sweep_at = last_sweep_at

    def __call__(self, event: Any) -> dict[str, Any]:
        try:
            return {"ok": True, **wire.to_json(self._answer(event))}
        except wire.BadMessage as error:
            return self._error(Reason.BAD_REQUEST, str(error))
        except ApraNovaError as error:
            safe = shown(error, log)
            return self._error(safe.reason, safe.message)

    def _error(self, reason: Reason, message: str) -> dict[str, Any]:
        self._world.metrics.count("invocation_errors_total", reason=str(reason))
        return {"ok": False, "error": wire.to_json(ErrorBody(str(reason), message))}

    def _answer(self, event: Any) -> Any:
        if not isinstance(event, dict):
            raise wire.BadMessage("message: an object is expected")
        action = self._action(event.get("action"))
        self._world.metrics.count("invocations_total", action=str(action))
        world = self._world
        match action:
            case Action.CREATE:
                return self._view(lifetime.create(world, wire.from_json(CreateRequest, event)))
            case Action.LAUNCH:
                launched = wire.from_json(LaunchRequest, event)
                return self._view(launch(world, launched.workspace_id, launched))
            case Action.STOP:
                return self._view(stop.stop(world, _workspace_id(event)))
            case Action.RESTART:
                restarted = wire.from_json(LaunchRequest, event)
                return self._view(stop.restart(world, restarted.workspace_id, restarted))
            case Action.KEEP_RUNNING:
                wish = wire.from_json(KeepRunningRequest, event)
                return self._view(stop.keep_running(world, wish.workspace_id, wish.until))
            case Action.DELETE:
                deleted = wire.from_json(DeleteRequest, event)
                return self._view(lifetime.delete(world, deleted.workspace_id, at_once=deleted.at_once))
            case Action.UNDELETE:
                return self._view(lifetime.undelete(world, _workspace_id(event)))
            case Action.DESCRIBE:
                return views.describe(world, wire.from_json(DescribeRequest, event).workspace_ids, self._kinds)
            case Action.FLEET:
                return views.fleet(world, self._kinds, last_sweep_at=self._last_sweep_at())
            case Action.CAPACITY:
                return capacity.capacity(world, self._kinds, last_sweep_at=self._last_sweep_at())
            case Action.SWEEP:
                world.wake()
                return {}
            case Action.PUT_COHORT:
                cohorts.put(world, wire.from_json(CohortRequest, event))
                return {}
            case Action.REMOVE_COHORT:
                cohorts.remove(world, wire.from_json(CohortIdRequest, event).cohort_id)
                return {}
            case Action.EXPECT:
                expect.expect(world, wire.from_json(ExpectRequest, event))
                return {}
            case _:
                return self._answer_inside(action, event)

    def _answer_inside(self, action: _Inside, event: dict[str, Any]) -> Any:
        """What is in workspaces: files, programs, ports, visitors."""
        world = self._world
        match action:
            case Action.SNAPSHOTS:
                return snapshots.list_snapshots(world, _workspace_id(event))
            case Action.RESTORE:
                wanted = wire.from_json(RestoreRequest, event)
                return self._view(snapshots.restore(world, wanted.workspace_id, wanted.snapshot_id))
            case Action.PORTS:
                return views.ports(world, wire.from_json(DescribeRequest, event).workspace_ids)
            case Action.ACTIVITY:
                return views.activity(world, wire.from_json(DescribeRequest, event).workspace_ids)
            case Action.PROGRAMS:
                return views.programs(world, wire.from_json(DescribeRequest, event).workspace_ids)
            case Action.END_VISITS:
                ended = wire.from_json(EndVisitsRequest, event)
                views.end_visits(world, ended.workspace_id, ended.port)
                return {}
            case Action.HAND_OUT:
                handed = wire.from_json(HandOutsRequest, event)
                return hand_outs.hand_out(world, handed.workspace_ids, handed.hand_out)
            case Action.COLLECT:
                wanted_copy = wire.from_json(CollectionRequest, event)
                return collections.collect(world, wanted_copy.workspace_id, wanted_copy.collect)
            case Action.CHECK:
                return world.checks.check(wire.from_json(CheckRequest, event))
            case Action.HISTORY:
                return history.list_history(world, _workspace_id(event))
            case Action.HISTORY_FOLDER:
                return history.read_folder(world, wire.from_json(HistoryPathRequest, event))
            case Action.HISTORY_FILE:
                return history.read_piece(world, wire.from_json(HistoryPathRequest, event))
            case Action.HISTORY_VERSIONS:
                return history.list_versions(world, wire.from_json(HistoryVersionsRequest, event))
            case Action.PUT_BACK:
                return self._put_backs.put_back(world, wire.from_json(PutBackRequest, event))
            case Action.SHOW:
                shown = wire.from_json(ShowsRequest, event)
                views.show(world, shown.workspace_ids, shown.show)
                return {}
            case Action.SHARED_ACCESS:
                shared_data.put_access(world, wire.from_json(SharedAccessRequest, event).workspaces)
                return {}
            case _:
                assert_never(action)

    def _action(self, value: Any) -> Action:
        try:
            return Action(value)
        except ValueError:
            raise wire.BadMessage(f"action: one of {', '.join(Action)} is expected") from None

    def _view(self, workspace: Any) -> WorkspaceAnswer:
        return WorkspaceAnswer(views.view(workspace, self._world.policy, histories=self._world.history.offered))


def _workspace_id(event: dict[str, Any]) -> str:
    return wire.from_json(WorkspaceRequest, event).workspace_id
