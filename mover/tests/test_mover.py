"""The mover on a real directory tree: what it moves, what it refuses, and that nothing is ever lost
although it is killed between any two steps."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from mover.function import Mover, Refused, answer

ANNA, BEN = "home-aaaaaaaaaaaaaaaa", "home-bbbbbbbbbbbbbbbb"
SLOT, OTHER = "slot-aaaaaaaaaaaaaaaa", "slot-bbbbbbbbbbbbbbbb"
KILLS = 200


def mover_on(root: Path, between: Callable[[str], None] = lambda _step: None) -> Mover:
    """A new one each time, as in a new Lambda instance."""
    return Mover(root, student=(os.getuid(), os.getgid()), between=between)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    mover = mover_on(tmp_path)
    for slot in (SLOT, OTHER):
        mover.clear(slot, next_use=1)
    for home in (ANNA, BEN):
        (tmp_path / "homes" / home / "project").mkdir(parents=True)
        (tmp_path / "homes" / home / "project" / "work.py").write_text(f"# of {home}\n")
    return tmp_path


def places_of(root: Path, home: str) -> list[str]:
    return sorted(str(found.parent.relative_to(root)) for found in root.glob(f"*/**/{home}"))


def holds_its_work(root: Path, home: str) -> bool:
    (found,) = root.glob(f"*/**/{home}")
    return (found / "project" / "work.py").read_text() == f"# of {home}\n"


def test_a_home_comes_to_the_slot_and_goes_back_and_the_slot_is_another_folder_then(root: Path) -> None:
    mover = mover_on(root)
    before = (root / "slots" / SLOT).stat()
    mover.bring(ANNA, SLOT, use=1)
    mover.bring(ANNA, SLOT, use=1)  # the answer was lost
    assert places_of(root, ANNA) == [f"slots/{SLOT}"]
    kept_by_a_task = os.open(root / "slots" / SLOT, os.O_RDONLY)
    for _ in range(2):
        mover.clear(SLOT, next_use=2)
    assert places_of(root, ANNA) == ["homes"]
    assert holds_its_work(root, ANNA)
    assert list((root / "slots" / SLOT).iterdir()) == []
    assert os.fstat(kept_by_a_task).st_nlink == 0  # what was opened before leads nowhere
    os.close(kept_by_a_task)
    assert (root / "slots" / SLOT).stat().st_mode == before.st_mode


def test_only_root_lists_homes_and_slots(root: Path) -> None:
    assert [oct((root / name).stat().st_mode & 0o777) for name in ("homes", "slots")] == ["0o700", "0o711"]
    assert oct((root / "slots" / SLOT).stat().st_mode & 0o777) == "0o755"


def test_a_new_home_is_made_for_its_student_and_a_missing_one_never(root: Path) -> None:
    mover, newcomer = mover_on(root), "home-cccccccccccccccc"
    with pytest.raises(Refused, match="missing"):
        mover.bring(newcomer, SLOT, use=1)
    assert places_of(root, newcomer) == []
    for _ in range(2):
        mover.bring(newcomer, SLOT, use=1, new=True)
    assert places_of(root, newcomer) == [f"slots/{SLOT}"]
    made = root / "slots" / SLOT / newcomer
    assert (made.stat().st_uid, made.stat().st_mode & 0o777) == (os.getuid(), 0o700)
    with pytest.raises(Refused, match="missing"):
        mover.bring(newcomer, OTHER, use=1)  # it is in one place


def test_a_slot_takes_one_home_and_only_in_its_use(root: Path) -> None:
    mover = mover_on(root)
    mover.bring(ANNA, SLOT, use=1)
    with pytest.raises(Refused, match="occupied"):
        mover.bring(BEN, SLOT, use=1)
    mover.clear(SLOT, next_use=2)
    for use in (1, 3):
        with pytest.raises(Refused, match="over"):
            mover.bring(ANNA, SLOT, use=use)
    with pytest.raises(Refused, match="over"):
        mover.bring(ANNA, "slot-cccccccccccccccc", use=1)
    assert places_of(root, ANNA) == places_of(root, BEN) == ["homes"]


def test_a_late_clear_takes_no_home_from_the_next_task(root: Path) -> None:
    mover = mover_on(root)
    mover.clear(SLOT, next_use=2)
    mover.bring(BEN, SLOT, use=2)
    for next_use in (1, 2):
        mover.clear(SLOT, next_use=next_use)
    assert places_of(root, BEN) == [f"slots/{SLOT}"]


def test_a_home_of_somebody_else_or_a_link_is_not_moved(root: Path) -> None:
    link = "home-dddddddddddddddd"
    (root / "homes" / link).symlink_to(root / "homes" / ANNA)
    with pytest.raises(Refused, match="missing"):
        mover_on(root).bring(link, SLOT, use=1)
    with pytest.raises(Refused, match="missing"):
        Mover(root, student=(os.getuid() + 1, os.getgid())).bring(ANNA, SLOT, use=1)


def test_what_is_no_home_is_kept_aside_and_two_homes_of_one_name_are_never_merged(root: Path) -> None:
    mover = mover_on(root)
    (root / "slots" / SLOT / "planted").write_text("?")
    mover.clear(SLOT, next_use=2)
    assert [file.read_text() for file in (root / "left-over").iterdir()] == ["?"]
    mover.bring(ANNA, SLOT, use=2)
    (root / "homes" / ANNA).mkdir()  # empty: two calls have both made it
    mover.clear(SLOT, next_use=3)
    assert holds_its_work(root, ANNA)
    mover.bring(ANNA, SLOT, use=3)
    (root / "homes" / ANNA / "other").mkdir(parents=True)
    with pytest.raises(Refused, match="two homes"):
        mover.clear(SLOT, next_use=4)
    assert places_of(root, ANNA) == ["homes", f"slots/{SLOT}"]


@pytest.mark.parametrize(
    "event", [{}, {"bring": "../etc", "slot": SLOT, "use": 1, "new": False}, {"clear": "..", "next_use": 1}, "clear"]
)
def test_any_other_event_is_refused(root: Path, event: object) -> None:
    with pytest.raises(ValueError, match=r"expected|not the id"):
        answer(mover_on(root), event)


def test_an_event_is_answered_with_what_became_of_it(root: Path) -> None:
    bring = {"bring": ANNA, "slot": SLOT, "use": 1, "new": False}
    assert answer(mover_on(root), bring) == {"done": "yes"}
    assert answer(mover_on(root), {**bring, "bring": BEN}) == {"refused": "occupied"}
    assert answer(mover_on(root), {"clear": SLOT, "next_use": 2}) == {"done": "yes"}


def dies_after(steps: int) -> Callable[[str], None]:
    left = iter(range(steps))

    def between(_step: str) -> None:
        if next(left, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    return between


def killed(root: Path, steps: int, event: object) -> bool:
    """Carry an event out in a process that is killed after so many steps; whether it was."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            answer(mover_on(root, dies_after(steps)), event)
            code = 0
        finally:
            os._exit(code)
    status = os.waitpid(pid, 0)[1]
    return os.WIFSIGNALED(status)


def test_no_file_is_lost_although_the_mover_is_killed_between_any_two_steps(root: Path) -> None:
    """A student's sessions: brought, cleared, brought again; killed at each step of each of them.
    After each kill the home is in one place, and the next call finishes what was begun."""
    chance, use, kills = Random(1), {SLOT: 1, OTHER: 1}, 0
    while kills < KILLS:
        slot = chance.choice((SLOT, OTHER))
        newcomer = f"home-{''.join(chance.choices('abcdefgh234567', k=16))}"
        home, new = chance.choice(((ANNA, False), (BEN, False), (newcomer, True)))
        bring = {"bring": home, "slot": slot, "use": use[slot], "new": new}
        steps = 0
        while killed(root, steps, bring):
            kills, steps = kills + 1, steps + 1
            assert len(places_of(root, home)) == (1 if not new else len(places_of(root, home)))
            assert len(places_of(root, home)) <= 1
        assert places_of(root, home) == [f"slots/{slot}"]
        use[slot] += 1
        steps = 0
        while killed(root, steps, {"clear": slot, "next_use": use[slot]}):
            kills, steps = kills + 1, steps + 1
            assert len(places_of(root, home)) == 1
        assert places_of(root, home) == ["homes"]
        assert list((root / "slots" / slot).iterdir()) == []
        assert all(holds_its_work(root, one) for one in (ANNA, BEN))


def test_two_calls_at_once_in_any_order_leave_each_home_in_one_place(root: Path) -> None:
    """The second call comes in full between two steps of the first."""
    mover, use = mover_on(root), 1
    for step in range(12):
        for other in ("same bring", "other slot", "clear"):
            seen = iter(range(step))

            def between(_step: str, seen=seen, other=other, use=use) -> None:
                if next(seen, None) is not None:
                    return
                if other == "same bring":
                    answer(mover_on(root), {"bring": ANNA, "slot": SLOT, "use": use, "new": False})
                elif other == "other slot":
                    answer(mover_on(root), {"bring": ANNA, "slot": OTHER, "use": use, "new": False})
                else:
                    answer(mover_on(root), {"clear": SLOT, "next_use": use + 1})

            first = mover_on(root, between)
            answer(first, {"bring": ANNA, "slot": SLOT, "use": use, "new": False})
            answer(first, {"clear": SLOT, "next_use": use + 1})
            assert len(places_of(root, ANNA)) == 1
            use += 1
            for slot in (SLOT, OTHER):
                mover.clear(slot, next_use=use)
            assert places_of(root, ANNA) == ["homes"]
            assert holds_its_work(root, ANNA)


def test_a_clearance_overtaken_by_another_leaves_the_next_task_its_folder_and_its_home(root: Path) -> None:
    """The other one comes in full between two steps of the first, and the next task with it."""
    slot, use, overtaken = root / "slots" / SLOT, 1, 0
    for step in range(6):
        for brings in (False, True):
            use += 1
            mounted: list[int] = []
            seen = iter(range(step))

            def between(_step: str, seen=seen, use=use, brings=brings, mounted=mounted) -> None:
                if mounted or next(seen, None) is not None:
                    return
                mover_on(root).clear(SLOT, next_use=use)
                mounted.append(slot.stat().st_ino)
                if brings:
                    mover_on(root).bring(BEN, SLOT, use=use)

            mover_on(root, between).clear(SLOT, next_use=use)
            overtaken += len(mounted)
            assert mounted in ([], [slot.stat().st_ino])
            assert places_of(root, BEN) == [f"slots/{SLOT}" if brings and mounted else "homes"]
            use += 1
            mover_on(root).clear(SLOT, next_use=use)
            assert places_of(root, BEN) == ["homes"]
    assert overtaken >= 8


@pytest.mark.parametrize("error", [errno.ENOENT, errno.ESTALE, errno.EIO])
def test_a_rename_whose_answer_was_lost_is_found_done(root: Path, error: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rename, lost = os.rename, iter((True,))

    def renamed(*given: Any, **named: Any) -> None:
        rename(*given, **named)
        if next(lost, False):
            raise OSError(error, os.strerror(error))

    monkeypatch.setattr(os, "rename", renamed)
    mover_on(root).bring(ANNA, SLOT, use=1)
    assert places_of(root, ANNA) == [f"slots/{SLOT}"]
    assert next(lost, None) is None
