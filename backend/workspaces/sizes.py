"""With which size a person's workspaces are launched. The packages above us know who decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from backend.accounts.models import User
from backend.workspaces.manager_client import manager_client
from contract.manager import SizeView
from contract.names import WorkspaceSize


@dataclass(frozen=True)
class SizeChoice:
    """What a person may choose, and has."""

    sizes: tuple[WorkspaceSize, ...] = ()
    """The smallest first; empty: others decide."""
    chosen: WorkspaceSize | None = None


class Choose(Protocol):
    def __call__(self, owner: User, size: WorkspaceSize | None, /, *, acting_user: User) -> None:
        """Raises ProblemError where the person may not."""
        ...


@dataclass(frozen=True)
class Rules:
    size_of: Callable[[User], WorkspaceSize | None]
    choice_of: Callable[[User], SizeChoice]
    choose: Choose


_rules: list[Rules] = []


def decided_by(rules: Rules) -> None:
    """Called once, when the app that knows is ready."""
    _rules[:] = [rules]


def size_for(owner: User) -> WorkspaceSize | None:
    """None: the installation's default."""
    return _rules[0].size_of(owner) if _rules else None


def choice_for(owner: User) -> SizeChoice:
    return _rules[0].choice_of(owner) if _rules else SizeChoice()


def choose(owner: User, size: WorkspaceSize | None, *, acting_user: User) -> None:
    """None: what others decide. Counts from the next launch on. Raises ProblemError."""
    _rules[0].choose(owner, size, acting_user=acting_user)


def list_sizes() -> tuple[SizeView, ...]:
    """What each size means here, the smallest first."""
    return manager_client().describe(()).sizes
