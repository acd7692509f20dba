"""What a sandbox sees: the one place that says which parts of the host are visible, and how.

Read-only: the host's /usr (programs and libraries), an /etc of our own with a few of the
distribution's parts, and the image's folders. Private: /tmp, /dev, /proc and the home. Nothing else
of the host is visible.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from contract.names import SHARED_DATA, STUDENT_HOME, STUDENT_UID
from contract.network import SYSTEM_BUNDLES, Network
from manager.adapters.sandbox_engine.images import Image

SOCKET_DIR = "/run/task"
EGRESS_SOCKET = "/run/egress.sock"
AUTHORITIES = "/run/authorities.pem"
PACKAGES = "/opt/packages"
HOST_NAME = "workspace"

_MEBIBYTE = 1 << 20

# Programs in /usr look for these; none holds the owner's data. (/etc/alternatives: awk, …)
_OF_THE_DISTRIBUTION = (
    "alternatives", "bash.bashrc", "bash_completion", "bash_completion.d", "ca-certificates", "crypto-policies",
    "debian_version", "fonts", "gai.conf", "host.conf", "inputrc", "java-11-openjdk", "java-17-openjdk", "java-21-openjdk",
    "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "magic", "mime.types", "nanorc", "os-release", "perl", "pki",
    "protocols", "python3", "python3.11", "python3.12", "python3.13", "redhat-release", "rpc", "services", "shells",
    "ssl/cert.pem", "ssl/certs", "ssl/openssl.cnf", "terminfo", "timezone", "vim", "xattr.conf",
)  # fmt: skip

_OURS = {
    "passwd": (
        "root:x:0:0:root:/root:/usr/sbin/nologin\n"
        f"student:x:{STUDENT_UID}:{STUDENT_UID}:Student:{STUDENT_HOME}:/bin/bash\n"
        "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
    ),
    "group": f"root:x:0:\ntty:x:5:\nstudent:x:{STUDENT_UID}:\nnogroup:x:65534:\n",
    "hostname": f"{HOST_NAME}\n",
    "hosts": f"127.0.0.1 localhost {HOST_NAME}\n::1 localhost ip6-localhost ip6-loopback\n",
    # The egress proxy resolves names; a look-up here fails at once instead of timing out.
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\nservices: files\nprotocols: files\n",
    "profile": (
        'export PATH="${PATH:-/usr/local/bin:/usr/bin:/bin}"\n'
        '[ -n "$BASH_VERSION" ] && [ -r /etc/bash.bashrc ] && . /etc/bash.bashrc\n'
    ),
}


@dataclass(frozen=True)
class Etc:
    """The folder that becomes /etc in every sandbox, with the host's paths mounted into it."""

    directory: Path
    mounts: Mapping[str, str]

    @classmethod
    def make(cls, directory: Path, host_etc: Path = Path("/etc")) -> Etc:
        """Write the folder again. What the host lacks, sandboxes lack too."""
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(mode=0o755, parents=True)
        for name, text in _OURS.items():
            (directory / name).write_text(text)
        mounts = {}
        for name in _OF_THE_DISTRIBUTION:
            source, place = host_etc / name, directory / name
            if not source.exists():
                continue
            place.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            if source.is_symlink() and source.resolve().is_relative_to("/usr"):
                place.symlink_to(source.resolve())
                continue
            if source.is_dir():
                place.mkdir(mode=0o755)
            else:
                place.touch(mode=0o644)
            mounts[f"/etc/{name}"] = str(source)
        return cls(directory, mounts)


@dataclass(frozen=True)
class OfTheSchool:
    """What a school's network and its store of packages add to every sandbox."""

    environment: Mapping[str, str] = field(default_factory=dict)
    mounts: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, network: Network, bundle: Path | None, packages: Path | None) -> OfTheSchool:
        """`bundle`: all trusted authorities. It also covers the machine's own file of them, for
        programs that read no variable."""
        environment, mounts = network.for_tasks(AUTHORITIES if bundle else ""), {}
        if bundle is not None:
            machine = {Path(file).resolve() for file in SYSTEM_BUNDLES if Path(file).is_file()}
            covered = [str(file) for file in machine if file.is_relative_to("/etc")]
            mounts |= dict.fromkeys((*covered, AUTHORITIES), str(bundle))
        if packages is not None:
            mounts[PACKAGES] = str(packages)
            environment |= {"APRANOVA_PACKAGES": PACKAGES, "PIP_FIND_LINKS": f"{PACKAGES}/wheels"}
        return cls(environment, mounts)


def arguments(*, image: Image, etc: Etc, school: OfTheSchool, sockets: tuple[Path, Path] | None = None) -> list[str]:
    """bubblewrap's options except the command. Their order matters: later mounts cover earlier.
    `sockets`: the folder of the task's own and the egress proxy's; None: nobody reaches it, and it
    reaches nobody."""
    size = _sizes(image.limits.memory_max_bytes)
    return [
        *("--unshare-all", "--unshare-user", "--uid", str(STUDENT_UID), "--gid", str(STUDENT_UID)),
        *("--disable-userns", "--cap-drop", "ALL", "--die-with-parent", "--new-session", "--hostname", HOST_NAME),
        *("--ro-bind", "/usr", "/usr", *_links_to_usr()),
        *("--ro-bind", str(etc.directory), "/etc", *_read_only(etc.mounts), *_read_only(image.mounts)),
        *("--proc", "/proc", "--dev", "/dev"),
        *("--perms", "1777", "--size", size["/dev/shm"], "--tmpfs", "/dev/shm", "--remount-ro", "/dev"),  # noqa: S108
        *("--perms", "1777", "--size", size["/tmp"], "--tmpfs", "/tmp"),  # noqa: S108  the sandbox's own
        *("--dir", "/var", "--symlink", "../tmp", "/var/tmp", "--symlink", "../run", "/var/run"),  # noqa: S108
        *("--perms", "0700", "--size", size["/run/user"], "--tmpfs", f"/run/user/{STUDENT_UID}"),
        *("--perms", "0700", "--size", size[STUDENT_HOME], "--tmpfs", STUDENT_HOME),
        *_sockets(sockets),
        *("--dir", SHARED_DATA),
        *_read_only(school.mounts),
        *("--remount-ro", "/", "--chdir", "/", "--clearenv"),
        *_set({**environment(image.environment), **school.environment}),
    ]


def _sockets(sockets: tuple[Path, Path] | None) -> tuple[str, ...]:
    if sockets is None:
        return ()
    return ("--bind", str(sockets[0]), SOCKET_DIR, "--ro-bind", str(sockets[1]), EGRESS_SOCKET)


def _sizes(memory_max_bytes: int) -> dict[str, str]:
    """Files in memory count as the task's memory, so each may only be a part of it."""
    return {
        "/dev/shm": str(min(64 * _MEBIBYTE, memory_max_bytes // 4)),  # noqa: S108
        "/tmp": str(memory_max_bytes // 2),  # noqa: S108
        "/run/user": str(16 * _MEBIBYTE),
        # Only a warm task writes here; from the claim on, a home on disk covers it.
        STUDENT_HOME: str(min(128 * _MEBIBYTE, memory_max_bytes // 4)),
    }


def _links_to_usr() -> list[str]:
    options = []
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        path = Path("/", name)
        if path.is_symlink():
            options += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            options += ["--ro-bind", str(path), str(path)]
    return options


def _read_only(mounts: Mapping[str, str]) -> list[str]:
    return [word for target, source in mounts.items() for word in ("--ro-bind", source, target)]


def environment(of_image: Mapping[str, str]) -> dict[str, str]:
    """All that a task's first process gets."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games",
        "HOME": STUDENT_HOME,
        "USER": "student",
        "LOGNAME": "student",
        "SHELL": "/bin/bash",
        "LANG": "C.UTF-8",
        "XDG_RUNTIME_DIR": f"/run/user/{STUDENT_UID}",
        **of_image,
    }


def _set(variables: Mapping[str, str]) -> list[str]:
    return [word for name, value in variables.items() for word in ("--setenv", name, value)]
