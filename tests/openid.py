"""A real OpenID Connect provider for tests: npm's `oidc-provider`, in a process of its own."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from single_machine.portal_build import node_binary, node_environment, npm_command
from tests.ports import free_port
from tests.waiting import until

SOURCE = Path(__file__).parent / "openid_provider"
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
    program = _installed() / "server.js"
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
        settings_file = Path(folder) / "settings.json"
        settings_file.write_text(json.dumps(settings))
        process = subprocess.Popen(
            [str(node_binary()), str(program), str(settings_file)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            until(lambda: _answers(provider), "the OpenID provider does not answer", within_s=60, every_s=0.1)
            yield provider
        finally:
            process.terminate()
            process.wait(10)


def _answers(provider: OpenIDProvider) -> bool:
    try:
        return httpx.get(f"{provider.issuer}/.well-known/openid-configuration", timeout=5).is_success
    except httpx.TransportError:
        return False


def _installed() -> Path:
    """The provider with its packages, installed once into the tests' cache."""
    lock = hashlib.sha256((SOURCE / "package-lock.json").read_bytes()).hexdigest()[:16]
    cache = Path(os.environ.get("APRANOVA_TEST_CACHE") or tempfile.gettempdir())
    folder = cache / f"openid-provider-{os.getuid()}-{lock}"
    if not folder.exists():
        new = Path(tempfile.mkdtemp(prefix="openid-provider-", dir=cache))
        shutil.copytree(SOURCE, new, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules"))
        subprocess.run([*npm_command(), "ci", "--silent"], cwd=new, env=node_environment(), check=True, timeout=180)
        new.replace(folder)
    shutil.copyfile(SOURCE / "server.js", folder / "server.js")
    return folder
