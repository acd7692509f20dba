"""`./apranova reset`: delete all data of this school. Images and builds hold no work and stay."""

from __future__ import annotations

import sys
from pathlib import Path

from contract.locked_files import remove_tree
from single_machine.preflight import CannotGoOn
from single_machine.progress import say, step
from single_machine.running import find_running, only_one
from single_machine.settings import Settings
from single_machine.upgrade_steps import COPIES


def run(settings: Settings, *, ask: bool) -> int:
    if product := find_running(settings):
        raise CannotGoOn(f"ApraNova is {'starting' if product.starting else 'running'}. Stop it first: ./apranova down")
    if not settings.data.exists() and not _repositories(settings):
        say(f"There is no data in {settings.home}.")
        return 0
    with only_one(settings):
        return _delete(settings, ask=ask)


def _delete(settings: Settings, *, ask: bool) -> int:
    if ask:
        homes = settings.data / "homes"
        count = len(list(homes.glob("home-*")))
        say(
            f"This deletes all accounts, the files and the snapshots of {count} workspace{'s' if count != 1 else ''} "
            f"in {settings.home}. It cannot be undone."
        )
        if not sys.stdin.isatty():
            raise CannotGoOn("nothing deleted: there is no terminal to ask on. Use --yes to delete without asking.")
        if input("Type 'delete everything' to continue: ").strip() != "delete everything":
            say("Nothing deleted.")
            return 1
    with step("Deleting the data"):
        remove_tree(settings.data)
        remove_tree(settings.home / COPIES)
        for repository in _repositories(settings):
            remove_tree(repository)
        settings.demo_accounts.unlink(missing_ok=True)
        (settings.home / "secrets.json").unlink(missing_ok=True)
    return 0


def _repositories(settings: Settings) -> list[Path]:
    """The snapshots and histories, one by one: the folder may be the operator's own."""
    home = "home-" + "?" * 16
    return [*settings.snapshots.glob(home), *settings.snapshots.glob(f"{home}.history")]
