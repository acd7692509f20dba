"""SOCI: an index inside an image. Fargate then starts a task before all of it has arrived.

Version 2 is the only one that Fargate takes from new customers. It is part of the image and changes
its digest, so it must be made before the push: a tag in ECR never changes
(https://aws.amazon.com/blogs/containers/improving-amazon-ecs-deployment-consistency-with-soci-index-manifest-v2/).
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from containers.engine import CALL_TIMEOUT_S, Engine, stream

LEFT_OUT = (
    "without a SOCI index ({reason}): Fargate fetches a workspace's whole image before it starts, which may take twice as long. "
    "It cannot be added to this release's tag later."
)


def why_not(engine: Engine) -> str:
    """Empty: this machine can make indexes."""
    if not engine.is_podman:
        return "only Podman saves an image as SOCI wants it"
    missing = [program for program in ("soci", "skopeo") if shutil.which(program) is None]
    if missing:
        return f"not on PATH: {', '.join(missing)}"
    said = subprocess.run(
        ["soci", "convert", "--help"], capture_output=True, text=True, timeout=CALL_TIMEOUT_S, check=False
    )
    return "" if "--standalone" in said.stdout else "this soci is too old: it has no convert --standalone"


def push_with_index(engine: Engine, image: str, *, platform: str, scratch: Path) -> None:
    """`scratch`: a folder with room for two compressed copies. skopeo uses Podman's sign-in.

    `platform`: such as linux/arm64. Raises EngineFailed.
    """
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        plain, indexed = Path(folder, "plain.tar"), Path(folder, "indexed.tar")
        engine.save(image, plain)
        stream(["soci", "convert", "--standalone", "--platform", platform, str(plain), str(indexed)])
        stream(["skopeo", "copy", "--all", f"oci-archive:{indexed}", f"docker://{image}"])
