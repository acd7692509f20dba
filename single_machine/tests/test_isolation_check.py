"""How the isolation is chosen, and that each refusal names its remedy."""

from __future__ import annotations

import json
import shutil
import socketserver
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from single_machine import isolation_check
from single_machine.isolation_check import choose_isolation, why_no_bubblewrap, why_no_docker
from single_machine.preflight import CannotGoOn

NO_DOCKER = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}


class PretendedDocker(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    tags: tuple[str, ...] = ()
    body: bytes | None = None


class Answer(BaseHTTPRequestHandler):
    server: PretendedDocker

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        body = self.server.body or json.dumps([{"RepoTags": list(self.server.tags)}, {"RepoTags": None}]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def pretended_docker() -> Iterator[PretendedDocker]:
    directory = Path(tempfile.mkdtemp(prefix="dk-", dir="/tmp"))
    with PretendedDocker(str(directory / "docker.sock"), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
    shutil.rmtree(directory)


def at(server: PretendedDocker) -> dict[str, str]:
    return {"DOCKER_HOST": f"unix://{server.server_address}"}


@pytest.mark.parametrize("tag", ["apranova-vscode:4.139.1-abc", "localhost/apranova-vscode:1"])
def test_docker_is_chosen_when_bubblewrap_does_not_work_and_an_image_of_ours_is_built(
    pretended_docker: PretendedDocker, tag: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretended_docker.tags = ("debian:12", tag)
    monkeypatch.setattr(isolation_check, "why_no_bubblewrap", lambda _: "no namespaces.")
    chosen = choose_isolation(Path("/images"), unisolated=False, environment=at(pretended_docker))
    assert chosen.name == "docker"
    assert "nothing in them reaches the internet" in chosen.warnings[0]
    with pytest.raises(CannotGoOn, match=r"bubblewrap: no namespaces(.|\n)*nothing else was tried"):
        choose_isolation(Path("/images"), unisolated=False, wanted="bubblewrap", environment=at(pretended_docker))


def test_where_both_work_it_is_bubblewrap_unless_docker_is_asked_for(
    pretended_docker: PretendedDocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretended_docker.tags = ("apranova-vscode:1",)
    monkeypatch.setattr(isolation_check, "why_no_bubblewrap", lambda _: "")
    for wanted, name in (("", "bubblewrap"), ("bubblewrap", "bubblewrap"), ("docker", "docker")):
        chosen = choose_isolation(Path("/images"), unisolated=False, wanted=wanted, environment=at(pretended_docker))
        assert chosen.name == name
    with pytest.raises(CannotGoOn, match="Start the service"):
        choose_isolation(Path("/images"), unisolated=False, wanted="docker", environment=NO_DOCKER)


def test_docker_needs_a_user_who_can_own_what_containers_write(
    pretended_docker: PretendedDocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretended_docker.tags = ("apranova-vscode:1",)
    monkeypatch.setattr(isolation_check.os, "geteuid", lambda: 1003)
    assert "you are 1003. Start ApraNova as root or as user 1000" in why_no_docker(Path("/"), at(pretended_docker))


def test_docker_without_our_image_is_no_choice(pretended_docker: PretendedDocker) -> None:
    pretended_docker.tags = ("debian:12", "not-apranova-vscode:1")
    assert "no image apranova-" in why_no_docker(Path("/images"), at(pretended_docker))


def test_a_docker_that_talks_nonsense_is_no_choice(pretended_docker: PretendedDocker) -> None:
    pretended_docker.body = b"<html>"
    assert "does not answer" in why_no_docker(Path("/images"), at(pretended_docker))


def test_a_docker_that_is_not_there_or_far_away_is_no_choice() -> None:
    assert "Start the service" in why_no_docker(Path("/images"), NO_DOCKER)
    assert "Unix socket" in why_no_docker(Path("/images"), {"DOCKER_HOST": "tcp://1.2.3.4:2375"})


def test_no_isolation_is_chosen_only_when_asked_for_and_is_warned_of() -> None:
    chosen = choose_isolation(Path("/images"), unisolated=True, environment=NO_DOCKER)
    assert chosen.name == "none"
    assert "NOT isolated" in chosen.warnings[0]


def test_where_nothing_works_the_refusal_names_every_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation_check, "why_no_bubblewrap", lambda _: "no namespaces. sudo sysctl …")
    with pytest.raises(CannotGoOn) as refusal:
        choose_isolation(Path("/images"), unisolated=False, environment=NO_DOCKER)
    for part in ("sudo sysctl", "Start the service", "APRANOVA_UNISOLATED=1"):
        assert part in str(refusal.value)


def test_an_old_kernel_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation_check.platform, "release", lambda: "4.19.0-27-amd64")
    assert "needs Linux 5.10" in why_no_bubblewrap()


def test_a_missing_program_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation_check, "find_bwrap", lambda: None)
    assert "apt install bubblewrap" in why_no_bubblewrap()


@pytest.mark.parametrize(
    ("switch", "value", "remedy"),
    [
        ("_APPARMOR", "1", "apparmor_restrict_unprivileged_userns=0"),
        ("_DEBIAN_SWITCH", "0", "unprivileged_userns_clone=1"),
        ("_NAMESPACES_MAX", "0", "max_user_namespaces=15000"),
    ],
)
def test_what_switches_namespaces_off_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, switch: str, value: str, remedy: str
) -> None:
    for name in ("_APPARMOR", "_DEBIAN_SWITCH", "_NAMESPACES_MAX"):
        monkeypatch.setattr(isolation_check, name, tmp_path / name)
    (tmp_path / switch).write_text(f"{value}\n")
    monkeypatch.setattr(isolation_check, "_try_sandbox", lambda *_: "this user may not have user namespaces.")
    assert remedy in why_no_bubblewrap()


def test_what_the_machine_and_so_its_students_have_not_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(isolation_check, "why_no_bubblewrap", lambda _: "")
    monkeypatch.setattr(isolation_check, "_STUDENTS_PATH", str(tmp_path))
    (warning,) = choose_isolation(Path("/images"), unisolated=False).warnings
    assert "no git and no pip" in warning
    assert "apt install git python3-pip" in warning
    for name in ("git", "pip"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    assert choose_isolation(Path("/images"), unisolated=False).warnings == ()


@pytest.mark.sandbox
def test_a_sandbox_is_really_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if why_no_bubblewrap():
        pytest.skip(why_no_bubblewrap())
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho no room >&2; exit 1\n")
    broken.chmod(0o755)
    for parent in tmp_path.parents:
        if parent.owner() == "root" and parent.name.startswith(("pytest", "popen")):
            parent.chmod(0o755)
    tmp_path.chmod(0o755)
    monkeypatch.setattr(isolation_check, "find_bwrap", lambda: broken)
    assert "no room" in why_no_bubblewrap()
