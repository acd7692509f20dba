"""`sudo ./apranova install`: the product as a service of this machine. May be repeated."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from contract.environment import Environment
from contract.network import read_network
from single_machine.school_file import read_school_file
from single_machine.service import machine, questions, unit_files, versions
from single_machine.service.places import UNITS, USER, CannotInstall, Places

STOP_WITHIN_S = 90.0


def install(source: Path, places: Places, *, settings: Path | None) -> int:
    """Returns doctor's exit code. Raises CannotInstall."""
    text, variables = _settings(places, settings)
    say("Packages of the system")
    machine.install_packages(read_network(Environment(variables)).for_installs(""))
    data = unit_files.data_folder(variables)
    machine.make_user(data)
    machine.give(data)
    _write_settings(places, text)
    say("This version: Python packages and portal (some minutes)")
    version = versions.add(source, places)
    check_settings(version, places)
    say("Starting")
    versions.switch(version, places)
    activate(version, places, variables)
    versions.remove_old(places)
    ask_service(version, places, "first-admin")
    say("Doctor")
    return ask_service(version, places, "doctor")


def activate(version: Path, places: Places, variables: Mapping[str, str]) -> None:
    """Let this version run, now and at each boot. Living sandboxes stay. Raises CannotInstall."""
    unit_files.write(version, places, variables)
    machine.run("systemctl", "enable", "--quiet", *UNITS)
    machine.run("systemctl", "start", "apranova-sandboxes")  # never again: students' work is below it
    try:
        machine.run("systemctl", "restart", "apranova-engine", "apranova-gateway", "apranova")
    except CannotInstall:
        raise CannotInstall(f"the service did not start.\n{_last_words()}") from None


def ask_service(version: Path, places: Places, *words: str, quiet: bool = False) -> int:
    """Run a command of this version as the service's user, with the service's settings."""
    more = {
        "APRANOVA_SERVICE": "yes",
        "APRANOVA_SETTINGS": str(places.settings),
        "PYTHONPATH": str(version),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [str(versions.python(version)), "-m", "single_machine", *words]
    return machine.as_user(command, folder=version, more=more, quiet=quiet)


def remove(places: Places) -> None:
    """Take everything away but data and settings. Running workspaces are saved first."""
    variables = read_school_file(places.settings) if places.settings.exists() else {}
    unit_files.close_names_socket(places)
    if _state("apranova") == "active":
        say("Saving and stopping the workspaces")
        machine.run("systemctl", "kill", "--signal=INT", "--kill-who=main", "apranova")
        deadline = time.monotonic() + STOP_WITHIN_S
        while _state("apranova") in ("active", "deactivating") and time.monotonic() < deadline:
            time.sleep(0.5)
    present = [unit for unit in reversed(UNITS) if (places.units / f"{unit}.service").exists()]
    if present:
        machine.run("systemctl", "disable", "--quiet", "--now", *present)
    unit_files.remove(places)
    say("Removing the programs (a minute or more)")
    shutil.rmtree(places.programs, ignore_errors=True)
    shutil.rmtree(variables.get("APRANOVA_RUN_DIR") or unit_files.SOCKETS, ignore_errors=True)
    say(f"Removed. What stays: the data in {unit_files.data_folder(variables)}, {places.settings} and the user {USER}.")


def check_machine(command: str) -> None:
    """Raises CannotInstall."""
    if os.geteuid() != 0:
        raise CannotInstall(f"this changes the system, so it needs root: sudo ./apranova {command}")
    if not Path("/run/systemd/system").is_dir():
        raise CannotInstall("this machine was not started by systemd. ./apranova up needs none.")


def _settings(places: Places, file: Path | None) -> tuple[str, dict[str, str]]:
    """The text of the settings, and the variables that it stands for. Raises CannotInstall."""
    if file is not None:
        return file.read_text("utf-8"), read_school_file(file)
    earlier = read_school_file(places.settings) if places.settings.exists() else {}
    if earlier.get("APRANOVA_DOMAIN"):  # answered before; it may have more than the three answers
        say(f"Settings: {places.settings}")
        return places.settings.read_text("utf-8"), earlier
    text = questions.ask_all(earlier)
    _write_settings(places, text)  # kept, so that a second try asks nothing
    return text, read_school_file(places.settings)


def _write_settings(places: Places, text: str) -> None:
    folder = places.settings.parent
    folder.mkdir(parents=True, exist_ok=True)
    fresh = places.settings.with_name(".school.toml.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w") as output:
        output.write(text)
    machine.make_user(unit_files.DATA)
    machine.readable_by_user(fresh, 0o640)
    machine.readable_by_user(folder, 0o750)
    fresh.replace(places.settings)


def check_settings(version: Path, places: Places) -> None:
    """Before anything is replaced: the version itself reads them, with the rights it will have."""
    if ask_service(version, places, "check-settings"):
        raise CannotInstall(f"correct {places.settings}, then run the same command again.")


def _last_words() -> str:
    log = ["journalctl", "--unit", "apranova*", "--lines", "20", "--output", "cat"]
    done = subprocess.run(log, capture_output=True, text=True, check=False)
    lines = "".join(f"  | {line}\n" for line in done.stdout.splitlines())
    return f"{lines}  Whole log: journalctl -u 'apranova*'"


def _state(unit: str) -> str:
    done = subprocess.run(["systemctl", "is-active", unit], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def say(text: str) -> None:
    print(f"\n== {text}", flush=True)
