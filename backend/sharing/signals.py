"""What sharing tells the gateway, which lets visitors in. Sent in the transaction of the change."""

from __future__ import annotations

from django.dispatch import Signal

share_ended = Signal()
"""Nobody may stay who came by this share; who still may, can enter again. Argument: `share`."""

visitor_changed = Signal()
"""A person may no longer belong to those with whom something is shared. Argument: `user_id`."""
