from __future__ import annotations

import base64
import http.client
import json
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.tests.task_process import SECRET
from contract.names import IDENTITY_HEADER, LAUNCH_SECRET_HEADER
from images.superset.build import KIND
from images.tests import desk as desks
from images.tests.desk import on_host

GATEWAYS_KEY = Ed25519PrivateKey.generate()


def public_key(key: Ed25519PrivateKey = GATEWAYS_KEY) -> str:
    return base64.urlsafe_b64encode(key.public_key().public_bytes_raw()).decode().rstrip("=")


def identity_token(workspace_id: str, *, key: Any = GATEWAYS_KEY, algorithm: str = "EdDSA", **changes: Any) -> str:
    """As the gateway makes it."""
    now = int(time.time())
    claims = {"iss": "apranova", "aud": workspace_id, "sub": "u-1", "name": "Ada", "email": "ada@example.org", "role": "student", "iat": now, "exp": now + 60, **changes}  # fmt: skip
    return jwt.encode({name: value for name, value in claims.items() if value is not None}, key, algorithm=algorithm)


@pytest.fixture(scope="session")
def image() -> dict[str, Any]:
    return desks.built(KIND)


def in_superset(image: dict[str, Any], home: Path, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a script in the image's Python, where Superset is."""
    environment = {"PYTHONPATH": on_host(image, "/opt/apranova"), "HOME": str(home), "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}  # fmt: skip
    words = [on_host(image, "/opt/superset/bin/python"), "-W", "ignore", "-c", script, *arguments]
    return subprocess.run(words, env=environment, cwd=home, capture_output=True, text=True, check=False)


class Parent:
    """A prefork template; `fork` puts a child at a link."""

    def __init__(self, image: dict[str, Any]) -> None:
        environment = {**image["environment"], "PATH": "/usr/bin:/bin", "PYTHONPATH": on_host(image, "/opt/apranova"), "PYTHONDONTWRITEBYTECODE": "1"}  # fmt: skip
        script = Path(__file__).with_name("prefork_template.py")
        self.process = subprocess.Popen(
            [on_host(image, image["prefork"]["python"]), "-W", "ignore", str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            cwd="/",
        )
        assert self._line().startswith("warm ")

    def fork(self, link: str | Path) -> int:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{link}\n")
        self.process.stdin.flush()
        return int(self._line())

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="session")
def parent(image: dict[str, Any]) -> Iterator[Parent]:
    warmed = Parent(image)
    yield warmed
    warmed.close()


class Answer:
    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def __repr__(self) -> str:
        return f"<{self.status} {self.body[:300]!r}>"


class Desk(desks.Desk):
    """One student's workspace, with the identity tokens that the gateway would make."""

    def __init__(self, image: dict[str, Any], folder: Path, parent: Parent | None, *, wanted_now: bool = False, **claim: str) -> None:  # fmt: skip
        super().__init__(image, folder)
        self._wanted_now = wanted_now
        self._parent = parent
        self.workspace_id = "ws-" + "".join(secrets.choice("abcdefghij") for _ in range(10))
        self._claim = {"workspace_id": self.workspace_id, "identity_key": public_key(), "portal_url": "http://localhost:8080/", **claim}  # fmt: skip
        self._cookie = ""
        self._csrf = ""
        self.start()

    @property
    def metadata(self) -> Path:
        return self.home / ".superset/superset.db"

    def start(self, *, claim: bool = True) -> None:
        self.start_task(kind="superset", preforked=self._parent is not None, wanted_now=self._wanted_now)
        self.child = 0
        if self._parent is not None:
            link = self.task.log.with_name("superset.sock")
            self.task.control("GET", "status")
            while not link.exists():
                time.sleep(0.002)
            self.child = self._parent.fork(link)
        self.task.wait_for("ready", timeout_s=90)
        if claim:
            self.claim()

    def claim(self) -> None:
        status, answer = self.task.claim(**self._claim)
        assert status == 200, answer

    def token(self, **changes: Any) -> str:
        return identity_token(self.workspace_id, **changes)

    def request(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        token: str | None = None,
    ) -> Answer:
        """As the gateway does it, through the agent. `token`: not a good one; '' for none."""
        with self.task.connect() as client:
            client.settimeout(120)
            connection = http.client.HTTPConnection("localhost")
            connection.sock = client
            all_headers = {LAUNCH_SECRET_HEADER: SECRET, **(headers or {})}
            if token is None:
                token = self.token()
            if token:
                all_headers[IDENTITY_HEADER] = token
            connection.request(method, target, body, all_headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())

    def api(self, method: str, target: str, message: Any = None, **more: Any) -> Answer:
        """As Superset's pages do it, with the session's cookie and token against forgery."""
        headers = {"content-type": "application/json", **self.session(), **more.pop("headers", {})}
        body = None if message is None else json.dumps(message).encode()
        return self.request(method, target, body, headers, **more)

    def session(self) -> dict[str, str]:
        if not self._csrf:
            answer = self.request("GET", "/api/v1/security/csrf_token/")
            assert answer.status == 200, answer
            self._csrf = answer.json["result"]
            self._cookie = answer.headers["set-cookie"].split(";")[0]
        return {"cookie": self._cookie, "x-csrftoken": self._csrf, "referer": "http://localhost/sqllab/"}

    def query(self, sql: str, *, database: int = 1, **more: Any) -> Answer:
        message = {"database_id": database, "sql": sql, "runAsync": False, "schema": "main", "client_id": secrets.token_hex(5), **more}  # fmt: skip
        return self.api("POST", "/api/v1/sqllab/execute/", message)

    def upload(self, name: str, content: bytes, *, file: str = "data.csv", kind: str = "csv", target: str = "2/upload/", **fields: str) -> Answer:  # fmt: skip
        boundary = "--------------------------1"
        parts = b""
        for field, value in {"type": kind, "table_name": name, "already_exists": "replace", **fields}.items():
            parts += f'--{boundary}\r\ncontent-disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode()
        parts += f'--{boundary}\r\ncontent-disposition: form-data; name="file"; filename="{file}"\r\ncontent-type: text/csv\r\n\r\n'.encode()
        parts += content + f"\r\n--{boundary}--\r\n".encode()
        headers = {**self.session(), "content-type": f"multipart/form-data; boundary={boundary}"}
        return self.request("POST", f"/api/v1/database/{target}", parts, headers)

    def stop(self) -> None:
        """As the manager stops a task: save, then end."""
        assert self.task.control("POST", "save")[1]["saved"] is True
        assert self.task.end() == 0
        self._end_child()

    def kill(self) -> None:
        self._end_child()
        super().kill()

    def close(self) -> None:
        self._end_child()
        super().close()

    def _end_child(self) -> None:
        """Without a sandbox nothing else ends what somebody else forked."""
        if self.child:
            with suppress(ProcessLookupError):
                os.kill(self.child, signal.SIGKILL)
        self.child = 0


@pytest.fixture
def new_desk(image: dict[str, Any], request: pytest.FixtureRequest) -> Iterator[Callable[..., Desk]]:
    with ExitStack() as at_the_end:

        def make(*, preforked: bool = True, wanted_now: bool = False, **claim: str) -> Desk:
            folder = at_the_end.enter_context(desks.short_folder())
            parent = request.getfixturevalue("parent") if preforked else None
            desk = Desk(image, folder, parent, wanted_now=wanted_now, **claim)
            at_the_end.callback(desk.close)
            return desk

        yield make


@pytest.fixture
def desk(new_desk: Callable[..., Desk]) -> Desk:
    return new_desk()
