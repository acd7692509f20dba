"""Records of releases: the templates of each, so that a rollback needs no old source tree."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from infrastructure.deploy.aws import Aws
from infrastructure.deploy.stacks import Template

FOLDER = "releases/"


def record(aws: Aws, bucket: str, release: str, templates: dict[str, Template]) -> None:
    """Once it works. A release that is deployed again replaces its record."""
    body = {word: asdict(template) for word, template in templates.items()}
    aws.client("s3").put_object(Bucket=bucket, Key=f"{FOLDER}{release}.json", Body=json.dumps(body, indent=1).encode())


def known_releases(aws: Aws, bucket: str) -> tuple[str, ...]:
    """Newest first; the last 100."""
    s3: Any = aws.client("s3")
    found = s3.list_objects_v2(Bucket=bucket, Prefix=FOLDER).get("Contents", [])
    newest = sorted(found, key=lambda item: item["LastModified"], reverse=True)
    return tuple(item["Key"].removeprefix(FOLDER).removesuffix(".json") for item in newest[:100])


def templates_of(aws: Aws, bucket: str, release: str) -> dict[str, Template]:
    """Of one of the `known_releases`."""
    body = aws.client("s3").get_object(Bucket=bucket, Key=f"{FOLDER}{release}.json")["Body"].read()
    return {word: Template(**values) for word, values in json.loads(body).items()}
