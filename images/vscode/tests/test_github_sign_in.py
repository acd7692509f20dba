"""Sign-in at GitHub: real Git at a terminal, and an HTTP server in GitHub's place."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from images.vscode import github_sign_in

AT_A_TERMINAL = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) != 0)"
PENDING = {"error": "authorization_pending"}


class GitHub:
    """Its device flow: answers as documented, with 200 also for errors."""

    def __init__(self) -> None:
        self.answers: list[dict[str, str]] = []
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.user_code = "WDJB-MJHT"
        school = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                school.asked.append((self.path, {name: value for name, (value,) in parse_qs(body).items()}))
                answer = json.dumps(school.answer(self.path)).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, path: str) -> dict[str, object]:
        if path == "/login/device/code":
            begun = {"device_code": "of-the-device", "user_code": self.user_code, "expires_in": 900, "interval": 0}
            return {**begun, "verification_uri": "https://github.com/login/device"}
        return dict(self.answers.pop(0))


@pytest.fixture
def github() -> Iterator[GitHub]:
    made = GitHub()
    yield made
    made.server.shutdown()
    made.server.server_close()


def fill(home: Path, github: GitHub, *, client_id: str = "of-the-school", terminal: bool = True) -> tuple[str, str]:
    """What Git gets, and what the terminal shows."""
    school = github_sign_in.of_school({"APRANOVA_GITHUB_CLIENT_ID": client_id, "APRANOVA_GITHUB_URL": github.url})
    program = f"!{sys.executable} -IS {Path(github_sign_in.__file__)}"
    own = {"HOME": str(home), "PATH": "/usr/bin:/bin", "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0"}
    (home / "request").write_text(f"protocol=http\nhost={github.url.removeprefix('http://')}\n\n")
    command = ["sh", "-c", "git credential fill < request > filled"]
    if terminal:
        command = [sys.executable, "-c", AT_A_TERMINAL, *command]
    done = subprocess.run(
        command,
        cwd=home,
        env={**own, **github_sign_in.for_git(school, program)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        start_new_session=True,
        check=False,
    )
    return (home / "filled").read_text(), done.stdout


def test_a_person_types_a_code_at_github_and_git_has_a_token(tmp_path: Path, github: GitHub) -> None:
    github.answers = [PENDING, PENDING, {"access_token": "gho_token", "token_type": "bearer"}]
    filled, shown = fill(tmp_path, github)
    assert "username=x-access-token\npassword=gho_token\n" in filled
    assert "Open https://github.com/login/device and enter the code WDJB-MJHT" in shown
    assert github.asked[0] == ("/login/device/code", {"client_id": "of-the-school", "scope": "repo workflow"})
    assert github.asked[-1][1]["device_code"] == "of-the-device"


def test_a_token_that_the_home_remembers_is_not_asked_for_again(tmp_path: Path, github: GitHub) -> None:
    (tmp_path / ".gitconfig").write_text("[credential]\n\thelper = store\n")
    (tmp_path / ".git-credentials").write_text(github.url.replace("//", "//ada:kept@") + "\n")
    assert "password=kept\n" in fill(tmp_path, github)[0]
    assert github.asked == []


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"error": "access_denied", "error_description": "You have said no."}, "You have said no."),
        ({"error": "expired_token"}, "expired_token"),
        ({"nonsense": "1"}, "it did not answer as GitHub does"),
    ],
)
def test_a_refusal_is_said_and_git_asks_for_no_password(
    tmp_path: Path, github: GitHub, answer: dict[str, str], said: str
) -> None:
    github.answers = [answer]
    filled, shown = fill(tmp_path, github)
    assert filled == ""
    assert f"You are not signed in: {said}" in shown


def test_nothing_that_a_terminal_would_obey_is_shown(tmp_path: Path, github: GitHub) -> None:
    github.user_code = "A\x1b]0;title\x07B"
    github.answers = [{"error": "access_denied"}]
    assert "enter the code A]0;titleB" in fill(tmp_path, github)[1]


def test_without_a_terminal_or_without_a_registered_application_git_asks_in_its_own_way(
    tmp_path: Path, github: GitHub
) -> None:
    assert fill(tmp_path, github, terminal=False)[0] == ""
    assert fill(tmp_path, github, client_id="")[0] == ""
    assert github.asked == []


def test_another_host_gets_no_token_of_github() -> None:
    assert github_sign_in.is_for({"protocol": "https", "host": "github.com"}, "https://github.com")
    for protocol, host in (("http", "github.com"), ("https", "github.com.example"), ("https", "example.com")):
        assert not github_sign_in.is_for({"protocol": protocol, "host": host}, "https://github.com")


def test_an_agent_loads_no_client_for_http_only_because_its_workspace_may_sign_in() -> None:
    """It would cost each task 5 MB, and each start 12 ms of a processor."""
    script = "import sys; sys.modules['ssl'] = None; import images.vscode.application; print(*sys.modules)"
    loaded = subprocess.run((sys.executable, "-c", script), capture_output=True, text=True, check=True).stdout.split()
    assert "images.vscode.github_sign_in" in loaded
    assert {"urllib.request", "http.client", "email"}.isdisjoint(loaded)
