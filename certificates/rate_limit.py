"""How many answers an address gets, so that a forged sender is never flooded through us."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass

EACH_PER_S, EACH_BURST = 20.0, 40.0
ALL_PER_S, ALL_BURST = 500.0, 1000.0
NETWORKS_MAX = 4096


@dataclass
class _Bucket:
    tokens: float
    at: float

    def take(self, now: float, per_s: float, burst: float) -> bool:
        self.tokens = min(burst, self.tokens + (now - self.at) * per_s)
        self.at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class RateLimit:
    """Token buckets for each network (/24, /56) and for all. `now` is monotonic seconds."""

    def __init__(self) -> None:
        self._each: OrderedDict[str, _Bucket] = OrderedDict()
        self._all = _Bucket(ALL_BURST, 0.0)

    def allows(self, address: str, now: float) -> bool:
        network = _network(address)
        bucket = self._each.pop(network, None) or _Bucket(EACH_BURST, now)
        self._each[network] = bucket  # the newest at the end
        if len(self._each) > NETWORKS_MAX:
            self._each.popitem(last=False)
        return bucket.take(now, EACH_PER_S, EACH_BURST) and self._all.take(now, ALL_PER_S, ALL_BURST)


def _network(address: str) -> str:
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return str(ipaddress.ip_network((found, 24 if found.version == 4 else 56), strict=False))
