"""What `install` and `upgrade` ask of the machine: programs, the service's user, its rights."""

from __future__ import annotations

import contextlib
import fcntl
import grp
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from single_machine.service.places import USER, CannotInstall, Places

PACKAGES = ("python3-venv", "python3-pip", "git", "ca-certificates")
"""Debian's and Ubuntu's: Python environments for us; pip and git for students, whose sandboxes have
this machine's programs."""
_PASSED_TO_BUILDS = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "LANG")
_PASSED_PREFIXES = ("PIP_", "npm_config_", "NODE_EXTRA_", "SSL_CERT_", "APRANOVA_MIRROR_")


def run(*command: str, env: Mapping[str, str] | None = None) -> None:
    """Raises CannotInstall with what the program said."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env, check=False)
    if done.returncode:
        last = "".join(f"\n  | {line}" for line in done.stdout.splitlines()[-15:])
        raise CannotInstall(f"`{' '.join(command)}` failed.{last}")


@contextlib.contextmanager
def one_at_a_time(places: Places) -> Iterator[None]:
    """Raises CannotInstall while another `install` or `upgrade` runs. The kernel releases the lock
    however we die, and no program that we start inherits it."""
    places.lock.parent.mkdir(parents=True, exist_ok=True)
    with places.lock.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotInstall(
                "another install or upgrade of this machine is running. Wait until it has ended, "
                "then run the same command again."
            ) from None
        yield


def install_packages(proxy: Mapping[str, str]) -> None:
    """`proxy`: apt's way out, as variables. Raises CannotInstall."""
    missing = [name for name in PACKAGES if not _has_package(name)]
    if not missing:
        return
    if shutil.which("apt-get") is None:
        raise CannotInstall(f"these packages of Debian and Ubuntu are needed, or what they hold: {' '.join(missing)}")
    environment = {**proxy, **os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run("apt-get", "update", "-q", env=environment)
    run("apt-get", "install", "-q", "-y", "--no-install-recommends", *missing, env=environment)


def _has_package(name: str) -> bool:
    asked = ["dpkg-query", "--show", "--showformat", "${db:Status-Status}", name]
    try:
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return False
    return done.stdout == "installed"


def make_user(home: Path) -> None:
    try:
        pwd.getpwnam(USER)
    except KeyError:
        shell = "/usr/sbin/nologin"
        run("useradd", "--system", "--user-group", "--home-dir", str(home), "--no-create-home", "--shell", shell, USER)


def give(folder: Path) -> None:
    """Make a folder of the service's user."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.chown(folder, USER, USER)


def readable_by_user(file: Path, mode: int) -> None:
    """Root's, and its group is the service's user: it may read, not write."""
    os.chown(file, 0, grp.getgrnam(USER).gr_gid)
    file.chmod(mode)


def as_user(command: Sequence[str], *, folder: Path, more: Mapping[str, str], quiet: bool = False) -> int:
    """Run a program with the rights of the service's user; its exit code."""
    account = pwd.getpwnam(USER)
    environment = {
        **{name: value for name, value in os.environ.items() if name in _PASSED_TO_BUILDS},
        **{name: value for name, value in os.environ.items() if name.startswith(_PASSED_PREFIXES)},
        "HOME": account.pw_dir,
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "TERM": os.environ.get("TERM", "dumb"),
        **more,
    }
    return subprocess.run(
        command,
        user=account.pw_uid,
        group=account.pw_gid,
        extra_groups=os.getgrouplist(USER, account.pw_gid),
        umask=0o022,
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL if quiet else None,
        check=False,
    ).returncode
