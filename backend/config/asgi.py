"""The one application of the backend's process: the gateway's raw ASGI in front of Django.

Run by: uvicorn backend.config.asgi:application --loop uvloop --http httptools --no-access-log
"""

from __future__ import annotations

import gc
import os
from typing import Any

gc.disable()  # what an import makes stays; to look for garbage takes a tenth of a start, for which people wait

import django  # noqa: E402
from asgiref.sync import sync_to_async  # noqa: E402
from django.core.handlers.asgi import ASGIHandler  # noqa: E402
from django.http import HttpRequest  # noqa: E402
from django.http.response import HttpResponseBase  # noqa: E402

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")
django.setup()  # loads the apps, which everything below needs

from django.conf import settings  # noqa: E402
from django.urls import get_resolver  # noqa: E402

from backend.platform.background import WithBackground  # noqa: E402
from backend.platform.body_limit import BodyLimit  # noqa: E402
from backend.platform.lifespan import WithLifespan  # noqa: E402


class DjangoHandler(ASGIHandler):
    """Django's handler with one change of threads for each request.

    Nearly everything here is synchronous (sessions, the ORM, allauth). Django would run each half
    of each middleware as a coroutine that hops to the request's thread and back, about fifteen
    times. Here the whole chain runs in that thread. The event loop still iterates streams.
    """

    def load_middleware(self, is_async: bool = False) -> None:  # noqa: ARG002  the base class asks for True
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:  # pyright: ignore[reportIncompatibleMethodOverride]
        return await sync_to_async(self.get_response, thread_sensitive=True)(request)


def build_application() -> Any:
    """Compose the process: what is counted, then the gateway, then Django with a limit on the
    body's size."""
    from backend.config.metrics import Measured
    from backend.gateway.asgi import application as gateway

    return Measured(gateway(BodyLimit(DjangoHandler(), bytes_max=_body_max)))


def _body_max(path: str) -> int:
    """Only who uploads files of an assignment or shared data sends more than a form. Anybody may
    send what looks like a SAML provider's answer, and it is kept for the request that follows."""
    if path.startswith(("/api/auth/saml/", "/api/auth/lti/")):
        return settings.SAML_ANSWER_BYTES_MAX
    uploads = path.startswith("/api/cohorts/") and ("/assignments/" in path or "/shared/uploads/" in path)
    return settings.UPLOAD_BYTES_MAX if uploads else settings.REQUEST_BODY_BYTES_MAX


def with_workers(application: Any) -> WithBackground:
    """Add the background workers: the outbox, feeds, mails of invitations, and others."""
    from backend.accounts import bounce_mailbox, invitation_mails
    from backend.assignments import checking, collecting, delivery
    from backend.cohorts import feeds, outbox, visit_endings
    from backend.costs import budgets, sessions
    from backend.lti import marks
    from backend.personal_data import erasures, exports
    from backend.shared_data import access as shared_access
    from backend.shared_data import services as shared_data
    from backend.workspaces import deactivated, sign_in_hint

    return WithBackground(
        application,
        (
            outbox.worker,
            feeds.worker,
            invitation_mails.worker,
            bounce_mailbox.worker,
            marks.worker,
            sign_in_hint.worker,
            sessions.worker,
            budgets.worker,
            deactivated.worker,
            delivery.worker,
            delivery.trying,
            collecting.worker,
            shared_data.worker,
            shared_access.worker,
            *checking.workers,
            visit_endings.worker,
            exports.worker,
            erasures.worker,
        ),
    )


def with_lifespan(application: Any) -> WithLifespan:
    """Begin when both databases answer; end the event streams first."""
    from backend.config.health import databases_answer
    from backend.workspaces.live import live_workspaces

    return WithLifespan(application, ready=databases_answer, ending=lambda: live_workspaces().end())


application = with_lifespan(with_workers(build_application()))
_ = get_resolver().url_patterns  # all views now: the first request would load them beside eight busy workers
gc.freeze()
gc.enable()
