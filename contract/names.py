"""Names that more than one part uses: kinds, states, headers, paths. One meaning each (docs/glossary.md)."""

from __future__ import annotations

import enum
import re

MANAGER_FUNCTION = "workspace-manager"

# The door and the agent's control paths. The gateway never forwards `/_agent/` from a browser.
AGENT_PATH_PREFIX = "/_agent/"
GATEWAY_PATH_PREFIX = "/_apranova/"

# Set by the gateway after authorization, checked by the agent on every data request, never sent by a browser.
LAUNCH_SECRET_HEADER = "x-apranova-launch-secret"  # noqa: S105 (a header's name)
# Set by the gateway: a short-lived JWT (EdDSA) that says who is asking, with the workspace's id as its audience.
IDENTITY_HEADER = "x-apranova-identity"
# Sent by the manager with every control request to the agent.
AGENT_TOKEN_HEADER = "x-apranova-agent-token"  # noqa: S105 (a header's name)

# The door, `/workspace/<id>/` on the main host. On AWS the manager answers it, which has neither sessions nor tickets, so people come
# and go through the backend's side of it: that one gives a pass to whoever is signed in, and a ticket when the workspace runs.
DOOR_PATH = "/workspace/"
BACKEND_DOOR_PATH = "/api/door/"
# A cookie of the main host: a short-lived JWT (EdDSA), signed by the backend, that says who is at the door.
DOOR_COOKIE = "apranova_door"
DOOR_ISSUER = "apranova"
DOOR_AUDIENCE = "door"
DOOR_TRIED = "tried"
"""In the query of the address to which the backend returns with a pass: who then has none keeps no cookies."""

# Inside every task, for everyone: constant, because VS Code's backups are keyed by folder.
STUDENT_HOME = "/home/student"
STUDENT_PROJECT = "/home/student/project"
STUDENT_UID = 1000

WORKSPACE_ID_PATTERN = re.compile(r"^ws-[a-z2-7]{10}$")
"""A workspace's id is also its host name's first label: `ws-` and ten base-32 characters (50 random bits)."""

TASK_ID_PATTERN = re.compile(r"^task-[a-z2-7]{16}$")


class WorkspaceKind(enum.StrEnum):
    # A further kind: docs/kinds.md.
    VSCODE = "vscode"
    SUPERSET = "superset"

    @property
    def label(self) -> str:
        """What people call it."""
        return _LABELS[self]


_LABELS = {WorkspaceKind.VSCODE: "VS Code", WorkspaceKind.SUPERSET: "Superset"}


class WorkspaceState(enum.StrEnum):
    """A workspace's life: docs/state-diagram.md."""

    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    DELETED = "deleted"
    """Marked for deletion; can be undone until the grace period ends, then record and home go."""


class TaskState(enum.StrEnum):
    """A task's life: docs/state-diagram.md."""

    STARTING = "starting"
    READY = "ready"
    CLAIMED = "claimed"
    STOPPING = "stopping"
    STOPPED = "stopped"


class LaunchPath(enum.StrEnum):
    """How a launch was served: the three branches of the document's decision tree."""

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
    """The student was active again during an idle stop, so the workspace starts again afterwards."""
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
