"""Redis as on AWS, a cluster with a token: everything works in it as in one server."""

from __future__ import annotations

import asyncio
import dataclasses
import socket
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import redis

from backend.gateway.access import REVOKED_CHANNEL, AccessBook, AccessReader, Refused, digest
from backend.gateway.changes import Changes
from backend.gateway.site import Place
from backend.platform.cluster_cache import RedisClusterCache
from backend.platform.environment import Environment, offline, parse
from backend.platform.redis_connections import connect, connect_async
from backend.workspaces.announcements import CHANNEL
from backend.workspaces.live import LiveWorkspaces
from contract.manager import ActivityAnswer, DescribeAnswer
from single_machine.redis import binary_paths
from tests.waiting import until

TOKEN = "a token that only the backend has"
SLOTS = 16_384
BUS_OFFSET = 10_000
"""A node speaks with the others on its port and so much."""


def free_port() -> int:
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        if port + BUS_OFFSET <= 65_535:
            return port


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """One node with all slots. It refuses a command over several slots, as many nodes do."""
    folder, port = tmp_path_factory.mktemp("rc"), free_port()
    process = _start(folder, port)
    try:
        with redis.Redis(port=port, password=TOKEN) as node:
            until(node.ping, ignoring=redis.ConnectionError)
            node.execute_command("CLUSTER ADDSLOTS", *range(SLOTS))
            until(
                lambda: node.execute_command("CLUSTER INFO").get("cluster_state") == "ok",
                ignoring=redis.ConnectionError,
            )
        plain = parse(offline({"REDIS_URL": f"redis://127.0.0.1:{port}/0", "APRANOVA_REDIS_CLUSTER": "yes"}))
        yield dataclasses.replace(plain, redis_token=TOKEN)
    finally:
        process.terminate()
        process.wait(10)


def _start(folder: Path, port: int) -> subprocess.Popen[bytes]:
    settings = {
        "port": str(port),
        "bind": "127.0.0.1",
        "dir": str(folder),
        "save": "",
        "cluster-enabled": "yes",
        "cluster-announce-ip": "127.0.0.1",
        "requirepass": TOKEN,
        "loglevel": "warning",
    }
    words = [word for name, value in settings.items() for word in (f"--{name}", value)]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen([str(binary_paths().server), *words], stdout=log, stderr=log, cwd=folder)


async def test_a_ticket_becomes_access_and_a_sign_out_ends_it(environment: Environment) -> None:
    book, client = AccessBook(connect(environment)), connect_async(environment)
    reader = AccessReader(client)
    try:
        place = Place("ws-aaaaaaaaaa", 3000)
        ticket = book.mint_ticket(place, user_id="7", session_key="session", browser=digest("nonce"))
        token = await reader.trade_ticket(ticket, place, nonce="nonce")
        assert isinstance(token, str)
        assert await reader.trade_ticket(ticket, place, nonce="nonce") is Refused.USED_UP
        access = await reader.find(digest(token))
        assert access is not None
        assert access.user_id == "7"
        assert [ended.place for ended in book.revoke_session("session")] == [place]
        assert await reader.find(digest(token)) is None
    finally:
        await client.aclose()


async def test_what_is_published_anywhere_is_heard(environment: Environment) -> None:
    heard: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
    client = connect_async(environment)
    changes = Changes(
        client,
        revoked=lambda token: heard.put_nowait(("revoked", token)),
        changed=lambda workspace_id: heard.put_nowait(("changed", workspace_id)),
        lost=lambda: heard.put_nowait(("lost", "")),
    )
    changes.start()
    try:
        assert await asyncio.wait_for(heard.get(), 10) == ("lost", "")  # it listens from now on
        await asyncio.wait_for(heard.get(), 10)
        connect(environment).publish(REVOKED_CHANNEL, "a digest")
        assert await asyncio.wait_for(heard.get(), 10) == ("revoked", "a digest")
    finally:
        await changes.aclose()
        await client.aclose()


async def test_live_views_hear_of_changes(environment: Environment) -> None:
    asked: list[Sequence[str]] = []

    def describe(ids: Sequence[str]) -> DescribeAnswer:
        asked.append(ids)
        return DescribeAnswer(())

    live = LiveWorkspaces(
        describe, lambda _: {}, lambda _: ActivityAnswer({}), connect=lambda: connect_async(environment)
    )
    async with live.watching("ws-aaaaaaaaaa"):
        for _ in range(100):  # until it listens
            connect(environment).publish(CHANNEL, "ws-aaaaaaaaaa")
            await asyncio.sleep(0.01)
            if len(asked) > 2:  # by itself it would look every three seconds
                return
    raise AssertionError("no announcement was heard")


def test_djangos_cache_stands_over_several_shards(environment: Environment) -> None:
    cache = RedisClusterCache(environment.redis_url, {"OPTIONS": {"password": TOKEN, "socket_timeout": 2}})
    many = {f"key-{number}": number for number in range(20)}
    assert cache.set_many(many, 60) == []
    assert cache.get_many([*many, "unknown"]) == many
    assert cache.add("key-1", 5) is False
    assert cache.incr("key-1", 2) == 3
    cache.delete_many(list(many)[:10])
    assert sorted(cache.get_many(many)) == sorted(list(many)[10:])
    cache.set("later", {"a": 1}, timeout=0)
    assert cache.get("later", "gone") == "gone"
    cache.clear()
    assert cache.get_many(many) == {}


def test_without_its_token_nobody_gets_in(environment: Environment) -> None:
    with pytest.raises(redis.RedisError):
        connect(dataclasses.replace(environment, redis_token="")).ping()
