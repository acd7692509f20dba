"""Secrets that are made here once, and that nobody ever sees. RDS keeps the database's password."""

from __future__ import annotations

from typing import Any

from aws_cdk import RemovalPolicy, SecretValue
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infrastructure.names import EDGE_REGION
from infrastructure.stacks.base import PlatformStack

IDENTITY_KEY_LENGTH = 43
"""This many characters of base64 are 32 bytes; any 32 bytes are an Ed25519 private key."""


class Secrets(Construct):
    def __init__(self, stack: PlatformStack) -> None:
        super().__init__(stack, "Secrets")
        self._stack = stack
        ours = {"encryption_key": stack.key}
        self.django = self._random("django-key", "Signs sessions (Django's SECRET_KEY)", **ours)
        self.identity = self._random(
            "identity-key", "Ed25519 private key that signs identity tokens", IDENTITY_KEY_LENGTH, **ours
        )
        self.cache = self._random("cache-token", "Redis' token", **ours)
        self.snapshots = self._random(
            "snapshots-password", "Encrypts the snapshots of homes; without it they cannot be read", **ours
        )
        self.email = self._secret(
            "email-url",
            "smtp://user:password@host:587?tls=true; an operator writes it. console: writes mail to the log",
            secret_string_value=SecretValue.unsafe_plain_text("console:"),  # not a secret yet
            **ours,
        )
        self.bounces = self._secret(
            "email-bounces",
            "imaps://user:password@host/folder, where mail comes back; an operator writes it. none: nowhere",
            secret_string_value=SecretValue.unsafe_plain_text("none:"),  # not a secret yet
            **ours,
        )
        self.sign_in = self._secret(
            "sign-in",
            'Client secrets of sign-in providers; an operator writes them: {"openid": "…", "google": "…"}',
            secret_string_value=SecretValue.unsafe_plain_text("{}"),  # no secret yet
            **ours,
        )
        # CloudFront reads it in its own region, which cannot use this stack's key.
        elsewhere = stack.region != EDGE_REGION
        self.origin = self._random(
            "origin-secret",
            "CloudFront sends it; the load balancer refuses requests without it",
            length=48,
            replica_regions=[secretsmanager.ReplicaRegion(region=EDGE_REGION)] if elsewhere else None,
        )

    def _random(self, word: str, description: str, length: int = 64, **properties: Any) -> secretsmanager.Secret:
        generator = secretsmanager.SecretStringGenerator(password_length=length, exclude_punctuation=True)
        return self._secret(word, description, generate_secret_string=generator, **properties)

    def _secret(self, word: str, description: str, **properties: Any) -> secretsmanager.Secret:
        return secretsmanager.Secret(
            self,
            "".join(part.capitalize() for part in word.split("-")),
            secret_name=self._stack.names.path(word),
            description=description,
            removal_policy=RemovalPolicy.RETAIN,
            **properties,
        )
