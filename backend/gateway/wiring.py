"""What the Django side of the gateway consists of; one of each in a process."""

from __future__ import annotations

import functools

from django.conf import settings

from backend.gateway.access import AccessBook
from backend.gateway.site import Site
from backend.platform.redis_connections import connect


@functools.cache
def site() -> Site:
    environment = settings.ENVIRONMENT
    return Site(public_url=environment.public_url, workspaces_domain=environment.workspaces_domain)


@functools.cache
def access_book() -> AccessBook:
    client = connect(settings.ENVIRONMENT, socket_timeout=2, socket_connect_timeout=2)
    return AccessBook(client)
