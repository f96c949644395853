"""Data of the products page: the filter, immediate figures and the stored job result."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd
import streamlit as st

from core.customers.order_filter import OrderFilter
from core.customers.products.order_sizes import Sizes, distribution
from core.explore.products_job import KIND, ProductsSpec
from core.ui.caching import cached
from core.ui.products import cached as cached_products
from core.ui.shared import frame, results, state
from core.ui.shared.segments_view import Segments
from core.ui.shared.view import View
from core.workspace import stored_results
from core.workspace.stored_results import ResultKey

_OFFERED: Final = 300  # products with the most orders that can be excluded


@dataclass(frozen=True, kw_only=True)
class Products:
    """Products under a filter.

    Parameters
    ----------
    chosen : OrderFilter
        The filter.
    spec : ProductsSpec
        The job's spec.
    folder : Path or None
        Folder of the stored result; None until it exists.
    sold : DataFrame or None
        `product_id`, `product`, `revenue`, `returned`, `net`, `units`, `orders`, and `customers` once the result
        exists; None while a filter by customer still needs the result.
    countries : DataFrame
        See `core.customers.products.product_sales.per_country`.
    sizes : dict of str to Sizes
        `amount`, `units`, and `products` once the result exists.
    named : bool
        True if the data names products at all.
    hidden : tuple of str
        Ids of products excluded from product figures.
    """

    chosen: OrderFilter
    spec: ProductsSpec
    folder: Path | None
    sold: pd.DataFrame | None
    countries: pd.DataFrame
    sizes: dict[str, Sizes]
    named: bool
    hidden: tuple[str, ...]

    @property
    def orders(self) -> int:
        """Number of orders that match the filter."""
        return self.sizes["amount"].orders

    def shown(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the rows without excluded products, on either side of a pair."""
        for name in ("product_id", "with_id"):
            if name in table:
                table = table[~table[name].isin(self.hidden)]
        return table


def look(view: View, segments: Segments | None, chosen: OrderFilter) -> Products:
    """Read the available data and ask which products to exclude."""
    content = segments.content if segments and chosen.segment else None
    spec = ProductsSpec(chosen=chosen, segments=content)
    folder = stored_results.kept(cached.workspace(), _key(view, spec))
    tables = (view.key, view.spec, content, chosen)
    sizes = dict(cached_products.sizes(*tables))
    if folder is not None:
        counted = cached_products.kept(folder, "sizes")
        sizes["products"] = distribution(counted["products"], counted["orders"])
        sold: pd.DataFrame | None = cached_products.kept(folder, "products")
    else:
        sold = None if chosen.by_customer else cached_products.sold(view.key, chosen)
    return Products(
        chosen=chosen,
        spec=spec,
        folder=folder,
        sold=sold,
        countries=cached_products.countries(*tables),
        sizes=sizes,
        named=bool(cached_products.names(view.key)),
        hidden=_left_out(view),
    )


def made(view: View, found: Products) -> Path | None:
    """Return the folder of the stored result, or None after drawing the job's progress."""
    return results.result(view, KIND, found.spec.to_json(), title="Analysing products")


def _key(view: View, spec: ProductsSpec) -> ResultKey:
    key = view.key
    return ResultKey(
        dataset_id=key.dataset_id, version=key.version, generation=key.generation, kind=KIND, spec=spec.to_json()
    )


def _left_out(view: View) -> tuple[str, ...]:
    """Draw the picker for excluded products in the sidebar; by default codes that look like fees."""
    names, fees = cached_products.names(view.key), cached_products.fees(view.key)
    if not names:
        return ()
    name = f"{state.HIDDEN}-{view.dataset.id}"
    chosen = _parsed(state.text(name), names)
    if chosen is None:
        chosen = list(fees)
    widget = f"{name}_widget"
    st.session_state[widget] = chosen

    def on_change() -> None:
        picked = st.session_state[widget]
        state.put(name, "" if set(picked) == set(fees) else json.dumps(picked))

    offered = list(dict.fromkeys([*chosen, *fees, *list(names)[:_OFFERED]]))
    labels = frame.distinct({code: names.get(code, code) for code in offered})
    with st.sidebar:
        st.multiselect(
            "Excluded products",
            offered,
            format_func=lambda code: labels.get(code, code),
            key=widget,
            on_change=on_change,
            placeholder="None",
            help="Excluded from product figures, but not from orders and countries. By default, codes that "
            "look like fees or corrections: without a digit, or much shorter than the others.",
        )
    return tuple(chosen)


def _parsed(text: str, known: dict[str, Any]) -> list[str] | None:
    """Return the known ids in the link, or None if it holds no list."""
    try:
        given = json.loads(text)
    except ValueError:
        return None
    if not isinstance(given, list):
        return None
    return [code for code in given if isinstance(code, str) and code in known]
