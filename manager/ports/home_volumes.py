"""The port to persistent homes: directories on one machine, EFS access points on AWS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from contract.collect import CollectAnswer, CollectRequest
from contract.errors import ApraNovaError, Reason
from contract.names import HOME_ID_PATTERN, WorkspaceKind


def check_home_id(home_id: str) -> str:
    """Return the id. Raises ValueError for anything else, before it becomes a path or a key."""
    if not HOME_ID_PATTERN.fullmatch(home_id):
        raise ValueError(f"not the id of a home: {home_id!r}")
    return home_id


@dataclass(frozen=True)
class HomeOwner:
    """Whose a home is: enough to make the workspace's record again."""

    workspace_id: str
    owner_id: str
    kind: WorkspaceKind
    owner_name: str = ""
    owner_email: str = ""


class HomeMissing(ApraNovaError):
    """It existed and is not there: a fault that no other task would help."""

    def __init__(self, home_id: str) -> None:
        message = "Your files cannot be reached at the moment; please tell your school"
        super().__init__(Reason.LAUNCH_FAILED, message, detail=f"home {home_id} is missing")


class HomeVolumes(Protocol):
    """Creates and ends homes. A home outlives every task; only `purge`, after a person's delete,
    ends it."""

    def create(self, home_id: str, owner: HomeOwner | None = None) -> None:
        """Create an empty home, owned by the student's uid. Idempotent.

        Another process may know it only when a task was started with it. Where records live on the
        same machine, `owner` is kept next to the home, out of the student's reach. Raises
        ApraNovaError(NO_CAPACITY): disk full.
        """

    def exists(self, home_id: str) -> bool: ...

    def copy_folder(self, home_id: str, request: CollectRequest) -> CollectAnswer | None:
        """Copy a folder of a home at rest, which does not change. Never follows a symbolic link.
        None: the home cannot be read now."""

    def purge(self, home_id: str) -> None:
        """Remove the home, everything in it and its snapshots for good. Idempotent. Never follows a
        symbolic link out of the home."""
