"""Where things are for a browser: the main host, and one host for each workspace."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from contract.door import path_of
from contract.names import BACKEND_DOOR_PATH, DOOR_PATH, GATEWAY_PATH_PREFIX, WORKSPACE_ID_PATTERN

ENTER_PATH = f"{GATEWAY_PATH_PREFIX}enter"
_PORT = re.compile(r"[0-9]{0,5}")


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

    def find_workspace_id(self, host: str) -> str | None:
        """The workspace that a `Host` header names. The port is ignored."""
        name, _, port = host.lower().partition(":")
        label, _, domain = name.partition(".")
        # Envoy joins two Host headers by a comma: only a port may follow the colon.
        if domain != self._domain_name or not WORKSPACE_ID_PATTERN.fullmatch(label) or not _PORT.fullmatch(port):
            return None
        return label

    def workspace_origin(self, workspace_id: str) -> str:
        return f"{self.scheme}://{workspace_id}.{self.workspaces_domain}"

    def door_url(self, workspace_id: str | None) -> str:
        return self.public_url + (path_of(workspace_id) if workspace_id else DOOR_PATH)

    def enter_url(self, workspace_id: str, ticket: str = "") -> str:
        """Without a ticket, the address gives the browser a nonce and comes back for one."""
        query = f"?ticket={ticket}" if ticket else ""
        return f"{self.workspace_origin(workspace_id)}{ENTER_PATH}{query}"

    def ticket_url(self, workspace_id: str, browser: str) -> str:
        """Where the browser whose nonce has the digest `browser` gets a ticket."""
        return f"{self.public_url}{BACKEND_DOOR_PATH}{workspace_id}/?browser={browser}"

    @cached_property
    def _domain_name(self) -> str:
        return self.workspaces_domain.partition(":")[0]
