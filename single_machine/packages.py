"""`./apranova packages FOLDER`: what a project's lock files name, where all workspaces find it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from single_machine.package_store import NotFilled, add_project
from single_machine.preflight import CannotGoOn
from single_machine.progress import say, step
from single_machine.settings import Settings


def run(settings: Settings, folders: Sequence[Path]) -> int:
    """Raises CannotGoOn."""
    store = settings.packages
    store.mkdir(mode=0o755, parents=True, exist_ok=True)
    for folder in folders:
        try:
            add_project(folder, store, say=say, step=step, keep_installed=True)
        except NotFilled as problem:
            raise CannotGoOn(str(problem)) from None
    say("Workspaces have them from their next launch on.")
    return 0
