"""Checks of assignments: each in a sandbox of its own that has the files in memory and no network.

Nothing of a check is on the disk, so nothing is left of it, however it or the engine ends.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import encodings.cp437  # noqa: F401  zipfile asks for it when the engine may no longer read Python's folder
import io
import logging
import os
import secrets
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath

from contract.checks import OUTPUT_BYTES_MAX, TIME_LIMIT_MAX_S, CheckAnswer, CheckRequest, CheckState
from contract.hand_out_files import BadFiles, HandOutFile, is_safe_folder, read_files
from contract.names import WorkspaceKind
from manager.adapters.sandbox_engine.images import Image, Images
from manager.adapters.sandbox_engine.launcher import (
    FILES_DESCRIPTOR,
    OUTPUT_DESCRIPTOR,
    CheckLaunch,
    LaunchedCheck,
    Launcher,
    LaunchFailed,
)

log = logging.getLogger(__name__)

ANSWER_WITHIN_S = 3.0
"""Then the answer is *working*, and the same request asks again."""
AT_ONCE_MAX = max(1, min(4, (os.cpu_count() or 1) // 2))
"""A class that is collected leaves at least half of the cores to those who work."""
WAITING_MAX = 16
"""Runs that wait for their turn, first come, first served, or run: more are *busy*."""
KEPT_MAX = 32
"""Answers that nobody has asked for yet."""
_LEFT_OPEN_S = 2.0
_READ_BYTES = 1 << 16
_FLOOD_PAUSE_S = 0.02
"""Between two reads of an output that is longer than what is kept: it may not keep the engine busy,
whose one thread serves everybody."""
_TERMINATED = 137
"""128 + SIGKILL."""

# Its own descriptors are gone before the command starts: nothing of ours is left in the sandbox.
# When the server's memory runs out, a check ends before anybody's editor.
_SCRIPT = """
{ echo 1000 >/proc/self/oom_score_adj; } 2>/dev/null
PATH="$1:$PATH"; export PATH CI=1
mkdir -p "$HOME/project" && tar -xf - -C "$HOME/project" --no-same-owner <&FILES || exit 126
cd "$HOME/project/$2" || exit 126
exec FILES<&- 1>&OUTPUT 2>&1 OUTPUT>&- </dev/null
exec /bin/bash -c "$3"
"""


class Checks:
    def __init__(self, images: Images, launcher: Launcher) -> None:
        self._images = images
        self._launcher = launcher
        self._turns = asyncio.Semaphore(AT_ONCE_MAX)
        self._runs: dict[str, asyncio.Task[CheckAnswer]] = {}

    async def check(self, request: CheckRequest) -> CheckAnswer:
        """As CheckRunner.check."""
        run = self._runs.get(request.check_id)
        if run is None:
            if not request.files:
                return CheckAnswer(CheckState.UNKNOWN)
            if sum(not other.done() for other in self._runs.values()) >= WAITING_MAX:
                return CheckAnswer(CheckState.BUSY)
            run = self._runs[request.check_id] = asyncio.create_task(self._run(request))
            self._forget_old()
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                answer = await asyncio.shield(run)
        except TimeoutError:
            return CheckAnswer(CheckState.WORKING)
        self._runs.pop(request.check_id, None)
        return answer

    def _forget_old(self) -> None:
        done = [name for name, run in self._runs.items() if run.done()]
        for name in done[: max(0, len(self._runs) - KEPT_MAX)]:
            del self._runs[name]

    async def _run(self, request: CheckRequest) -> CheckAnswer:
        """Never raises."""
        if not is_safe_folder(request.folder) or "\0" in request.command:
            return CheckAnswer(CheckState.FAILED, failure="The check has a folder or a command that cannot be.")
        try:
            image = self._images.current(WorkspaceKind.VSCODE)
            async with self._turns:  # those that wait are small: zips, and nothing unpacked
                with _memory_file(await asyncio.to_thread(_as_tar, request)) as descriptor:
                    return await self._in_sandbox(request, image, descriptor)
        except (BadFiles, binascii.Error) as problem:
            return CheckAnswer(CheckState.FAILED, failure=f"The files of the check cannot be used. {problem}")
        except LaunchFailed as problem:
            log.warning("a check could not be started: %s", problem)
            return CheckAnswer(CheckState.FAILED, failure="The sandbox of the check could not be started.")
        except Exception:  # whoever waits for the run has to hear of it
            log.exception("a check failed")
            return CheckAnswer(CheckState.FAILED, failure="The check could not be run.")

    async def _in_sandbox(self, request: CheckRequest, image: Image, files: int) -> CheckAnswer:
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        try:
            begun = time.monotonic()
            sandbox = await self._launcher.launch_check(
                CheckLaunch(
                    task_id=f"task-check-{secrets.token_hex(8)}",
                    image=image,
                    command=("/bin/bash", "-c", _script(), "check", _path(image), request.folder, request.command),
                    files=files,
                    output=writing,
                )
            )
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        output = _Output(reading)
        try:
            timed_out = await _until_end(sandbox, min(max(request.time_limit_s, 1), TIME_LIMIT_MAX_S))
            seconds = time.monotonic() - begun
            await output.end()
        finally:
            await sandbox.stop(0.0)
            output.close()
        return CheckAnswer(
            CheckState.DONE,
            exit_code=_TERMINATED if timed_out else sandbox.exit_code,
            timed_out=timed_out,
            out_of_memory=sandbox.out_of_memory and not timed_out,
            seconds=round(seconds, 2),
            output=output.text(),
            output_cut=output.cut,
        )


class _Output:
    """Reads until all writers have gone, and keeps the beginning and the end: the result of a test
    is often in the last line."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._first, self._last = bytearray(), bytearray()
        self.cut = False
        self._ended = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._paused: asyncio.TimerHandle | None = None
        self._loop.add_reader(descriptor, self._read)

    def _read(self) -> None:
        try:
            part = os.read(self._descriptor, _READ_BYTES)
        except BlockingIOError:
            return
        if not part:
            self._loop.remove_reader(self._descriptor)
            self._ended.set()
            return
        room = OUTPUT_BYTES_MAX // 2 - len(self._first)
        self._first += part[:room]
        self._last += part[max(room, 0) :]
        if len(self._last) > OUTPUT_BYTES_MAX // 2:
            self.cut = True
            del self._last[: -OUTPUT_BYTES_MAX // 2]
            self._loop.remove_reader(self._descriptor)
            self._paused = self._loop.call_later(_FLOOD_PAUSE_S, self._loop.add_reader, self._descriptor, self._read)

    async def end(self) -> None:
        """The sandbox has ended, so this is a matter of what the pipe still holds."""
        try:
            async with asyncio.timeout(_LEFT_OPEN_S):
                await self._ended.wait()
        except TimeoutError:
            self.cut = True

    def close(self) -> None:
        if self._paused is not None:
            self._paused.cancel()
        self._loop.remove_reader(self._descriptor)
        os.close(self._descriptor)

    def text(self) -> str:
        first, last = (bytes(part).decode(errors="replace") for part in (self._first, self._last))
        return (
            f"{first}\n[…]\n{last}" if self.cut else (bytes(self._first) + bytes(self._last)).decode(errors="replace")
        )


async def _until_end(sandbox: LaunchedCheck, limit_s: float) -> bool:
    """Whether it had to be ended."""
    try:
        async with asyncio.timeout(limit_s):
            await sandbox.wait()
    except TimeoutError:
        await sandbox.stop(0.0)
        return True
    return False


def _script() -> str:
    return _SCRIPT.replace("FILES", str(FILES_DESCRIPTOR)).replace("OUTPUT", str(OUTPUT_DESCRIPTOR))


def _path(image: Image) -> str:
    """The image's own programs, as its application puts them on a terminal's PATH."""
    interpreter = str(PurePosixPath(image.command[0]).parent)
    return ":".join([*(f"{target}/bin" for target in image.mounts), interpreter])


def _as_tar(request: CheckRequest) -> bytes:
    """What the sandbox unpacks: the check's own files, and those of the copy that are not in their
    way. Raises BadFiles."""
    over = _unpacked(request.check_files)
    files = {file.path for file in over}
    folders = {folder for file in over for folder in _folders_of(file)}
    copy = _unpacked(request.files)
    taken = files | folders
    kept = [it for it in copy if it.path not in taken and files.isdisjoint(_folders_of(it))]
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for file in (*kept, *over):
            archive.addfile(_entry(request.folder, file), io.BytesIO(file.content))
    return made.getvalue()


def _unpacked(packed: str) -> tuple[HandOutFile, ...]:
    return read_files(io.BytesIO(base64.b64decode(packed, validate=True))) if packed else ()


def _folders_of(file: HandOutFile) -> list[str]:
    return [str(folder) for folder in PurePosixPath(file.path).parents]


def _entry(folder: str, file: HandOutFile) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(f"{folder}/{file.path}")
    entry.size = len(file.content)
    entry.mode = 0o755 if file.is_program else 0o644
    entry.mtime = int(time.time())
    return entry


@contextmanager
def _memory_file(content: bytes) -> Iterator[int]:
    descriptor = os.memfd_create("check")
    try:
        with open(descriptor, "wb", closefd=False) as file:
            file.write(content)
        os.lseek(descriptor, 0, os.SEEK_SET)
        yield descriptor
    finally:
        os.close(descriptor)
