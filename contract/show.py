"""What people tell a student inside the application: from backend to manager to agent."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ShowRequest:
    """What people tell the student inside the application. An earlier release refuses it."""

    news: str = ""
    """A notice, shown once; empty: none."""
    visitors: str | None = None
    """Who is in the workspace besides the student: 'Ms Bell is here'. Empty: nobody. None: as it
    was."""
    help_changed: bool = False
    """The student asked for help, or needs it no longer. The application's page asks what is true
    now: nothing in the task keeps it."""
