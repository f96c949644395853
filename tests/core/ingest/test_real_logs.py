"""Two years of a real gift shop, compared with published counts."""

import pandas as pd
import pytest

from core.ingest.recognising.column_mapping import ColumnMapping
from tests.conftest import RealLogs
from tests.logs import Ingested

pytestmark = pytest.mark.timeout(600)

COUNTS = {
    # Read; duplicate, missing customer, cancelled, quantity, price, unreadable; kept; customers; orders; revenue.
    "2010-2011": (541_909, (5_268, 135_037, 8_872, 0, 40, 0), 392_692, 4_338, 18_532, 8_887_208.894),
    "2009-2010": (525_461, (6_865, 107_833, 9_816, 0, 31, 0), 400_916, 4_312, 19_213, 8_798_233.744),
    "both": (1_067_370, (34_335, 235_151, 18_390, 0, 70, 0), 779_424, 5_878, 36_969, 17_374_786.268),
}
OVERLAP = 22_523  # rows of 2010-12-01 to 2010-12-09 stand in both files


def check(version: Ingested, name: str) -> None:
    """Compare a version with the counts, and its revenue to a tenth of a cent."""
    report = version.report
    read, removed, kept, customers, orders, revenue = COUNTS[name]
    assert (report.rows_read, tuple(report.removed.values()), report.rows_kept) == (read, removed, kept)
    assert (report.customers, report.orders) == (customers, orders)
    assert round(report.revenue, 3) == revenue
    assert report.rows_read == report.rows_kept + sum(report.removed.values())


@pytest.mark.parametrize("name", ["2010-2011", "2009-2010"])
def test_one_year(real: RealLogs, name: str) -> None:
    check(real.version(name), name)


def test_years_uploaded_together(real: RealLogs) -> None:
    version = real.version("2009-2010", "2010-2011")
    check(version, "both")
    rows = version.frame("rows")
    overlap = (rows["file_no"] == 1) & (rows["ordered_at"] <= rows.loc[rows["file_no"] == 0, "ordered_at"].max())
    assert overlap.sum() == OVERLAP
    assert (rows.loc[overlap, "reason"] == "duplicate").all()


def test_older_year_appended_to_the_newer(real: RealLogs) -> None:
    """Uploaded in the opposite order; rows in the overlap count once."""
    appended = real.appended("2010-2011", "2009-2010")
    check(appended, "both")
    together = real.version("2009-2010", "2010-2011")
    for name in ("orders", "returns"):
        one, other = appended.frame(name), together.frame(name)
        exact = ["customer_id", "order_id", "ordered_at", "lines", "country"]
        pd.testing.assert_frame_equal(one[exact], other[exact])
        pd.testing.assert_frame_equal(one[["amount", "units"]], other[["amount", "units"]], rtol=1e-12)


def test_headers_dates_and_ids_of_the_files_are_understood(real: RealLogs) -> None:
    newer, older = real.planned("2010-2011"), real.planned("2009-2010")
    shared = {
        "date": "InvoiceDate",
        "quantity": "Quantity",
        "product": "StockCode",
        "description": "Description",
        "country": "Country",
    }
    assert newer.plan.mapping == ColumnMapping(
        customer="CustomerID", order="InvoiceNo", unit_price="UnitPrice", **shared
    )
    assert older.plan.mapping == ColumnMapping(customer="Customer ID", order="Invoice", unit_price="Price", **shared)
    assert (newer.plan.dates.order, older.plan.dates.order) == ("mdy", "ymd")
    assert (newer.plan.dates.ambiguous, older.plan.dates.ambiguous) == (False, False)
    assert older.raw.encoding == "utf-8"
    customers = real.version("2010-2011").frame("orders")["customer_id"]
    assert customers.str.fullmatch(r"\d{5}").all()
    assert (customers.min(), customers.max()) == ("12346", "18287")


def test_first_and_last_orders(real: RealLogs) -> None:
    report = real.version("2010-2011").report
    assert (report.first_order, report.last_order) == ("2010-12-01 08:26:00", "2011-12-09 12:50:00")


def test_extreme_orders_and_gaps_are_told(real: RealLogs) -> None:
    """81,000 paper birds were ordered and cancelled within minutes, and the shop closes over Christmas."""
    oddities = real.version("2010-2011").details()["oddities"]
    texts = {kind: [o["text"] for o in oddities if o["kind"] == kind] for kind in ("extreme_quantity", "gap", "future")}
    assert any("80,995 units" in text and "was later cancelled" in text for text in texts["extreme_quantity"])
    assert any("from 2010-12-24 to 2011-01-03" in text for text in texts["gap"])
    assert texts["future"] == []
