"""In a container of its own no engine says that a program was ended; the cgroup counts them."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.memory import MemoryUse, ended_by_the_kernel
from agent.tests.task_process import TaskProcess
from tests.waiting import until

LIMIT = 128 << 20
HOME = "home-aaaaaaaaaaaaaaaa"
HUNGRY = """\
import time
held = []
while True:
    held.append(b"x" * (4 << 20))
    time.sleep(0.2)
"""
CONTAINER = """\
echo $$ > "$1/cgroup.procs" && mount --bind "$1" "$2" || exit 1
export HOME="$3/student" APRANOVA_SLOT="$3/slot"
shift 3; exec "$@"
"""


@pytest.fixture
def cgroup() -> Iterator[tuple[Path, Path]]:
    """A memory cgroup with a limit, and where a container sees its own."""
    version_1 = Path("/sys/fs/cgroup/memory")
    where = version_1 if version_1.is_dir() else Path("/sys/fs/cgroup")
    made = where / f"apranova-test-{secrets.token_hex(4)}"
    limit, swap = (
        ("memory.limit_in_bytes", "memory.swappiness") if where == version_1 else ("memory.max", "memory.swap.max")
    )
    try:
        made.mkdir()
    except OSError as problem:
        pytest.skip(f"no memory cgroup can be had here: {problem.strerror}")
    try:
        (made / limit).write_text(str(LIMIT))
        if (made / swap).exists():
            (made / swap).write_text("0")
    except OSError as problem:
        made.rmdir()
        pytest.skip(f"no memory cgroup can be had here: {problem.strerror}")
    yield made, where
    until(lambda: made.rmdir() is None, ignoring=OSError)


@pytest.mark.root
def test_the_student_is_told_what_the_kernel_ended(
    cgroup: tuple[Path, Path], start_task: Callable[..., TaskProcess], tmp_path: Path
) -> None:
    """On Fargate a program was "Killed", and nothing said why."""
    (tmp_path / "slot" / HOME).mkdir(parents=True)
    (tmp_path / "run").mkdir()
    (tmp_path / "student").symlink_to(tmp_path / "run/home")
    (tmp_path / "hungry.py").write_text(HUNGRY)
    inside = ("unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child")
    places = ("sh", *map(str, (*cgroup, tmp_path)))
    job = f"until [ -e {tmp_path}/go ]; do sleep 0.1; done; python3 {tmp_path}/hungry.py"
    task = start_task(job=("student", str(tmp_path), job), prefix=(*inside, "sh", "-c", CONTAINER, *places))
    task.wait_for("ready")
    assert task.claim(memory_bytes=LIMIT, home_id=HOME)[0] == 200
    (tmp_path / "go").touch()
    notice = task.log.with_name("warned")
    until(notice.exists, task.log.read_text, within_s=60)
    assert notice.read_text().startswith("python3 hungry.py was ended: the 128 MB of this workspace are full.")
    time.sleep(5)  # two looks more
    assert task.log.read_text().count("was ended") == 1
    task.process.kill()  # unshare ends by nothing less, and takes the others with it


@pytest.mark.parametrize("name", ["memory.events", "memory.oom_control"])
def test_only_what_was_ended_since_the_last_look_counts(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    memory = MemoryUse(cgroup_files=(tmp_path / "missing", file))
    assert not memory.another_was_ended()
    for kills, told in ((3, False), (3, False), (5, True), (5, False)):
        file.write_text(f"oom 7\nunder_oom 0\noom_kill {kills}\noom_group_kill 0\n")
        assert memory.another_was_ended() is told


def test_a_cgroup_that_counts_nothing_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("oom_kill_disable 0\nunder_oom 0\n")
    assert ended_by_the_kernel((tmp_path / "old",)) is None
