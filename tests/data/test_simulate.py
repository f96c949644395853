"""Tests of the simulated shop, and that the shipped file matches the code."""

import itertools
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from data.shop import ShopSpec
from data.simulate import simulate, write

SHIPPED = Path(__file__).parents[2] / "data" / "demo_shop.parquet"
COLUMNS = ["Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country"]
MOST_BYTES = 4_000_000
ONLINE_RETAIL_COUNTRIES = 25
SLIP_UNITS = 5_000
YEARS = [("2023-09-01", "2024-09-01"), ("2024-09-01", "2025-09-01"), ("2025-09-01", "2026-09-01")]
SMALL = ShopSpec(customers=200)


def is_cancelled(log: pd.DataFrame) -> pd.Series:
    """Return which lines are cancellations."""
    return log["Invoice"].str.startswith("C")


def kept(log: pd.DataFrame) -> pd.DataFrame:
    """Return the lines that an import would keep."""
    return log[~is_cancelled(log) & (log["Quantity"] > 0) & (log["Price"] > 0)].drop_duplicates()


def between(value: float, least: float, most: float) -> bool:
    """Return whether a value lies in a closed range."""
    return bool(least <= value <= most)


@pytest.fixture(scope="module")
def shipped() -> pd.DataFrame:
    """Return the demo shop as shipped."""
    return pd.read_parquet(SHIPPED)


@pytest.fixture(scope="module")
def orders(shipped: pd.DataFrame) -> pd.DataFrame:
    """Return one row per kept order of the demo shop."""
    lines = kept(shipped)
    lines = lines.assign(revenue=lines["Quantity"] * lines["Price"])
    grouped = lines[lines["Quantity"] < SLIP_UNITS].groupby("Invoice")
    return grouped.agg(
        when=("InvoiceDate", "first"),
        customer=("Customer ID", "first"),
        revenue=("revenue", "sum"),
        lines=("StockCode", "size"),
    )


@pytest.fixture(scope="module")
def small() -> pd.DataFrame:
    """Return a small simulated shop."""
    return simulate(SMALL)


def test_shipped_file_is_what_the_code_makes(shipped: pd.DataFrame) -> None:
    """The shipped file equals the frame of the default settings."""
    pd.testing.assert_frame_equal(shipped, simulate(ShopSpec()))


def test_shipped_file_is_small_and_packed() -> None:
    """The file stays below its size limit, and texts are dictionary-encoded."""
    assert SHIPPED.stat().st_size <= MOST_BYTES
    group = pq.read_metadata(SHIPPED).row_group(0)
    for place, name in enumerate(COLUMNS):
        column = group.column(place)
        assert column.path_in_schema == name
        assert column.compression == "ZSTD"
        if column.physical_type == "BYTE_ARRAY":
            assert "RLE_DICTIONARY" in column.encodings


def test_same_spec_gives_the_same_frame(small: pd.DataFrame) -> None:
    """Two runs are equal; another seed differs."""
    pd.testing.assert_frame_equal(small, simulate(SMALL))
    assert not small.equals(simulate(ShopSpec(customers=200, seed=1)))


def test_size(shipped: pd.DataFrame, orders: pd.DataFrame) -> None:
    """Numbers of customers, orders and lines match the settings."""
    assert kept(shipped)["Customer ID"].nunique() == ShopSpec().customers
    assert between(len(orders), 40_000, 60_000)
    assert between(orders["customer"].notna().sum(), 40_000, 60_000)
    assert between(len(shipped), 200_000, 300_000)
    assert between(orders["lines"].between(3, 8).mean(), 0.6, 0.9)


def test_columns_and_order_of_rows(shipped: pd.DataFrame) -> None:
    """Columns match Online Retail II; rows are sorted by time, then invoice."""
    assert list(shipped.columns) == COLUMNS
    sorted_log = shipped.sort_values(["InvoiceDate", "Invoice"], kind="stable")
    assert sorted_log.index.equals(shipped.index)
    assert (shipped["InvoiceDate"] == shipped["InvoiceDate"].dt.floor("min")).all()
    assert (shipped["Price"] == shipped["Price"].round(2)).all()
    assert shipped.drop(columns=["Description", "Customer ID"]).notna().all(axis=None)
    assert (shipped.groupby("Invoice")["InvoiceDate"].nunique() == 1).all()


def test_window(shipped: pd.DataFrame) -> None:
    """The log runs from the first to the last requested day."""
    assert shipped["InvoiceDate"].iloc[0].date() == ShopSpec().start
    assert shipped["InvoiceDate"].iloc[-1].date() == ShopSpec().end


def test_countries(shipped: pd.DataFrame) -> None:
    """One of many countries dominates, and few customers order from a second one."""
    assert shipped["Country"].nunique() >= ONLINE_RETAIL_COUNTRIES
    per_customer = shipped.groupby("Customer ID")["Country"]
    home = (per_customer.first() == "United Kingdom").mean()
    assert between(home, 0.85, 0.90)
    assert between((per_customer.nunique() > 1).mean(), 0.001, 0.02)


def test_products(shipped: pd.DataFrame) -> None:
    """Each code has one name, and a few products make most sales."""
    codes = shipped["StockCode"]
    assert codes.str.fullmatch(r"\d{5}[A-D]?|POST|C2").all()
    assert codes.nunique() == ShopSpec().products + 2
    assert (shipped.dropna().groupby("StockCode")["Description"].nunique() == 1).all()
    goods = kept(shipped)[lambda log: log["StockCode"].str[0].str.isdigit()]
    assert between(goods["Price"].median(), 1, 8)
    assert between(goods["Price"].max(), 20, 40)
    tenth = goods["StockCode"].value_counts(normalize=True).head(40).sum()
    assert between(tenth, 0.3, 0.7)
    abroad = shipped.loc[shipped["StockCode"] == "POST", "Country"]
    assert (abroad != "United Kingdom").all()


def test_christmas_goods_sell_before_christmas(shipped: pd.DataFrame) -> None:
    """Christmas goods sell from August to December."""
    festive = shipped[shipped["Description"].str.contains("REINDEER|HOLLY|MISTLETOE", na=False)]
    assert len(festive)
    assert (festive.loc[festive["Quantity"] > 0, "InvoiceDate"].dt.month >= 8).mean() > 0.9


def test_cancellations(shipped: pd.DataFrame) -> None:
    """About 2% of lines are returned, each bought earlier by the same customer."""
    back = shipped[is_cancelled(shipped)]
    assert between(len(back) / len(shipped), 0.015, 0.025)
    assert (back["Quantity"] < 0).all()
    assert (back["Price"] > 0).all()
    assert back["Customer ID"].notna().all()
    key = ["Customer ID", "StockCode"]
    bought = kept(shipped).dropna(subset=["Customer ID"]).groupby(key)["InvoiceDate"].min()
    since = back.join(bought.rename("since"), on=key)["since"]
    assert (since < back["InvoiceDate"]).all()


def test_slips_are_undone_within_minutes(shipped: pd.DataFrame) -> None:
    """Orders of thousands of units are cancelled in full a few minutes later."""
    extreme = shipped[shipped["Quantity"].abs() > SLIP_UNITS]
    made, undone = (extreme[extreme["Quantity"] * sign > 0] for sign in (1, -1))
    pairs = made.merge(undone, on=["Customer ID", "StockCode", "Price"], suffixes=("", " undone"))
    assert len(pairs) == len(made) == len(undone)
    assert len(pairs)
    assert (pairs["Quantity"] == -pairs["Quantity undone"]).all()
    waited = pairs["InvoiceDate undone"] - pairs["InvoiceDate"]
    assert waited.between(pd.Timedelta(minutes=1), pd.Timedelta(minutes=15)).all()


def test_faults_of_real_exports(shipped: pd.DataFrame, orders: pd.DataFrame) -> None:
    """The log has guests, duplicate rows, zero prices and missing descriptions."""
    assert between(orders["customer"].isna().mean(), 0.10, 0.15)
    assert between(shipped.duplicated().mean(), 0.005, 0.01)
    assert between((shipped["Price"] == 0).sum(), 20, 500)
    assert between(shipped["Description"].isna().sum(), 5, 100)


def test_season_week_and_hours(orders: pd.DataFrame) -> None:
    """Orders peak in November and dip in January; none come at night or on Saturdays."""
    months = orders["when"].dt.to_period("M").value_counts()
    for year in (2024, 2025):
        of_year = months[[pd.Period(f"{year}-{month:02}") for month in range(1, 13)]]
        november, february = pd.Period(f"{year}-11"), pd.Period(f"{year}-02")
        assert of_year.idxmax() == november
        assert of_year.idxmin() in {pd.Period(f"{year}-01"), february}
        assert of_year[november] > 2 * of_year[february]
    assert (orders["when"].dt.day_name() != "Saturday").all()
    assert orders["when"].dt.hour.between(7, 19).all()


def test_growth(orders: pd.DataFrame) -> None:
    """Orders and revenue grow by 10 to 15% a year."""
    in_years = [orders[orders["when"].between(first, last, inclusive="left")] for first, last in YEARS]
    for before, after in itertools.pairwise(in_years):
        assert between(len(after) / len(before), 1.10, 1.15)
        assert between(after["revenue"].sum() / before["revenue"].sum(), 1.10, 1.15)


def test_customers_differ(orders: pd.DataFrame) -> None:
    """Many buy once, few very often, and a fifth generates most of the revenue."""
    per_customer = orders.groupby("customer")["revenue"].agg(["size", "sum"])
    assert between((per_customer["size"] == 1).mean(), 0.20, 0.35)
    assert between(per_customer["size"].mean(), 9, 11)
    spent = per_customer["sum"].sort_values(ascending=False)
    assert between(spent.head(len(spent) // 5).sum() / spent.sum(), 0.65, 0.85)


@pytest.mark.parametrize("seed", range(5))
def test_smallest_shop(seed: int) -> None:
    """Even the smallest shop has all its customers and all kinds of rows."""
    log = simulate(ShopSpec(customers=20, products=20, seed=seed))
    assert kept(log)["Customer ID"].nunique() == ShopSpec(customers=20).customers
    assert is_cancelled(log).any()
    assert log["Description"].isna().any()


def test_shares_of_zero() -> None:
    """Guests, returns, trade, foreign orders and duplicates can each be switched off."""
    spec = ShopSpec(customers=50, guest_share=0, return_share=0, trade_share=0, home_share=1, duplicate_share=0)
    log = simulate(spec)
    written_off = log["Description"].isna()
    assert log.loc[~written_off, "Customer ID"].notna().all()
    assert set(log["Country"]) == {"United Kingdom"}
    assert not log.duplicated().any()
    assert (log.loc[is_cancelled(log), "Quantity"] < -SLIP_UNITS).all()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"customers": 3}, "`customers` must be at least 20, got 3."),
        ({"products": 5_000}, "`products` must be at most 2000, got 5000."),
        ({"seed": -1}, "`seed` must be at least 0, got -1."),
        ({"guest_share": float("nan")}, "`guest_share` must be at least 0.0, got nan."),
        (
            {"end": date(2023, 9, 2)},
            "`end` must be at least 90 days after `start`, got 2023-09-01 to 2023-09-02.",
        ),
    ],
)
def test_wrong_values_are_named(values: dict[str, int | float | date], message: str) -> None:
    """Errors name the setting, the rule and the value."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the whole message is compared)
        ShopSpec(**values)  # type: ignore[arg-type]
    assert str(caught.value) == message


@pytest.mark.parametrize("name", ["log.parquet", "log.csv.gz"])
def test_write_gives_the_same_rows_and_bytes(small: pd.DataFrame, tmp_path: Path, name: str) -> None:
    """A written log reads back unchanged, and writing it again gives the same bytes."""
    first, second = tmp_path / name, tmp_path / f"again_{name}"
    write(small, first)
    write(small, str(second))
    assert first.read_bytes() == second.read_bytes()
    texts = dict.fromkeys(("Invoice", "StockCode", "Customer ID"), "str")
    if name.endswith(".parquet"):
        read = pd.read_parquet(first)
    else:
        read = pd.read_csv(first, dtype=texts, parse_dates=["InvoiceDate"])
    pd.testing.assert_frame_equal(read, small)


def test_write_refuses_other_formats(small: pd.DataFrame, tmp_path: Path) -> None:
    """Only two file endings are supported."""
    with pytest.raises(ValueError, match=r"must end in \.parquet or \.csv\.gz, got .*log\.xlsx\.$"):
        write(small, tmp_path / "log.xlsx")


def test_quantities_and_prices_are_numbers(small: pd.DataFrame) -> None:
    """Columns have types that Parquet preserves."""
    assert small["Quantity"].dtype == np.int64
    assert small["Price"].dtype == np.float64
    assert small["InvoiceDate"].dtype == np.dtype("datetime64[us]")
    assert (small[["Invoice", "StockCode", "Description", "Customer ID", "Country"]].dtypes == "str").all()
