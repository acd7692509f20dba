"""What workspaces tell the packages above them."""

from __future__ import annotations

from django.dispatch import Signal

workspaces_changed = Signal()
"""A person got or lost a workspace. Argument: `owner`. Received in the change's transaction."""

workspace_seen = Signal()
"""The manager answered a person's request. Argument: `view`, how the workspace looks now."""
