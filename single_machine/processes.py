"""Start, watch, restart and end the product's processes.

The supervisor ends them itself, in reverse order, on Ctrl-C and on errors. If the supervisor is
killed, the kernel ends them (parent-death signal).
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from single_machine import journal, kept_sockets
from single_machine.log_files import LOGS_EVERY_S, keep_small
from single_machine.spawning import ProcessSpec, spawn

RESTART_PAUSE_S, RESTART_PAUSE_MAX_S = 0.2, 30.0
"""It doubles with each death in a row."""
ANSWERED_DEATHS_MAX = 3
"""So at most 0.8 s for what had answered: people wait for it, and the next start will likely do."""
STEADY_AFTER_S = 20.0
"""What answered and lived this long starts over with the shortest pause when it dies."""
ASK_EVERY_S = 15.0
ASK_AT_FIRST_EVERY_S = 0.5
"""Until it has answered."""
SILENT_MAX_S = 45.0
"""A process that has answered before and is silent for so long is killed and started again. Long,
because a machine in heavy use answers late."""
STOPPED_MAX_S = 0.4
"""As SILENT_MAX_S, for a process that the kernel calls stopped (SIGSTOP): it is certain."""


class DidNotStart(Exception):
    """A process ended, or did not become ready in time; the text carries the end of its log."""


@dataclass
class RunningProcess:
    spec: ProcessSpec
    log: Path | journal.Journal
    process: subprocess.Popen[bytes]
    started_at: float
    deaths: int = 0
    """In a row."""
    restarts: int = 0
    restart_at: float | None = None
    listener: socket.socket | None = None
    answered_at: float | None = None
    """When it last answered; None since its start."""
    stopped_since: float | None = None

    def pause_s(self, now: float) -> float:
        """It has just died: how long until it is started again."""
        self.deaths += 1
        if self.answered_at is not None:
            steady = now - self.started_at > STEADY_AFTER_S
            self.deaths = 1 if steady else min(self.deaths, ANSWERED_DEATHS_MAX)
        return min(RESTART_PAUSE_S * 2 ** (self.deaths - 1), RESTART_PAUSE_MAX_S)

    def stuck(self, now: float) -> str:
        """Why it is as bad as dead; empty when it is not."""
        try:
            stopped = psutil.Process(self.process.pid).status() == psutil.STATUS_STOPPED
        except psutil.NoSuchProcess:
            return ""
        self.stopped_since = (self.stopped_since or now) if stopped else None
        if self.stopped_since is not None and now - self.stopped_since >= STOPPED_MAX_S:
            return "was stopped by a signal"
        if self.answered_at is not None and now - self.answered_at > SILENT_MAX_S:
            return f"has not answered for {SILENT_MAX_S:.0f} s"
        return ""


def _listener(name: str, where: Path | int) -> socket.socket:
    if isinstance(where, int):
        return socket.create_server(("127.0.0.1", where), backlog=512)
    if kept := kept_sockets.find_kept(where):
        return kept
    listener = private_listener(where)
    kept_sockets.keep(listener, name)
    return listener


def private_listener(path: Path) -> socket.socket:
    """A listening Unix socket that only its user can connect to."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    earlier = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(earlier)
    listener.listen(512)
    return listener


class Processes:
    """The running processes in the order in which they were started."""

    def __init__(self, logs: Path, *, in_journal: bool = False) -> None:
        self._logs = logs
        self._in_journal = in_journal
        self._running: dict[str, RunningProcess] = {}
        self._ended = threading.Event()
        self._logs_due = 0.0

    def watch(self) -> None:
        """From now on ask every process regularly; `tend` kills one that does not answer."""
        for running in self._running.values():
            threading.Thread(target=self._ask, args=(running,), daemon=True).start()

    def _ask(self, running: RunningProcess) -> None:
        while not self._ended.wait(ASK_AT_FIRST_EVERY_S if running.answered_at is None else ASK_EVERY_S):
            process = running.process
            if running.spec.ready() and running.process is process:
                running.answered_at = time.monotonic()

    def start(self, spec: ProcessSpec) -> None:
        log = journal.Journal(spec.name) if self._in_journal else self._logs / f"{spec.name}.log"
        listener = _listener(spec.name, spec.listen_on) if spec.listen_on else None
        self._running[spec.name] = RunningProcess(
            spec, log, spawn(spec, log, listener), time.monotonic(), listener=listener
        )

    def wait_ready(self, name: str) -> None:
        """Return when the process answers. Raises `DidNotStart` with the end of its log."""
        running = self._running[name]
        deadline = time.monotonic() + running.spec.ready_within_s
        while not running.spec.ready():
            if running.process.poll() is not None:
                raise DidNotStart(
                    f"{name} ended at once (exit code {running.process.returncode}).\n{_tail(running.log)}"
                )
            if time.monotonic() > deadline:
                raise DidNotStart(
                    f"{name} did not answer within {running.spec.ready_within_s:.0f} s.\n{_tail(running.log)}"
                )
            time.sleep(0.02)

    def pids(self) -> dict[str, int]:
        return {name: running.process.pid for name, running in self._running.items()}

    def restarts(self) -> dict[str, int]:
        """How often each died and was started again."""
        return {name: running.restarts for name, running in self._running.items()}

    def tend(self, now: float) -> list[str]:
        """Restart what died, after a growing pause. Returns lines for the operator."""
        news = []
        if now >= self._logs_due:
            self._logs_due = now + LOGS_EVERY_S
            keep_small(self._logs)
        for name, running in self._running.items():
            if running.restart_at is None:
                if running.process.poll() is None and (because := running.stuck(now)):
                    if running.spec.resume_when_stopped and running.stopped_since is not None:
                        news.append(f"{name} {because}; letting it continue")
                        running.process.send_signal(signal.SIGCONT)
                        continue
                    news.append(f"{name} {because}; ending it. Log: {running.log}")
                    running.process.kill()
                    running.process.wait()
                code = running.process.poll()
                if code is None:
                    continue
                pause = running.pause_s(now)
                running.restart_at = now + pause
                news.append(f"{name} ended ({_ending(code)}); starting it again in {pause:.1f} s. Log: {running.log}")
            if running.restart_at is not None and now >= running.restart_at:
                running.process = spawn(running.spec, running.log, running.listener)
                running.started_at = now
                running.restarts += 1
                running.restart_at = running.answered_at = running.stopped_since = None
        return news

    def pause(self, longest_s: float) -> None:
        """Wait until one of them ends or is to be started again; people wait for that."""
        now = time.monotonic()
        due = [running.restart_at - now for running in self._running.values() if running.restart_at is not None]
        ends = select.poll()
        with contextlib.ExitStack() as opened:
            for running in self._running.values():
                if running.restart_at is None:
                    with contextlib.suppress(ProcessLookupError):  # `tend` sees that it is gone
                        descriptor = os.pidfd_open(running.process.pid)
                        opened.callback(os.close, descriptor)
                        ends.register(descriptor, select.POLLIN)
            ends.poll(max(0.0, min([longest_s, *due])) * 1e3)

    def stop_all(self) -> None:
        """End all, each with its own signal: first those that no other needs, side by side, then
        the rest, the newest first. Kill those that take too long."""
        self._ended.set()
        newest_first = list(reversed(self._running.values()))
        _stop([running for running in newest_first if not running.spec.others_need_it])
        for running in newest_first:
            if running.spec.others_need_it:
                _stop([running])
        self._running.clear()


def _stop(together: Sequence[RunningProcess]) -> None:
    began = time.monotonic()
    for running in together:
        if running.process.poll() is None:
            running.process.send_signal(running.spec.stop_signal)
    for running in together:
        process = running.process
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, began + running.spec.stop_within_s - time.monotonic()))
        # Also what is left in its process group, which start_new_session made its own.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _tail(log: Path | journal.Journal, lines: int = 15) -> str:
    if isinstance(log, journal.Journal):
        return f"  Its log: {log}"
    try:
        text = log.read_text(errors="replace")
    except OSError as error:
        return f"(its log {log} cannot be read: {error.strerror})"
    return "\n".join(f"  | {line}" for line in text.splitlines()[-lines:]) + f"\n  Whole log: {log}"


def _ending(code: int) -> str:
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"exit code {code}"
