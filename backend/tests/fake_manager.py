"""A manager for tests: Lambda's Invoke over HTTP on loopback, state in memory."""

from __future__ import annotations

import base64
import collections
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from contract.checks import CheckAnswer, CheckRequest, CheckState
from contract.collect import CollectAnswer
from contract.errors import ApraNovaError, Reason
from contract.hand_out import HandOutAnswer, HandOutRequest, HandOutState
from contract.history import (
    PIECE_BYTES_MAX,
    CheckpointView,
    FileVersion,
    HistoryAnswer,
    HistoryEntry,
    HistoryFolder,
    HistoryPathRequest,
    HistoryPiece,
    HistoryVersions,
    HistoryVersionsRequest,
    PutBackAnswer,
    PutBackRequest,
    PutBackState,
)
from contract.manager import (
    Action,
    Activity,
    ActivityAnswer,
    CapacityAnswer,
    CohortIdRequest,
    CohortRequest,
    CollectionAnswer,
    CollectionRequest,
    CreateRequest,
    DeleteRequest,
    DescribeAnswer,
    DescribeRequest,
    DiskView,
    Endpoint,
    EndVisitsRequest,
    ExpectRequest,
    HandOutsAnswer,
    HandOutsRequest,
    KeepRunningRequest,
    KindView,
    LaunchRequest,
    LaunchStep,
    MemoryView,
    PortsAnswer,
    ProgramsAnswer,
    RestoreRequest,
    SharedAccess,
    SharedAccessRequest,
    ShowsRequest,
    SizeView,
    SnapshotsAnswer,
    SnapshotView,
    WorkspaceAnswer,
    WorkspaceRequest,
    WorkspaceView,
)
from contract.names import (
    MANAGER_FUNCTION,
    LaunchPath,
    StepName,
    StopReason,
    WorkspaceKind,
    WorkspaceSize,
    WorkspaceState,
)
from contract.show import ShowRequest
from contract.wire import BadMessage, from_json, to_json

INVOKE_PATH = f"/2015-03-31/functions/{MANAGER_FUNCTION}/invocations"
SIZES = (SizeView(WorkspaceSize.SMALL, 768, is_default=True), SizeView(WorkspaceSize.LARGE, 3_072, is_default=False))
CAPACITY = CapacityAnswer(
    memory_taken_mib=0,
    memory_max_mib=32_768,
    tasks_max=200,
    ready={"vscode": 2},
    kinds=(),
    sizes=SIZES,
    snapshots="on: by restic",
)
DELETE_GRACE_S = 7 * 86400.0
KEEP_RUNNING_MAX_S = 4 * 3600.0


class FakeManager:
    """Follows the contract; `fail_with`, `answer_with` and `unreachable` make it misbehave."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self.reset()

    def reset(self) -> None:
        with self._lock:
            self.workspaces: dict[str, WorkspaceView] = {}
            self.disk: DiskView | None = None
            self.capacity = CAPACITY
            self.tasks_started: collections.Counter[str] = collections.Counter()
            self.cohorts: dict[str, CohortRequest] = {}
            self.expected: list[ExpectRequest] = []
            self.handed_out: list[tuple[str, int]] = []
            self.hand_out_requests: list[tuple[str, HandOutRequest]] = []
            self.shared_access: dict[str, SharedAccess] = {}
            self.launched: list[LaunchRequest] = []
            """(workspace, version)"""
            self.hand_out_answers: dict[str, HandOutAnswer] = {}
            self.homes: dict[str, CollectAnswer] = {}
            """What a collection finds in a home; a workspace that is missing cannot be read."""
            self.collected: list[tuple[str, str]] = []
            self.checked: list[CheckRequest] = []
            """Checks that came with their files."""
            self.check_answers: list[CheckAnswer] = []
            """What the next ones find; then: passed."""
            """(workspace, folder)"""
            self.checkpoints: dict[str, list[CheckpointView]] = {}
            """Workspace → newest first."""
            self.snapshots: dict[str, list[SnapshotView]] = {}
            """Workspace → newest first."""
            self.past: dict[tuple[str, str, str], bytes] = {}
            """(workspace, checkpoint, key) → the file's content."""
            self.past_changed_at = 1_790_000_000.0
            self.put_back: list[PutBackRequest] = []
            self.put_back_answers: list[PutBackAnswer] = []
            """The next ones; when there is none, a file is put back."""
            self.calls: collections.Counter[str] = collections.Counter()
            self.kinds = {
                WorkspaceKind.VSCODE: KindView(WorkspaceKind.VSCODE, ready=True),
                WorkspaceKind.SUPERSET: KindView(
                    WorkspaceKind.SUPERSET, ready=False, text="Superset is not part of this installation yet"
                ),
            }
            self.fail_with: ApraNovaError | None = None
            self.answer_with: bytes | None = None
            self.status = 200
            self.unreachable = False
            self.finish_launches = True
            self.purges_wait = False
            """As on AWS: homes that are to be removed at once are still there."""
            self.ports: tuple[int, ...] = ()
            self.activity: dict[str, Activity] = {}
            """As agents know it, where that is newer than the view's."""
            self.memory: dict[str, MemoryView] = {}
            self.programs: dict[str, tuple[str, ...]] = {}
            self.silent: set[str] = set()
            """Workspaces whose agents do not answer."""
            self.visits_ended: list[tuple[str, int]] = []
            self.shown: list[tuple[str, ShowRequest]] = []
            """Of workspaces that run."""

    def change(self, workspace_id: str, **changes: Any) -> WorkspaceView:
        with self._lock:
            view = self.workspaces[workspace_id]
            self.workspaces[workspace_id] = view = replace(view, version=view.version + 1, **changes)
            return view

    def step(self, workspace_id: str, name: StepName, text: str) -> None:
        with self._lock:
            steps = self.workspaces[workspace_id].steps
            self.change(workspace_id, steps=(*steps, LaunchStep(name, time.time(), text)))

    def answer(self, payload: Any) -> Any:
        with self._lock:
            try:
                action = Action(payload.get("action"))
                self.calls[action.value] += 1
                if self.fail_with is not None:
                    raise self.fail_with
                return {"ok": True, **to_json(self._act(action, payload))}
            except ApraNovaError as error:
                return {"ok": False, "error": {"reason": error.reason.value, "message": error.message}}
            except (ValueError, BadMessage) as error:
                return {"ok": False, "error": {"reason": "bad_request", "message": str(error)}}

    def _act(self, action: Action, payload: Any) -> Any:
        if action in (Action.SNAPSHOTS, Action.RESTORE):
            return self._snapshots(action, payload)
        match action:
            case Action.PUT_COHORT:
                cohort = from_json(CohortRequest, payload)
                self.cohorts[cohort.cohort_id] = cohort
                return {}
            case Action.REMOVE_COHORT:
                self.cohorts.pop(from_json(CohortIdRequest, payload).cohort_id, None)
                return {}
            case Action.EXPECT:
                self.expected.append(from_json(ExpectRequest, payload))
                return {}
            case Action.CREATE:
                return WorkspaceAnswer(self._create(from_json(CreateRequest, payload)))
            case Action.DESCRIBE:
                request = from_json(DescribeRequest, payload)
                if len(request.workspace_ids) > 100:
                    raise ApraNovaError(Reason.BAD_REQUEST, "at most 100 ids")
                found = tuple(self.workspaces[it] for it in request.workspace_ids if it in self.workspaces)
                return DescribeAnswer(found, tuple(self.kinds.values()), SIZES, self.disk)
            case Action.CAPACITY:
                return replace(self.capacity, kinds=tuple(self.kinds.values()))
            case Action.PORTS | Action.ACTIVITY | Action.PROGRAMS:
                return self._inside(action, from_json(DescribeRequest, payload).workspace_ids)
            case Action.END_VISITS:
                ended = from_json(EndVisitsRequest, payload)
                self._known(ended.workspace_id)
                self.visits_ended.append((ended.workspace_id, ended.port))
                return {}
            case Action.HAND_OUT | Action.COLLECT | Action.CHECK:
                return self._assignments(action, payload)
            case (
                Action.HISTORY | Action.HISTORY_FOLDER | Action.HISTORY_FILE | Action.HISTORY_VERSIONS | Action.PUT_BACK
            ):
                return self._history(action, payload)
            case Action.SHOW | Action.SHARED_ACCESS:
                self._hear(action, payload)
                return {}
            case Action.KEEP_RUNNING:
                wish = from_json(KeepRunningRequest, payload)
                self._known(wish.workspace_id)
                until = min(wish.until, time.time() + KEEP_RUNNING_MAX_S) if wish.until else None
                return WorkspaceAnswer(self.change(wish.workspace_id, keep_running_until=until))
            case Action.LAUNCH | Action.RESTART:
                launched = from_json(LaunchRequest, payload)
                self.launched.append(launched)
                view = self._known(launched.workspace_id)
                if action is Action.RESTART or view.state not in (WorkspaceState.STARTING, WorkspaceState.RUNNING):
                    self.change(view.workspace_id, size=launched.size or WorkspaceSize.SMALL)
        if action is Action.DELETE:
            deleted = from_json(DeleteRequest, payload)
            return WorkspaceAnswer(self._delete(self._known(deleted.workspace_id), at_once=deleted.at_once))
        view = self._known(from_json(WorkspaceRequest, payload).workspace_id)
        return WorkspaceAnswer(getattr(self, f"_{action.value}")(view))

    def _hear(self, action: Action, payload: Any) -> None:
        if action is Action.SHOW:
            told = from_json(ShowsRequest, payload)
            known = [it for it in told.workspace_ids if it in self.workspaces]
            self.shown += [(it, told.show) for it in known if self.workspaces[it].state is WorkspaceState.RUNNING]
            return
        accesses = from_json(SharedAccessRequest, payload).workspaces
        if len(accesses) > 100:
            raise ApraNovaError(Reason.BAD_REQUEST, "at most 100 workspaces")
        self.shared_access |= {it.workspace_id: it for it in accesses}

    def _inside(self, action: Action, asked: tuple[str, ...]) -> Any:
        if action is Action.PORTS:
            running = [id_ for id_ in asked if self.workspaces[id_].state is WorkspaceState.RUNNING]
            return PortsAnswer({id_: self.ports for id_ in running if self.ports})
        if action is Action.ACTIVITY:
            return ActivityAnswer(
                {id_: self.activity[id_] for id_ in asked if id_ in self.activity},
                {id_: self.memory[id_] for id_ in asked if id_ in self.memory},
            )
        return ProgramsAnswer({id_: self.programs.get(id_, ()) for id_ in asked if id_ not in self.silent})

    def _assignments(self, action: Action, payload: Any) -> Any:
        if action is Action.HAND_OUT:
            handed = from_json(HandOutsRequest, payload)
            if len(handed.workspace_ids) > 8:
                raise ApraNovaError(Reason.BAD_REQUEST, "at most 8 ids")
            known = [it for it in handed.workspace_ids if it in self.workspaces]
            running = [it for it in known if self.workspaces[it].state is WorkspaceState.RUNNING]
            self.handed_out += [(it, handed.hand_out.version) for it in running]
            self.hand_out_requests += [(it, handed.hand_out) for it in running]
            done = HandOutAnswer(HandOutState.DONE)
            return HandOutsAnswer({it: self.hand_out_answers.get(it, done) for it in running})
        if action is Action.COLLECT:
            asked_for = from_json(CollectionRequest, payload)
            self.collected.append((asked_for.workspace_id, asked_for.collect.folder))
            return CollectionAnswer(self.homes.get(asked_for.workspace_id))
        check = from_json(CheckRequest, payload)
        if not check.files:
            return CheckAnswer(CheckState.UNKNOWN)
        self.checked.append(check)
        return self.check_answers.pop(0) if self.check_answers else CheckAnswer(CheckState.DONE, output="42\n")

    def _history(self, action: Action, payload: Any) -> Any:
        if action is Action.HISTORY:
            workspace_id = from_json(WorkspaceRequest, payload).workspace_id
            self._known(workspace_id)
            return HistoryAnswer(tuple(self.checkpoints.get(workspace_id, ())))
        if action is Action.PUT_BACK:
            self.put_back.append(from_json(PutBackRequest, payload))
            return self.put_back_answers.pop(0) if self.put_back_answers else PutBackAnswer(PutBackState.DONE, 1)
        if action is Action.HISTORY_VERSIONS:
            return self._versions(from_json(HistoryVersionsRequest, payload))
        asked = from_json(HistoryPathRequest, payload)
        there = {key: it for (owner, at, key), it in self.past.items() if (owner, at) == self._moment(asked)}
        if action is Action.HISTORY_FOLDER:
            found = [HistoryEntry(key, key, False, len(it), self.past_changed_at) for key, it in there.items()]
            return HistoryFolder(tuple(found))
        if asked.key not in there:
            raise ApraNovaError(Reason.SNAPSHOT_NOT_FOUND, "There is nothing at this place at that moment")
        content = there[asked.key]
        part = content[asked.offset : asked.offset + PIECE_BYTES_MAX]
        return HistoryPiece(base64.b64encode(part).decode(), len(content), "x")

    def _versions(self, asked: HistoryVersionsRequest) -> HistoryVersions:
        moments = [
            (at, it) for (owner, at, key), it in self.past.items() if (owner, key) == (asked.workspace_id, asked.key)
        ]
        if not moments:
            raise ApraNovaError(Reason.SNAPSHOT_NOT_FOUND, "There is no such file in what is kept")
        return HistoryVersions(tuple(FileVersion(at, int(at[:13]) / 1000, len(it)) for at, it in sorted(moments)))

    @staticmethod
    def _moment(asked: HistoryPathRequest) -> tuple[str, str]:
        return asked.workspace_id, asked.checkpoint_id

    def _known(self, workspace_id: str) -> WorkspaceView:
        if workspace_id not in self.workspaces:
            raise ApraNovaError(Reason.WORKSPACE_NOT_FOUND, "There is no such workspace.")
        return self.workspaces[workspace_id]

    def _snapshots(self, action: Action, payload: Any) -> Any:
        if action is Action.RESTORE:
            return WorkspaceAnswer(self._restore(from_json(RestoreRequest, payload)))
        asked_for = self._known(from_json(WorkspaceRequest, payload).workspace_id)
        return SnapshotsAnswer(tuple(self.snapshots.get(asked_for.workspace_id, ())))

    def _restore(self, request: RestoreRequest) -> WorkspaceView:
        """Goes on until the test ends it."""
        view = self._known(request.workspace_id)
        if request.snapshot_id not in {it.snapshot_id for it in self.snapshots.get(request.workspace_id, ())}:
            raise ApraNovaError(Reason.SNAPSHOT_NOT_FOUND, "This workspace has no such snapshot")
        if view.state is not WorkspaceState.STOPPED:
            raise ApraNovaError(
                Reason.WRONG_STATE, "Stop the workspace first: files can be restored only while it is stopped"
            )
        return self.change(request.workspace_id, restoring=request.snapshot_id)

    def _create(self, request: CreateRequest) -> WorkspaceView:
        fresh = WorkspaceView(
            request.workspace_id,
            request.owner_id,
            request.kind,
            WorkspaceState.STOPPED,
            version=1,
            keep_running_max_s=KEEP_RUNNING_MAX_S,
        )
        return self.workspaces.setdefault(request.workspace_id, fresh)

    def _launch(self, view: WorkspaceView) -> WorkspaceView:
        if view.state is WorkspaceState.DELETED:
            raise ApraNovaError(Reason.WORKSPACE_DELETED, "This workspace is deleted.")
        if not self.kinds[view.kind].ready:
            raise ApraNovaError(Reason.KIND_NOT_READY, self.kinds[view.kind].text)
        if view.state in (WorkspaceState.STARTING, WorkspaceState.RUNNING):
            return view
        self.tasks_started[view.workspace_id] += 1
        now = time.time()
        view = self.change(
            view.workspace_id,
            state=WorkspaceState.STARTING,
            steps=(LaunchStep(StepName.REQUESTED, now, "Asked for your workspace"),),
            launch_path=LaunchPath.WARM,
            launch_requested_at=now,
        )
        return self.finish(view.workspace_id) if self.finish_launches else view

    def finish(self, workspace_id: str) -> WorkspaceView:
        """The launch arrives."""
        self.step(workspace_id, StepName.APPLICATION_READY, "VS Code is ready")
        return self.change(
            workspace_id,
            state=WorkspaceState.RUNNING,
            running_since=time.time(),
            stops_at=time.time() + 1800,
            stops_because="no activity for 30 minutes",
            stops_reason=StopReason.IDLE,
            has_home=True,
            has_history=self.workspaces[workspace_id].kind is WorkspaceKind.VSCODE,
            endpoint=Endpoint("task-x", "", "secret-of-the-launch"),
        )

    def _stop(self, view: WorkspaceView) -> WorkspaceView:
        if view.state is WorkspaceState.DELETED:
            raise ApraNovaError(Reason.WORKSPACE_DELETED, "This workspace is deleted.")
        return self.change(
            view.workspace_id,
            state=WorkspaceState.STOPPED,
            stop_reason=StopReason.BY_PERSON,
            stopped_at=time.time(),
            running_since=None,
            stops_at=None,
            stops_because="",
            stops_reason=None,
            endpoint=None,
        )

    def _restart(self, view: WorkspaceView) -> WorkspaceView:
        return self._launch(self._stop(view))

    def _delete(self, view: WorkspaceView, *, at_once: bool) -> WorkspaceView:
        """At once: what stands still is purged with this call; what is up, with the next one."""
        now = time.time()
        if at_once and view.state in (WorkspaceState.STOPPED, WorkspaceState.DELETED) and not self.purges_wait:
            return replace(self.workspaces.pop(view.workspace_id), state=WorkspaceState.DELETED)
        return self.change(
            view.workspace_id,
            state=WorkspaceState.DELETED,
            deleted_at=now,
            purge_at=now + DELETE_GRACE_S,
            running_since=None,
            stops_at=None,
            endpoint=None,
        )

    def _undelete(self, view: WorkspaceView) -> WorkspaceView:
        if view.state is not WorkspaceState.DELETED:
            return view
        return self.change(view.workspace_id, state=WorkspaceState.STOPPED, deleted_at=None, purge_at=None)


@contextmanager
def serving(manager: FakeManager) -> Iterator[str]:
    """The manager's HTTP endpoint; yields its base URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = 65536  # head and body leave together; apart, the second waits 40 ms for an acknowledgement

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if manager.unreachable:
                self.close_connection = True
                self.connection.close()
                return
            assert self.path == INVOKE_PATH, self.path
            assert self.headers["Authorization"].startswith("AWS4-HMAC-SHA256 "), "calls to the manager are signed"
            answer = manager.answer_with
            if answer is None:
                answer = json.dumps(manager.answer(json.loads(body))).encode()
            self.send_response(manager.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, request: Any, client_address: Any) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
