"""A cohort's shared data in real sandboxes."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from manager.adapters.tests.engine_under_test import START_AS, EngineUnderTest

pytestmark = pytest.mark.sandbox
MINE, OTHER = "a" * 32, "b" * 32


def version(root: Path, cohort: str, text: str) -> None:
    """As the backend makes and shows one (backend/shared_data/folders.py)."""
    folder = root / cohort / f"v{len(list((root / cohort).glob('v*')))}"
    folder.mkdir(parents=True)
    (folder / "rows.csv").write_text(text)
    (root / cohort / ".next").symlink_to(folder.name)
    (root / cohort / ".next").replace(root / cohort / "current")


def restart(engine: EngineUnderTest) -> None:
    engine.daemon.kill()
    engine.daemon.wait()
    engine.start_daemon()


@pytest.fixture(scope="module")
def root() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        for cohort in (MINE, OTHER):
            version(Path(folder), cohort, f"of {cohort}")
        yield Path(folder)


@pytest.fixture(scope="module", params=START_AS)
def engine(request: pytest.FixtureRequest, root: Path) -> Iterator[EngineUnderTest]:
    running = EngineUnderTest(as_whom=request.param, variables={"APRANOVA_SHARED_DIR": str(root)})
    yield running
    running.close()


def test_a_workspace_sees_its_cohorts_data_and_each_new_version_at_once(engine: EngineUnderTest, root: Path) -> None:
    version(root, MINE, "the first")
    task = engine.start()
    engine.runner.attach_home(task, engine.new_home(), shared=MINE)
    assert engine.shell(task, "cat /shared/current/rows.csv") == "the first"
    version(root, MINE, "the second")
    assert engine.shell(task, "cat /shared/current/rows.csv") == "the second"
    assert OTHER not in engine.shell(task, "ls -R /shared; cat /proc/self/mountinfo")


def test_nobody_writes_into_it_or_runs_anything_with_more_rights(engine: EngineUnderTest) -> None:
    task = engine.start()
    engine.runner.attach_home(task, engine.new_home(), shared=MINE)
    for command in (
        "echo x > /shared/current/rows.csv",
        "touch /shared/new",
        "rm -f /shared/current/rows.csv",
        "ln -sfn /etc /shared/current",
        "chmod 777 /shared/current/rows.csv",
    ):
        assert "Read-only file system" in engine.shell(task, f"{command} 2>&1"), command
    line = engine.shell(task, "grep ' /shared ' /proc/self/mountinfo")
    assert {"ro", "nosuid", "nodev"} <= set(line.split()[5].split(",")), line
    assert engine.shell(task, "mount -o remount,rw /shared 2>&1; echo $?").strip().endswith(("1", "32"))


def test_who_leaves_a_cohort_loses_its_data_at_once_and_who_moves_sees_the_others(engine: EngineUnderTest) -> None:
    task, home = engine.start(), engine.new_home(mine="kept")
    engine.runner.attach_home(task, home, shared=MINE)
    mine = engine.shell(task, "cat /shared/current/rows.csv")
    for there, seen in ((OTHER, f"of {OTHER}"), ("", ""), (MINE, mine), ("c" * 32, ""), ("", "")):
        for _ in range(2):
            engine.runner.attach_home(task, home, shared=there)
            assert engine.shell(task, "cat /shared/current/rows.csv 2>/dev/null; true") == seen
        mounts = engine.shell(task, "grep -c ' /shared ' /proc/self/mountinfo; cat ~/mine").split()
        assert mounts == ["1" if seen else "0", "kept"], "nothing lies below what is seen"


def test_an_engine_that_starts_again_takes_the_data_away_as_well(engine: EngineUnderTest) -> None:
    task, home = engine.start(), engine.new_home()
    engine.runner.attach_home(task, home, shared=OTHER)
    restart(engine)
    engine.runner.attach_home(task, home, shared="")
    assert engine.shell(task, "ls -A /shared") == ""


@pytest.mark.parametrize("shared", ["", OTHER])
def test_of_a_task_of_an_earlier_release_it_takes_away_what_is_there(engine: EngineUnderTest, shared: str) -> None:
    task, home = engine.start(), engine.new_home()
    engine.runner.attach_home(task, home, shared=shared)
    record = engine.run_dir / "records" / f"{task}.json"
    noted = json.loads(record.read_text())
    assert noted.pop("shared") == shared
    record.write_text(json.dumps(noted))
    restart(engine)
    engine.runner.attach_home(task, home, shared=MINE)
    assert OTHER not in engine.shell(task, "cat /shared/current/rows.csv")
    assert engine.shell(task, "grep -c ' /shared ' /proc/self/mountinfo") == "1\n"


@pytest.mark.parametrize("shared", ["", "c" * 32, "../homes", "/etc", MINE + "/v1"])
def test_a_name_that_is_no_cohort_with_data_brings_nothing(engine: EngineUnderTest, shared: str) -> None:
    task = engine.start()
    engine.runner.attach_home(task, engine.new_home(mine="kept"), shared=shared)
    assert engine.shell(task, "ls -A /shared; cat ~/mine").split() == ["kept"]
