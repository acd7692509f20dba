"""`TaskRunner` for plain processes."""

from __future__ import annotations

from manager.adapters.sandbox_engine.client import SandboxEngineTaskRunner


class UnisolatedTaskRunner(SandboxEngineTaskRunner):
    """A task is a child process of the engine daemon with the home as its HOME; it starts with its home or not at all."""

    late_binding = False
    isolation = "none"
