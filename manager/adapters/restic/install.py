"""Fetches restic out of a package of Debian or Ubuntu. It installs nothing, so it needs no root."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

log = logging.getLogger(__name__)

_DOWNLOAD_MAX_S = 180.0


def fetch(target: Path) -> bool:
    """Put restic at `target`. False if apt is missing or does not offer it; raises for neither."""
    if target.exists():
        return True
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        return False
    try:
        target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as name:
            folder = Path(name)
            _run(folder, "apt-get", "-qq", "download", "restic")
            (package,) = folder.glob("restic_*.deb")
            _run(folder, "dpkg-deb", "-x", str(package), "unpacked")
            unpacked = folder / "unpacked/usr/bin/restic"
            subprocess.run([unpacked, "version"], check=True, capture_output=True, timeout=20)
            unpacked.rename(target)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        log.info("restic could not be fetched: %s", error)
        return False
    return True


def find(folder: Path) -> Path | None:
    """The operator's own (APRANOVA_RESTIC), the machine's, or one that is fetched into `folder`."""
    for known in (os.environ.get("APRANOVA_RESTIC", ""), shutil.which("restic") or ""):
        if known and os.access(known, os.X_OK):
            return Path(known)
    return folder / "restic" if fetch(folder / "restic") else None


def main(folder: Path) -> int:
    """`python -m manager.adapters.restic.install FOLDER` puts restic there, or exits with 1."""
    found = find(folder)
    if found is None:
        return 1
    if found != folder / "restic":
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(found, folder / "restic")
    return 0


def _run(folder: Path, *command: str) -> None:
    subprocess.run(
        command, cwd=folder, check=True, capture_output=True, timeout=_DOWNLOAD_MAX_S, stdin=subprocess.DEVNULL
    )


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
