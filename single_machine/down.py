"""`./apranova down`: ask the running `up` to end, and wait until it has."""

from __future__ import annotations

import os
import signal
import time

from single_machine.preflight import CannotGoOn
from single_machine.progress import say, step
from single_machine.running import find_running
from single_machine.settings import Settings

PATIENCE_S = 40.0


def run(settings: Settings) -> int:
    product = find_running(settings)
    if product is None:
        say("ApraNova is not running.")
        return 0
    with step("Stopping ApraNova", done="ApraNova stopped; everything is kept"):
        os.kill(product.pid, signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE_S
        while find_running(settings) is not None:
            if time.monotonic() > deadline:
                raise CannotGoOn(
                    f"process {product.pid} has not ended after {PATIENCE_S:.0f} s. See {settings.logs}. "
                    f"`kill -9 {product.pid}` ends it and all its processes; saved work stays."
                )
            time.sleep(0.1)
    return 0
