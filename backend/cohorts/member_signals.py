"""What changes of memberships tell other parts. Sent in the transaction of the change."""

from __future__ import annotations

from django.dispatch import Signal

members_moved = Signal()
"""Students came into another cohort by one statement, which sends no `post_save`. Argument:
`student_ids`."""
