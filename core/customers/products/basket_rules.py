"""Products bought together: association rules from one product to another."""

import warnings
from dataclasses import dataclass
from typing import Any, Final

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from scipy import sparse

from core.errors import InputError
from core.ingest.cleaning.exclusion_reasons import hash_of
from core.plain import Plain

with warnings.catch_warnings():  # importing it enables all deprecation warnings, including ours
    from mlxtend.frequent_patterns import association_rules, fpgrowth

RULES: Final = ("product_id", "product", "with_id", "with_product", "orders", "together", "support", "confidence",
                "usual", "lift")  # fmt: skip
"""Columns of `rules`."""

_METRICS: Final = ["antecedent support", "consequent support", "support", "confidence", "lift"]


@dataclass(frozen=True, kw_only=True)
class BasketSpec(Plain):
    """Parameters of the search for products bought together, with defaults that need at most a minute and a gigabyte.

    Parameters
    ----------
    most_products : int
        Maximum number of products, those in the most orders.
    most_orders : int
        Maximum number of orders; if there are more, a sample is drawn.
    least_support : float
        Minimum share of orders with a pair.
    least_together : int
        Minimum number of orders with a pair.
    seed : int
        Random state of the sample.
    """

    most_products: int = 500
    most_orders: int = 100_000
    least_support: float = 0.003
    least_together: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("most_products", "most_orders", "least_together"):
            if getattr(self, name) < 1:
                message = f"`{name}` must be at least 1, got {getattr(self, name)}."
                raise InputError(message)
        if not 0 < self.least_support <= 1:
            message = f"`least_support` must be above 0 and at most 1, got {self.least_support}."
            raise InputError(message)


@dataclass(frozen=True, kw_only=True)
class Baskets:
    """The most ordered products contained in each order.

    Parameters
    ----------
    held : csr_array of bool, shape (orders, products)
        Includes orders without any of these products, which count in every share.
    products : DataFrame
        `product_id`, `product`, one row per column of `held`, those in most orders first.
    of : int
        Number of orders that these were drawn from.
    """

    held: "sparse.csr_array[Any]"
    products: pd.DataFrame
    of: int


def draw_baskets(items: ir.Table, products: pd.DataFrame, spec: BasketSpec) -> Baskets:
    """Return the baskets of all orders, or of a sample.

    Parameters
    ----------
    items : Table
        From `core.customers.products.product_sales.basket_items`.
    products : DataFrame
        `product_id`, `product`, `orders`.
    spec : BasketSpec
        Limits and seed. Orders are sampled by hash, so that their order in the log is irrelevant.
    """
    top = products.sort_values(["orders", "product_id"], ascending=[False, True]).head(spec.most_products)
    top = top[top["orders"] > 0].reset_index(drop=True)
    orders = items.select("order").distinct()
    of = int(orders.count().execute())
    if of > spec.most_orders:
        drawn = orders.mutate(draw=hash_of(ibis.struct({"order": orders.order, "seed": spec.seed})))
        orders = drawn.order_by("draw", "order").limit(spec.most_orders).select("order")
    numbered = orders.mutate(basket=ibis.row_number().over(order_by="order"))
    backend = items.get_backend()
    numbers = pd.DataFrame({"product_id": top["product_id"], "number": np.arange(len(top))})
    known = backend.create_table(ibis.util.gen_name("numbers"), numbers, temp=True)
    pairs = items.inner_join(numbered, "order").inner_join(known, "product_id").select("basket", "number").execute()
    shape = (min(of, spec.most_orders), len(top))
    places = (pairs["basket"].to_numpy(), pairs["number"].to_numpy())
    held = sparse.csr_array((np.ones(len(pairs), dtype=bool), places), shape=shape)
    return Baskets(held=held, products=top[["product_id", "product"]], of=of)


def rules(baskets: Baskets, spec: BasketSpec) -> pd.DataFrame:
    """Find rules from one product to another, in both directions, highest lift first.

    Frequent pairs are found by FP-growth (Han, Pei and Yin, 2000); support and confidence are from Agrawal, Imieliński
    and Swami (1993), lift from Brin, Motwani, Ullman and Tsur (1997), who call it interest.

    Parameters
    ----------
    baskets : Baskets
        From `draw_baskets`.
    spec : BasketSpec
        Minimum support of pairs.

    Returns
    -------
    DataFrame
        Columns of `RULES`: a product and the one `with` it; `orders` with the first, `together` with both; `support` =
        together / all orders; `confidence` = together / orders; `usual`, the share of all orders with the second;
        `lift` = confidence / usual. Only sampled orders are counted.
    """
    number, columns = baskets.held.shape
    if not number or not columns:
        return _no_rules()
    least = max(spec.least_support, spec.least_together / number)
    frame = pd.DataFrame.sparse.from_spmatrix(baskets.held)  # type: ignore[attr-defined]  # the stubs do not know it
    sets = fpgrowth(frame, min_support=min(least, 1.0), max_len=2, use_colnames=True) if least <= 1 else pd.DataFrame()
    if sets.empty or sets["itemsets"].map(len).max() < 2:  # noqa: PLR2004  a pair
        return _no_rules()
    found = association_rules(sets, metric="confidence", min_threshold=0.0, return_metrics=_METRICS)
    return _named(found, baskets.products, number)


def _named(found: pd.DataFrame, products: pd.DataFrame, number: int) -> pd.DataFrame:
    """Return the rules found by mlxtend, with counts and names."""
    first, second = (found[side].map(lambda items: next(iter(items))) for side in ("antecedents", "consequents"))
    columns = {
        "product_id": products["product_id"].to_numpy()[first],
        "product": products["product"].to_numpy()[first],
        "with_id": products["product_id"].to_numpy()[second],
        "with_product": products["product"].to_numpy()[second],
        "orders": (found["antecedent support"] * number).round().astype("int64"),
        "together": (found["support"] * number).round().astype("int64"),
        "support": found["support"],
        "confidence": found["confidence"],
        "usual": found["consequent support"],
        "lift": found["lift"],
    }
    named = pd.DataFrame(columns)[list(RULES)]
    return named.sort_values(["lift", "confidence", "product_id", "with_id"], ascending=[False, False, True, True])


def _no_rules() -> pd.DataFrame:
    kinds = dict.fromkeys(("product_id", "product", "with_id", "with_product"), "str")
    numbers = {name: "int64" if name in ("orders", "together") else "float64" for name in RULES if name not in kinds}
    return pd.DataFrame({name: [] for name in RULES}).astype({**kinds, **numbers})
