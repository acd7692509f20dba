"""A price file with a slip in it is refused with the name of the entry, never half read."""

import datetime as dt
import re
from pathlib import Path

import pytest

from simulator.costs.price_book import OWN_PRICES, BadPriceBook, load_price_book


@pytest.fixture
def edited(tmp_path: Path):
    """Our own prices with one passage replaced, as an operator would edit them."""

    def edit(old: str, new: str) -> Path:
        text = OWN_PRICES.read_text(encoding="utf-8")
        assert text.count(old) >= 1, old
        path = tmp_path / "prices.toml"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return path

    return edit


def test_our_own_prices_have_every_entry_with_a_source_and_a_date_that_is_not_in_the_future() -> None:
    book = load_price_book()
    for price in book.prices.values():
        assert dt.date(2020, 1, 1) < price.date <= dt.date(2026, 12, 31)
        assert price.verified or price.note or not price.source, f"{price.name}: say why it is not verified"


def test_the_fargate_prices_are_those_of_the_document() -> None:
    book = load_price_book()
    names = ("fargate_x86_vcpu_hour", "fargate_x86_gb_hour", "fargate_arm_vcpu_hour", "fargate_arm_gb_hour")
    assert [book[name].price for name in names] == [0.04048, 0.004445, 0.03238, 0.00356]


def test_an_edited_price_is_used_and_the_file_is_named(edited) -> None:
    path = edited("price = 0.04048", "price = 0.05")
    book = load_price_book(path)
    assert book["fargate_x86_vcpu_hour"].price == 0.05
    assert book.origin == str(path)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("price = 0.04048", 'price = "0.04048"', r"\[fargate_x86_vcpu_hour\] price must be a number without quotes"),
        ("price = 0.04048", "price = -1", r"\[fargate_x86_vcpu_hour\] price must be from 0 to a million"),
        ("price = 0.04048", "price = nan", r"\[fargate_x86_vcpu_hour\] price must be from 0 to a million"),
        ("price = 0.04048", "price = true", r"\[fargate_x86_vcpu_hour\] price must be a number"),
        ("price = 0.04048\n", "", r"\[fargate_x86_vcpu_hour\] price is missing"),
        ("price = 0.04048", "prize = 0.04048", r"\[fargate_x86_vcpu_hour\] prize is not known; did you mean price\?"),
        ('unit = "vCPU-hour"', 'unit = "vCPU-month"', r"unit must be \"vCPU-hour\", not 'vCPU-month'; convert"),
        ("date = 2026-06-01", 'date = "June"', r"date must be a date without quotes"),
        ("date = 2026-06-01", "date = 2026-06-01T00:00:00", r"date must be a date"),
        ("verified = true", 'verified = "yes"', r"verified must be true or false"),
        ('source = "https://fortem.dev', 'note = "https://fortem.dev', r"source is missing; say where"),
        ("free = 1024", "free = -5", r"\[cloudfront_out_gb\] free must be from 0 to a million"),
        ('price = 0.50\nunit = "share saved"', 'price = 70\nunit = "share saved"', r"from 0 to 1, not 70"),
        ("[nat_gb]", "[nat_gbs]", r"\[nat_gbs\] is not a price that is used; did you mean nat_gb\?"),
        ('region = "us-east-1"', "", r"region is missing"),
        ('currency = "USD"', 'currency = "EUR"', r"currency must be \"USD\""),
        ("[nat_gb]", "[nat_gb", r"is not valid TOML"),
    ],
)
def test_a_slip_is_named(edited, old: str, new: str, complaint: str) -> None:
    path = edited(old, new)
    with pytest.raises(BadPriceBook, match=complaint) as problem:
        load_price_book(path)
    assert str(path) in str(problem.value)


def test_lost_entries_are_named_and_counted(tmp_path: Path) -> None:
    text = OWN_PRICES.read_text(encoding="utf-8")
    path = tmp_path / "prices.toml"
    path.write_text(re.sub(r"(?ms)^\[(kms_key_month|nat_gb)\].*?(?=^\[|\Z)", "", text), encoding="utf-8")
    with pytest.raises(BadPriceBook, match=r"\[nat_gb\] is missing, and 1 more"):
        load_price_book(path)


def test_a_price_that_is_no_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    path.write_text("nat_gb = 3\n" + re.sub(r"(?ms)^\[nat_gb\].*?(?=^\[)", "", OWN_PRICES.read_text(encoding="utf-8")))
    with pytest.raises(BadPriceBook, match="nat_gb must be a table"):
        load_price_book(path)


def test_a_file_that_is_not_there_or_not_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadPriceBook, match=r"cannot be read \(No such file"):
        load_price_book(tmp_path / "nothing.toml")
    (tmp_path / "picture.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadPriceBook, match="is text in UTF-16"):
        load_price_book(tmp_path / "picture.toml")
