"""Where things are for a browser: the main host, and one host for each workspace."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from contract.door import path_of
from contract.names import (
    BACKEND_DOOR_PATH,
    DOOR_PATH,
    GATEWAY_PATH_PREFIX,
    PREVIEW_LABEL_PATTERN,
    PREVIEW_PORTS,
    WORKSPACE_ID_PATTERN,
    preview_label,
)

ENTER_PATH = f"{GATEWAY_PATH_PREFIX}enter"
FRAME_PATH = f"{GATEWAY_PATH_PREFIX}frame"
_PORT = re.compile(r"[0-9]{0,5}")
_PATH_MAX = 2000
_NOT_IN_A_PATH = re.compile(r"[\\\x00-\x20\x7f]")


class Place(NamedTuple):
    """What one host below the workspaces domain stands for. Each has an origin of its own."""

    workspace_id: str
    port: int = 0
    """What the student's program serves there; 0: the workspace's application."""

    @property
    def label(self) -> str:
        return preview_label(self.workspace_id, self.port) if self.port else self.workspace_id


@dataclass(frozen=True)
class Site:
    public_url: str
    """Of the main host, without a slash at the end."""
    workspaces_domain: str
    """With port, if it has one of its own."""

    @cached_property
    def scheme(self) -> str:
        return self.public_url.partition(":")[0]

    @cached_property
    def is_https(self) -> bool:
        return self.scheme == "https"

    @cached_property
    def workspace_cookie(self) -> str:
        """With HTTPS, `__Host-` makes browsers refuse a cookie planted by a sibling host."""
        return "__Host-apranova_workspace" if self.is_https else "apranova_workspace"

    @cached_property
    def browser_cookie(self) -> str:
        """Holds the nonce that a ticket is bound to."""
        return "__Host-apranova_browser" if self.is_https else "apranova_browser"

    def find_place(self, host: str) -> Place | None:
        """What a `Host` header names. The header's own port is ignored."""
        name, _, port = host.lower().partition(":")
        label, _, domain = name.partition(".")
        # Envoy joins two Host headers by a comma: only a port may follow the colon.
        if domain != self._domain_name or not _PORT.fullmatch(port):
            return None
        if WORKSPACE_ID_PATTERN.fullmatch(label):
            return Place(label)
        preview = PREVIEW_LABEL_PATTERN.fullmatch(label)
        return Place(preview[2], int(preview[1])) if preview and int(preview[1]) in PREVIEW_PORTS else None

    def origin_of(self, place: Place) -> str:
        return f"{self.scheme}://{place.label}.{self.workspaces_domain}"

    def find_place_of_page(self, address: str) -> Place | None:
        """The place from which an `Origin` or `Referer` header says that a request came."""
        try:
            parts = urlsplit(address)
        except ValueError:
            return None
        place = self.find_place(parts.netloc)
        return place if place and self.origin_of(place) == f"{parts.scheme}://{parts.netloc}" else None

    def door_url(self, place: Place | None, to: str = "/") -> str:
        """Where a person is let in. `to`: the path that they asked for, for a port."""
        if place is None:
            return self.public_url + DOOR_PATH
        return self._inner_door_url(place, "", to) if place.port else self.public_url + path_of(place.workspace_id)

    def visit_url(self, workspace_id: str) -> str:
        """Where an instructor enters a student's workspace, and learns that the visit has ended. It
        launches nothing."""
        return self._inner_door_url(Place(workspace_id), "", "/")

    def enter_url(self, place: Place, ticket: str = "", to: str = "/") -> str:
        """Without a ticket, the address gives the browser a nonce and comes back for one."""
        return f"{self.origin_of(place)}{ENTER_PATH}{_query(ticket=ticket, to=to)}"

    def ticket_url(self, place: Place, browser: str, to: str = "/") -> str:
        """Where the browser whose nonce has the digest `browser` gets a ticket."""
        return self._inner_door_url(place, browser, to)

    def frame_url(self, place: Place, browser: str, to: str = "/") -> str:
        """The same for a port that the editor shows in a frame: no cookie of the main host comes
        along there, but the editor's does."""
        query = _query(port=str(place.port), browser=browser, to=to)
        return f"{self.origin_of(Place(place.workspace_id))}{FRAME_PATH}{query}"

    def _inner_door_url(self, place: Place, browser: str, to: str) -> str:
        port = f"port/{place.port}/" if place.port else ""
        return f"{self.public_url}{BACKEND_DOOR_PATH}{place.workspace_id}/{port}{_query(browser=browser, to=to)}"

    @cached_property
    def _domain_name(self) -> str:
        return self.workspaces_domain.partition(":")[0]


def own_path(path: str) -> str:
    """The path if it cannot lead to another host or back to us; else the start page."""
    leads_away = not path.startswith("/") or path.startswith(("//", GATEWAY_PATH_PREFIX)) or _NOT_IN_A_PATH.search(path)
    return "/" if leads_away or len(path) > _PATH_MAX else path


def _query(*, to: str, **secrets: str) -> str:
    """The part of an address from its question mark on; without what says nothing."""
    path = own_path(to)
    given = {name: text for name, text in {**secrets, "to": "" if path == "/" else path}.items() if text}
    return f"?{urlencode(given)}" if given else ""
