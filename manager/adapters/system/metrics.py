"""`Metrics` kept in memory, and shown in Prometheus' text format."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from manager.adapters.system.metric_help import COUNTERS, HISTOGRAMS, Described
from manager.use_cases.gauges import Gauge

PREFIX = "apranova_manager_"
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 1.0, 2.0, 5.0, 15.0, 60.0)
_SERIES_MAX = 1_000

_Series = tuple[str, tuple[tuple[str, str], ...]]


class PrometheusMetrics(Collector):
    """Counters and histograms. Labels come from our own enums; the number of series is limited.

    The library's own counters want their labels when they are made, and `Metrics` takes them with
    the value; so only what is shown goes through the library.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counters: dict[_Series, float] = dict.fromkeys(_shown_from_the_start(COUNTERS), 0.0)
        self._histograms: dict[_Series, list[float]] = {
            series: _no_values() for series in _shown_from_the_start(HISTOGRAMS)
        }

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
            cells = self._histograms.setdefault(series, _no_values())
            for index, bound in enumerate(_BUCKETS):
                cells[index] += value <= bound
            cells[-2] += 1
            cells[-1] += value

    def collect(self) -> Iterator[Metric]:
        with self._lock:
            counters = sorted(self._counters.items())
            histograms = sorted((series, list(cells)) for series, cells in self._histograms.items())
        families: dict[str, CounterMetricFamily] = {}
        for (name, labels), value in counters:
            if name not in families:
                families[name] = CounterMetricFamily(PREFIX + name, _help(COUNTERS, name))
            families[name].add_sample(f"{PREFIX}{name}", dict(labels), value)
        yield from families.values()
        shown: dict[str, HistogramMetricFamily] = {}
        for (name, labels), cells in histograms:
            family = shown.setdefault(name, HistogramMetricFamily(PREFIX + name, _help(HISTOGRAMS, name)))
            for bound, count in zip((*_BUCKETS, "+Inf"), cells, strict=False):
                family.add_sample(f"{PREFIX}{name}_bucket", {**dict(labels), "le": str(bound)}, count)
            family.add_sample(f"{PREFIX}{name}_count", dict(labels), cells[-2])
            family.add_sample(f"{PREFIX}{name}_sum", dict(labels), cells[-1])
        yield from shown.values()

    def text(self, gauges: Callable[[], Iterable[Gauge]] = tuple) -> bytes:
        """Everything counted, and the gauges as they are now."""
        registry = CollectorRegistry()
        registry.register(self)
        registry.register(_Gauges(gauges))
        return generate_latest(registry)


class _Gauges(Collector):
    def __init__(self, gauges: Callable[[], Iterable[Gauge]]) -> None:
        self._gauges = gauges

    def describe(self) -> Iterable[Metric]:
        """Keeps the registry from collecting once more, only to learn the names."""
        return ()

    def collect(self) -> Iterator[Metric]:
        for gauge in self._gauges():
            family = GaugeMetricFamily(PREFIX + gauge.name, gauge.help)
            for labels, value in gauge.samples:
                family.add_sample(family.name, dict(labels), value)
            yield family


def _no_values() -> list[float]:
    return [0.0] * (len(_BUCKETS) + 2)


def _shown_from_the_start(described: Mapping[str, Described]) -> Iterator[_Series]:
    for name, what in described.items():
        for labels in what.series():
            yield name, labels


def _help(described: Mapping[str, Described], name: str) -> str:
    return described[name].help if name in described else name
