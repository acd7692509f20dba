"""The engine's Unix socket: reads one call, carries it out, writes one answer."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from typing import Any

from contract.checks import CheckRequest
from contract.errors import ApraNovaError, Reason
from contract.names import WorkspaceKind
from contract.wire import BadMessage, from_json, to_json
from manager.adapters.sandbox_engine.checks import Checks
from manager.adapters.sandbox_engine.fleet import Fleet
from manager.adapters.sandbox_engine.images import Images
from manager.adapters.sandbox_engine.launcher import Launcher
from manager.adapters.sandbox_engine.wire import LINE_MAX_BYTES, AttachHome, CallName, Failure, Stop
from manager.adapters.sandbox_shim.wire import ShimGone
from manager.ports.task_runner import TaskSpec

log = logging.getLogger(__name__)

READ_TIMEOUT_S = 5.0
GRACE_MAX_S = 120.0


class EngineServer:
    """The socket's mode (0600, in a folder of 0700) is the only check of the caller."""

    def __init__(self, fleet: Fleet, images: Images, launcher: Launcher) -> None:
        self._fleet = fleet
        self._images = images
        self._launcher = launcher
        self._checks = Checks(images, launcher)

    async def listen(self, listener: socket.socket) -> asyncio.Server:
        return await asyncio.start_unix_server(self._accept, sock=listener, limit=LINE_MAX_BYTES)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line = await asyncio.wait_for(reader.readline(), READ_TIMEOUT_S)
            if line:
                writer.write(json.dumps(await self._answer(line)).encode() + b"\n")
                await writer.drain()
        except (OSError, TimeoutError, ValueError) as error:
            log.warning("a call was not finished: %r", error)
        finally:
            writer.close()

    async def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            request = json.loads(line)
            call = from_json(CallName, request, where="a call").call
            return {"value": to_json(await self._carry_out(call, request.get("arguments")))}
        except ApraNovaError as error:
            failure = Failure(error.reason, error.message, error.detail)
        except ShimGone:
            raise  # the engine ends: without an answer, the call is made again when the next one is there
        except (BadMessage, json.JSONDecodeError) as error:
            failure = Failure(Reason.BAD_REQUEST, "The sandbox engine does not understand this call", str(error))
        except Exception as error:  # one broken call must not end the engine and with it every task
            log.exception("a call failed")
            failure = Failure(Reason.INTERNAL, "The sandbox engine failed", repr(error))
        return {"failure": to_json(failure)}

    async def _carry_out(self, call: str, arguments: object) -> object:
        match call:
            case "start":
                await self._fleet.start(from_json(TaskSpec, arguments))
            case "attach_home":
                attach = from_json(AttachHome, arguments)
                await self._fleet.attach_home(attach.task_id, attach.home_id, attach.limits, attach.shared)
            case "stop":
                stop = from_json(Stop, arguments)
                await self._fleet.stop(stop.task_id, min(max(stop.grace_s, 0.0), GRACE_MAX_S))
            case "check":
                return await self._checks.check(from_json(CheckRequest, arguments))
            case "find_tasks":
                return self._fleet.find_tasks(from_json(tuple[str, ...], arguments))
            case "list_tasks":
                return self._fleet.list_tasks()
            case "kind_status":
                return self._images.status(from_json(WorkspaceKind, arguments))
            case "image":
                return self._images.current(from_json(WorkspaceKind, arguments)).name
            case "enforced":
                return self._launcher.enforced()
            case "memory":
                return self._launcher.memory()
            case _:
                raise BadMessage(f"a call: {call!r} is not known")
        return None
