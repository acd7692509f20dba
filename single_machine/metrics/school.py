"""Brings together what a scrape of this school shows."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from single_machine.backup.record import read_record
from single_machine.certificate_report import Health, find_report
from single_machine.metrics.exposition import CertificateFigures, SupervisorFigures, exposition
from single_machine.metrics.parts import ask_parts
from single_machine.processes import Processes
from single_machine.settings import Settings
from single_machine.status import resident_bytes

MEMORY_EVERY_S = 60.0


class SchoolMetrics:
    def __init__(
        self, settings: Settings, processes: Processes, *, manager_endpoint: str, admin_mail_failures: Callable[[], int]
    ) -> None:
        self._settings, self._processes = settings, processes
        self._manager_endpoint = manager_endpoint
        self._admin_mail_failures = admin_mail_failures

        self._memory: dict[str, int] = {}
        self._memory_read_at = float("-inf")

    def text(self) -> bytes:
        run = self._settings.run
        parts = ask_parts(
            manager_endpoint=self._manager_endpoint,
            backend_socket=run / "backend.sock",
            envoy_socket=run / "envoy" / "admin.sock",
            host=urlsplit(self._settings.public_url).netloc,
        )
        return exposition(parts, self._figures())

    def _figures(self) -> SupervisorFigures:
        return SupervisorFigures(
            memory=self._process_memory(),
            restarts=self._processes.restarts(),
            certificate=self._certificate(),
            backup=read_record(self._settings) if self._settings.backup else None,
            admin_mail_failures=self._admin_mail_failures(),
        )

    def _process_memory(self) -> dict[str, int]:
        """At most once a minute: the kernel walks all pages of a process for it."""
        now = time.monotonic()
        if now - self._memory_read_at >= MEMORY_EVERY_S:
            read = {name: resident_bytes(pid) for name, pid in self._processes.pids().items()}
            self._memory = {name: used for name, used in read.items() if used is not None}
            self._memory_read_at = now
        return self._memory

    def _certificate(self) -> CertificateFigures | None:
        report = find_report(self._settings, dt.datetime.now(dt.UTC))
        if report is None:
            return None
        end = report.not_after.timestamp() if report.not_after else 0.0
        return CertificateFigures(end, needs_a_person=report.health in (Health.ENDS_SOON, Health.MISSING))
