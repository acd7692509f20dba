"""The sample data: three years of an invented online shop, the same rows on every machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

_SEED = 20231
_FIRST_DAY, _LAST_DAY = "2023-01-01", "2025-12-31"
_CUSTOMERS, _ORDERS = 9_000, 64_000


@dataclass(frozen=True)
class _Category:
    name: str
    products: tuple[str, ...]
    price: tuple[float, float]
    share: float
    peak_month: int
    """When it sells best."""


_CATEGORIES = (
    _Category("Coffee & Tea", ("Espresso Beans", "Filter Roast", "Green Tea", "Earl Grey", "Matcha", "Cold Brew Kit", "Chai Mix", "Decaf Beans"), (6, 24), 0.27, 12),
    _Category("Kitchen", ("Moka Pot", "French Press", "Chef's Knife", "Cutting Board", "Cast Iron Pan", "Kettle", "Hand Grinder", "Pasta Maker"), (14, 120), 0.21, 11),
    _Category("Garden", ("Watering Can", "Herb Seeds", "Raised Bed", "Pruning Shears", "Rain Barrel", "Bird Feeder", "Compost Bin"), (4, 95), 0.16, 5),
    _Category("Books", ("Bread Basics", "The Tea Atlas", "Small Gardens", "One Pan Dinners", "Fermentation", "Knife Skills"), (9, 42), 0.17, 12),
    _Category("Stationery", ("Recipe Cards", "Wall Calendar", "Fountain Pen", "Notebook A5", "Gift Wrap", "Labels"), (3, 35), 0.11, 12),
    _Category("Gift Sets", ("Breakfast Box", "Tea Tasting", "Gardener's Box", "Barista Box"), (25, 90), 0.08, 12),
)  # fmt: skip
_COUNTRIES = (("USA", 0.27), ("GBR", 0.15), ("DEU", 0.14), ("FRA", 0.11), ("CAN", 0.09), ("NLD", 0.07), ("ESP", 0.06), ("AUS", 0.05), ("SWE", 0.03), ("JPN", 0.03))  # fmt: skip
_SEGMENTS = (("Consumer", 0.72), ("Small business", 0.19), ("Enterprise", 0.09))
_CHANNELS = (("Web", 0.46), ("Mobile app", 0.34), ("Marketplace", 0.14), ("Phone", 0.06))
_SIZES = ("S", "M", "L")
_RETURN_REASONS = ("Damaged", "Wrong item", "Not as described", "Changed my mind", "Arrived late")

# A view, so that a student's first chart needs no join; the second one can use the tables.
_SALES = """
CREATE VIEW sales AS
SELECT o.ordered_at, o.order_id, l.line_no, o.channel, c.country, c.segment, p.category, p.product, p.product_id,
       c.customer_id, l.quantity, l.unit_price, l.discount, l.amount, l.quantity * p.unit_cost AS cost,
       l.amount - l.quantity * p.unit_cost AS profit, r.order_id IS NOT NULL AS returned, o.delivery_days,
       isodow(o.ordered_at) || ' ' || dayname(o.ordered_at) AS weekday, hour(o.ordered_at) AS hour_of_day
FROM order_lines l JOIN orders o USING (order_id) JOIN customers c USING (customer_id) JOIN products p USING (product_id)
LEFT JOIN returns r USING (order_id, line_no)
"""


def write(into: Path) -> None:
    """Write a DuckDB file: customers, products, orders, order_lines, returns, the view sales."""
    chance = np.random.default_rng(_SEED)
    products = _products(chance)
    customers = _customers(chance)
    orders = _orders(chance, customers)
    lines = _lines(chance, orders, products)
    tables = {
        "customers": customers,
        "products": products.drop(columns=["share", "peak_month"]),
        "orders": orders,
        "order_lines": lines,
        "returns": _returns(chance, orders, lines),
    }
    with duckdb.connect(str(into), config={"threads": 1}) as database:
        for name, frame in tables.items():
            database.register("frame", frame)
            database.execute(f"CREATE TABLE {name} AS SELECT * FROM frame")  # noqa: S608  names of our own
            database.unregister("frame")
        database.execute(_SALES)
        database.execute("CHECKPOINT")


def _choice(chance: np.random.Generator, options: tuple[tuple[str, float], ...], size: int) -> np.ndarray:
    names, weights = zip(*options, strict=True)
    return chance.choice(np.array(names), size, p=np.array(weights) / sum(weights))


def _products(chance: np.random.Generator) -> pd.DataFrame:
    rows = []
    for category in _CATEGORIES:
        for name in category.products:
            base = chance.uniform(*category.price)
            popularity = category.share * chance.pareto(2.5) + 0.02
            for number, size in enumerate(_SIZES):
                price = round(base * (1 + 0.45 * number), 0) - 0.05
                rows.append((category.name, f"{name} {size}", price, round(price * chance.uniform(0.42, 0.68), 2), popularity / (1 + number), category.peak_month))  # fmt: skip
    frame = pd.DataFrame(rows, columns=["category", "product", "unit_price", "unit_cost", "share", "peak_month"])
    frame.insert(0, "product_id", np.arange(1, len(frame) + 1, dtype=np.int32))
    frame["share"] /= frame["share"].sum()
    return frame


def _customers(chance: np.random.Generator) -> pd.DataFrame:
    days = pd.date_range("2021-06-01", _LAST_DAY, freq="D")
    return pd.DataFrame(
        {
            "customer_id": np.arange(1, _CUSTOMERS + 1, dtype=np.int32),
            "country": _choice(chance, _COUNTRIES, _CUSTOMERS),
            "segment": _choice(chance, _SEGMENTS, _CUSTOMERS),
            "birth_year": np.clip(chance.normal(1986, 12, _CUSTOMERS).round(), 1940, 2005).astype(np.int16),
            "signed_up_on": days[np.sort((chance.beta(1.3, 1.6, _CUSTOMERS) * (len(days) - 1)).astype(int))],
            "newsletter": chance.random(_CUSTOMERS) < 0.41,
        }
    )


def _orders(chance: np.random.Generator, customers: pd.DataFrame) -> pd.DataFrame:
    """A third more each year, more before Christmas, fewer on weekends, most in the evening."""
    days = pd.date_range(_FIRST_DAY, _LAST_DAY, freq="D")
    age = np.arange(len(days)) / 365.25
    season = 1 + 0.55 * np.exp(-(((days.dayofyear.to_numpy() - 338) / 22) ** 2)) - 0.12 * np.isin(days.month, (7, 8))
    weight = 1.33**age * season * np.where(days.dayofweek >= 5, 0.78, 1.0) * chance.normal(1, 0.08, len(days)).clip(0.7)
    weight[(days.month == 11) & (days.day >= 24) & (days.day <= 29)] *= 1.9
    day = np.sort(chance.choice(len(days), _ORDERS, p=weight / weight.sum()))
    hours = np.array(
        [2, 1, 1, 1, 1, 2, 4, 7, 10, 12, 13, 14, 15, 13, 12, 11, 12, 14, 18, 22, 24, 21, 13, 6], dtype=float
    )
    hour = chance.choice(24, _ORDERS, p=hours / hours.sum())
    seconds = hour * 3600 + chance.integers(0, 3600, _ORDERS)
    # Few customers order often, most once or twice, and nobody before they have signed up.
    loyalty = chance.pareto(1.6, _CUSTOMERS) + 0.15
    there = np.searchsorted(customers["signed_up_on"].to_numpy(), days.to_numpy()[day], side="right").clip(50)
    reach = np.cumsum(loyalty)
    customer = np.searchsorted(reach, chance.random(_ORDERS) * reach[there - 1]).clip(0, _CUSTOMERS - 1)
    at = days[day] + pd.to_timedelta(seconds, unit="s")
    late = np.isin(at.month, (12,))
    return pd.DataFrame(
        {
            "order_id": np.arange(100_001, 100_001 + _ORDERS, dtype=np.int32),
            "customer_id": customers["customer_id"].to_numpy()[customer],
            "ordered_at": at,
            "channel": _choice(chance, _CHANNELS, _ORDERS),
            "delivery_days": (1 + chance.poisson(2.2 + 1.4 * late)).astype(np.int16),
        }
    )


def _lines(chance: np.random.Generator, orders: pd.DataFrame, products: pd.DataFrame) -> pd.DataFrame:
    count = 1 + chance.poisson(1.35, len(orders))
    order = np.repeat(np.arange(len(orders)), count)
    month = orders["ordered_at"].dt.month.to_numpy()[order]
    product = np.empty(len(order), dtype=int)
    for each in range(1, 13):
        away = np.abs(products["peak_month"].to_numpy() - each)
        share = products["share"].to_numpy() * (1.6 - 0.13 * np.minimum(away, 12 - away))
        here = month == each
        product[here] = chance.choice(len(products), here.sum(), p=share / share.sum())
    quantity = 1 + chance.poisson(0.45, len(order))
    price = products["unit_price"].to_numpy()[product]
    discount = np.where(chance.random(len(order)) < 0.18, chance.choice([0.05, 0.1, 0.15, 0.2], len(order)), 0.0)
    first = np.r_[0, np.cumsum(count)[:-1]]
    return pd.DataFrame(
        {
            "order_id": orders["order_id"].to_numpy()[order],
            "line_no": (np.arange(len(order)) - np.repeat(first, count) + 1).astype(np.int16),
            "product_id": products["product_id"].to_numpy()[product],
            "quantity": quantity.astype(np.int16),
            "unit_price": price,
            "discount": discount,
            "amount": (quantity * price * (1 - discount)).round(2),
        }
    )


def _returns(chance: np.random.Generator, orders: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    back = lines[chance.random(len(lines)) < 0.047][["order_id", "line_no"]].reset_index(drop=True)
    ordered = orders.set_index("order_id")["ordered_at"].loc[back["order_id"]].to_numpy()
    back["returned_on"] = (ordered + pd.to_timedelta(3 + chance.integers(0, 25, len(back)), unit="D")).normalize()
    back["reason"] = chance.choice(_RETURN_REASONS, len(back), p=[0.24, 0.13, 0.21, 0.31, 0.11])
    return back
