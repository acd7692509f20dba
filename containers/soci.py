"""SOCI: an index inside an image, by which Fargate starts a task before all of the image is there.

Version 2 of the index, the only one that Fargate takes from new customers, is part of the image and changes its digest: it has to be made
before the push, because a tag in ECR never changes its meaning
(https://aws.amazon.com/blogs/containers/improving-amazon-ecs-deployment-consistency-with-soci-index-manifest-v2/).
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from containers.engine import BUILD_TIMEOUT_S, CALL_TIMEOUT_S, Engine, EngineFailed

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
    told = subprocess.run(
        ["soci", "convert", "--help"], capture_output=True, text=True, timeout=CALL_TIMEOUT_S, check=False
    )
    return "" if "--standalone" in told.stdout else "this soci is too old: it knows no convert --standalone"


def push_with_index(engine: Engine, image: str, *, platform: str, scratch: Path) -> None:
    """`platform`: such as linux/arm64. `scratch`: a folder with room for the image twice, compressed. skopeo signs in as Podman did.
    Raises EngineFailed."""
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        plain, indexed = Path(folder, "plain.tar"), Path(folder, "indexed.tar")
        engine.save(image, plain)
        _call("soci", "convert", "--standalone", "--platform", platform, str(plain), str(indexed))
        _call("skopeo", "copy", "--all", f"oci-archive:{indexed}", f"docker://{image}")


def _call(*command: str) -> None:
    code = subprocess.call(command, stdin=subprocess.DEVNULL, timeout=BUILD_TIMEOUT_S)
    if code != 0:
        raise EngineFailed(f"`{' '.join(command)}` failed (exit code {code}). Are you signed in to the registry?")
