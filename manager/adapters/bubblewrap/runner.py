"""`TaskRunner` for bubblewrap sandboxes."""

from __future__ import annotations

from manager.adapters.sandbox_engine.client import SandboxEngineTaskRunner


class BubblewrapTaskRunner(SandboxEngineTaskRunner):
    """A task is a sandbox of the engine daemon; a home can be mounted into it while it runs."""

    late_binding = True
    isolation = "bubblewrap"
