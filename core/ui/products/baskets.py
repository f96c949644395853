"""Parts of the products page that read a stored result: first and second orders, products bought together."""

from pathlib import Path
from typing import Any, Final

import pandas as pd
import streamlit as st

from core.charts.sales import product_charts as charts
from core.customers.products.first_products import came_back
from core.numbers import count, day, share
from core.ui.caching import cached, drawn
from core.ui.products import cached as cached_products
from core.ui.products.view import Products
from core.ui.shared import frame, state
from core.ui.shared.view import View

_MOST: Final = 12  # rows per chart
_MOST_ROWS: Final = 2_000  # pairs sent to the browser
_LEAST_CUSTOMERS: Final = 30
ALL: Final = "All products"
_ORDER: Final = {
    "highest": ("share", False, "Highest share"),
    "lowest": ("share", True, "Lowest share"),
    "customers": ("observed", False, "Most customers"),
}
_SORTS: Final = {"lift": "Lift", "confidence": "Confidence", "together": "Orders with both"}


def first_orders(found: Products, folder: Path, view: View) -> None:
    """Draw the products in first orders and the share of customers who ordered again."""
    of = cached_products.facts(folder)["customers"]
    begun = found.shown(cached_products.kept(folder, "firsts"))
    if not of["first"] or begun.empty:
        st.info("No first orders in this period.", icon=":material/person_add_disabled:")
        return
    order, least = _again_choices()
    left, right = st.columns(2)
    with left:
        _began(begun, of)
    with right:
        _returned(begun, of, found.spec.within, view, by=order, least=least)
    st.caption(
        f"First orders of {count(of['first'])} customers in this data; customers who bought before "
        f"{day(cached.first_day(view.key))} count as new. Purchases on one day count as one order. A product with a "
        "high share didn't necessarily make customers return: season, price and buyers differ. Test before you act."
    )


def _began(begun: pd.DataFrame, of: dict[str, int]) -> None:
    top = begun.sort_values(["first_customers", "product_id"], ascending=[False, True]).head(_MOST)
    shares = {f"{which}_share": top[f"{which}_customers"] / max(of[which], 1) for which in ("first", "second")}
    top = top.assign(**shares)
    frame.chart(
        drawn.once(charts.first_and_second, top),
        key="products_first",
        title="Products in first orders",
        alt="Most frequent products in first orders, with their share of first and second orders",
        note=f"The most frequent products in {count(of['first'])} first orders, and their share of "
        f"{count(of['second'])} "
        "second orders.",
        data=top,
    )


def _again_choices() -> tuple[str, int]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        order = st.selectbox(
            "Show products by",
            list(_ORDER),
            format_func=lambda name: _ORDER[name][2],
            key=state.anew("products_again_order", next(iter(_ORDER))),
            persist_state="session",
            width=180,
        )
        least = st.number_input(
            "Min. first-time buyers",
            1,
            1_000_000,
            key=state.anew("products_again_least", _LEAST_CUSTOMERS),
            persist_state="session",
            width=200,
            help="Products in fewer customers' first orders are excluded: rates from a handful of buyers are "
            "unreliable.",
        )
    return str(order), int(least)


def _returned(begun: pd.DataFrame, of: dict[str, int], within: int, view: View, *, by: str, least: int) -> None:
    if not of["observed"]:
        st.info(
            f"The data doesn't cover {within} days after any of these first orders yet, so repeat orders can't be "
            "counted.",
            icon=":material/schedule:",
        )
        return
    rated = came_back(begun, of, least)
    if rated.empty:
        most = count(begun["observed"].max())
        st.info(
            f"No product has {count(least)} first-time buyers. Set the minimum to {most} or less.",
            icon=":material/info:",
        )
        return
    column, rising, _label = _ORDER[by]
    top = rated.sort_values([column, "product_id"], ascending=[rising, True]).head(_MOST)
    last = day(view.spec.as_of - pd.Timedelta(days=within + 1))
    frame.chart(
        drawn.once(charts.came_back, top, of["again"] / of["observed"], within),
        key="products_again",
        title=f"Ordered again within {within} days, by product of the first order",
        alt="Share of customers who ordered again, by product of their first order, with 95% intervals",
        note=f"Based on {count(of['observed'])} customers whose first order was on {last} or before, so each had "
        f"{within} days to return. Lines: 95% intervals (Wilson). Blue: interval excludes the average. Of "
        f"{count(len(rated))} products, about one in twenty would do so by chance.",
        data=top,
    )


def together(found: Products, folder: Path) -> None:
    """Draw the products bought together."""
    said, all_rules = cached_products.facts(folder), cached_products.kept(folder, "rules")
    rules = found.shown(all_rules)
    st.caption(_basis(found, said))
    if rules.empty:
        st.info("No two products appear together in enough of these orders. Choose a longer period or fewer "
                "filters.", icon=":material/info:")  # fmt: skip
        return
    product, least, sort = _choices(rules)
    rules = rules[rules["together"] >= least]
    rules = rules[rules["product_id"] == product] if product != ALL else rules
    rules = rules.sort_values([str(sort), "together", "product_id", "with_id"], ascending=[False, False, True, True])
    if rules.empty:
        st.info("No pairs match. Choose another product or a lower minimum.", icon=":material/info:")
        return
    top = (rules if product != ALL else _once(rules)).head(_MOST)
    frame.chart(
        drawn.once(charts.together, top),
        key="products_together",
        title="Bought together",
        alt="Pairs of products: share of orders with the first that include the second, against all orders",
        note="Each pair once, in the direction with higher confidence. Support: share of all orders with both. "
        "Confidence: "
        "share of orders with the first product. Lift: confidence divided by the second product's share of all orders; "
        "1 is chance. This shows what sells together, not what causes purchases.",
        data=top,
    )
    with st.expander(f"All pairs, one row per direction: {count(len(rules))}", icon=":material/table:"):
        st.dataframe(rules.head(_MOST_ROWS), hide_index=True, alt="Association rules between products",
                     column_config=_columns(), column_order=list(_columns()), key="products_rules")  # fmt: skip


def _basis(found: Products, said: dict[str, Any]) -> str:
    """Describe the orders and products that the rules are based on."""
    spec, names = found.spec.baskets, f"the {count(said['in_rules'])} products with most orders"
    orders = f"all {count(said['orders'])} orders"
    if said["drawn"] < said["orders"]:
        orders = f"{count(said['drawn'])} of {count(said['orders'])} orders, drawn at random with seed {spec.seed}"
    which = f"all {count(said['in_rules'])} products" if said["in_rules"] >= said["products"] else names
    return (
        f"Based on {orders} and {which}. Pairs appear in at least {share(spec.least_support)} of the orders and in at "
        f"least {spec.least_together} orders."
    )


def _choices(rules: pd.DataFrame) -> tuple[str, int, str]:
    by_orders = rules.drop_duplicates("product_id").sort_values(["orders", "product_id"], ascending=[False, True])
    names = frame.distinct(dict(zip(by_orders["product_id"], by_orders["product"], strict=True)))
    fewest, most = int(rules["together"].min()), int(rules["together"].max())
    with st.container(horizontal=True, vertical_alignment="bottom"):
        product = st.selectbox("Bought with", [ALL, *names], format_func=lambda code: names.get(code, code),
                               key=state.anew("products_with", ALL, [ALL, *names]), width=320)  # fmt: skip
        sort = st.selectbox("Sorted by", list(_SORTS), format_func=_SORTS.__getitem__, key="products_rules_sort",
                            persist_state="session", width=180)  # fmt: skip
        key = state.anew(f"products_rules_least_{fewest}_{most}", fewest)
        least = st.number_input("Min. orders together", fewest, most, key=key, width=240)
    return str(product), int(least), str(sort)


def _once(rules: pd.DataFrame) -> pd.DataFrame:
    """Keep each pair once, in the direction with the higher confidence."""
    best = rules.sort_values("confidence", ascending=False, kind="stable")
    pair = [tuple(sorted(ids)) for ids in zip(best["product_id"], best["with_id"], strict=True)]
    once = best.index[~pd.Series(pair, index=best.index).duplicated()]
    return rules[rules.index.isin(once)]


def _columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "product": column.TextColumn("Of orders with", width="medium"),
        "with_product": column.TextColumn("also include", width="medium"),
        "confidence": column.NumberColumn("Confidence", format="percent", help="Orders with both / with the first."),
        "usual": column.NumberColumn("Usual", format="percent", help="Share of all orders with the second product."),
        "lift": column.NumberColumn("Lift", format="%.1f", help="Confidence / usual; 1 is chance."),
        "support": column.NumberColumn("Support", format="percent", help="Orders with both / all orders."),
        "together": column.NumberColumn("Orders with both", format="localized"),
        "orders": column.NumberColumn("Orders with the first", format="localized"),
        "product_id": column.TextColumn("Code"),
        "with_id": column.TextColumn("Second code"),
    }
