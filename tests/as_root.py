"""`./apranova test` by root: an unprivileged user runs all tests but those that need root.

Root then runs these. Both use a copy of the working tree in that user's home, because root's
folders may be closed to others. The copy keeps its Python environment, portal build and images, so
the next run is quick. Standard library only: the environment is that user's, and may not exist yet.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

SOURCE = Path(__file__).parent.parent
USER, HOME = "apranova-test", Path("/var/lib/apranova-test")
COPY, CACHE = HOME / "source", HOME / ".cache/apranova-test"
LOCK = Path("/run/apranova-test.lock")
PACKAGE_MANAGERS = (".config/pip/pip.conf", ".pip/pip.conf", ".npmrc")
"""Root's settings that the user needs as well: where packages come from."""
PASSED_ON = re.compile(
    r"(APRANOVA|PIP|NPM_CONFIG|PYTEST|LC)_\w+|\w+_(PROXY|CA_BUNDLE|CA_CERTS)|SSL_CERT_\w+|CI|LANG|TERM|TZ|NO_COLOR",
    re.IGNORECASE,
)


def main() -> int:
    arguments = sys.argv[1:]
    install_programs()
    with only_one_run():
        make_user()
        environment = user_environment()
        update_copy(environment)
        print(f"The tests run as the user {USER}, in {COPY}.", flush=True)
        code = end_with_us(*as_user("./apranova", "test", *arguments), environment=environment)
        noted = CACHE / "need-root.txt"
        if code != 0 or not noted.exists():
            return code
        print("── tests that need root", flush=True)
        root = pwd.getpwuid(0)
        environment |= {"HOME": root.pw_dir, "USER": root.pw_name, "LOGNAME": root.pw_name}
        environment |= {"APRANOVA_TEST_CACHE": str(CACHE), "PYTHONPATH": str(COPY)}
        os.chown(CACHE, 0, 0)  # `up` takes only images of its own user
        names = sorted(set(noted.read_text().splitlines()))
        code = end_with_us(".venv/bin/python", "-m", "pytest", *names, environment=environment)
        print(f"\n{'✗' if code else '✓'} tests that need root: exit code {code}", flush=True)
        return code


def install_programs() -> None:
    packages = {name: name for name in ("caddy", "chromium", "git", "nginx", "pebble", "prometheus", "sslscan")}
    packages["tinyproxy"] = "tinyproxy-bin"  # without its service
    packages["apache2"] = "apache2-bin"
    wanted = [package for program, package in packages.items() if not shutil.which(program)]
    if wanted and shutil.which("apt-get"):
        quiet = {"stdout": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
        # RUNLEVEL and masked units: no server of the machine's own starts, only the tests'.
        environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive", RUNLEVEL="1")
        units = [f"{name}.service" for name in ("caddy", "nginx", "prometheus") if name in wanted]
        if units and shutil.which("systemctl"):
            subprocess.call(["systemctl", "mask", "--quiet", *units], **quiet, stderr=subprocess.DEVNULL)
        subprocess.call(["apt-get", "update", "-qq"], env=environment, **quiet)
        command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *wanted]
        subprocess.call(command, env=environment, **quiet)
    for name in ("git", "setpriv", "useradd"):
        if not shutil.which(name):
            sys.exit(f"apranova: the tests need the program {name}. Install it and run the same command again.")


@contextmanager
def only_one_run() -> Iterator[None]:
    """Two runs would overwrite each other's copy."""
    with LOCK.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another `./apranova test` of root is running; waiting for it to end …", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def make_user() -> None:
    """The user and its home; what root's last run left there becomes the user's."""
    try:
        pwd.getpwnam(USER)
    except KeyError:
        subprocess.run(
            ["useradd", "--system", "--user-group", "--home-dir", HOME, "--shell", "/bin/sh", USER], check=True
        )
    COPY.mkdir(parents=True, exist_ok=True)
    HOME.chmod(0o755)
    subprocess.run(["chown", "-hR", f"{USER}:", HOME], check=True)


def user_environment() -> dict[str, str]:
    """What package managers and pytest read, and a PATH without root's own folders."""
    kept = {name: value for name, value in os.environ.items() if PASSED_ON.fullmatch(name)}
    kept.pop("APRANOVA_TEST_CACHE", None)
    folders = [folder for folder in os.environ.get("PATH", os.defpath).split(os.pathsep) if open_to_all(Path(folder))]
    path = os.pathsep.join(folders)
    if not shutil.which("python3", path=path):
        sys.exit(
            f"apranova: the user {USER} needs a Python outside root's home. Install it (Debian, Ubuntu: "
            "apt install python3 python3-venv) and run the same command again."
        )
    return kept | {"PATH": path, "HOME": str(HOME), "USER": USER, "LOGNAME": USER}


def open_to_all(folder: Path) -> bool:
    resolved = folder.resolve()
    return (
        resolved.is_dir()
        and not resolved.is_relative_to(Path.home())
        and all(part.stat().st_mode & 0o001 for part in (resolved, *resolved.parents))
    )


def update_copy(environment: dict[str, str]) -> None:
    """Copy the working tree without what Git ignores, and root's settings of package managers."""
    wanted = files_of(SOURCE)
    gone = "\0".join(files_of(COPY) - wanted)
    remove = as_user("xargs", "-0", "rm", "-f", "--")
    subprocess.run(remove, input=gone, text=True, env=environment, cwd=COPY, check=True)
    hand_over(SOURCE, wanted, COPY, environment)
    settings = [name for name in PACKAGE_MANAGERS if (Path.home() / name).is_file()]
    hand_over(Path.home(), settings, HOME, environment)


def files_of(tree: Path) -> set[str]:
    """All files that Git does not ignore. An empty repository lists them, whoever owns the tree."""
    with tempfile.TemporaryDirectory() as empty:
        git = ("git", f"--git-dir={empty}", f"--work-tree={tree}")
        subprocess.run([*git, "init", "--quiet"], cwd=tree, check=True)
        listed = subprocess.check_output(
            [*git, "ls-files", "-z", "--others", "--exclude-standard"], cwd=tree, text=True
        )
    return set(listed.split("\0")) - {""}


def hand_over(folder: Path, names: Iterable[str], to: Path, environment: dict[str, str]) -> None:
    """Root reads and the user writes."""
    command = as_user("tar", "--extract", "--no-same-owner", "--file=-")
    writer = subprocess.Popen(command, cwd=to, env=environment, stdin=subprocess.PIPE)
    assert writer.stdin is not None
    with writer.stdin as stream, tarfile.open(fileobj=stream, mode="w|") as archive:
        for name in names:
            archive.add(folder / name, name, recursive=False)
    if writer.wait() != 0:
        sys.exit(f"apranova: {to} could not be written. Is the disk full?")


def as_user(*command: str) -> list[str]:
    # The signal comes after the change of user, which would clear an earlier one.
    return ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--pdeathsig=TERM", "--", *command]


def end_with_us(*command: str, environment: dict[str, str]) -> int:
    """Run it in the copy, where Ctrl-C and our end are its end as well."""
    runner = [sys.executable, "-I", str(SOURCE / "tests/end_all.py"), *command]
    process = subprocess.Popen(runner, cwd=COPY, env=environment)
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)
        return process.wait()


if __name__ == "__main__":
    sys.exit(main())
