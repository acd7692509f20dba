"""The mount table of a prefork template: its image's paths, and none of the host's secrets."""

from __future__ import annotations

import os
import resource
import signal
from pathlib import Path

from manager.adapters.bubblewrap import kernel
from manager.adapters.sandbox_shim.wire import View


def enter_view(view: View) -> None:
    """Runs in the template's process before its program. Raises OSError."""
    kernel.unshare(kernel.CLONE_NEWNS | kernel.CLONE_NEWNET)
    kernel.keep_mounts_to_ourselves()
    sources = {target: os.open(source, os.O_PATH) for target, source in view.mounts.items()}
    for place in (*view.hidden, "/opt", "/tmp"):  # noqa: S108  the template's own
        kernel.mount_empty(place)
    for target, source in sources.items():
        Path(target).mkdir(parents=True, exist_ok=True)
        kernel.bind_mount(f"/proc/self/fd/{source}", target)
    kernel.set_parent_death_signal(signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_NOFILE, (view.open_files_max, view.open_files_max))
