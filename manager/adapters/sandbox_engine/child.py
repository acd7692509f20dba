"""One child process of the engine: a pidfd tells its end, and its last output is kept."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence

_LAST_WORDS_MAX_BYTES = 8192
_READ_MAX_BYTES = 1 << 20
_PAUSE_S = 0.5
"""After `_READ_MAX_BYTES`: a child that only talks must not keep the engine busy; it waits."""


class Child:
    """Rejected: asyncio's own subprocesses. Their standard input is a socket pair of the host, and
    a sandbox can disconnect a host socket and connect it to something else."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        standard_input: bytes,
        environment: Mapping[str, str] | None = None,
        directory: str = "/",
        pass_fds: Sequence[int] = (),
        own_session: bool = False,
        prepare: Callable[[], None] | None = None,
    ) -> None:
        """Start it from the main thread, because the parent-death signal follows the thread. Raises
        OSError.

        `prepare` runs in the new process before its program; this process must have a single thread
        then.
        """
        self._last_words = bytearray()
        self._ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        input_read, input_write = os.pipe()
        output_read, output_write = os.pipe()
        try:
            # Both fit a pipe's buffer (64 kB), so nothing blocks here.
            os.write(input_write, standard_input)
            self._process = subprocess.Popen(
                command,
                stdin=input_read,
                stdout=output_write,
                stderr=subprocess.STDOUT,
                cwd=directory,
                env=dict(environment or {}),
                pass_fds=pass_fds,
                start_new_session=own_session,
                preexec_fn=prepare,  # noqa: PLW1509  safe without threads
            )
        except subprocess.SubprocessError as error:
            os.close(output_read)
            raise OSError(f"{command[0]} could not be started: {error}") from error
        except BaseException:
            os.close(output_read)
            raise
        finally:
            for fd in (input_read, input_write, output_write):
                os.close(fd)
        self._output = output_read
        self._read_bytes = 0
        os.set_blocking(output_read, False)
        self._pidfd = os.pidfd_open(self._process.pid)
        loop = asyncio.get_running_loop()
        loop.add_reader(self._output, self._read_output)
        loop.add_reader(self._pidfd, self._on_end)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def ended(self) -> bool:
        return self._ended.done()

    @property
    def last_words(self) -> str:
        return self._last_words.decode(errors="replace").strip()

    async def wait(self) -> int:
        """The exit code; if negative, the number of the signal that ended it."""
        return await asyncio.shield(self._ended)

    def kill(self) -> None:
        if not self._ended.done():
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def _read_output(self) -> None:
        try:
            data = os.read(self._output, 65536)
        except BlockingIOError:
            return
        if not data:
            asyncio.get_running_loop().remove_reader(self._output)
        self._last_words += data
        # Students' output can reach this pipe; it must not fill the engine's memory or a disk.
        del self._last_words[:-_LAST_WORDS_MAX_BYTES]
        self._read_bytes += len(data)
        if self._read_bytes >= _READ_MAX_BYTES:
            self._read_bytes = 0
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._output)
            loop.call_later(_PAUSE_S, self._read_on)

    def _read_on(self) -> None:
        if not self._ended.done():
            asyncio.get_running_loop().add_reader(self._output, self._read_output)

    def _on_end(self) -> None:
        code = self._process.poll()
        if code is None:
            return
        loop = asyncio.get_running_loop()
        self._read_output()
        for fd in (self._output, self._pidfd):
            loop.remove_reader(fd)
            os.close(fd)
        self._ended.set_result(code)
