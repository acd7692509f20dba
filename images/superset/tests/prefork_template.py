"""A prefork template without sandboxes: forks a child for each line on standard input.

Does to a child what agent.prefork_template does, but for the namespaces, the cgroup and the system
call filter. A child that serves writes to its log which numbers it draws next.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import sys
import time
from typing import Any

from images.superset import server
from images.superset.link import Link


class _Telling(Link):
    def send(self, message: dict[str, Any]) -> None:
        if "serving" in message:
            import numpy as np  # not before the server, which tells it to start no thread

            sys.stderr.write(f"draws {random.random()} {np.random.random()}\n")  # noqa: S311  not for secrets
            sys.stderr.flush()
        super().send(message)


def main() -> None:
    server.Link = _Telling
    began = time.monotonic()
    server.warm()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print(f"warm {time.monotonic() - began:.2f}", flush=True)
    for order in sys.stdin:
        pid = os.fork()
        if pid == 0:
            os.setsid()
            os.umask(0o077)
            nothing = os.open(os.devnull, os.O_RDWR)
            errors = os.open(order.strip() + ".log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            for standard in (0, 1):
                os.dup2(nothing, standard)
            os.dup2(errors, 2)
            os.closerange(3, 4096)
            os.chdir("/")
            link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            link.connect(order.strip())
            server.serve(link)
        print(pid, flush=True)


main()
