"""Sentences for students and operators, made from what records and policy say."""

from __future__ import annotations

from contract.manager import DiskView
from contract.names import DiskLevel, StopReason
from manager.domain.disk import HomeDisk, HomeUse, Space, is_nearly_full, reserve_of
from manager.domain.lifecycle.workspace import Workspace
from manager.domain.policy import Policy, Shape


def stop_words(workspace: Workspace, policy: Policy) -> str:
    """Why a running workspace stops at its `stops_at`, words that follow 'because'; empty: no pass
    has judged it yet."""
    match workspace.stops_reason:
        case StopReason.SESSION_LIMIT:
            return f"a session lasts at most {duration_words(policy.session_max_s)}"
        case StopReason.DISK:
            return f"your home uses {use_words(workspace.disk.use, policy)}" if workspace.disk is not None else ""
        case StopReason.IDLE:
            idle_s, active_at = workspace.idle_timeout_s(policy), workspace.activity.at if workspace.activity else 0.0
            if (workspace.keep_running_until or 0.0) > active_at + idle_s:
                return "the time you asked to keep it running ends, and there was no activity"
            return f"no activity for {duration_words(idle_s)}"
        case _:
            return ""


def shape_words(shape: Shape) -> str:
    """'VS Code', 'Superset (large)'."""
    return f"{shape.kind.label} ({shape.size})" if shape.size else shape.kind.label


def duration_words(seconds: float) -> str:
    """'30 minutes', '12 hours', '20 seconds': the largest unit without a remainder."""
    for unit, name in ((3600, "hour"), (60, "minute"), (1, "second")):
        if seconds >= unit and seconds % unit == 0:
            count = int(seconds // unit)
            return f"{count} {name}" + ("" if count == 1 else "s")
    return f"{seconds:g} seconds"


def use_words(use: HomeUse, policy: Policy) -> str:
    """'5.3 GB of 5.0 GB', or the files if these are many and nearer to their limit."""
    at_least = "" if use.whole else "at least "
    if use.used_files / policy.home_files_max > max(0.5, use.used_bytes / policy.home_bytes_max):
        return f"{at_least}{use.used_files:,} of {policy.home_files_max:,} files"
    return f"{at_least}{size_words(use.used_bytes)} of {size_words(policy.home_bytes_max)}"


def size_words(size: float) -> str:
    """'5.3 GB', '820 MB'."""
    return f"{size / 1e9:.1f} GB" if size >= 995e6 else f"{size / 1e6:.0f} MB"


def student_words(disk: HomeDisk, policy: Policy, *, running: bool, stopped_for_it: bool) -> str:
    """What the student must know of it; empty: nothing."""
    used = f"Your home uses {use_words(disk.use, policy)}."
    if stopped_for_it and disk.because:
        return (
            f"Your workspace was saved and stopped because {disk.because}. All your files are kept. "
            "Launch it, then delete files that you do not need."
        )
    match disk.level:
        case DiskLevel.WITHIN:
            return ""
        case DiskLevel.NEAR:
            return f"{used} Delete files that you do not need."
        case DiskLevel.OVER if running and disk.stops_at is not None:
            return f"{used} Delete files that you do not need, or your workspace is saved and stopped. No file is lost."
        case DiskLevel.OVER:
            return f"{used} Launch your workspace, then delete files that you do not need."


def disk_view(spaces: tuple[Space, ...], policy: Policy) -> DiskView:
    """`spaces`: the homes' first."""
    full = [space for space in spaces if is_nearly_full(space, policy)]
    worst = full[0] if full else spaces[0]
    reserve = reserve_of(worst, policy)
    left = f"{size_words(worst.free_bytes)} of {size_words(worst.total_bytes)} are free"
    kept = f"{size_words(reserve)} are kept for the platform"
    text = f"The disk with {worst.name}: {left}, {kept}."
    if full:
        if worst.free_bytes >= reserve:
            left = f"{worst.files_free:,} of {worst.files_total:,} files are free"
        names = " and with ".join(space.name for space in full)
        text = (
            f"The disk with {names} is nearly full: {left}, {kept}. Workspaces go on, but those that "
            "fill it are saved and stopped. Free some space, or make the disk larger."
        )
    return DiskView(bool(full), text)


def advice(failure: str) -> str:
    """What an operator can do about a failure."""
    for words, what in (
        ("did not end within", "Its home is very large: ask its student what can be deleted."),
        ("left out", "Ask its student whether the large files can be deleted."),
        ("could not be read", "The manager's log names the files; see who owns them."),
        ("no space left", "Free some space: docs/runbooks/disk-nearly-full.md"),
        ("wrong password", "secrets.json is another school's: docs/runbooks/restore-one-machine.md"),
        ("damaged", "docs/runbooks/restore-one-machine.md, or restore-on-aws.md"),
    ):
        if words in failure.lower():
            return what
    return "It is tried again by itself; the manager's log says more."
