"""Telling AWS' refusals apart."""

from __future__ import annotations

from botocore.exceptions import ClientError


def code_of(error: ClientError) -> str:
    """The word by which AWS names the refusal; empty when it gave none."""
    return error.response.get("Error", {}).get("Code", "")
