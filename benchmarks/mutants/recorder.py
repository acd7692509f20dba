"""Records which test runs which line, in pytest and in the processes that tests start.

Only the standard library: some of these processes have nothing else."""

from __future__ import annotations

import atexit
import contextlib
import inspect
import json
import os
import sys
import threading
from collections import defaultdict
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

ROOT = str(Path(__file__).parents[2]) + "/"
FOLDER = Path("/tmp/mutants-lines")  # noqa: S108  of the sandbox alone
"""One file for each process: lines of `{"test": …, "lines": {file: [12, …]}}`."""
TEST = Path("/tmp/mutants-test")  # noqa: S108
"""The current test. A file, because some processes are started with an environment of their own."""

_unseen: dict[CodeType, set[int]] = {}
"""Lines that the current test has not run yet."""
_state: dict[str, Any] = {"test": "", "since": 0, "is_pytest": False}


def _trace(frame: FrameType, event: str, argument: Any) -> Any:  # noqa: ARG001
    code = frame.f_code
    if not code.co_flags & inspect.CO_OPTIMIZED:
        return None  # a module or class that is imported, by whichever test comes first
    if not code.co_filename.startswith(ROOT) or "/tests/" in code.co_filename:
        return None
    if not _state["is_pytest"]:
        _notice_next_test()
    if code not in _unseen:
        _unseen[code] = _lines(code)
    return _trace_line if _unseen[code] else None


def _lines(code: CodeType) -> set[int]:
    return {line for _, _, line in code.co_lines() if line}


def _notice_next_test() -> None:
    """A process may serve several tests; each has to be told all the lines that it runs."""
    with contextlib.suppress(OSError):
        since = TEST.stat().st_mtime_ns
        if since != _state["since"]:
            _state.update(test=TEST.read_text(encoding="utf-8"), since=since)
            _unseen.clear()


def _trace_line(frame: FrameType, event: str, argument: Any) -> Any:  # noqa: ARG001
    unseen = _unseen.get(frame.f_code, set())
    if event == "line" and frame.f_lineno in unseen:
        unseen.discard(frame.f_lineno)
        if _state["test"] and not _state["is_pytest"]:  # it may be killed at any moment
            with contextlib.suppress(OSError):
                _write(_state["test"], {frame.f_code.co_filename: {frame.f_lineno}})
    return _trace_line


def _write(test: str, lines: dict[str, set[int]], **more: Any) -> None:
    found = {file.removeprefix(ROOT): sorted(numbers) for file, numbers in lines.items()}
    with (FOLDER / str(os.getpid())).open("a", encoding="utf-8") as file:
        file.write(json.dumps({"test": test, "lines": found, **more}) + "\n")


threading.settrace(_trace)
sys.settrace(_trace)
atexit.register(sys.settrace, None)


def pytest_configure() -> None:
    _state["is_pytest"] = True


def pytest_runtest_logstart(nodeid: str) -> None:
    TEST.write_text(nodeid, encoding="utf-8")
    _unseen.clear()


_took: dict[str, float] = defaultdict(float)
_failed: set[str] = set()


def pytest_runtest_logreport(report: Any) -> None:
    _took[report.nodeid] += report.duration
    if report.outcome != "passed":
        _failed.add(report.nodeid)


def pytest_runtest_logfinish(nodeid: str) -> None:
    if nodeid not in _failed:
        lines: dict[str, set[int]] = defaultdict(set)
        for code, unseen in _unseen.copy().items():  # other threads add to it
            lines[code.co_filename] |= _lines(code) - unseen
        _write(nodeid, {file: seen for file, seen in lines.items() if seen}, seconds=round(_took[nodeid], 3))
