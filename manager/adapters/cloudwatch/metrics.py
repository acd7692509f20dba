"""`Metrics` as log lines in CloudWatch's embedded metric format (EMF): no request, no waiting.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html

CloudWatch bills each name with each set of label values by the month, and the manager has more than
a hundred. So only WATCHED, what an alarm or the dashboard looks at, becomes a metric. The rest goes
into one more log line, where Logs Insights can count it.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from manager.ports.clock import Clock

UNCOUNTED = frozenset({"invocations_total", "door_requests_total"})
"""Lambda counts these itself, and the backend asks several times a second."""
VALUES_MAX = 100
"""The most values of one metric in a line."""
_SERIES_MAX = 1_000

_Series = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True)
class Watched:
    labels: tuple[str, ...] = ()
    """Those that become dimensions; the others are summed over."""
    only: Mapping[str, str] = field(default_factory=dict)
    """It is watched only if these labels have these values."""


WATCHED: Mapping[str, Watched] = {
    "launches_total": Watched(("path",)),
    "launch_failures_total": Watched(),
    "claim_seconds": Watched(),
    "task_start_seconds": Watched(),
    "sweep_seconds": Watched(),
    "pool_ready": Watched(),
    "prepare_failures_total": Watched(),
    "sweeps_incomplete_total": Watched(),
    "saves_given_up_total": Watched(),
    "snapshots_total": Watched(("result",)),
    "restores_total": Watched(("result",)),
    "actions_total": Watched(("action", "result"), only={"action": "StopOrphan", "result": "done"}),
}


class EmfMetrics:
    """Kept until `flush`, at the end of an invocation: a counter is one number in one line."""

    def __init__(
        self, *, namespace: str, service: str, clock: Clock, write: Callable[[str], None] | None = None
    ) -> None:
        self._namespace = namespace
        self._service = service
        self._clock = clock
        self._write = write or _print
        self._lock = threading.Lock()
        self._counted: dict[_Series, float] = {}
        self._observed: dict[_Series, list[float]] = {}

    def count(self, name: str, value: float = 1.0, **labels: str) -> None:
        if name in UNCOUNTED:
            return
        series = (name, tuple(sorted(labels.items())))
        with self._lock:
            if series in self._counted or len(self._counted) < _SERIES_MAX:
                self._counted[series] = self._counted.get(series, 0.0) + value

    def observe(self, name: str, value: float, **labels: str) -> None:
        series = (name, tuple(sorted(labels.items())))
        with self._lock:
            if series in self._observed or len(self._observed) < _SERIES_MAX:
                self._observed.setdefault(series, []).append(value)

    def flush(self) -> None:
        """Write what was collected, and forget it."""
        with self._lock:
            counted, self._counted = self._counted, {}
            observed, self._observed = self._observed, {}
        metrics: dict[_Series, list[float]] = {}
        rest: dict[str, float] = {}
        for (name, labels), value in counted.items():
            series = _watched(name, labels)
            if series is None:
                rest[_words(name, labels)] = value
            else:
                metrics[series] = [sum(metrics.get(series, ()), value)]
        for (name, labels), values in observed.items():
            series = _watched(name, labels)
            if series is None:
                rest[_words(name, labels)] = round(sum(values), 6)
            else:
                metrics.setdefault(series, []).extend(values)
        lines = [
            self._line(name, labels, values[start : start + VALUES_MAX])
            for (name, labels), values in metrics.items()
            for start in range(0, len(values), VALUES_MAX)
        ]
        if rest:
            lines.append(json.dumps({"service": self._service, "counted": rest}))
        if lines:
            self._write("\n".join(lines))

    def _line(self, name: str, labels: tuple[tuple[str, str], ...], values: list[float]) -> str:
        unit = "Seconds" if name.endswith("_seconds") else "Count"
        described = {
            "Namespace": self._namespace,
            "Dimensions": [["service", *(label for label, _ in labels)]],
            "Metrics": [{"Name": name, "Unit": unit}],
        }
        about = {"Timestamp": int(self._clock.now() * 1000), "CloudWatchMetrics": [described]}
        value = values[0] if len(values) == 1 else values
        return json.dumps({"_aws": about, "service": self._service, **dict(labels), name: value})


def _watched(name: str, labels: tuple[tuple[str, str], ...]) -> _Series | None:
    watched = WATCHED.get(name)
    given = dict(labels)
    if watched is None or any(given.get(label) != value for label, value in watched.only.items()):
        return None
    return name, tuple((label, given.get(label, "")) for label in watched.labels)


def _words(name: str, labels: tuple[tuple[str, str], ...]) -> str:
    return " ".join((name, *(f"{label}={value}" for label, value in labels)))


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
