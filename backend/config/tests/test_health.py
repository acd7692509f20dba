from __future__ import annotations

import time

from redis.exceptions import ConnectionError as RedisConnectionError

from backend.config import health
from contract.manager import DiskView


def test_everything_up_is_a_200(browser):
    answer = browser().get("/api/health/")
    assert answer.status_code == 200
    assert answer.json()["state"] == "up"
    assert {answer.json()[name]["state"] for name in ("database", "redis", "manager")} == {"up"}


def test_a_manager_that_is_down_is_a_503_that_says_so(browser, manager):
    manager.unreachable = True
    answer = browser().get("/api/health/")
    assert answer.status_code == 503
    assert answer.json()["manager"] == {"state": "down", "detail": "ApraNovaError"}
    assert answer.json()["database"]["state"] == "up"


def test_a_redis_that_is_down_is_a_503_that_says_so(browser, monkeypatch):
    def broken():
        raise RedisConnectionError("gone")

    monkeypatch.setattr(health, "ask_redis", broken)
    answer = browser().get("/api/health/")
    assert answer.status_code == 503
    assert answer.json()["redis"]["state"] == "down"


def test_a_nearly_full_disk_is_said_in_words_and_is_no_outage(browser, manager):
    assert browser().get("/api/health/").json()["disk"] == {"state": "not_watched", "detail": ""}
    manager.disk = DiskView(nearly_full=False, text="The disk")
    assert browser().get("/api/health/").json()["disk"]["state"] == "ok"
    manager.disk = DiskView(nearly_full=True, text="The disk is full")
    answer = browser().get("/api/health/")
    assert (answer.status_code, answer.json()["state"]) == (200, "up")
    assert answer.json()["disk"]["state"] == "nearly_full"
    assert "saved and stopped" in answer.json()["disk"]["detail"]


def test_a_backup_that_fails_is_said_and_is_no_outage(browser, settings, tmp_path):
    assert browser().get("/api/health/").json()["backup"] == {"state": "not_kept_here", "detail": ""}
    settings.BACKUP_RECORD = tmp_path / "backup.json"
    settings.BACKUP_RECORD.write_text(f'{{"succeeded_at": {time.time()}}}')
    assert browser().get("/api/health/").json()["backup"]["state"] == "ok"
    for failing in ('{"failure": "the disk is away"}', '{"succeeded_at": 1}'):
        settings.BACKUP_RECORD.write_text(failing)
        answer = browser().get("/api/health/")
        assert (answer.status_code, answer.json()["state"]) == (200, "up")
        assert answer.json()["backup"]["state"] == "failing"
        assert "the disk is away" not in answer.text
