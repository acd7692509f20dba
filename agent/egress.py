"""The way out: 127.0.0.1:3128 inside the task leads to the engine's filtering proxy."""

from __future__ import annotations

import asyncio

PROXY_PORT = 3128
CONNECTIONS_MAX = 128
_PIECE_BYTES = 64 * 1024


def proxy_environment(egress_socket: str, port: int = PROXY_PORT) -> dict[str, str]:
    """What git, npm, pip and Node.js need; nothing without a way out, so that they fail at once."""
    if not egress_socket:
        return {}
    proxy = f"http://127.0.0.1:{port}"
    without = "localhost,127.0.0.1,::1"
    names = {"http_proxy": proxy, "https_proxy": proxy, "no_proxy": without}
    return {**names, **{name.upper(): value for name, value in names.items()}, "NODE_USE_ENV_PROXY": "1"}


async def forward(egress_socket: str, port: int = PROXY_PORT) -> asyncio.Server:
    """Forward every connection to the proxy's socket. Raises OSError when the port is taken."""
    open_connections = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal open_connections
        if open_connections >= CONNECTIONS_MAX:
            writer.close()
            return
        open_connections += 1
        try:
            out_reader, out_writer = await asyncio.open_unix_connection(egress_socket)
            await asyncio.gather(_copy(reader, out_writer), _copy(out_reader, writer))
            out_writer.close()
        except OSError:
            pass  # the proxy is down: the student's tool says "proxy connection closed"
        finally:
            open_connections -= 1
            writer.close()

    return await asyncio.start_server(serve, "127.0.0.1", port, limit=_PIECE_BYTES)


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    try:
        while piece := await source.read(_PIECE_BYTES):
            target.write(piece)
            await target.drain()
        if target.can_write_eof():
            target.write_eof()
    except OSError:
        target.close()
