"""A backup of the service, and the whole school again where nothing of its data is left."""

from __future__ import annotations

import hashlib
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.machine import load
from benchmarks.one_server.machine import BACKUPS, Server

DATA = "/var/lib/apranova"
PASSWORD = Path("/root/backup-password")
COMMAND = "/opt/apranova/apranova"
SERVICE = ("apranova", "apranova-gateway", "apranova-engine", "apranova-sandboxes")


@dataclass(frozen=True)
class Restored:
    homes: int
    files: int
    files_that_differ: int
    backup_s: float
    restore_s: float
    """From the command until it ended; the service starts after it."""
    starts: bool
    load: list[float]


def restore_from_nothing(server: Server) -> dict[str, Any]:
    """As docs/runbooks/lost-disk.md says, under systemd; the programs are installed already."""
    server.must("systemctl", "kill", "--signal=INT", "--kill-who=main", "apranova")  # save and stop
    server.says("sh", "-c", "while systemctl is-active --quiet apranova; do sleep 0.2; done")
    before = _digests(server)
    server.must("systemctl", "start", "apranova")
    backup_s = _timed(server, COMMAND, "backup")
    server.must("cp", f"{DATA}/backup-password", str(PASSWORD))
    server.must("systemctl", "stop", *SERVICE)
    server.must("rm", "-r", DATA)  # the lost disk
    server.must("install", "-d", "-o", "apranova", "-g", "apranova", "-m", "0711", DATA)
    server.must("install", "-o", "apranova", "-m", "0400", str(PASSWORD), "/srv/backup-password")
    words = ("restore-school", "--from", str(BACKUPS), "--password-file", "/srv/backup-password")
    restore_s = _timed(server, COMMAND, *words)
    after = _digests(server)
    server.run(COMMAND, "install")  # its code is doctor's, which misses the internet here
    starts = server.says("systemctl", "is-active", *SERVICE).split() == ["active"] * len(SERVICE)
    differ = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    homes = len({name.split("/", 1)[0] for name in after if "/" in name})
    seen = Restored(homes, len(after), len(differ), round(backup_s, 1), round(restore_s, 1), starts, load())
    print(seen, sorted(differ)[:5], flush=True)
    return asdict(seen)


def _timed(server: Server, *command: str) -> float:
    began = time.monotonic()
    print(server.must(*command), flush=True)
    return time.monotonic() - began


def _digests(server: Server) -> dict[str, str]:
    """Of every file in every home."""
    homes = server.root / DATA.removeprefix("/") / "data/homes"
    return {
        str(file.relative_to(homes)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(homes.rglob("*"))
        if file.is_file() and not file.is_symlink()
    }
