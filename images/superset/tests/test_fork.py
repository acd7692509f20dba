"""What a fork must not copy, and what a parent must not have at a fork; without Superset."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]

_DRAW = """
import json, os, random
import numpy as np
from images.superset.inside import chance
np.random.random()
for renewed in (False, False, False, True, True, True):
    read, write = os.pipe()
    if os.fork() == 0:
        if renewed:
            chance.renew()
        os.write(write, json.dumps([random.random(), np.random.random()]).encode())
        os._exit(0)
    os.wait()
    print(os.read(read, 1000).decode())
"""

_SERVER = """
import sys, threading, time, types
class ApplicationProcess:
    @classmethod
    def load(cls, *_, pages):
        print("pages" if pages else "no pages", flush=True)
        {load}
stand_in = types.ModuleType("images.superset.inside.process")
stand_in.ApplicationProcess = ApplicationProcess
sys.modules[stand_in.__name__] = stand_in
from images.superset import server
sys.argv[1:] = ["--link", "/nowhere/link", *{arguments}]
server.{call}()
"""
_A_THREAD = "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()"


def _python(code: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own: the tests' has more than one thread."""
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_children_of_one_parent_draw_different_random_numbers() -> None:
    done = _python(_DRAW)
    assert done.returncode == 0, done.stderr
    drawn = [json.loads(line) for line in done.stdout.splitlines()]
    pythons, numpys = [draw[0] for draw in drawn], [draw[1] for draw in drawn]
    assert len(set(pythons)) == 6
    assert len(set(numpys[:3])) == 1, "numpy seeds itself by now: chance.renew() is needed no longer"
    assert len(set(numpys[2:])) == 4


def test_a_second_thread_after_loading_ends_the_warming() -> None:
    done = _python(_SERVER.format(load=_A_THREAD, arguments=[], call="warm"))
    assert done.returncode == 1
    assert "2 threads after warming up" in done.stderr
    done = _python(_SERVER.format(load="pass", arguments=[], call="warm"))
    assert (done.returncode, done.stderr) == (0, "")


def test_a_plain_start_draws_pages_first_unless_somebody_waits() -> None:
    for arguments, drawn in (([], "pages\n"), (["--wanted-now"], "no pages\n")):
        done = _python(_SERVER.format(load="pass", arguments=arguments, call="main"))
        assert done.stdout == drawn
        assert "FileNotFoundError" in done.stderr, "after warming it looks for the agent's line"
