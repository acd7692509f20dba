"""Who gets the processors while server and visitors share one machine.

A school's browsers run on other machines and cost its server nothing. Here they get what the server
leaves: they stay open, connected and at work. It takes root and the `cpu` controller of cgroup
version 1 or 2.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Shares:
    """Cgroups of their own for the server, for what asks it again and again, and for browsers."""

    server: Path | None
    asking: Path | None
    visitors: Path | None
    """None: this machine has no such controller, so all share alike."""

    @property
    def told(self) -> str:
        return "the server's processes come first" if self.server else "browsers and server share alike"


@contextlib.contextmanager
def separate_shares() -> Iterator[Shares]:
    """Below the caller's cgroup (version 2: beside it), to which it returns at the end."""
    found = _find_own()
    if found is None:
        yield Shares(None, None, None)
        return
    own, below, file, most, least = found
    groups = {name: below / f"apranova-benchmark-{name}" for name in ("server", "asking", "visitors")}
    try:
        for name, group in groups.items():
            group.mkdir(exist_ok=True)
            (group / file).write_text(least if name == "visitors" else most)
        enter(groups["asking"])
        yield Shares(groups["server"], groups["asking"], groups["visitors"])
    finally:
        enter(own)
        for group in groups.values():
            with contextlib.suppress(OSError):  # something in it has not ended yet
                group.rmdir()


def enter(group: Path | None) -> None:
    """This process, with what it starts from now on."""
    if group is not None:
        (group / "cgroup.procs").write_text("0")


def beginning_in(group: Path | None) -> list[str]:
    """What a command line begins with, so that the program runs there from its first moment."""
    return ["sh", "-c", 'echo $$ > "$0" && exec "$@"', str(group / "cgroup.procs")] if group else []


def _find_own() -> tuple[Path, Path, str, str, str] | None:
    """Our cgroup, where to make others, and the file, most and least of a share."""
    lines = (line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines())
    paths = {controllers: path.strip("/") for _, controllers, path in lines}
    for controllers, path in paths.items():
        if "cpu" in controllers.split(","):
            own = CGROUPS / controllers / path
            return own, own, "cpu.shares", "262144", "2"
    own = CGROUPS / paths.get("", "")
    allowed = own.parent / "cgroup.subtree_control"
    if allowed.is_file() and "cpu" in allowed.read_text().split():
        return own, own.parent, "cpu.weight", "10000", "1"
    return None
