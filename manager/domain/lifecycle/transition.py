"""The error of a change that a transition table does not allow."""

from __future__ import annotations


class IllegalTransition(Exception):
    """A bug in the caller: the record was not in a state from which this change makes sense."""
