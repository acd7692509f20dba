"""Where the service has its files. A test puts them all below another root."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

USER = "apranova"
UNITS = ("apranova-sandboxes", "apranova-engine", "apranova-gateway", "apranova")
"""In the order in which they start."""


class CannotInstall(Exception):
    """The text says what is wrong and what to do."""


@dataclass(frozen=True)
class Places:
    root: Path = Path("/")

    @property
    def settings(self) -> Path:
        return self.root / "etc/apranova/school.toml"

    @property
    def programs(self) -> Path:
        """Holds `versions/` and the links `current` and `previous`."""
        return self.root / "usr/local/lib/apranova"

    @property
    def current(self) -> Path:
        return self.programs / "current"

    @property
    def previous(self) -> Path:
        return self.programs / "previous"

    @property
    def lock(self) -> Path:
        """Held by the `install` or `upgrade` that runs."""
        return self.root / "run/apranova-install.lock"

    @property
    def units(self) -> Path:
        return self.root / "etc/systemd/system"

    @property
    def apparmor_profile(self) -> Path:
        return self.root / "etc/apparmor.d/apranova-sandboxes"

    @property
    def sysctl(self) -> Path:
        return self.root / "etc/sysctl.d/61-apranova.conf"

    @property
    def tmpfiles(self) -> Path:
        return self.root / "etc/tmpfiles.d/apranova.conf"

    @property
    def apparmor_switch(self) -> Path:
        """Exists where the kernel may ask AppArmor before it gives user namespaces (Ubuntu)."""
        return self.root / "proc/sys/kernel/apparmor_restrict_unprivileged_userns"
