"""The door at the load balancer: who is let through, what launches, and what a page may lead to."""

from __future__ import annotations

import base64
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from contract.errors import ApraNovaError, Reason
from contract.names import WorkspaceState
from manager.entrypoints.door import Door
from manager.tests.school import ANNA, BEN, School
from manager.use_cases.launch import launch
from manager.use_cases.world import Site

URL = "https://school.example"
KEY = Ed25519PrivateKey.generate()
PUBLIC = base64.urlsafe_b64encode(KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode().rstrip("=")
ON_PURPOSE = {"sec-fetch-site": "same-origin", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
OWNER = f"owner of {ANNA}"


def pass_for(person: str = OWNER, *, key: Any = KEY, algorithm: str = "EdDSA", **changes: Any) -> str:
    now = int(time.time())
    claims = {"iss": "apranova", "aud": "door", "sub": person, "iat": now, "exp": now + 300, **changes}
    return jwt.encode({name: value for name, value in claims.items() if value is not None}, key, algorithm=algorithm)


class DoorUnderTest:
    def __init__(self, school: School) -> None:
        self.school = school

    def __call__(
        self, path: str = f"/workspace/{ANNA}/", given: str | None = "", *, method: str = "GET", **headers: str
    ) -> Any:
        """`given`: the pass; empty: Anna's own, None: no cookie at all."""
        cookie = "" if given is None else f"other=1; __Host-apranova_door={given or pass_for()}"
        where, _, query = path.partition("?")
        sent = {"cookie": cookie, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return Door(self.school.world, PUBLIC)(
            {
                "requestContext": {"elb": {"targetGroupArn": "arn"}},
                "httpMethod": method,
                "path": where,
                "multiValueQueryStringParameters": {query: [""]} if query else {},
                "multiValueHeaders": {name: [value] for name, value in sent.items()},
                "body": "",
                "isBase64Encoded": False,
            }
        )


def location(answer: Any) -> str:
    return answer["multiValueHeaders"]["location"][0]


@pytest.fixture
def school() -> School:
    made = School()
    made.enrol(ANNA, BEN)
    from dataclasses import replace

    made.world = replace(made.world, site=Site("ws.school.example", URL, PUBLIC))
    return made


@pytest.fixture
def door(school: School) -> DoorUnderTest:
    return DoorUnderTest(school)


def run(school: School) -> None:
    launch(school.world, ANNA)
    school.settle()
    assert school.workspace().state is WorkspaceState.RUNNING


def test_a_click_launches_and_the_page_follows_without_a_script(door: DoorUnderTest) -> None:
    answer = door(**ON_PURPOSE)
    assert answer["statusCode"] == 200
    assert f'<meta http-equiv="refresh" content="2;url=/workspace/{ANNA}/?wait">' in answer["body"]
    assert "<script" not in answer["body"]
    assert door.school.workspace().state is WorkspaceState.STARTING


def test_the_page_leads_into_the_workspace_as_soon_as_it_runs(door: DoorUnderTest) -> None:
    door(**ON_PURPOSE)
    door.school.settle()
    answer = door(f"/workspace/{ANNA}/?wait", **ON_PURPOSE)
    assert (answer["statusCode"], location(answer)) == (302, f"{URL}/api/door/{ANNA}/")
    assert answer["multiValueHeaders"]["cache-control"] == ["no-store"]


def test_a_workspace_that_runs_is_entered_at_once(door: DoorUnderTest) -> None:
    run(door.school)
    assert location(door(**ON_PURPOSE)) == f"{URL}/api/door/{ANNA}/"


def test_a_click_launches_again_when_the_task_has_died(door: DoorUnderTest) -> None:
    run(door.school)
    door.school.runner.end(str(door.school.workspace().task_id), "killed")
    assert "is starting" in door(**ON_PURPOSE)["body"]


def test_a_page_of_a_workspace_launches_nothing(door: DoorUnderTest) -> None:
    answer = door(**{**ON_PURPOSE, "sec-fetch-site": "same-site"})
    assert "Your workspace is stopped" in answer["body"]
    assert door.school.workspace().state is WorkspaceState.STOPPED


def test_the_button_launches_from_our_own_page_only(door: DoorUnderTest) -> None:
    answer = door(method="POST", origin=URL)
    assert (answer["statusCode"], location(answer)) == (303, f"{URL}/workspace/{ANNA}/?wait")
    assert door.school.workspace().state is WorkspaceState.STARTING


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": f"https://{BEN}.ws.school.example"},
        {"origin": "null", "sec-fetch-site": "cross-site"},
        {"origin": "https://evil.example", "sec-fetch-site": "same-origin"},
    ],
)
def test_nobody_else_can_press_the_button(door: DoorUnderTest, headers: dict[str, str]) -> None:
    assert door(method="POST", **headers)["statusCode"] == 403
    assert door.school.workspace().state is WorkspaceState.STOPPED


def test_a_visitor_without_a_pass_is_sent_to_the_backend_only_once(door: DoorUnderTest) -> None:
    answer = door(given=None, **ON_PURPOSE)
    assert (answer["statusCode"], location(answer)) == (302, f"{URL}/api/door/{ANNA}/")
    back = door(f"/workspace/{ANNA}/?tried", given=None, **ON_PURPOSE)
    assert back["statusCode"] == 401
    assert f'href="{URL}/api/door/{ANNA}/"' in back["body"]


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param("not.a.token", id="no token"),
        pytest.param(pass_for(key=Ed25519PrivateKey.generate()), id="another key"),
        pytest.param(pass_for(aud=ANNA), id="an identity token for the application in the workspace"),
        pytest.param(pass_for(iss="somebody"), id="another issuer"),
        pytest.param(pass_for(exp=int(time.time()) - 60), id="too old"),
        pytest.param(pass_for(exp=None), id="without an end"),
        pytest.param(pass_for(key=PUBLIC, algorithm="HS256"), id="signed with the public key as a secret"),
        pytest.param(pass_for(key=None, algorithm="none"), id="not signed"),
        pytest.param("x" * 5_000, id="too long"),
    ],
)
def test_an_invalid_pass_opens_nothing(door: DoorUnderTest, bad: str) -> None:
    assert door(f"/workspace/{ANNA}/?tried", bad, **ON_PURPOSE)["statusCode"] == 401
    assert door(given=bad, method="POST", origin=URL)["statusCode"] == 401
    assert door.school.workspace().state is WorkspaceState.STOPPED


@pytest.mark.parametrize("path", [f"/workspace/{BEN}/", "/workspace/ws-zzzzzzzzzz/"])
def test_another_persons_workspace_looks_like_a_missing_one(door: DoorUnderTest, path: str) -> None:
    answer = door(path, **ON_PURPOSE)
    assert answer["statusCode"] == 403
    assert "You have no such workspace" in answer["body"]
    assert door.school.workspace(BEN).state is WorkspaceState.STOPPED


def test_a_failed_launch_is_shown_and_only_a_person_repeats_it(door: DoorUnderTest) -> None:
    door(**ON_PURPOSE)
    task_id = str(door.school.workspace().task_id)
    door.school.runner.end(task_id, "exited with code 3")
    door.school.settle()
    answer = door(f"/workspace/{ANNA}/?wait", **ON_PURPOSE)
    assert "did not start" in answer["body"]
    assert "Try again" in answer["body"]
    assert 'http-equiv="refresh"' not in answer["body"]
    assert door.school.workspace().state is WorkspaceState.STOPPED


@pytest.mark.parametrize(
    "path",
    [
        "/workspace//evil.example/",
        "/workspace/..%2f..%2fapi/",
        "/workspace/https:%2f%2fevil.example/",
        f"/workspace/{ANNA}/enter",
        "/workspaces/",
        f"/workspace/{ANNA}\n/",
        "",
    ],
)
def test_no_address_leads_elsewhere(door: DoorUnderTest, path: str) -> None:
    answer = door(path, **ON_PURPOSE)
    assert answer["statusCode"] == 404
    assert "location" not in answer["multiValueHeaders"]
    assert "evil" not in answer["body"]


def test_without_an_id_the_backend_says_which_workspace_is_meant(door: DoorUnderTest) -> None:
    assert location(door("/workspace", **ON_PURPOSE)) == f"{URL}/api/door/"


def test_other_methods_are_refused_and_head_has_no_body(door: DoorUnderTest) -> None:
    assert door(method="DELETE")["statusCode"] == 405
    assert door(method="HEAD", **ON_PURPOSE)["body"] == ""
    assert door.school.workspace().state is WorkspaceState.STOPPED


def test_an_engine_without_room_is_a_page_and_not_an_error_of_the_balancer(door: DoorUnderTest) -> None:
    def full(_kind: Any) -> str:
        raise ApraNovaError(Reason.KIND_NOT_READY, "VS Code is being installed")

    door.school.runner.image = full  # type: ignore[method-assign]
    answer = door(**ON_PURPOSE)
    assert answer["statusCode"] == 503
    assert "VS Code is being installed" in answer["body"]


def test_a_fault_is_a_page_that_tries_again_and_never_names_the_fault(
    door: DoorUnderTest, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_workspace_id: str) -> Any:
        raise RuntimeError("secret detail")

    door.school.store.find_workspace = broken
    answer = door(**ON_PURPOSE)
    assert answer["statusCode"] == 503
    assert "secret detail" not in answer["body"]
    assert "secret detail" in caplog.text


def test_without_the_backends_key_the_door_says_that_it_is_not_the_students_fault(school: School) -> None:
    answer = Door(school.world, "")(
        {"requestContext": {"elb": {}}, "httpMethod": "GET", "path": f"/workspace/{ANNA}/", "headers": None}
    )
    assert answer["statusCode"] == 503
    assert "tell your school" in answer["body"]
