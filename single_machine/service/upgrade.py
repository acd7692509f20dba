"""`sudo ./apranova upgrade`: another version, and back. No session ends."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from single_machine.school_file import read_school_file
from single_machine.service import machine, versions
from single_machine.service.install import activate, ask_service, check_settings, say
from single_machine.service.places import CannotInstall, Places

BACK_WITHIN_S = 24 * 3600.0
"""Later, the newer version may have written what the earlier one cannot read."""


def upgrade(source: Path, places: Places, *, wanted: str) -> int:
    """To the content of a folder or a git tag. Returns doctor's exit code. Raises CannotInstall."""
    running = _running(places)
    with _tree(source, wanted) as tree:
        say("The new version: Python packages and portal (some minutes); the school goes on")
        version = versions.add(tree, places)
    if version == running:
        say("This version runs already; nothing to do.")
        return 0
    check_settings(version, places)
    if read_school_file(places.settings).get("APRANOVA_BACKUP_TARGET"):
        say("Backup of the school")
        if ask_service(running, places, "backup"):  # it has said why; what an upgrade changes is copied below
            say("The upgrade goes on without a new backup")
    say("Copy of the databases")
    if ask_service(version, places, "copy-databases"):
        raise CannotInstall("the databases could not be copied; see above. The earlier version still runs.")
    say("Database schema; the earlier version goes on with it")
    if ask_service(version, places, "migrate"):
        raise CannotInstall("the database could not be prepared; see above. The earlier version still runs.")
    return _switch(version, places, running=running)


def back(places: Places) -> int:
    """To the version before, with the data of now. Returns doctor's exit code. Raises
    CannotInstall."""
    running = _running(places)
    version = versions.find_previous(places, within_s=BACK_WITHIN_S)
    if version is None:
        raise CannotInstall(
            "there is no version to go back to: the last upgrade is more than a day ago, or there was none. "
            "./apranova upgrade TAG takes any version, also an earlier one."
        )
    if ask_service(version, places, "migrate"):  # changes nothing, and saves the start its look at the schema
        raise CannotInstall("the database could not be prepared; see above. The newer version still runs.")
    return _switch(version, places, running=running)


def _switch(version: Path, places: Places, *, running: Path) -> int:
    say("Switch; open workspaces stay open")
    variables = read_school_file(places.settings)
    try:
        activate(version, places, variables)
    except CannotInstall as problem:
        say("It does not start; back to the version that ran")
        activate(running, places, variables)
        raise CannotInstall(f"{problem}\nThe version of before runs again.") from None
    versions.switch(version, places)  # once it runs: an upgrade that is cut off before is begun again
    versions.remove_old(places)
    say("Doctor")
    return ask_service(version, places, "doctor")


def _running(places: Places) -> Path:
    version = versions.find_current(places)
    if version is None:
        raise CannotInstall("there is no service on this machine yet: sudo ./apranova install")
    return version


@contextlib.contextmanager
def _tree(source: Path, wanted: str) -> Iterator[Path]:
    """The folder that is meant. A git tag is written out, so that the clone stays as it is."""
    if not wanted or (Path(wanted) / "apranova").is_file():
        yield Path(wanted or source).absolute()
        return
    git = ["git", "-c", f"safe.directory={source}", "-C", str(source)]
    subprocess.run([*git, "fetch", "--quiet", "--tags"], check=False)  # without a network, the tag may be here
    with tempfile.TemporaryDirectory(prefix="apranova-upgrade-") as folder:
        archive = Path(folder) / "tree.tar"
        done = subprocess.run(
            [*git, "archive", "--format=tar", f"--output={archive}", wanted, "--"],
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode:
            raise CannotInstall(f"{wanted} is neither a folder of ApraNova nor a git tag of {source}.")
        tree = Path(folder) / "tree"
        tree.mkdir()
        machine.run("tar", "--extract", f"--file={archive}", f"--directory={tree}", "--no-same-owner")
        yield tree
