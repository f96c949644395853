"""An analyst's pandas pipeline: read, drop duplicates, filter, parse dates, group."""

import sys
import time
from collections.abc import Callable

import pandas as pd

from benchmarks.measure import report

_IDS = {"InvoiceNo": "str", "StockCode": "str"}  # otherwise pandas infers types per chunk of a CSV file
_READERS: dict[str, Callable[[str], pd.DataFrame]] = {
    "csv": lambda path: pd.read_csv(path, dtype=_IDS),
    "parquet": pd.read_parquet,
    "openpyxl": lambda path: pd.read_excel(path, dtype=_IDS),
    "calamine": lambda path: pd.read_excel(path, dtype=_IDS, engine="calamine"),
}


def main(reader: str, path: str) -> None:
    """Compute RFM from a file."""
    started = time.perf_counter()
    lines = _READERS[reader](path).drop_duplicates()
    lines = lines[lines["CustomerID"].notna() & ~lines["InvoiceNo"].str.startswith("C")]
    lines = lines[(lines["Quantity"] > 0) & (lines["UnitPrice"] > 0)]
    lines["InvoiceDate"] = pd.to_datetime(lines["InvoiceDate"])
    lines["amount"] = lines["Quantity"] * lines["UnitPrice"]
    as_of = lines["InvoiceDate"].max().normalize() + pd.Timedelta(days=1)
    customers = lines.groupby("CustomerID").agg(
        last=("InvoiceDate", "max"), frequency=("InvoiceNo", "nunique"), monetary=("amount", "sum")
    )
    customers["recency"] = (as_of - customers["last"]).dt.days
    report(started, len(customers), int(customers["frequency"].sum()), float(customers["monetary"].sum()))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
