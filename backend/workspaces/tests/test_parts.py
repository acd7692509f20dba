"""Views of unknown workspaces, live views and the manager's client, without a server."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import itertools
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from django.conf import settings

from backend.accounts.models import User
from backend.workspaces import live, services
from backend.workspaces.live import LiveWorkspaces, Watch
from backend.workspaces.manager_client import build_manager_client
from backend.workspaces.models import Workspace
from backend.workspaces.presentation import workspace_out
from contract.errors import ApraNovaError, Reason
from contract.manager import Activity, ActivityAnswer, DescribeAnswer, KindView, MemoryView, WorkspaceView
from contract.names import WorkspaceKind, WorkspaceState
from tests.waiting import until_in_this_loop

MOMENT = datetime(2026, 9, 21, tzinfo=UTC)
CODE = WorkspaceKind.VSCODE
VIEW = WorkspaceView("ws-aaaaaaaaaa", "7", CODE, WorkspaceState.RUNNING, version=1)


def workspace(**changes: object) -> Workspace:
    return Workspace(
        pk="ws-aaaaaaaaaa", owner=User(name="Ada", email="a@x.org"), kind="vscode", name="Ada's", **changes
    )


def test_a_workspace_that_the_manager_does_not_know_is_stopped_or_deleted() -> None:
    plain, gone = workspace(), workspace(deleted_at=MOMENT, purge_at=MOMENT)
    stopped = WorkspaceView(plain.pk, str(plain.owner.pk), CODE, WorkspaceState.STOPPED, version=0)
    at = MOMENT.timestamp()
    deleted = dataclasses.replace(
        stopped, owner_id=str(gone.owner.pk), state=WorkspaceState.DELETED, deleted_at=at, purge_at=at
    )
    assert (services.unknown_view(plain), services.unknown_view(gone)) == (stopped, deleted)


def test_the_api_shows_both_records_in_one() -> None:
    mine = workspace()
    told = dataclasses.replace(VIEW, activity=Activity(1.0, "typed"), failure="f", stops_because="b", running_since=2.0)
    out = workspace_out(mine, told).dict()
    assert (out["id"], out["name"], out["kind"], out["state"]) == (mine.pk, "Ada's", "vscode", "running")
    assert out["url"] == f"{settings.ENVIRONMENT.public_url}/workspace/{mine.pk}/"
    assert out["owner"] == {"id": mine.owner.pk, "name": "Ada"}
    assert (out["failure"], out["stops_because"], out["last_activity"]["reason"]) == ("f", "b", "typed")
    empty = workspace_out(mine, VIEW).dict()
    assert (empty["failure"], empty["stops_because"], empty["last_activity"]) == (None, None, None)


def test_the_client_waits_as_long_as_it_should() -> None:
    for given, read_s, attempts in (({}, 8.0, 2), ({"read_timeout_s": 2.0, "attempts_max": 1}, 2.0, 1)):
        client = build_manager_client(settings.ENVIRONMENT, **given)._invoker
        found = client.meta.config
        assert (found.connect_timeout, found.read_timeout, found.retries["total_max_attempts"]) == (
            1.0,
            read_s,
            attempts,
        )
        assert (found.max_pool_connections, found.tcp_keepalive, found.proxies) == (32, True, {})
        expected = (settings.ENVIRONMENT.manager_endpoint, "us-east-1")
        assert (client.meta.endpoint_url, client.meta.region_name) == expected
        assert client._request_signer._credentials.access_key == "AKIATESTS"


def test_a_watch_is_set_only_by_news() -> None:
    watch, kinds = Watch("ws-aaaaaaaaaa"), (KindView(CODE, ready=True, text=""),)
    for view, with_kinds, news in (
        (None, (), True),
        (None, (), False),
        (VIEW, (), True),
        (VIEW, kinds, True),
        (VIEW, kinds, False),
    ):
        watch.changed.clear()
        watch.take(view, DescribeAnswer((), with_kinds))
        assert (watch.changed.is_set(), watch.view, watch.kinds, watch.answered) == (news, view, with_kinds, True)


@pytest.mark.parametrize(
    ("answer", "interval_s"),
    [
        (VIEW, live.CALM_INTERVAL_S), (dataclasses.replace(VIEW, state=WorkspaceState.STARTING), live.BUSY_INTERVAL_S),
        (dataclasses.replace(VIEW, state=WorkspaceState.STOPPING), live.BUSY_INTERVAL_S),
        (ApraNovaError(Reason.INTERNAL, "x"), live.UNAVAILABLE_INTERVAL_S), (ValueError(), live.UNAVAILABLE_INTERVAL_S),
    ],
)  # fmt: skip
async def test_the_poller_looks_as_often_as_it_should(answer: object, interval_s: float) -> None:
    asked: list[list[str]] = []

    def describe(ids: list[str]) -> DescribeAnswer:
        asked.append(ids)
        if isinstance(answer, Exception):
            raise answer
        return DescribeAnswer((answer,), ())  # type: ignore[arg-type]

    views = LiveWorkspaces(describe, lambda _: {}, lambda _: ActivityAnswer({}), connect=lambda: None)  # type: ignore[arg-type]
    mine, again, unknown = Watch("ws-aaaaaaaaaa"), Watch("ws-aaaaaaaaaa"), Watch("ws-bbbbbbbbbb")
    views._watches |= {mine, again, unknown}
    assert await views._look(everything=True) == interval_s
    assert asked == [["ws-aaaaaaaaaa", "ws-bbbbbbbbbb"]]
    answered = not isinstance(answer, Exception)
    assert [watch.answered for watch in (mine, again, unknown)] == [answered] * 3
    assert (mine.view, unknown.view) == (answer if answered else None, None)
    assert views._is_watched(b"ws-aaaaaaaaaa")
    assert not views._is_watched(b"ws-cccccccccc\xff")


async def test_while_one_starts_the_others_are_not_asked_for_again_and_again() -> None:
    asked: list[list[str]] = []
    starting = dataclasses.replace(VIEW, workspace_id="ws-bbbbbbbbbb", state=WorkspaceState.STARTING)

    def describe(ids: list[str]) -> DescribeAnswer:
        asked.append(ids)
        return DescribeAnswer((VIEW, starting), ())

    views = LiveWorkspaces(describe, lambda _: {}, lambda _: ActivityAnswer({}), connect=lambda: None)  # type: ignore[arg-type]
    views._watches |= {Watch(VIEW.workspace_id), Watch(starting.workspace_id)}
    for everything in (True, False, False, True):
        assert await views._look(everything=everything) == live.BUSY_INTERVAL_S
    both = [VIEW.workspace_id, starting.workspace_id]
    assert asked == [both, [starting.workspace_id], [starting.workspace_id], both]


async def test_only_for_a_class_are_agents_asked_what_people_did_last() -> None:
    asked: list[list[str]] = []
    newer = Activity(VIEW.activity.at + 5 if VIEW.activity else 5.0, "typed in the editor")

    def ask(ids: list[str]) -> ActivityAnswer:
        asked.append(ids)
        return ActivityAnswer(dict.fromkeys(ids, newer), dict.fromkeys(ids, MemoryView(7, 8)))

    views = LiveWorkspaces(lambda _: DescribeAnswer((VIEW,), ()), lambda _: {}, ask, connect=lambda: None)  # type: ignore[arg-type]
    mine = Watch(VIEW.workspace_id)
    on_the_wall = Watch(VIEW.workspace_id, wants_ports=False, wants_activity=True)
    asleep = Watch("ws-bbbbbbbbbb", wants_ports=False, wants_activity=True)
    for watch in (mine, on_the_wall, asleep):
        views.join(watch)
    await until_in_this_loop(lambda: on_the_wall.activity is not None)
    for watch in (mine, on_the_wall, asleep):
        views.leave(watch)
    assert {tuple(ids) for ids in asked if ids} == {(VIEW.workspace_id,)}
    assert on_the_wall.current == dataclasses.replace(VIEW, activity=newer)
    assert (mine.current, asleep.current) == (VIEW, None)
    later = dataclasses.replace(VIEW, activity=Activity(newer.at + 1, "launched it"))
    on_the_wall.take(later, DescribeAnswer(()))
    assert on_the_wall.current == later, "what an agent said earlier is older than a launch"


async def test_what_programs_hold_is_known_to_the_list_alone_and_while_it_runs() -> None:
    told = ActivityAnswer({VIEW.workspace_id: Activity(5.0, "typed")}, {VIEW.workspace_id: MemoryView(7, 8)})
    views = LiveWorkspaces(
        lambda _: DescribeAnswer((VIEW,), ()),
        lambda _: {},
        lambda ids: told if ids else ActivityAnswer({}),
        connect=lambda: None,  # type: ignore[arg-type]
    )
    in_the_list = Watch(VIEW.workspace_id, wants_ports=False, wants_memory=True)
    on_the_wall = Watch(VIEW.workspace_id, wants_ports=False, wants_activity=True)
    views._watches |= {in_the_list, on_the_wall}
    await views._look(everything=True)
    await views._look_inside(lambda _: True)
    for watch in (in_the_list, on_the_wall):
        watch.changed.clear()
    assert in_the_list.current == dataclasses.replace(
        VIEW, activity=told.activity[VIEW.workspace_id], memory=MemoryView(7, 8)
    )
    assert on_the_wall.current == dataclasses.replace(VIEW, activity=told.activity[VIEW.workspace_id])
    told.memory[VIEW.workspace_id] = MemoryView(6, 8)
    await views._look_inside(lambda _: True)
    assert (in_the_list.changed.is_set(), on_the_wall.changed.is_set()) == (True, False)
    in_the_list.take(dataclasses.replace(VIEW, state=WorkspaceState.STOPPED), DescribeAnswer(()))
    assert in_the_list.current is not None
    assert in_the_list.current.memory is None


async def test_a_rush_of_announcements_leaves_most_of_the_time_to_the_launches() -> None:
    began: list[float] = []

    def describe(_: list[str]) -> DescribeAnswer:
        began.append(time.monotonic())
        time.sleep(0.02)  # what thirty views take
        return DescribeAnswer((VIEW,), ())

    views = LiveWorkspaces(describe, lambda _: {}, lambda _: ActivityAnswer({}), connect=lambda: None)  # type: ignore[arg-type]
    async with views.watching(VIEW.workspace_id):
        while len(began) < 5:
            views._wake.set()
            await asyncio.sleep(0.001)
    assert min(later - earlier for earlier, later in itertools.pairwise(began)) > 0.02 * live.PAUSE_FACTOR


async def test_what_was_announced_before_it_listened_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "CALM_INTERVAL_S", 600.0)
    asked: list[object] = []

    class Channel(contextlib.AsyncExitStack):
        def pubsub(self) -> Channel:
            return Channel()

        async def subscribe(self, _: str) -> None:
            await until_in_this_loop(lambda: asked)

        async def listen(self) -> AsyncIterator[dict[str, object]]:
            yield {"type": "subscribe", "data": 1}
            await asyncio.Event().wait()

    views = LiveWorkspaces(
        lambda ids: asked.append(ids) or DescribeAnswer((VIEW,), ()),  # type: ignore[func-returns-value]
        lambda _: {},
        lambda _: ActivityAnswer({}),
        connect=Channel,  # type: ignore[arg-type]
    )
    async with views.watching(VIEW.workspace_id):
        await until_in_this_loop(lambda: len(asked) == 2, within_s=30)


async def test_nobody_polls_for_nobody() -> None:
    asked = []
    views = LiveWorkspaces(
        lambda ids: asked.append(ids) or DescribeAnswer((VIEW,), ()),  # type: ignore[func-returns-value]
        lambda _: {},
        lambda _: ActivityAnswer({}),
        connect=lambda: None,  # type: ignore[arg-type]
    )
    async with views.watching(VIEW.workspace_id) as watch:
        await asyncio.wait_for(watch.changed.wait(), 5)
        assert (watch.view, len(views._tasks)) == (VIEW, 5)
        async with views.watching(VIEW.workspace_id):
            assert len(views._tasks) == 5
    assert (views._tasks, views._watches, len(asked) <= 2) == ([], set(), True)
