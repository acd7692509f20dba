"""The one application of the backend's process: the gateway's raw ASGI in front of Django.

Run by: uvicorn backend.config.asgi:application --loop uvloop --http httptools --no-access-log
"""

from __future__ import annotations

import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")
_django = get_asgi_application()  # loads the apps, which everything below needs

from django.conf import settings  # noqa: E402

from backend.config.body_limit import BodyLimit  # noqa: E402


def build_application() -> Any:
    """Compose the process: what the gateway does not answer goes to Django, with a limit on the body's size."""
    from backend.gateway.asgi import application as gateway

    return gateway(BodyLimit(_django, bytes_max=settings.REQUEST_BODY_BYTES_MAX))


application = build_application()
