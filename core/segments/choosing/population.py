"""The customers that a preset segments, from a version as it was saved."""

from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pandas as pd
from ibis.backends.duckdb import Backend

from core.customers.rfm import RfmSpec, snapshot
from core.engine import parquet
from core.errors import TooLittleDataError
from core.ingest.saved_rows import saved_rows
from core.segments.choosing.notebook_preset import notebook_customers
from core.workspace.stored_job import Work

NOTEBOOK = "notebook"
"""The preset that reads lines and not orders."""


def population(connection: Backend, folder: Path, preset: str, spec: RfmSpec) -> pd.DataFrame:
    """Customers as of a date, with what their features need.

    Parameters
    ----------
    connection : Backend
        May read the folder.
    folder : Path
        Of the version.
    preset : str
        A key of `core.segments.clustering.scaling.PRESETS`, or "own".
    spec : RfmSpec
        As of when.

    Returns
    -------
    DataFrame
        Columns of `core.schema.CUSTOMERS`; with the preset "notebook" those of
        `core.segments.choosing.notebook_preset.notebook_customers`, of which `group` says who is segmented with whom.
        Empty where no order lies before the date.
    """
    if preset == NOTEBOOK:
        rows = saved_rows(connection, folder)
        return notebook_customers(rows.filter(rows.ordered_at < datetime.combine(spec.as_of, time())))
    orders, returns = (parquet(connection, folder / f"{name}.parquet") for name in ("orders", "returns"))
    found: pd.DataFrame = snapshot(orders, returns, spec).order_by("customer_id").execute()
    return found


def customers_of(work: Work[Any], preset: str, as_of: date) -> pd.DataFrame:
    """The same in a worker: of the version that a result is of, with an engine of its own.

    Raises
    ------
    NotFoundError
        Where the version was deleted.
    TooLittleDataError
        Where no order lies before the date.
    """
    with work.session() as connection:
        found = population(connection, work.version.folder, preset, RfmSpec(as_of=as_of))
    if found.empty:
        message = f"No order lies before {as_of}; choose a later date."
        raise TooLittleDataError(message)
    return found


def groups_of(customers: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Return the groups to segment: those of the notebook preset in order, or all customers as “All”."""
    if "group" not in customers:
        return [("All", customers)]
    groups = customers.groupby("group", sort=False)
    return [(str(name), members.reset_index(drop=True)) for name, members in groups]
