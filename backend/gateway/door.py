"""The door on one machine, and the backend's inner door, which gives tickets.

What a visit gets is decided by `contract.door`. This module asks the manager, carries that out, and
gives the ticket with which the person enters.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods

from backend.accounts.models import User
from backend.accounts.roles import Role
from backend.assignments.delivery import hand_out_before_opening
from backend.cohorts import help_visits
from backend.cohorts.models import HelpVisit
from backend.gateway import door_pass
from backend.gateway.site import Place, own_path
from backend.gateway.wiring import access_book, site
from backend.sharing.models import Share
from backend.sharing.services import find_for as find_share
from backend.workspaces import services
from backend.workspaces.models import Workspace
from backend.workspaces.sizes import size_for
from contract.door import (
    ON_ONE_MACHINE,
    RETRY_S,
    Enter,
    Launch,
    Link,
    Page,
    Refresh,
    Visit,
    decide,
    failed,
    is_by_person,
    is_in_a_tab,
    not_running_for_visitors,
    not_yours,
    path_of,
    waiting_path,
)
from contract.door_page import content_security_policy, render
from contract.errors import ApraNovaError, Reason, shown
from contract.manager import WorkspaceView
from contract.names import (
    BACKEND_DOOR_PATH,
    DOOR_PATH,
    DOOR_TRIED,
    PREVIEW_PORTS,
    WORKSPACE_ID_PATTERN,
    WorkspaceState,
)

logger = logging.getLogger(__name__)
View = Callable[..., HttpResponse]
NOT_SHARED = Page(
    HTTPStatus.NOT_FOUND,
    "This app is not shared with you",
    (
        "Either the sharing has ended, or it was never shared with this account.",
        "Ask the person who gave you the link to share it again.",
    ),
)
VISIT_ENDED = Page(
    HTTPStatus.FORBIDDEN,
    "You are not in this workspace",
    (
        "Your visit has ended: its hour is over, the student or you ended it, or the workspace stopped.",
        "To help again, open the workspace from the page of your class.",
    ),
)
_DIGEST = re.compile(r"[0-9a-f]{64}")


def _door(view: View) -> View:
    """Wrap a page of the door for people who are signed in. The others are sent to sign in."""

    def guarded(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        user = _signed_in(request)
        if user is None:
            return _to_sign_in(request.path.replace(BACKEND_DOOR_PATH, DOOR_PATH, 1))
        return view(request, user, *args, **kwargs)

    return _page(guarded)


def _page(view: View) -> View:
    """Not cached, CSRF checked, and an error of the manager is a page."""

    def guarded(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except ApraNovaError as error:
            again = _address_of(request)
            return _answer(request, failed(shown(error, logger), ON_ONE_MACHINE, path=again))

    return never_cache(csrf_protect(require_http_methods(["GET", "HEAD", "POST"])(guarded)))


@_door
def own_workspace(request: HttpRequest, user: User) -> HttpResponse:
    """The person's workspace of the usual kind; a POST creates it."""
    if request.method == "POST":
        launched = services.create_and_launch(user, None, acting_user=user)
        return HttpResponseRedirect(waiting_path(launched.workspace.pk), status=HTTPStatus.SEE_OTHER)
    live = [workspace for workspace in services.list_workspaces(user) if workspace.deleted_at is None]
    if live:
        kinds = [kind.value for kind in user.kinds]
        live.sort(key=lambda workspace: kinds.index(workspace.kind) if workspace.kind in kinds else len(kinds))
        return HttpResponseRedirect(path_of(live[0].pk))
    page = Page(
        HTTPStatus.OK,
        "You have no workspace yet",
        ("Creating it takes a moment. It keeps your files from then on.",),
        button=Link(request.path, "Create my workspace"),
    )
    return _answer(request, page)


@_door
def workspace(request: HttpRequest, user: User, workspace_id: str) -> HttpResponse:
    """One workspace of the person's own."""
    own = _find_own(user, workspace_id)
    if own is None:
        return _visit_to_help(request, user, workspace_id)
    if request.method == "POST":
        services.launch_for(user, own)
        return HttpResponseRedirect(waiting_path(own.pk), status=HTTPStatus.SEE_OTHER)
    view = services.view_of(own)
    method = request.method or ""
    by_person, in_a_tab = is_by_person(method, request.headers), is_in_a_tab(method, request.headers)
    visit = Visit(by_person, waits="wait" in request.GET, in_a_tab=in_a_tab)
    match decide(view, visit, ON_ONE_MACHINE, now=time.time()):
        case Page() as page:
            return _answer(request, page)
        case Enter():
            return _let_in(request, user, Place(own.pk))
        case Launch():
            launched = services.launch_for(user, own)
            return (
                _let_in(request, user, Place(own.pk)) if _runs(launched) else HttpResponseRedirect(waiting_path(own.pk))
            )


@_door
def inner_door(request: HttpRequest, user: User, workspace_id: str) -> HttpResponse:
    """Where workspaces' hosts and the manager's door send people. It launches nothing.

    It lets the person into a workspace that runs. Otherwise it sends them back with a pass. A
    browser that comes for its ticket has just been sent by a door that saw the workspace run, and
    each request is authorized anyway: so the manager is not asked a second time.
    """
    own = _find_own(user, workspace_id)
    if own is None:
        return _visit_to_help(request, user, workspace_id)
    if _browser_of(request):
        hand_out_before_opening(own)
        return _let_in(request, user, Place(own.pk))
    if _runs(services.view_of(own)):
        return _let_in(request, user, Place(own.pk))
    services.refuse_new_launch(own)  # the door on AWS knows no budgets, and launches with our pass
    answer = HttpResponseRedirect(f"{path_of(own.pk)}?{DOOR_TRIED}")
    answer.set_cookie(
        door_pass.cookie_name(is_https=site().is_https),
        door_pass.sign_pass(settings.ENVIRONMENT.identity_private_key, str(user.pk), size=size_for(user)),
        max_age=door_pass.LIFETIME_S,
        secure=site().is_https,
        httponly=True,
        samesite="Lax",
    )
    return answer


@_page
def preview(request: HttpRequest, workspace_id: str, port: str) -> HttpResponse:
    """What the student's program serves on a port, in both compositions. It launches nothing: a
    program that was running has to be started by hand anyway. Nor is the manager asked a second
    time (`inner_door`).
    """
    user = _signed_in(request)
    own = _find_own(user, workspace_id) if user is not None else None
    if user is None or own is None or int(port) not in PREVIEW_PORTS:
        return _visit(request, user, workspace_id, int(port))
    to = own_path(request.GET.get("to", "/"))
    if _browser_of(request) or _runs(services.view_of(own)):
        return _let_in(request, user, Place(own.pk, int(port)), to)
    page = Page(
        HTTPStatus.CONFLICT,
        "Your workspace is not running",
        (
            f"What you asked for is served by a program in it, on port {port}.",
            "Open the workspace and start the program again. This page then opens it by itself.",
        ),
        link=Link(f"{settings.ENVIRONMENT.public_url}{path_of(own.pk)}", "Open the workspace"),
        refresh=Refresh(RETRY_S, _address_of(request)),
    )
    return _answer(request, page)


def _visit(request: HttpRequest, user: User | None, workspace_id: str, port: int) -> HttpResponse:
    """Somebody else than the owner. Nothing tells whether such a workspace exists."""
    share = find_share(user, workspace_id, port) if WORKSPACE_ID_PATTERN.fullmatch(workspace_id) else None
    if share is None:
        return _to_sign_in(_address_of(request)) if user is None else _answer(request, NOT_SHARED)
    if _browser_of(request) or _runs(services.view_of(share.workspace)):
        answer = _let_in(request, user, Place(workspace_id, port), own_path(request.GET.get("to", "/")), share)
        if find_share(user, workspace_id, port) == share:
            return answer
        access_book().revoke_share(str(share.pk))  # it ended before our ticket could be revoked with it
        return _answer(request, NOT_SHARED)
    return _answer(request, not_running_for_visitors(_address_of(request)))


def _visit_to_help(request: HttpRequest, user: User, workspace_id: str) -> HttpResponse:
    """An instructor in a student's editor; begun in the portal (backend/cohorts/help_visits.py).
    Nothing tells a student whether such a workspace exists."""
    known = WORKSPACE_ID_PATTERN.fullmatch(workspace_id) is not None
    visit = help_visits.find_for(user, workspace_id) if known else None
    if visit is not None:
        answer = _let_in(request, user, Place(workspace_id), visit=visit)
        if help_visits.find_for(user, workspace_id) == visit:
            return answer
        access_book().revoke_share(str(visit.pk))  # it ended before our ticket could be revoked with it
    return _answer(request, not_yours(ON_ONE_MACHINE) if user.role == Role.STUDENT else VISIT_ENDED)


def _signed_in(request: HttpRequest) -> User | None:
    user = request.user
    return user if isinstance(user, User) and user.is_active else None


def _to_sign_in(back: str) -> HttpResponse:
    return HttpResponseRedirect(f"{settings.ENVIRONMENT.public_url}/signin?next={quote(back)}")


def _find_own(user: User, workspace_id: str) -> Workspace | None:
    return services.find_workspace(user, workspace_id) if WORKSPACE_ID_PATTERN.fullmatch(workspace_id) else None


def _let_in(
    request: HttpRequest,
    user: User | None,
    place: Place,
    to: str = "/",
    share: Share | None = None,
    visit: HelpVisit | None = None,
) -> HttpResponse:
    """To the place's host: first for a nonce of this browser, then with a ticket for it.

    `user` None: a visitor who is not signed in, whose access ends with the share.
    """
    session_key = (request.session.session_key or "") if user is not None else ""
    if user is not None and not session_key:  # without it the access could not be revoked
        raise ApraNovaError(Reason.INTERNAL, "Sign in again, please.", detail="session without a key")
    ticket = ""
    by = share or visit
    if browser := _browser_of(request):
        ticket = access_book().mint_ticket(
            place,
            user_id=str(user.pk) if user is not None else "",
            session_key=session_key,
            browser=browser,
            share=str(by.pk) if by is not None else "",
            ends_at=by.ends_at.timestamp() if by is not None else 0.0,
            launch=visit.launch if visit is not None else "",
        )
    return HttpResponseRedirect(site().enter_url(place, ticket, to), headers={"Referrer-Policy": "no-referrer"})


def _address_of(request: HttpRequest) -> str:
    """For another try, without `browser`: by then its nonce may have expired."""
    query = request.GET.copy()
    query.pop("browser", None)
    return f"{request.path}?{query.urlencode()}" if query else request.path


def _browser_of(request: HttpRequest) -> str:
    """The digest of the browser's nonce, if it comes for a ticket."""
    browser = request.GET.get("browser", "")
    return browser if _DIGEST.fullmatch(browser) else ""


def _runs(view: WorkspaceView) -> bool:
    return view.state is WorkspaceState.RUNNING and view.endpoint is not None


def _answer(request: HttpRequest, page: Page) -> HttpResponse:
    token = get_token(request) if page.button else ""
    html = render(page, now=time.time(), dashboard=f"{settings.ENVIRONMENT.public_url}/dashboard", csrf_token=token)
    policy = content_security_policy(f"'self' {site().scheme}://*.{site().workspaces_domain}")
    return HttpResponse(html, status=page.status, headers={"Content-Security-Policy": policy})
