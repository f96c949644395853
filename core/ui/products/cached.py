"""What the page on products reads: at once from small tables, and from results that a job has kept.

Tables are shared by all sessions, since copies of long ones take time: they are not to be changed.
"""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from core.customers import activity
from core.customers.order_filter import OrderFilter
from core.customers.products.fee_codes import fee_like
from core.customers.products.order_sizes import Sizes, distribution, order_totals
from core.customers.products.product_sales import per_country
from core.customers.rfm import RfmSpec
from core.ui.caching import cache, cached
from core.ui.caching.cached import Key


@cache.shared()
def sold(key: Key, chosen: OrderFilter) -> pd.DataFrame:
    """Products of the filter's days, of all customers: see `core.customers.activity.products`."""
    start, end = chosen.start or date.min, chosen.end or date.max
    with cached.engine().session() as connection:
        (days,) = cached.tables(connection, key, "product_days")
        found: pd.DataFrame = activity.products(days, start, end).execute()
    return found


@cache.copied()
def countries(key: Key, spec: RfmSpec, content: str | None, chosen: OrderFilter) -> pd.DataFrame:
    """See `core.customers.products.product_sales.per_country`."""
    with cached.engine().session() as connection:
        orders, returns = cached.filtered_tables(connection, key, spec, content, chosen)
        found: pd.DataFrame = per_country(orders, returns).execute()
    return found


@cache.copied()
def sizes(key: Key, spec: RfmSpec, content: str | None, chosen: OrderFilter) -> dict[str, Sizes]:
    """How `amount` and `units` of the orders are distributed."""
    with cached.engine().session() as connection:
        orders, _returns = cached.filtered_tables(connection, key, spec, content, chosen)
        found = order_totals(orders)
    return {name: distribution(found[name]) for name in ("amount", "units")}


@cache.shared()
def kept(folder: Path, name: str) -> pd.DataFrame:
    """A table of a kept result, whose folder never changes."""
    return pd.read_parquet(folder / f"{name}.parquet")


@cache.copied()
def facts(folder: Path) -> dict[str, Any]:
    """What a kept result says of itself."""
    found: dict[str, Any] = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
    return found


@cache.copied()
def fees(key: Key) -> tuple[str, ...]:
    """Codes of the whole log that look like no products, in their order; see `core.customers.products.fee_codes`."""
    return tuple(sorted(fee_like(sold(key, OrderFilter())["product_id"].tolist())))


@cache.shared()
def names(key: Key) -> dict[str, str]:
    """Name of each product of the log by its id, those in most orders first."""
    found = sold(key, OrderFilter()).sort_values(["orders", "product_id"], ascending=[False, True])
    return dict(zip(found["product_id"], found["product"], strict=True))
