"""`./apranova build`: what `up` would make in the source tree, for one that becomes read-only."""

from __future__ import annotations

from pathlib import Path

from single_machine.portal_build import PortalBuildFailed, build_portal
from single_machine.preflight import CannotGoOn
from single_machine.progress import step


def run(source: Path) -> int:
    with step("Portal"):
        try:
            build_portal(source / "portal", source / "portal" / ".build.log")
        except PortalBuildFailed as problem:
            raise CannotGoOn(str(problem)) from None
    return 0
