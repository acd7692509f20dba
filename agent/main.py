"""The agent's start: configuration (standard input or environment), listener, then the rest."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from agent import egress, listener
from agent.application import Application, Places
from agent.limits import adopt_orphans, keep_memory_to_ourselves, set_limits
from agent.moved_home import hide_credentials, make_room
from agent.processes import Children
from agent.task import Task
from contract.agent import CONFIG_VARIABLE, TaskConfig
from contract.names import STUDENT_HOME
from contract.wire import BadMessage, from_json

_CONFIG_BYTES_MAX = 64 * 1024
_USAGE = 2


MakeApplication = Callable[[Places, Children, TaskConfig], Application]


def main(make_application: MakeApplication) -> int:
    """Run one task; exit code 0 after a stop, 1 after a failure, 2 for a wrong configuration."""
    keep_memory_to_ourselves()  # before there is a secret in it
    hide_credentials()
    adopt_orphans()
    os.chdir("/")  # nothing may hold the folder over which the home is mounted
    try:
        config = _read_config()
        server = listener.bind(config.listen)
    except (BadMessage, ValueError, OSError) as problem:
        sys.stderr.write(f"agent: cannot start: {problem}\n")
        return _USAGE
    set_limits(config.processes_max)
    runtime = os.environ.get("XDG_RUNTIME_DIR") or None
    with tempfile.TemporaryDirectory(prefix="task-", dir=runtime, ignore_cleanup_errors=True) as sockets:
        home = Path(os.environ.get("HOME", STUDENT_HOME))
        make_room(home)
        places = Places(home, Path(runtime or sockets), Path(sockets), os.environ)
        return asyncio.run(_run(config, server, lambda children: make_application(places, children, config)))


async def _run(config: TaskConfig, server: socket.socket, make: Callable[[Children], Application]) -> int:
    children = Children()
    task = Task(config, make(children), children=children, now=time.time)
    listening = await asyncio.get_running_loop().create_server(task.connections, sock=server)
    out = await egress.forward(config.egress_socket) if config.egress_socket else None
    code = await task.run()
    listening.close()
    if out is not None:
        out.close()
    return code


def _read_config() -> TaskConfig:
    """One JSON line; then standard input becomes /dev/null, so that no child reads more of it."""
    line = os.environ.pop(CONFIG_VARIABLE, "").encode()
    if not line:
        while not line.endswith(b"\n") and len(line) < _CONFIG_BYTES_MAX and (byte := os.read(0, 4096)):
            line += byte
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    return from_json(TaskConfig, json.loads(line), where="TaskConfig")
