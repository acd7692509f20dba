"""Opens any home: full, locked, or with something else where a launch needs a file or a folder.

Nothing is removed. What is in the way gets a dated name. What the disk has no room for goes to a
temporary folder behind a link. `notes` says to the student what happened.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_TEMPORARY = "no-room"
"""Short, because a file system stores only the target of a short link without further room."""
_ASIDE = ".set-aside-"
_WALK_S = 0.3
_WALK_LOCKED_S = 5.0
"""If the folder itself was locked, probably all below it was (`chmod -R`)."""
_TRIAL_BYTES = 64 * 1024
_FULL = (errno.ENOSPC, errno.EDQUOT)
NOTE_FULL = "Your home is full: delete files that you do not need, or new work is not saved"
NOTE_LOCKED = "Files and folders that this workspace needs were write-protected; they can be written again"


class HomeRepair:
    def __init__(self, home: Path, runtime: Path) -> None:
        """`runtime`: an existing folder that is not in the home and disappears with the task."""
        self._home = home
        self._runtime = runtime
        self.notes: list[str] = []

    def folder(self, path: Path) -> None:
        """Make `path`, in the home, a folder that can be listed and written. Never raises."""
        below = [path, *path.parents]
        for place in reversed(below[: below.index(self._home) + 1]):
            with self.best_effort():
                self._folder(place)

    def file(self, path: Path) -> None:
        """Leave an ordinary file that can be read and written, or nothing. Never raises."""
        with self.best_effort():
            mode = _mode(path)
            if stat.S_ISREG(mode):
                self._unlock(path, mode, 0o600)
            elif os.path.lexists(path):
                self.set_aside(path, "was not a file")

    def tree(self, top: Path, leave_out: tuple[str, ...] = ()) -> None:
        """Unlock what is below `top`, for a limited time, and set aside pipes and their like."""
        locked = NOTE_LOCKED in self.notes
        deadline = time.monotonic() + (_WALK_LOCKED_S if locked else _WALK_S)
        waiting = [top]
        while waiting and time.monotonic() < deadline:
            with self.best_effort():
                for entry in list(os.scandir(waiting.pop())):
                    mode = entry.stat(follow_symlinks=False).st_mode
                    if stat.S_ISDIR(mode):
                        self._unlock(Path(entry.path), mode, 0o700)
                        if locked or entry.name not in leave_out:
                            waiting.append(Path(entry.path))
                    elif stat.S_ISREG(mode):
                        self._unlock(Path(entry.path), mode, 0o600)
                    elif not stat.S_ISLNK(mode) and _ASIDE not in entry.name:
                        self.set_aside(Path(entry.path), "was not a file")

    def set_aside(self, path: Path, why: str) -> None:
        """Give what is at `path` a dated name. Raises OSError."""
        if path.is_symlink() and _TEMPORARY in path.readlink().parts:
            path.unlink()  # an earlier task's, for want of room
            return
        base = f"{path.name}{_ASIDE}{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}"
        names = (base, *(f"{base}-{number}" for number in range(2, 100)))
        free = next(name for name in names if not os.path.lexists(path.with_name(name)))
        path.rename(path.with_name(free))
        self._note(f"~/{path.relative_to(self._home)} {why}; it is now called {free}")

    def write(self, path: Path, text: str, *, needed: bool = False) -> None:
        """Write a file. If there is no room and it is `needed`, write it to a temporary folder."""
        with self.best_effort():
            try:
                path.write_text(text)
            except OSError:
                with suppress(OSError):
                    path.unlink(missing_ok=True)  # half a file is worse than none
                if needed:
                    self.temporary(path).write_text(text)
                    path.symlink_to(self.temporary(path))
                raise

    def temporary(self, path: Path) -> Path:
        """Where something goes that has no place at `path`. Raises OSError."""
        folder = self._runtime / _TEMPORARY
        folder.mkdir(exist_ok=True)
        return folder / path.name

    def has_room(self, folder: Path) -> bool:
        """Whether a file of some size can be written there; tells the student if not."""
        trial = folder / f".apranova-room-{os.getpid()}"
        with self.best_effort():
            try:
                trial.write_bytes(b"\0" * _TRIAL_BYTES)
                return True
            finally:
                trial.unlink(missing_ok=True)
        return False

    @contextmanager
    def best_effort(self) -> Iterator[None]:
        """What fails in this block is only noted: a launch can do without it."""
        try:
            yield
        except OSError as problem:
            place = Path(problem.filename).name if isinstance(problem.filename, str) else "a file"
            full = problem.errno in _FULL
            self._note(NOTE_FULL if full else f"{place} could not be written: {problem.strerror}")

    def _folder(self, place: Path) -> None:
        mode = _mode(place)
        if stat.S_ISDIR(mode):
            self._unlock(place, mode, 0o700)
            if not place.is_symlink() or os.access(place, os.W_OK | os.X_OK):
                return
        if os.path.lexists(place):
            self.set_aside(place, "was not a folder that can be written")
        try:
            place.mkdir(mode=0o755)
        except OSError:
            instead = self.temporary(place)
            instead.mkdir(exist_ok=True)
            place.symlink_to(instead)
            raise

    def _unlock(self, place: Path, mode: int, needed: int) -> None:
        if mode & needed != needed:
            with suppress(OSError):  # a link to somebody else's
                place.chmod(stat.S_IMODE(mode) | needed)
                self._note(NOTE_LOCKED)

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)


def _mode(path: Path) -> int:
    """What a link leads to counts; 0: nothing."""
    with suppress(OSError):
        return path.stat().st_mode
    return 0
