# ruff: noqa: ARG001, S101  fixtures ask for fixtures, tests assert
"""Fixtures of the backend's tests. Django is set up here, before test modules import models."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from backend.tests import fake_manager, served, servers

PLACE = servers.choose_place()

_ENVIRONMENT = {
    "DATABASE_URL": PLACE.database_url,
    "REDIS_URL": PLACE.redis_url,
    "APRANOVA_MANAGER_ENDPOINT": "http://127.0.0.1:9",
    "APRANOVA_SECRET_KEY": "a-key-for-tests-only-a-key-for-tests-only",
    "APRANOVA_IDENTITY_PRIVATE_KEY": "A" * 43,
    "APRANOVA_PUBLIC_URL": served.PUBLIC_URL,
    "APRANOVA_WORKSPACES_DOMAIN": "ws.localhost:8080",
    "APRANOVA_SCHOOL_NAME": "Test School",
    "APRANOVA_ISOLATION": "bubblewrap",
    "AWS_ACCESS_KEY_ID": "AKIATESTS",
    "AWS_SECRET_ACCESS_KEY": "secret-of-tests",
    "AWS_REGION": "us-east-1",
}


def _set_up_django() -> None:
    """Read the settings from our environment, then give the process its own environment back."""
    before = dict(os.environ)
    os.environ.update(_ENVIRONMENT)
    os.environ["DJANGO_SETTINGS_MODULE"] = "backend.config.settings"
    try:
        import django

        django.setup()
    finally:
        os.environ.clear()
        os.environ.update(before)


_set_up_django()


@pytest.fixture(scope="session", autouse=True)
def _servers() -> Iterator[None]:
    with servers.running(PLACE):
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(_servers: None) -> None:
    """The databases are made after the servers have started."""


@pytest.fixture(scope="session", autouse=True)
def _flush_past_the_append_only_trigger() -> Iterator[None]:
    """Let tests empty the audit table, which its trigger rightly refuses to truncate."""
    from django.db.backends.postgresql.operations import DatabaseOperations

    original = DatabaseOperations.execute_sql_flush

    def flush(self: Any, statements: list[str]) -> None:
        original(self, ["SET session_replication_role = replica", *statements, "RESET session_replication_role"])

    patch = pytest.MonkeyPatch()
    patch.setattr(DatabaseOperations, "execute_sql_flush", flush)
    yield
    patch.undo()


@pytest.fixture(autouse=True)
def _fast_hashes(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def _clean_redis() -> None:
    import redis

    with redis.Redis.from_url(PLACE.redis_url) as client:
        client.flushall()


@pytest.fixture(scope="session")
def _manager_server() -> Iterator[fake_manager.FakeManager]:
    """The fake manager's process-wide endpoint; the backend's one client is built for it."""
    from django.conf import settings

    from backend.workspaces.manager_client import manager_client

    manager = fake_manager.FakeManager()
    with fake_manager.serving(manager) as endpoint:
        settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, manager_endpoint=endpoint)
        manager_client.cache_clear()
        yield manager


@pytest.fixture
def manager(_manager_server: fake_manager.FakeManager) -> fake_manager.FakeManager:
    """The fake manager, empty and well-behaved."""
    _manager_server.reset()
    return _manager_server


@pytest.fixture(scope="session")
def _socket(_servers: None) -> Iterator[Path]:
    """The served backend, without background workers: a test runs a pass itself."""
    from backend.config.asgi import build_application

    with served.serving(build_application(), PLACE.folder / "backend.sock") as path:
        yield path


@pytest.fixture
def _mail_threads(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test leaves to other threads ends before its database is emptied: both would wait for
    each other."""
    from backend.accounts import adapters
    from backend.cohorts import join_requests

    with ThreadPoolExecutor(2) as mails, ThreadPoolExecutor(2) as joins:
        monkeypatch.setattr(adapters, "_mailer", mails)
        monkeypatch.setattr(join_requests, "_worker", joins)
        yield


@pytest.fixture
def browser(
    _socket: Path, _mail_threads: None, _clean_redis: None, manager: fake_manager.FakeManager
) -> Iterator[Callable[[], served.Browser]]:
    """Makes browsers that talk with the served backend; the database is emptied afterwards."""
    opened: list[served.Browser] = []

    def open_one(**options: Any) -> served.Browser:
        opened.append(served.Browser(_socket, **options))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


@pytest.fixture
def person(db: None) -> Callable[..., Any]:
    """Makes people: `person("student", "FSD")`; their password is `served.PASSWORD`."""
    from backend.accounts.roles import Role, Track
    from backend.accounts.services import create_user

    count = 0

    def make(role: str = "student", track: str | None = None, *, email: str | None = None) -> Any:
        nonlocal count
        count += 1
        if role == "student":
            track = track or "FSD"
        return create_user(
            email or f"{role}{count}@school.example",
            name=f"{role.capitalize()} {count}",
            password=served.PASSWORD,
            role=Role(role),
            track=Track(track) if track else None,
            acting_user=None,
        )

    return make


@pytest.fixture
def signed_in(browser: Callable[[], served.Browser], person: Callable[..., Any]) -> Callable[..., served.Browser]:
    """A browser in which a new person of that role has signed in; `.user` is the person."""

    def make(role: str = "student", track: str | None = None) -> served.Browser:
        user = person(role, track)
        one = browser()
        assert one.sign_in(user.email, served.PASSWORD).status_code == 200
        one.user = user  # pyright: ignore[reportAttributeAccessIssue]
        return one

    return make
