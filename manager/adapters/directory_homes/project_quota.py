"""A quota of the kernel for each home, where the file system and our rights allow it.

Needs root, and ext4 or XFS mounted with `prjquota`. All files of a home belong to one project that
they inherit from its folder. Nobody in a sandbox can change that: the kernel allows it only
outside of user namespaces.

The kernel's limit lies above the home's own, by what a grace allows a home to grow: within it the
watch warns, and unsaved work still finds room. Homes from before stay watched only.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import hashlib
import logging
import os
import secrets
import struct
from collections.abc import Iterator
from pathlib import Path

from manager.domain.policy import Policy

log = logging.getLogger(__name__)

_GET_ATTRIBUTES, _SET_ATTRIBUTES = 0x801C581F, 0x401C5820  # FS_IOC_FSGETXATTR, FS_IOC_FSSETXATTR
_ATTRIBUTES = struct.Struct("=5I8x")  # flags, extent size, extents, project, copy-on-write extent size
_INHERIT = 0x200  # FS_XFLAG_PROJINHERIT
_QUOTACTL_FD = 443  # the same on every architecture; Linux 5.14
_GET_QUOTA, _SET_QUOTA, _OF_PROJECTS = 0x800007, 0x800008, 2
_QUOTA = struct.Struct("=8QI4x")  # struct if_dqblk: blocks of 1 KiB, then inodes: hard, soft, used
_LIMITS_VALID = 0b101
_BLOCK_BYTES = 1024
NOT_POSSIBLE = "watched; no quota, which needs root and a file system that is mounted with prjquota"


class ProjectQuotas:
    def __init__(self, folder: Path, policy: Policy) -> None:
        """`folder`: where the homes are."""
        part = 1.0 + policy.home_grace_growth_part
        self._bytes_max = int(part * policy.home_bytes_max)
        self._files_max = int(part * policy.home_files_max)
        self._works = self._try(folder)

    def words(self) -> str:
        """How homes are limited, for the operator."""
        if not self._works:
            return NOT_POSSIBLE
        return f"watched, and by project quota at {self._bytes_max / 1e9:.1f} GB and {self._files_max:,} files"

    def limit(self, home: Path, name: str) -> None:
        """Give an empty folder, a home to be, its quota. Without one, the watch is what is left."""
        if not self._works:
            return
        try:
            _limit(home, _project_of(name), self._bytes_max, self._files_max)
        except OSError as error:
            log.warning("%s has no quota: %s", name, error)

    def _try(self, folder: Path) -> bool:
        """Whether a limit that was set can be read again: nothing less proves that it holds."""
        trial = folder / f".quota-{secrets.token_hex(4)}"
        try:
            trial.mkdir(mode=0o700)
            try:
                project = _project_of(trial.name)
                _limit(trial, project, self._bytes_max, self._files_max)
                found = _read(trial, project)
                _limit(trial, project, 0, 0)  # none: the project ends with the folder
            finally:
                trial.rmdir()
        except OSError:
            return False
        return (found[0] * _BLOCK_BYTES, found[3]) == (_blocks(self._bytes_max) * _BLOCK_BYTES, self._files_max)


def _limit(folder: Path, project: int, bytes_max: int, files_max: int) -> None:
    with _opened(folder) as handle:
        attributes = bytearray(_ATTRIBUTES.size)
        fcntl.ioctl(handle, _GET_ATTRIBUTES, attributes)
        flags, extent, extents, _, copy_extent = _ATTRIBUTES.unpack(attributes)
        fcntl.ioctl(handle, _SET_ATTRIBUTES, _ATTRIBUTES.pack(flags | _INHERIT, extent, extents, project, copy_extent))
        blocks = _blocks(bytes_max)
        quota = bytearray(_QUOTA.pack(blocks, blocks, 0, files_max, files_max, 0, 0, 0, _LIMITS_VALID))
        _quotactl(handle, _SET_QUOTA, project, quota)


def _read(folder: Path, project: int) -> tuple[int, ...]:
    quota = bytearray(_QUOTA.size)
    with _opened(folder) as handle:
        _quotactl(handle, _GET_QUOTA, project, quota)
    return _QUOTA.unpack(quota)


def _quotactl(handle: int, command: int, project: int, quota: bytearray) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    place = (ctypes.c_char * len(quota)).from_buffer(quota)
    asked = (command << 8) | _OF_PROJECTS
    if libc.syscall(ctypes.c_long(_QUOTACTL_FD), handle, ctypes.c_uint(asked), ctypes.c_int(project), place) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _blocks(size: int) -> int:
    return -(-size // _BLOCK_BYTES)


def _project_of(name: str) -> int:
    """A number from the home's name: 31 bits, so among a thousand homes two hardly ever share."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") >> 1 | 1


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[int]:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        yield handle
    finally:
        os.close(handle)
