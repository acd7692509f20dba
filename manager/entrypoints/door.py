"""The door on AWS: `/workspace/<id>/` at the load balancer, answered by the manager itself.

It does what the backend's door does on one machine (backend/gateway/door.py), with less in its hands: no session, no ticket,
no database. A pass (door_pass.py) says who asks; everything else is the workspace's record. It can make a workspace run, and
that is all: into it leads only the backend's side of the door, which looks at the session.

A GET launches only when the browser says that the person came from the portal or typed the address (`Sec-Fetch-Site`), and a
POST must come from this origin, because workspaces, where students' code runs, are the same *site* and bring the cookie along.
No address in an answer is made of anything that a request said.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from contract.errors import ApraNovaError, Reason
from contract.names import (
    BACKEND_DOOR_PATH,
    DOOR_COOKIE,
    DOOR_PATH,
    DOOR_TRIED,
    WORKSPACE_ID_PATTERN,
    StepName,
    WorkspaceState,
)
from manager.domain.workspace import Workspace
from manager.entrypoints import door_pages as pages
from manager.entrypoints.door_pass import find_person
from manager.use_cases.launch import launch
from manager.use_cases.views import view
from manager.use_cases.world import World

log = logging.getLogger(__name__)

WAIT_S = 2
RETRY_S = 3
_PATH = re.compile(rf"{re.escape(DOOR_PATH.rstrip('/'))}(?:/([^/]{{1,64}}))?/?")
_SAVING = (StepName.SAVING, StepName.CAME_BACK, StepName.SAVED, StepName.TASK_STOPPED)


@dataclass(frozen=True)
class Asked:
    """What matters of the load balancer's event."""

    method: str
    path: str
    query: frozenset[str]
    """Names in it."""
    headers: Mapping[str, str]
    """Lower-case names; of several headers of one name, all of them."""

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Asked:
        many = event.get("multiValueHeaders") or {name: [value] for name, value in (event.get("headers") or {}).items()}
        query = event.get("multiValueQueryStringParameters") or event.get("queryStringParameters") or {}
        return cls(
            method=str(event.get("httpMethod", "")),
            path=str(event.get("path", "")),
            query=frozenset(query),
            headers={name.lower(): "; ".join(values) for name, values in many.items()},
        )

    def header(self, name: str) -> str:
        return self.headers.get(name, "")

    def cookie(self, name: str) -> str:
        cookies = (part.strip().partition("=") for part in self.header("cookie").split(";"))
        return next((value for key, _, value in cookies if key == name), "")

    @property
    def wanted_by_person(self) -> bool:
        """No page of a workspace and no other site has caused it."""
        return (
            self.method == "GET"
            and self.header("sec-fetch-site") in ("same-origin", "none")
            and self.header("sec-fetch-mode") == "navigate"
            and self.header("sec-fetch-dest") == "document"
            and not (self.header("sec-purpose") or self.header("purpose")).startswith("prefetch")
        )


class Door:
    def __init__(self, world: World, public_key: str) -> None:
        self._world = world
        self._public_key = public_key
        self._url = world.site.portal_url
        secure = self._url.startswith("https://")
        self._cookie = f"__Host-{DOOR_COOKIE}" if secure else DOOR_COOKIE

    def __call__(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """An answer in any case: what goes wrong is a page, and in the log."""
        asked = Asked.of(event)
        self._world.metrics.count("door_requests_total")
        try:
            answer = self._answer(asked)
        except ApraNovaError as error:
            log.warning("the door could not open: %s", error)
            answer = self._failed(asked, error)
        except Exception:
            log.exception("the door failed unexpectedly")
            answer = self._one_moment("Something went wrong on our side.", "")
        if asked.method == "HEAD":
            answer["body"] = ""
        return answer

    def _answer(self, asked: Asked) -> dict[str, Any]:
        if asked.method not in ("GET", "HEAD", "POST"):
            return self._page(HTTPStatus.METHOD_NOT_ALLOWED, "This link works by opening it", "Open it in a tab.")
        found = _PATH.fullmatch(asked.path)
        workspace_id = found[1] if found else None
        if found and workspace_id is None:
            return self._redirect(BACKEND_DOOR_PATH)  # which of theirs it is, the backend knows
        if workspace_id is None or not WORKSPACE_ID_PATTERN.fullmatch(workspace_id):
            return self._page(HTTPStatus.NOT_FOUND, "Nothing is here", "The address may be mistyped.")
        person = find_person(asked.cookie(self._cookie), self._public_key)
        if person is None:
            return self._without_pass(asked, workspace_id)
        workspace = self._world.store.find_workspace(workspace_id)
        if workspace is None or workspace.owner_id != person:
            text = "It may belong to somebody else, or it was deleted."
            return self._page(HTTPStatus.FORBIDDEN, "No such workspace of yours", text)
        return self._posted(asked, workspace) if asked.method == "POST" else self._visited(asked, workspace)

    def _without_pass(self, asked: Asked, workspace_id: str) -> dict[str, Any]:
        """The backend gives one to whoever is signed in, and sends them back; only once, or the two would never end."""
        way = f"{BACKEND_DOOR_PATH}{workspace_id}/"
        if asked.method != "POST" and DOOR_TRIED not in asked.query:
            return self._redirect(way)
        text = "Sign in, and let your browser keep cookies of this site."
        return self._page(
            HTTPStatus.UNAUTHORIZED, "You are not signed in", text, actions=pages.button(f"{self._url}{way}", "Sign in")
        )

    def _posted(self, asked: Asked, workspace: Workspace) -> dict[str, Any]:
        origin, site = asked.header("origin"), asked.header("sec-fetch-site")
        if origin != self._url and not (origin in ("", "null") and site == "same-origin"):
            text = "It was not sent by a page of this site."
            return self._page(HTTPStatus.FORBIDDEN, "This request is not accepted", text)
        launch(self._world, workspace.workspace_id)
        return self._redirect(_waiting_path(workspace), HTTPStatus.SEE_OTHER)

    def _visited(self, asked: Asked, workspace: Workspace) -> dict[str, Any]:
        waits = "wait" in asked.query
        if workspace.deleted_at is not None:
            text = "It can be restored from the dashboard for some days."
            return self._page(HTTPStatus.GONE, "This workspace was deleted", text)
        up_or_down = workspace.state in (WorkspaceState.RUNNING, WorkspaceState.STOPPED)
        if asked.wanted_by_person and not waits and up_or_down:
            workspace = launch(self._world, workspace.workspace_id)
        match view(workspace, self._world.policy).state:
            case WorkspaceState.RUNNING:
                return self._redirect(f"{BACKEND_DOOR_PATH}{workspace.workspace_id}/")
            case WorkspaceState.STARTING:
                return self._starting(workspace)
            case WorkspaceState.STOPPING:
                return self._stopping(asked, workspace)
            case _:
                return self._asleep(workspace, failed=bool(waits and workspace.failure))

    def _starting(self, workspace: Workspace) -> dict[str, Any]:
        now = self._world.clock.now()
        awaited = "Almost there" if len(workspace.steps) > 2 else "Starting"
        return self._page(
            HTTPStatus.OK,
            "Your workspace is starting",
            "This page follows by itself.",
            body=pages.steps_list(workspace.steps, now=now, waiting_for=awaited),
            refresh_s=WAIT_S,
            refresh_path=_waiting_path(workspace),
        )

    def _stopping(self, asked: Asked, workspace: Workspace) -> dict[str, Any]:
        """Stays on the same address: if the person meant to launch it, the next look does so."""
        saving = [step for step in workspace.steps if step.name in _SAVING]
        path = _waiting_path(workspace) if "wait" in asked.query else _path(workspace)
        return self._page(
            HTTPStatus.OK,
            "Your workspace is being put to sleep",
            "Your work is being saved first. This takes a few seconds.",
            body=pages.steps_list(saving, now=self._world.clock.now(), waiting_for="Stopping"),
            refresh_s=WAIT_S,
            refresh_path=path,
        )

    def _asleep(self, workspace: Workspace, *, failed: bool) -> dict[str, Any]:
        """A failed launch is never repeated by the page, only by a person."""
        dashboard = f"{self._url}/dashboard"
        if failed:
            form = pages.launch_form(_path(workspace), "Try again", dashboard=dashboard)
            title, texts = "The workspace did not start", (workspace.failure, "Your files are safe.")
        else:
            form = pages.launch_form(_path(workspace), "Launch", dashboard=dashboard)
            title, texts = "Your workspace is asleep", ("Everything is as you left it.",)
        return self._page(HTTPStatus.OK, title, *texts, actions=form)

    def _failed(self, asked: Asked, error: ApraNovaError) -> dict[str, Any]:
        if error.reason in (Reason.INTERNAL, Reason.CONFLICT, Reason.MANAGER_UNAVAILABLE):
            return self._one_moment(error.message, asked.path if _PATH.fullmatch(asked.path) else "")
        return self._page(HTTPStatus.SERVICE_UNAVAILABLE, "The workspace did not start", error.message)

    def _one_moment(self, text: str, path: str) -> dict[str, Any]:
        again = "This page tries again by itself." if path else "Open it again in a moment."
        return self._page(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "One moment",
            text,
            again,
            refresh_s=RETRY_S if path else None,
            refresh_path=path,
        )

    def _redirect(self, path: str, status: HTTPStatus = HTTPStatus.FOUND) -> dict[str, Any]:
        return _response(status, "", {"location": f"{self._url}{path}"})

    def _page(
        self,
        status: HTTPStatus,
        title: str,
        *paragraphs: str,
        body: str = "",
        actions: str = "",
        refresh_s: float | None = None,
        refresh_path: str = "",
    ) -> dict[str, Any]:
        html = pages.page(
            title,
            *paragraphs,
            body=body,
            actions=actions or pages.button(f"{self._url}/dashboard", "Go to the dashboard"),
            refresh_s=refresh_s,
            refresh_path=refresh_path,
        )
        workspaces = f"{urlsplit(self._url).scheme}://*.{self._world.site.workspaces_domain}"
        policy = pages.content_security_policy(f"'self' {workspaces}")
        return _response(status, html, {"content-security-policy": policy})


def _path(workspace: Workspace) -> str:
    return f"{DOOR_PATH}{workspace.workspace_id}/"


def _waiting_path(workspace: Workspace) -> str:
    return f"{_path(workspace)}?wait"


def _response(status: HTTPStatus, body: str, headers: dict[str, str]) -> dict[str, Any]:
    """As the load balancer takes it, with `lambda.multi_value_headers.enabled`."""
    every = {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-store",
        "referrer-policy": "same-origin",  # without any, a form's Origin would be null
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        **headers,
    }
    return {
        "statusCode": int(status),
        "statusDescription": f"{int(status)} {status.phrase}",
        "isBase64Encoded": False,
        "multiValueHeaders": {name: [value] for name, value in every.items()},
        "body": body,
    }
