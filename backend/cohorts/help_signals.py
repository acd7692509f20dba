"""What visits tell the gateway, which lets visitors in. Sent in the transaction of the change."""

from __future__ import annotations

from django.dispatch import Signal

visit_ended = Signal()
"""The visitor may stay no longer. Argument: `visit`."""
