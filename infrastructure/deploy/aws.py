"""AWS for a deploy: clients for a region, waiting, and one kind of failure."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError


class DeployFailed(Exception):
    """The text says what failed, why, and what to do. The same command continues."""


@dataclass(frozen=True)
class Aws:
    session: boto3.Session
    region: str
    endpoint: str | None = None
    """An emulator's; none: AWS."""
    pause: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.monotonic

    def client(self, service: str, region: str | None = None) -> Any:
        path_style = {"s3": {"addressing_style": "path"}, "proxies": {}} if self.endpoint else {}
        config = Config(retries={"mode": "standard", "total_max_attempts": 8}, **path_style)
        make: Any = self.session.client  # its stubs know each service by a literal
        return make(service, region_name=region or self.region, endpoint_url=self.endpoint, config=config)

    def until(self, done: Callable[[], bool], *, within_s: float, every_s: float, failure: Callable[[], str]) -> None:
        """Raises DeployFailed with `failure()` after `within_s` seconds."""
        deadline = self.now() + within_s
        while not done():
            if self.now() >= deadline:
                raise DeployFailed(failure())
            self.pause(every_s)


def refusal(error: ClientError) -> str:
    """AWS' code of the refusal: ValidationError, NoSuchBucket."""
    return error.response.get("Error", {}).get("Code", "")


def said(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Message", str(error))
