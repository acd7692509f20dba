"""One small GET over a Unix socket: is the application there, and has it loaded?"""

from __future__ import annotations

import asyncio

_ANSWER_BYTES_MAX = 64 * 1024


async def get(socket_path: str, target: str, *, timeout_s: float) -> int:
    """The answer's status; 0 when there is none in time."""
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_unix_connection(socket_path, limit=_ANSWER_BYTES_MAX)
            try:
                writer.write(f"GET {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n".encode())
                line = await reader.readline()
                while await reader.read(_ANSWER_BYTES_MAX):
                    pass
            finally:
                writer.close()
    except (OSError, ValueError, TimeoutError):
        return 0
    words = line.split(b" ")
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
