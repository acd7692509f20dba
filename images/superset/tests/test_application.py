"""The agent's side, against a stand-in for Superset's process at the other end of the line."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from agent.application import ApplicationFailed, Places
from agent.processes import Children
from contract.agent import ClaimRequest, TaskConfig, WarnRequest
from contract.names import WorkspaceKind
from images.superset.application import Superset
from tests.waiting import until_in_this_loop

CLAIM = ClaimRequest("ws-abcdefghij", "secret", "ws-abcdefghij.ws.localhost", "Ada", "ada@example.org", "https://school.example/", "key")  # fmt: skip


class StandIn:
    def __init__(self, path: Path) -> None:
        self._path = path

    async def connect(self) -> StandIn:
        self._reader, self._writer = await asyncio.open_unix_connection(self._path)
        return self

    def say(self, **message: Any) -> None:
        self._writer.write(json.dumps(message).encode() + b"\n")

    async def hear(self) -> dict[str, Any]:
        return json.loads(await self._reader.readline())

    def end(self) -> None:
        self._writer.close()


def made(folder: Path, **config: bool) -> Superset:
    sockets = folder / "s"
    sockets.mkdir(exist_ok=True)
    variables = {"APRANOVA_SUPERSET": "/opt/superset", "AWS_SECRET_ACCESS_KEY": "x"}
    places = Places(folder / "home", folder, sockets, variables)
    return Superset(places, Children(), TaskConfig("task-a", WorkspaceKind.SUPERSET, "token", "unix:/x", **config))


@pytest.fixture
async def superset(tmp_path: Path) -> AsyncIterator[Superset]:
    application = made(tmp_path, preforked=True)
    await application.open()
    yield application
    application._listening.close()


async def _warm(superset: Superset) -> StandIn:
    process = await StandIn(superset._link_path).connect()
    process.say(warm=True)
    await superset.warm_up()
    return process


async def _claim_under_way(superset: Superset) -> tuple[StandIn, asyncio.Task[None]]:
    process = await _warm(superset)
    claiming = asyncio.create_task(superset.claim(CLAIM))
    return process, claiming


async def test_a_process_that_comes_by_itself_is_not_started(superset: Superset, tmp_path: Path) -> None:
    assert superset.command({}) is None
    assert superset._link_path == tmp_path / "superset.sock"


async def test_a_plain_start_gets_the_line_and_nothing_of_the_agents_environment(tmp_path: Path) -> None:
    command = made(tmp_path).command({"http_proxy": "http://127.0.0.1:3128"})
    assert command is not None
    assert command.arguments[0] == "/opt/superset/bin/python"
    assert command.arguments[-1] == str(tmp_path / "s/superset.sock")
    assert "AWS_SECRET_ACCESS_KEY" not in command.environment
    assert command.environment["http_proxy"]


async def test_a_plain_start_is_told_when_somebody_waits(tmp_path: Path) -> None:
    for wanted_now in (False, True):
        command = made(tmp_path, wanted_now=wanted_now).command({})
        assert command is not None
        assert ("--wanted-now" in command.arguments) is wanted_now


async def test_nobody_gets_in_after_the_first(superset: Superset) -> None:
    await _warm(superset)
    with pytest.raises(OSError):  # noqa: PT011  the socket has gone, whatever the kernel calls it
        await StandIn(superset._link_path).connect()


async def test_a_claim_is_handed_on_and_repeating_it_asks_nobody(superset: Superset) -> None:
    process, claiming = await _claim_under_way(superset)
    message = (await process.hear())["claim"]
    assert (message["workspace_id"], message["identity_key"], message["https"]) == ("ws-abcdefghij", "key", True)
    assert message["socket_path"] == superset.socket_path
    process.say(progress="Updating")
    await until_in_this_loop(lambda: superset.progress() == "Updating")
    process.say(serving=True)
    await claiming
    assert superset.progress() == ""
    await superset.claim(CLAIM)


async def test_a_refused_claim_fails_in_its_own_words_and_can_be_tried_again(superset: Superset) -> None:
    process, claiming = await _claim_under_way(superset)
    await process.hear()
    process.say(failure="the home cannot be written")
    with pytest.raises(ApplicationFailed, match="the home cannot be written"):
        await claiming
    again = asyncio.create_task(superset.claim(CLAIM))
    await process.hear()
    process.say(serving=True)
    await again


async def test_a_process_that_dies_in_a_claim_fails_it_and_ends_the_application(superset: Superset) -> None:
    process, claiming = await _claim_under_way(superset)
    await process.hear()
    process.end()
    with pytest.raises(ApplicationFailed, match="has ended"):
        await claiming
    assert await superset.end() == "ended"


async def test_busy_is_what_the_process_says_and_its_end_is_a_sign_of_the_person(superset: Superset) -> None:
    did: list[str] = []
    superset.person_did = did.append
    process = await _warm(superset)
    process.say(busy="a query is running")
    await until_in_this_loop(lambda: superset.busy() == "a query is running")
    process.say(busy="")
    await until_in_this_loop(lambda: not superset.busy())
    assert did == ["ran a query"]


async def test_saving_asks_the_process_once_it_serves(superset: Superset) -> None:
    assert (await superset.save(0)).saved
    process, claiming = await _claim_under_way(superset)
    await process.hear()
    process.say(serving=True)
    await claiming
    saving = asyncio.create_task(superset.save(1))
    assert await process.hear() == {"save": True}
    process.say(saved=False, failure="the disk is full")
    answer = await saving
    assert (answer.saved, answer.failure) == (False, "the disk is full")


async def test_a_warning_is_handed_on_and_keep_running_comes_back(superset: Superset) -> None:
    did: list[str] = []
    superset.person_did = did.append
    process, claiming = await _claim_under_way(superset)
    await process.hear()
    process.say(serving=True)
    await claiming
    await superset.warn(WarnRequest(stops_at=1300.0, text="It stops"))
    assert await process.hear() == {"warn": {"stops_at": 1300.0, "text": "It stops", "may_keep": True}}
    assert superset.keep_running_wish_until() is None
    process.say(keep_running=8200.0)
    await until_in_this_loop(lambda: superset.keep_running_wish_until() == 8200.0)
    assert did == ["asked to keep running"]
