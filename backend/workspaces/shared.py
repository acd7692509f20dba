"""Whose shared data a person's workspaces see. The packages above us know who decides."""

from __future__ import annotations

from collections.abc import Callable

from backend.accounts.models import User

_rules: list[Callable[[User], str]] = []


def decided_by(rule: Callable[[User], str]) -> None:
    """Called once, when the app that knows is ready."""
    _rules[:] = [rule]


def shared_for(owner: User) -> str:
    """As LaunchRequest.shared."""
    return _rules[0](owner) if _rules else ""
