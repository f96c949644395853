"""Cached reads of the products page, from small tables and stored job results.

Tables are shared by all sessions because copying long ones is slow. Don't modify them.
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
    """Return products sold on the filter's days, over all customers; see `core.customers.activity.products`."""
    start, end = chosen.start or date.min, chosen.end or date.max
    with cached.engine().session() as connection:
        (days,) = cached.tables(connection, key, "product_days")
        found: pd.DataFrame = activity.products(days, start, end).execute()
    return found


@cache.copied()
def countries(key: Key, spec: RfmSpec, content: str | None, chosen: OrderFilter) -> pd.DataFrame:
    """Return sales by country; see `core.customers.products.product_sales.per_country`."""
    with cached.engine().session() as connection:
        orders, returns = cached.filtered_tables(connection, key, spec, content, chosen)
        found: pd.DataFrame = per_country(orders, returns).execute()
    return found


@cache.copied()
def sizes(key: Key, spec: RfmSpec, content: str | None, chosen: OrderFilter) -> dict[str, Sizes]:
    """Return the distributions of `amount` and `units` per order."""
    with cached.engine().session() as connection:
        orders, _returns = cached.filtered_tables(connection, key, spec, content, chosen)
        found = order_totals(orders)
    return {name: distribution(found[name]) for name in ("amount", "units")}


@cache.shared()
def kept(folder: Path, name: str) -> pd.DataFrame:
    """Return a table of a stored result, whose folder never changes."""
    return pd.read_parquet(folder / f"{name}.parquet")


@cache.copied()
def facts(folder: Path) -> dict[str, Any]:
    """Return the facts recorded with a stored result."""
    found: dict[str, Any] = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
    return found


@cache.copied()
def fees(key: Key) -> tuple[str, ...]:
    """Return the sorted codes that look like fees, not products; see `core.customers.products.fee_codes`."""
    return tuple(sorted(fee_like(sold(key, OrderFilter())["product_id"].tolist())))


@cache.shared()
def names(key: Key) -> dict[str, str]:
    """Return product names by id, those with most orders first."""
    found = sold(key, OrderFilter()).sort_values(["orders", "product_id"], ascending=[False, True])
    return dict(zip(found["product_id"], found["product"], strict=True))
