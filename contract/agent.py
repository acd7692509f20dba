"""Messages between the workspace manager and a task's agent: JSON over HTTP, on its one listener.

Control requests carry `AGENT_TOKEN_HEADER`. Every other request is a data request: without the
claim's `LAUNCH_SECRET_HEADER` it is refused with 403 (503 before the claim). The agent removes both
headers before the application sees the request.

| request | body | answer |
|---|---|---|
| GET  /_agent/status | – | AgentStatus |
| POST /_agent/claim  | ClaimRequest | AgentStatus, once the application serves the student |
| POST /_agent/warn   | WarnRequest | {} – shows the warning, or takes it back |
| POST /_agent/home-use | HomeUseRequest | {} – shows how full the home is |
| POST /_agent/show   | ShowRequest | {} – shows what people say, and who is there |
| POST /_agent/save   | – | SaveAnswer |
| POST /_agent/end-visits | EndVisitsRequest | {} – closes what visitors have open |
| POST /_agent/hand-out | HandOutRequest | HandOutAnswer – a repeat changes nothing |
| POST /_agent/collect | CollectRequest | CollectAnswer – reads, and changes nothing |
| POST /_agent/look | LookRequest | LookAnswer – reads, and changes nothing |
| POST /_agent/write-files | WriteRequest | WriteAnswer – puts files of then into the home |
| POST /_agent/stop   | – | {} – then the agent ends the application and exits 0 |

A claim may be repeated with the same workspace and secret; another one is refused with 409.
"""

from __future__ import annotations

import enum
import signal
from dataclasses import dataclass, field

from contract.names import WorkspaceKind

PROGRAM_ENDED_SIGNAL = signal.SIGURG
"""From the engine to the agent: a program was ended because the task's memory was full. An agent of
an earlier release ignores it."""

CONFIG_VARIABLE = "APRANOVA_TASK_CONFIG"
"""Holds the TaskConfig on ECS. Every process in the task can read it."""


class AgentPhase(enum.StrEnum):
    WARMING = "warming"
    READY = "ready"
    CLAIMED = "claimed"
    STOPPING = "stopping"
    FAILED = "failed"


@dataclass(frozen=True)
class TaskConfig:
    """One JSON line on the agent's standard input at its start, or in CONFIG_VARIABLE.

    The environment holds no secret: there `agent_token` is empty and only its digest is given.
    """

    task_id: str
    kind: WorkspaceKind
    agent_token: str = field(repr=False)
    listen: str
    """`unix:/path` or `ip:port`."""
    egress_socket: str = ""
    """Path inside the task of the filtering proxy's Unix socket; may be empty."""
    agent_token_digest: str = ""
    """SHA-256 of the token, hexadecimal: enough to check a token."""
    processes_max: int = 512
    preforked: bool = False
    """The engine forks the application's process from a prefork template into this task."""
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
    home_id: str = ""
    """The home that has come to the task's slot; empty where the engine mounted it."""
    memory_bytes: int = 0
    """What all its programs together may use; 0: not known."""


@dataclass(frozen=True)
class WarnRequest:
    """A warning that the workspace stops at `stops_at`, which replaces an earlier one.

    0 stands for no such time: with a text it is a notice, which is shown once; without one it takes
    the warning back.
    """

    stops_at: float
    text: str
    may_keep: bool = True
    """Whether the person's activity, or *Keep running*, prevents the stop."""


@dataclass(frozen=True)
class EndVisitsRequest:
    """A shared port is shared no longer, or not with everybody: open connections end."""

    port: int
    """0: an instructor's visit of the application has ended."""


@dataclass(frozen=True)
class HomeUseRequest:
    """How much of its limit the home uses, for the application's status bar."""

    text: str
    """'1.2 GB of 5.0 GB'."""
    nearly_full: bool


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
    ports: tuple[int, ...] = ()
    """On which the student's programs listen."""
    programs: tuple[str, ...] = ()
    """The student's that run now: 'npm run dev', 'python train.py (2)'; without options, addresses
    and other things that may be secrets. An agent of an earlier release names none."""
    memory_bytes: int = 0
    """What all its programs hold, as the student's status bar shows it; 0: not known."""


@dataclass(frozen=True)
class SaveAnswer:
    saved: bool
    documents: int = 0
    failure: str = ""
