"""Backups on other machines: a real OpenSSH server, and a server that speaks S3. The school is lost
each time, and comes back from there."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from single_machine.backup import make, restore_school
from single_machine.settings import Settings
from single_machine.tests.test_backup import SOURCE, folder, people, read, school, variables  # noqa: F401  fixtures
from tests.ports import free_port
from tests.waiting import until

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
MOTO = shutil.which("moto_server")
_CONFIGURATION = """
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host-key
PidFile none
AuthorizedKeysFile {folder}/key.pub
StrictModes no
UsePAM no
LogLevel VERBOSE
PasswordAuthentication no
Subsystem sftp internal-sftp
"""


def _comes_back(school: Settings, folder: Path, target: str, **more: str) -> None:  # noqa: F811
    there = {"APRANOVA_BACKUP_TARGET": target, **more}
    assert make.run(read(folder, **there), prove=True) == 0
    shutil.move(school.home, folder / "lost")
    assert restore_school.run({**variables(folder, "new"), **there}, source=SOURCE, snapshot=None) == 0
    assert people(read(folder, "new")) == [("ada@school.example",)]


@contextmanager
def _running(port: int, log: Path, *command: str) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        until(lambda: _listens(port), lambda: log.read_text(), within_s=30)
        yield
    finally:
        process.terminate()
        process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.skipif(SSHD is None, reason="OpenSSH's server is missing: apt install openssh-server")
@pytest.mark.skipif(os.getuid() == 0, reason="root's sshd wants a user and a folder of its own; tried by another user")
def test_a_school_comes_back_by_sftp(
    school: Settings,  # noqa: F811
    folder: Path,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With a key without a passphrase and a host in known_hosts, as the guide says."""
    port, keys = free_port(), tmp_path
    for name in ("key", "host-key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(keys / name)], check=True)
    host = (keys / "host-key.pub").read_text().rsplit(" ", 1)[0]
    (keys / "known_hosts").write_text(f"[127.0.0.1]:{port} {host}\n")
    (keys / "sshd").write_text(_CONFIGURATION.format(port=port, folder=keys))
    # The tests' user has no ~/.ssh of its own; ssh looks there whatever HOME says.
    ssh = keys / "bin/ssh"
    ssh.parent.mkdir()
    options = f"-i {keys}/key -o UserKnownHostsFile={keys}/known_hosts -o StrictHostKeyChecking=yes"
    ssh.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} {options} "$@"\n')
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{ssh.parent}:{os.environ['PATH']}")
    target = f"{getpass.getuser()}@127.0.0.1:{port}"
    with _running(port, keys / "log", str(SSHD), "-D", "-e", "-f", str(keys / "sshd")):
        asked = subprocess.run([str(ssh), f"ssh://{target}", "true"], capture_output=True, timeout=30, check=False)
        if asked.returncode == 255 and "account is locked" in (keys / "log").read_text():
            pytest.skip("this user's account is locked, so that no sshd lets it in")
        _comes_back(school, folder, f"sftp://{target}/{folder}/other-machine")


@pytest.mark.skipif(MOTO is None, reason="moto's server is missing: pip install 'moto[server,s3]' elsewhere, on PATH")
def test_a_school_comes_back_by_s3(school: Settings, folder: Path, tmp_path: Path) -> None:  # noqa: F811
    port = free_port()
    with _running(port, tmp_path / "log", str(MOTO), "-H", "127.0.0.1", "-p", str(port)):
        keys = {"APRANOVA_BACKUP_ACCESS_KEY_ID": "school", "APRANOVA_BACKUP_SECRET_ACCESS_KEY": "secret"}
        _comes_back(school, folder, f"s3:http://127.0.0.1:{port}/school", **keys)
