"""What assignments tell the packages above them."""

from __future__ import annotations

from django.dispatch import Signal

submissions_returned = Signal()
"""Marks and comments were returned, or taken back, in this transaction. Arguments: `assignment`,
`rows`, its submissions."""
