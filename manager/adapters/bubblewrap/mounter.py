"""Changes running sandboxes: takes out the socket's directory, sets limits, brings in the home.

Entering a sandbox's user namespace cannot be undone and is refused to a process with threads. So a
single-threaded child, forked before the engine has any thread, waits for orders and forks again for
each; the grandchild enters, mounts and exits. That takes about 2 ms. Rejected: mount propagation
from the engine's namespace (a mount that came in that way is locked and can never be taken out),
and a helper program for each order (20 ms).
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NoReturn

from manager.adapters.bubblewrap import kernel

ORDER_TIMEOUT_S = 5.0


class MountFailed(Exception):
    """The text names the system call that failed and why."""


@dataclass(frozen=True)
class Order:
    pid: int
    """A process of the sandbox, as the engine sees it."""
    mount_namespace: int
    """The number of the mount namespace in which this pid must still be: pids are reused."""
    detach: str = ""
    source: str = ""
    target: str = ""
    limits: Mapping[str, int] = field(default_factory=dict)
    """Name below /proc/sys/user → value, for the sandbox's user namespace."""


class Mounter:
    """The engine's end. One order at a time: each is short, and the order of mounts matters."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._lock = asyncio.Lock()

    async def detach(self, pid: int, mount_namespace: int, target: str) -> None:
        await self._carry_out(Order(pid, mount_namespace, detach=target))

    async def attach(self, pid: int, mount_namespace: int, source: str, target: str) -> None:
        await self._carry_out(Order(pid, mount_namespace, source=source, target=target))

    async def limit(self, pid: int, mount_namespace: int, limits: Mapping[str, int]) -> None:
        await self._carry_out(Order(pid, mount_namespace, limits=limits))

    async def _carry_out(self, order: Order) -> None:
        loop = asyncio.get_running_loop()
        async with self._lock:
            await loop.sock_sendall(self._connection, json.dumps(asdict(order)).encode())
            try:
                answer = await asyncio.wait_for(loop.sock_recv(self._connection, 4096), ORDER_TIMEOUT_S)
            except TimeoutError:
                # A late answer would be taken for the next order's. Without a mounter the engine is
                # useless.
                sys.exit("the mounter does not answer: the sandbox engine ends, and with it all sandboxes")
        if answer != b"done":
            raise MountFailed(answer.decode(errors="replace") or "the mounter has died")


def fork_mounter() -> Mounter:
    """Call it once the process is in its own namespaces and before it has any thread."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.fork() == 0:
        ours.close()
        _serve(theirs)
    theirs.close()
    ours.setblocking(False)
    return Mounter(ours)


def _serve(orders: socket.socket) -> NoReturn:
    # Ends when the engine's end of the socket closes, which the kernel does however the engine
    # dies.
    while line := orders.recv(4096):
        outcome_read, outcome_write = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(outcome_write, _outcome(Order(**json.loads(line))))
            os._exit(0)
        os.close(outcome_write)
        with os.fdopen(outcome_read, "rb") as outcome:
            orders.send(outcome.read() or b"the process that entered the sandbox died")
        os.waitpid(child, 0)
    os._exit(0)


def _outcome(order: Order) -> bytes:
    try:
        _enter_and_mount(order)
    except OSError as error:
        return str(error).encode()
    return b"done"


def _enter_and_mount(order: Order) -> None:
    # Clone the mount out here, where the source is visible; attach it inside, where the target is.
    clone = kernel.detached_clone_of_mount(order.source) if order.source else -1
    namespace = os.open(f"/proc/{order.pid}/ns/mnt", os.O_RDONLY)
    if os.fstat(namespace).st_ino != order.mount_namespace:
        raise OSError(f"process {order.pid} is not in the sandbox any more")
    # --disable-userns puts processes one user namespace below the one that owns their mounts.
    kernel.enter_namespace(kernel.owning_user_namespace(namespace), kernel.CLONE_NEWUSER)
    kernel.enter_namespace(namespace, kernel.CLONE_NEWNS)
    if order.detach:
        kernel.detach_mount(order.detach)
    if order.source:
        kernel.attach_mount(clone, order.target)
    for name, value in order.limits.items():
        Path("/proc/sys/user", name).write_text(str(value))
