"""Whether somebody's workspace may be launched. The packages above us know what a budget is."""

from __future__ import annotations

from collections.abc import Callable

from backend.accounts.models import User
from contract.errors import ApraNovaError

Refusal = Callable[[User], ApraNovaError | None]
_rules: list[Refusal] = []


def decided_by(rule: Refusal) -> None:
    """Called once, when the app that knows is ready."""
    _rules[:] = [rule]


def refusal_for(owner: User) -> ApraNovaError | None:
    """Why nothing of theirs is launched now; what is up goes on. None: it may be."""
    return _rules[0](owner) if _rules else None
