"""The line between the agent and Superset's process: JSON, one message a line, over one connection.

| from | message | meaning |
|---|---|---|
| Superset | {"warm": true} | loaded; a claim may come |
| agent | {"claim": {…}} | the home is there; whose it is (Claim) |
| Superset | {"progress": "…"} | what takes long, a sentence without a full stop |
| Superset | {"serving": true} or {"failure": "…"} | the answer to a claim, in plain words |
| Superset | {"busy": "a query is running"} or {"busy": ""} | each time it changes |
| agent | {"warn": {"stops_at": 1.5e9, "text": "…", …}} | the workspace stops then |
| agent | {"news": "…"} | what somebody tells the student, shown once |
| Superset | {"keep_running": 1.5e9} | the student asks that it runs until then |
| agent | {"save": true} | bring the write-ahead logs into the databases |
| Superset | {"saved": true} or {"saved": false, "failure": "…"} | the answer to that |
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

LINE_BYTES_MAX = 64 * 1024


@dataclass(frozen=True)
class Claim:
    """What the agent says of the student."""

    workspace_id: str
    home: str
    socket_path: str
    identity_key: str
    name: str = ""
    email: str = ""
    portal_url: str = ""
    https: bool = False


class Link:
    """Superset's end. Any thread may send; one reads."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._sending = threading.Lock()

    def send(self, message: dict[str, Any]) -> None:
        """Raises OSError when the agent has gone."""
        with self._sending:
            self._connection.sendall(json.dumps(message).encode() + b"\n")

    def messages(self) -> Iterator[dict[str, Any]]:
        """Until the agent closes the line."""
        with self._connection.makefile("rb") as lines:
            while line := lines.readline(LINE_BYTES_MAX):
                yield json.loads(line)
