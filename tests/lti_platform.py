"""A learning platform for tests: OpenLearning's own platform library behind a small HTTP server.

The library signs launches, checks our client assertions and tokens, and reads our answers. The
server is what every platform has around it: its sign-in page, keys, tokens, people and gradebook.
"""

from __future__ import annotations

import html
import json
import re
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from lti1p3platform.exceptions import LtiException
from lti1p3platform.ltiplatform import LTI1P3PlatformConfAbstract
from lti1p3platform.message_launch import LTIAdvantageMessageLaunchAbstract
from lti1p3platform.oidc_login import OIDCLoginAbstract
from lti1p3platform.registration import Registration

CLIENT_ID = "apranova-at-nordlicht"
DEPLOYMENT_ID = "7"
MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
LEARNER = f"{MEMBERSHIP}#Learner"
INSTRUCTOR = f"{MEMBERSHIP}#Instructor"
ASSISTANT = f"{MEMBERSHIP}/Instructor#TeachingAssistant"
ADMINISTRATOR = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator"
SCOPE_OF_MEMBERS = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
SCOPE_OF_LINE_ITEMS = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
SCOPE_OF_SCORES = "https://purl.imsglobal.org/spec/lti-ags/scope/score"


def new_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, form, serialization.NoEncryption()).decode()


@dataclass
class Message:
    """What a click in a course sends."""

    login: str
    course: str
    changes: dict[str, Any] = field(default_factory=dict)
    """Claims that differ; None: left out."""
    custom: dict[str, str] = field(default_factory=dict)
    deep_linking: bool = False


@dataclass
class Platform(LTI1P3PlatformConfAbstract):
    """The platform of one school, where ApraNova is at `tool_url`."""

    tool_url: str
    port: int = 0
    private_key: str = field(default_factory=new_key)
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By login, who is also the subject: name, email, roles."""
    messages: dict[str, Message] = field(default_factory=dict)
    line_items: list[dict[str, Any]] = field(default_factory=list)
    scores: list[dict[str, Any]] = field(default_factory=list)
    refuses: dict[str, int] = field(default_factory=dict)
    """By the beginning of a path: the status with which it answers."""
    page_size: int = 2
    asked: list[str] = field(default_factory=list)
    """Paths, in order."""
    issued: list[str] = field(default_factory=list)
    """Scopes of the tokens, in order."""
    returned: list[dict[str, Any]] = field(default_factory=list)
    """Content items that came back from deep linking."""

    def __post_init__(self) -> None:
        super().__init__()

    def init_platform_config(self, **kwargs: Any) -> None:
        pass

    def get_registration_by_params(self, **_: Any) -> Registration:
        made = Registration().set_iss(self.issuer).set_client_id(CLIENT_ID).set_deployment_id(DEPLOYMENT_ID)
        made.set_launch_url(self.launch_url).set_oidc_login_url(f"{self.tool_url}/api/auth/lti/login/")
        made.set_deeplink_launch_url(f"{self.tool_url}/api/auth/lti/content/")
        made.set_tool_key_set_url(f"{self.tool_url}/api/auth/lti/keys/")
        self._set_key(made)
        return made

    def change_key(self) -> None:
        self.private_key = new_key()
        self._set_key(self.get_registration())

    def _set_key(self, registration: Registration) -> None:
        private = serialization.load_pem_private_key(self.private_key.encode(), None)
        public = private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        registration.set_platform_private_key(self.private_key).set_platform_public_key(public.decode())

    @cached_property
    def issuer(self) -> str:
        """By its number, so that a school at `localhost` is another site, as in life."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def launch_url(self) -> str:
        return f"{self.tool_url}/api/auth/lti/launch/"

    def add(self, login: str, *roles: str, email: str | None = None, name: str = "") -> None:
        self.people[login] = {"roles": list(roles), "email": email, "name": name or login.capitalize()}

    def click(self, login: str, course: str = "algebra", **more: Any) -> str:
        """The address to which the platform sends the person's browser."""
        hint = uuid.uuid4().hex
        self.messages[hint] = Message(login, course, **more)
        begins = _Login(None, self)
        begins.hint = hint
        if self.messages[hint].deep_linking:
            begins.set_deeplinking_launch_url()
        return str(begins.initiate_login(login))

    def answer(self, query: dict[str, str]) -> dict[str, str]:
        """What its page posts to the tool: `id_token`, `state`, and where to."""
        message = self.messages[query["lti_message_hint"]]
        launch = _MessageLaunch(_Request(query), self)
        person = self.people[message.login]
        launch.set_user_data(message.login, person["roles"], person["name"], person["email"])
        launch.set_launch_context_claim(message.course, context_title=f"Course {message.course}")
        launch.set_resource_link_claim(f"link-in-{message.course}")
        launch.set_custom_parameters_claim(message.custom)
        launch.set_nrps(f"{self.issuer}/members/{message.course}")
        launch.set_ags(f"{self.issuer}/gradebook/{message.course}/items")
        if message.deep_linking:
            launch.set_dl(f"{self.issuer}/returned", extra_data={"csrf": "platform's"})
        launch.changes = message.changes
        return launch.lti_launch()

    def members(self, page: int) -> tuple[list[dict[str, Any]], bool]:
        found = [
            {
                "status": person.get("status", "Active"),
                "user_id": login,
                "roles": person["roles"],
                "name": person["name"],
                **({"email": person["email"]} if person["email"] else {}),
            }
            for login, person in self.people.items()
        ]
        start = (page - 1) * self.page_size
        return found[start : start + self.page_size], start + self.page_size < len(found)


class _Login(OIDCLoginAbstract):
    hint = ""

    def set_lti_message_hint(self, **kwargs: Any) -> None:
        pass

    def get_lti_message_hint(self) -> str:
        return self.hint

    def get_redirect(self, url: str) -> str:
        return url


@dataclass
class _Request:
    get_data: dict[str, str]
    form_data: dict[str, str] = field(default_factory=dict)


class _MessageLaunch(LTIAdvantageMessageLaunchAbstract):
    changes: dict[str, Any]

    def get_launch_data(self) -> tuple[dict[str, Any], str]:
        claims, state = super().get_launch_data()
        changed = {**claims, **self.changes}
        return {name: value for name, value in changed.items() if value is not None}, state

    def render_launch_form(self, launch_data: dict[str, Any], **kwargs: Any) -> dict[str, str]:
        return {"action": launch_data["launch_url"], "id_token": launch_data["id_token"], "state": launch_data["state"]}


class _Handler(BaseHTTPRequestHandler):
    platform: Platform

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self._respond({})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        self._respond({"body": body})

    def _respond(self, more: dict[str, str]) -> None:
        parts = urlsplit(self.path)
        platform = self.platform
        platform.asked.append(f"{self.command} {self.path}")
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        status = next((it for path, it in platform.refuses.items() if parts.path.startswith(path)), 0)
        if status:
            self._send(status, b"no")
        elif parts.path == "/mod/lti/certs.php":
            self._json({"keys": platform.get_registration().get_jwks()})
        elif parts.path == "/course":
            frame = f'<iframe width="1000" height="500" src="{html.escape(query["shows"])}"></iframe>'
            self._send(200, f"<h1>A course</h1>{frame}".encode(), "text/html")
        elif parts.path == "/mod/lti/auth.php":
            self._page(platform.answer(query))
        elif parts.path == "/mod/lti/token.php":
            self._token({name: values[0] for name, values in parse_qs(more["body"]).items()})
        elif parts.path == "/returned":
            self._returned({name: values[0] for name, values in parse_qs(more["body"]).items()})
        else:
            self._service(parts.path, query, more.get("body", ""))

    def _page(self, fields: dict[str, str]) -> None:
        inputs = "".join(
            f'<input type="hidden" name="{name}" value="{html.escape(fields[name])}">' for name in ("id_token", "state")
        )
        form = f'<form method="post" action="{fields["action"]}">{inputs}<button>Go on</button></form>'
        self._send(200, f"{form}<script>document.forms[0].submit()</script>".encode(), "text/html")

    def _token(self, form: dict[str, str]) -> None:
        try:
            given = self.platform.get_access_token(form)
        except LtiException as problem:
            self._json({"error": "invalid_client", "why": str(problem)}, status=400)
            return
        self.platform.issued.append(given["scope"])
        self._json(dict(given))

    def _returned(self, form: dict[str, str]) -> None:
        self.platform.returned = self.platform.validate_deeplinking_resp(form)
        self._send(200, b"<p>Added</p>", "text/html")

    def _service(self, path: str, query: dict[str, str], body: str) -> None:
        platform = self.platform
        scope = SCOPE_OF_MEMBERS if path.startswith("/members/") else SCOPE_OF_LINE_ITEMS
        scope = SCOPE_OF_SCORES if path.endswith("/scores") else scope
        token = self.headers.get("authorization", "").removeprefix("Bearer ")
        if not self._allows(token, scope):
            self._send(401, b"no token")
        elif path.startswith("/members/"):
            members, more = platform.members(int(query.get("page", "1")))
            after = f"<{platform.issuer}{path}?page={int(query.get('page', '1')) + 1}>; rel=next" if more else ""
            self._json({"id": path, "context": {"id": path}, "members": members}, link=after)
        elif path.endswith("/scores"):
            platform.scores.append({**json.loads(body), "item": path.removesuffix("/scores")})
            self._json({})
        elif path.endswith("/items"):
            self._items(path, query, body)
        else:
            self._send(404, b"nothing here")

    def _allows(self, token: str, scope: str) -> bool:
        try:
            return self.platform.validate_token(token, [scope])
        except (LtiException, jwt.PyJWTError):
            return False

    def _items(self, path: str, query: dict[str, str], body: str) -> None:
        platform = self.platform
        if self.command == "GET":
            wanted = query.get("resource_id")
            self._json([it for it in platform.line_items if wanted in (None, it.get("resourceId"))])
            return
        made = {**json.loads(body), "id": f"{platform.issuer}{path}/{len(platform.line_items) + 1}"}
        platform.line_items.append(made)
        self._json(made, status=201)

    def _json(self, answer: object, *, status: int = 200, link: str = "") -> None:
        self._send(status, json.dumps(answer).encode(), "application/json", link)

    def _send(self, status: int, body: bytes, kind: str = "text/plain", link: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if link:
            self.send_header("Link", link)
        self.end_headers()
        self.wfile.write(body)


def lti_settings(port: int, **more: str) -> dict[str, str]:
    """What a school sets to use the platform at this port."""
    return {
        "APRANOVA_LTI_ISSUER": f"http://127.0.0.1:{port}",
        "APRANOVA_LTI_NAME": "Nordlicht Moodle",
        "APRANOVA_LTI_CLIENT_ID": CLIENT_ID,
        "APRANOVA_LTI_DEPLOYMENT_IDS": f"{DEPLOYMENT_ID} 8",
        "APRANOVA_LTI_VERIFIED_DOMAINS": "school.example demo.school.example",
        **more,
    }


def fields_of(page: str) -> dict[str, str]:
    """Of the form that a page posts."""
    found = re.findall(r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found}


@contextmanager
def running_lti_platform(tool_url: str, port: int = 0) -> Iterator[Platform]:
    platform = Platform(tool_url)
    handler = type("Handler", (_Handler,), {"platform": platform})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    platform.port = server.server_address[1]
    platform.get_registration()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield platform
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
