"""The engine's end of prefork templates (agent/prefork_template.py): one for each image that wants
one, started when it is first needed.

A template sees the same paths as its image in a sandbox, because a forked child continues to import
from them. It sees no home, no task's socket and no network.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import secrets
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from contract.names import STUDENT_UID
from manager.adapters.bubblewrap import layout
from manager.adapters.sandbox_engine.images import Image, Prefork
from manager.adapters.sandbox_shim.client import Child, ShimClient
from manager.adapters.sandbox_shim.wire import PASSED_FROM, View

log = logging.getLogger(__name__)

WARM_TIMEOUT_S = 120.0
ORDER_TIMEOUT_S = 20.0
START_LATER_S = 10.0
TRY_AGAIN_AFTER_S = 60.0
"""After a template that failed to warm up; until then tasks start their application themselves."""
_ANSWER_BYTES_MAX = 8192


class TemplateFailed(Exception):
    """The text is for the operator's log."""


@dataclass(frozen=True)
class Sandboxed:
    """The sandbox that a child enters."""

    pid: int
    mount_namespace: int
    cgroup_procs: Sequence[str]


class PreforkTemplates:
    def __init__(
        self,
        shim: ShimClient,
        *,
        hidden: Sequence[Path],
        seccomp_filter: bytes | None,
        limits_processes: bool,
        open_files_max: int,
    ) -> None:
        self.shim = shim
        self._hidden = hidden
        """Folders of the host that the template must not see."""
        self._seccomp_filter = seccomp_filter or b""
        self._limits_processes = limits_processes
        self._open_files_max = open_files_max
        self._by_kind: dict[str, PreforkTemplate] = {}

    def find_warm(self, image: Image) -> PreforkTemplate | None:
        """A template that is warm now. None: one will be started soon, but not at once, because two
        starts at the same time would double the wait."""
        known = self._by_kind.get(image.kind)
        if known is not None and known.image == image and known.alive and known.is_warm:
            return known
        if image.prefork is not None:
            asyncio.get_running_loop().call_later(START_LATER_S, self.find, image)
        return None

    def find(self, image: Image) -> PreforkTemplate | None:
        """The image's template, which may be warming up. None: it has none, or it just failed."""
        if image.prefork is None:
            return None
        known = self._by_kind.get(image.kind)
        if known is not None and known.image == image and (known.alive or known.failed_lately):
            return None if known.failed_lately else known
        if known is not None:
            known.end()  # of an older image, or dead; its children live on
        try:
            template = PreforkTemplate(image, image.prefork, self)
        except OSError:
            log.exception("the prefork template of %s could not be started", image.name)
            return None
        self._by_kind[image.kind] = template
        return template

    def end(self) -> None:
        for template in self._by_kind.values():
            template.end()

    def configuration(self, image: Image, prefork: Prefork) -> bytes:
        runtime = f"/run/user/{STUDENT_UID}"
        settings = {
            "orders_fd": PASSED_FROM,
            "module": prefork.module,
            "link": f"{runtime}/{prefork.link}",
            "environment": layout.environment(image.environment),
            "seccomp_filter": base64.b64encode(self._seccomp_filter).decode(),
            "processes_max": image.limits.processes_max if self._limits_processes else 0,
        }
        return json.dumps(settings).encode() + b"\n"

    def view(self, image: Image) -> View:
        return View(image.mounts, tuple(map(str, self._hidden)), self._open_files_max)


class PreforkTemplate:
    """One process. `warm` is done when it can fork children; its exception says why it cannot."""

    def __init__(self, image: Image, prefork: Prefork, templates: PreforkTemplates) -> None:
        self.image = image
        self.started_at = time.monotonic()
        self._lock = asyncio.Lock()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        self._connection = ours
        with theirs:
            self._child = Child.spawn(
                templates.shim,
                f"template-{image.name}-{secrets.token_hex(4)}",
                [prefork.python, "-m", "agent.prefork_template"],
                standard_input=templates.configuration(image, prefork),
                environment={**layout.environment(image.environment), **_of_template(image.environment)},
                passed=(theirs.fileno(),),
                own_session=True,
                view=templates.view(image),
            )
        self.warm = asyncio.create_task(self._until_warm())
        self.warm.add_done_callback(self._note)

    @property
    def alive(self) -> bool:
        return not self._child.ended

    @property
    def is_warm(self) -> bool:
        return self.warm.done() and not self.warm.cancelled() and self.warm.exception() is None

    @property
    def failed_lately(self) -> bool:
        return self.warm.done() and not self.is_warm and time.monotonic() < self.started_at + TRY_AGAIN_AFTER_S

    async def fork_into(self, sandbox: Sandboxed) -> None:
        """Fork a child into a running sandbox, once the template is warm. Raises TemplateFailed."""
        await asyncio.shield(self.warm)
        order = {
            "pid": sandbox.pid,
            "mount_namespace": sandbox.mount_namespace,
            "cgroup_procs": list(sandbox.cgroup_procs),
        }
        async with self._lock:
            answer = await self._ask(order)
        if answer.get("failure") != "":
            raise TemplateFailed(f"no child could enter the sandbox: {answer.get('failure')}")

    def end(self) -> None:
        """A template also ends by itself without an engine; its children live on."""
        self.warm.cancel()
        self._connection.close()
        self._child.kill()

    async def _until_warm(self) -> None:
        answer = await self._receive(WARM_TIMEOUT_S)
        log.info("the prefork template of %s is ready after %s s", self.image.name, answer.get("warm_s"))

    async def _ask(self, order: Mapping[str, object]) -> dict[str, object]:
        try:
            await asyncio.get_running_loop().sock_sendall(self._connection, json.dumps(order).encode())
        except OSError as error:
            raise TemplateFailed(f"the prefork template has ended: {error}") from error
        return await self._receive(ORDER_TIMEOUT_S)

    async def _receive(self, timeout_s: float) -> dict[str, object]:
        loop = asyncio.get_running_loop()
        try:
            answer = await asyncio.wait_for(loop.sock_recv(self._connection, _ANSWER_BYTES_MAX), timeout_s)
        except (OSError, TimeoutError) as error:
            self._child.kill()  # a late answer would be taken for the next order's
            raise TemplateFailed(f"the prefork template does not answer: {error!r}") from error
        if not answer:
            await self._child.wait()
            raise TemplateFailed(f"the prefork template ended: {self._child.last_words[-2000:]}")
        return dict(json.loads(answer))

    def _note(self, warm: asyncio.Task[None]) -> None:
        if not warm.cancelled() and (problem := warm.exception()) is not None:
            log.error("%s is started without a prefork template: %s", self.image.name, problem)


def _of_template(environment: Mapping[str, str]) -> dict[str, str]:
    """The template has no home; what it must write goes to its own /tmp."""
    path = [word for word in ("/opt/apranova", environment.get("PYTHONPATH", "")) if word]
    return {"HOME": "/tmp", "XDG_RUNTIME_DIR": "/tmp", "PYTHONPATH": ":".join(path)}  # noqa: S108
