"""The manager's Lambda instances and the mover's, each a process that can be killed at any step.

All are forked from one process that has loaded the code. A step is a request of the manager to AWS
(before it is sent, after its answer), a call of the mover, or a step of the mover itself.
"""

from __future__ import annotations

import io
import json
import mmap
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mover.function import Mover, answer
from tests.waiting import until

SOURCE = Path(__file__).parents[2]
ADDRESS, KILLS = "instances.sock", "kills.log"
_HELD_MAX_S = 5.0
_ANSWER_MAX_S = 120.0


@dataclass(frozen=True)
class Planned:
    at: int
    """The step, from 0 on."""
    of_mover: bool
    """Only the mover's steps count."""
    manager_dies: bool
    """Where the step is the mover's: kill the manager, and let the mover go on later."""


@dataclass
class Kill:
    """Counts the steps of one event, and kills at the planned one."""

    log: Path
    at: int | None
    """None: nobody is killed."""
    other: int = 0
    """For the mover: the manager's process, which is to die in its place; 0: none."""
    steps: int = 0

    def step(self, name: str) -> bool:
        """Whether the other one was killed here."""
        self.steps += 1
        if self.steps - 1 != self.at:
            return False
        with self.log.open("a") as log:
            log.write(f"{name}, the manager dies\n" if self.other else f"{name}\n")
        os.kill(self.other or os.getpid(), signal.SIGKILL)
        return True


class Instances:
    """What a test has of that process."""

    def __init__(self, folder: Path, files: Path, environment: Mapping[str, str]) -> None:
        """`folder`: for a socket, so its path is short."""
        self._address, self._kills, log = folder / ADDRESS, folder / KILLS, folder / "instances.log"
        self._kills.touch()
        with log.open("wb") as written:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "manager.tests.killed_instances", str(folder), str(files)],
                env={**environment, "PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCE)},
                cwd=folder,
                stdout=written,
                stderr=written,
            )
        until(self._address.exists, log.read_text)

    def kills(self) -> list[str]:
        """At which steps somebody was killed so far."""
        return self._kills.read_text().splitlines()

    def run(self, event: Any, planned: Planned | None, *, ahead_s: float) -> dict[str, Any] | None:
        """A new instance of the manager answers one event. None: it was killed.

        `ahead_s`: how far its clock is ahead.
        """
        return asked(self._address, {"event": event, "ahead_s": ahead_s, "planned": planned and asdict(planned)})

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(10)


def asked(address: Path, order: Any) -> dict[str, Any] | None:
    """None: the process that had the order has died."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(_ANSWER_MAX_S)
        client.connect(str(address))
        client.sendall(json.dumps(order).encode() + b"\n")
        with suppress(ConnectionResetError), client.makefile() as stream:
            line = stream.readline()
            return json.loads(line) if line else None
    return None


class _Functions:
    """The Lambda service: the mover runs in a process of its own."""

    def __init__(self, folder: Path, kill: Kill, planned: Planned | None) -> None:
        self._folder, self._kill, self._planned = folder, kill, planned

    def invoke(self, **request: Any) -> dict[str, Any]:
        if not request["FunctionName"].endswith("mover"):
            return {"StatusCode": 202}
        of_manager = self._planned is not None and not self._planned.of_mover
        if of_manager:
            self._kill.step("manager: before Invoke")
        order = {
            "mover": json.loads(request["Payload"]),
            "kill_at": None if self._kill.at is None else self._kill.at - self._kill.steps,
            "manager": os.getpid() if self._planned and self._planned.manager_dies else 0,
        }
        said = asked(self._folder / ADDRESS, order)
        if said is None:
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(b'{"errorMessage": "signal: killed"}')}
        self._kill.steps += said["steps"]
        if of_manager:
            self._kill.step("manager: after Invoke")
        return {"Payload": io.BytesIO(json.dumps(said["answer"]).encode())}


class _Context:
    def get_remaining_time_in_millis(self) -> int:
        return 60_000


class _Parent:
    def __init__(self, folder: Path, files: Path) -> None:
        from manager.adapters.sqs import wakes
        from manager.bootstrap_aws import Clients

        wakes.MOMENT_S = 0.001  # the queue has no delay here
        self._folder, self._files = folder, files
        self._clients = Clients(os.environ["AWS_REGION"])  # they connect when they are used
        self._begun = mmap.mmap(-1, 8)
        """How many instances of the manager have begun; all processes see it."""

    def serve(self) -> None:
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(self._folder / f"{ADDRESS}.new"))
            server.listen(64)
            (self._folder / f"{ADDRESS}.new").rename(self._folder / ADDRESS)
            while True:
                client, _ = server.accept()
                if os.fork() == 0:
                    server.close()
                    self._answer(client)
                    os._exit(0)
                client.close()

    def _answer(self, client: socket.socket) -> None:
        stream = client.makefile("rw")
        order = json.loads(stream.readline())
        planned = Planned(**order["planned"]) if order.get("planned") else None
        at = planned.at if planned else order.get("kill_at")
        kill = Kill(self._folder / KILLS, at, other=order.get("manager", 0))
        said = self._as_mover(order, kill) if "mover" in order else self._as_manager(order, kill, planned)
        with suppress(BrokenPipeError):  # who asked was killed
            stream.write(json.dumps({"answer": said, "steps": kill.steps}) + "\n")
            stream.flush()

    def _as_mover(self, order: Any, kill: Kill) -> Any:
        def between(step: str) -> None:
            if not kill.step(f"mover: {step}"):
                return
            begun, until = self._count(), time.monotonic() + _HELD_MAX_S
            while self._count() < begun + 2 and time.monotonic() < until:  # while others do its work
                time.sleep(0.005)

        mover = Mover(self._files, student=(os.getuid(), os.getgid()), between=between)
        return answer(mover, order["mover"])

    def _as_manager(self, order: Any, kill: Kill, planned: Planned | None) -> Any:
        from manager.adapters.system.clock import SystemClock
        from manager.entrypoints.function import Function

        self._begun[:] = struct.pack("q", self._count() + 1)
        ahead_s, now = order["ahead_s"], SystemClock.now
        SystemClock.now = lambda clock: now(clock) + ahead_s
        one_at_a_time = threading.Lock()

        def noted(event_name: str, **_: Any) -> None:
            when, operation = event_name.split(".")[0], event_name.rpartition(".")[2]
            with one_at_a_time:
                kill.step(f"manager: {when.partition('-')[0]} {operation}")

        its_steps = planned is not None and not planned.of_mover
        clients = (self._clients.dynamodb, self._clients.ecs, self._clients.efs, self._clients.sqs)
        for client in clients if its_steps else ():
            client.meta.events.register_first("before-send.*", noted)
            client.meta.events.register("after-call.*", noted)
        self._clients.__dict__["functions"] = _Functions(self._folder, kill, planned)
        return Function(os.environ, self._clients)(order["event"], _Context())

    def _count(self) -> int:
        return struct.unpack("q", self._begun[:])[0]


if __name__ == "__main__":
    _Parent(Path(sys.argv[1]), Path(sys.argv[2])).serve()
