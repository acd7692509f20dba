"""What an hour of a workspace costs: its memory times the school's price of a gigabyte-hour.

One price serves for all sizes, because a size's share of the CPU follows from its memory
(contract/sizes.py). Without a price there are hours and no dollars.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

from django.conf import settings

from backend.platform.database_connection import release_connection
from backend.workspaces.sizes import list_sizes
from contract.errors import ApraNovaError
from contract.names import WorkspaceSize

KEPT_S = 300.0
BEFORE_SIZES = WorkspaceSize.MEDIUM
"""What a session counts as that is older than sizes."""

_lock = threading.Lock()
_known: list[tuple[float, Mapping[WorkspaceSize, float]]] = []


def price_per_gb_hour() -> float | None:
    """Dollars; None: the school has set none."""
    return settings.ENVIRONMENT.price_per_gb_hour or None


def price_of_hour() -> Mapping[WorkspaceSize, float] | None:
    """Dollars by size; None: the school has set no price. Raises ApraNovaError when the manager,
    which knows the sizes, does not answer."""
    price = price_per_gb_hour()
    if price is None:
        return None
    return {size: gigabytes * price for size, gigabytes in _gigabytes().items()}


def _gigabytes() -> Mapping[WorkspaceSize, float]:
    with _lock:
        if _known and time.monotonic() - _known[0][0] < KEPT_S:
            return _known[0][1]
    release_connection()
    try:
        found = {it.size: it.memory_mib / 1024 for it in list_sizes()}
    except ApraNovaError:
        if not _known:
            raise
        return _known[0][1]  # sizes change with a start of the manager at most
    with _lock:
        _known[:] = [(time.monotonic(), found)]
    return found


def forget_sizes() -> None:
    """For tests: the next look asks the manager."""
    with _lock:
        _known.clear()
