"""What a task runs first; copied to /opt/apranova/task.py, so that the packages beside it are found without site-packages."""

from __future__ import annotations

import os
import shutil

from agent.main import main
from images.vscode.application import Places, VSCode


def run() -> int:
    os.chdir("/")  # nothing may hold the folder over which the home is mounted
    places = Places.of_this_task()
    try:
        return main(lambda children: VSCode(places, children))
    finally:
        shutil.rmtree(places.sockets, ignore_errors=True)


if __name__ == "__main__":
    raise SystemExit(run())
