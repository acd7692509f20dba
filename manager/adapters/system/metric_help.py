"""What the manager counts, in words for the operator who reads `/metrics`.

A counter that has not counted yet is shown with 0: an alert asks how much it grew, and would miss
the first one otherwise. So the values of its labels stand here, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType

from contract.errors import Reason
from contract.names import LaunchPath, StopReason

_START_FAILURES = (
    Reason.INTERNAL,
    Reason.KIND_NOT_READY,
    Reason.LAUNCH_FAILED,
    Reason.MANAGER_UNAVAILABLE,
    Reason.NO_CAPACITY,
)
HOMES = ("new", "kept")
"""Of a launch: the first one of a workspace makes its home, each later one resumes with it."""


@dataclass(frozen=True)
class Described:
    help: str
    labels: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Names and the values that are shown before anything is counted."""

    def series(self) -> Iterable[tuple[tuple[str, str], ...]]:
        """Nothing for a label whose values are not known ahead."""
        names = [name for name, _ in self.labels]
        for values in product(*(values for _, values in self.labels)):
            yield tuple(sorted(zip(names, values, strict=True)))


def _labels(**labels: Iterable[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((name, tuple(map(str, values))) for name, values in labels.items())


COUNTERS: Mapping[str, Described] = MappingProxyType(
    {
        "actions_total": Described("Actions of reconcile passes.", _labels(action=(), result=())),
        "agent_unreachable_total": Described(
            "Calls that a task's agent did not answer.", _labels(call=("claim", "save", "status", "warn"))
        ),
        "checkpoints_total": Described(
            "Checkpoints of homes, by what came of each look.", _labels(result=("taken", "unchanged", "failed"))
        ),
        "disk_stops_total": Described("Workspaces stopped because the disk was nearly full."),
        "engine_unreachable_total": Described("Calls that the sandbox engine did not answer."),
        "hints_total": Described("Hints that somebody will launch soon."),
        "idle_stops_taken_back_total": Described("Idle stops given up because the student came back."),
        "invocation_errors_total": Described("Calls that were refused or failed.", _labels(reason=())),
        "invocations_total": Described("Calls of the manager.", _labels(action=())),
        "launch_failures_total": Described(
            "Launches that failed; tried_again says whether another task was tried.",
            _labels(tried_again=("yes", "no")),
        ),
        "launches_total": Described("Launches, by how each was served.", _labels(path=LaunchPath)),
        "prepare_failures_total": Described("Failures to prepare what later starts need."),
        "purges_total": Described("Deleted workspaces whose homes were removed for good."),
        "put_backs_total": Described(
            "Files of then that students put back into their homes.", _labels(result=("done", "failed"))
        ),
        "restores_total": Described("Restores of a home from a snapshot.", _labels(result=("done", "failed"))),
        "restores_wanted_total": Described("Restores that were asked for."),
        "save_failures_total": Described("Last saves that failed.", _labels(reason=("save_failed",))),
        "saves_given_up_total": Described("Tasks ended without a last save, at the hard limit."),
        "snapshots_total": Described("Snapshots of homes.", _labels(result=("taken", "failed", "overtaken"))),
        "snapshots_verified_total": Described(
            "Snapshots read back and compared.", _labels(result=("sound", "failed", "damaged"))
        ),
        "stops_total": Described("Stops of workspaces.", _labels(reason=StopReason)),
        "task_start_failures_total": Described(
            "Tasks that the engine could not start.", _labels(reason=_START_FAILURES)
        ),
        "tasks_ended_total": Described("Tasks that have ended."),
    }
)

HISTOGRAMS: Mapping[str, Described] = MappingProxyType(
    {
        "checkpoint_seconds": Described("How long a look for changes in a home, and its checkpoint, took."),
        "claim_seconds": Described("From the claim of a task to the open workspace."),
        "launch_seconds": Described(
            "From the request of a launch to the open workspace.",
            _labels(path=(LaunchPath.WARM, LaunchPath.COLD), home=HOMES),
        ),
        "pool_ready": Described("Ready warm tasks, as each reconcile pass found them."),
        "snapshot_seconds": Described("How long a snapshot of a home took."),
        "sweep_seconds": Described("How long a reconcile pass took."),
        "task_start_seconds": Described("From the start of a task until it is ready.", _labels(kind=())),
    }
)
