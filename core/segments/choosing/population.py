"""Customers to segment under a preset, from a stored version."""

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
"""The preset that reads lines instead of orders."""


def population(connection: Backend, folder: Path, preset: str, spec: RfmSpec) -> pd.DataFrame:
    """Return the customers as of a date, with the columns that their features need.

    Parameters
    ----------
    connection : Backend
        Connection that may read the folder.
    folder : Path
        Folder of the version.
    preset : str
        A key of `core.segments.clustering.scaling.PRESETS`, or "own".
    spec : RfmSpec
        Cutoff date.

    Returns
    -------
    DataFrame
        Columns of `core.schema.CUSTOMERS`; for the preset "notebook" those of
        `core.segments.choosing.notebook_preset.notebook_customers`, where each `group` is segmented separately. Empty
        if there are no orders before the date.
    """
    if preset == NOTEBOOK:
        rows = saved_rows(connection, folder)
        return notebook_customers(rows.filter(rows.ordered_at < datetime.combine(spec.as_of, time())))
    orders, returns = (parquet(connection, folder / f"{name}.parquet") for name in ("orders", "returns"))
    found: pd.DataFrame = snapshot(orders, returns, spec).order_by("customer_id").execute()
    return found


def customers_of(work: Work[Any], preset: str, as_of: date) -> pd.DataFrame:
    """Return the customers of a job's version; see `population`.

    Raises
    ------
    NotFoundError
        If the version was deleted.
    TooLittleDataError
        If there are no orders before the date.
    """
    with work.session() as connection:
        found = population(connection, work.version.folder, preset, RfmSpec(as_of=as_of))
    if found.empty:
        message = f"There are no orders before {as_of}. Choose a later date."
        raise TooLittleDataError(message)
    return found


def groups_of(customers: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Return the groups to segment: those of the notebook preset in order, or all customers as “All”."""
    if "group" not in customers:
        return [("All", customers)]
    groups = customers.groupby("group", sort=False)
    return [(str(name), members.reset_index(drop=True)) for name, members in groups]
