"""The one pure function that decides about a request for a workspace's host."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from backend.gateway.access import Access
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

    @property
    def is_navigation(self) -> bool:
        """A person waits for a page in a tab: send them to the door. Anything else is refused."""
        if self.method not in ("GET", "HEAD") or self.upgrade:
            return False
        if self.fetch_mode:
            return self.fetch_mode == b"navigate" and self.fetch_dest in (b"document", b"")
        return b"text/html" in self.accept


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


def decide(
    asked: Asked, *, workspace_id: str | None, own_origin: bytes, access: Access | None, view: WorkspaceView | None
) -> Verdict:
    """`access`: what the cookie stands for. `view`: the host's workspace (None: unknown)."""
    if workspace_id is None:
        return Verdict.UNKNOWN_HOST
    if not is_from_own_origin(asked, own_origin):
        return Verdict.FOREIGN_ORIGIN
    if access is None or access.workspace_id != workspace_id:
        return Verdict.NO_ACCESS
    if view is None or view.state is not WorkspaceState.RUNNING or view.endpoint is None:
        return Verdict.NOT_RUNNING
    return Verdict.ALLOW
