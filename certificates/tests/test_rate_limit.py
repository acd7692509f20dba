"""How many answers an address gets."""

from __future__ import annotations

from certificates.rate_limit import ALL_BURST, EACH_BURST, NETWORKS_MAX, RateLimit


def test_the_allowance_is_of_a_network_and_grows_again() -> None:
    limit = RateLimit()
    assert all(limit.allows(f"192.0.2.{number}", 0.0) for number in range(int(EACH_BURST)))
    assert not limit.allows("192.0.2.200", 0.0)
    assert not limit.allows("::ffff:192.0.2.7", 0.0), "the same network, written as IPv6"
    assert limit.allows("198.51.100.1", 0.0), "another network has its own"
    assert limit.allows("192.0.2.200", 1.0)


def test_one_ipv6_customer_is_one_network() -> None:
    limit = RateLimit()
    assert sum(limit.allows(f"2001:db8:0:{number:x}::1", 0.0) for number in range(200)) == EACH_BURST


def test_all_together_have_a_limit_and_the_table_too() -> None:
    limit = RateLimit()
    addresses = [f"10.{number // 256}.{number % 256}.1" for number in range(2 * NETWORKS_MAX)]
    assert sum(limit.allows(address, 0.0) for address in addresses) == ALL_BURST
    assert len(limit._each) == NETWORKS_MAX
