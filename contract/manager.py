"""Messages between the backend and the workspace manager (the payloads of `lambda.invoke`).

A request is `{"action": "<Action>", ...fields}`. An answer is `{"ok": true, ...}` with the fields
of its type, or `{"ok": false, "error": {"reason", "message"}}`. Times are seconds since the epoch,
UTC, as floats.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from contract.collect import CollectAnswer, CollectRequest
from contract.hand_out import HandOutAnswer, HandOutRequest
from contract.names import (
    ACTIVITY_OF_A_START,
    DiskLevel,
    LaunchPath,
    StepName,
    StopReason,
    TaskState,
    WorkspaceKind,
    WorkspaceSize,
    WorkspaceState,
)
from contract.show import ShowRequest


class Action(enum.StrEnum):
    CREATE = "create"
    LAUNCH = "launch"
    STOP = "stop"
    RESTART = "restart"
    KEEP_RUNNING = "keep_running"
    DELETE = "delete"
    UNDELETE = "undelete"
    DESCRIBE = "describe"
    FLEET = "fleet"
    CAPACITY = "capacity"
    SWEEP = "sweep"
    PUT_COHORT = "put_cohort"
    REMOVE_COHORT = "remove_cohort"
    EXPECT = "expect"
    SNAPSHOTS = "snapshots"
    RESTORE = "restore"
    PORTS = "ports"
    ACTIVITY = "activity"
    PROGRAMS = "programs"
    END_VISITS = "end_visits"
    HAND_OUT = "hand_out"
    COLLECT = "collect"
    CHECK = "check"
    HISTORY = "history"
    HISTORY_FOLDER = "history_folder"
    HISTORY_FILE = "history_file"
    HISTORY_VERSIONS = "history_versions"
    PUT_BACK = "put_back"
    SHOW = "show"
    SHARED_ACCESS = "shared_access"


@dataclass(frozen=True)
class CreateRequest:
    """Create a workspace's record, STOPPED and without a home. Repeating it is harmless."""

    workspace_id: str
    owner_id: str
    kind: WorkspaceKind
    owner_name: str = ""
    """The name that git uses for the student's commits."""
    owner_email: str = ""


@dataclass(frozen=True)
class WorkspaceRequest:
    """STOP, UNDELETE, SNAPSHOTS, HISTORY: a repeat changes nothing."""

    workspace_id: str


@dataclass(frozen=True)
class DeleteRequest:
    """DELETE: a repeat changes nothing, but may end the grace."""

    workspace_id: str
    at_once: bool = False
    """Without the grace: the purge begins as soon as nothing runs. For an account that is erased,
    after a grace of its own."""


@dataclass(frozen=True)
class LaunchRequest:
    """LAUNCH, RESTART. A workspace that is up keeps its size until it is launched again."""

    workspace_id: str
    size: WorkspaceSize | None = None
    """Chosen for it or its cohort; None: the installation's default."""
    shared: str = ""
    """Whose shared data it sees: a cohort's id, 32 hexadecimal digits; empty: nobody's."""


@dataclass(frozen=True)
class RestoreRequest:
    """RESTORE: put a stopped workspace's files back as they were in a snapshot.

    Answered at once with `restoring` set. Until that is None again, nothing can be launched. The
    present files become a snapshot first.
    """

    workspace_id: str
    snapshot_id: str


@dataclass(frozen=True)
class KeepRunningRequest:
    workspace_id: str
    until: float
    """Seconds since the epoch; the manager caps it. 0 cancels an earlier request."""


@dataclass(frozen=True)
class EndVisitsRequest:
    """END_VISITS: close what visitors of a shared port have open. A repeat is harmless."""

    workspace_id: str
    port: int


@dataclass(frozen=True)
class ShowsRequest:
    """SHOW: tell the students of workspaces that run something, inside the application. Answered
    with `{}`. It may be lost: the portal shows the same."""

    workspace_ids: tuple[str, ...]
    """At most 100. Those that do not run are skipped."""
    show: ShowRequest


@dataclass(frozen=True)
class SharedAccess:
    workspace_id: str
    shared: str
    """Whose shared data it sees, unless it has some of `allowed`; as LaunchRequest.shared."""
    allowed: tuple[str, ...] = ()
    """Whose it may keep."""


@dataclass(frozen=True)
class SharedAccessRequest:
    """SHARED_ACCESS: whose shared data workspaces see from now on, also those that run. Answered
    with `{}`. An error: at least one has not changed yet, so repeat it. A repeat is harmless."""

    workspaces: tuple[SharedAccess, ...]
    """At most 100. Ids that are not known are skipped."""


@dataclass(frozen=True)
class DescribeRequest:
    """DESCRIBE, PORTS, ACTIVITY, PROGRAMS."""

    workspace_ids: tuple[str, ...]
    """At most 100. Ids that are not known are absent from the answer."""


COHORT_CLASSES_MAX = 500
COHORT_MEMBERS_MAX = 2_000
COHORT_NEWCOMERS_MAX = 10_000


@dataclass(frozen=True)
class ClassTime:
    """One class of a cohort's timetable, in seconds since the epoch."""

    starts_at: float
    ends_at: float


@dataclass(frozen=True)
class CohortRequest:
    """PUT_COHORT: who learns together, and when. Replaces what was known; answered with `{}`.

    Send it at each change and once a day, so that the classes of the next 14 days are always known.
    A class that is left out before it starts does not take place. The manager remembers those that
    have started.
    """

    cohort_id: str
    label: str
    """What the operator calls it: 'Berlin-3'."""
    kind: WorkspaceKind
    classes: tuple[ClassTime, ...]
    """Of the next 14 days, at most COHORT_CLASSES_MAX, in any order."""
    members: tuple[str, ...]
    """Ids of their workspaces, at most COHORT_MEMBERS_MAX; unknown ids are skipped."""
    newcomers: int = 0
    """Enrolled students who have no workspace yet."""
    size: WorkspaceSize | None = None
    """What its members are launched with; None: the installation's default."""


@dataclass(frozen=True)
class CohortIdRequest:
    """REMOVE_COHORT: forget it; answered with `{}`, also when it is not known."""

    cohort_id: str


@dataclass(frozen=True)
class ExpectRequest:
    """EXPECT: a hint that this workspace will soon be launched; always answered with `{}`.

    It may be lost or sent too often: only how soon a workspace opens depends on it.
    """

    workspace_id: str
    because: str
    """Plain words that follow the student's name: 'signed in'."""


@dataclass(frozen=True)
class LaunchStep:
    """One line of the progress that a student sees while waiting."""

    name: StepName
    at: float
    text: str
    """For the student, without a full stop: 'Found a workspace that was ready'."""


@dataclass(frozen=True)
class Activity:
    """The last thing a person (or their busy job) did in the workspace."""

    at: float
    reason: str
    """Words that follow 'You': 'typed in the editor', 'ran npm (a busy job)'."""

    @property
    def is_start(self) -> bool:
        """Nobody has done anything since; the start may have been an instructor's, for a class."""
        return self.reason in ACTIVITY_OF_A_START


@dataclass(frozen=True)
class Endpoint:
    """How the gateway reaches the task: an Envoy cluster, or ip:port for ORIGINAL_DST."""

    cluster: str
    address: str
    launch_secret: str = field(repr=False, default="")


@dataclass(frozen=True)
class HomeUseView:
    """What a home uses of the disk, as it was last measured."""

    used_bytes: int
    used_files: int
    limit_bytes: int
    limit_files: int
    level: DiskLevel
    text: str = ""
    """For the student, sentences; empty while the home is within its limits."""


@dataclass(frozen=True)
class MemoryView:
    """What the programs of a workspace hold, as its agent measured it in the last seconds."""

    used_bytes: int
    limit_bytes: int


@dataclass(frozen=True)
class WorkspaceView:
    workspace_id: str
    owner_id: str
    kind: WorkspaceKind
    state: WorkspaceState
    version: int
    """Grows with every change of the record."""
    steps: tuple[LaunchStep, ...] = ()
    """Of the newest launch (and of the stop that ended it), oldest first; at most 20."""
    launch_path: LaunchPath | None = None
    launch_requested_at: float | None = None
    """When the newest launch was requested. A restart, and the second task of a launch, count as a
    new request. Later than `stopped_at` while a launch is under way."""
    running_since: float | None = None
    activity: Activity | None = None
    idle_timeout_s: float = 1800.0
    stops_at: float | None = None
    """When it stops if nothing happens; None unless running."""
    stops_because: str = ""
    """Plain words: 'no activity for 30 minutes'."""
    stops_reason: StopReason | None = None
    """What `stops_at` follows from: IDLE, SESSION_LIMIT or DISK; None unless running."""
    warned: bool = False
    keep_running_until: float | None = None
    keep_running_max_s: float = 0.0
    """How far ahead `keep_running` may reach."""
    stop_reason: StopReason | None = None
    stopped_at: float | None = None
    deleted_at: float | None = None
    purge_at: float | None = None
    failure: str = ""
    """Why the last launch or save failed, in words for the student; empty when it did not."""
    has_home: bool = False
    snapshot_at: float | None = None
    """When the newest snapshot of its home was taken."""
    snapshot_failure: str = ""
    """Why its newest files have no snapshot, or not all of them, and what to do; empty: they do."""
    snapshot_failing_since: float | None = None
    restoring: str | None = None
    """The snapshot that is being put back; meanwhile it cannot be launched."""
    home_use: HomeUseView | None = None
    """None: not measured yet."""
    size: WorkspaceSize = WorkspaceSize.SMALL
    """Of the newest launch."""
    has_history: bool = False
    """This installation keeps a history of its files."""
    resting_home: str = ""
    """The id of its home while that is at rest; empty while a task may have it, and for none."""
    endpoint: Endpoint | None = None
    """Only while running."""
    memory: MemoryView | None = None
    """None in a record: only agents know it (ACTIVITY)."""


@dataclass(frozen=True)
class WorkspaceAnswer:
    workspace: WorkspaceView


@dataclass(frozen=True)
class PortsAnswer:
    """On which ports students' programs listen now, by workspace. Those that run no program, do not
    run or do not answer are absent."""

    ports: dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class ActivityAnswer:
    """The last activity as the agents know it now, by workspace. Those that do not run or do not
    answer are absent."""

    activity: dict[str, Activity]
    memory: dict[str, MemoryView] = field(default_factory=dict)
    """Those whose agents have not measured it yet are absent, too."""


@dataclass(frozen=True)
class ProgramsAnswer:
    """Which programs of students a stop would end now, by workspace; none where it does not run.
    Those that do not answer are absent."""

    programs: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class HandOutsRequest:
    """HAND_OUT: put an assignment's files into the homes of workspaces that run. A repeat changes
    nothing."""

    workspace_ids: tuple[str, ...]
    hand_out: HandOutRequest


@dataclass(frozen=True)
class HandOutsAnswer:
    """By workspace. Those that do not run or do not answer are absent."""

    answers: dict[str, HandOutAnswer]


@dataclass(frozen=True)
class CollectionRequest:
    """COLLECT: copy a folder of one home, whether its workspace runs or is stopped. One at a time:
    a copy may fill the answer."""

    workspace_id: str
    collect: CollectRequest


@dataclass(frozen=True)
class CollectionAnswer:
    copy: CollectAnswer | None
    """None: the home cannot be read now. Ask again."""


@dataclass(frozen=True)
class SnapshotView:
    snapshot_id: str
    taken_at: float


@dataclass(frozen=True)
class SnapshotsAnswer:
    """Newest first."""

    snapshots: tuple[SnapshotView, ...]


@dataclass(frozen=True)
class DiskView:
    """The disk with the homes, or another one of the platform that is nearly full."""

    nearly_full: bool
    """Less is free than the platform's reserve. Workspaces that fill it are saved and stopped."""
    text: str
    """For the operator, sentences with figures."""


@dataclass(frozen=True)
class SizeView:
    """What a size means in this installation."""

    size: WorkspaceSize
    memory_mib: int
    is_default: bool


@dataclass(frozen=True)
class DescribeAnswer:
    workspaces: tuple[WorkspaceView, ...]
    kinds: tuple[KindView, ...] = ()
    sizes: tuple[SizeView, ...] = ()
    """The smallest first."""
    disk: DiskView | None = None
    """None where nobody watches a disk: on AWS, homes are on a file system that grows."""


@dataclass(frozen=True)
class KindView:
    """Whether workspaces of a kind can be launched now."""

    kind: WorkspaceKind
    ready: bool
    text: str = ""
    """Progress while it is not: 'VS Code is being installed: compiling (2 of 5)'."""


@dataclass(frozen=True)
class TaskView:
    task_id: str
    kind: WorkspaceKind
    state: TaskState
    workspace_id: str | None
    started_at: float
    image: str = ""
    size: WorkspaceSize | None = None
    """None: it gets its size at the claim."""


@dataclass(frozen=True)
class PoolView:
    """What the warm pool's planner decided last, and why, in words for the operator."""

    policy: str
    """schedule | predicted"""
    targets: dict[str, int]
    """Kind, and its size where that is not the default → warm tasks wanted now."""
    decisions: tuple[str, ...]
    """The reasons for the targets, then what was done, newest first; at most 60 lines: 'started
    38 vscode: 38.2 launches expected within 60 s, …'."""
    forecast_error: float | None = None
    """Not computed any more; a backend of the release before expects the field."""
    spent_h: float = 0.0
    """Warm task-hours paid for today."""


@dataclass(frozen=True)
class FleetAnswer:
    """The whole fleet for `./apranova status` and the operator; bounded to 1,000 rows each."""

    workspaces: tuple[WorkspaceView, ...]
    tasks: tuple[TaskView, ...]
    kinds: tuple[KindView, ...]
    pool_target: int
    isolation: str
    """bubblewrap | none | ecs"""
    enforced: dict[str, str]
    """What limits hold on this machine: limit → 'how it is enforced', or 'not enforced: why'."""
    last_sweep_at: float | None = None
    pool: PoolView | None = None
    """None until the manager's first reconcile pass."""
    snapshots: str = ""
    """Whether snapshots of homes are taken: 'on: …' or 'off: why, and what to do'."""
    disk: DiskView | None = None


@dataclass(frozen=True)
class DiskRoom:
    """One file system of the platform."""

    place: str
    """What it holds, words that follow 'The disk with': 'the homes'."""
    free_bytes: int
    total_bytes: int
    reserve_bytes: int
    """Below so much free space, workspaces that fill it are stopped."""


@dataclass(frozen=True)
class MachineView:
    """The one machine that all workspaces share, as it is now."""

    memory_bytes: int
    memory_free_bytes: int
    """What programs can still get without swapping."""
    cpus: int
    load: float
    """Programs that want a CPU, over the last minute."""
    workspaces_bytes: int
    """Memory of all workspaces together; 0 where nothing counts it."""
    disks: tuple[DiskRoom, ...]
    """The homes' first."""
    states: dict[str, int]
    """State → workspaces in it."""
    homes_without_snapshot: int
    """Whose last snapshot failed."""


@dataclass(frozen=True)
class CapacityAnswer:
    """CAPACITY: how much more this installation could run, in constant size: it is polled."""

    memory_taken_mib: int
    """What the sizes of all workspaces that start, run or stop add up to."""
    memory_max_mib: int | None
    """What they may add up to; None: the engine's quota counts."""
    tasks_max: int | None
    """So many run at once on this machine; None: the engine's quota counts."""
    ready: dict[str, int]
    """Kind, and its size where that is not the default → warm tasks that can be claimed now."""
    kinds: tuple[KindView, ...]
    sizes: tuple[SizeView, ...]
    snapshots: str
    """As in FleetAnswer."""
    pool: PoolView | None = None
    last_sweep_at: float | None = None
    machine: MachineView | None = None
    """None where each task has a machine of its own (AWS), or when it cannot be read."""


@dataclass(frozen=True)
class ErrorBody:
    reason: str
    message: str
