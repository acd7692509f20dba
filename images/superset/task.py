"""What a task runs first; copied to /opt/apranova/task.py, so that the packages beside it are found without site-packages."""

from __future__ import annotations

import os
import shutil
import sys

# asyncio loads OpenSSL if it can, for TLS that no task uses; without it every task is some 4 MB smaller.
sys.modules["ssl"] = None  # type: ignore[assignment]

from agent.main import main  # noqa: E402
from images.superset.application import Places, Superset  # noqa: E402


def run() -> int:
    os.chdir("/")  # nothing may hold the folder over which the home is mounted
    places = Places.of_this_task()
    try:
        return main(
            lambda _children, config: Superset(places, preforked=config.preforked, wanted_now=config.wanted_now)
        )
    finally:
        shutil.rmtree(places.sockets, ignore_errors=True)


if __name__ == "__main__":
    raise SystemExit(run())
