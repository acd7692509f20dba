"""Records of releases in the deploy's bucket: which templates each was made of, so that going back needs no old source tree."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from botocore.exceptions import ClientError

from infrastructure.deploy.aws import Aws, DeployFailed, refusal
from infrastructure.deploy.stacks import Template

FOLDER = "releases/"


def record(aws: Aws, bucket: str, release: str, templates: dict[str, Template]) -> None:
    """Only after it was seen to work. The same release deployed again (with other settings) replaces its record."""
    body = {word: asdict(template) for word, template in templates.items()}
    aws.client("s3").put_object(Bucket=bucket, Key=f"{FOLDER}{release}.json", Body=json.dumps(body, indent=1).encode())


def known_releases(aws: Aws, bucket: str) -> tuple[str, ...]:
    """Newest first; the last 100."""
    s3: Any = aws.client("s3")
    found = s3.list_objects_v2(Bucket=bucket, Prefix=FOLDER).get("Contents", [])
    newest = sorted(found, key=lambda item: item["LastModified"], reverse=True)
    return tuple(item["Key"].removeprefix(FOLDER).removesuffix(".json") for item in newest[:100])


def templates_of(aws: Aws, bucket: str, release: str) -> dict[str, Template]:
    """Raises DeployFailed when that release was never deployed from here."""
    try:
        body = aws.client("s3").get_object(Bucket=bucket, Key=f"{FOLDER}{release}.json")["Body"].read()
    except ClientError as error:
        if refusal(error) not in ("NoSuchKey", "NoSuchBucket", "404"):
            raise
        known = ", ".join(known_releases(aws, bucket)) if refusal(error) == "NoSuchKey" else ""
        raise DeployFailed(f"{release} was never deployed here; known are: {known or 'none'}") from None
    return {word: Template(**values) for word, values in json.loads(body).items()}
