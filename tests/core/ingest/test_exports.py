"""Exports of real shop systems, read without corrections; the figures of each file were computed by hand.

Columns are those in each system's documentation; orders and people are made up.
"""

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from core.cli import main
from core.engine import Engine
from core.errors import InputError
from core.ingest.recognising.column_mapping import ColumnMapping
from tests.conftest import ingest_files
from tests.logs import Ingest, Ingested

EXPORTS: Final = Path(__file__).parents[2] / "data" / "exports"


@dataclass(frozen=True, kw_only=True)
class Case:
    """A file and its figures; reasons not listed apply to no row."""

    file: str
    kept: int
    customers: int
    orders: int
    revenue: float
    first: str
    last: str
    mapping: dict[str, str]
    removed: dict[str, int] = field(default_factory=dict)
    said: dict[str, Any] = field(default_factory=dict)


CASES: Final = (
    Case(
        # 2 × 5 + 8, and a second 8 in a line that is the same; 20; 8 + 3 × 5; 5 + 5, of which the first has the order's
        # date and the second has not. The cancelled order has two lines, the order without an e-mail one.
        file="shopify.csv",
        kept=7,
        customers=2,
        orders=4,
        revenue=71.0,
        first="2024-01-05 10:20:30",
        last="2024-01-12 09:00:00",
        removed={"duplicate": 1, "missing_customer": 1, "cancelled": 2},
        said={"timezone": "America/New_York"},
        mapping={
            "customer": "Email",
            "date": "Created at",
            "order": "Name",
            "quantity": "Lineitem quantity",
            "unit_price": "Lineitem price",
            "product": "Lineitem sku",
            "description": "Lineitem name",
            "country": "Billing Country",
            "currency": "Currency",
            "email": "Email",
            "consent": "Accepts Marketing",
            "cancelled": "Cancelled at",
        },
    ),
    Case(
        # 9 + 12; 13.50; 6.25; 6.25 + 12. Cancelled 1, refunded 2, pending 1. Guests have the id 0, and e-mails.
        file="woocommerce_items.csv",
        kept=6,
        customers=2,
        orders=4,
        revenue=59.0,
        first="2024-02-01 10:00:00",
        last="2024-02-12 20:05:00",
        removed={"cancelled": 4},
        mapping={
            "customer": "billing_email",
            "date": "date",
            "order": "order_id",
            "quantity": "item_quantity",
            "amount": "item_total",
            "product": "item_sku",
            "description": "item_name",
            "country": "billing_country",
            "currency": "order_currency",
            "email": "billing_email",
            "cancelled": "status",
        },
    ),
    Case(
        # The same orders, each with 4.90 for shipping in its total: 25.90, 18.40, 11.15, 23.15.
        file="woocommerce_orders.csv",
        kept=4,
        customers=2,
        orders=4,
        revenue=78.6,
        first="2024-02-01 10:00:00",
        last="2024-02-12 20:05:00",
        removed={"cancelled": 3},
        mapping={
            "customer": "billing_email",
            "date": "date",
            "order": "order_id",
            "amount": "order_total",
            "country": "billing_country",
            "currency": "order_currency",
            "email": "billing_email",
            "cancelled": "status",
        },
    ),
    Case(
        file="woocommerce_analytics.csv",
        kept=3,
        customers=3,
        orders=3,
        revenue=42.25,  # 21 + 13.50 + 7.75; 12 refunded
        first="2024-02-01 10:00:00",
        last="2024-02-12 20:05:00",
        removed={"cancelled": 1},
        mapping={
            "customer": "Customer",
            "date": "Date",
            "order": "Order #",
            "amount": "N. Revenue",
            "cancelled": "Status",
        },
    ),
    Case(
        file="amazon_all_orders.tsv",
        kept=3,
        customers=2,
        orders=2,
        revenue=36.98,  # 19.98 for both lamps together + 5, and 12; one cancelled, one not paid yet
        first="2024-03-01 09:15:30",
        last="2024-03-05 00:30:00",
        removed={"cancelled": 2},
        said={"overrides": {"customer": "ship-postal-code"}, "timezone": "Europe/Berlin"},
        mapping={
            "customer": "ship-postal-code",
            "date": "purchase-date",
            "order": "amazon-order-id",
            "quantity": "quantity",
            "amount": "item-price",
            "product": "sku",
            "description": "product-name",
            "country": "ship-country",
            "currency": "currency",
            "cancelled": "order-status",
        },
    ),
    Case(
        file="amazon_shipments.tsv",
        kept=3,
        customers=2,
        orders=2,
        revenue=36.5,  # 20 + 5, and 11.50; two rows are in pounds
        first="2024-03-01 08:15:30",
        last="2024-03-06 23:59:00",
        removed={"unreadable": 2},
        said={"currency": "EUR"},
        mapping={
            "customer": "buyer-email",
            "date": "purchase-date",
            "order": "amazon-order-id",
            "quantity": "quantity-shipped",
            "amount": "item-price",
            "product": "sku",
            "description": "product-name",
            "country": "ship-country",
            "currency": "currency",
            "email": "buyer-email",
        },
    ),
    Case(
        file="orders.csv",
        kept=3,
        customers=2,
        orders=3,
        revenue=100.5,
        first="2024-04-01 00:00:00",
        last="2024-04-05 00:00:00",
        removed={"missing_customer": 1},
        mapping={
            "customer": "Customer",
            "date": "Order Date",
            "order": "Order Number",
            "amount": "Total",
            "country": "Country",
        },
    ),
    Case(
        file="bestellungen.csv",
        kept=3,
        customers=3,
        orders=3,
        revenue=1290.0,  # 1250 + 30.25 + 9.75; 20.50 storniert; the sign, the code and a blank are one currency
        first="2024-04-01 09:30:00",
        last="2024-04-17 12:00:00",
        removed={"cancelled": 1},
        said={"dates": None},
        mapping={
            "customer": "Kundennummer",
            "date": "Bestelldatum",
            "order": "Bestellnummer",
            "amount": "Gesamtbetrag",
            "country": "Land",
            "currency": "Währung",
            "cancelled": "Bestellstatus",
        },
    ),
)
Copied = Callable[[str], Path]
First = Callable[[Case], Ingested]
each_case = pytest.mark.parametrize("case", CASES, ids=[case.file for case in CASES])


def some_cases(*names: str, of: Sequence[Case] = CASES) -> pytest.MarkDecorator:
    """Give these cases in the usual run, and the others in the long one."""
    marked = [pytest.param(case, id=case.file, marks=[] if case.file in names else [pytest.mark.long]) for case in of]
    return pytest.mark.parametrize("case", marked)


@pytest.fixture
def copied(tmp_path: Path) -> Copied:
    """Return a function that copies an export to where it may be read."""

    def copy(name: str) -> Path:
        return Path(shutil.copy(EXPORTS / name, tmp_path / name))

    return copy


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[First]:
    """Give a function that gives a version of a case's file, made once."""
    folder, made = tmp_path_factory.mktemp("exports"), dict[str, Ingested]()
    opened = Engine(folders=[folder])
    with opened.session() as connection:

        def version(case: Case) -> Ingested:
            if case.file not in made:
                path = Path(shutil.copy(EXPORTS / case.file, folder / case.file))
                made[case.file] = ingest_files(connection, folder, (path,), **case.said)
            return made[case.file]

        yield version
    opened.close()


def figures(report: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of the cases."""
    removed = {reason: count for reason, count in report["removed"].items() if count}
    names = ("rows_kept", "customers", "orders", "revenue", "first_order", "last_order")
    return {**{name: report[name] for name in names}, "removed": removed}


def expected(case: Case) -> dict[str, Any]:
    """Return a case's figures as a report has them."""
    return {
        "rows_kept": case.kept,
        "customers": case.customers,
        "orders": case.orders,
        "revenue": case.revenue,
        "first_order": case.first,
        "last_order": case.last,
        "removed": case.removed,
    }


@each_case
def test_figures(first: First, case: Case) -> None:
    version = first(case)
    assert version.plans[0].mapping.roles() == case.mapping
    report = version.report.to_json()
    assert figures(report) == expected(case)
    assert report["rows_read"] == report["rows_kept"] + sum(report["removed"].values())


@some_cases("shopify.csv", "bestellungen.csv")
def test_appended_to_itself_nothing_counts_twice(ingest: Ingest, copied: Copied, case: Case, tmp_path: Path) -> None:
    """In the same file under another name, every row is a duplicate."""
    again = tmp_path / f"again-{case.file}"
    again.write_bytes(copied(case.file).read_bytes())
    report = ingest(copied(case.file), again, **case.said).report.to_json()
    rows = case.kept + sum(case.removed.values())
    assert report["removed"]["duplicate"] == case.removed.get("duplicate", 0) + rows
    assert {**figures(report), "removed": case.removed} == expected(case)


@some_cases("amazon_shipments.tsv", of=[CASES[0], CASES[1], CASES[4], CASES[5]])
def test_command_line(capsys: pytest.CaptureFixture[str], tmp_path: Path, case: Case) -> None:
    said = {"timezone": "UTC", **case.said}
    options = [f"--timezone={said['timezone']}", *(["--currency", "eur"] if "currency" in said else [])]
    options += [f"--map={role}={column}" for role, column in said.get("overrides", {}).items()]
    assert main(["analyse", str(EXPORTS / case.file), "--out", str(tmp_path / "out"), "--k", "2", *options]) == 0
    assert capsys.readouterr().err == ""
    assert figures(json.loads((tmp_path / "out" / "quality.json").read_text(encoding="utf-8"))) == expected(case)


def test_later_lines_take_what_stands_on_the_first(first: First) -> None:
    """Rows are still compared as they stand in the source; the note of the first runs over lines 2 to 4."""
    version = first(CASES[0])
    rows = version.frame("rows").set_index("row")
    columns = ["customer_id", "ordered_at", "country", "currency", "email", "consent"]
    one, other = rows.loc[[2, 5], columns].astype("str").to_numpy().tolist()
    assert one == other == ["ann@example.com", "2024-01-05 10:20:30", "US", "USD", "ann@example.com", "yes"]
    assert rows["problem"].isna().all()
    assert version.plans[0].notes[0].startswith("5 lines have blanks")
    reasons = version.reasons()
    assert (reasons[1], reasons[2]) == (None, "duplicate")
    assert reasons[9:] == [None, None]
    # A cancelled order keeps the text of its status, and nothing of it went back.
    assert rows.index[rows["cancelled"]].tolist() == [8, 9]
    assert reasons[4:6] == ["cancelled", "cancelled"]
    assert rows["extra"].str.contains("Cancelled at=2024-01-08 09:00:00 -0500").tolist() == [
        place in (8, 9) for place in rows.index
    ]
    assert version.report.returned == 0
    assert version.frame("returns").empty


def test_guests_of_a_shop_are_not_one_customer(first: First, ingest: Ingest, copied: Copied) -> None:
    """By the id, guests have no customer; by the e-mail they have."""
    by_mail = first(CASES[1])
    assert any("because “customer_id” is 0 for all guests" in note for note in by_mail.plans[0].notes)
    by_id = ingest(copied("woocommerce_items.csv"), overrides={"customer": "customer_id"})
    assert (by_id.report.customers, by_id.report.orders, by_id.report.revenue) == (1, 2, 27.25)
    assert by_id.report.removed["missing_customer"] == 5
    assert any("are guest orders" in note for note in by_id.plans[0].notes)


def test_order_total_on_each_line_is_divided(ingest: Ingest, copied: Copied) -> None:
    """25.90 on both lines of an order is 12.95 each."""
    version = ingest(copied("woocommerce_items.csv"), overrides={"amount": "order_total"})
    assert (version.report.revenue, version.report.orders) == (78.6, 4)
    assert version.frame("rows")["amount"].head(3).tolist() == [12.95, 12.95, 18.4]
    assert version.plans[0].order_totals
    assert "“order_total” repeats the order total on each line" in version.plans[0].notes[0]


def test_total_on_the_first_line_is_divided(ingest: Ingest, copied: Copied) -> None:
    """30 on the first of three lines, two of them equal; 24; 27; 14."""
    version = ingest(copied("shopify.csv"), overrides={"amount": "Total"})
    assert version.report.revenue == 95.0
    assert version.frame("rows")["amount"].head(4).tolist() == [15.0, 15.0, 15.0, 24.0]


def test_report_without_buyers_is_refused(ingest: Ingest, copied: Copied) -> None:
    with pytest.raises(InputError) as caught:
        ingest(copied("amazon_all_orders.tsv"))
    assert str(caught.value) == (
        "amazon_all_orders.tsv, row 1: Amazon's “All Orders” report doesn't identify customers. Use the “Amazon "
        "Fulfilled Shipments” report, which has the column buyer-email, or choose a customer column manually (command "
        "line: --map customer=column)."
    )
    with pytest.raises(InputError):
        ColumnMapping(date="d", amount="a").check("log.csv", ("amazon-order-id", "d", "a"))


SHIPMENTS: Final = (
    "amazon_shipments.tsv, column “currency”: 2 currencies, EUR (3 rows, first in row 2), GBP (2 rows, first in row 3)"
)
CHOOSE: Final = "rows in other currencies are then excluded."


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["amazon_shipments.tsv"], f"{SHIPMENTS}. Choose one, such as --currency EUR; {CHOOSE}"),
        (["amazon_shipments.tsv", "--currency=USD"], f"{SHIPMENTS}: no row is in USD. Choose one of these currencies."),
        (
            ["shopify.csv", "woocommerce_orders.csv"],
            (
                "shopify.csv, column “Currency”: USD (11 rows, first in row 2); woocommerce_orders.csv, column "
                f"“order_currency”: EUR (7 rows, first in row 2). Choose one, such as --currency USD; {CHOOSE}"
            ),
        ),
        (
            ["orders.csv", "--currency=euros"],
            "The currency must be a three-letter code such as EUR, got “euros”.",
        ),
    ],
)
def test_mixed_currencies_on_the_command_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, arguments: list[str], message: str
) -> None:
    files = [str(EXPORTS / argument) if not argument.startswith("--") else argument for argument in arguments]
    assert main(["analyse", *files, "--out", str(tmp_path / "out"), "--k", "2"]) == 2
    assert capsys.readouterr().err == message + "\n"
    assert not (tmp_path / "out").exists()
