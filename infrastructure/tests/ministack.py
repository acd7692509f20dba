"""One ministack: an AWS on loopback, started for a test and ended with it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from tests.ports import free_port
from tests.waiting import until

ACCOUNT = "111122223333"
REGION = "us-east-1"
START_WITHIN_S = 60.0
EMULATED_DOCKER = Path(__file__).parent / "emulated_docker"
MANAGERS_DOCKER = Path(__file__).parents[2] / "manager/adapters/tests/emulated_docker"


@dataclass(frozen=True)
class Ministack:
    port: int

    def client(self, service: Any) -> Any:
        return boto3.client(
            service,
            endpoint_url=f"http://127.0.0.1:{self.port}",
            region_name=REGION,
            aws_access_key_id=ACCOUNT,
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 3}, proxies={}, s3={"addressing_style": "path"}),
        )


@contextmanager
def running(
    folder: Path, *, one_off: str = "", images: Mapping[str, Sequence[str]] | None = None
) -> Iterator[Ministack]:
    """`folder` keeps its log and data.

    `one_off`: tasks are real processes; those of a deploy run this shell line. `images`: tasks are
    real processes as in the manager's own tests; each image is a command.
    """
    port = free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LOCALSTACK"))},
        "BIND_HOST": "127.0.0.1",  # its default is every interface
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "DOCKER_HOST": f"unix://{folder}/no-docker.sock",
        "TMPDIR": str(folder),
        "S3_DATA_DIR": str(folder / "s3"),
    }
    if one_off:
        paths = [str(EMULATED_DOCKER), environment.get("PYTHONPATH", "")]
        environment |= {"EMULATED_ONE_OFF": one_off, "PYTHONPATH": os.pathsep.join(paths)}
    if images:
        # Nothing else is on the path: a function of ours must come out of its own zip.
        environment |= {"EMULATED_IMAGES": json.dumps(images), "PYTHONPATH": str(MANAGERS_DOCKER)}
        environment["EMULATED_FOLDER"] = str(folder)
    with (folder / "ministack.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "ministack"], env=environment, stdout=log, stderr=log, cwd=folder
        )
        try:
            _wait(process, port, folder / "ministack.log")
            yield Ministack(port)
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            for pid in folder.glob("*.pid"):  # of tasks, each in a group of its own
                with suppress(ProcessLookupError):
                    os.killpg(int(pid.read_text()), signal.SIGKILL)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def answers() -> bool:
        assert process.poll() is None, log.read_text()
        with opener.open(f"http://127.0.0.1:{port}/_ministack/health", timeout=2):
            return True

    until(answers, log.read_text, within_s=START_WITHIN_S, ignoring=OSError)
