"""The agent's start: configuration from standard input (or the environment), listener first, then everything else."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

from agent import egress, listener
from agent.application import Application
from agent.limits import set_limits
from agent.processes import Children
from agent.task import Task
from contract.agent import CONFIG_VARIABLE, TaskConfig
from contract.wire import BadMessage, from_json

_CONFIG_BYTES_MAX = 64 * 1024
_USAGE = 2


def main(make_application: Callable[[Children, TaskConfig], Application]) -> int:
    """Run one task; the exit code is 0 after a stop, 1 after a failure, 2 for a configuration that is wrong."""
    try:
        config = _read_config()
        server = listener.bind(config.listen)
    except (BadMessage, ValueError, OSError) as problem:
        sys.stderr.write(f"agent: cannot start: {problem}\n")
        return _USAGE
    set_limits(config.processes_max)
    return asyncio.run(_run(config, server, make_application))


async def _run(
    config: TaskConfig, server: socket.socket, make_application: Callable[[Children, TaskConfig], Application]
) -> int:
    children = Children()
    task = Task(config, make_application(children, config), children=children, now=time.time)
    listening = await asyncio.get_running_loop().create_server(task.connections, sock=server)
    out = await egress.forward(config.egress_socket) if config.egress_socket else None
    code = await task.run()
    listening.close()
    if out is not None:
        out.close()
    return code


def _read_config() -> TaskConfig:
    """One JSON line; then standard input becomes /dev/null, so that nobody below us reads what is behind it."""
    line = os.environ.pop(CONFIG_VARIABLE, "").encode()
    if not line:
        while not line.endswith(b"\n") and len(line) < _CONFIG_BYTES_MAX and (byte := os.read(0, 4096)):
            line += byte
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    return from_json(TaskConfig, json.loads(line), where="TaskConfig")
