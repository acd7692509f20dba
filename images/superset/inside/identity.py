"""Who is asking: the gateway's identity token, verified before Superset sees the request.

There is no form, no password and no session that could sign anyone in: a request carries an
identity token for this very workspace, or is refused. Everybody whom the gateway lets in (the
student, an instructor who helps) acts as the one local user; the gateway's audit record says who it
was.
"""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from flask import Request
from superset.security import SupersetSecurityManager

from contract.names import IDENTITY_HEADER

USERNAME = "student"
ISSUER = "apranova"
ENVIRON_KEY = "apranova.identity"
"""No header can set it: what comes from a client has HTTP_ in front."""
_HEADER = "HTTP_" + IDENTITY_HEADER.upper().replace("-", "_")
_TRUSTED_ELSEWHERE = ("REMOTE_USER", "AUTH_TYPE", "HTTP_REMOTE_USER", "HTTP_X_REMOTE_USER", "HTTP_X_FORWARDED_USER", "HTTP_X_FORWARDED_EMAIL", "HTTP_X_AUTH_REQUEST_USER", "HTTP_X_GUESTTOKEN", "HTTP_AUTHORIZATION")  # fmt: skip
"""What some programs take for proof of identity; here it proves nothing and goes no further."""
_LEEWAY_S = 30.0
_OPEN_PATHS = ("/health",)

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]


class Refused(Exception):
    """The request carries no valid identity token; the text says why, for the log."""


@dataclass(frozen=True)
class Verifier:
    workspace_id: str
    key: Ed25519PublicKey

    @classmethod
    def of(cls, workspace_id: str, identity_key: str) -> Verifier:
        """`identity_key`: raw Ed25519 public key, base64url. Raises ValueError."""
        raw = base64.urlsafe_b64decode(identity_key + "=" * (-len(identity_key) % 4))
        if not workspace_id or len(raw) != 32:
            raise ValueError("a claim of Superset needs workspace_id and identity_key (32 bytes, base64url)")
        return cls(workspace_id, Ed25519PublicKey.from_public_bytes(raw))

    def verify(self, token: str) -> dict[str, Any]:
        """The claims. Raises Refused."""
        if not token:
            raise Refused("no identity token")
        try:
            return jwt.decode(
                token,
                self.key,
                algorithms=["EdDSA"],
                audience=self.workspace_id,
                issuer=ISSUER,
                leeway=_LEEWAY_S,
                options={"require": ["exp", "iat", "aud", "iss", "sub"], "strict_aud": True},
            )
        except jwt.InvalidTokenError as problem:
            raise Refused(str(problem)) from problem


@dataclass
class Gate:
    """WSGI middleware around Superset. Until the claim there is no verifier, and nobody gets in."""

    application: Application
    verifier: Verifier | None = None
    portal_url: str = ""

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        token = environ.pop(_HEADER, "")
        for name in _TRUSTED_ELSEWHERE:
            environ.pop(name, None)
        environ.pop(ENVIRON_KEY, None)
        path = environ.get("PATH_INFO", "")
        if path not in _OPEN_PATHS:
            if self.verifier is None:
                return self._refuse(environ, start_response)
            try:
                environ[ENVIRON_KEY] = self.verifier.verify(token)
            except Refused:
                return self._refuse(environ, start_response)
        if path.startswith(("/login", "/register")):
            start_response("302 Found", [("Location", "/"), ("Content-Length", "0")])
            return [b""]
        return self.application(environ, start_response)

    def _refuse(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if "text/html" in environ.get("HTTP_ACCEPT", "") and environ.get("REQUEST_METHOD") == "GET":
            kind, body = "text/html; charset=utf-8", _page(self.portal_url)
        else:
            kind, body = "application/json", json.dumps({"message": "Open this workspace from ApraNova"})
        data = body.encode()
        headers = [("Content-Type", kind), ("Content-Length", str(len(data))), ("Cache-Control", "no-store")]
        start_response("401 Unauthorized", headers)
        return [data]


class SecurityManager(SupersetSecurityManager):
    """The local user for a request that the gate let in. Guest tokens and API keys are off."""

    def request_loader(self, request: Request) -> Any:
        if not request.environ.get(ENVIRON_KEY):
            return None
        return self.find_user(username=USERNAME)


def _page(portal_url: str) -> str:
    link = f'<p><a href="{html.escape(portal_url, quote=True)}">Go to ApraNova</a></p>' if portal_url else ""
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        '<meta name="color-scheme" content="light dark"><title>Please sign in</title>'
        "<style>body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto;padding:0 1rem}</style>"
        "<h1>Please sign in</h1><p>This workspace opens from ApraNova. Go there, sign in and press "
        f"<em>Launch workspace</em>.</p>{link}</html>"
    )
