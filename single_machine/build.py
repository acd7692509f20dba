"""`./apranova build`: everything in the source tree that `up` would make, for a tree that becomes
read-only."""

from __future__ import annotations

import compileall
from pathlib import Path

from single_machine.portal_build import PortalBuildFailed, build_portal
from single_machine.preflight import CannotGoOn
from single_machine.progress import step

_PACKAGES = ("agent", "backend", "contract", "gateway", "images", "manager", "single_machine")


def run(source: Path) -> int:
    with step("Portal"):
        try:
            build_portal(source / "portal", source / "portal" / ".build.log")
        except PortalBuildFailed as problem:
            raise CannotGoOn(str(problem)) from None
    for name in _PACKAGES:
        compileall.compile_dir(source / name, quiet=2)
    return 0
