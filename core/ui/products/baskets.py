"""The parts of the page on products that read a kept result: first and second orders, products bought together."""

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

_MOST: Final = 12  # rows a chart
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
    """What customers begin with, and how many of them ordered again."""
    of = cached_products.facts(folder)["customers"]
    begun = found.shown(cached_products.kept(folder, "firsts"))
    if not of["first"] or begun.empty:
        st.info("Nobody ordered for the first time in these days.", icon=":material/person_add_disabled:")
        return
    order, least = _again_choices()
    left, right = st.columns(2)
    with left:
        _began(begun, of)
    with right:
        _returned(begun, of, found.spec.within, view, by=order, least=least)
    st.caption(
        f"First orders of {count(of['first'])} customers, first in this log: whoever bought before "
        f"{day(cached.first_day(view.key))} seems new. What is bought on one day counts as one order. A product with a "
        "high share did not make customers return: season, price and who buys it differ, too. Test before you act."
    )


def _began(begun: pd.DataFrame, of: dict[str, int]) -> None:
    top = begun.sort_values(["first_customers", "product_id"], ascending=[False, True]).head(_MOST)
    shares = {f"{which}_share": top[f"{which}_customers"] / max(of[which], 1) for which in ("first", "second")}
    top = top.assign(**shares)
    frame.chart(
        drawn.once(charts.first_and_second, top),
        key="products_first",
        title="What customers begin with",
        alt="Products in most first orders, with their share of first and of second orders",
        note=f"Products in most of the {count(of['first'])} first orders, and how many of the {count(of['second'])} "
        "second orders held them.",
        data=top,
    )


def _again_choices() -> tuple[str, int]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        order = st.selectbox(
            "Who ordered again",
            list(_ORDER),
            format_func=lambda name: _ORDER[name][2],
            key=state.anew("products_again_order", next(iter(_ORDER))),
            persist_state="session",
            width=180,
        )
        least = st.number_input(
            "Began with it: at least",
            1,
            1_000_000,
            key=state.anew("products_again_least", _LEAST_CUSTOMERS),
            persist_state="session",
            width=200,
            help="Products with which fewer customers began are left out: of a handful nothing can be said.",
        )
    return str(order), int(least)


def _returned(begun: pd.DataFrame, of: dict[str, int], within: int, view: View, *, by: str, least: int) -> None:
    if not of["observed"]:
        st.info(
            f"The log does not go on for {within} days after any of these first orders, so nobody can tell yet who "
            "ordered again.",
            icon=":material/schedule:",
        )
        return
    rated = came_back(begun, of, least)
    if rated.empty:
        most = count(begun["observed"].max())
        st.info(
            f"No product was in the first order of {count(least)} of these customers; ask for at most {most}.",
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
        note=f"Of the {count(of['observed'])} customers whose first order was on {last} or before, so that all had "
        f"{within} days. Lines: 95% intervals (Wilson). Blue where the interval leaves out the average; of "
        f"{count(len(rated))} products about one in twenty would do so by chance.",
        data=top,
    )


def together(found: Products, folder: Path) -> None:
    """Products bought together."""
    said, all_rules = cached_products.facts(folder), cached_products.kept(folder, "rules")
    rules = found.shown(all_rules)
    st.caption(_basis(found, said))
    if rules.empty:
        st.info("No two products are together in enough of these orders to say anything; choose more days, or fewer "
                "filters.", icon=":material/info:")  # fmt: skip
        return
    product, least, sort = _choices(rules)
    rules = rules[rules["together"] >= least]
    rules = rules[rules["product_id"] == product] if product != ALL else rules
    rules = rules.sort_values([str(sort), "together", "product_id", "with_id"], ascending=[False, False, True, True])
    if rules.empty:
        st.info("No pair fits; choose another product or fewer orders.", icon=":material/info:")
        return
    top = (rules if product != ALL else _once(rules)).head(_MOST)
    frame.chart(
        drawn.once(charts.together, top),
        key="products_together",
        title="Bought together",
        alt="Pairs of products: share of orders with the first that also hold the second, against all orders",
        note="Each pair once, the way round that says more. Support: orders with both out of all. Confidence: out of "
        "those with the first product. Lift: confidence divided by the second product's share of all orders; 1 is "
        "chance. It says what goes together, not what makes people buy.",
        data=top,
    )
    with st.expander(f"The pairs in figures, a row each way: {count(len(rules))}", icon=":material/table:"):
        st.dataframe(rules.head(_MOST_ROWS), hide_index=True, alt="Rules from one product to another",
                     column_config=_columns(), column_order=list(_columns()), key="products_rules")  # fmt: skip


def _basis(found: Products, said: dict[str, Any]) -> str:
    """What the rules were found in, and what was left out."""
    spec, names = found.spec.baskets, f"the {count(said['in_rules'])} products in most orders"
    orders = f"all {count(said['orders'])} orders"
    if said["drawn"] < said["orders"]:
        orders = f"{count(said['drawn'])} of {count(said['orders'])} orders, drawn at random with seed {spec.seed}"
    which = f"all {count(said['in_rules'])} products" if said["in_rules"] >= said["products"] else names
    return (
        f"Looked for in {orders}, among {which}; pairs in at least {share(spec.least_support)} of the orders and at "
        f"least {spec.least_together} of them."
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
        least = st.number_input("Together in at least so many orders", fewest, most, key=key, width=240)
    return str(product), int(least), str(sort)


def _once(rules: pd.DataFrame) -> pd.DataFrame:
    """Each pair once, with the way round that has the higher confidence."""
    best = rules.sort_values("confidence", ascending=False, kind="stable")
    pair = [tuple(sorted(ids)) for ids in zip(best["product_id"], best["with_id"], strict=True)]
    once = best.index[~pd.Series(pair, index=best.index).duplicated()]
    return rules[rules.index.isin(once)]


def _columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "product": column.TextColumn("Of orders with", width="medium"),
        "with_product": column.TextColumn("so many also hold", width="medium"),
        "confidence": column.NumberColumn("Confidence", format="percent", help="Orders with both / with the first."),
        "usual": column.NumberColumn("Usual", format="percent", help="All orders that hold the second."),
        "lift": column.NumberColumn("Lift", format="%.1f", help="Confidence / usual; 1 is chance."),
        "support": column.NumberColumn("Support", format="percent", help="Orders with both / all orders."),
        "together": column.NumberColumn("Orders with both", format="localized"),
        "orders": column.NumberColumn("Orders with the first", format="localized"),
        "product_id": column.TextColumn("Code"),
        "with_id": column.TextColumn("Code of the other"),
    }
