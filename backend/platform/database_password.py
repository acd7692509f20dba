"""Connections to a database whose password changes while we run (RDS: every seven days).

A connection is opened with the password that opened the last one. When the database refuses it, the
secret is read, and a password that is new there is tried. So nothing depends on a restart.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from psycopg import Connection, OperationalError

ReadPassword = Callable[[], str]

_QUICK = Config(connect_timeout=3, read_timeout=3, retries={"total_max_attempts": 2})
"""Somebody waits for the connection."""


def password_in_secret(arn: str, *, region: str, client: Any = None) -> ReadPassword:
    """Reads the `password` of a secret in Secrets Manager. May raise ClientError, BotoCoreError."""

    def read() -> str:
        secrets = client or boto3.client("secretsmanager", region_name=region, config=_QUICK)
        return str(json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"])["password"])

    return read


def connections_with(read_password: ReadPassword) -> type[Connection[Any]]:
    """A class for psycopg's pool. It begins with the password that the pool was given."""

    class FreshlyReadPassword(Connection[Any]):
        newest: str | None = None

        @classmethod
        def connect(cls, conninfo: str = "", **options: Any) -> Connection[Any]:
            password = cls.newest or options.get("password")
            try:
                return super().connect(conninfo, **{**options, "password": password})
            except OperationalError as refused:
                try:
                    found = read_password()
                except (BotoCoreError, ClientError, ValueError, KeyError) as unread:
                    raise refused from unread
                if found == password:  # it was not the password
                    raise
                connection = super().connect(conninfo, **{**options, "password": found})
                cls.newest = found
                return connection

    return FreshlyReadPassword
