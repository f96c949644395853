"""Lines that omit what their order's first line says, and order totals repeated on each line."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from ibis.backends.duckdb import Backend

from core.engine import Engine
from core.ingest.cleaning.parsing import plan, propose_mapping
from core.ingest.reading.any_format import read_raw
from core.ingest.sources.files import SourceFile
from core.ingest.sources.read_options import ReadOptions
from tests.conftest import ingest_files
from tests.logs import Ingest, Ingested, plain_log, write_csv

CONTINUED = (
    ("1", "ann", "2024-03-01 09:00", "2", "2.50", "UK"),
    ("1", "", "", "1", "4.00", ""),
    ("1", "", "", "1", "4.00", ""),  # equal to the row before
    ("2", "bo", "2024-03-02 09:00", "1", "10.00", "FR"),
    ("2", "", " ", "1", "10.00", ""),
    ("3", "", "2024-03-03 09:00", "1", "3.00", "UK"),  # a guest
    ("3", "", "", "1", "1.00", ""),
)
HEADER = ("Order", "Customer", "Date", "Quantity", "Price", "Country")


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ingested]:
    """Give a version of continued lines."""
    folder = tmp_path_factory.mktemp("continued")
    opened = Engine(folders=[folder])
    with opened.session() as connection:
        yield ingest_files(connection, folder, (write_csv(folder / "log.csv", CONTINUED, HEADER),))
    opened.close()


def test_other_shops_leave_out_what_stands_above_too(lines: Ingested) -> None:
    """Ann's order is 5 + 4, Bo's 10 + 10; the guest's two lines have no customer."""
    assert lines.plans[0].continued
    assert lines.reasons() == [None, None, "duplicate", None, None, "missing_customer", "missing_customer"]
    assert (lines.report.revenue, lines.report.customers, lines.report.orders) == (29.0, 2, 2)
    assert lines.frame("orders")["country"].tolist() == ["UK", "FR"]
    assert lines.frame("rows")["country"].tolist() == ["UK", "UK", "UK", "FR", "FR", "UK", "UK"]


def test_what_was_blank_is_noted(lines: Ingested) -> None:
    noted = "clientele: blank in the file="
    extra = [text.removeprefix(noted) if isinstance(text, str) else None for text in lines.frame("rows")["extra"]]
    everything = "Customer, Date, Country"
    assert extra == [None, everything, everything, None, everything, None, "Date, Country"]


def test_order_of_rows_does_not_matter(ingest: Ingest, tmp_path: Path) -> None:
    report = ingest(write_csv(tmp_path / "log.csv", CONTINUED[::-1], HEADER)).report
    assert (report.revenue, report.customers, report.orders, report.removed["duplicate"]) == (29.0, 2, 2, 1)


def test_lost_dates_are_not_made_up(ingest: Ingest, tmp_path: Path) -> None:
    """Half of the lines without a date belong to an order that has none, so dates aren't omitted by design."""
    rows = (*CONTINUED[:2], ("8", "bo", "", "1", "1.00", "FR"), CONTINUED[3])
    version = ingest(write_csv(tmp_path / "log.csv", rows, HEADER))
    assert not version.plans[0].continued
    assert version.reasons() == [None, "missing_customer", "unreadable", None]


def test_blank_customers_of_dated_lines_stay_blank(ingest: Ingest, tmp_path: Path) -> None:
    """Every line has its own date, so a missing customer isn't copied from another line."""
    rows = [("1", customer, "2024-03-01 09:00", "1", "2.00", "UK") for customer in ("ann", "")]
    assert ingest(write_csv(tmp_path / "log.csv", rows, HEADER)).reasons() == [None, "missing_customer"]


def test_numbers_of_continued_orders_may_be_floats(ingest: Ingest, tmp_path: Path) -> None:
    rows = [("1.0", "ann", "2024-03-01 09:00", "1", "2.00", "UK"), ("1", "", "", "1", "3.00", "")]
    report = ingest(write_csv(tmp_path / "log.csv", rows, HEADER)).report
    assert (report.rows_kept, report.orders, report.revenue) == (2, 1, 5.0)


TOTALS = (
    # Order, quantity, amount: totals of 30, 20 and 10 on each line, 7 on the line of an order of one.
    ("1", "1", "30"),
    ("1", "2", "30"),
    ("1", "3", "30"),
    ("2", "1", "20"),
    ("2", "2", "20"),
    ("3", "1", "10"),
    ("3", "4", "10"),
    ("4", "5", "7"),
)


def totals(path: Path, rows: Sequence[tuple[str, str, str]], amount: str) -> Path:
    """Write order lines, with one order per customer."""
    return write_csv(
        path,
        [(order, f"c{order}", f"2024-03-0{order}", quantity, value) for order, quantity, value in rows],
        ("Order", "Customer", "Date", "Quantity", amount),
    )


def test_totals_are_told_from_quantities_that_differ(ingest: Ingest, tmp_path: Path) -> None:
    version = ingest(totals(tmp_path / "log.csv", TOTALS, "Total"))
    assert version.plans[0].order_totals
    assert version.report.revenue == 67.0
    assert version.frame("rows")["amount"].tolist() == [10, 10, 10, 10, 10, 5, 5, 7]


@pytest.mark.parametrize(
    ("rows", "amount", "divided"),
    [
        (TOTALS[:5], "Total", False),  # two orders may be so by chance
        (TOTALS[:2], "Order total", True),  # the header says it
        ((*TOTALS, ("4", "1", "6")), "Total", False),  # the lines of an order have amounts of their own
        ((*TOTALS, ("4", "1", "6")), "Order total", False),
        ([(order, "1", amount) for order, _, amount in TOTALS], "Total", False),  # equal lines are duplicates
        ([("1", "1", "5"), ("1", "1", "5")], "Order total", False),
        ([("1", "1", "5"), ("2", "2", "5")], "Order total", False),  # orders of one line
    ],
)
def test_totals_are_told_with_care(
    connection: Backend,
    tmp_path: Path,
    rows: Sequence[tuple[str, str, str]],
    amount: str,
    divided: bool,  # noqa: FBT001  a case of the test
) -> None:
    path = totals(tmp_path / "log.csv", rows, amount)
    file = SourceFile(name=path.name, path=path)
    [raw] = read_raw(connection.con, file, tmp_path, ReadOptions())
    mapping = propose_mapping(connection, raw)
    assert plan(connection, raw, mapping, dates="ymd", timezone="UTC").order_totals == divided
    # What the user says goes before what was found.
    said = plan(connection, raw, mapping, dates="ymd", timezone="UTC", order_totals=not divided)
    assert said.order_totals == (not divided)


def test_duplicates_do_not_make_totals_smaller(ingest: Ingest, tmp_path: Path) -> None:
    """The order's three lines count 10 each, although one of them is repeated."""
    report = ingest(totals(tmp_path / "log.csv", (*TOTALS, TOTALS[0]), "Total")).report
    assert (report.revenue, report.removed["duplicate"]) == (67.0, 1)


def test_seats_at_one_price_are_no_totals(ingest: Ingest, tmp_path: Path) -> None:
    """Lines of an order with equal amounts and no quantities count as they are."""
    rows = [(f"{i // 2}", f"c{i // 2}", f"2024-03-0{1 + i // 2}", f"seat {i}", "12.00") for i in range(8)]
    path = write_csv(tmp_path / "log.csv", rows, ("Order", "Customer", "Date", "Item", "Amount"))
    assert ingest(path).report.revenue == 96.0


def test_plain_lines_are_neither(ingest: Ingest, tmp_path: Path) -> None:
    plan = ingest(write_csv(tmp_path / "log.csv", plain_log())).plans[0]
    assert (plan.continued, plan.order_totals, plan.guest, plan.currencies, plan.notes) == (False, False, None, (), ())
