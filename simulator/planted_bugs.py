"""Bugs put into the manager (or into an adapter or the agent, where the promise is theirs) on purpose, one at a time: proof that the simulator would find them.

`python -m simulator.planted_bugs` looks for each and prints in which run it was found. Every bug here is one that a
hurried change could make: a check left out, two writes for one, an error taken for an answer.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from simulator import sabotage
from simulator.fleet import run_seed
from simulator.invariants import Violation

RUNS_MAX = 2_000


@dataclass(frozen=True)
class PlantedBug:
    name: str
    story: str
    """What a person would notice."""
    plant: Callable[[], AbstractContextManager[object]]
    found_within: int = 150
    """Runs; the tests hold it to this. More where several rare things must meet."""


@dataclass(frozen=True)
class Finding:
    bug: PlantedBug
    runs: int
    violation: Violation | None
    seconds: float


BUGS = (
    PlantedBug(
        "claim in two writes", "the task is a student's, the student does not have it", sabotage.claim_in_two_writes
    ),
    PlantedBug("unconditional writes", "of two managers, the slower one wins", sabotage.unconditional_writes),
    PlantedBug("started before the record", "after a crash nobody knows the task", sabotage.start_before_the_record),
    PlantedBug("no take-over of a claim", "after a crash a ready workspace does not open", sabotage.no_take_over),
    PlantedBug("no second start", "after a crash nothing starts, until the deadline", sabotage.no_second_start),
    PlantedBug(
        "failed look-up taken as empty",
        "the engine is silent once, and all work ends",
        sabotage.failed_look_up_is_empty,
    ),
    PlantedBug(
        "failed look-up ends a session",
        "a click while the engine is silent ends the work",
        sabotage.failed_look_up_ends_launches,
        found_within=800,
    ),
    PlantedBug(
        "orphan killer without second look",
        "whatever a pass had no reason to read is ended",
        sabotage.orphans_without_a_second_look,
    ),
    PlantedBug(
        "second look before the engine's list, judged by a later clock",
        "a paused manager ends what it does not know yet",
        sabotage.second_look_before_the_engine,
        found_within=800,
    ),
    PlantedBug(
        "orphan killer without grace", "a task that was started a moment ago is ended", sabotage.orphans_at_once
    ),
    PlantedBug("orphans are never stopped", "a task nobody knows is paid for ever", sabotage.orphans_never),
    PlantedBug("stop without save", "what was in the editor is lost", sabotage.stop_without_save),
    PlantedBug(
        "failed save ignored", "the disk was full for a minute, the work is lost", sabotage.failed_save_is_ignored
    ),
    PlantedBug(
        "SIGTERM ends the task at once",
        "Spot takes a task and what was in the editor",
        sabotage.terminated_without_save,
    ),
    PlantedBug("SIGTERM is not heard", "as above: two minutes pass and nothing is saved", sabotage.deaf_to_the_notice),
    PlantedBug("STOPPED before the task is gone", "two tasks write into one home", sabotage.stopped_before_it_is_gone),
    PlantedBug(
        "start without idempotency token",
        "every launch that is repeated is paid twice",
        sabotage.start_is_not_idempotent,
    ),
    PlantedBug(
        "a stop does not bar a late start",
        "a task starts for a workspace that was stopped",
        sabotage.late_start_after_a_stop,
    ),
    PlantedBug(
        "gone without asking the engine", "as above, from the manager's side", sabotage.gone_without_asking_the_engine
    ),
    PlantedBug("purge without grace", "a delete cannot be taken back", sabotage.purged_without_grace),
    PlantedBug(
        "home removed before that is recorded",
        "an undelete gives an empty home",
        sabotage.home_before_purging_is_recorded,
    ),
    PlantedBug(
        "forgetting a task removes its adopted home", "a student's first home is gone", sabotage.adopted_home_is_purged
    ),
    PlantedBug("no deadline for a start", "a student waits for ever", sabotage.no_deadline),
    PlantedBug(
        "a silent agent taken for idle, also when asked once more",
        "a workspace in use is stopped",
        sabotage.silence_is_idleness,
        found_within=400,
    ),
    PlantedBug(
        "a save for being idle asks nobody",
        "a student who came back at the last moment looks at a dead tab",
        sabotage.nobody_comes_back,
        found_within=400,
    ),
    PlantedBug("idle never stops", "an open tab costs money all night", sabotage.idle_never),
    PlantedBug("any home will do", "a student is in another, empty home", sabotage.any_home_will_do),
    PlantedBug(
        "old image handed out", "an update never reaches students", sabotage.old_image_is_handed_out, found_within=800
    ),
    PlantedBug(
        "retires what was claimed meanwhile",
        "a workspace ends as it opens",
        sabotage.retires_what_was_claimed,
        found_within=800,
    ),
    PlantedBug("pool counts only ready tasks", "the pool grows with every pass", sabotage.pool_counts_only_ready),
    PlantedBug("no back-off", "a broken image is started again and again", sabotage.no_back_off),
    PlantedBug("wish to launch forgotten", "a click while it stops does nothing", sabotage.wish_to_launch_is_forgotten),
    PlantedBug(
        "a launch is tried again for ever", "one failing task after the other, and no word", sabotage.tries_for_ever
    ),
    PlantedBug("home recorded but never made", "the first launch fails", sabotage.home_is_made_again_when_missing),
    PlantedBug(
        "a task kept for one student goes to another",
        "a student is in somebody else's home",
        sabotage.personal_tasks_for_anyone,
        found_within=400,
    ),
    PlantedBug(
        "cold start beside a task kept for the student",
        "two tasks write into one home",
        sabotage.cold_start_beside_a_personal_task,
        found_within=400,
    ),
    PlantedBug(
        "one error stops the pass", "one broken workspace holds up all others", sabotage.one_error_stops_the_pass
    ),
    PlantedBug("STOPPING is never due", "a workspace stops for ever", sabotage.stopping_is_never_due),
    PlantedBug(
        "a reserved task is never due", "a student waits for a task that is ready", sabotage.reserved_is_never_due
    ),
    PlantedBug(
        "a claimed workspace is never due",
        "after a crash a ready workspace does not open",
        sabotage.claimed_workspace_is_never_due,
        found_within=800,
    ),
    PlantedBug(
        "a task that waits is never looked at",
        "a student who does not come costs money all night",
        sabotage.waiting_is_never_looked_at,
        found_within=400,
    ),
    PlantedBug("an ended task is never due", "its record is kept for ever", sabotage.ended_is_never_forgotten),
    PlantedBug(
        "the pool trusts an index that lags",
        "it starts once more what it has just started",
        sabotage.pool_forgets_what_it_just_started,
        found_within=800,
    ),
)


def find(bug: PlantedBug, *, runs_max: int = RUNS_MAX, first_seed: int = 0) -> Finding:
    """Run seed after seed until the bug shows."""
    began = time.process_time()
    with bug.plant():
        for run in range(1, runs_max + 1):
            violation = run_seed(first_seed + run - 1).violation
            if run % 50 == 0:
                gc.collect()
            if violation is not None:
                return Finding(bug, run, violation, time.process_time() - began)
    return Finding(bug, runs_max, None, time.process_time() - began)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m simulator.planted_bugs", description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS_MAX, help="give up on a bug after so many runs")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--only", default="", help="only bugs whose name contains this")
    arguments = parser.parse_args()
    missed = 0
    print("| planted bug | what a person would notice | found in run | by |")
    print("|---|---|---|---|")
    for bug in BUGS:
        if arguments.only not in bug.name:
            continue
        finding = find(bug, runs_max=arguments.runs, first_seed=arguments.seed)
        missed += finding.violation is None
        where = f"not in {finding.runs}" if finding.violation is None else str(finding.runs)
        said = finding.violation or "–"
        print(f"| {bug.name} | {bug.story} | {where} | {said} |", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
