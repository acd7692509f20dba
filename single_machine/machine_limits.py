"""Limits of the machine that all workspaces share, and that are too low for a class."""

from __future__ import annotations

from pathlib import Path

_INOTIFY = Path("/proc/sys/fs/inotify")
INOTIFY_MIN = {"max_user_instances": 640, "max_user_watches": 65_536}
"""16 instances, which each workspace may have at least, for 40 workspaces."""
_RECOMMENDED = {"max_user_instances": 2_048, "max_user_watches": 1_048_576}


def low_limits(directory: Path = _INOTIFY) -> str:
    """What is too low, what that means and the command that raises it; empty: nothing."""
    low = {}
    for name, least in INOTIFY_MIN.items():
        try:
            value = int((directory / name).read_text())
        except (OSError, ValueError):
            continue
        if value < least:
            low[name] = value
    if not low:
        return ""
    have = " and ".join(f"{value} inotify {name.removeprefix('max_user_')}" for name, value in low.items())
    lines = " ".join(f"fs.inotify.{name}={_RECOMMENDED[name]}" for name in low)
    return (
        f"This machine has {have} for all workspaces together. One workspace cannot use them up, several can; then "
        "editors no longer see that files change. This raises the limit, now and after every restart:\n"
        f"    printf '%s\\n' {lines} | sudo tee /etc/sysctl.d/61-apranova.conf && sudo sysctl --system"
    )
