"""Keeps the logs small: what a student does can write a line, as often as they like."""

from __future__ import annotations

import os
from pathlib import Path

LOGS_EVERY_S = 5.0
LOG_BYTES_MAX = 20_000_000


def keep_small(folder: Path, bytes_max: int = LOG_BYTES_MAX) -> None:
    """Move what is in a log that is too large to `<name>.log.1`, which keeps its last `bytes_max`.

    The processes that write it have it open, so the file stays and is emptied. Lines that come
    between the copy and that are lost. A log that cannot be moved is emptied all the same.
    """
    for log in folder.glob("*.log"):
        try:
            size = log.stat().st_size
            if size <= bytes_max:
                continue
            try:
                _copy_end(log, log.with_suffix(".log.1"), size, bytes_max)
            finally:
                os.truncate(log, 0)
        except OSError:
            continue  # a full disk, or it is gone: the next look tries again


def _copy_end(log: Path, older: Path, size: int, bytes_max: int) -> None:
    with log.open("rb") as source, older.open("wb") as target:
        source.seek(max(0, size - bytes_max))
        left = bytes_max
        while left > 0 and (piece := source.read(min(left, 1 << 20))):
            target.write(piece)
            left -= len(piece)
