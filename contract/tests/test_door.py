"""What each door answers to each visit, and what its pages say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from contract import door
from contract.door import ON_AWS, ON_ONE_MACHINE, Enter, Launch, Page, Refresh, Visit
from contract.door_page import content_security_policy, render
from contract.errors import ApraNovaError, Reason
from contract.manager import Endpoint, LaunchStep, WorkspaceView
from contract.names import StepName, StopReason, WorkspaceKind, WorkspaceState

NOW = 1_000.0
PATH = "/workspace/ws-aaaaaaaaaa/"
WAITING = f"{PATH}?wait"
CLICK, FOREIGN, WAITS = Visit(True, waits=False), Visit(False, waits=False), Visit(True, waits=True)
STOPPED, STARTING, RUNNING, STOPPING, DELETED = (
    WorkspaceState.STOPPED,
    WorkspaceState.STARTING,
    WorkspaceState.RUNNING,
    WorkspaceState.STOPPING,
    WorkspaceState.DELETED,
)
ENDPOINT = Endpoint("cluster", "")
STEPS = (
    LaunchStep(StepName.REQUESTED, NOW - 4, "You asked for <it>"),
    LaunchStep(StepName.SAVING, NOW - 1.5, "Saving"),
)
NAVIGATED = {"sec-fetch-site": "same-origin", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}


def view(state: WorkspaceState, **values: Any) -> WorkspaceView:
    return WorkspaceView("ws-aaaaaaaaaa", "anna", WorkspaceKind.VSCODE, state, 1, **values)


def decide(state: WorkspaceState, visit: Visit, rules: door.Rules = ON_ONE_MACHINE, **values: Any) -> Any:
    return door.decide(view(state, **values), visit, rules, now=NOW)


@pytest.mark.parametrize(
    ("state", "visit", "values", "title", "refresh"),
    [
        (STARTING, CLICK, {}, "Your workspace is starting", Refresh(0.5, WAITING)),
        (STARTING, WAITS, {"steps": STEPS}, "Your workspace is starting", Refresh(0.5, WAITING)),
        (
            STARTING,
            WAITS,
            {"steps": (replace(STEPS[0], at=NOW - 5),)},
            "Your workspace is starting",
            Refresh(1.5, WAITING),
        ),
        (RUNNING, CLICK, {}, "Your workspace is starting", Refresh(0.5, WAITING)),
        (STOPPING, CLICK, {}, "Your workspace is stopping", Refresh(1.5, PATH)),
        (STOPPING, WAITS, {}, "Your workspace is stopping", Refresh(1.5, WAITING)),
        (STOPPED, FOREIGN, {}, "Your workspace is stopped", None),
        (STOPPED, FOREIGN, {"failure": "out of memory"}, "Your workspace is stopped", None),
        (STOPPED, WAITS, {}, "Your workspace is stopped", None),
        (STOPPED, WAITS, {"failure": "out of memory"}, "Your workspace did not start", None),
        (DELETED, CLICK, {}, "This workspace was deleted", None),
        (STOPPING, CLICK, {"deleted_at": NOW}, "This workspace was deleted", None),
    ],
)
def test_a_page_says_what_the_workspace_does(
    state: WorkspaceState, visit: Visit, values: dict[str, Any], title: str, refresh: Refresh | None
) -> None:
    page = decide(state, visit, **values)
    assert (page.title, page.refresh) == (title, refresh)
    assert page.status == (410 if title == "This workspace was deleted" else 200)
    assert (page.progress is None) == (refresh is None)
    assert bool(page.button) == (state is STOPPED)


@pytest.mark.parametrize(
    ("state", "visit", "on_one_machine", "on_aws"),
    [
        (RUNNING, CLICK, Enter(), Launch()),  # on AWS a launch replaces a task that has died
        (RUNNING, FOREIGN, Enter(), Enter()),
        (RUNNING, WAITS, Enter(), Enter()),
        (STOPPED, CLICK, Launch(), Launch()),
    ],
)
def test_only_a_persons_visit_launches(state: WorkspaceState, visit: Visit, on_one_machine: Any, on_aws: Any) -> None:
    assert decide(state, visit, endpoint=ENDPOINT) == on_one_machine
    assert decide(state, visit, ON_AWS, endpoint=ENDPOINT) == on_aws


def test_on_aws_a_waiting_page_refreshes_every_two_seconds() -> None:
    assert decide(STARTING, WAITS, ON_AWS).refresh == decide(STARTING, WAITS, ON_AWS, steps=STEPS).refresh
    assert decide(STOPPING, WAITS, ON_AWS).refresh == Refresh(2.0, WAITING)


def test_a_failed_launch_says_why_and_offers_a_button() -> None:
    page = decide(STOPPED, WAITS, failure="The task ended: out of memory")
    assert page.paragraphs == ("The task ended: out of memory", "Your files are safe.")
    assert page.button == door.Link(PATH, "Try again")


def test_a_stopping_workspace_shows_only_the_steps_of_the_stop() -> None:
    assert decide(STOPPING, CLICK, steps=STEPS).progress.steps == STEPS[1:]


def test_a_deleted_workspace_says_until_when_it_can_be_restored() -> None:
    assert "until 1 January 1970, 00:16 UTC" in decide(DELETED, CLICK, purge_at=NOW).paragraphs[0]
    assert "for some days" in decide(DELETED, CLICK).paragraphs[0]


@pytest.mark.parametrize(
    ("reason", "on_one_machine", "on_aws", "refresh"),
    [
        (Reason.NO_CAPACITY, 409, 503, None),
        (Reason.KIND_NOT_READY, 409, 503, None),
        (Reason.CONFLICT, 503, 503, Refresh(3.0, WAITING)),
        (Reason.INTERNAL, 503, 503, Refresh(3.0, WAITING)),
        (Reason.MANAGER_UNAVAILABLE, 503, 503, Refresh(3.0, WAITING)),
    ],
)
def test_an_error_is_a_page_that_tries_again_or_lets_the_person_do_so(
    reason: Reason, on_one_machine: int, on_aws: int, refresh: Refresh | None
) -> None:
    error = ApraNovaError(reason, "It is full.", detail="internal")
    page = door.failed(error, ON_ONE_MACHINE, path=WAITING)
    assert (page.status, page.refresh, page.paragraphs[0]) == (on_one_machine, refresh, "It is full.")
    assert bool(page.button) == (refresh is None)
    without = door.failed(error, ON_AWS, path="")
    assert (without.status, without.refresh, without.button) == (on_aws, None, None)


IN_A_TAB = Visit(by_person=False, waits=False, in_a_tab=True)
JUST_DIED = {"stop_reason": StopReason.TASK_ENDED, "stopped_at": NOW - 1}


def test_a_tab_that_was_open_when_the_task_died_starts_the_workspace_again() -> None:
    """Once, a student had to find the reload and then click Launch."""
    assert decide(STOPPED, IN_A_TAB, **JUST_DIED) == Launch()


@pytest.mark.parametrize(
    ("visit", "values"),
    [
        (FOREIGN, JUST_DIED),  # a frame, a fetch or a prefetch
        (replace(IN_A_TAB, waits=True), JUST_DIED),  # a waiting page never repeats a launch
        (IN_A_TAB, {**JUST_DIED, "stopped_at": NOW - door.RESTARTS_WITHIN_S}),
        (IN_A_TAB, {**JUST_DIED, "stop_reason": StopReason.IDLE}),
        (IN_A_TAB, {**JUST_DIED, "stop_reason": StopReason.LAUNCH_FAILED}),
    ],
)
def test_no_other_stopped_workspace_starts_by_itself(visit: Visit, values: dict[str, Any]) -> None:
    assert decide(STOPPED, visit, **values).title == "Your workspace is stopped"


@pytest.mark.parametrize(
    ("by_person", "changes"),
    [
        (True, {}),
        (True, {"sec-fetch-site": "none"}),
        (True, {"sec-purpose": "other"}),
        (False, {"sec-fetch-site": "same-site"}),  # a page of a workspace
        (False, {"sec-fetch-site": "cross-site"}),
        (False, {"sec-fetch-site": ""}),
        (False, {"sec-fetch-mode": "no-cors"}),
        (False, {"sec-fetch-dest": "iframe"}),
        (False, {"sec-purpose": "prefetch;prerender"}),
        (False, {"purpose": "prefetch"}),
    ],
)
def test_a_person_is_recognized_by_what_browsers_say(by_person: bool, changes: dict[str, str]) -> None:
    assert door.is_by_person("GET", {**NAVIGATED, **changes}) == by_person
    assert not door.is_by_person("HEAD", {**NAVIGATED, **changes})
    assert not door.is_by_person("GET", {})


def test_html_is_escaped_without_script_and_shows_the_seconds() -> None:
    page = replace(decide(STARTING, WAITS, steps=STEPS), title="<b>", paragraphs=("A & B",))
    html = render(page, now=NOW, dashboard="https://school.example/dashboard")
    for text in ("<h1>&lt;b&gt;</h1>", "<p>A &amp; B</p>", "You asked for &lt;it&gt;", "2.5 s", "4 s"):
        assert text in html
    assert f'<meta http-equiv="refresh" content="0.5;url={WAITING}">' in html
    assert 'class="button" href="https://school.example/dashboard"' in html
    assert "<script" not in html


def test_the_button_posts_with_its_token_next_to_the_link() -> None:
    page = Page(door.HTTPStatus.OK, "Stopped", (), button=door.Link(PATH, "Launch"), link=door.Link("/x", "Back"))
    html = render(page, now=NOW, csrf_token='to"ken')
    assert f'<form method="post" action="{PATH}"' in html
    assert 'name="csrfmiddlewaretoken" value="to&quot;ken"' in html
    assert '<button class="button">Launch</button><a href="/x">Back</a>' in html
    assert "csrfmiddlewaretoken" not in render(page, now=NOW)


def test_the_policy_allows_our_style_and_nothing_else() -> None:
    policy = content_security_policy("'self' https://*.ws.school.example")
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "form-action 'self' https://*.ws.school.example; frame-ancestors 'none'" in policy
