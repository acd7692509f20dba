"""With which size a person's workspaces are launched. The packages above us know who decides."""

from __future__ import annotations

from collections.abc import Callable

from backend.accounts.models import User
from backend.workspaces.manager_client import manager_client
from contract.manager import SizeView
from contract.names import WorkspaceSize

Chosen = Callable[[User], WorkspaceSize | None]

_chosen: list[Chosen] = []


def chosen_by(chosen: Chosen) -> None:
    """Called once, when the app that knows is ready."""
    _chosen[:] = [chosen]


def size_for(owner: User) -> WorkspaceSize | None:
    """None: the installation's default."""
    return _chosen[0](owner) if _chosen else None


def list_sizes() -> tuple[SizeView, ...]:
    """What each size means here, the smallest first."""
    return manager_client().describe(()).sizes
