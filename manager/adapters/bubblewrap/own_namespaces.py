"""Puts the shim into a user and a mount namespace of its own, where it may mount without root.

There it has capabilities over the sandboxes, whose namespaces are children of its own, and none
over the host. When it dies, the mount namespace disappears with every mount in it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from manager.adapters.bubblewrap import kernel


class NoUserNamespaces(Exception):
    """The kernel, or a policy of the distribution, does not allow this user namespaces."""


def become(uid: int) -> None:
    """Give up root for `uid` for good. A sandbox of the host's root could still write /proc/sys."""
    with _keeping_death_signal():
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        kernel.let_own_proc_files_be_ours()


def enter_own_namespaces(homes_dir: Path) -> None:
    """Call it once, while the process has a single thread. Raises `NoUserNamespaces`."""
    uid, gid = os.geteuid(), os.getegid()
    try:
        with _keeping_death_signal():
            kernel.unshare(kernel.CLONE_NEWUSER | kernel.CLONE_NEWNS)
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
            Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
            kernel.bind_mount_without_suid_and_devices(str(homes_dir))
    except OSError as error:
        raise NoUserNamespaces(str(error)) from error


@contextlib.contextmanager
def _keeping_death_signal() -> Iterator[None]:
    """A change of credentials clears the parent-death signal that the supervisor set."""
    number, parent = kernel.parent_death_signal(), os.getppid()
    yield
    if number:
        kernel.set_parent_death_signal(number)
        if os.getppid() != parent:  # it died while no signal was set
            os.kill(os.getpid(), number)
