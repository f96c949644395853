"""Sales and returns by product and country."""

import ibis
import ibis.expr.types as ir
import pandas as pd


def basket_items(lines: ir.Table) -> ir.Table:
    """Aggregate lines to one row per order and product.

    Parameters
    ----------
    lines : Table
        From `core.customers.products.sold_lines.sold_lines`.

    Returns
    -------
    Table
        `product_id`, `order`, `customer_id`, `amount` (gross, shop's currency), `units`.
    """
    return lines.group_by("product_id", "order").agg(
        customer_id=lines.customer_id.max(), amount=lines.amount.sum(), units=lines.units.sum()
    )


def product_names(lines: ir.Table) -> ir.Table:
    """Return `product_id` and `product`; of several names, the last alphabetically, as in `product_days`."""
    return lines.group_by("product_id").agg(product=lines["product"].max())


def per_product(items: ir.Table, back: ir.Table, names: ir.Table) -> ir.Table:
    """Compute the sales and returns of each product.

    Parameters
    ----------
    items : Table
        From `basket_items`.
    back : Table
        From `core.customers.products.sold_lines.returned_lines`.
    names : Table
        `product_id` and `product` of all products in either.

    Returns
    -------
    Table
        `product_id`, `product`, `revenue` (gross), `returned`, `net`, in the shop's currency, `units`, and distinct
        `orders` and `customers`.
    """
    sold = items.group_by("product_id").agg(revenue=items.amount.sum(), units=items.units.sum(), orders=items.count())
    buyers = items.select("product_id", "customer_id").distinct()
    buyers = buyers.group_by("product_id").agg(customers=buyers.count())
    returned = back.group_by("product_id").agg(returned=back.amount.sum())
    found = names.left_join(sold, "product_id").drop("product_id_right")
    found = found.left_join(buyers, "product_id").drop("product_id_right")
    found = found.left_join(returned, "product_id").drop("product_id_right")
    sums = {name: found[name].fill_null(0.0) for name in ("revenue", "returned", "units")}
    counts = {name: found[name].fill_null(0) for name in ("orders", "customers")}
    filled = found.select("product_id", "product", **sums, **counts)
    return filled.mutate(net=filled.revenue - filled.returned)


def per_country(orders: ir.Table, returns: ir.Table) -> ir.Table:
    """Sum sales by the country of the order.

    Parameters
    ----------
    orders, returns : Table
        Columns of `core.schema.ORDERS`.

    Returns
    -------
    Table
        `country`, `revenue` (gross), `returned`, `net`, in the shop's currency, `orders`, `customers`; orders without
        a country are excluded.
    """
    columns = ("country", "customer_id", "new_order")
    sold = orders.select(*columns, revenue=orders.amount, returned=0.0)
    back = returns.mutate(customer_id=ibis.null("string"), new_order=ibis.literal(0, "int64"))
    both = sold.union(back.select(*columns, revenue=0.0, returned=back.amount))
    both = both.filter(both.country.notnull())
    found = both.group_by("country").agg(
        revenue=both.revenue.sum(),
        returned=both.returned.sum(),
        orders=both.new_order.sum(),
        customers=both.customer_id.nunique(),
    )
    return found.mutate(net=found.revenue - found.returned)


def return_rates(products: pd.DataFrame, least_orders: int) -> pd.DataFrame:
    """Rank products by the share of their value that was returned, highest first.

    Parameters
    ----------
    products : DataFrame
        Columns of `per_product`.
    least_orders : int
        Minimum orders per product, since one return of two sales is meaningless.

    Returns
    -------
    DataFrame
        The same with `return_rate` = `returned` / `revenue`, of products with revenue.
    """
    enough = products[(products["orders"] >= least_orders) & (products["revenue"] > 0)]
    rated = enough.assign(return_rate=enough["returned"] / enough["revenue"])
    return rated.sort_values(["return_rate", "revenue", "product_id"], ascending=[False, False, True])


def top_share(products: pd.DataFrame, part: float = 0.1) -> float:
    """Return the share of gross revenue from the top `part` of the products, at least one."""
    revenue = products.loc[products["orders"] > 0, "revenue"].sort_values(ascending=False)
    total = float(revenue.sum())
    return float(revenue.head(max(1, round(part * len(revenue)))).sum()) / total if total > 0 else 0.0
