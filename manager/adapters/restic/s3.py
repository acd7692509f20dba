"""Repositories in one S3 bucket, a prefix for each home."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from manager.adapters.restic.repositories import newest_first
from manager.ports.home_backup import HomeSnapshot
from manager.ports.home_volumes import check_home_id

if TYPE_CHECKING:
    from botocore.credentials import Credentials
    from mypy_boto3_s3 import S3Client

_ERASED_AT_ONCE = 1_000
"""The most that one S3 request removes."""


class S3Repositories:
    def __init__(self, client: S3Client, bucket: str, credentials: Credentials | None) -> None:
        """`credentials`: the client's own, for restic; None if snapshots are only listed."""
        self._client = client
        self._bucket = bucket
        self._credentials = credentials

    def __str__(self) -> str:
        return f"s3://{self._bucket}"

    def url(self, home_id: str) -> str:
        return f"s3:{self._client.meta.endpoint_url}/{self._bucket}/{check_home_id(home_id)}"

    def url_of(self, home_id: str, snapshot_id: str) -> str:  # noqa: ARG002 (nothing is set aside here)
        return self.url(home_id)

    def environment(self) -> Mapping[str, str]:
        if self._credentials is None:
            return {}
        frozen = self._credentials.get_frozen_credentials()
        return {
            "AWS_ACCESS_KEY_ID": frozen.access_key or "",
            "AWS_SECRET_ACCESS_KEY": frozen.secret_key or "",
            "AWS_SESSION_TOKEN": frozen.token or "",
            "AWS_DEFAULT_REGION": self._client.meta.region_name or "",
        }

    def exists(self, home_id: str) -> bool:
        try:
            self._client.head_object(Bucket=self._bucket, Key=f"{check_home_id(home_id)}/config")
        except ClientError as error:
            if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 404:
                return False
            raise OSError(f"S3 does not say whether there are snapshots of {home_id}: {error}") from error
        except BotoCoreError as error:
            raise OSError(str(error)) from error
        return True

    def list(self, home_id: str) -> tuple[HomeSnapshot, ...]:
        prefix = f"{check_home_id(home_id)}/snapshots/"
        return newest_first([HomeSnapshot(key.removeprefix(prefix), at) for key, at in self._objects(prefix)])

    def set_aside(self, home_id: str) -> None:
        """S3 cannot rename, and an earlier version of a lost object may still be there."""
        if self._objects(f"{check_home_id(home_id)}/"):
            raise OSError("S3 has a damaged repository; see docs/runbooks/restore-on-aws.md")

    def erase(self, home_id: str) -> None:
        keys = [key for key, _ in self._objects(f"{check_home_id(home_id)}/")]
        for start in range(0, len(keys), _ERASED_AT_ONCE):
            try:
                answer = self._client.delete_objects(
                    Bucket=self._bucket,
                    Delete={"Objects": [{"Key": key} for key in keys[start : start + _ERASED_AT_ONCE]], "Quiet": True},
                )
            except (ClientError, BotoCoreError) as error:
                raise OSError(str(error)) from error
            if answer.get("Errors"):
                raise OSError(f"S3 keeps {len(answer['Errors'])} objects of {home_id}: {answer['Errors'][0]}")

    def _objects(self, prefix: str) -> list[tuple[str, float]]:
        try:
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
            return [
                (found.get("Key", ""), found["LastModified"].timestamp() if "LastModified" in found else 0.0)
                for page in pages
                for found in page.get("Contents", [])
            ]
        except (ClientError, BotoCoreError) as error:
            raise OSError(f"S3 does not list {prefix}: {error}") from error
