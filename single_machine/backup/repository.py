"""The one restic repository that holds a school's backups."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from single_machine.backup.settings import BackupSettings
from single_machine.preflight import CannotGoOn
from single_machine.settings import Settings

HOST = "apranova"
UNREADABLE = 3
"""restic's exit status for a backup without some files that could not be read."""
SHORT_S = 120.0
LONG_S = 12 * 3_600.0
ENDS_WITHIN_S = 10.0
"""After it was asked to end; it removes its lock."""
_TOLD_CHARS = 400
_PASSED_ON = ("PATH", "HOME", "TMPDIR", "SSH_AUTH_SOCK", "https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY")
_PASSED_ON += ("SSL_CERT_FILE",)


class BackupFailed(Exception):
    """A backup could not be made, read or restored. The text is for the operator."""


@dataclass(frozen=True)
class Snapshot:
    snapshot_id: str
    time: str
    paths: tuple[str, ...]


def find_restic(settings: Settings) -> Path:
    """The operator's, the machine's, or the one that the manager fetches; it is fetched if need be.
    Raises CannotGoOn."""
    for known in (settings.restic, Path(shutil.which("restic") or "/nowhere")):
        if known.is_file() and os.access(known, os.X_OK):
            return known
    folder = settings.home / "tools"
    command = [sys.executable, "-m", "manager.adapters.restic.install", str(folder)]
    passed_on = ("http_proxy", "https_proxy", "no_proxy")
    environment = {name: os.environ[name] for name in passed_on if name in os.environ}
    environment |= {"PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": str(settings.source)}
    if subprocess.call(command, env=environment, stdin=subprocess.DEVNULL) == 0 and (folder / "restic").is_file():
        return folder / "restic"
    raise CannotGoOn("restic makes the backups, and it is missing. Install it: apt install restic")


@dataclass(frozen=True)
class Repository:
    program: Path
    settings: BackupSettings

    def exists(self) -> bool:
        """Raises BackupFailed when the target cannot be asked, or the password is wrong."""
        try:
            self.run("cat", "config", "--no-lock", within_s=SHORT_S)
        except BackupFailed as failure:
            said = str(failure).lower()
            if "is there a repository" in said or "repository does not exist" in said:
                return False
            raise
        return True

    def make(self) -> None:
        self.run("init", within_s=SHORT_S)

    def back_up(self, paths: Sequence[Path], *, excluded: Sequence[str]) -> tuple[str, int, list[str]]:
        """Returns the snapshot, the bytes that it holds, and the files that could not be read."""
        output = self.run(
            *("backup", "--json", "--host", HOST, *(f"--exclude={pattern}" for pattern in excluded), *map(str, paths)),
            fine=(0, UNREADABLE),
        )
        messages = list(_messages(output))
        unread = [str(found.get("item", "?")) for found in messages if found.get("message_type") == "error"]
        for found in reversed(messages):
            if found.get("message_type") == "summary":
                return str(found["snapshot_id"]), int(found["total_bytes_processed"]), unread
        raise BackupFailed("restic made no backup, and said nothing")

    def snapshots(self) -> list[Snapshot]:
        """Newest first. Writes a lock for a moment: success shows that the target is writable."""
        known = json.loads(self.run("snapshots", "--json", "--host", HOST, within_s=SHORT_S) or "[]") or []
        found = [Snapshot(one["id"], one["time"], tuple(one["paths"])) for one in known]
        return sorted(found, key=lambda one: one.time, reverse=True)

    def thin_out(self) -> None:
        """First removes the locks of killed backups, which restic recognizes by their age."""
        kept = (("--keep-daily", self.settings.daily), ("--keep-weekly", self.settings.weekly))
        rules = [
            word for name, count in (*kept, ("--keep-monthly", self.settings.monthly)) for word in (name, str(count))
        ]
        self.run("unlock", within_s=SHORT_S)
        self.run("forget", "--host", HOST, "--group-by", "host", *rules, "--prune")

    def check(self) -> None:
        self.run("check")

    def restore(self, snapshot_id: str, to: Path, *, only: Sequence[str] = (), without: Sequence[str] = ()) -> None:
        """Each file is compared with its digest. Without root, files belong to whoever restores."""
        chosen = [f"--include={path}" for path in only] + [f"--exclude={path}" for path in without]
        self.run("restore", snapshot_id, "--verify", *chosen, "--target", str(to))

    def run(self, *arguments: str, within_s: float = LONG_S, fine: Sequence[int] = (0,)) -> str:
        """Returns its output. Raises BackupFailed with its words."""
        ends_with_us = [setpriv, "--pdeathsig", "INT"] if (setpriv := shutil.which("setpriv")) else []
        process = subprocess.Popen(
            [*ends_with_us, str(self.program), "--no-cache", *arguments],
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        try:
            output, _ = process.communicate(timeout=within_s)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
            try:
                process.communicate(timeout=ENDS_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
            raise BackupFailed(f"restic {arguments[0]} did not end within {within_s:.0f} s") from None
        if process.returncode not in fine:
            words = " ".join(output.split())[-_TOLD_CHARS:]
            raise BackupFailed(f"restic {arguments[0]} ended with {process.returncode}: {words}")
        return output

    def _environment(self) -> dict[str, str]:
        """With the target, which may hold a password: everybody sees command lines."""
        kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        keys = {
            "AWS_ACCESS_KEY_ID": self.settings.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.settings.secret_access_key,
        }
        return {
            **kept,
            **{name: value for name, value in keys.items() if value},
            "RESTIC_REPOSITORY": self.settings.target,
            "RESTIC_PASSWORD_FILE": str(self.settings.password_file),
        }


def _messages(output: str) -> list[dict[str, Any]]:
    found = []
    for line in output.splitlines():
        try:
            message = json.loads(line)
        except ValueError:
            continue  # restic prints other lines, too
        if isinstance(message, dict):
            found.append(message)
    return found
