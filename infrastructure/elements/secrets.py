"""Secrets that are made here, once, and that nobody ever sees. The database's password is RDS' own (`database`)."""

from __future__ import annotations

from aws_cdk import RemovalPolicy, SecretValue
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infrastructure.elements.keys import StackKey
from infrastructure.names import Names

IDENTITY_KEY_LENGTH = 43
"""So many characters of base64 are 32 bytes; any 32 bytes are an Ed25519 private key."""


class Secrets(Construct):
    def __init__(self, scope: Construct, id: str, *, names: Names, key: StackKey, edge_region: str | None) -> None:
        """`edge_region`: where CloudFront's stack is, when that is not this stack's region; the origin secret is copied there."""
        super().__init__(scope, id)
        self.django = self._random(names, "django-key", key, "Signs sessions (Django's SECRET_KEY)")
        self.identity = self._random(
            names, "identity-key", key, "Ed25519 private key of the gateway's statements", IDENTITY_KEY_LENGTH
        )
        self.cache = self._random(names, "cache-token", key, "Redis' token")
        self.snapshots = self._random(
            names, "snapshots-password", key, "Encrypts the snapshots of homes: lost, they are lost"
        )
        self.email = secretsmanager.Secret(
            self,
            "EmailUrl",
            secret_name=names.path("email-url"),
            description="smtp://user:password@host:587?tls=true; an operator writes it. console: writes mail to the log",
            encryption_key=key.key,
            secret_string_value=SecretValue.unsafe_plain_text("console:"),  # not a secret yet
            removal_policy=RemovalPolicy.RETAIN,
        )
        self.origin = secretsmanager.Secret(
            self,
            "OriginSecret",
            secret_name=names.origin_secret,
            description="CloudFront sends it; the load balancer refuses requests without it",
            generate_secret_string=secretsmanager.SecretStringGenerator(password_length=48, exclude_punctuation=True),
            replica_regions=[secretsmanager.ReplicaRegion(region=edge_region)] if edge_region else None,
            removal_policy=RemovalPolicy.RETAIN,
        )

    def _random(
        self, names: Names, word: str, key: StackKey, description: str, length: int = 64
    ) -> secretsmanager.Secret:
        return secretsmanager.Secret(
            self,
            "".join(part.capitalize() for part in word.split("-")),
            secret_name=names.path(word),
            description=description,
            encryption_key=key.key,
            generate_secret_string=secretsmanager.SecretStringGenerator(
                password_length=length, exclude_punctuation=True
            ),
            removal_policy=RemovalPolicy.RETAIN,
        )
