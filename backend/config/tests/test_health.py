from __future__ import annotations

from redis.exceptions import ConnectionError as RedisConnectionError

from backend.config import health


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

    monkeypatch.setattr(health, "_ask_redis", broken)
    answer = browser().get("/api/health/")
    assert answer.status_code == 503
    assert answer.json()["redis"]["state"] == "down"
