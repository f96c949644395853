"""A straightforward pandas pipeline: read, drop duplicates, filter, group."""

import sys
import time

import pandas as pd

from benchmarks.measure import report


def main(path: str) -> None:
    """Compute RFM from Parquet."""
    started = time.perf_counter()
    lines = pd.read_parquet(path).drop_duplicates()
    lines = lines[lines["CustomerID"].notna() & ~lines["InvoiceNo"].str.startswith("C")]
    lines = lines[(lines["Quantity"] > 0) & (lines["UnitPrice"] > 0)]
    lines["amount"] = lines["Quantity"] * lines["UnitPrice"]
    as_of = lines["InvoiceDate"].max().normalize() + pd.Timedelta(days=1)
    customers = lines.groupby("CustomerID").agg(
        last=("InvoiceDate", "max"), frequency=("InvoiceNo", "nunique"), monetary=("amount", "sum")
    )
    customers["recency"] = (as_of - customers["last"]).dt.days
    report(started, len(customers), int(customers["frequency"].sum()), float(customers["monetary"].sum()))


if __name__ == "__main__":
    main(sys.argv[1])
