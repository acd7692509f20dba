"""Names that more than one part uses: kinds, states, headers, paths (docs/glossary.md)."""

from __future__ import annotations

import enum
import re

MANAGER_FUNCTION = "workspace-manager"

# The agent's control paths, which the gateway never forwards, and the gateway's own.
AGENT_PATH_PREFIX = "/_agent/"
GATEWAY_PATH_PREFIX = "/_apranova/"
# At the portal's host, the gateway tells how a request arrived, in the two headers below.
ARRIVED_PATH = "/_apranova/arrived"
ARRIVED_SCHEME, ARRIVED_ADDRESS = "x-apranova-scheme", "x-apranova-address"

# Set by the gateway after authorization; the agent checks it on every data request.
LAUNCH_SECRET_HEADER = "x-apranova-launch-secret"  # noqa: S105 (a header's name)
# Set by the gateway: a short-lived JWT (EdDSA) that says who asks. Its audience is the workspace.
IDENTITY_HEADER = "x-apranova-identity"
# Set by the gateway on requests to `p<port>--<workspace>`: the agent passes them to that port.
PORT_HEADER = "x-apranova-port"
# Set by the gateway when somebody else than the owner visits a shared port: for how many seconds
# the connection may live.
VISIT_HEADER = "x-apranova-visit"
# Sent by the manager with every control request to the agent.
AGENT_TOKEN_HEADER = "x-apranova-agent-token"  # noqa: S105 (a header's name)

# The door, `/workspace/<id>/` on the main host. On AWS the manager answers it, which has neither
# sessions nor tickets. So people first visit the backend's inner door for a pass, and again when
# the workspace runs. There everybody gets the ticket, also on one machine.
DOOR_PATH = "/workspace/"
BACKEND_DOOR_PATH = "/api/door/"
# The pass, a cookie of the main host: a short-lived JWT (EdDSA), signed by the backend.
DOOR_COOKIE = "apranova_door"
DOOR_ISSUER = "apranova"
DOOR_AUDIENCE = "door"
DOOR_TRIED = "tried"
"""Marks the address to which the backend returns: without a pass there, cookies are off."""

# Inside every task, for everyone: constant, because VS Code's backups are keyed by folder.
SHARED_DATA = "/shared"
"""Where a task has its cohort's shared data, read-only. `current` in it leads to the version."""
STUDENT_HOME = "/home/student"
STUDENT_PROJECT = "/home/student/project"
SLOT_FOLDER = "/mnt/slot"
"""Where a task on ECS mounts its slot; its home comes to a folder in it."""
STUDENT_UID = 1000

WORKSPACE_ID_PATTERN = re.compile(r"^ws-[a-z2-7]{10}$")
"""Also the first label of the workspace's host name; ten base-32 characters are 50 bits."""

PREVIEW_LABEL_PATTERN = re.compile(r"^p([1-9][0-9]{3,4})--(ws-[a-z2-7]{10})$")
"""The first label of a port's host name: one label, so that one wildcard certificate serves it."""
PREVIEW_PORTS = range(1024, 65536)
"""A student's program cannot open a lower one."""


def preview_label(workspace_id: str, port: int) -> str:
    return f"p{port}--{workspace_id}"


TASK_ID_PATTERN = re.compile(r"^task-[a-z2-7]{16}$")
HOME_ID_PATTERN = re.compile(r"^home-[a-z2-7]{16}$")


class WorkspaceKind(enum.StrEnum):
    # A further kind: docs/kinds.md.
    VSCODE = "vscode"
    SUPERSET = "superset"

    @property
    def label(self) -> str:
        """What people call it."""
        return _LABELS[self]


_LABELS = {WorkspaceKind.VSCODE: "VS Code", WorkspaceKind.SUPERSET: "Superset"}


class WorkspaceSize(enum.StrEnum):
    """How much memory a workspace may use, and its share of the CPU: contract/sizes.py."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"

    @property
    def label(self) -> str:
        """What people call it."""
        return self.value.capitalize()


class WorkspaceState(enum.StrEnum):
    """A workspace's life: docs/state-diagram.md."""

    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    DELETED = "deleted"
    """Can be undone until the grace period ends. Then record and home are removed."""


class TaskState(enum.StrEnum):
    """A task's life: docs/state-diagram.md."""

    STARTING = "starting"
    READY = "ready"
    CLAIMED = "claimed"
    STOPPING = "stopping"
    STOPPED = "stopped"


class LaunchPath(enum.StrEnum):
    """How a launch was served."""

    EXISTING = "existing"
    WARM = "warm"
    COLD = "cold"


class StepName(enum.StrEnum):
    """A step of a launch or of the stop that ends it, in the order in which they usually come."""

    REQUESTED = "requested"
    TASK_STARTING = "task_starting"
    TASK_READY = "task_ready"
    TASK_CLAIMED = "task_claimed"
    TASK_FAILED = "task_failed"
    """The first task of the launch failed; the launch tries another one."""
    TASK_CLEANED_UP = "task_cleaned_up"
    """What was left of that task is gone."""
    HOME_ATTACHED = "home_attached"
    PROGRESS = "progress"
    """What the application is doing while its start takes long."""
    APPLICATION_READY = "application_ready"
    SAVING = "saving"
    CAME_BACK = "came_back"
    """The student was active during an idle stop, so the workspace starts again."""
    SAVED = "saved"
    TASK_STOPPED = "task_stopped"
    RESTORED = "restored"
    FAILED = "failed"

    @classmethod
    def _missing_(cls, value: object) -> StepName | None:
        return cls.TASK_CLEANED_UP if value == "task_put_away" else None  # records of release 0.1


class StopReason(enum.StrEnum):
    """Why a workspace stopped or, while it runs, why it will stop if nothing happens."""

    BY_PERSON = "by_person"
    IDLE = "idle"
    SESSION_LIMIT = "session_limit"
    RESTART = "restart"
    DELETED = "deleted"
    TASK_ENDED = "task_ended"
    """The task ended by itself or was killed from outside."""
    LAUNCH_FAILED = "launch_failed"
    DISK = "disk"
    """Its home was over its limit, or it filled the platform's disk."""


class DiskLevel(enum.StrEnum):
    """How a home stands to its limits."""

    WITHIN = "within"
    NEAR = "near"
    """From 80 % on: its student is warned."""
    OVER = "over"
    """A grace begins; when it ends, the workspace is saved and stopped."""


class HelpVisits(enum.StrEnum):
    """When an instructor may open a student's workspace, by the school's choice."""

    WHEN_CALLED = "when-called"
    """Only while the student asks for help."""
    DURING_CLASS = "during-class"
    """Also while a class of the student's cohort meets, by its timetable."""
    ALWAYS = "always"


SCHOOL_VARIABLES = (
    *("NPM_CONFIG_REGISTRY", "PIP_INDEX_URL", "PIP_TRUSTED_HOST", "PIP_FIND_LINKS", "EXTENSIONS_GALLERY"),
    *("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "PIP_CERT", "NODE_EXTRA_CA_CERTS"),
)
"""Of the school's network, for a task's programs: mirrors, authorities (contract/network.py)."""


STARTED, CLAIMED = "opened the workspace", "launched it"
ACTIVITY_OF_A_START = frozenset({STARTED, CLAIMED})
"""The manager's and the agent's reasons of an activity, while nobody has done anything."""
