"""What the service's user may read and write, also when root asks, who may do all."""

from __future__ import annotations

import os
import pwd
import subprocess
from pathlib import Path

from single_machine.service.places import USER, Places


class ServiceUser:
    """Where `install` has made a service, its user; else whoever asks."""

    def __init__(self, places: Places | None = None, name: str = USER) -> None:
        self._account = _find(places or Places(), name)
        self.name = self._account.pw_name if self._account else pwd.getpwuid(os.geteuid()).pw_name

    def may_read(self, path: Path) -> bool:
        return self._may("-r", path)

    def may_write(self, path: Path) -> bool:
        return self._may("-w", path)

    def closed_folder(self, path: Path) -> Path | None:
        """The first on the way to it that this user may not pass, also behind a link."""
        ways = (*reversed(path.absolute().parents), *reversed(Path(os.path.realpath(path)).parents))
        above = (folder for folder in ways if folder.is_dir())
        return next((folder for folder in above if not self._may("-x", folder)), None)

    def _may(self, how: str, path: Path) -> bool:
        """By test(1), which asks the kernel: it also knows groups and access control lists."""
        command = ["/usr/bin/test", how, str(path)]
        if self._account is None:
            return subprocess.run(command, check=False).returncode == 0
        uid, gid = self._account.pw_uid, self._account.pw_gid
        groups = os.getgrouplist(self.name, gid)
        done = subprocess.run(command, user=uid, group=gid, extra_groups=groups, cwd="/", check=False)
        return done.returncode == 0


def _find(places: Places, name: str) -> pwd.struct_passwd | None:
    if os.geteuid() != 0 or not places.current.exists():
        return None
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None
