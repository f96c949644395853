"""The job behind the Products page, which reads order lines and stores its result."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from core.customers.order_filter import OrderFilter, filtered
from core.customers.products.basket_rules import BasketSpec, draw_baskets, rules
from core.customers.products.first_products import first_days, first_products, totals
from core.customers.products.order_sizes import products_in_orders
from core.customers.products.product_sales import basket_items, per_product, product_names
from core.customers.products.sold_lines import returned_lines, sold_lines
from core.engine import computed, parquet
from core.errors import InputError
from core.explore.filtered_customers import as_of, members_of
from core.ingest.saved_rows import saved_rows
from core.plain import Plain
from core.progress import Progress
from core.workspace.records import Version
from core.workspace.stored_job import Work, stored_job

KIND: Final = "products"

_FORM: Final = 1  # format of the result; raise it when it changes, so that older results aren't read
_SEGMENTS: Final = "model_version"  # the field's former name: results without segments keep their key
_SCRATCH: Final = "items.parquet"


@dataclass(frozen=True, kw_only=True)
class ProductsSpec(Plain, form=_FORM, renamed={"segments": _SEGMENTS}):
    """Parameters of the products job.

    Parameters
    ----------
    chosen : OrderFilter
        Days, country and segment.
    segments : str, int or None
        `StoredModel.content` of the segment's model; None if no segment is chosen, so that a new model changes nothing.
    within : int
        Days within which a repeat order counts.
    baskets : BasketSpec
        Settings for products bought together.
    """

    chosen: OrderFilter
    segments: str | int | None = None
    within: int = 90
    baskets: BasketSpec = field(default_factory=BasketSpec)

    def __post_init__(self) -> None:
        if self.within < 1:
            message = f"`within` must be at least 1 day, got {self.within}."
            raise InputError(message)


def _report(folder: Path) -> dict[str, Any]:
    facts = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
    return {"orders": facts["orders"], "products": facts["products"]}


@stored_job(ProductsSpec, _report)
def run(work: Work[ProductsSpec], folder: Path) -> None:
    """Store product figures of the filtered orders.

    Returns
    -------
    dict
        Number of `orders` and `products` read. The result's folder contains `products`, `sizes`, `firsts` and `rules`
        as Parquet, and `facts.json`.
    """
    how, version = work.spec, work.version
    with work.session() as connection:
        work.progress(0.02, "Looking for the customers")
        members = members_of(work.workspace, connection, version, how.chosen, how.segments)
        write_result(connection, version, how, members, folder, work.progress)


def write_result(
    connection: Backend, version: Version, how: ProductsSpec, members: ir.Table | None, folder: Path, progress: Progress
) -> dict[str, Any]:
    """Write all files of a result into a folder.

    Parameters
    ----------
    connection : Backend
        Connection that can read the version and write the folder.
    version : Version
        Version whose order lines are read.
    how : ProductsSpec
        Filter and settings.
    members : Table or None
        `customer_id` of the filtered customers; None for all.
    folder, progress
        Destination, and the callback for progress.

    Returns
    -------
    dict
        Content of `facts.json`: `orders` and `drawn` (sampled for pairs), `products` and `in_rules` (considered for
        pairs), and `customers`, see `core.customers.products.first_products.totals`.
    """
    rows = saved_rows(connection, version.folder)
    lines, back = (find(rows, how.chosen, members) for find in (sold_lines, returned_lines))
    progress(0.1, "Adding up products")
    basket_items(lines).to_parquet(str(folder / _SCRATCH))
    items = parquet(connection, folder / _SCRATCH)
    names = product_names(lines.select("product_id", "product").union(back.select("product_id", "product")))
    products = computed(per_product(items, back, names))
    _keep(products, folder / "products.parquet")
    _keep(products_in_orders(items), folder / "sizes.parquet")
    progress(0.45, "Looking at first and second orders")
    orders = filtered(parquet(connection, version.folder / "orders.parquet"), OrderFilter(), members)
    days = computed(first_days(orders, how.chosen, as_of(version).as_of, how.within))
    all_lines = sold_lines(rows, OrderFilter(), members)
    _keep(first_products(all_lines, days, product_names(all_lines)), folder / "firsts.parquet")
    progress(0.65, "Looking for products bought together")
    baskets = draw_baskets(items, products.execute(), how.baskets)
    found = rules(baskets, how.baskets)
    found.to_parquet(folder / "rules.parquet", index=False)
    facts = {
        "orders": baskets.of,
        "drawn": baskets.held.shape[0],
        "products": int(products.count().execute()),
        "in_rules": len(baskets.products),
        "customers": totals(days),
    }
    (folder / "facts.json").write_text(json.dumps(facts), encoding="utf-8")
    (folder / _SCRATCH).unlink()
    progress(1.0, "Done")
    return facts


def _keep(table: ir.Table, path: Path) -> None:
    table.to_parquet(str(path), compression="zstd")
