"""A Debian root made by mmdebstrap and booted with systemd by systemd-nspawn."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from benchmarks.one_server.shares import beginning_in
from tests.pebble import Pebble
from tests.waiting import until

SOURCE = Path(__file__).parents[2]
NEEDED = ("mmdebstrap", "systemd-nspawn", "nsenter", "pebble")
PACKAGES = (
    *("systemd", "systemd-sysv", "libpam-systemd", "dbus", "udev", "init", "iproute2", "procps", "kmod", "sudo"),
    *("ca-certificates", "python3", "git", "apparmor", "linux-image-amd64"),
)
"""A rented server as it comes; the kernel is for a boot of the same root in a virtual machine."""
DOMAIN = "learn.school.test"
AUTHORITY = Path("/etc/ssl/school/authority.pem")
BACKUPS = Path("/srv/backup")
SETTINGS = """\
[school]
name = "Example School"
domain = "{DOMAIN}"
admin_email = "head@school.test"
kinds = ["vscode"]

[tls]
mode = "acme"
directory = "{directory}"
directory_ca = "{AUTHORITY}"
dns_address = "127.0.0.1"

[listen]
address = "127.0.0.1"

[pool]
policy = "schedule"
sizes = "base=1 peak=1 off=1 weekend=1"

[network]
authority = "/etc/ssl/certs/ca-certificates.crt"

[backup]
target = "{BACKUPS}"
"""
"""Answers for `install`: a certificate from a Pebble on this machine, which asks our port 53."""
BOOT_WITHIN_S = 120.0


def why_not() -> str:
    """Why this machine cannot boot such a root; empty when it can."""
    if os.geteuid() != 0:
        return "it needs root"
    missing = [name for name in NEEDED if shutil.which(name) is None]
    return f"these are not installed: {' '.join(missing)} (mmdebstrap, systemd-container, pebble)" if missing else ""


class Server:
    def __init__(self, root: Path, *, cgroup: Path | None = None) -> None:
        """`cgroup`: for all that runs in it."""
        self.root = root
        self._begin = beginning_in(cgroup)

    def make(self, suite: str, authority: Pebble) -> None:
        """Unless it is there. Package sources and authorities are this machine's."""
        if not self.root.exists():
            draft = self.root.with_name(f"{self.root.name}.new")
            shutil.rmtree(draft, ignore_errors=True)
            command = ["mmdebstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", suite, str(draft)]
            subprocess.run(command, check=True)
            draft.rename(self.root)
        etc = self.root / "etc"
        shutil.copy("/etc/ssl/certs/ca-certificates.crt", etc / "ssl/certs/ca-certificates.crt")
        (etc / "pip.conf").write_text("[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n")
        (etc / "hosts").write_text(f"127.0.0.1 localhost {DOMAIN}\n")
        (etc / "ssl/school").mkdir(exist_ok=True)
        trusted = self.root / AUTHORITY.relative_to("/")
        shutil.copy(authority.root, trusted)
        trusted.chmod(0o644)
        backups = self.root / BACKUPS.relative_to("/")
        backups.mkdir(exist_ok=True)
        backups.chmod(0o1777)  # the service's user is not there yet
        values = {"DOMAIN": DOMAIN, "directory": authority.directory, "AUTHORITY": AUTHORITY, "BACKUPS": BACKUPS}
        (self.root / "root/school.toml").write_text(SETTINGS.format(**values))
        self.bring_source()

    def bring_source(self) -> None:
        """This tree, as `git clone` would."""
        clone = self.root / "opt/apranova"
        clone.mkdir(parents=True, exist_ok=True)
        files = subprocess.run(["git", "-C", str(SOURCE), "ls-files", "-z"], capture_output=True, check=True).stdout
        for name in filter(None, files.decode().split("\0")):
            target = clone / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if (SOURCE / name).exists():
                shutil.copy2(SOURCE / name, target, follow_symlinks=False)

    @contextmanager
    def booted(self) -> Iterator[None]:
        """With the network of this machine, so that the school answers on its loopback."""
        command = ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", f"--directory={self.root}"]
        command += ["--machine=apranova-server", "--resolv-conf=copy-host", "--console=read-only", "--boot"]
        # The same cgroups as a server has, and a /proc/sys that is its own.
        more = {"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1", "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "1"}
        container = subprocess.Popen(
            [*self._begin, *command],
            env={**os.environ, **more},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        try:
            until(lambda: self._init(container.pid) is not None, lambda: "it did not boot", within_s=BOOT_WITHIN_S)
            self._pid = self._init(container.pid)
            until(
                lambda: self.says("systemctl", "is-system-running") in ("running", "degraded"), within_s=BOOT_WITHIN_S
            )
            yield
        finally:
            self.says("systemctl", "poweroff")
            container.wait(120)

    @staticmethod
    def _init(container: int) -> int | None:
        return next((child.pid for child in psutil.Process(container).children() if child.name() == "systemd"), None)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        inside = ["nsenter", "--target", str(self._pid), "--all", "--", "/usr/bin/env", "-i", "HOME=/root", "TERM=dumb"]
        inside += ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
        inside += ["npm_config_cafile=/etc/ssl/certs/ca-certificates.crt"]
        return subprocess.run(
            [*self._begin, *inside, *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def says(self, *command: str) -> str:
        return self.run(*command).stdout.strip()

    def must(self, *command: str) -> str:
        done = self.run(*command)
        assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout}"
        return done.stdout
