"""A prefork template: loads an application once, then forks a child into each sandbox.

A start that costs seconds of imports becomes a fork of milliseconds, and students share the pages
that nobody writes. The template never sees a student: it has no network, no home and no secret, and
a child learns whose it is only inside that student's sandbox. The application's module offers

    warm() -> None                    load everything; leave one thread, no connection, no database
    serve(link: socket) -> NoReturn   in the child: over `link` the agent says whose child it is

Configuration is one JSON line on standard input (Configuration below), orders come over the
inherited socket `orders_fd`. It ends when that socket closes, however the engine dies.
"""

from __future__ import annotations

import base64
import contextlib
import importlib
import json
import os
import signal
import socket
import sys
import time
from dataclasses import dataclass
from types import FrameType, ModuleType
from typing import Any, NoReturn

from agent.sandbox_entry import enter, give_up_privileges, inherit_orphans

_ORDER_BYTES_MAX = 64 * 1024
_LINK_WITHIN_S = 10.0
_DONE = b"done"


@dataclass(frozen=True)
class Configuration:
    orders_fd: int
    module: str
    link: str
    """Path, inside the sandbox, of the socket on which the agent waits for the child."""
    environment: dict[str, str]
    """All that a child gets."""
    seccomp_filter: str
    """base64"""
    processes_max: int
    """0: no limit, because this kernel would count the processes of all sandboxes together."""


def main() -> int:
    configuration = Configuration(**json.loads(sys.stdin.readline()))
    application = importlib.import_module(configuration.module)
    began = time.monotonic()
    application.warm()
    threads = len(os.listdir("/proc/self/task"))  # noqa: PTH208  counted by the kernel
    if threads != 1:
        sys.stderr.write(f"{configuration.module}: {threads} threads after warm(); a fork would copy only one\n")
        return 1
    inherit_orphans()
    signal.signal(signal.SIGCHLD, _collect)
    orders = socket.socket(fileno=configuration.orders_fd)
    _say(orders, {"warm_s": round(time.monotonic() - began, 2)})
    while order := orders.recv(_ORDER_BYTES_MAX):
        _say(orders, {"failure": _carry_out(configuration, application, json.loads(order))})
    return 0


def _carry_out(configuration: Configuration, application: ModuleType, order: dict[str, Any]) -> str:
    """Fork a child into a sandbox; what went wrong, or ''."""
    outcome_read, outcome_write = os.pipe()
    if os.fork() == 0:
        # This process stays outside the sandbox's PID namespace; only a child of it is inside.
        try:
            enter(order["pid"], order["mount_namespace"], order["cgroup_procs"])
            if os.fork() == 0:
                _become_child(configuration, application, outcome_write)
        except BaseException as problem:  # noqa: BLE001  nothing may return into the parent's loop
            os.write(outcome_write, str(problem).encode()[:4096] or b"failed")
        os._exit(0)
    os.close(outcome_write)
    with os.fdopen(outcome_read, "rb") as outcome:
        text = outcome.read()
    return "" if text == _DONE else text.decode(errors="replace") or "the forked process died on its way in"


def _become_child(configuration: Configuration, application: ModuleType, outcome: int) -> NoReturn:
    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        os.umask(0o077)
        nothing = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(nothing, standard)
        outcome = _close_all_but(outcome)
        os.environ.clear()
        os.environ.update(configuration.environment)
        give_up_privileges(base64.b64decode(configuration.seccomp_filter), configuration.processes_max)
        link = _connect(configuration.link)
        os.write(outcome, _DONE)
        os.close(outcome)
        application.serve(link)
        code = 0
    except BaseException as problem:  # noqa: BLE001  the same
        with contextlib.suppress(OSError):
            os.write(outcome, repr(problem).encode()[:4096])
    finally:
        os._exit(code)


def _close_all_but(descriptor: int) -> int:
    """Descriptor 3 is `descriptor`, and there is none above it."""
    if descriptor != 3:
        os.dup2(descriptor, 3)
    os.closerange(4, os.sysconf("SC_OPEN_MAX"))
    return 3


def _connect(path: str) -> socket.socket:
    """Wait for the agent's socket, which comes just after its listener. Raises OSError."""
    deadline = time.monotonic() + _LINK_WITHIN_S
    while True:
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            link.connect(path)
        except OSError:
            link.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.005)
        else:
            return link


def _collect(_number: int, _frame: FrameType | None) -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _say(orders: socket.socket, message: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):  # the engine has ended, and so will we
        orders.send(json.dumps(message).encode())


if __name__ == "__main__":
    # Without tearing the application down: libraries complain about what was not given back.
    code = main()
    sys.stderr.flush()
    os._exit(code)
