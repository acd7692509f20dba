"""A real OpenID Connect provider for tests: npm's `oidc-provider`, in a process of its own."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.ports import free_port
from tests.sign_in_provider import running_provider

CLIENT_ID = "apranova"
CLIENT_SECRET = "a-secret-of-tests-that-is-long-enough"


@dataclass(frozen=True)
class OpenIDProvider:
    port: int
    people_file: Path

    @property
    def issuer(self) -> str:
        return f"http://localhost:{self.port}"

    def add(self, login: str, **claims: object) -> None:
        """Somebody who signs in there by this name, whatever the password."""
        people = json.loads(self.people_file.read_text())
        self.people_file.write_text(json.dumps({**people, login: claims}))


def openid_settings(port: int) -> dict[str, str]:
    """What a school sets to use the provider at this port."""
    return {
        "APRANOVA_OPENID_ISSUER": f"http://localhost:{port}",
        "APRANOVA_OPENID_NAME": "Nordlicht School",
        "APRANOVA_OPENID_CLIENT_ID": CLIENT_ID,
        "APRANOVA_OPENID_CLIENT_SECRET": CLIENT_SECRET,
    }


@contextmanager
def running_openid(public_url: str, port: int | None = None) -> Iterator[OpenIDProvider]:
    """The provider of one school, which people see at `public_url`."""
    with tempfile.TemporaryDirectory(prefix="openid-") as folder:
        provider = OpenIDProvider(port or free_port(), Path(folder) / "people.json")
        provider.people_file.write_text("{}")
        settings = {
            "port": provider.port,
            "redirectUri": f"{public_url}/api/auth/oidc/openid/callback/",
            "clientId": CLIENT_ID,
            "clientSecret": CLIENT_SECRET,
            "people": str(provider.people_file),
        }
        with running_provider("openid_provider", settings, f"{provider.issuer}/.well-known/openid-configuration"):
            yield provider
