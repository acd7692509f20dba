"""The policy, cookies, host names and cached views, as plain data and without a server."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence

import pytest

from backend.gateway.access import Access
from backend.gateway.authorization import split_cookies
from backend.gateway.decision import Asked, Verdict, decide
from backend.gateway.endpoints import FRESH_S, STALE_MAX_S, WorkspaceViews
from backend.gateway.site import Place, Site, own_path
from contract.errors import ApraNovaError, Reason
from contract.manager import Endpoint, WorkspaceView
from contract.names import WorkspaceKind, WorkspaceState

WORKSPACE, OTHER = "ws-aaaaaaaaaa", "ws-bbbbbbbbbb"
OWN = b"http://ws-aaaaaaaaaa.ws.localhost:8080"
ACCESS = Access(WORKSPACE, "user", "session")
NAME = b"apranova_workspace"
SITE = Site("http://localhost:8080", "ws.localhost:8080")


def view(state: WorkspaceState = WorkspaceState.RUNNING, workspace_id: str = WORKSPACE) -> WorkspaceView:
    endpoint = Endpoint("task", "", "secret") if state is WorkspaceState.RUNNING else None
    return WorkspaceView(workspace_id, "user", WorkspaceKind.VSCODE, state, version=1, endpoint=endpoint)


def test_a_running_workspace_is_open_to_its_access_and_to_no_other() -> None:
    def verdict(access: Access | None, seen: WorkspaceView | None, workspace_id: str | None = WORKSPACE) -> Verdict:
        place = Place(workspace_id) if workspace_id else None
        return decide(Asked("GET", "h"), place=place, own_origin=OWN, access=access, view=seen)

    assert verdict(ACCESS, view()) is Verdict.ALLOW
    assert verdict(None, view()) is Verdict.NO_ACCESS
    assert verdict(Access(OTHER, "user", "session"), view()) is Verdict.NO_ACCESS
    assert verdict(ACCESS, None) is Verdict.NOT_RUNNING
    assert verdict(ACCESS, view(), None) is Verdict.UNKNOWN_HOST
    for state in set(WorkspaceState) - {WorkspaceState.RUNNING}:
        assert verdict(ACCESS, view(state)) is Verdict.NOT_RUNNING


def test_a_foreign_origin_is_refused_before_access_is_looked_at() -> None:
    asked = Asked("GET", "h", upgrade=b"websocket", origin=b"http://ws-bbbbbbbbbb.ws.localhost:8080")
    place = Place(WORKSPACE)
    assert decide(asked, place=place, own_origin=OWN, access=ACCESS, view=view()) is Verdict.FOREIGN_ORIGIN


def test_a_service_worker_is_for_an_app_on_a_port_and_never_for_the_workspace_s_own_origin() -> None:
    """It would stay in the browser after the stop, and would see each ticket."""
    asked = Asked("GET", "h", fetch_site=b"same-origin", fetch_mode=b"same-origin", fetch_dest=b"serviceworker")
    port = Place(WORKSPACE, 3000)
    on_port = Access(WORKSPACE, "user", "session", port=3000)
    own = decide(asked, place=Place(WORKSPACE), own_origin=OWN, access=ACCESS, view=view())
    assert own is Verdict.SERVICE_WORKER
    assert decide(asked, place=port, own_origin=OWN, access=on_port, view=view()) is Verdict.ALLOW


@pytest.mark.parametrize(
    ("cookie", "tokens", "kept"),
    [
        (b"", [], b""),
        (b"apranova_workspace=t", ["t"], b""),
        (b"a=1; apranova_workspace=t; b=2", ["t"], b"a=1; b=2"),
        (b"apranova_workspace=t; apranova_workspace=u", ["t", "u"], b""),
        (b"apranova_session=s; Apranova_CSRF=c; __Host-apranova_workspace=w; __Secure-apranova_x=y", [], b""),
        (b'a="x,y"; apranova_workspace=t', ["t"], b'a="x,y"'),
        (b"apranova_session=s; a=1,apranova_workspace=t,b=2; apranova_csrf=c", ["t"], b"a=1; b=2"),
        (b"apranova_session=q,apranova_workspace=t,apranova_csrf=c,z=1", ["t"], b"z=1"),
        (b"apranova_session", [], b""),
        (b";;; =; apranova_", [], b"="),
        (b"xapranova_session=1", [], b"xapranova_session=1"),
    ],
)
def test_our_cookies_are_taken_out_however_they_are_written(cookie: bytes, tokens: list[str], kept: bytes) -> None:
    assert split_cookies(cookie, NAME) == (tokens, kept)


@pytest.mark.parametrize(
    ("host", "place"),
    [
        (f"{WORKSPACE}.ws.localhost:8080", Place(WORKSPACE)),
        (f"{WORKSPACE.upper()}.WS.localhost", Place(WORKSPACE)),
        (f"p3000--{WORKSPACE}.ws.localhost:8080", Place(WORKSPACE, 3000)),
        (f"P65535--{WORKSPACE.upper()}.ws.localhost", Place(WORKSPACE, 65535)),
        *(
            (f"{label}.ws.localhost", None)
            for label in (
                f"p80--{WORKSPACE}",
                f"p1023--{WORKSPACE}",
                f"p03000--{WORKSPACE}",
                f"p65536--{WORKSPACE}",
                f"p3000-{WORKSPACE}",
                f"p3000--p3000--{WORKSPACE}",
                f"p--{WORKSPACE}",
                f"p٣٠٠٠--{WORKSPACE}",
            )
        ),
        (f"{WORKSPACE}.ws.localhost:8080,{OTHER}.ws.localhost", None),
        (f"{WORKSPACE}.ws.localhost.evil.example", None),
        (f"{WORKSPACE}.ws.localhost.", None),
        (f"x.{WORKSPACE}.ws.localhost", None),
        ("ws.localhost", None),
        ("ws-aaaaaaaaa1.ws.localhost", None),
        ("", None),
    ],
)
def test_a_host_names_a_workspace_or_a_port_exactly_or_not_at_all(host: str, place: Place | None) -> None:
    assert SITE.find_place(host) == place


@pytest.mark.parametrize(
    ("address", "place"),
    [
        (f"http://p3000--{WORKSPACE}.ws.localhost:8080", Place(WORKSPACE, 3000)),
        (f"http://{WORKSPACE}.ws.localhost:8080/?folder=/x", Place(WORKSPACE)),
        (f"https://p3000--{WORKSPACE}.ws.localhost:8080", None),
        (f"http://p3000--{WORKSPACE}.ws.localhost:9090", None),
        (f"http://x@p3000--{WORKSPACE}.ws.localhost:8080", None),
        ("http://[", None), ("null", None), ("", None),
    ],
)  # fmt: skip
def test_a_page_is_of_a_place_only_with_its_exact_origin(address: str, place: Place | None) -> None:
    assert SITE.find_place_of_page(address) == place


@pytest.mark.parametrize(
    ("asked_for", "opened"),
    [
        ("/admin/?next=%2Fx&y=1", "/admin/?next=%2Fx&y=1"),
        *((bad, "/") for bad in ("", "//evil.example", "/\\evil", "/\t/evil", "http://evil", "/_apranova/enter?ticket=x", "/" + "x" * 2000)),
    ],
)  # fmt: skip
def test_entering_leads_to_the_page_that_was_asked_for_and_never_to_another_host(asked_for: str, opened: str) -> None:
    assert own_path(asked_for) == opened


PORT, SECOND_PORT = Place(WORKSPACE, 5173), Place(WORKSPACE, 3000)


@pytest.mark.parametrize(
    ("place", "page", "asked", "verdict"),
    [
        (PORT, None, Asked("GET", "h"), Verdict.ALLOW),
        # A front end that asks its API: by script, by image, by WebSocket, by form.
        (PORT, SECOND_PORT, Asked("GET", "h", fetch_site=b"same-site", fetch_mode=b"cors", origin=b"x"), Verdict.ALLOW),
        (PORT, SECOND_PORT, Asked("GET", "h", fetch_site=b"same-site", fetch_mode=b"no-cors"), Verdict.ALLOW),
        (PORT, SECOND_PORT, Asked("GET", "h", upgrade=b"websocket", origin=b"x"), Verdict.ALLOW),
        (PORT, SECOND_PORT, Asked("POST", "h", origin=b"x"), Verdict.ALLOW),
        # The editor shows the app beside the code.
        (PORT, Place(WORKSPACE), Asked("GET", "h", fetch_site=b"same-site", fetch_mode=b"navigate", fetch_dest=b"iframe"), Verdict.ALLOW),
        # No port asks the editor for anything.
        (Place(WORKSPACE), PORT, Asked("GET", "h", fetch_site=b"same-site", origin=b"x"), Verdict.FOREIGN_ORIGIN),
        (Place(WORKSPACE), PORT, Asked("GET", "h", upgrade=b"websocket", origin=b"x"), Verdict.FOREIGN_ORIGIN),
        (Place(WORKSPACE), PORT, Asked("OPTIONS", "h", origin=b"x", preflight_method=b"PUT"), Verdict.FOREIGN_ORIGIN),
        # Nor anybody else's page a port, whatever port it is of.
        (PORT, Place(OTHER, 5173), Asked("GET", "h", fetch_site=b"same-site", origin=b"x"), Verdict.FOREIGN_ORIGIN),
        (PORT, Place(OTHER), Asked("GET", "h", upgrade=b"websocket", origin=b"x"), Verdict.FOREIGN_ORIGIN),
        (PORT, Place(OTHER), Asked("GET", "h", fetch_site=b"same-site", fetch_mode=b"navigate", fetch_dest=b"iframe"), Verdict.FOREIGN_ORIGIN),
        (PORT, Place(OTHER), Asked("OPTIONS", "h", origin=b"x", preflight_method=b"PUT"), Verdict.FOREIGN_ORIGIN),
        (PORT, None, Asked("POST", "h"), Verdict.FOREIGN_ORIGIN),
        # A preflight never has a cookie.
        (PORT, SECOND_PORT, Asked("OPTIONS", "h", origin=b"x", preflight_method=b"PUT"), Verdict.PREFLIGHT),
    ],
)  # fmt: skip
def test_what_pages_of_one_workspace_may_ask_of_each_other(
    place: Place, page: Place | None, asked: Asked, verdict: Verdict
) -> None:
    access = Access(WORKSPACE, "user", "session", port=place.port)
    assert decide(asked, place=place, own_origin=OWN, page=page, access=access, view=view()) is verdict


def test_access_to_one_port_opens_neither_another_port_nor_the_editor() -> None:
    for access, place in itertools.permutations([Place(WORKSPACE), PORT, SECOND_PORT], 2):
        held = Access(WORKSPACE, "user", "session", port=access.port)
        assert decide(Asked("GET", "h"), place=place, own_origin=OWN, access=held, view=view()) is Verdict.NO_ACCESS


def test_with_https_the_cookie_cannot_be_planted_by_a_sibling() -> None:
    assert Site("https://a.example", "b.example").workspace_cookie.startswith("__Host-")


class Manager:
    """Counts, can be slow, can be gone."""

    def __init__(self) -> None:
        self.views = {WORKSPACE: view(), OTHER: view(workspace_id=OTHER)}
        self.asked: list[list[str]] = []
        self.gone = False
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.was_asked = asyncio.Event()

    async def describe(self, workspace_ids: Sequence[str]) -> list[WorkspaceView]:
        self.asked.append(list(workspace_ids))
        self.was_asked.set()
        found = [self.views[id_] for id_ in workspace_ids if id_ in self.views]
        await self.go_on.wait()
        if self.gone:
            raise ApraNovaError(Reason.MANAGER_UNAVAILABLE, "gone")
        return found


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


async def test_many_questions_at_once_are_one_call_and_the_answer_is_kept() -> None:
    manager, clock = Manager(), Clock()
    views = WorkspaceViews(manager.describe, clock=clock)
    await asyncio.gather(*[views.find(id_) for id_ in (WORKSPACE, OTHER) for _ in range(50)])
    assert [sorted(ids) for ids in manager.asked] == [[WORKSPACE, OTHER]]
    assert views.peek(WORKSPACE) is not None
    clock.now += FRESH_S
    assert views.peek(WORKSPACE) is None


async def test_what_is_not_running_is_asked_for_each_time() -> None:
    manager = Manager()
    manager.views[WORKSPACE] = view(WorkspaceState.STARTING)
    views = WorkspaceViews(manager.describe, clock=Clock())
    await views.find(WORKSPACE)
    manager.views[WORKSPACE] = view()
    found = await views.find(WORKSPACE)
    assert found is not None
    assert found.state is WorkspaceState.RUNNING


async def test_an_answer_from_before_a_change_is_thrown_away() -> None:
    manager = Manager()
    views = WorkspaceViews(manager.describe, clock=Clock())
    manager.go_on.clear()
    waiting = asyncio.create_task(views.find(WORKSPACE))
    await manager.was_asked.wait()
    manager.views[WORKSPACE] = view(WorkspaceState.STOPPED)  # the manager has already read the old state
    views.forget(WORKSPACE)
    manager.go_on.set()
    found = await waiting
    assert found is not None
    assert found.state is WorkspaceState.STOPPED
    assert len(manager.asked) == 2


async def test_without_the_manager_known_workspaces_stay_open_for_a_while_and_unknown_ones_do_not_open() -> None:
    manager, clock = Manager(), Clock()
    views = WorkspaceViews(manager.describe, clock=clock)
    await views.find(WORKSPACE)
    manager.gone = True
    clock.now += FRESH_S
    assert await views.find(WORKSPACE) is not None
    with pytest.raises(ApraNovaError):
        await views.find(OTHER)
    clock.now += STALE_MAX_S
    with pytest.raises(ApraNovaError):
        await views.find(WORKSPACE)
