"""Fetches restic from Debian's or Ubuntu's packages, which needs no root: nothing is installed, one file is taken out."""

from __future__ import annotations

import logging
import shutil
import subprocess
import tempfile
from pathlib import Path

log = logging.getLogger(__name__)

_DOWNLOAD_MAX_S = 180.0


def fetch(target: Path) -> bool:
    """Put restic at `target`; False where there is no apt, or it does not offer restic. Never raises for what is missing."""
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


def _run(folder: Path, *command: str) -> None:
    subprocess.run(
        command, cwd=folder, check=True, capture_output=True, timeout=_DOWNLOAD_MAX_S, stdin=subprocess.DEVNULL
    )
