"""What a student can do to a home: fill its disk, or put something in the place of a file."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from images.tests.desk import short_folder

DAMAGES: dict[str, Callable[[Path], object]] = {
    "file": lambda place: place.write_bytes(b"\xff{"),
    "nested file": lambda place: place.write_bytes(b"[" * 100_000),
    "folder": lambda place: (place.mkdir(), (place / "mine").write_text("x")),
    "pipe": os.mkfifo,
    "dangling link": lambda place: place.symlink_to("nowhere"),
    "link to itself": lambda place: place.symlink_to(place.name),
    "link to a device": lambda place: place.symlink_to(os.devnull),
}


@contextmanager
def small_disk() -> Iterator[Path]:
    with short_folder() as folder:
        place = folder / "disk"
        place.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(place)], check=True)
        try:
            yield place
        finally:
            subprocess.run(["umount", "-l", str(place)], check=True)


@contextmanager
def filled(folder: Path) -> Iterator[None]:
    """Until the end of the block nothing more fits onto the (small) disk."""
    filling = folder / "filling.bin"
    with suppress(OSError), filling.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)
    yield
    filling.unlink()
