"""A tiny application: says what it got, echoes after an upgrade, dies when asked."""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import pty
import signal
import sys

PR_SET_PDEATHSIG = 1


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Keeps connections alive, so that only the agent prevents a second request."""
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            lines = head.split("\r\n")
            headers = {
                name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:] if line)
            }
            target = lines[0].split(" ")[1]
            if headers.get("upgrade") == "websocket" and target != "/no-upgrade":
                writer.write(b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n")
                while piece := await reader.read(65536):
                    writer.write(piece)
                    await writer.drain()
                return
            body = await read_body(reader, headers)
            if target == "/die":
                os._exit(3)
            if target == "/endless":
                await asyncio.sleep(60)
            answer = b"x" * 20_000_000 if target == "/large" else json.dumps([lines[0], headers, len(body)]).encode()
            writer.write(f"HTTP/1.1 200 OK\r\ncontent-length: {len(answer)}\r\n\r\n".encode() + answer)
            await writer.drain()
            if headers.get("connection") == "close" and target != "/ignores-close":
                return
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def read_body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding") != "chunked":
        return await reader.readexactly(int(headers.get("content-length", "0")))
    body = b""
    while size := int((await reader.readline()).partition(b";")[0], 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readline()
    return body


def start_job(whose: str, folder: str, job: str) -> None:
    """The student's: in a shell on a terminal, as VS Code's. The application's own: without one."""
    pid = pty.fork()[0] if whose == "student" else os.fork()
    if pid == 0:
        os.chdir(folder)
        os.execv("/bin/sh", ["sh", "-c", job])  # noqa: S606  a shell it is


async def main() -> None:
    # As a container ends with its first process: nothing else would after the agent was killed.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if len(sys.argv) > 2:
        start_job(*sys.argv[2:])
    server = await asyncio.start_unix_server(serve, sys.argv[1], limit=2**20)
    await server.serve_forever()


asyncio.run(main())
