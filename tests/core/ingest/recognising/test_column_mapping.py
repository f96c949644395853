"""Roles of columns, proposed and corrected."""

import itertools
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from core.errors import InputError
from core.ingest.recognising.aliases import ALIASES
from core.ingest.recognising.column_mapping import LABELS, ColumnMapping, propose, with_overrides
from tests.logs import HEADER, Ingest, plain_log, write_csv

WHEN = "2024-03-13 08:26"

UCI_1 = {
    "InvoiceNo": "536365",
    "StockCode": "85123A",
    "Description": "CUP",
    "Quantity": "6",
    "InvoiceDate": "12/1/2010 8:26",
    "UnitPrice": "2.55",
    "CustomerID": "17850.0",
    "Country": "United Kingdom",
}
UCI_2 = {
    "Invoice": "489434",
    "StockCode": "85048",
    "Description": "CUP",
    "Quantity": "12",
    "InvoiceDate": WHEN,
    "Price": "6.95",
    "Customer ID": "13085.0",
    "Country": "United Kingdom",
}
SHOPIFY = {
    "Name": "#1001",
    "Email": "ann@example.org",
    "Financial Status": "paid",
    "Paid at": "2024-03-13 08:26:00 +0100",
    "Accepts Marketing": "yes",
    "Currency": "EUR",
    "Subtotal": "10.00",
    "Total": "12.50",
    "Created at": "2024-03-13 08:25:00 +0100",
    "Lineitem quantity": "1",
    "Lineitem name": "Cup",
    "Lineitem price": "5.00",
    "Lineitem sku": "C1",
    "Billing Country": "DE",
    "Shipping Country": "DE",
    "Id": "5501",
}
WOOCOMMERCE = {
    "order_id": "77",
    "order_number": "77",
    "order_date": "2024-03-13 08:26:00",
    "status": "completed",
    "order_total": "12.50",
    "order_subtotal": "10.00",
    "order_currency": "EUR",
    "customer_id": "4",
    "customer_email": "ann@example.org",
    "billing_country": "DE",
}
WOOCOMMERCE_ANALYTICS = {
    "Date": WHEN,
    "Order #": "77",
    "Status": "completed",
    "Customer": "Ann Lee",
    "Customer type": "new",
    "Product(s)": "1× Cup",
    "Items sold": "1",
    "N. Revenue": "12.50",
}
AMAZON = {
    "amazon-order-id": "303-1",
    "purchase-date": "2024-03-13T08:26:00+00:00",
    "order-status": "Shipped",
    "buyer-email": "ann@example.org",
    "sku": "C1",
    "asin": "B00",
    "product-name": "Cup",
    "quantity": "2",
    "currency": "EUR",
    "item-price": "11.00",
    "ship-country": "DE",
}
EXPORTS = {
    "UCI Online Retail": (
        UCI_1,
        {
            "order": "InvoiceNo",
            "customer": "CustomerID",
            "date": "InvoiceDate",
            "quantity": "Quantity",
            "unit_price": "UnitPrice",
            "product": "StockCode",
            "description": "Description",
            "country": "Country",
        },
    ),
    "UCI Online Retail II": (
        UCI_2,
        {
            "order": "Invoice",
            "customer": "Customer ID",
            "date": "InvoiceDate",
            "quantity": "Quantity",
            "unit_price": "Price",
            "product": "StockCode",
            "description": "Description",
            "country": "Country",
        },
    ),
    "Shopify": (
        SHOPIFY,
        {
            "order": "Name",
            "customer": "Email",
            "date": "Created at",
            "quantity": "Lineitem quantity",
            "unit_price": "Lineitem price",
            "product": "Lineitem sku",
            "description": "Lineitem name",
            "country": "Billing Country",
            "currency": "Currency",
            "email": "Email",
            "consent": "Accepts Marketing",
        },
    ),
    "WooCommerce": (
        WOOCOMMERCE,
        {
            "order": "order_id",
            "customer": "customer_id",
            "date": "order_date",
            "amount": "order_total",
            "country": "billing_country",
            "currency": "order_currency",
            "email": "customer_email",
            "cancelled": "status",
        },
    ),
    "WooCommerce Analytics": (
        WOOCOMMERCE_ANALYTICS,
        {"order": "Order #", "customer": "Customer", "date": "Date", "amount": "N. Revenue", "cancelled": "Status"},
    ),
    "Amazon": (
        AMAZON,
        {
            "order": "amazon-order-id",
            "customer": "buyer-email",
            "date": "purchase-date",
            "quantity": "quantity",
            "amount": "item-price",
            "product": "sku",
            "description": "product-name",
            "country": "ship-country",
            "currency": "currency",
            "email": "buyer-email",
            "cancelled": "order-status",
        },
    ),
}


def sample(row: dict[str, str], count: int = 20) -> pd.DataFrame:
    """Return a sample that repeats one row."""
    return pd.DataFrame([row] * count, dtype="str")


def proposed(columns: dict[str, list[object]]) -> dict[str, str]:
    """Propose roles for columns with values."""
    return propose(list(columns), pd.DataFrame(columns)).roles()


@pytest.mark.parametrize(("row", "roles"), EXPORTS.values(), ids=EXPORTS)
def test_known_exports_need_no_hand(row: dict[str, str], roles: dict[str, str]) -> None:
    mapping = propose(list(row), sample(row))
    assert mapping.roles() == roles
    mapping.check("log.csv", list(row))


@pytest.mark.parametrize(("row", "roles"), EXPORTS.values(), ids=EXPORTS)
def test_order_of_columns_does_not_matter(row: dict[str, str], roles: dict[str, str]) -> None:
    backwards = dict(reversed(row.items()))
    assert propose(list(backwards), sample(backwards)).roles() == roles


@pytest.mark.parametrize("spelling", ["customer id", "CUSTOMER_ID", "Customer-Id", "customerId", " Customer  ID "])
def test_spelling_of_headers_does_not_matter(spelling: str) -> None:
    assert proposed({spelling: ["a"], "date": [WHEN], "amount": ["1"]})["customer"] == spelling


def test_no_alias_belongs_to_two_roles_that_exclude_each_other() -> None:
    needed = ("order", "customer", "date", "quantity", "unit_price", "amount")
    for one, other in itertools.combinations(needed, 2):
        assert not set(ALIASES[one]) & set(ALIASES[other])
    for role, aliases in ALIASES.items():
        assert all(alias.isalnum() and alias == alias.lower() for alias in aliases), role
    assert set(ALIASES) == set(LABELS) == set(ColumnMapping.__dataclass_fields__)


def test_values_tell_where_headers_are_unknown() -> None:
    found = proposed(
        {
            "Vorgang": ["1001", "1002"],
            "Kundenkonto": ["17", "18"],
            "Tag": ["13.03.2024", "14.03.2024"],
            "Erlös": ["12,50", "7,25"],
            "Gebiet": ["DE", "AT"],
        }
    )
    assert found == {"customer": "Kundenkonto", "date": "Tag", "amount": "Erlös"}


def test_price_is_told_beside_a_known_quantity() -> None:
    found = proposed({"who_client": ["a"], "when": [WHEN], "qty": ["2"], "each": ["2.50"]})
    assert (found["quantity"], found["unit_price"], "amount" in found) == ("qty", "each", False)


def test_two_columns_that_fit_are_left_to_the_user() -> None:
    """The user wouldn't notice a wrong guess."""
    found = proposed(
        {"ordered": [WHEN], "delivered": [WHEN], "user_a": ["1"], "user_b": ["2"], "net": ["1.5"], "gross": ["2.5"]}
    )
    assert found == {}


def test_header_alone_does_not_make_a_date_or_a_number() -> None:
    found = proposed({"customer": ["a"], "date": ["soon"], "amount": ["much"], "quantity": ["some"]})
    assert found == {"customer": "customer"}


def test_next_best_header_is_taken_where_the_best_does_not_fit() -> None:
    found = proposed({"customer": ["a"], "Order date": ["soon"], "Created": [WHEN], "total": ["n/k"], "sales": ["2.5"]})
    assert (found["date"], found["amount"]) == ("Created", "sales")


def test_names_of_people_are_no_order_numbers() -> None:
    """`Name` is the order number in Shopify, and the customer's name elsewhere."""
    people = ["Ann Lee", "Bo Li", "Cy Ono", "Di Day"]
    emails = [f"{i}@example.org" for i in range(4)]
    found = proposed({"Name": list(people), "Email": list(emails), "Date": [WHEN] * 4, "Amount": ["1.5"] * 4})
    assert "order" not in found


def test_order_column_that_holds_dates_is_the_date() -> None:
    found = proposed({"Order": [WHEN, "2024-03-14 09:00"], "Client": ["a", "b"], "Amount": ["1.5", "2"]})
    assert found == {"date": "Order", "customer": "Client", "amount": "Amount"}


def test_quantity_and_price_go_before_a_total() -> None:
    """A total may be that of the whole order, repeated on each line."""
    found = proposed({"customer": ["a"], "date": [WHEN], "quantity": ["2"], "price": ["2.5"], "total": ["50"]})
    assert "amount" not in found
    assert (found["quantity"], found["unit_price"]) == ("quantity", "price")


def test_typed_columns_are_recognised() -> None:
    found = proposed({"customer": [17], "when": [datetime.fromisoformat(WHEN)], "amount": [2.5]})
    assert found == {"customer": "customer", "date": "when", "amount": "amount"}


def test_override_takes_the_column_from_its_proposed_role() -> None:
    proposal = ColumnMapping(customer="user", date="created", quantity="total", unit_price="price")
    mapping = with_overrides(proposal, {"amount": "total"})
    assert mapping == ColumnMapping(customer="user", date="created", amount="total")


def test_override_frees_the_order_number_too() -> None:
    """Otherwise every customer would have a single order, named after the customer."""
    mapping = with_overrides(ColumnMapping(order="Name", date="Date", amount="Amount"), {"customer": "Name"})
    assert (mapping.customer, mapping.order) == ("Name", None)


def test_customer_and_email_may_share_a_column() -> None:
    mapping = with_overrides(ColumnMapping(email="Email", date="Date", amount="Amount"), {"customer": "Email"})
    assert (mapping.customer, mapping.email) == ("Email", "Email")


def test_chosen_amount_replaces_quantity_times_price() -> None:
    proposal = ColumnMapping(customer="c", date="d", quantity="q", unit_price="p")
    assert with_overrides(proposal, {"amount": "a"}) == ColumnMapping(customer="c", date="d", quantity="q", amount="a")
    both = with_overrides(proposal, {"amount": "a", "unit_price": "p"})
    assert (both.amount, both.unit_price) == ("a", "p")


def test_override_may_leave_a_role_without_column() -> None:
    assert with_overrides(ColumnMapping(order="id", customer="c"), {"order": ""}).order is None


def test_overrides_of_nothing_change_nothing() -> None:
    mapping = ColumnMapping(customer="c", email="c", date="d", amount="a")
    assert with_overrides(mapping, {}) == mapping


def test_unknown_role_is_named_with_those_there_are() -> None:
    with pytest.raises(InputError, match=r"^--map client=…: unknown role “client”. Choose from customer, date, "):
        with_overrides(ColumnMapping(), {"client": "c"})


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        (
            ColumnMapping(customer="who", date="d", amount="a"),
            "log.csv has no column “who” for the customer. Choose from c, d, a, q.",
        ),
        (
            ColumnMapping(customer="c", date="d", amount="a", quantity="a"),
            "log.csv, column “a”: one column can't be both quantity and amount. Choose another for one of them.",
        ),
        (
            ColumnMapping(date="d", quantity="q"),
            (
                "log.csv, row 1: found no column for the customer and the amount, or quantity and unit price among "
                "c, d, a, q. Choose one manually (command line: --map role=column)."
            ),
        ),
    ],
)
def test_mappings_that_cannot_be_used_are_refused(mapping: ColumnMapping, message: str) -> None:
    with pytest.raises(InputError) as caught:
        mapping.check("log.csv", ("c", "d", "a", "q"))
    assert str(caught.value) == message


def test_message_lists_some_of_many_columns() -> None:
    with pytest.raises(InputError, match=r"c29 …\."):
        ColumnMapping().check("log.csv", [f"c{i}" for i in range(99)])


def test_overrides_reach_the_figures(ingest: Ingest, tmp_path: Path) -> None:
    """With another customer column, the same file has other customers."""
    rows = [(*row, f"k{number % 2}") for number, row in enumerate(plain_log())]
    path = write_csv(tmp_path / "log.csv", rows, (*HEADER, "Kunde"))
    assert ingest(path).report.customers == 6
    assert ingest(path, overrides={"customer": "Kunde"}).report.customers == 2
