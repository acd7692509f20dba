from __future__ import annotations

import threading

from backend.platform.background import BackgroundWorker, WithBackground


def test_a_worker_works_at_once_and_when_woken_also_after_a_failure():
    passes = threading.Semaphore(0)
    count = 0

    def work():
        nonlocal count
        count += 1
        passes.release()
        if count == 1:
            raise RuntimeError("the first pass fails")

    worker = BackgroundWorker("test", work, interval_s=3600)
    worker.wake()  # before it started: nobody need know
    worker.start()
    try:
        assert passes.acquire(timeout=10)
        worker.wake()
        assert passes.acquire(timeout=10)
    finally:
        worker.stop()
    assert not any(thread.name == "test" for thread in threading.enumerate())


async def test_workers_live_as_long_as_the_server():
    alive = []
    worker = BackgroundWorker("test-lifespan", lambda: None, interval_s=3600)

    async def inner(scope, receive, send):
        alive.append((scope["type"], any(it.name == "test-lifespan" for it in threading.enumerate())))

    application = WithBackground(inner, [worker])
    await application({"type": "http"}, None, None)
    await application({"type": "lifespan"}, None, None)
    await application({"type": "http"}, None, None)
    assert alive == [("http", False), ("lifespan", True), ("http", False)]
