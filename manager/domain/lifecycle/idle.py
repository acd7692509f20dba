"""When a running workspace stops because nobody uses it, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace

from contract.agent import AgentStatus
from contract.manager import Activity
from contract.names import STARTED, StopReason
from manager.domain.lifecycle.workspace import Workspace
from manager.domain.policy import Policy


@dataclass(frozen=True)
class IdleVerdict:
    workspace: Workspace
    """Its record with what is known of its use, when it stops, and when to look again."""
    stop_now: bool
    warn_now: bool
    unwarn_now: bool = False
    """The application shows a warning whose reason is gone, and does not know."""


def judge(workspace: Workspace, status: AgentStatus | None, *, now: float, policy: Policy) -> IdleVerdict:
    """`status`: None when the agent did not answer. A missing signal is never taken for idleness:
    the workspace is kept until its agent answers, or until the session limit."""
    started = workspace.running_since if workspace.running_since is not None else workspace.state_since
    activity, person_active_at = activity_now(workspace, status, now=now, policy=policy)
    keep_until, reported = _keep_running(workspace, status, now=now, policy=policy)
    idle_timeout_s = workspace.idle_timeout_s(policy)
    warning_s = min(policy.idle_warning_s, idle_timeout_s / 2)

    unheard_until = now + warning_s if status is None else 0.0
    stops_at, reason = max(activity.at + idle_timeout_s, keep_until or 0.0, unheard_until), StopReason.IDLE
    session_end = started + policy.session_max_s
    if session_end <= stops_at:
        stops_at, reason = session_end, StopReason.SESSION_LIMIT
    disk = workspace.disk
    if disk is not None and disk.stops_at is not None and disk.stops_at <= stops_at:
        stops_at, reason = disk.stops_at, StopReason.DISK

    warn_at = stops_at - warning_s
    changed = StopReason.DISK in (reason, workspace.stops_reason) and reason is not workspace.stops_reason
    warned = not changed and workspace.warned_at is not None and workspace.warned_at >= warn_at
    # Soon once it is warned, so that the warning goes away when the student comes back.
    pause_s = policy.status_refresh_s if now < warn_at else policy.status_refresh_s / 4
    look_again_at = min(warn_at if now < warn_at else stops_at, now + pause_s)
    judged = replace(
        workspace,
        activity=activity,
        person_active_at=person_active_at,
        keep_running_until=keep_until,
        keep_running_wish=reported,
        stops_at=stops_at,
        stops_reason=reason,
        warned_at=workspace.warned_at if warned else None,
        due_at=max(now, look_again_at),
    )
    warn_now = warn_at <= now < stops_at and not warned and status is not None
    unwarn_now = changed and workspace.warned_at is not None and not warn_now and status is not None
    return IdleVerdict(judged, stop_now=now >= stops_at, warn_now=warn_now, unwarn_now=unwarn_now)


def capped_keep_running(until: float, *, now: float, policy: Policy) -> float | None:
    """A request to keep running, cut to what is allowed; None: it is past, and ends another."""
    return min(until, now + policy.keep_running_max_s) if until > now else None


def activity_now(
    workspace: Workspace, status: AgentStatus | None, *, now: float, policy: Policy
) -> tuple[Activity, float]:
    """The last activity, and the last one of a person. `status`: as in `judge`."""
    started = workspace.running_since if workspace.running_since is not None else workspace.state_since
    person_at = workspace.person_active_at if workspace.person_active_at is not None else started
    activity = workspace.activity or Activity(started, STARTED)
    if status is None:
        return activity, person_at
    if status.last_activity_at is not None:
        seen_at = min(status.last_activity_at, now)  # a clock ahead of ours must not keep a workspace up
        person_at = max(person_at, seen_at)
        if seen_at > activity.at:
            activity = Activity(seen_at, status.activity_reason or "used the workspace")
    if status.busy:
        busy_at = min(now, person_at + policy.busy_max_s)
        if busy_at > activity.at:
            activity = Activity(busy_at, f"ran {status.busy} (a busy job)")
    return activity, person_at


def _keep_running(
    workspace: Workspace, status: AgentStatus | None, *, now: float, policy: Policy
) -> tuple[float | None, float | None]:
    """A request inside the application counts once, when it changes; else it would never end."""
    until, reported = workspace.keep_running_until, workspace.keep_running_wish
    if status is not None and status.keep_running_wish_until != reported:
        reported = status.keep_running_wish_until
        until = None if reported is None else capped_keep_running(reported, now=now, policy=policy)
    return until, reported
