"""What the pages are told of the workspace's end, and what takes a warning away."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from images.superset import activity
from images.superset.inside import schemas
from images.superset.inside.notices import PATH, Notices


class Page:
    def __init__(self) -> None:
        self.kept: list[float] = []
        self.notices = Notices(lambda _environ, _start: [b"superset"], now=lambda: 1000.0)
        self.notices.keep_running = self.kept.append

    def ask(self, method: str = "GET", path: str = PATH, body: bytes = b"", **headers: str) -> tuple[str, Any]:
        status: list[str] = []
        environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body), **headers}  # fmt: skip
        answer = b"".join(self.notices(environ, lambda line, _headers: status.append(line)))
        return (status[0], json.loads(answer)) if status else ("", answer)

    def keep(self, body: bytes, header: str = "notice") -> str:
        return self.ask("POST", body=body, HTTP_X_APRANOVA=header)[0]


@pytest.fixture
def page() -> Page:
    return Page()


def test_a_warning_is_there_until_its_time(page: Page) -> None:
    assert page.ask() == ("200 OK", {})
    page.notices.warn(1300.0, "It stops", may_keep=True)
    assert page.ask() == ("200 OK", {"stops_at": 1300.0, "text": "It stops", "may_keep": True})
    page.notices.warn(999.0, "It stops", may_keep=True)
    assert page.ask() == ("200 OK", {})


def test_a_person_takes_a_warning_away_and_a_page_alone_does_not(page: Page) -> None:
    page.notices.warn(1300.0, "It stops", may_keep=True)
    assert page.ask(path="/superset/log/") == ("", b"superset")
    assert page.ask()[1]
    assert page.ask("POST", "/api/v1/sqllab/execute/") == ("", b"superset")
    assert page.ask() == ("200 OK", {})


def test_nobody_takes_a_warning_away_whose_reason_is_another(page: Page) -> None:
    page.notices.warn(1300.0, "It stops: your home is full", may_keep=False)
    assert page.ask("POST", "/api/v1/sqllab/execute/") == ("", b"superset")
    assert page.ask()[1]["may_keep"] is False
    page.notices.warn(0.0, "Your home is nearly full", may_keep=True)
    assert page.ask()[1]["stops_at"] == 1300.0, "a notice takes no warning away"
    page.notices.warn(0.0, "", may_keep=True)
    assert page.ask() == ("200 OK", {})


def test_keep_running_is_handed_on_and_only_from_our_page(page: Page) -> None:
    page.notices.warn(1300.0, "It stops", may_keep=True)
    assert page.keep(b'{"keep_running_until": 8200}', header="") == "400 Bad Request"
    for body in (b"", b"[", b"{}", b"[]", b'{"keep_running_until": NaN}', b'{"keep_running_until": "x"}', b"[" * 900):
        assert page.keep(body) == "400 Bad Request"
    assert page.ask()[1]
    assert page.keep(b'{"keep_running_until": 8200}') == "200 OK"
    assert page.kept == [8200.0]
    assert page.ask() == ("200 OK", {})


def test_what_an_instructor_writes_is_told_beside_a_warning(page: Page) -> None:
    page.notices.tell("Message from Ms Bell: five more minutes")
    assert page.ask()[1] == {"news": {"id": "1000.000", "text": "Message from Ms Bell: five more minutes"}}
    page.notices.warn(1300.0, "It stops", may_keep=True)
    told = page.ask()[1]
    assert (told["stops_at"], told["news"]["id"]) == (1300.0, "1000.000")


def test_asking_for_a_notice_is_no_sign_of_a_person() -> None:
    assert activity.reason("GET", PATH) == ""
    assert activity.reason("POST", PATH) == ""


def test_only_the_files_own_schemas_are_offered() -> None:
    listed = ["shop.main", "system.information_schema", "system.main", "temp.main", "shop.information_schema"]
    assert schemas.own(listed) == {"main"}
    assert schemas.own([*listed, "other.main"]) == {"shop.main", "other.main"}
