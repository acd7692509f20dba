"""The agent's end of the line to the built-in extension: JSON lines on a Unix socket.

One connection for each open window of VS Code (each has an extension host of its own). What they
send is only believed as far as it concerns this very task: a student can write to this socket too.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from contract.agent import HomeUseRequest, SaveAnswer, WarnRequest

LINE_BYTES_MAX = 64 * 1024
WINDOWS_MAX = 32
NOTICE_MAX = 500
NOTICES_MAX = 20
HOME_USE_MAX = 60
VISITORS_MAX = 200
HEARD_WITHIN_S = 1.5
"""For an extension to clear what nobody answers any more and to show that the workspace ends."""
GOODBYE_S = 0.25
"""For a message to get from the extension to the browser; nothing would tell that it has."""

_REASONS = {"typing": "typed in the editor", "window": "were active in the editor"}


@dataclass(eq=False)
class _Window:
    writer: asyncio.StreamWriter
    unsaved: int = 0
    saves: dict[int, asyncio.Future[dict[str, Any]]] = field(default_factory=dict)
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    """It shows the end, or is closed."""

    def send(self, message: dict[str, Any]) -> None:
        if not self.writer.is_closing():
            self.writer.write(json.dumps(message).encode() + b"\n")


class ExtensionLink:
    def __init__(self, socket_path: str, *, now: Callable[[], float], save_timeout_s: float = 10.0) -> None:
        self.socket_path = socket_path
        self.keep_running_wish_until: float | None = None
        self._now = now
        self._save_timeout_s = save_timeout_s
        self._person_did: Callable[[str], None] = lambda _: None
        self._windows: set[_Window] = set()
        self._warning: WarnRequest | None = None
        self._notices: list[dict[str, Any]] = []
        self._save_number = 0
        self._shown: dict[str, dict[str, Any]] = {}
        """What the status bar shows, by the message's type."""

    async def open(self, person_did: Callable[[str], None]) -> None:
        self._person_did = person_did
        self._server = await asyncio.start_unix_server(self._serve, self.socket_path, limit=LINE_BYTES_MAX)

    @property
    def unsaved(self) -> int:
        return sum(window.unsaved for window in self._windows)

    def notify(self, notices: list[str]) -> None:
        """Show each notice once, in the first window that opens."""
        self._notices = [_notice_message(notice) for notice in notices]

    def warn(self, request: WarnRequest) -> None:
        """Show it in every window, also in those that open later. See WarnRequest for notices."""
        if request.stops_at > 0.0:
            self._warning = request
            self._tell_all(_warning_message(request))
        elif request.text:
            self.tell(request.text)
        else:
            self._warning = None
            self._tell_all({"type": "unwarn"})

    def tell(self, text: str, *, is_news: bool = False) -> None:
        """A notice in every window, or in the first that opens: a warning, or else news."""
        message = _notice_message(text, is_news=is_news)
        if self._windows:
            self._tell_all(message)
        elif len(self._notices) < NOTICES_MAX:
            self._notices.append(message)

    def show_memory(self, used_bytes: int, limit_bytes: int) -> None:
        """In every window's status bar; programs that start learn the limit from it."""
        self._show({"type": "memory", "used_bytes": used_bytes, "limit_bytes": limit_bytes})

    def show_home_use(self, request: HomeUseRequest) -> None:
        """In every window's status bar."""
        self._show({"type": "home_use", "text": request.text[:HOME_USE_MAX], "nearly_full": request.nearly_full})

    def show_visitors(self, text: str) -> None:
        """In every window's status bar; empty: nobody is there besides the student."""
        self._show({"type": "visitors", "text": text[:VISITORS_MAX]})

    def help_changed(self) -> None:
        """Each window asks the gateway itself; one that opens later does so anyway."""
        self._tell_all({"type": "help_changed"})

    async def save(self, sessions: int) -> SaveAnswer:
        """Save every dirty document that has a file.

        Without a window, or without its browser (no session is left), nothing can be saved and
        nothing need be: about a second after each change the browser writes a backup of dirty text
        to the home, where untitled text always lives. A window without dirty text is not asked.
        """
        windows = [window for window in self._windows if window.unsaved] if sessions else []
        if not windows:
            return SaveAnswer(saved=True)
        self._save_number += 1
        number = self._save_number
        answers = []
        for window in windows:
            window.saves[number] = asyncio.get_running_loop().create_future()
            answers.append(window.saves[number])
            window.send({"type": "save", "id": number})
        done, waiting = await asyncio.wait(answers, timeout=self._save_timeout_s)
        for window in windows:
            window.saves.pop(number, None)
        documents = 0
        failed: list[str] = []
        for answer in done:
            message = answer.result()
            count, names = message.get("documents"), message.get("failed")
            documents += count if isinstance(count, int) else 0
            failed += [str(name) for name in names] if isinstance(names, list) else []
        if failed:
            return SaveAnswer(
                saved=False, documents=documents, failure=f"could not be saved: {', '.join(failed[:5])}"[:300]
            )
        if waiting:
            return SaveAnswer(saved=False, documents=documents, failure="the browser did not answer in time")
        return SaveAnswer(saved=True, documents=documents)

    async def say_goodbye(self) -> None:
        """VS Code alone notices only after half a minute, and until then seems to take what is
        typed."""
        windows = [*self._windows]
        for window in windows:
            window.send({"type": "ended"})
        if windows:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(HEARD_WITHIN_S):
                    for window in windows:
                        await window.heard.wait()
            await asyncio.sleep(GOODBYE_S)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        window = _Window(writer)
        if len(self._windows) >= WINDOWS_MAX:
            writer.close()
            return
        self._windows.add(window)
        if self._warning is not None and self._warning.stops_at > self._now():
            window.send(_warning_message(self._warning))
        for message in self._shown.values():
            window.send(message)
        while self._notices:
            window.send(self._notices.pop(0))
        try:
            while line := await reader.readline():
                self._receive(window, line)
        except (OSError, ValueError):
            pass  # gone, or a line beyond the limit: the extension connects again
        finally:
            self._windows.discard(window)
            window.heard.set()
            for answer in window.saves.values():
                if not answer.done():
                    answer.set_result({})  # the window closed: its text is in the backups
            writer.close()

    def _receive(self, window: _Window, line: bytes) -> None:
        message = json.loads(line)
        if not isinstance(message, dict):
            return
        match message.get("type"):
            case "activity":
                self._person_did(_REASONS.get(str(message.get("what")), _REASONS["window"]))
                self._take_back_warning()
            case "unsaved":
                count = message.get("count")
                window.unsaved = max(0, count) if isinstance(count, int) else 0
            case "keep_running":
                until = message.get("until")
                if isinstance(until, (int, float)) and not isinstance(until, bool):
                    self.keep_running_wish_until = float(until)
                    self._person_did("asked to keep running")
                    self._take_back_warning()
            case "ended":
                window.heard.set()
            case "saved":
                number = message.get("id")
                answer = window.saves.get(number) if isinstance(number, int) else None
                if answer is not None and not answer.done():
                    answer.set_result(message)

    def _take_back_warning(self) -> None:
        """A person is there: the reason for the warning has gone, unless it is another one."""
        if self._warning is not None and self._warning.may_keep:
            self._warning = None
            self._tell_all({"type": "unwarn"})

    def _show(self, message: dict[str, Any]) -> None:
        """Also in windows that open later."""
        self._shown[message["type"]] = message
        self._tell_all(message)

    def _tell_all(self, message: dict[str, Any]) -> None:
        for window in self._windows:
            window.send(message)


def _notice_message(text: str, *, is_news: bool = False) -> dict[str, Any]:
    """VS Code would make a link of `[words](command:…)`, and people write some of these texts."""
    plain = text.replace("](", "] (")
    return {"type": "notice", "text": plain[:NOTICE_MAX], "is_news": is_news}


def _warning_message(request: WarnRequest) -> dict[str, Any]:
    return {"type": "warn", "stops_at": request.stops_at, "text": request.text, "may_keep": request.may_keep}
