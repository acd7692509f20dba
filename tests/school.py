"""A running product whose students act over HTTP as the portal does: for crowds and benchmarks."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from contract.manager import FleetAnswer
from contract.names import TaskState, WorkspaceKind
from single_machine.manager_calls import ask_fleet
from single_machine.running import find_running
from single_machine.settings import read_settings
from tests.product import SOURCE, Product, fixed_pool
from tests.run import test_environment
from tests.waiting import until

LAUNCH_WITHIN_S = 120.0
_INSTALLED_WITHIN_S = 3_600.0
BROWSING = {
    "Accept": "text/html,application/xhtml+xml",
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
}


APPLICATION_PAGE = {
    WorkspaceKind.VSCODE: "vscode-workbench-web-configuration",
    WorkspaceKind.SUPERSET: "data-bootstrap",
}
"""Words that stand in the application's first page and in none of ours."""


class Unexpected(Exception):
    """The product answered something that makes the measurement worthless."""


class _Loopback(httpx.HTTPTransport):
    """Resolves every name below `localhost` to this machine, as browsers do."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        here = httpx.Request(
            request.method,
            request.url.copy_with(host="127.0.0.1"),
            headers=request.headers,
            stream=request.stream,
            extensions=request.extensions,
        )
        return super().handle_request(here)


@dataclass(frozen=True)
class Launch:
    """One click. Milliseconds from the moment before the request was sent."""

    path: str
    """What the product says it did: existing | warm | cold."""
    workspace_id: str
    url_ms: float
    """Until the API said `running`, in its answer or in the event stream."""
    page_ms: float
    """Until the address had led to the application's first page."""
    steps_at: Mapping[str, float]
    """When the manager noted each step, in seconds since 1970."""


class Student:
    """One signed-in person with a browser's connection and cookies."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.email = ""
        self.http = httpx.Client(base_url=url, transport=_Loopback(), timeout=LAUNCH_WITHIN_S)
        self.origin = ""
        """Where the workspace that was launched last answers."""

    def sign_in(self, email: str, password: str) -> None:
        self.email = email
        self.http.get("/api/auth/browser/v1/config")
        self._ok(self.post("/api/auth/browser/v1/auth/login", {"email": email, "password": password}))

    def sign_up(self, *, email: str, name: str, invitation: str) -> None:
        self.email = email
        self.http.get("/api/auth/browser/v1/config")
        fields = {"email": email, "password": f"a long one for {email}", "name": name, "invitation": invitation}
        self._ok(self.post("/api/auth/browser/v1/auth/signup", fields))

    def invite(self, email: str, track: str, cohort_id: str | None = None) -> str:
        """The key of a new invitation (for instructors)."""
        invitation = {"email": email, "role": "student", "track": track, "cohort_id": cohort_id}
        answer = self._ok(self.post("/api/invitations/", invitation))
        key: str = answer.json()["url"].partition("invitation=")[2]
        return key

    def add_cohort(self, name: str, track: str) -> str:
        """The id of a new cohort (for instructors)."""
        answer = self._ok(self.post("/api/cohorts/", {"name": name, "track": track, "time_zone": "UTC"}))
        cohort_id: str = answer.json()["id"]
        return cohort_id

    def cookies(self) -> list[Any]:
        """What their browser has after they signed in, as Playwright takes it."""
        return [
            {"name": cookie.name, "value": cookie.value or "", "url": self.url}
            for cookie in self.http.cookies.jar
            if cookie.name in ("apranova_session", "apranova_csrf")
        ]

    def launch(self) -> Launch:
        """Click *Launch Workspace* and wait until the application's first page is there."""
        began = time.perf_counter()
        workspace = self._ok(self.post("/api/workspace/create/", {})).json()
        if workspace["state"] != "running":
            workspace = self._until_running(workspace["id"])
        url_ms = (time.perf_counter() - began) * 1e3
        page = self._ok(self.http.get(workspace["url"], headers=BROWSING, follow_redirects=True))
        if APPLICATION_PAGE[workspace["kind"]] not in page.text:
            raise Unexpected(f"{page.url} is not the application: {page.text[:300]}")
        page_ms = (time.perf_counter() - began) * 1e3
        self.origin = str(page.url.join("/")).rstrip("/")
        steps_at = {step["name"]: datetime.fromisoformat(step["at"]).timestamp() for step in workspace["steps"]}
        return Launch(workspace["launch_path"], workspace["id"], url_ms, page_ms, steps_at)

    def ask_inside(self, path: str) -> httpx.Response:
        """A request to the application in the workspace that was launched last."""
        return self._ok(self.http.get(f"{self.origin}{path}"))

    def click(self) -> str:
        """Only the click; the workspace's id."""
        workspace_id: str = self._ok(self.post("/api/workspace/create/", {})).json()["id"]
        return workspace_id

    def stop(self) -> None:
        for workspace in self.workspaces():
            if workspace["state"] in ("running", "starting"):
                self._ok(self.post(f"/api/workspace/{workspace['id']}/stop/", {}))

    def workspace_state(self) -> str:
        items = self.workspaces()
        return str(items[0]["state"]) if items else ""

    def is_stopped(self) -> bool:
        return all(item["state"] == "stopped" for item in self.workspaces())

    def workspaces(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self._ok(self.http.get("/api/workspace/")).json()["items"]
        return items

    def post(self, path: str, body: object) -> httpx.Response:
        return self._change("POST", path, body)

    def put(self, path: str, body: object) -> httpx.Response:
        return self._change("PUT", path, body)

    def patch(self, path: str, body: object) -> httpx.Response:
        return self._change("PATCH", path, body)

    def _change(self, method: str, path: str, body: object) -> httpx.Response:
        token = next((cookie.value or "" for cookie in self.http.cookies.jar if cookie.name == "apranova_csrf"), "")
        return self.http.request(method, path, json=body, headers={"X-CSRFToken": token, "Origin": self.url})

    def _until_running(self, workspace_id: str) -> dict[str, Any]:
        with self.http.stream("GET", f"/api/workspace/{workspace_id}/events/") as stream:
            for line in stream.iter_lines():
                if not line.startswith("data: "):
                    continue
                event = json.loads(line.removeprefix("data: "))
                if not isinstance(event, dict) or "state" not in event:
                    continue  # about kinds, not about the workspace
                if event["state"] == "running":
                    return event
                if event.get("failure"):
                    raise Unexpected(f"the launch failed: {event['failure']}")
        raise Unexpected("the event stream ended before the workspace ran")

    def _ok(self, answer: httpx.Response) -> httpx.Response:
        if answer.status_code >= 400:
            raise Unexpected(f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text[:300]}")
        return answer


class School:
    """The product with its students; knows what the manager and the kernel say about its tasks."""

    def __init__(self, product: Product) -> None:
        self.product = product
        self._settings = read_settings(product.environment, source=SOURCE)

    def demo_student(self, name: str) -> Student:
        account = self.product.accounts()[name]
        student = Student(self.product.url)
        student.sign_in(account.email, account.password)
        return student

    def enroll(self, count: int, *, track: str = "FSD", cohort: str = "") -> list[Student]:
        """New students: the instructor invites them, they sign up (which signs them in).

        `cohort`: the name of a new one that they all join.
        """
        instructor = self.demo_student("instructor")
        cohort_id = instructor.add_cohort(cohort, track) if cohort else None
        names = [f"student{number:02}" for number in range(1, count + 1)]
        keys = {name: instructor.invite(f"{name}@school.example", track, cohort_id) for name in names}

        def enter(name: str) -> Student:
            student = Student(self.product.url)
            student.sign_up(email=f"{name}@school.example", name=name.title(), invitation=keys[name])
            return student

        with ThreadPoolExecutor(4) as some:
            return list(some.map(enter, names))

    def fleet(self) -> FleetAnswer:
        running = find_running(self._settings)
        fleet = ask_fleet(self._settings, running.manager_endpoint) if running else None
        if fleet is None:
            raise Unexpected("the manager does not answer" + self.product.logs())
        return fleet

    def until_pool_is_full(self, within_s: float = 120) -> None:
        """On a machine where nothing was, the applications are installed first."""

        def is_full() -> bool:
            fleet = self.fleet()
            return sum(task.state is TaskState.READY for task in fleet.tasks) >= fleet.pool_target

        self._until(lambda: all(kind.ready for kind in self.fleet().kinds), "not all is installed", _INSTALLED_WITHIN_S)
        self._until(is_full, "the warm pool did not fill", within_s)

    def stop_all(self, students: list[Student], within_s: float = 90) -> None:
        with ThreadPoolExecutor(8) as some:
            list(some.map(Student.stop, students))
        self._until(lambda: all(student.is_stopped() for student in students), "not all stopped", within_s)

    def sandboxes(self) -> set[int]:
        """The outermost process of each sandbox, as the kernel sees it."""
        found = self.product.sandbox_processes()
        return {pid for pid, parent in found.items() if parent not in found}

    def _until(self, condition: Callable[[], bool], complaint: str, within_s: float) -> None:
        until(condition, lambda: complaint + self.product.logs(), within_s=within_s, every_s=0.25)


def pool_of(size: int, kind: WorkspaceKind = WorkspaceKind.VSCODE) -> dict[str, str]:
    """The settings for a warm pool of one size at every hour, in a school of one kind."""
    return {**fixed_pool(size), "APRANOVA_KINDS": kind}


@contextmanager
def running_school(settings: dict[str, str]) -> Iterator[School]:
    os.environ.update(test_environment())  # the tests' cache of images, which Product reads there
    product = Product(settings)
    try:
        product.start()
        yield School(product)
    finally:
        product.remove()


def image_folder(school: School) -> Path:
    """The image that the product's tasks run."""
    names = {task.image for task in school.fleet().tasks if task.image}
    if len(names) != 1:
        raise Unexpected(f"one image was expected, not {sorted(names)}")
    return Path(school.product.environment["APRANOVA_IMAGES_DIR"]) / names.pop()
