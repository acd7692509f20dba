"""`./apranova down`: ask the running `up` to end, and wait until it has."""

from __future__ import annotations

import contextlib

import psutil

from single_machine.progress import say, step
from single_machine.running import find_running
from single_machine.settings import Settings

PATIENCE_S = 40.0


def run(settings: Settings) -> int:
    product = find_running(settings)
    if product is None:
        say("ApraNova is not running.")
        return 0
    process = psutil.Process(product.pid)
    with (
        step("Stopping ApraNova", done="ApraNova stopped; everything is kept"),
        contextlib.suppress(psutil.NoSuchProcess),
    ):
        process.terminate()
        process.wait(PATIENCE_S)
    return 0
