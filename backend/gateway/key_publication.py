"""Publishes the identity key's public half for the manager on AWS, in Parameter Store."""

from __future__ import annotations

from typing import Any

import boto3
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from backend.platform.identity_key import public_half

NAME = "identity-key"
"""Below the manager's path; the manager's settings know it as APRANOVA_IDENTITY_KEY."""


def publish(key: Ed25519PrivateKey, path: str, *, region: str, client: Any = None) -> str:
    """Write it and return its name; safe to repeat. Raises ClientError, BotoCoreError."""
    parameters = client or boto3.client("ssm", region_name=region)
    name = f"{path.rstrip('/')}/{NAME}"
    parameters.put_parameter(Name=name, Value=public_half(key), Type="String", Overwrite=True)
    return name
