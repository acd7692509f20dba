"""The frame itself: order, processes that die during a call, and runs that repeat exactly."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from simulator.fleet import run_seed
from simulator.invariants import Violation
from simulator.loop import EventLoop
from simulator.process import Fate, Process, ThreadDied
from simulator.profile import RATES, Profile, draw
from simulator.trace import Trace


class Bench:
    """One process whose calls have the fates that a test gives them."""

    def __init__(self) -> None:
        self.loop = EventLoop(0.0)
        self.deaths = 0
        self.process = Process(self.loop, "p", Trace(self.loop, on=False), died=self._died)
        self.effects: list[str] = []

    def _died(self) -> None:
        self.deaths += 1

    def call(self, name: str, fate: Fate) -> str:
        def effect() -> str:
            self.effects.append(name)
            return f"answer of {name}"

        return self.process.call(f"port.{name}", effect, (), {}, fate)


def test_events_come_in_time_and_at_one_time_in_order() -> None:
    loop, seen = EventLoop(100.0), []
    for name, seconds in (("late", 2.0), ("first", 1.0), ("second", 1.0)):
        loop.after(seconds, lambda name=name: seen.append((name, loop.now)))
    loop.run_until(103.0)
    assert seen == [("first", 101.0), ("second", 101.0), ("late", 102.0)]
    assert loop.now == 103.0


def test_two_threads_of_a_process_overtake_each_other() -> None:
    bench, done = Bench(), []
    bench.process.spawn(lambda: done.append(bench.call("slow", Fate(2.0))))
    bench.process.spawn(lambda: done.append(bench.call("fast", Fate(1.0))))
    bench.loop.run_until(5.0)
    assert bench.effects == ["fast", "slow"]
    assert done == ["answer of fast", "answer of slow"]


def test_time_jumps_only_to_where_nothing_else_happens_before() -> None:
    loop = EventLoop(0.0)
    seen: list[tuple[str, float]] = []
    for seconds in (1.0, 3.0, 9.0):
        loop.after(seconds, lambda: seen.append(("jumped" if loop.jump(2.0) else "waits", loop.now)))
    loop.run_until(10.0)
    assert seen == [("waits", 1.0), ("jumped", 5.0), ("waits", 9.0)]  # an event at the same time, none, the end before
    assert loop.now == 10.0


def test_a_process_that_dies_before_a_call_leaves_no_effect_and_after_it_leaves_one() -> None:
    for crash, effects in (("before", []), ("after", ["write"])):
        bench, done = Bench(), []
        bench.process.spawn(
            lambda bench=bench, crash=crash, done=done: done.append(bench.call("write", Fate(1.0, crash=crash)))
        )
        bench.loop.run_until(2.0)
        assert (bench.effects, done, bench.deaths, bench.process.alive) == (effects, [], 1, False)


def test_a_request_that_was_on_its_way_lands_though_its_sender_is_dead() -> None:
    bench = Bench()
    bench.process.spawn(lambda: bench.call("lands", Fate(1.0, lands_after_death=True)))
    bench.process.spawn(lambda: bench.call("is lost", Fate(1.0)))
    bench.loop.after(0.5, bench.process.crash)
    bench.loop.run_until(2.0)
    assert bench.effects == ["lands"]


def test_a_dead_process_runs_no_further_step_but_its_finally_blocks_end() -> None:
    bench, steps = Bench(), []

    def work() -> None:
        try:
            bench.call("one", Fate(1.0))
            steps.append("after one")
        finally:
            steps.append("finally")
            bench.call("two", Fate(1.0))

    bench.process.spawn(work)
    bench.loop.after(0.5, bench.process.crash)
    bench.loop.run_until(5.0)
    assert steps == ["finally"]
    assert bench.effects == []


def test_an_answer_that_is_lost_had_its_effect_and_a_refusal_had_none() -> None:
    bench, errors = Bench(), []

    def work() -> None:
        for name, fate in (
            ("lost", Fate(1.0, answer_lost=OSError("lost"))),
            ("refused", Fate(1.0, refused=OSError("refused"))),
        ):
            try:
                bench.call(name, fate)
            except OSError as error:
                errors.append(str(error))

    bench.process.spawn(work)
    bench.loop.run_until(5.0)
    assert (bench.effects, errors) == (["lost"], ["lost", "refused"])


def test_questions_are_asked_side_by_side_and_answered_in_their_order() -> None:
    bench, answers = Bench(), []

    def work() -> None:
        answers.extend(bench.process.map(lambda seconds: bench.call(f"{seconds}", Fate(seconds)), [3.0, 1.0, 2.0]))

    bench.process.spawn(work)
    bench.loop.run_until(3.0)
    assert bench.effects == ["1.0", "2.0", "3.0"]
    assert answers == ["answer of 3.0", "answer of 1.0", "answer of 2.0"]


def test_an_error_that_ends_a_thread_ends_the_run() -> None:
    bench = Bench()
    bench.process.spawn(lambda: {}["no such key"])
    with pytest.raises(ThreadDied, match="KeyError"):
        bench.loop.run_until(1.0)


def test_a_violation_is_no_error_that_the_code_under_test_could_swallow() -> None:
    assert not issubclass(Violation, Exception)
    assert not issubclass(ThreadDied, Exception)


@pytest.mark.parametrize("seed", [3, 17, 52])
def test_a_seed_gives_the_same_run_to_the_last_event(seed: int) -> None:
    first, second = (run_seed(seed, traced=True) for _ in range(2))
    assert first.trace.lines == second.trace.lines
    assert first.events == second.events
    assert len(first.trace.lines) > 100


def test_watching_a_run_does_not_change_it() -> None:
    assert run_seed(9, traced=True).events == run_seed(9, traced=False).events


def test_another_process_with_another_hash_seed_repeats_the_run() -> None:
    program = "from simulator.fleet import run_seed; print(run_seed(21, traced=True).trace.hash())"
    hashes = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(hashes) == 1
    assert hashes.pop().strip() == run_seed(21, traced=True).trace.hash()


def test_different_seeds_give_different_runs() -> None:
    assert len({run_seed(seed, traced=True).trace.hash() for seed in range(8)}) == 8


def test_every_kind_of_fault_is_drawn_and_every_one_is_sometimes_absent() -> None:
    profiles = [draw(seed) for seed in range(300)]
    for kind in RATES:
        present = sum(bool(getattr(profile, kind)) for profile in profiles)
        assert 30 < present < 270, kind
    assert {profile.engine for profile in profiles} == {"machine", "ecs"}


def test_faults_really_happen() -> None:
    plain = Profile(safety_s=240.0)
    assert run_seed(1, plain).crashes == 0
    assert run_seed(1, replace(plain, crash=0.03)).crashes > 3
    assert run_seed(1, plain).launches > 3
