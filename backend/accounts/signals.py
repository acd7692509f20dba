"""What accounts tell the packages above them. Receivers run in the transaction of the change."""

from __future__ import annotations

from django.dispatch import Signal

person_changed = Signal()
"""An admin changed a person. Arguments: `user`, `acting_user`."""

sessions_ended = Signal()
"""An admin ended all sessions of a person. Argument: `user`."""

invitation_accepted = Signal()
"""An invited person signed up. Arguments: `invitation`, `user`."""

newcomer_arrives = Signal()
"""The school's provider vouches for somebody without an account. Argument: `newcomer`. A receiver
answers with a `Welcome`, or None."""
