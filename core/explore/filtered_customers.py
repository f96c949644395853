"""The customers who match a filter, for jobs, which don't share the pages' caches."""

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
    """Return the customers who match a filter, ignoring its dates.

    Parameters
    ----------
    workspace, connection : Workspace, Backend
        Workspace with the segment models, and a connection that can read the version.
    version : Version
        Version whose customers are filtered, as of the day after its last order.
    chosen : OrderFilter
        Country and segment.
    segments : str, int or None
        Segment model that the segment belongs to, see `core.segments.segment_registry.model_of`; None if no segment is
        chosen.

    Returns
    -------
    Table or None
        `customer_id`; None if the filter matches everyone.

    Raises
    ------
    NotFoundError
        If there is no such segment model.
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
    """Return RFM settings as of the day after a version's last order."""
    return RfmSpec.after(datetime.fromisoformat(version.report["last_order"]))
