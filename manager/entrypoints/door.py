"""The door on AWS: `/workspace/<id>/` at the load balancer, answered by the manager itself.

What a visit gets is decided by `contract.door`, as on one machine. This door has no session, no
ticket and no database: a pass (door_pass.py) says who asks, and the workspace's record says the
rest. It can make a workspace run, and that is all. Only the backend's side of the door, which looks
at the session, lets somebody in.

A POST must come from this origin, because workspaces, where students' code runs, are the same
*site* and send the cookie along. No address in an answer comes from a request.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from contract.door import (
    ON_AWS,
    Enter,
    Launch,
    Link,
    Page,
    Visit,
    decide,
    failed,
    is_by_person,
    is_in_a_tab,
    not_yours,
    waiting_path,
)
from contract.door_page import content_security_policy, render
from contract.errors import shown
from contract.manager import LaunchRequest
from contract.names import BACKEND_DOOR_PATH, DOOR_COOKIE, DOOR_PATH, DOOR_TRIED, WORKSPACE_ID_PATTERN
from manager.domain.lifecycle.workspace import Workspace
from manager.entrypoints.door_pass import find_person
from manager.use_cases.launch import launch
from manager.use_cases.views import view
from manager.use_cases.world import World

log = logging.getLogger(__name__)

_PATH = re.compile(rf"{re.escape(DOOR_PATH.rstrip('/'))}(?:/([^/]{{1,64}}))?/?")


@dataclass(frozen=True)
class Request:
    """What matters of the load balancer's event."""

    method: str
    path: str
    query: frozenset[str]
    """Names in it."""
    headers: Mapping[str, str]
    """Lower-case names; of several headers of one name, all of them."""

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Request:
        many = event.get("multiValueHeaders") or {name: [value] for name, value in (event.get("headers") or {}).items()}
        query = event.get("multiValueQueryStringParameters") or event.get("queryStringParameters") or {}
        return cls(
            method=str(event.get("httpMethod", "")),
            path=str(event.get("path", "")),
            query=frozenset(query),
            headers={name.lower(): "; ".join(values) for name, values in many.items()},
        )

    def cookie(self, name: str) -> str:
        cookies = (part.strip().partition("=") for part in self.headers.get("cookie", "").split(";"))
        return next((value for key, _, value in cookies if key == name), "")

    @property
    def waits(self) -> bool:
        return "wait" in self.query


class Door:
    def __init__(self, world: World, public_key: str) -> None:
        self._world = world
        self._public_key = public_key
        self._url = world.site.portal_url
        secure = self._url.startswith("https://")
        self._cookie = f"__Host-{DOOR_COOKIE}" if secure else DOOR_COOKIE

    def __call__(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Always answers: an error is a page, and a line in the log."""
        request = Request.of(event)
        self._world.metrics.count("door_requests_total")
        try:
            answer = self._answer(request)
        except Exception as error:  # noqa: BLE001  an unexpected error is a page, too
            path = request.path if _PATH.fullmatch(request.path) else ""
            path += "?wait" if path and request.waits else ""
            answer = self._page(failed(shown(error, log), ON_AWS, path=path))
        if request.method == "HEAD":
            answer["body"] = ""
        return answer

    def _answer(self, request: Request) -> dict[str, Any]:
        if request.method not in ("GET", "HEAD", "POST"):
            title, text = "This link works by opening it", "Open it in a tab."
            return self._page(Page(HTTPStatus.METHOD_NOT_ALLOWED, title, (text,)))
        found = _PATH.fullmatch(request.path)
        workspace_id = found[1] if found else None
        if found and workspace_id is None:
            return self._redirect(BACKEND_DOOR_PATH)  # the backend knows which workspace it is
        if workspace_id is None or not WORKSPACE_ID_PATTERN.fullmatch(workspace_id):
            return self._page(Page(HTTPStatus.NOT_FOUND, "Nothing is here", ("The address may be mistyped.",)))
        person = find_person(request.cookie(self._cookie), self._public_key)
        if person is None:
            return self._without_pass(request, workspace_id)
        workspace = self._world.store.find_workspace(workspace_id)
        if workspace is None or workspace.owner_id != person.user_id:
            return self._page(not_yours(ON_AWS))
        told = LaunchRequest(workspace_id, person.size)
        return self._posted(request, told) if request.method == "POST" else self._visited(request, workspace, told)

    def _without_pass(self, request: Request, workspace_id: str) -> dict[str, Any]:
        """The backend gives a pass to anyone signed in, and sends them back.

        Only once: a browser that keeps no cookies would be sent back and forth forever.
        """
        path = f"{BACKEND_DOOR_PATH}{workspace_id}/"
        if request.method != "POST" and DOOR_TRIED not in request.query:
            return self._redirect(path)
        text = "Sign in, and let your browser keep cookies of this site."
        sign_in = Link(f"{self._url}{path}", "Sign in")
        return self._page(Page(HTTPStatus.UNAUTHORIZED, "You are not signed in", (text,), link=sign_in))

    def _posted(self, request: Request, told: LaunchRequest) -> dict[str, Any]:
        origin, site = request.headers.get("origin", ""), request.headers.get("sec-fetch-site")
        if origin != self._url and not (origin in ("", "null") and site == "same-origin"):
            text = "It was not sent by a page of this site."
            return self._page(Page(HTTPStatus.FORBIDDEN, "This request is not accepted", (text,)))
        launch(self._world, told.workspace_id, told)
        return self._redirect(waiting_path(told.workspace_id), HTTPStatus.SEE_OTHER)

    def _visited(self, request: Request, workspace: Workspace, told: LaunchRequest) -> dict[str, Any]:
        visit = Visit(
            is_by_person(request.method, request.headers), request.waits, is_in_a_tab(request.method, request.headers)
        )
        decision = self._decide(workspace, visit)
        if isinstance(decision, Launch):
            launched = launch(self._world, workspace.workspace_id, told)
            decision = self._decide(launched, replace(visit, by_person=False, in_a_tab=False))
        if isinstance(decision, Page):
            return self._page(decision)
        return self._redirect(f"{BACKEND_DOOR_PATH}{workspace.workspace_id}/")

    def _decide(self, workspace: Workspace, visit: Visit) -> Enter | Launch | Page:
        return decide(view(workspace, self._world.policy), visit, ON_AWS, now=self._world.clock.now())

    def _redirect(self, path: str, status: HTTPStatus = HTTPStatus.FOUND) -> dict[str, Any]:
        return _response(status, "", {"location": f"{self._url}{path}"})

    def _page(self, page: Page) -> dict[str, Any]:
        html = render(page, now=self._world.clock.now(), dashboard=f"{self._url}/dashboard")
        workspaces = f"{urlsplit(self._url).scheme}://*.{self._world.site.workspaces_domain}"
        policy = content_security_policy(f"'self' {workspaces}")
        return _response(page.status, html, {"content-security-policy": policy})


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
