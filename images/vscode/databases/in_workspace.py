"""The databases of one workspace: which there are, where programs find them, how they end."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from agent.application import Places
from agent.processes import Children
from images.vscode.databases.on_demand import OnDemand
from images.vscode.databases.postgresql import PostgreSQL
from images.vscode.databases.redis import Redis


class Databases:
    def __init__(
        self, places: Places, children: Children, *, environment: Mapping[str, str], tell: Callable[[str], None]
    ) -> None:
        """`environment`: of the servers. `tell` shows the student a sentence."""
        variables = places.variables
        servers: list[PostgreSQL | Redis] = []
        if programs := variables.get("APRANOVA_POSTGRESQL"):
            servers.append(
                PostgreSQL(
                    Path(programs),
                    major=variables["APRANOVA_POSTGRESQL_MAJOR"],
                    home=places.home,
                    sockets=places.sockets,
                    temporary=Path(tempfile.gettempdir()),
                    environment=environment,
                )
            )
        if redis := variables.get("APRANOVA_REDIS") or shutil.which("redis-server"):
            servers.append(Redis(Path(redis), home=places.home, sockets=places.sockets, environment=environment))
        self._all = [OnDemand(server, children, tell=tell) for server in servers]

    def variables(self) -> dict[str, str]:
        """For every terminal and program."""
        return {name: value for one in self._all for name, value in one.server.variables().items()}

    def ports(self) -> frozenset[int]:
        return frozenset(one.server.port for one in self._all if one.is_listening)

    async def listen(self) -> None:
        for one in self._all:
            await one.listen()

    async def end(self) -> None:
        """End what runs, cleanly; the next connection starts it again."""
        ended = await asyncio.gather(*(one.end() for one in self._all))
        if not all(ended):
            raise TimeoutError("a database did not end in time")

    async def close(self) -> None:
        """The workspace ends."""
        await asyncio.gather(*(one.close() for one in self._all))
