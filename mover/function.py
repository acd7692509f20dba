"""Moves a home into a task's slot, and back, by one rename on one file system.

AWS runs this file alone, as a Lambda function that mounts the whole file system. It has no network,
no secret, and imports only the standard library.

| folder | content |
|---|---|
| `homes/<home>` | homes at rest; only root enters |
| `slots/<slot>` | what one task mounts: empty, or with the one home that the task serves |
| `uses/<slot>/` | empty files, the highest is the slot's use: `3-0` clearing, `3-1` ready |
| `left-over/` | what was found in a slot and is no home |

| event | what it does |
|---|---|
| `{"bring": home, "slot": …, "use": 3, "new": false}` | move the home into the slot in that use |
| `{"clear": slot, "next_use": 4}` | move the home back, make the folder again, for the next use |

A rename is atomic, so a home is in one place at every instant, whoever dies. An event may come
twice or late, and a kernel's caches may be old (NFS). So each try opens both folders anew, looks,
renames by these descriptors, and looks again after an error. A slot's use ends before its home
leaves: a `bring` that was held up finds another use, or its folder removed. Uses only grow: what a
call that was held up writes late is lower than what counts.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

HOMES, SLOTS, USES, LEFT_OVER = "homes", "slots", "uses", "left-over"
STUDENT = (1000, 1000)
"""Uid and gid of students' programs: the owner of each home."""
_CLEARING, _READY = 0, 1
_MODES = {HOMES: 0o700, SLOTS: 0o711, USES: 0o700, LEFT_OVER: 0o700}
_TRIES = 5
_LOOK_AGAIN = (errno.ENOENT, errno.ESTALE, errno.EIO)
_HOME = re.compile(r"home-[a-z2-7]{16}")
_SLOT = re.compile(r"slot-[a-z2-7]{16}")


class Refused(Exception):
    """Nothing was moved. The word says why: over, occupied, missing, two homes."""


class Mover:
    def __init__(
        self, root: Path, *, student: tuple[int, int] = STUDENT, between: Callable[[str], None] = lambda _step: None
    ) -> None:
        """`between` is called before each step, so that a test can die there."""
        self._root, self._student, self._between = root, student, between
        for name, mode in _MODES.items():
            with contextlib.suppress(FileExistsError):
                (root / name).mkdir()
            (root / name).chmod(mode)

    def bring(self, home: str, slot: str, *, use: int, new: bool = False) -> None:
        """Move the home into the slot. `new`: nothing was ever put into it, so a missing one is
        made. Raises Refused."""
        _check(home, slot)
        for _ in range(_TRIES):
            with self._open(HOMES) as homes, self._open(SLOTS, slot) as place:
                if place is None or self._use_of(slot) != (use, _READY):
                    raise Refused("over")
                inside = os.listdir(place)  # noqa: PTH208  by a descriptor
                if inside == [home]:
                    return
                if inside:
                    raise Refused("occupied")
                if self._is_home(home, homes):
                    self._between("rename into the slot")
                    if _rename(home, homes, place):
                        return
                elif new:
                    self._make(home, homes)
        raise Refused("missing")

    def clear(self, slot: str, *, next_use: int) -> None:
        """End the slot's use: its home goes back to rest, and an empty folder waits for the next
        task. Makes the slot, too. Raises Refused."""
        _check_slot(slot)
        if self._use_of(slot) >= (next_use, _READY):
            return  # a late call: this was done long ago
        self._begin_use(slot, next_use, _CLEARING)
        for _ in range(_TRIES):
            if self._emptied(slot, next_use):
                break
        else:
            raise Refused("occupied")
        self._between("make the slot again")
        with contextlib.suppress(FileExistsError):
            self._path(SLOTS, slot).mkdir(mode=0o755)
        self._path(SLOTS, slot).chmod(0o755)
        self._begin_use(slot, next_use, _READY)

    def _emptied(self, slot: str, next_use: int) -> bool:
        """Move out what is inside, and remove the folder; False: look again."""
        with self._open(HOMES) as homes, self._open(SLOTS, slot) as place:
            if place is None:
                return True
            inside = os.listdir(place)  # noqa: PTH208  by a descriptor
            if self._use_of(slot) != (next_use, _CLEARING):
                return True  # another call was faster: what was listed may be the next task's
            for name in inside:
                self._between("rename out of the slot")
                self._move_out(name, slot, place, homes)
            self._between("remove the slot")
            path = self._path(SLOTS, slot)
            try:
                if path.stat().st_ino == os.fstat(place).st_ino:
                    path.rmdir()
            except FileNotFoundError:
                return True
            except OSError as error:
                if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ESTALE):
                    return False
                raise
            return True

    def _move_out(self, name: str, slot: str, place: int, homes: int | None) -> None:
        """An empty folder in the home's place is replaced: two calls have both made a new home."""
        if _HOME.fullmatch(name) and homes is not None:
            try:
                _rename(name, place, homes)
            except OSError as error:
                if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                    raise Refused("two homes") from error
                raise
            return
        with self._open(LEFT_OVER) as left_over:
            if left_over is not None:
                _rename(name, place, left_over, f"{slot}-{os.urandom(6).hex()}")

    def _make(self, home: str, homes: int | None) -> None:
        """Under another name first: a home never exists without its owner and mode."""
        draft = f".{home}.new"
        self._between("make the home")
        with contextlib.suppress(FileExistsError):
            os.mkdir(draft, 0o700, dir_fd=homes)
        with contextlib.suppress(FileNotFoundError):  # another call has finished it
            os.chown(draft, *self._student, dir_fd=homes, follow_symlinks=False)
            self._between("name the home")
            _rename(draft, homes, homes, home)

    def _is_home(self, home: str, homes: int | None) -> bool:
        try:
            found = os.stat(home, dir_fd=homes, follow_symlinks=False)
        except OSError as error:
            if error.errno in _LOOK_AGAIN:
                return False
            raise
        return stat.S_ISDIR(found.st_mode) and found.st_uid == self._student[0]

    def _use_of(self, slot: str) -> tuple[int, int]:
        """The number and the state."""
        return max(self._uses(slot), default=(0, _CLEARING))

    def _uses(self, slot: str) -> list[tuple[int, int]]:
        folder = self._path(USES, slot)
        names = os.listdir(folder) if folder.is_dir() else []  # noqa: PTH208  opened anew, as NFS needs it
        return [(int(use), int(state)) for use, _, state in (name.partition("-") for name in names)]

    def _begin_use(self, slot: str, use: int, state: int) -> None:
        self._between("write the use")
        folder = self._path(USES, slot)
        folder.mkdir(exist_ok=True)
        (folder / f"{use}-{state}").touch()
        self._between("forget earlier uses")
        for earlier in self._uses(slot):
            if earlier < (use, state):
                (folder / "{}-{}".format(*earlier)).unlink(missing_ok=True)

    @contextlib.contextmanager
    def _open(self, *names: str) -> Iterator[int | None]:
        """A folder, opened anew: that makes an NFS client ask the server. None: it is not there."""
        try:
            descriptor = os.open(self._path(*names), os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except FileNotFoundError:
            yield None
            return
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def _path(self, *names: str) -> Path:
        return self._root.joinpath(*names)


def _rename(name: str, source: int | None, target: int | None, new_name: str = "") -> bool:
    """False: look again where it is; the answer may have been lost, or a cache was old."""
    try:
        os.rename(name, new_name or name, src_dir_fd=source, dst_dir_fd=target)
    except OSError as error:
        if error.errno in _LOOK_AGAIN:
            return False
        raise
    return True


def _check(home: str, slot: str) -> None:
    if not _HOME.fullmatch(home):
        raise ValueError(f"not the id of a home: {home!r}")
    _check_slot(slot)


def _check_slot(slot: str) -> None:
    if not _SLOT.fullmatch(slot):
        raise ValueError(f"not the id of a slot: {slot!r}")


def answer(mover: Mover, event: Any) -> dict[str, str]:
    """Carry out one event. Errors of the file system are raised: the caller asks again."""
    try:
        match event:
            case {"bring": str(home), "slot": str(slot), "use": int(use), "new": bool(new)}:
                mover.bring(home, slot, use=use, new=new)
            case {"clear": str(slot), "next_use": int(next_use)}:
                mover.clear(slot, next_use=next_use)
            case _:
                raise ValueError("an event that brings a home or clears a slot is expected")
    except Refused as refused:
        return {"refused": str(refused)}
    return {"done": "yes"}


_made: list[Mover] = []


def handle(event: Any, _context: object) -> dict[str, str]:
    """Lambda's entry. The file system is mounted before the function starts."""
    if not _made:
        uid, gid = os.environ.get("APRANOVA_STUDENT", "{}:{}".format(*STUDENT)).split(":")
        _made.append(Mover(Path(os.environ["APRANOVA_FILES"]), student=(int(uid), int(gid))))
    return answer(_made[0], event)
