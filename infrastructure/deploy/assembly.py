"""What synthesis wrote. Each file is uploaded once, under its content's hash."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from infrastructure.deploy.aws import Aws, refusal
from infrastructure.deploy.stacks import Template

_LONG_AGO = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o644 << 16


@dataclass(frozen=True)
class Assembly:
    folder: Path

    def templates(self, aws: Aws) -> dict[str, Template]:
        """Stack's word (`data`) → its template, as `upload` puts it into the bucket."""
        found: dict[str, Template] = {}
        for name, artifact in self._artifacts("aws:cloudformation:stack").items():
            properties, region = artifact["properties"], artifact["environment"].rsplit("/", 1)[1]
            bucket, _, key = properties["stackTemplateAssetObjectUrl"].removeprefix("s3://").partition("/")
            found[name.rsplit("-", 1)[1]] = Template(
                stack=name,
                region=region,
                url=object_url(aws, region, bucket, key),
                tags=properties.get("tags", {}),
                protected=properties.get("terminationProtection", False),
            )
        return found

    def upload(self, aws: Aws) -> int:
        """Returns how many files were not there yet."""
        sent = 0
        for artifact in self._artifacts("cdk:asset-manifest").values():
            manifest = json.loads((self.folder / artifact["properties"]["file"]).read_text())
            for asset in manifest["files"].values():
                for place in asset["destinations"].values():
                    s3 = aws.client("s3", place["region"])
                    sent += self._send(s3, asset["source"], place["bucketName"], place["objectKey"])
        return sent

    def _artifacts(self, kind: str) -> dict[str, Any]:
        manifest = json.loads((self.folder / "manifest.json").read_text())
        return {name: artifact for name, artifact in manifest["artifacts"].items() if artifact["type"] == kind}

    def _send(self, s3: Any, source: dict[str, str], bucket: str, key: str) -> int:
        try:
            s3.head_object(Bucket=bucket, Key=key)
            return 0
        except ClientError as error:
            if refusal(error) not in ("404", "NoSuchKey", "NotFound"):
                raise
        path = self.folder / source["path"]
        s3.put_object(Bucket=bucket, Key=key, Body=pack(path) if source["packaging"] == "zip" else path.read_bytes())
        return 1


def object_url(aws: Aws, region: str, bucket: str, key: str) -> str:
    """As CloudFormation requires it: https, the bucket in the path."""
    return f"{aws.client('s3', region).meta.endpoint_url}/{bucket}/{key}"


def pack(folder: Path) -> bytes:
    """A zip as Lambda reads it; the same files give the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(str(file.relative_to(folder)), _LONG_AGO)
            entry.external_attr = _READABLE
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, file.read_bytes())
    return packed.getvalue()
