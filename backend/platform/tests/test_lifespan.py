from __future__ import annotations

import asyncio
import signal

from backend.platform import lifespan
from backend.platform.lifespan import WithLifespan


def application(begun, *, ready=lambda: True, ending=lambda: None):
    async def inner(scope, receive, send):
        begun.append(scope["type"])

    return WithLifespan(inner, ready=ready, ending=ending)


async def test_the_server_begins_when_what_it_needs_answers():
    begun, asked = [], []

    def ready():
        asked.append(len(begun))
        return len(asked) == 3

    await application(begun, ready=ready)({"type": "lifespan"}, None, None)
    assert (begun, asked) == (["lifespan"], [0, 0, 0])


async def test_what_never_answers_does_not_keep_the_server_away(monkeypatch):
    monkeypatch.setattr(lifespan, "READY_WITHIN_S", 0.1)
    begun = []
    await application(begun, ready=lambda: False)({"type": "lifespan"}, None, None)
    assert begun == ["lifespan"]


async def test_the_end_is_told_before_the_server_waits_for_its_answers():
    earlier = signal.getsignal(signal.SIGTERM)
    told, servers_own = asyncio.Event(), []
    try:
        signal.signal(signal.SIGTERM, lambda number, _: servers_own.append(number))
        await application([], ending=told.set)({"type": "lifespan"}, None, None)
        signal.raise_signal(signal.SIGTERM)
        await asyncio.wait_for(told.wait(), 5)
        assert servers_own == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, earlier)
