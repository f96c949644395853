"""The customers that a filter leaves, found again where a job has only ids: as the pages find them."""

from datetime import datetime

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from core.customers.order_filter import OrderFilter
from core.customers.rfm import RfmSpec, snapshot
from core.engine import parquet
from core.segments.segment_registry import model_of
from core.workspace.records import Version
from core.workspace.store import Workspace


def members_of(
    workspace: Workspace, connection: Backend, version: Version, chosen: OrderFilter, segments: str | int | None
) -> ir.Table | None:
    """Customers that a filter leaves, whatever its days.

    Parameters
    ----------
    workspace, connection : Workspace, Backend
        Where the segment models are, and what may read the version.
    version : Version
        Whose customers, as of the day after its last order.
    chosen : OrderFilter
        Country and segment.
    segments : str, int or None
        The segment model that the segment is of, see `core.segments.segment_registry.model_of`; None where none is
        chosen.

    Returns
    -------
    Table or None
        `customer_id`; None where the filter leaves all.

    Raises
    ------
    NotFoundError
        Where there is no such segment model.
    """
    if not chosen.by_customer:
        return None
    orders, returns = (parquet(connection, version.folder / f"{name}.parquet") for name in ("orders", "returns"))
    found = snapshot(orders, returns, as_of(version)).execute()
    if chosen.country is not None:
        found = found[found["country"] == chosen.country]
    if chosen.segment is not None:
        model = model_of(workspace, version.dataset_id, segments).model
        found = found[model.assign(found) == chosen.segment] if len(found) else found
    return connection.create_table(ibis.util.gen_name("members"), found[["customer_id"]], temp=True)


def as_of(version: Version) -> RfmSpec:
    """The day after the last order of a version."""
    return RfmSpec.after(datetime.fromisoformat(version.report["last_order"]))
