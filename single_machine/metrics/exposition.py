"""The answer to a scrape: what the parts say, and what only the supervisor knows.

Names and labels are for every school alike; a test compares them with monitoring/.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from contract.backup import BackupRecord
from single_machine.metrics.parts import Parts

_STATUS_CLASSES = ("1xx", "2xx", "3xx", "4xx", "5xx")
_BY_PART = {"by_address": "address", "by_workspace": "workspace"}


@dataclass(frozen=True)
class CertificateFigures:
    end: float
    """0 while there is none that browsers would accept."""
    needs_a_person: bool
    """It ends soon, or there is none, and nothing has renewed it."""


@dataclass(frozen=True)
class SupervisorFigures:
    """None stands for what this school does not have."""

    memory: Mapping[str, int] = field(default_factory=dict)
    """Process → bytes."""
    restarts: Mapping[str, int] = field(default_factory=dict)
    """Process → how often it was started again after it had died."""
    certificate: CertificateFigures | None = None
    backup: BackupRecord | None = None
    admin_mail_failures: int = 0


def exposition(parts: Parts, figures: SupervisorFigures) -> bytes:
    registry = CollectorRegistry()
    registry.register(_Families(parts, figures))
    return generate_latest(registry) + parts.manager + parts.backend


class _Families(Collector):
    def __init__(self, parts: Parts, figures: SupervisorFigures) -> None:
        self._parts, self._figures = parts, figures

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterator[Metric]:
        yield _gauges(
            "part_up", "1: this part answers.", "part", {name: int(up) for name, up in self._parts.up.items()}
        )
        yield from _supervisor(self._figures)
        if self._figures.backup is not None:
            yield from _backup(self._figures.backup)
        if self._parts.gateway:
            yield from _gateway(self._parts.gateway)


def _supervisor(figures: SupervisorFigures) -> Iterator[Metric]:
    yield _gauges("process_memory_bytes", "Memory of each process, shared pages in parts.", "process", figures.memory)
    restarts = CounterMetricFamily("apranova_process_restarts", "Restarts of a process that died.", labels=["process"])
    for name, count in figures.restarts.items():
        restarts.add_metric([name], count)
    yield restarts
    yield CounterMetricFamily(
        "apranova_admin_mail_failures", "Warnings to the admins that could not be mailed.", figures.admin_mail_failures
    )
    if figures.certificate is not None:
        end, needs_a_person = figures.certificate.end, figures.certificate.needs_a_person
        yield _gauge("certificate_end_timestamp_seconds", "When the certificate ends; 0: there is no valid one.", end)
        yield _gauge("certificate_needs_a_person", "1: it ends soon, and was not renewed by itself.", needs_a_person)


def _backup(record: BackupRecord) -> Iterator[Metric]:
    yield _gauge("backup_success_timestamp_seconds", "When the newest backup began; 0: none yet.", record.succeeded_at)
    yield _gauge("backup_proof_timestamp_seconds", "When a backup was last restored on trial.", record.proved_at)
    yield _gauge(
        "backup_healthy", "0: the last backup or the last trial of one failed, or lacked something.", record.healthy
    )
    yield _gauge("backup_size_bytes", "What the newest backup holds, before compression.", record.bytes)
    yield _gauge("backup_duration_seconds", "How long the newest backup took.", record.seconds)


def _gateway(found: Mapping[str, int]) -> Iterator[Metric]:
    prefix = "http.gateway.downstream_"
    requests = CounterMetricFamily(
        "apranova_gateway_requests", "Answers of the gateway, by the class of their status.", labels=["status"]
    )
    for status in _STATUS_CLASSES:
        requests.add_metric([status], found.get(f"{prefix}rq_{status}", 0))
    yield requests
    limited = CounterMetricFamily(
        "apranova_gateway_rate_limited", "Requests refused because there were too many.", labels=["by"]
    )
    for name, label in _BY_PART.items():
        counted = sum(
            value for key, value in found.items() if key.startswith(f"{name}.") and key.endswith(".rate_limited")
        )
        limited.add_metric([label], counted)
    yield limited
    yield _gauge("gateway_connections", "Open connections of browsers.", found.get(f"{prefix}cx_active", 0))
    yield _gauge("gateway_websockets", "Open WebSockets, as of editors.", found.get(f"{prefix}cx_upgrades_active", 0))


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"apranova_{name}", text, value)


def _gauges(name: str, text: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"apranova_{name}", text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family
