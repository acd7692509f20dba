"""Where things live and what the user chose, read once from the environment."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from contract.environment import BadSetting, Environment
from contract.names import WorkspaceKind

ROOT_SANDBOX_UID = 61000
"""Host uid of the sandboxes when the product is started by root; PostgreSQL has the next one."""


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
        """PostgreSQL's own: what escapes from a sandbox must not own the database."""
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


def read_settings(variables: Mapping[str, str], *, source: Path, port: int | None = None) -> Settings:
    """Raises BadSetting. A `port` from the command line replaces APRANOVA_PORT."""
    environment = Environment(variables)
    uid = os.getuid()
    home = Path(environment.text("APRANOVA_HOME", str(default_home(variables, uid))))
    home = home.expanduser().absolute()
    if home == source or home.is_relative_to(source):
        raise BadSetting(
            f"APRANOVA_HOME ({home}) is inside the source tree, so a clean checkout would delete "
            "the students' data; choose a folder outside"
        )
    sandbox_uid = environment.whole("APRANOVA_SANDBOX_UID", ROOT_SANDBOX_UID if uid == 0 else -1, 1, 2**31)
    return Settings(
        source=source,
        home=home,
        run=environment.path("APRANOVA_RUN_DIR", run_folder(home, uid)),
        images=environment.path("APRANOVA_IMAGES_DIR", home / "images"),
        host=environment.text("APRANOVA_HOST", "127.0.0.1"),
        port=port if port is not None else environment.whole("APRANOVA_PORT", 8080, 1, 65535),
        sandbox_uid=None if sandbox_uid == -1 else sandbox_uid,
        database_url=environment.text("DATABASE_URL", ""),
        redis_url=environment.text("REDIS_URL", ""),
        kinds=environment.kinds("APRANOVA_KINDS"),
        unisolated=environment.flag("APRANOVA_UNISOLATED"),
        school_name=environment.text("APRANOVA_SCHOOL_NAME", "Demo School"),
        snapshots=environment.path("APRANOVA_SNAPSHOTS_DIR", home / "snapshots"),
        restic=environment.path("APRANOVA_RESTIC", home / "tools" / "restic"),
    )
