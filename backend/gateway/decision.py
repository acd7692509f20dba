"""The one pure function that decides about a request for a workspace's host."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from backend.gateway.access import Access
from backend.gateway.site import Place
from contract.manager import WorkspaceView
from contract.names import WorkspaceState


class Verdict(enum.Enum):
    ALLOW = enum.auto()
    UNKNOWN_HOST = enum.auto()
    """No workspace can have this host name."""
    FOREIGN_ORIGIN = enum.auto()
    """A page of another origin sent it: another student's, perhaps."""
    NO_ACCESS = enum.auto()
    """No cookie, or it is unknown, expired, revoked or for another workspace. The door may help."""
    NOT_RUNNING = enum.auto()
    SERVICE_WORKER = enum.auto()
    """A script that would stay in the browser and stand between it and the workspace."""
    PREFLIGHT = enum.auto()
    """A browser asks, without cookies, whether a page of another port of this workspace may ask."""


@dataclass(slots=True)
class Asked:
    """What matters of a request; header values are as sent, empty when absent."""

    method: str
    host: str
    origin: bytes = b""
    accept: bytes = b""
    upgrade: bytes = b""
    fetch_site: bytes = b""
    fetch_mode: bytes = b""
    fetch_dest: bytes = b""
    referer: bytes = b""
    preflight_method: bytes = b""
    preflight_headers: bytes = b""
    target: str = "/"
    """Path and query."""

    @property
    def is_navigation(self) -> bool:
        """A person waits for a page in a tab: send them to the door. Anything else is refused."""
        if self.method not in ("GET", "HEAD") or self.upgrade:
            return False
        if self.fetch_mode:
            return self.fetch_mode == b"navigate" and self.fetch_dest in (b"document", b"")
        return b"text/html" in self.accept

    @property
    def is_frame(self) -> bool:
        """A page shows it in a frame."""
        return self.method == "GET" and self.fetch_mode == b"navigate" and self.fetch_dest == b"iframe"


def is_from_own_origin(asked: Asked, own_origin: bytes) -> bool:
    """Whether no page of another origin can have caused it.

    To a browser, all workspaces are one *site*, so SameSite cookies do not separate students'
    pages. Therefore a WebSocket must name our origin (code-server accepts one without). So must
    anything that may change something, unless the browser itself vouches for it (a form under
    `Referrer-Policy: no-referrer` says `Origin: null`). Another origin must not embed a plain
    read. Any page may link to one of ours.
    """
    if asked.upgrade:
        return asked.origin == own_origin
    if asked.method not in ("GET", "HEAD", "OPTIONS"):
        return asked.origin == own_origin or (asked.origin in (b"", b"null") and asked.fetch_site == b"same-origin")
    if asked.fetch_site in (b"", b"same-origin", b"none"):
        return asked.origin in (b"", b"null", own_origin)
    return asked.is_navigation


def is_from_sibling(place: Place, page: Place | None) -> bool:
    """Whether another page of the same student asks for a port: a front end that has an API on a
    second port, or the editor that shows the app beside the code. The editor itself takes requests
    from no port: the programs there may be anybody's.
    """
    return bool(place.port) and page is not None and page != place and page.workspace_id == place.workspace_id


def decide(
    asked: Asked,
    *,
    place: Place | None,
    own_origin: bytes,
    page: Place | None = None,
    access: Access | None,
    view: WorkspaceView | None,
) -> Verdict:
    """What a browser may get for this request.

    A service worker of a workspace's origin would outlive the workspace, and its student's code
    would see the ticket of everyone who opens it. The origin of a port holds nothing, so the
    student's app may have one there.

    `page`: for a port, where Origin, or without one Referer, says that the request came from.
    `access`: what the cookie stands for. `view`: the host's workspace (None: unknown).
    """
    if place is None:
        return Verdict.UNKNOWN_HOST
    sibling = is_from_sibling(place, page)
    if not sibling and not is_from_own_origin(asked, own_origin):
        return Verdict.FOREIGN_ORIGIN
    if sibling and asked.method == "OPTIONS" and asked.preflight_method:
        return Verdict.PREFLIGHT
    if asked.fetch_dest == b"serviceworker" and not place.port:
        return Verdict.SERVICE_WORKER
    if access is None or access.place != place:
        return Verdict.NO_ACCESS
    if view is None or view.state is not WorkspaceState.RUNNING or view.endpoint is None:
        return Verdict.NOT_RUNNING
    return Verdict.ALLOW
