"""Tells the errors of AWS apart."""

from __future__ import annotations

from botocore.exceptions import ClientError


def code_of(error: ClientError) -> str:
    """The error code that AWS gave; empty if it gave none."""
    return error.response.get("Error", {}).get("Code", "")
