"""Where things live and what the user chose, read once from the environment."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from contract.names import WorkspaceKind, read_kinds

ROOT_SANDBOX_UID = 61000
"""Host uid of the sandboxes when the product is started by root; PostgreSQL has the next one."""


class BadSetting(Exception):
    """A setting has a value that cannot work; the text says which, why and what to do."""


@dataclass(frozen=True)
class Settings:
    source: Path
    home: Path
    """APRANOVA_HOME: all data, images, logs and secrets of this school."""
    run: Path
    """Sockets. Short, because a Unix socket's path has at most 107 characters."""
    images: Path
    """Shared by several schools of one machine when APRANOVA_IMAGES_DIR says so."""
    host: str
    port: int
    sandbox_uid: int | None
    """None for an ordinary user: sandboxes run as that user."""
    database_url: str
    """Empty: a PostgreSQL of our own."""
    redis_url: str
    """Empty: a Redis of our own."""
    unisolated: bool
    kinds: tuple[WorkspaceKind, ...]
    """What this school offers."""
    school_name: str
    snapshots: Path
    """Snapshots of homes; another disk is a good place."""
    restic: Path
    """The program that takes them: the operator's, or the one that the manager fetches."""

    @property
    def public_url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def workspaces_domain(self) -> str:
        return f"ws.localhost:{self.port}"

    @property
    def database_uid(self) -> int | None:
        """PostgreSQL's own: whoever escaped from a sandbox must not own the database's files."""
        return None if self.sandbox_uid is None else self.sandbox_uid + 1

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def demo_accounts(self) -> Path:
        return self.home / "demo-accounts.txt"

    @property
    def supervisor_file(self) -> Path:
        """What a running `up` writes about itself, for `status` and `down`."""
        return self.home / "supervisor.json"


def default_home(environment: Mapping[str, str], uid: int) -> Path:
    if uid == 0:
        return Path("/var/lib/apranova")  # /root is closed to the sandboxes' uid
    data_home = environment.get("XDG_DATA_HOME") or str(
        Path(environment.get("HOME", "~")).expanduser() / ".local/share"
    )
    return Path(data_home) / "apranova"


def run_folder(home: Path, uid: int) -> Path:
    """One folder for each user and home, so that two schools of one user do not meet."""
    digest = hashlib.sha256(str(home).encode()).hexdigest()[:8]
    return Path(tempfile.gettempdir()) / f"apranova-{uid}-{digest}"


def read_settings(environment: Mapping[str, str], *, source: Path, port: int | None = None) -> Settings:
    uid = os.getuid()
    home = Path(environment.get("APRANOVA_HOME") or default_home(environment, uid)).expanduser().absolute()
    if home == source or home.is_relative_to(source):
        raise BadSetting(
            f"APRANOVA_HOME ({home}) lies inside the source tree, so a clean checkout would delete the students' data. "
            "Choose a folder outside."
        )
    sandbox_uid = _number(environment, "APRANOVA_SANDBOX_UID", ROOT_SANDBOX_UID if uid == 0 else -1, 1, 2**31)
    return Settings(
        source=source,
        home=home,
        run=Path(environment.get("APRANOVA_RUN_DIR") or run_folder(home, uid)),
        images=Path(environment.get("APRANOVA_IMAGES_DIR") or home / "images"),
        host=environment.get("APRANOVA_HOST", "127.0.0.1"),
        port=port if port is not None else _number(environment, "APRANOVA_PORT", 8080, 1, 65535),
        sandbox_uid=None if sandbox_uid == -1 else sandbox_uid,
        database_url=environment.get("DATABASE_URL", ""),
        redis_url=environment.get("REDIS_URL", ""),
        kinds=_kinds(environment),
        unisolated=environment.get("APRANOVA_UNISOLATED", "") == "1",
        school_name=environment.get("APRANOVA_SCHOOL_NAME", "Demo School"),
        snapshots=_path(environment, "APRANOVA_SNAPSHOTS_DIR", home / "snapshots"),
        restic=_path(environment, "APRANOVA_RESTIC", home / "tools" / "restic"),
    )


def _path(environment: Mapping[str, str], name: str, default: Path) -> Path:
    chosen = Path(environment.get(name) or default)
    if not chosen.is_absolute():
        raise BadSetting(f"{name}={str(chosen)!r}: a full path is expected, beginning with /.")
    return chosen


def _kinds(environment: Mapping[str, str]) -> tuple[WorkspaceKind, ...]:
    try:
        return read_kinds(environment.get("APRANOVA_KINDS", ""))
    except ValueError as error:
        raise BadSetting(f"APRANOVA_KINDS: {error}.") from None


def _number(environment: Mapping[str, str], name: str, default: int, lowest: int, highest: int) -> int:
    text = environment.get(name, "")
    if not text:
        return default
    if not text.isdigit() or not lowest <= int(text) <= highest:
        raise BadSetting(f"{name}={text!r}: a whole number from {lowest} to {highest} is expected.")
    return int(text)
