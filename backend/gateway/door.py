"""The door: `/workspace/<id>/` launches or resumes the person's workspace, shows how far it is, and lets them in.

A GET that launches is a GET that changes something, so it does so only when the browser says that the person came from
a page of the portal or typed the address (`Sec-Fetch-Site`); no page of a workspace and no other site can then start
tasks in somebody's name. Everyone else, and browsers that do not say, get a page with a Launch button: a POST with a
CSRF token. A reloaded tab of a sleeping workspace arrives that way, and that page is what its student should see.

A failed launch is never repeated by the waiting page itself, only by a person.
"""

from __future__ import annotations

import logging
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
from backend.gateway import door_pass, pages
from backend.gateway.wiring import access_book, site
from backend.workspaces import services
from backend.workspaces.models import Workspace
from contract.errors import ApraNovaError, Reason
from contract.manager import WorkspaceView
from contract.names import BACKEND_DOOR_PATH, DOOR_PATH, DOOR_TRIED, WORKSPACE_ID_PATTERN, StepName, WorkspaceState

WAIT_FAST_S = 0.5
WAIT_S = 1.5
FAST_FOR_S = 5.0

logger = logging.getLogger(__name__)
View = Callable[..., HttpResponse]


def _door(view: View) -> View:
    """What every page of the door shares: never cached, POST only with a token, a failing manager is a page too."""

    def guarded(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        user = request.user
        if not isinstance(user, User) or not user.is_active:
            back = request.path.replace(BACKEND_DOOR_PATH, DOOR_PATH, 1)
            return HttpResponseRedirect(f"{settings.ENVIRONMENT.public_url}/signin?next={quote(back)}")
        try:
            return view(request, user, *args, **kwargs)
        except ApraNovaError as error:
            return _failed(request, error)

    return never_cache(csrf_protect(require_http_methods(["GET", "HEAD", "POST"])(guarded)))


@_door
def own_workspace(request: HttpRequest, user: User) -> HttpResponse:
    """The person's workspace of the usual kind; a POST creates it."""
    if request.method == "POST":
        launched = services.create_and_launch(user, None, acting_user=user)
        return _see_other(_waiting_path(launched.workspace))
    live = [workspace for workspace in services.list_workspaces(user) if workspace.deleted_at is None]
    if live:
        kinds = [kind.value for kind in user.kinds]
        live.sort(key=lambda workspace: kinds.index(workspace.kind) if workspace.kind in kinds else len(kinds))
        return HttpResponseRedirect(site().door_path(live[0].pk))
    form = pages.launch_form(request.path, get_token(request), "Create my workspace", beside=_dashboard())
    return _page(
        "You have no workspace yet", "It is made in a moment, and keeps your files from then on.", actions=form
    )


@_door
def workspace(request: HttpRequest, user: User, workspace_id: str) -> HttpResponse:
    """One workspace of the person's own."""
    own = _find_own(user, workspace_id)
    if own is None:
        return _not_yours()
    if request.method == "POST":
        services.launch_for(user, own)
        return _see_other(_waiting_path(own))
    (view,) = services.views_of([own])
    match view.state:
        case WorkspaceState.RUNNING if view.endpoint is not None:
            return _let_in(request, user, own)
        case WorkspaceState.STARTING | WorkspaceState.RUNNING:
            return _starting(own, view)
        case WorkspaceState.STOPPING:
            return _stopping(request, view)
        case WorkspaceState.DELETED:
            return _deleted(own)
        case WorkspaceState.STOPPED:
            return _stopped(request, user, own, view)


@_door
def inner_door(request: HttpRequest, user: User, workspace_id: str) -> HttpResponse:
    """Where the manager's door sends people: into the workspace when it runs, else back with a pass. It launches nothing."""
    own = _find_own(user, workspace_id)
    if own is None:
        return _not_yours()
    (view,) = services.views_of([own])
    if view.state is WorkspaceState.RUNNING and view.endpoint is not None:
        return _let_in(request, user, own)
    answer = HttpResponseRedirect(f"{site().door_path(own.pk)}?{DOOR_TRIED}")
    answer.set_cookie(
        door_pass.cookie_name(is_https=site().is_https),
        door_pass.sign_pass(settings.ENVIRONMENT.identity_private_key, str(user.pk)),
        max_age=door_pass.LIFETIME_S,
        secure=site().is_https,
        httponly=True,
        samesite="Lax",
    )
    return answer


def _find_own(user: User, workspace_id: str) -> Workspace | None:
    return services.find_workspace(user, workspace_id) if WORKSPACE_ID_PATTERN.fullmatch(workspace_id) else None


def _not_yours() -> HttpResponse:
    return _page(
        "No such workspace of yours",
        "It may belong to somebody else, or it was deleted.",
        actions=_dashboard(button=True),
        status=HTTPStatus.NOT_FOUND,
    )


def _let_in(request: HttpRequest, user: User, own: Workspace) -> HttpResponse:
    session_key = request.session.session_key
    if session_key is None:  # a signed-in person always has one; without it the access could not be taken away
        raise ApraNovaError(Reason.INTERNAL, "Sign in again, please.", detail="session without a key")
    ticket = access_book().mint_ticket(workspace_id=own.pk, user_id=str(user.pk), session_key=session_key)
    return HttpResponseRedirect(site().enter_url(own.pk, ticket), headers={"Referrer-Policy": "no-referrer"})


def _starting(own: Workspace, view: WorkspaceView) -> HttpResponse:
    now = time.time()
    waited_s = now - view.steps[0].at if view.steps else 0.0
    return _page(
        "Your workspace is starting",
        "You will be in it in a moment; this page follows by itself.",
        body=pages.steps_list(view.steps, now=now, waiting_for="Almost there" if len(view.steps) > 2 else "Starting"),
        refresh_s=WAIT_FAST_S if waited_s < FAST_FOR_S else WAIT_S,
        refresh_url=_waiting_path(own),
    )


def _stopping(request: HttpRequest, view: WorkspaceView) -> HttpResponse:
    """Stays on the same address: if the person meant to launch it, the next look does so."""
    saving = [
        step
        for step in view.steps
        if step.name in (StepName.SAVING, StepName.CAME_BACK, StepName.SAVED, StepName.TASK_STOPPED)
    ]
    return _page(
        "Your workspace is being put to sleep",
        "Your work is being saved first. This takes a few seconds.",
        body=pages.steps_list(saving, now=time.time(), waiting_for="Stopping"),
        refresh_s=WAIT_S,
        refresh_url=request.get_full_path(),
    )


def _stopped(request: HttpRequest, user: User, own: Workspace, view: WorkspaceView) -> HttpResponse:
    waits = "wait" in request.GET
    if not waits and _person_asked_for_it(request):
        launched = services.launch_for(user, own)
        if launched.state is WorkspaceState.RUNNING and launched.endpoint is not None:
            return _let_in(request, user, own)
        return HttpResponseRedirect(_waiting_path(own))
    path = site().door_path(own.pk)
    if waits and view.failure:
        form = pages.launch_form(path, get_token(request), "Try again", beside=_dashboard())
        return _page("The workspace did not start", view.failure, "Your files are safe.", actions=form)
    form = pages.launch_form(path, get_token(request), "Launch", beside=_dashboard())
    return _page("Your workspace is asleep", "Everything is as you left it.", actions=form)


def _deleted(own: Workspace) -> HttpResponse:
    until = f"It can be restored until {own.purge_at:%-d %B %Y, %H:%M} UTC." if own.purge_at else ""
    return _page("This workspace was deleted", until, actions=_dashboard(button=True), status=HTTPStatus.GONE)


def _failed(request: HttpRequest, error: ApraNovaError) -> HttpResponse:
    if error.detail:
        logger.info("the door could not open: %s: %s", error.reason.value, error.detail)
    if error.reason is Reason.MANAGER_UNAVAILABLE:
        return _page(
            "One moment",
            error.message,
            "This page tries again by itself.",
            actions=_dashboard(),
            status=HTTPStatus.SERVICE_UNAVAILABLE,
            refresh_s=3,
            refresh_url=request.get_full_path(),
        )
    form = pages.launch_form(request.path, get_token(request), "Try again", beside=_dashboard())
    return _page("The workspace did not start", error.message, actions=form, status=HTTPStatus.CONFLICT)


def _person_asked_for_it(request: HttpRequest) -> bool:
    headers = request.headers
    return (
        request.method == "GET"
        and headers.get("Sec-Fetch-Site") in ("same-origin", "none")
        and headers.get("Sec-Fetch-Mode") == "navigate"
        and headers.get("Sec-Fetch-Dest") == "document"
        and not headers.get("Sec-Purpose", headers.get("Purpose", "")).startswith("prefetch")
    )


def _waiting_path(own: Workspace) -> str:
    return f"{site().door_path(own.pk)}?wait"


def _see_other(path: str) -> HttpResponse:
    return HttpResponseRedirect(path, status=HTTPStatus.SEE_OTHER)


def _dashboard(*, button: bool = False) -> str:
    return pages.link(f"{settings.ENVIRONMENT.public_url}/dashboard", "Go to the dashboard", button=button)


def _page(
    title: str,
    *paragraphs: str,
    body: str = "",
    actions: str = "",
    status: HTTPStatus = HTTPStatus.OK,
    refresh_s: float | None = None,
    refresh_url: str = "",
) -> HttpResponse:
    html = pages.render_page(
        title, *paragraphs, body=body, actions=actions, refresh_s=refresh_s, refresh_url=refresh_url
    )
    form_targets = f"'self' {site().scheme}://*.{site().workspaces_domain}"
    return HttpResponse(
        html, status=status, headers={"Content-Security-Policy": pages.content_security_policy(form_targets)}
    )
