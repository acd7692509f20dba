"""The real ASGI application, served by uvicorn on a Unix socket, in a thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from tests.waiting import until

PUBLIC_URL = "http://localhost:8080"
PASSWORD = "correct-horse-battery-9"
STARTS_WITHIN_S = 10.0


@contextmanager
def serving(application: Any, socket: Path) -> Iterator[Path]:
    server = uvicorn.Server(
        uvicorn.Config(
            application,
            uds=str(socket),
            loop="uvloop",
            http="httptools",
            access_log=False,
            log_config=None,
            lifespan="auto",
            proxy_headers=True,
            forwarded_allow_ips="*",
            timeout_graceful_shutdown=1,
        )
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started, "uvicorn did not start", within_s=STARTS_WITHIN_S)
    try:
        yield socket
    finally:
        server.should_exit = True
        thread.join(5)


class Browser(httpx.Client):
    """A browser at the portal, as the backend sees it: cookies, CSRF token, forwarded address."""

    def __init__(self, socket: Path, *, address: str = "203.0.113.7") -> None:
        super().__init__(
            transport=httpx.HTTPTransport(uds=str(socket)),
            base_url=PUBLIC_URL,
            headers={"X-Forwarded-For": address, "Origin": PUBLIC_URL},
            timeout=20,
        )

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        token = self.cookies.get("apranova_csrf")
        if token and "X-CSRFToken" not in request.headers:
            request.headers["X-CSRFToken"] = token
        return super().send(request, **options)

    def sign_in(self, email: str, password: str) -> httpx.Response:
        self.get("/api/auth/browser/v1/config")
        return self.post("/api/auth/browser/v1/auth/login", json={"email": email, "password": password})
