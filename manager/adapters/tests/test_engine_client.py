"""A launch waits for an engine that restarts; a look at the fleet does not."""

from __future__ import annotations

import asyncio
import json
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.errors import ApraNovaError
from contract.names import WorkspaceKind
from manager.adapters.sandbox_engine import client
from manager.adapters.sandbox_engine.client import SandboxEngineTaskRunner
from manager.adapters.sandbox_engine.server import EngineServer
from manager.adapters.sandbox_shim.wire import ShimGone


@pytest.fixture
def engine_socket() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:  # a socket's path must be short
        yield Path(folder) / "engine.sock"


def serve(path: Path, answers: list[bytes], *, after_s: float) -> None:
    """From some time on, answer one call after the other; an empty answer closes the connection."""

    def run() -> None:
        time.sleep(after_s)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            listener.listen()
            for answer in answers:
                connection, _ = listener.accept()
                with connection:
                    connection.recv(4096)
                    connection.sendall(answer)

    threading.Thread(target=run, daemon=True).start()


@pytest.mark.parametrize("dies_first", [False, True])
def test_a_call_waits_for_an_engine_that_restarts(engine_socket: Path, dies_first: bool) -> None:
    answer = json.dumps({"value": "vscode-1"}).encode() + b"\n"
    serve(engine_socket, [b"", answer] if dies_first else [answer], after_s=0.0 if dies_first else 0.4)
    assert SandboxEngineTaskRunner(engine_socket, isolation="bubblewrap").image(WorkspaceKind.VSCODE) == "vscode-1"


async def test_an_engine_whose_shim_has_gone_gives_no_answer(engine_socket: Path) -> None:
    """The story: a click met "The sandbox engine failed" in the moment between the two ends."""

    class Fleet:
        def list_tasks(self) -> None:
            raise ShimGone("it ended")

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(engine_socket))
        server = EngineServer(Fleet(), None, None)  # type: ignore[arg-type]
        async with await server.listen(listener):
            reader, writer = await asyncio.open_unix_connection(engine_socket)
            writer.write(b'{"call": "list_tasks"}\n')
            assert await reader.read() == b""
            writer.close()


def test_neither_waits_forever(engine_socket: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runner = SandboxEngineTaskRunner(engine_socket, isolation="bubblewrap")
    began = time.monotonic()
    with pytest.raises(ApraNovaError, match="does not answer"):
        runner.list_tasks()
    assert time.monotonic() - began < client.RESTART_S / 2
    monkeypatch.setattr(client, "RESTART_S", 0.2)
    with pytest.raises(ApraNovaError, match="does not answer"):
        runner.image(WorkspaceKind.VSCODE)
