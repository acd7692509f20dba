"""What a server says: its last lines for a notice, all of it for a file in the home."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import deque
from collections.abc import Callable
from pathlib import Path

LINES_KEPT = 20
FILE_BYTES_MAX = 1024 * 1024
_LINE_BYTES_MAX = 8 * 1024
FULL = ("No space left on device", "Disk quota exceeded")


class Output:
    """The reading end of a pipe that a server's output goes into.

    A file alone would not do: in a full home nobody could read there why the server ended.
    """

    def __init__(self, file: Path | None, said: Callable[[str], None] = lambda _: None) -> None:
        """`said` gets each line. `file` begins again when it has grown too large."""
        self.lines: deque[str] = deque(maxlen=LINES_KEPT)
        self._file = file
        self._said = said
        self._rest = b""
        self._reading, self.for_server = os.pipe()
        os.set_blocking(self._reading, False)
        asyncio.get_running_loop().add_reader(self._reading, self._read)

    def started(self) -> None:
        """The server has its end now; from here on its end is the end of the output."""
        os.close(self.for_server)

    def drain(self) -> None:
        """Read what is there: the news of a server's end may come before its last words."""
        while self._reading >= 0 and self._read():
            pass

    def _read(self) -> bool:
        try:
            piece = os.read(self._reading, 64 * 1024)
        except BlockingIOError:
            return False
        if not piece:
            self._close()
            return False
        self._write(piece)
        *lines, self._rest = (self._rest + piece).split(b"\n")
        self._rest = self._rest[-_LINE_BYTES_MAX:]
        for line in lines:
            text = line[:_LINE_BYTES_MAX].decode(errors="replace")
            self.lines.append(text)
            self._said(text)
        return True

    def _write(self, piece: bytes) -> None:
        if self._file is None:
            return
        with contextlib.suppress(OSError):
            # Not through a pipe or a device that a student put there: opening it would wait.
            descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NONBLOCK, 0o600)
            try:
                if os.fstat(descriptor).st_size > FILE_BYTES_MAX:
                    os.ftruncate(descriptor, 0)
                os.write(descriptor, piece)
            finally:
                os.close(descriptor)

    def _close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._reading)
        os.close(self._reading)
        self._reading = -1


def is_full(line: str) -> bool:
    """Whether a server says that the home has no room left."""
    return any(words in line for words in FULL)
