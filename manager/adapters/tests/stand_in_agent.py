"""A tiny agent for tests: speaks enough of contract/agent.py, and runs whatever a test asks.

It represents the worst case, an agent that a student controls, so it checks nothing. Standard
library only, one file: the sandbox sees nothing else of the source tree.
"""

import ctypes
import json
import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import ThreadingMixIn, UnixStreamServer


class Forked:
    """The agent's end of the link to an application that was forked into this task."""

    def __init__(self):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(os.environ["XDG_RUNTIME_DIR"] + "/app.sock")
        self.listener.listen()
        self.stream = None

    def run(self, code):
        if self.stream is None:
            link = self.listener.accept()[0]
            self.pid = struct.unpack("3i", link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
            self.stream = link.makefile("rw")
        self.stream.write(json.dumps(code) + "\n")
        self.stream.flush()
        line = self.stream.readline()
        return json.loads(line) if line else "it has ended"


class Server(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True
    request_queue_size = 128


class Handler(BaseHTTPRequestHandler):
    def address_string(self):
        return "unix"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.answer({"task_id": CONFIG["task_id"], "phase": "ready"})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or b"{}")
        if self.path == "/run":
            done = subprocess.run(body["command"], capture_output=True, text=True, timeout=240, check=False)
            self.answer({"code": done.returncode, "output": done.stdout + done.stderr})
        elif self.path == "/python":
            scope = {"CONFIG": CONFIG, "FORKED": FORKED, "TOLD": TOLD}
            try:
                exec(body["code"], scope)  # noqa: S102  the point of this agent
                self.answer({"value": scope.get("value")})
            except BaseException as error:
                self.answer({"value": f"{type(error).__name__}: {error}"})
        elif self.path == "/forked":
            self.answer({"value": FORKED.run(body["code"])})
        elif self.path == "/exit":
            os._exit(body["code"])

    def answer(self, value):
        data = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # not dumpable, as the real agent
CONFIG = json.loads(sys.stdin.readline())
TOLD = []
signal.signal(signal.SIGURG, lambda *_: TOLD.append("a program was ended"))
FORKED = Forked() if CONFIG.get("preforked") else None
path = CONFIG["listen"].removeprefix("unix:")
if "exits-at-once" in sys.argv:
    sys.exit("this agent cannot start")
elif "links-its-socket" in sys.argv:
    pathlib.Path(path).symlink_to("/run/docker.sock")
    time.sleep(60)
else:
    if "listens-late" in sys.argv:
        time.sleep(1)
    if "ignores-sigterm" in sys.argv:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    host, _, port = path.partition(":")
    with ThreadingHTTPServer((host, int(port)), Handler) if port else Server(path, Handler) as server:
        server.serve_forever()
