"""What the page on products looks at: the filter, what is known at once, and what a job has kept."""

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

_OFFERED: Final = 300  # products one may leave out, those in most orders


@dataclass(frozen=True, kw_only=True)
class Products:
    """Products under a filter.

    Parameters
    ----------
    chosen : OrderFilter
        The filter.
    spec : ProductsSpec
        What the job is asked for.
    folder : Path or None
        Of the kept result; None while it is not there.
    sold : DataFrame or None
        `product_id`, `product`, `revenue`, `returned`, `net`, `units`, `orders`, and `customers` where the result is
        there; None where a filter by customer needs the result first.
    countries : DataFrame
        See `core.customers.products.product_sales.per_country`.
    sizes : dict of str to Sizes
        `amount`, `units`, and `products` where the result is there.
    named : bool
        Whether the log names products at all.
    hidden : tuple of str
        Ids of products to leave out of what is said of products.
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
        """Orders that the filter leaves."""
        return self.sizes["amount"].orders

    def shown(self, table: pd.DataFrame) -> pd.DataFrame:
        """Rows of products that are not left out, and not on either side of a pair."""
        for name in ("product_id", "with_id"):
            if name in table:
                table = table[~table[name].isin(self.hidden)]
        return table


def look(view: View, segments: Segments | None, chosen: OrderFilter) -> Products:
    """Read what is there, and ask which products to leave out."""
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
    """Folder of the kept result; None after the page has shown how far its making is."""
    return results.result(view, KIND, found.spec.to_json(), title="Looking at products")


def _key(view: View, spec: ProductsSpec) -> ResultKey:
    key = view.key
    return ResultKey(
        dataset_id=key.dataset_id, version=key.version, generation=key.generation, kind=KIND, spec=spec.to_json()
    )


def _left_out(view: View) -> tuple[str, ...]:
    """Products to leave out, in the sidebar: at first the codes that look like no products."""
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
            "Products left out",
            offered,
            format_func=lambda code: labels.get(code, code),
            key=widget,
            on_change=on_change,
            placeholder="None",
            help="Left out of all that is said of products, not of orders and countries. At first these are codes that "
            "look like fees or corrections: without a digit, or much shorter than the others.",
        )
    return tuple(chosen)


def _parsed(text: str, known: dict[str, Any]) -> list[str] | None:
    """Ids in the link that there are; None where it names none and does not say “none”."""
    try:
        given = json.loads(text)
    except ValueError:
        return None
    if not isinstance(given, list):
        return None
    return [code for code in given if isinstance(code, str) and code in known]
