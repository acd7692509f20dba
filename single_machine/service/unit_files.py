"""Writes what the service needs in /etc: units, sockets' folder, limits, AppArmor profile."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from string import Template

from single_machine.challenge_addresses import ANY, addresses
from single_machine.service import machine, versions
from single_machine.service.places import UNITS, Places

TEMPLATES = Path("single_machine/service/units")
"""In a version's folder: each version brings its own units."""
NAMES_SOCKET = "apranova-names.socket"
SOCKETS = Path("/run/apranova")
DATA = Path("/var/lib/apranova")
_FOLDERS_ELSEWHERE = ("APRANOVA_SNAPSHOTS_DIR", "APRANOVA_IMAGES_DIR", "APRANOVA_BACKUP_TARGET")
"""What the platform writes; a backup's target may also be another machine."""


def data_folder(variables: Mapping[str, str]) -> Path:
    return Path(variables.get("APRANOVA_HOME") or DATA)


def render(name: str, version: Path, places: Places, variables: Mapping[str, str]) -> str:
    named = (variables.get(name, "") for name in _FOLDERS_ELSEWHERE)
    elsewhere = [_word(f"-{folder}") for folder in named if folder.startswith("/")]
    values = {
        "version": version,
        "python": versions.python(version),
        "settings": places.settings,
        "data": _word(data_folder(variables)),
        "sockets": _word(variables.get("APRANOVA_RUN_DIR") or SOCKETS),
        "elsewhere": " ".join(elsewhere),
    }
    return Template((version / TEMPLATES / name).read_text("utf-8")).substitute(values)


def _word(path: Path | str) -> str:
    """One word for systemd, whatever the path has: spaces and quotes, or what it would replace."""
    text = str(path).replace("%", "%%")
    if re.fullmatch(r"[\w./%+:@-]+", text):
        return text
    return '"{}"'.format(text.replace("\\", "\\\\").replace('"', '\\"'))


def write(version: Path, places: Places, variables: Mapping[str, str]) -> None:
    """Raises CannotInstall. The units of a version name its folder, not `current`: a process that
    runs loads no module of another version."""
    for unit in UNITS:
        _write(places.units / f"{unit}.service", render(f"{unit}.service", version, places, variables))
    if text := _names_socket(version, variables):
        _write(places.units / NAMES_SOCKET, text)
    else:
        close_names_socket(places)
    _write(places.tmpfiles, render("tmpfiles.conf", version, places, variables))
    machine.run("systemd-tmpfiles", "--create", str(places.tmpfiles))
    _write(places.sysctl, (version / TEMPLATES / "sysctl.conf").read_text("utf-8"))
    # In a container these belong to its host; doctor says when they are too low.
    subprocess.run(["sysctl", "--quiet", "--load", str(places.sysctl)], stderr=subprocess.DEVNULL, check=False)
    if wants_apparmor_profile(places):
        _write(places.apparmor_profile, (version / TEMPLATES / "apparmor-profile").read_text("utf-8"))
        machine.run("apparmor_parser", "--replace", str(places.apparmor_profile))
    machine.run("systemctl", "daemon-reload")


def _names_socket(version: Path, variables: Mapping[str, str]) -> str:
    """Empty unless the school gets its certificate by answering on port 53."""
    if variables.get("APRANOVA_TLS") != "acme":
        return ""
    port = variables.get("APRANOVA_DNS_PORT") or "53"
    found = addresses(chosen=variables.get("APRANOVA_DNS_ADDRESS", ""), host=variables.get("APRANOVA_HOST") or ANY[0])
    hosts = [f"[{address}]" if ":" in address else address for address in found]
    listen = "\n".join(f"{kind}={host}:{port}" for host in hosts for kind in ("ListenDatagram", "ListenStream"))
    return Template((version / TEMPLATES / NAMES_SOCKET).read_text("utf-8")).substitute(listen=listen)


def close_names_socket(places: Places) -> None:
    """For good, and before the platform ends: a question from outside would start it again."""
    unit = places.units / NAMES_SOCKET
    if unit.exists():
        machine.run("systemctl", "stop", NAMES_SOCKET)
        unit.unlink()


def wants_apparmor_profile(places: Places) -> bool:
    """Also where the switch is off now: an update of the system may turn it on."""
    return places.apparmor_switch.exists() and shutil.which("apparmor_parser") is not None


def remove(places: Places) -> None:
    for unit in UNITS:
        (places.units / f"{unit}.service").unlink(missing_ok=True)
    if places.apparmor_profile.exists():
        machine.run("apparmor_parser", "--remove", str(places.apparmor_profile))
    for file in (places.tmpfiles, places.sysctl, places.apparmor_profile):
        file.unlink(missing_ok=True)
    machine.run("systemctl", "daemon-reload")


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f".{file.name}.new")
    fresh.write_text(text, "utf-8")
    fresh.chmod(0o644)
    fresh.replace(file)
