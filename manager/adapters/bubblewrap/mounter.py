"""Changes running sandboxes: takes out the socket's directory, sets limits, brings in the home.

Entering a sandbox's user namespace cannot be undone and is refused to a process with threads. So
the shim, which has one thread, forks for each order; the child enters, mounts and exits. That takes
about 2 ms. Rejected: mount propagation from the shim's namespace (a mount that came in that way is
locked and can never be taken out), and a helper program for each order (20 ms).
"""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass, field
from pathlib import Path

from contract.names import SHARED_DATA
from manager.adapters.bubblewrap import kernel

NOTHING_MOUNTED = f"[Errno {errno.EINVAL}] umount2"
"""In the text of an error: there is no mount at `Order.detach`."""


@dataclass(frozen=True)
class Order:
    pid: int
    """A process of the sandbox, as the engine sees it."""
    mount_namespace: int
    """The number of the mount namespace in which this pid must still be: pids are reused."""
    detach: str = ""
    source: str = ""
    target: str = ""
    shared: str = ""
    """A folder that comes to SHARED_DATA, read-only. A shim of an earlier release brings nothing:
    that is why this is no flag beside `source`."""
    limits: dict[str, int] = field(default_factory=dict)
    """Name below /proc/sys/user → value, for the sandbox's user namespace."""


def carry_out(order: Order) -> None:
    """Call it in the shim. Raises OSError; the text names the system call that failed and why."""
    outcome_read, outcome_write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(outcome_write, _outcome(order))
        finally:
            os._exit(0)
    os.close(outcome_write)
    with os.fdopen(outcome_read, "rb") as outcome:
        answer = outcome.read() or b"the process that entered the sandbox died"
    os.waitpid(child, 0)
    if answer != b"done":
        raise OSError(answer.decode(errors="replace"))


def _outcome(order: Order) -> bytes:
    try:
        _enter_and_mount(order)
    except OSError as error:
        return str(error).encode()
    return b"done"


def _enter_and_mount(order: Order) -> None:
    # Clone the mount out here, where the source is visible; attach it inside, where the target is.
    clone = kernel.detached_clone_of_mount(order.source) if order.source else -1
    shared = kernel.detached_clone_of_mount(order.shared) if order.shared else -1
    if order.shared:
        kernel.make_read_only(shared)
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
    if order.shared:
        kernel.attach_mount(shared, SHARED_DATA)
    for name, value in order.limits.items():
        Path("/proc/sys/user", name).write_text(str(value))
