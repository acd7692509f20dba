"""Starts an image as the platform does, but without a network, and checks it."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from dataclasses import dataclass
from pathlib import Path

from containers.catalogue import Image
from containers.engine import Engine
from contract.agent import CONFIG_VARIABLE, TaskConfig
from contract.names import SLOT_FOLDER, WorkspaceKind
from contract.wire import to_json

HEALTHY_WITHIN_S = 120.0
STOP_GRACE_S = 20
KILLED = 137
AGENT_PORT = 8080
_ASK_AGENT = Path(__file__).with_name("ask_agent.py")


class NotWell(Exception):
    """The image is not as the platform expects. The text says how, with the end of its log."""


@dataclass(frozen=True)
class Seen:
    """What a good image showed."""

    uid: int
    size_bytes: int
    healthy_s: float
    stopped_s: float
    agent: str = ""
    """Of a workspace: time until it could be claimed, and the status of its first page."""


def smoke(engine: Engine, image: Image, tag: str) -> Seen:
    """Raises NotWell and EngineFailed; leaves no container behind."""
    about = engine.inspect(tag)
    # Docker has it in the configuration, Podman next to it.
    probe = ((about["Config"].get("Healthcheck") or about.get("Healthcheck") or {}).get("Test") or [])[1:]
    if not probe:
        raise NotWell(f"{tag} has no HEALTHCHECK. Podman builds keep it only with --format docker")
    token = secrets.token_hex(16)
    volumes = [SLOT_FOLDER] if image.kind else []
    container = engine.start(tag, environment=_environment(image, token), volumes=volumes)
    try:
        uid = _uid(engine, container)
        _root_is_read_only(engine, container)
        healthy_s = _wait_until_healthy(engine, container, probe)
        agent = _ask_agent(engine, container, token) if image.kind else ""
        stopped_s = _stop(engine, container)
    except NotWell as problem:
        raise NotWell(f"{tag}: {problem}\n{_tail(engine.logs(container))}") from None
    finally:
        engine.remove(container)
    return Seen(uid, int(about["Size"]), healthy_s, stopped_s, agent)


def _environment(image: Image, token: str) -> dict[str, str]:
    """The fewest variables with which each image starts; there is no network."""
    if image.kind:
        config = TaskConfig(
            task_id="task-aaaaaaaaaaaaaaaa",
            kind=WorkspaceKind(image.kind),
            agent_token="",
            agent_token_digest=hashlib.sha256(token.encode()).hexdigest(),
            listen=f"0.0.0.0:{AGENT_PORT}",
        )
        return {CONFIG_VARIABLE: json.dumps(to_json(config))}
    public = {"APRANOVA_PUBLIC_URL": "https://school.example", "APRANOVA_WORKSPACES_DOMAIN": "ws.school-work.example"}
    match image.name:
        case "gateway":
            return public
        case "backend":
            return public | {
                "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/nothing",
                "REDIS_URL": "redis://127.0.0.1:9/0",
                "APRANOVA_MANAGER_ENDPOINT": "http://127.0.0.1:9",
                "APRANOVA_SECRET_KEY": secrets.token_hex(32),
                "APRANOVA_IDENTITY_PRIVATE_KEY": secrets.token_urlsafe(32),
                "APRANOVA_ISOLATION": "ecs",
            }
    return {}


def _uid(engine: Engine, container: str) -> int:
    done = engine.execute(container, ["id", "-u"])
    if done.returncode != 0:
        raise NotWell(f"it ended at once ({done.stderr.strip()})")
    if int(done.stdout) == 0:
        raise NotWell("it runs as root")
    return int(done.stdout)


def _root_is_read_only(engine: Engine, container: str) -> None:
    """As root, so that owners and modes cannot hide a writable root."""
    script = 'for folder; do touch "$folder/smoke-test" 2>/dev/null && echo "$folder"; done; true'
    done = engine.execute(container, ["sh", "-c", script, "sh", "/", "/opt", "/etc", "/usr"], user="0")
    if done.returncode != 0 or done.stdout.strip():
        raise NotWell(f"{done.stdout.strip() or done.stderr.strip()} can be written")


def _wait_until_healthy(engine: Engine, container: str, probe: list[str]) -> float:
    began = time.monotonic()
    while True:
        done = engine.execute(container, probe)
        seconds = time.monotonic() - began
        if done.returncode == 0:
            return seconds
        if not engine.state(container)["Running"]:
            raise NotWell("it ended by itself")
        if seconds > HEALTHY_WITHIN_S:
            raise NotWell(f"its health check failed for {seconds:.0f} s: {(done.stderr or done.stdout).strip()[-300:]}")
        time.sleep(0.2)


def _ask_agent(engine: Engine, container: str, token: str) -> str:
    """A task's whole way without a student: warm, ready, claimed, first page."""
    script = _ASK_AGENT.read_text()
    done = engine.execute(container, ["/usr/bin/python3", "-I", "-c", script, token, str(HEALTHY_WITHIN_S - 20)])
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        raise NotWell(f"its agent could not be asked: {done.stderr.strip()[-300:]}") from None
    if answer["failure"]:
        raise NotWell(answer["failure"])
    if answer["page"] >= 500:
        raise NotWell(f"the claimed application answers {answer['page']}")
    return f"ready after {answer['ready_s']} s, claimed, first page answered with {answer['page']}"


def _stop(engine: Engine, container: str) -> float:
    began = time.monotonic()
    engine.stop(container, grace_s=STOP_GRACE_S)
    if engine.state(container)["ExitCode"] == KILLED:
        raise NotWell(f"it did not end within {STOP_GRACE_S} s of SIGTERM")
    return time.monotonic() - began


def _tail(log: str) -> str:
    return "\n".join(f"  | {line}" for line in log.splitlines()[-15:])
