"""The price book: what one unit of each AWS service costs, with the date and the source of every price.

Quantities are the model's business; here is only what is read from the file, checked so that a slip of an operator's hand
(a unit changed, an entry lost, a price written as text) is told by name instead of becoming a wrong total.
"""

from __future__ import annotations

import datetime as dt
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from simulator.operator_input import BadInput, meant

OWN_PRICES = Path(__file__).parent / "prices.toml"
SPOT_DISCOUNT = "fargate_spot_discount"

UNITS: Mapping[str, str] = {
    "fargate_x86_vcpu_hour": "vCPU-hour",
    "fargate_x86_gb_hour": "GB-hour",
    "fargate_arm_vcpu_hour": "vCPU-hour",
    "fargate_arm_gb_hour": "GB-hour",
    SPOT_DISCOUNT: "share saved",
    "efs_standard_gb_month": "GB-month",
    "efs_infrequent_gb_month": "GB-month",
    "efs_read_gb": "GB",
    "efs_write_gb": "GB",
    "s3_gb_month": "GB-month",
    "nat_gateway_hour": "gateway-hour",
    "nat_gb": "GB",
    "public_ipv4_hour": "address-hour",
    "alb_hour": "balancer-hour",
    "alb_lcu_hour": "LCU-hour",
    "cloudfront_out_gb": "GB",
    "cloudfront_requests_million": "million requests",
    "waf_acl_month": "ACL-month",
    "waf_rule_month": "rule-month",
    "waf_requests_million": "million requests",
    "route53_zone_month": "zone-month",
    "route53_queries_million": "million queries",
    "rds_t3_medium_hour": "instance-hour",
    "rds_t4g_medium_hour": "instance-hour",
    "rds_r5_large_hour": "instance-hour",
    "rds_r5_xlarge_hour": "instance-hour",
    "rds_r6g_large_hour": "instance-hour",
    "rds_storage_gb_month": "GB-month",
    "cache_t3_micro_hour": "node-hour",
    "cache_t3_small_hour": "node-hour",
    "cache_t3_medium_hour": "node-hour",
    "cache_t4g_micro_hour": "node-hour",
    "cache_r5_large_hour": "node-hour",
    "cache_r6g_large_hour": "node-hour",
    "lambda_requests_million": "million requests",
    "lambda_gb_second": "GB-second",
    "dynamodb_writes_million": "million write units",
    "dynamodb_reads_million": "million read units",
    "dynamodb_gb_month": "GB-month",
    "scheduler_million": "million invocations",
    "kms_key_month": "key-month",
    "kms_requests_million": "million requests",
    "secret_month": "secret-month",
    "cloudwatch_metric_month": "metric-month",
    "cloudwatch_alarm_month": "alarm-month",
    "cloudwatch_logs_gb": "GB",
}
"""Every price the model needs, and the unit it reckons in; the file repeats the unit so that a person can read it."""

_KEYS_OF_A_PRICE = ("price", "free", "unit", "date", "source", "verified", "note")


class BadPriceBook(BadInput):
    """The text says which file, which entry, what is wrong and what is expected."""


@dataclass(frozen=True)
class Price:
    name: str
    price: float
    unit: str
    date: dt.date
    source: str
    verified: bool
    free: float = 0.0
    note: str = ""

    def of(self, quantity: float, *, months: float = 1.0) -> float:
        """Dollars for so many units in a period of `months`, whose free part is as much shorter or longer."""
        return self.price * max(0.0, quantity - self.free * months)


@dataclass(frozen=True)
class PriceBook:
    region: str
    origin: str
    prices: Mapping[str, Price] = field(repr=False)

    def __getitem__(self, name: str) -> Price:
        return self.prices[name]

    @property
    def unverified(self) -> tuple[Price, ...]:
        return tuple(price for price in self.prices.values() if not price.verified)


def load_price_book(path: Path | None = None) -> PriceBook:
    """Read a price file, ours if none is given. Raises BadPriceBook for whatever is wrong with it."""
    path = path or OWN_PRICES
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise BadPriceBook(f"{path} cannot be read: {problem.strerror}") from problem
    except UnicodeDecodeError as problem:
        raise BadPriceBook(f"{path} is not a text file in UTF-8") from problem
    except tomllib.TOMLDecodeError as problem:
        raise BadPriceBook(f"{path} is not valid TOML: {problem}") from problem
    try:
        return parse_price_book(content, origin=str(path))
    except BadPriceBook as problem:
        raise BadPriceBook(f"{path}: {problem}") from None


def parse_price_book(content: Mapping[str, object], *, origin: str) -> PriceBook:
    region, currency = content.get("region"), content.get("currency")
    if not isinstance(region, str) or not region:
        raise BadPriceBook('region is missing; write for example region = "us-east-1"')
    if currency != "USD":
        raise BadPriceBook(f'currency must be "USD", the currency AWS bills in, not {currency!r}')
    entries = {name: value for name, value in content.items() if name not in ("region", "currency")}
    for name in entries:
        if name not in UNITS:
            raise BadPriceBook(f"[{name}] is not a price that is used{meant(name, UNITS)}")
    missing = [name for name in UNITS if name not in entries]
    if missing:
        raise BadPriceBook(f"[{missing[0]}] is missing{f', and {len(missing) - 1} more' if missing[1:] else ''}")
    return PriceBook(region, origin, {name: _price(name, entries[name]) for name in UNITS})


def _price(name: str, entry: object) -> Price:
    if not isinstance(entry, Mapping):
        raise BadPriceBook(f"{name} must be a table: [{name}] with price, unit, date, source and verified below it")
    for key in entry:
        if key not in _KEYS_OF_A_PRICE:
            raise BadPriceBook(f"[{name}] {key} is not known{meant(str(key), _KEYS_OF_A_PRICE)}")
    price = _number(name, "price", entry.get("price"))
    if name == SPOT_DISCOUNT and price > 1:
        raise BadPriceBook(f"[{name}] price is the share that Spot saves, from 0 to 1, not {price:g}")
    unit = entry.get("unit")
    if unit != UNITS[name]:
        raise BadPriceBook(f'[{name}] unit must be "{UNITS[name]}", not {unit!r}; convert the price to that unit')
    date = entry.get("date")
    if not isinstance(date, dt.date) or isinstance(date, dt.datetime):
        raise BadPriceBook(f"[{name}] date must be a date without quotes, for example 2026-06-01, not {date!r}")
    source, note = entry.get("source"), entry.get("note", "")
    if not isinstance(source, str) or not source.strip():
        raise BadPriceBook(f"[{name}] source is missing; say where the price comes from")
    if not isinstance(note, str):
        raise BadPriceBook(f"[{name}] note must be text, not {note!r}")
    verified = entry.get("verified")
    if not isinstance(verified, bool):
        raise BadPriceBook(f"[{name}] verified must be true or false, not {verified!r}")
    return Price(
        name=name,
        price=price,
        unit=UNITS[name],
        date=date,
        source=source,
        verified=verified,
        free=_number(name, "free", entry.get("free", 0)),
        note=note,
    )


def _number(name: str, key: str, value: object) -> float:
    if value is None:
        raise BadPriceBook(f"[{name}] {key} is missing")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadPriceBook(f"[{name}] {key} must be a number without quotes, not {value!r}")
    if not math.isfinite(value) or value < 0:
        raise BadPriceBook(f"[{name}] {key} must be 0 or more, not {value!r}")
    return float(value)
