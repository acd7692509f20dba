"""*I need help* inside VS Code: who can call, for whom, and that the portal says the same."""

from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace

import pytest

from backend.accounts.roles import Track
from backend.audit.models import Record
from backend.cohorts.members import join, leave
from backend.cohorts.models import HelpCall
from backend.cohorts.services import create_cohort
from backend.gateway.access import Access
from backend.gateway.help_line import HelpLine
from backend.gateway.tests.test_authorization import SITE
from backend.gateway.tests.test_door import _enter as enter
from backend.gateway.tests.test_help_visits import begin, go_in, school  # noqa: F401
from contract.show import ShowRequest
from tests.waiting import until_in_this_loop

HELP = "/api/help/"
ADDRESS = "/_apranova/help"


def line(browser, method: str, workspace_id: str, token: str, **headers: str):
    """As the page of that workspace's editor asks."""
    host = f"{workspace_id}.ws.localhost:8080"
    sent = {"Host": host, "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}
    if token:
        sent["Cookie"] = f"apranova_workspace={token}"
    return browser.request(method, ADDRESS, headers={**sent, **headers})


def cookie_of(browser, workspace_id: str) -> str:
    return enter(browser, browser.get(f"/api/door/{workspace_id}/").headers["location"])[1]


@pytest.fixture
def amira(school):  # noqa: F811
    return lambda method, **headers: line(
        school.amira, method, school.id, cookie_of(school.amira, school.id), **headers
    )


def test_a_call_in_the_editor_is_the_call_in_the_portal(school, amira):  # noqa: F811
    assert amira("GET").json() == {"can_ask": True, "asked": False}
    assert amira("PUT").json() == {"can_ask": True, "asked": True}
    assert school.amira.get(HELP).json()["asked_at"] is not None
    assert begin(school).status_code == 200, "and it lets the instructor in"
    assert school.amira.delete(HELP).status_code == 200
    assert amira("GET").json()["asked"] is False, "taken back in the portal, seen in the editor"
    school.amira.put(HELP)
    assert amira("GET").json()["asked"] is True
    assert amira("DELETE").json()["asked"] is False
    assert school.amira.get(HELP).json()["asked_at"] is None
    actions = list(Record.objects.filter(action__in=("help.ask", "help.lower")).values_list("action", "actor"))
    email = school.amira.user.email
    assert sorted(actions) == [("help.ask", email)] * 2 + [("help.lower", email)] * 2


def test_windows_hear_of_each_change_and_of_no_other(school, amira):  # noqa: F811
    changed = (school.id, ShowRequest(help_changed=True))
    amira("PUT")
    amira("PUT")
    amira("GET")
    assert school.manager.shown == [changed], "asking twice is asking once"
    amira("DELETE")
    amira("DELETE")
    assert school.manager.shown == [changed] * 2


def test_a_program_in_the_workspace_has_no_cookie_and_can_call_for_nobody(school):  # noqa: F811
    for token in ("", "A" * 43):
        for method in ("GET", "PUT", "DELETE"):
            assert line(school.amira, method, school.id, token).status_code == 401
    assert not HelpCall.objects.exists()


def test_nobody_calls_from_anothers_workspace(school, amira):  # noqa: F811
    """Ben's cookie at Amira's host, the other way round, and with a `Host` that names his own."""
    ben_id = school.ben.post("/api/workspace/create/").json()["id"]
    ben_cookie, amira_cookie = cookie_of(school.ben, ben_id), cookie_of(school.amira, school.id)
    assert line(school.ben, "PUT", school.id, ben_cookie).status_code == 401
    assert line(school.amira, "PUT", ben_id, amira_cookie).status_code == 401
    assert line(school.ben, "PUT", school.id, ben_cookie, Host=f"{ben_id}.ws.localhost:8080").status_code == 403
    assert not HelpCall.objects.exists()


@pytest.mark.parametrize(
    "origin",
    ["http://{ben}.ws.localhost:8080", "http://p3000--{id}.ws.localhost:8080", "http://localhost:8080", "null", "https://evil.example"],
)  # fmt: skip
def test_no_page_of_another_origin_calls_with_the_students_cookie(school, amira, origin):  # noqa: F811
    """What a program serves on a port is such a page, too."""
    page = origin.format(id=school.id, ben="w-00000000000000000000")
    for site in ("same-site", "cross-site"):
        assert amira("PUT", Origin=page, **{"Sec-Fetch-Site": site}).status_code == 403
        assert amira("GET", Origin=page, **{"Sec-Fetch-Site": site}).status_code == 403
    answer = amira("OPTIONS", Origin=page, **{"Access-Control-Request-Method": "PUT"})
    assert "access-control-allow-origin" not in answer.headers
    assert not HelpCall.objects.exists()


def test_a_port_has_no_help_line(school, amira):  # noqa: F811
    host = f"p3000--{school.id}.ws.localhost:8080"
    assert amira("PUT", Host=host, Origin=f"http://{host}").status_code == 404
    assert not HelpCall.objects.exists()


def test_students_code_cannot_call_from_a_visitors_browser(school, amira):  # noqa: F811
    amira("PUT")
    begin(school)
    token = go_in(school)
    for method in ("GET", "PUT", "DELETE"):
        answer = line(school.ines, method, school.id, token)
        assert (answer.status_code, answer.json()["reason"]) == (403, "visitor")
    assert HelpCall.objects.count() == 1, "nor end the call that let the instructor in"


def test_what_ends_the_right_to_the_workspace_ends_the_line(school, amira):  # noqa: F811
    token = cookie_of(school.amira, school.id)
    school.amira.delete("/api/auth/browser/v1/auth/session")
    assert line(school.amira, "PUT", school.id, token).status_code == 401
    assert not HelpCall.objects.exists()


def test_without_a_class_nobody_would_hear_it(school, amira):  # noqa: F811
    leave(school.amira.user, acting_user=None)
    assert amira("GET").json() == {"can_ask": False, "asked": False}
    refused = amira("PUT")
    assert (refused.status_code, refused.json()["reason"]) == (409, "no_cohort")


def test_other_methods_and_a_workspace_of_nobody_are_refused(school, amira):  # noqa: F811
    assert amira("POST").status_code == 405
    assert line(school.amira, "PUT", "w-does-not-exist", "A" * 43).status_code in (401, 404)
    other = create_cohort(name="Berlin-9", track=Track.FSD, time_zone="UTC", instructors=[], acting_user=None)
    leave(school.ben.user, acting_user=None)
    join(school.ben.user, other, acting_user=None)
    assert begin(school, school.ines, student=school.ben).status_code == 404


async def test_who_calls_without_a_pause_holds_up_nobody_else():
    """A program in a workspace can let its student's page do so."""
    rests, called = threading.Event(), []

    def calls(access, method):
        called.append((access.user_id, method))
        if access.user_id == "ben":
            rests.wait(20)
        return {}

    async def find(_):
        return Access(workspace_id="ws-aaaaaaaaaa", user_id=caller, session="")

    line = HelpLine(SITE, SimpleNamespace(find=find), calls)  # type: ignore[arg-type]
    headers = [(b"host", b"ws-aaaaaaaaaa.ws.localhost:8080"), (b"cookie", b"apranova_workspace=token")]
    scope = {"method": "GET", "headers": headers}
    caller = "ben"
    flood = [asyncio.create_task(line.answer(scope)) for _ in range(50)]
    try:
        done, waiting = await asyncio.wait(flood, timeout=10, return_when=asyncio.FIRST_COMPLETED)
        assert {task.result().status for task in done} == {429}
        await until_in_this_loop(lambda: called, within_s=10)
        caller = "amira"
        assert (await asyncio.wait_for(line.answer(scope), 10)).status == 200
        assert sorted(called) == [("amira", "GET"), ("ben", "GET")], "one call of a person at a time"
    finally:
        rests.set()
    statuses = [answer.status for answer in await asyncio.gather(*flood)]
    assert (statuses.count(200), statuses.count(429)) == (20, 30)
    assert line._turns == {}, "nothing is kept of who has called"
    assert waiting
