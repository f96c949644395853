"""Unusual data, which is reported but still counts."""

from datetime import datetime
from pathlib import Path

from ibis.backends.duckdb import Backend

from core.ingest.cleaning.orders import orders_and_returns
from core.ingest.report.oddities import oddities_of
from tests.logs import Ingest, plain_log, rows_table, write_csv
from tests.strategies import Row

NOW = datetime.fromisoformat("2024-03-10 12:00")


def line(order: int, day: str, quantity: float = 1.0, **more: object) -> Row:
    """Return an order line."""
    return {
        "order_id": str(order),
        "customer_id": "a",
        "ordered_at": datetime.fromisoformat(day),
        "product_id": "A1",
        "quantity": quantity,
        "unit_price": 2.0,
        "amount": quantity * 2.0,
        "country": "UK",
        **more,
    }


def found(connection: Backend, rows: list[Row]) -> dict[str, list[str]]:
    """Return the reported texts by kind."""
    table = rows_table(connection, rows)
    texts: dict[str, list[str]] = {}
    for oddity in oddities_of(table, orders_and_returns(table)[0], now=NOW, files=["log.csv"]):
        texts.setdefault(oddity.kind, []).append(oddity.text)
    return texts


def test_nothing_odd_about_a_plain_log(ingest: Ingest, tmp_path: Path) -> None:
    assert ingest(write_csv(tmp_path / "log.csv", plain_log())).details()["oddities"] == []


def test_dates_in_the_future(connection: Backend) -> None:
    texts = found(connection, [line(1, "2024-03-10 11:59"), line(2, "2024-03-10 12:01"), line(3, "2024-03-12")])
    assert list(texts) == ["future"]
    assert texts["future"][0].startswith("2 orders are dated in the future, the latest on 2024-03-12.")


def test_extreme_quantities_and_whether_they_were_cancelled(connection: Backend) -> None:
    usual = [line(i, "2024-03-01") for i in range(400)]
    slips = [line(900, "2024-03-01", 5000.0), line(901, "2024-03-01", 6000.0)]
    back = line(902, "2024-03-01", -5000.0, order_id="C900", reason="cancelled")
    texts = found(connection, [*usual, *slips, back])["extreme_quantity"]
    assert [text.split(":")[0] for text in texts] == ["log.csv, row 403, order 901", "log.csv, row 402, order 900"]
    assert ["was later cancelled" in text for text in texts] == [False, True]


def test_fifty_times_the_usual_is_not_yet_extreme(connection: Backend) -> None:
    usual = [line(i, "2024-03-01") for i in range(400)]
    assert found(connection, [*usual, line(900, "2024-03-01", 50.0)]) == {}


def test_some_missing_countries_but_not_all(connection: Backend) -> None:
    rows = [line(i, "2024-03-01", country="UK" if i else None) for i in range(4)]
    assert found(connection, rows)["missing_country"][0].startswith("1 lines (25.0%) have no country and")
    assert found(connection, [line(i, "2024-03-01", country=None) for i in range(4)]) == {}


def test_gaps_of_a_week_or_more(connection: Backend) -> None:
    """Six days lie between the 1st and the 8th, seven between the 8th and the 16th."""
    days = ["2024-02-01", "2024-02-08", "2024-02-16"]
    texts = found(connection, [line(i, day) for i, day in enumerate(days)])["gap"]
    assert texts == ["No orders from 2024-02-09 to 2024-02-15 (7 days): closed, or is a file missing?"]
