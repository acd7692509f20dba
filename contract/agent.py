"""Messages between the workspace manager and the task agent, JSON over HTTP on the task's one listener.

Control requests carry `AGENT_TOKEN_HEADER`; anything else is a data request and must carry `LAUNCH_SECRET_HEADER`
of the claim, or is refused with 403 (503 before the claim). The agent removes both headers before the application
sees the request.

| request | body | answer |
|---|---|---|
| GET  /_agent/status | – | AgentStatus |
| POST /_agent/claim  | ClaimRequest | AgentStatus (once the application serves the student; idempotent for the same workspace and secret, 409 for another) |
| POST /_agent/warn   | WarnRequest | {} – shows the warning inside the application |
| POST /_agent/save   | – | SaveAnswer |
| POST /_agent/stop   | – | {} – then the agent ends the application and exits 0 |
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from contract.names import WorkspaceKind

CONFIG_VARIABLE = "APRANOVA_TASK_CONFIG"
"""Holds the TaskConfig where an engine offers no standard input (ECS). It can be read by whoever runs in the task."""


class AgentPhase(enum.StrEnum):
    WARMING = "warming"
    READY = "ready"
    CLAIMED = "claimed"
    STOPPING = "stopping"
    FAILED = "failed"


@dataclass(frozen=True)
class TaskConfig:
    """One JSON line on the agent's standard input at its start, or in CONFIG_VARIABLE: nothing secret stands in argv or the
    environment, so there `agent_token` is empty and only its digest is given."""

    task_id: str
    kind: WorkspaceKind
    agent_token: str = field(repr=False)
    listen: str
    """`unix:/path` or `ip:port`."""
    egress_socket: str = ""
    """Path (inside the task) of the filtering proxy's Unix socket; empty: no outgoing network of the agent's making."""
    agent_token_digest: str = ""
    """SHA-256 of the token, hexadecimal: what the agent needs to know one, without having it."""
    processes_max: int = 512
    preforked: bool = False
    """The application's process comes by itself: the engine forks it off a prefork template and puts it into this task."""
    wanted_now: bool = False
    """A person waits for this task: ready soon matters more than a quick first page."""


@dataclass(frozen=True)
class ClaimRequest:
    workspace_id: str
    launch_secret: str = field(repr=False)
    public_host: str = ""
    """Host (with port) under which the student's browser sees the workspace."""
    student_name: str = ""
    student_email: str = ""
    portal_url: str = ""
    """Where signing out leads to."""
    identity_key: str = ""
    """The gateway's public Ed25519 key (raw, base64url), with which IDENTITY_HEADER is verified."""


@dataclass(frozen=True)
class WarnRequest:
    stops_at: float
    text: str


@dataclass(frozen=True)
class AgentStatus:
    task_id: str
    phase: AgentPhase
    workspace_id: str | None = None
    last_activity_at: float | None = None
    activity_reason: str = ""
    busy: str = ""
    """Name of a foreground job that uses CPU now; empty when none."""
    sessions: int = 0
    """Open connections of browsers; shown, never counted as activity."""
    unsaved: int = 0
    keep_running_wish_until: float | None = None
    """The student pressed 'Keep running' inside the application."""
    progress: str = ""
    """While a claim takes long: what is being done, a sentence without a full stop."""
    failure: str = ""


@dataclass(frozen=True)
class SaveAnswer:
    saved: bool
    documents: int = 0
    failure: str = ""
