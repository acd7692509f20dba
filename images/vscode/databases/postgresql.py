"""PostgreSQL as a student's database: its files in the home, its answers when it cannot start."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import struct
from collections.abc import Mapping
from pathlib import Path

from agent.processes import Command
from images.vscode.databases.server import CannotStart, Run

PORT = 5432
SUPERUSER = "postgres"
"""Also the database: tutorials and frameworks expect both names. Every password is right."""
_FOLDER = ".local/share/postgresql"
_SSL_REQUEST, _GSS_REQUEST = 80877103, 80877104
_CANNOT_CONNECT_NOW = b"57P03"
_LOCK_BYTES_MAX = 4096

# For one student. What a student sets with ALTER SYSTEM counts more: these are in a file.
SETTINGS = {
    "max_connections": "60",
    "shared_buffers": "16MB",
    "maintenance_work_mem": "16MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    # A full home then fails a statement, not the server: the log is written into old files.
    "min_wal_size": "16MB",
    "max_wal_size": "128MB",
    "jit": "off",
    "io_method": "sync",  # the default starts three more processes
    "autovacuum_max_workers": "1",
    "autovacuum_worker_slots": "1",
    "max_worker_processes": "1",
    "max_parallel_workers": "0",
    "max_parallel_workers_per_gather": "0",
    "max_logical_replication_workers": "0",
    "huge_pages": "off",
    "log_checkpoints": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class PostgreSQL:
    name = "PostgreSQL"
    port = PORT
    stop_signal = signal.SIGINT
    """SIGTERM would wait until every program has closed its connections."""

    def __init__(
        self, programs: Path, *, major: str, home: Path, sockets: Path, temporary: Path, environment: Mapping[str, str]
    ) -> None:
        """`sockets`: the task's own folder. `temporary`: where clients look for a Unix socket."""
        self._programs = programs
        self._major = major
        self._home = home
        self._environment = environment
        self._own = sockets / "postgresql"
        self.folder = home / _FOLDER
        self.data = self.folder / major
        self.log = self.folder / "server.log"
        self.socket = self._own / f".s.PGSQL.{PORT}"
        self.socket_for_programs: Path | None = temporary / f".s.PGSQL.{PORT}"

    def variables(self) -> Mapping[str, str]:
        return {
            "DATABASE_URL": f"postgresql://{SUPERUSER}@localhost:{PORT}/{SUPERUSER}",
            "PGHOST": "localhost",
            "PGPORT": str(PORT),
            "PGUSER": SUPERUSER,
            "PGDATABASE": SUPERUSER,
            "PGDATA": str(self.data),
        }

    async def prepare(self, run: Run) -> None:
        self._own.mkdir(mode=0o700, exist_ok=True)
        settings = "".join(f"{name} = '{value}'\n" for name, value in SETTINGS.items())
        (self._own / "settings.conf").write_text(settings)
        if _is_cluster(self.data):
            self.data.chmod(0o700)  # PostgreSQL refuses to start when others may read it
            self._forget_dead_server()
            return
        self._refuse_other_files()
        draft = self.folder / f".{self._major}.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700, parents=True)
        try:
            await run(self._copy(draft))
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)  # in a full home it would stay in the way
            raise
        with contextlib.suppress(FileNotFoundError):
            self.data.rmdir()
        draft.rename(self.data)

    def _refuse_other_files(self) -> None:
        """Never an empty database where the student has had one."""
        if self.data.is_dir() and not any(self.data.iterdir()):
            return  # the student agrees to an empty one
        if os.path.lexists(self.data):
            raise CannotStart(
                f"{self._shown(self.data)} is not a complete PostgreSQL database. "
                "Move or restore it, then connect again"
            )
        others = sorted(path.name for path in self.folder.glob("*") if path.name.isdecimal() and _is_cluster(path))
        if others:
            raise CannotStart(
                f"Your tables are in the files of PostgreSQL {others[-1]} ({self._shown(self.folder / others[-1])}), "
                f"which this workspace's PostgreSQL {self._major} cannot read. They are kept. Ask your school to "
                f"convert them, or begin with an empty database: mkdir {self._shown(self.data)}"
            )

    def _shown(self, path: Path) -> str:
        return f"~/{path.relative_to(self._home)}"

    def _copy(self, folder: Path) -> Command:
        """The image's empty cluster: `folder` is there, closed to others, and keeps its mode."""
        empty = self._programs.parent / "empty"
        return Command(("/bin/cp", "-r", "--no-preserve=mode", f"{empty}/.", str(folder)), self._environment)

    def _forget_dead_server(self) -> None:
        """After a crash the lock file names a process id that another process may have by now."""
        lock = self.data / "postmaster.pid"
        with contextlib.suppress(FileNotFoundError):
            at_work = _servers_in(self.data)
            if _lines(lock)[0] in at_work:
                raise CannotStart(f"A PostgreSQL that you started uses {self._shown(self.data)}. Stop it: pg_ctl stop")
            # What a killed server leaves behind ends by itself, unless it computes.
            for pid in at_work:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
            lock.unlink()

    def command(self) -> Command:
        return Command(
            (
                *(str(self._programs / "postgres"), "-D", str(self.data), "-k", str(self._own)),
                *("-c", f"config_file={self._own / 'settings.conf'}"),
                *("-c", "listen_addresses=", "-c", f"port={PORT}", "-c", "logging_collector=off"),
            ),
            self._environment,
        )

    async def is_ready(self) -> bool:
        """As pg_ctl asks: a server that recovers accepts connections, and refuses their start."""
        try:
            lines = _lines(self.data / "postmaster.pid")
        except OSError:
            return False
        return len(lines) > 7 and lines[7].strip() == "ready"

    def refusal(self, received: bytearray, text: str) -> tuple[bytes, bool]:
        answer = b""
        while len(received) >= 8:
            _, code = struct.unpack_from("!II", received)
            if code not in (_SSL_REQUEST, _GSS_REQUEST):
                fields = b"SFATAL\0VFATAL\0C" + _CANNOT_CONNECT_NOW + b"\0M" + text.encode() + b"\0\0"
                return answer + b"E" + struct.pack("!I", len(fields) + 4) + fields, True
            del received[:8]
            answer += b"N"
        return answer, False


def _is_cluster(folder: Path) -> bool:
    return (folder / "PG_VERSION").exists() and (folder / "global/pg_control").exists()


def _lines(file: Path) -> list[str]:
    """Of a file in the home, whatever lies there. Raises OSError."""
    descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK)  # a pipe would wait
    try:
        return os.read(descriptor, _LOCK_BYTES_MAX).decode(errors="replace").split("\n")
    finally:
        os.close(descriptor)


def _servers_in(folder: Path) -> list[str]:
    """PostgreSQL's processes stay in their data's folder. A terminal may be there, too."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):
                if (entry / "cwd").samefile(folder) and (entry / "comm").read_bytes() == b"postgres\n":
                    found.append(entry.name)
    return found
