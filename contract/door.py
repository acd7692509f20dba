"""What the door answers: `/workspace/<id>/` launches a workspace and lets its owner in.

Two processes have a door: the backend on one machine, the manager on AWS. Both ask `decide` and
render its page with `contract.door_page`.

A GET that launches changes something. So it launches only when the browser says that the person
came from a page of the portal or typed the address (`Sec-Fetch-Site`): no page of a workspace and
no other site can then start tasks in somebody's name. Any other GET shows a page with a Launch
button, which sends a POST. The waiting page never repeats a failed launch; only a person does.

One exception: a workspace whose running task has just died starts again for any tab that opens it,
because an editor that was open comes back by itself. It gives nobody more than was running before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus

from contract.errors import ApraNovaError, Reason
from contract.manager import LaunchStep, WorkspaceView
from contract.names import DOOR_PATH, StepName, StopReason, WorkspaceState

FAST_FOR_S = 5.0
RETRY_S = 3.0
VISITOR_RETRY_S = 10.0
RESTARTS_WITHIN_S = 120.0
"""How long after a task's death any page may start another: those that were open then do so."""
_STOP_STEPS = (StepName.SAVING, StepName.CAME_BACK, StepName.SAVED, StepName.TASK_STOPPED)
_TRANSIENT = (Reason.INTERNAL, Reason.CONFLICT, Reason.MANAGER_UNAVAILABLE)


@dataclass(frozen=True)
class Rules:
    """Where the two doors differ."""

    first_s: float
    """How soon a waiting page refreshes during the first `FAST_FOR_S` of a launch."""
    then_s: float
    checks_running: bool
    """A person's visit launches a running workspace too, which replaces a task that has died."""
    not_yours: HTTPStatus
    did_not_start: HTTPStatus


ON_ONE_MACHINE = Rules(0.5, 1.5, False, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
ON_AWS = Rules(2.0, 2.0, True, HTTPStatus.FORBIDDEN, HTTPStatus.SERVICE_UNAVAILABLE)


@dataclass(frozen=True)
class Visit:
    """A GET at the door of a workspace."""

    by_person: bool
    """A person opened the address (`is_by_person`), so it may launch."""
    waits: bool
    """The address is `waiting_path`: a waiting page refreshed itself."""
    in_a_tab: bool = False
    """It is a page of its own (`is_in_a_tab`), whoever led there."""


@dataclass(frozen=True)
class Link:
    address: str
    text: str


@dataclass(frozen=True)
class Progress:
    """What has happened so far, and what the page waits for."""

    steps: tuple[LaunchStep, ...]
    waiting_for: str


@dataclass(frozen=True)
class Refresh:
    after_s: float
    path: str


@dataclass(frozen=True)
class Page:
    """A page in plain text. Without `link` it leads to the dashboard."""

    status: HTTPStatus
    title: str
    paragraphs: tuple[str, ...]
    progress: Progress | None = None
    button: Link | None = None
    """Sends a POST."""
    link: Link | None = None
    refresh: Refresh | None = None


@dataclass(frozen=True)
class Enter:
    """The workspace runs: let the person in."""


@dataclass(frozen=True)
class Launch:
    """Launch the workspace on behalf of the person."""


def not_running_for_visitors(path: str) -> Page:
    """For somebody with whom a student has shared an app. It names nobody, and starts nothing."""
    return Page(
        HTTPStatus.BAD_GATEWAY,
        "This app is not running now",
        ("Its owner has to start it again.", "This page then opens it by itself."),
        link=Link(path, "Try again"),
        refresh=Refresh(VISITOR_RETRY_S, path),
    )


def path_of(workspace_id: str) -> str:
    return f"{DOOR_PATH}{workspace_id}/"


def waiting_path(workspace_id: str) -> str:
    return f"{path_of(workspace_id)}?wait"


def is_by_person(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a person opened the address, not a page of a workspace, another site or a prefetch.

    `headers` has names in lower case, or ignores case.
    """
    return is_in_a_tab(method, headers) and headers.get("sec-fetch-site") in ("same-origin", "none")


def is_in_a_tab(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a browser opens the address as a page of its own, not a frame, fetch or prefetch."""
    return (
        method == "GET"
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest") == "document"
        and not (headers.get("sec-purpose") or headers.get("purpose") or "").startswith("prefetch")
    )


def restarts(view: WorkspaceView, now: float) -> bool:
    """Whether the workspace ran until its task died a moment ago, and a launch may help."""
    return (
        view.state is WorkspaceState.STOPPED
        and view.stop_reason is StopReason.TASK_ENDED
        and view.stopped_at is not None
        and now - view.stopped_at < RESTARTS_WITHIN_S
    )


def decide(view: WorkspaceView, visit: Visit, rules: Rules, *, now: float) -> Enter | Launch | Page:
    """What the owner of the workspace gets."""
    may_launch = visit.by_person and not visit.waits
    if view.state is WorkspaceState.DELETED or view.deleted_at is not None:
        return _deleted(view)
    match view.state:
        case WorkspaceState.RUNNING if may_launch and rules.checks_running:
            return Launch()
        case WorkspaceState.RUNNING if view.endpoint is not None:
            return Enter()
        case WorkspaceState.STARTING | WorkspaceState.RUNNING:
            return _starting(view, rules, now)
        case WorkspaceState.STOPPING:
            return _stopping(view, visit, rules)
        case _ if may_launch or (visit.in_a_tab and not visit.waits and restarts(view, now)):
            return Launch()
        case _:
            return _stopped(view, visit)


def _starting(view: WorkspaceView, rules: Rules, now: float) -> Page:
    waited_s = now - view.steps[0].at if view.steps else 0.0
    return Page(
        HTTPStatus.OK,
        "Your workspace is starting",
        ("This page opens it as soon as it is ready.",),
        progress=Progress(view.steps, "Almost there" if len(view.steps) > 2 else "Starting"),
        refresh=Refresh(
            rules.first_s if waited_s < FAST_FOR_S else rules.then_s,
            waiting_path(view.workspace_id),
        ),
    )


def _stopping(view: WorkspaceView, visit: Visit, rules: Rules) -> Page:
    """Refreshes at the same address: if the person meant to launch it, the next visit does so."""
    steps = tuple(step for step in view.steps if step.name in _STOP_STEPS)
    path = waiting_path(view.workspace_id) if visit.waits else path_of(view.workspace_id)
    return Page(
        HTTPStatus.OK,
        "Your workspace is stopping",
        ("Your work is being saved first. This takes a few seconds.",),
        progress=Progress(steps, "Stopping"),
        refresh=Refresh(rules.then_s, path),
    )


def _stopped(view: WorkspaceView, visit: Visit) -> Page:
    path = path_of(view.workspace_id)
    if visit.waits and view.failure:
        return _did_not_start(HTTPStatus.OK, view.failure, "Your files are safe.", path=path)
    return Page(
        HTTPStatus.OK,
        "Your workspace is stopped",
        ("Everything is as you left it.",) if view.has_home else (),
        button=Link(path, "Launch"),
    )


def _deleted(view: WorkspaceView) -> Page:
    until = "for some days"
    if view.purge_at is not None:
        until = f"until {datetime.fromtimestamp(view.purge_at, UTC):%-d %B %Y, %H:%M} UTC"
    text = f"You can restore it from the dashboard {until}."
    return Page(HTTPStatus.GONE, "This workspace was deleted", (text,))


def _did_not_start(status: HTTPStatus, *paragraphs: str, path: str) -> Page:
    button = Link(path, "Try again") if path else None
    return Page(status, "Your workspace did not start", paragraphs, button=button)


def failed(error: ApraNovaError, rules: Rules, *, path: str) -> Page:
    """The page for an error. `path` is the address to try again, empty when there is none."""
    if error.reason in _TRANSIENT:
        then = "This page tries again automatically." if path else "Open it again in a moment."
        refresh = Refresh(RETRY_S, path) if path else None
        return Page(HTTPStatus.SERVICE_UNAVAILABLE, "One moment", (error.message, then), refresh=refresh)
    if error.reason is Reason.BUDGET_SPENT:
        return Page(HTTPStatus.CONFLICT, "No new launches this month", (error.message,))
    return _did_not_start(rules.did_not_start, error.message, path=path)


def not_yours(rules: Rules) -> Page:
    """The same page whether the workspace does not exist or belongs to somebody else."""
    text = "It may belong to somebody else, or it was deleted."
    return Page(rules.not_yours, "You have no such workspace", (text,))
