"""Superset's process: `warm()` loads everything, `serve(link)` serves one student.

Run in two ways. Preforked: a prefork template (agent.prefork_template) calls `warm`, and a child
that it forked into a student's sandbox calls `serve`. Plain: `python -m images.superset.server
--link PATH` does both. Either way a process serves at most one student and ends with its task.
docs/decisions/ says what parent and children share.
"""

from __future__ import annotations

import os

# Before numpy and Arrow are loaded: a thread of theirs would not survive the fork.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("JE_ARROW_MALLOC_CONF", "background_thread:false")

import argparse  # noqa: E402
import gc  # noqa: E402
import logging  # noqa: E402
import shutil  # noqa: E402
import socket  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
import threading  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any, NoReturn  # noqa: E402

from images.superset import places  # noqa: E402
from images.superset.link import Link  # noqa: E402

log = logging.getLogger(__name__)

_warmed: Any = None


def warm(*, pages: bool = True) -> None:
    """Load Superset on a private copy of the template, draw its pages once, then close everything.

    Takes seconds, leaves one thread, and knows of no student. `pages`: without them it takes half
    as long, and the first page a third of a second longer.
    """
    global _warmed  # noqa: PLW0603  the fork is the only way from here to `serve`
    gc.disable()  # a collection would only write to pages that children are to share
    from images.superset.inside.process import ApplicationProcess

    folder = Path(tempfile.mkdtemp(prefix="superset-warm-"))
    before = Path.cwd()
    try:
        _warmed = ApplicationProcess.load(folder, places.TEMPLATE, pages=pages)
    finally:
        os.chdir(before)
        shutil.rmtree(folder, ignore_errors=True)
    threads = os.listdir("/proc/self/task")  # noqa: PTH208  those of libraries are not in threading.enumerate()
    if len(threads) != 1:
        raise RuntimeError(f"{len(threads)} threads after warming up, of which Python knows {threading.enumerate()}")
    gc.collect()
    gc.freeze()


def serve(link: socket.socket) -> NoReturn:
    """Wait for the claim, then serve until the agent closes the line."""
    if _warmed is None:
        raise RuntimeError("warm() comes first")
    gc.enable()
    line = Link(link)
    try:
        line.send({"warm": True})
        for message in line.messages():
            if "claim" in message:
                _warmed.claim(message["claim"], line)
            elif "warn" in message:
                _warmed.warn(message["warn"])
            elif "news" in message:
                _warmed.tell(message["news"])
            elif "save" in message:
                _warmed.save(line)
    except OSError as problem:
        log.warning("the agent has gone: %s", problem)
    finally:
        os._exit(0)


def main() -> NoReturn:
    parser = argparse.ArgumentParser(description="Load Superset and serve the student whom the agent names.")
    parser.add_argument("--link", required=True, help="the agent's Unix socket")
    parser.add_argument("--wanted-now", action="store_true", help="somebody waits: do not draw the pages first")
    arguments = parser.parse_args()
    warm(pages=not arguments.wanted_now)
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    link.connect(arguments.link)
    serve(link)


if __name__ == "__main__":
    # An import of this module by its name is to find what was warmed here.
    sys.modules["images.superset.server"] = sys.modules["__main__"]
    main()
