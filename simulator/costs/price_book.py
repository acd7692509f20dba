"""The price book: what one unit of each AWS service costs, with the date and source of each price.

A mistake in an edited file (a changed unit, a lost entry, a price written as text) is an error that
names the entry, never a wrong total.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contract.operator_files import BadFile, read_toml
from simulator.operator_input import BadInput, meant

OWN_PRICES = Path(__file__).parent / "prices.toml"
SPOT_DISCOUNT = "fargate_spot_discount"

_PRICE_MAX = 1e6
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
    """Empty: none was found, and the price is the long-standing list price."""
    verified: bool
    free: float = 0.0
    note: str = ""

    def of(self, quantity: float, *, months: float = 1.0) -> float:
        """Dollars for so many units in a period of `months`; the free part scales with it."""
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
    """Read a price file, by default ours. It must have our entries in our units."""
    own = _read(OWN_PRICES)
    content = _read(path) if path is not None else own
    units = {name: entry["unit"] for name, entry in own.items() if isinstance(entry, Mapping)}
    try:
        return _book(content, units, origin=str(path or OWN_PRICES))
    except BadPriceBook as problem:
        raise BadPriceBook(f"{path}: {problem}") from None


def _read(path: Path) -> dict[str, Any]:
    try:
        return read_toml(path)
    except BadFile as problem:
        raise BadPriceBook(str(problem)) from None


def _book(content: Mapping[str, object], units: Mapping[str, str], *, origin: str) -> PriceBook:
    region, currency = content.get("region"), content.get("currency")
    if not isinstance(region, str) or not region:
        raise BadPriceBook('region is missing; write for example region = "us-east-1"')
    if currency != "USD":
        raise BadPriceBook(f'currency must be "USD", the currency AWS bills in, not {currency!r}')
    entries = {name: value for name, value in content.items() if name not in ("region", "currency")}
    for name in entries:
        if name not in units:
            raise BadPriceBook(f"[{name}] is not a price that is used{meant(name, units)}")
    missing = [name for name in units if name not in entries]
    if missing:
        raise BadPriceBook(f"[{missing[0]}] is missing{f', and {len(missing) - 1} more' if missing[1:] else ''}")
    return PriceBook(region, origin, {name: _price(name, entries[name], unit) for name, unit in units.items()})


def _price(name: str, entry: object, unit: str) -> Price:
    if not isinstance(entry, Mapping):
        raise BadPriceBook(f"{name} must be a table: [{name}] with price, unit and date below it")
    for key in entry:
        if key not in _KEYS_OF_A_PRICE:
            raise BadPriceBook(f"[{name}] {key} is not known{meant(str(key), _KEYS_OF_A_PRICE)}")
    price = _number(name, "price", entry.get("price"))
    if name == SPOT_DISCOUNT and price > 1:
        raise BadPriceBook(f"[{name}] price is the share that Spot saves, from 0 to 1, not {price:g}")
    if entry.get("unit") != unit:
        raise BadPriceBook(f'[{name}] unit must be "{unit}", not {entry.get("unit")!r}; convert the price to that unit')
    date = entry.get("date")
    if not isinstance(date, dt.date) or isinstance(date, dt.datetime):
        raise BadPriceBook(f"[{name}] date must be a date without quotes, for example 2026-06-01, not {date!r}")
    verified = entry.get("verified", False)
    if not isinstance(verified, bool):
        raise BadPriceBook(f"[{name}] verified must be true or false, not {verified!r}")
    free, texts = _number(name, "free", entry.get("free", 0)), {key: entry.get(key, "") for key in ("source", "note")}
    for key, text in texts.items():
        if not isinstance(text, str):
            raise BadPriceBook(f"[{name}] {key} must be text, not {text!r}")
    if verified and not texts["source"].strip():
        raise BadPriceBook(f"[{name}] source is missing; say where the verified price comes from")
    return Price(name=name, price=price, unit=unit, date=date, verified=verified, free=free, **texts)


def _number(name: str, key: str, value: object) -> float:
    if value is None:
        raise BadPriceBook(f"[{name}] {key} is missing")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadPriceBook(f"[{name}] {key} must be a number without quotes, not {value!r}")
    if not 0 <= value < _PRICE_MAX:
        raise BadPriceBook(f"[{name}] {key} must be from 0 to a million, not {value!r}")
    return float(value)
