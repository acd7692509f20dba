"""`Metrics` kept in memory, and shown in Prometheus' text format."""

from __future__ import annotations

import threading

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 1.0, 2.0, 5.0, 15.0, 60.0)
_SERIES_MAX = 1_000

_Series = tuple[str, tuple[tuple[str, str], ...]]


class PrometheusMetrics:
    """Counters and histograms. Labels come from our own enums; the number of series is limited."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counters: dict[_Series, float] = {}
        self._histograms: dict[_Series, list[float]] = {}

    def count(self, name: str, value: float = 1.0, **labels: str) -> None:
        series = (name, tuple(sorted(labels.items())))
        with self._lock:
            if series in self._counters or len(self._counters) < _SERIES_MAX:
                self._counters[series] = self._counters.get(series, 0.0) + value

    def observe(self, name: str, value: float, **labels: str) -> None:
        series = (name, tuple(sorted(labels.items())))
        with self._lock:
            if series not in self._histograms and len(self._histograms) >= _SERIES_MAX:
                return
            cells = self._histograms.setdefault(series, [0.0] * (len(_BUCKETS) + 2))
            for index, bound in enumerate(_BUCKETS):
                cells[index] += value <= bound
            cells[-2] += 1
            cells[-1] += value

    def text(self) -> str:
        with self._lock:
            counters = sorted(self._counters.items())
            histograms = sorted((series, list(cells)) for series, cells in self._histograms.items())
        lines: list[str] = []
        typed: set[str] = set()

        def declare(name: str, kind: str) -> None:
            if name not in typed:
                typed.add(name)
                lines.append(f"# TYPE apranova_manager_{name} {kind}")

        for (name, labels), value in counters:
            declare(name, "counter")
            lines.append(f"apranova_manager_{name}{_labels(labels)} {value:g}")
        for (name, labels), cells in histograms:
            declare(name, "histogram")
            for bound, count in zip((*_BUCKETS, "+Inf"), cells, strict=False):
                lines.append(f"apranova_manager_{name}_bucket{_labels((*labels, ('le', str(bound))))} {count:g}")
            lines.append(f"apranova_manager_{name}_sum{_labels(labels)} {cells[-1]:g}")
            lines.append(f"apranova_manager_{name}_count{_labels(labels)} {cells[-2]:g}")
        return "\n".join(lines) + "\n"


def _labels(labels: tuple[tuple[str, str], ...]) -> str:
    if not labels:
        return ""
    escaped = ((name, value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")) for name, value in labels)
    return "{" + ",".join(f'{name}="{value}"' for name, value in escaped) + "}"
