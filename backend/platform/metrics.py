"""Where this process's counters are registered; `backend/config/metrics.py` shows them."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, disable_created_metrics

disable_created_metrics()  # a second series for each, with when it was made: nothing reads it
REGISTRY = CollectorRegistry()
