"""Parts of the products page that need no job: figures, rankings, basket sizes, returns."""

from typing import Any, Final

import pandas as pd
import streamlit as st

from core.act.exports import to_csv
from core.charts.sales import product_charts as charts
from core.customers.products.product_sales import return_rates, top_share
from core.numbers import count, share
from core.ui.caching import drawn
from core.ui.products import cached as cached_products
from core.ui.products.view import Products
from core.ui.shared import filters, frame, state
from core.ui.shared.frame import Figure
from core.ui.shared.view import View

_MOST: Final = 12  # bars per chart
_LEAST_ORDERS: Final = 20
_NAMED: Final = 10  # maximum number of excluded products listed by name
MOST_ROWS: Final = 10_000
"""Maximum number of products sent to the browser; the download contains all of them."""
_SIZES: Final = {
    "amount": ("Amount per order", "", "Gross amount of an order: the sum of its lines."),
    "units": ("Units per order", "units", "Items in an order, over all its lines."),
    "products": ("Distinct products per order", "distinct products", "Distinct products in an order."),
}


def sentence(found: Products, view: View) -> str:
    """Summarise product sales in one sentence."""
    which = filters.said(found.chosen)
    lead = f"{which}: " if which else ""
    sold = None if found.sold is None else found.shown(found.sold)
    if not found.orders:
        return f"{lead}no orders."
    if sold is None or not (sold["orders"] > 0).any():
        total = found.sizes["amount"].mean * found.orders
        return f"{lead}{count(found.orders)} orders, {view.money.short(total)} gross."
    best = sold.sort_values(["net", "product_id"], ascending=[False, True]).iloc[0]
    number = int((sold["orders"] > 0).sum())
    return (
        f"{lead}{best['product']} leads {count(number)} products with {view.money.short(best['net'])} net; the top "
        f"10% generate {share(top_share(sold))} of gross revenue."
    )


def figures(found: Products, view: View) -> list[Figure]:
    """Return the figures: products, orders, order sizes and returns."""
    money, when = view.money, filters.said(found.chosen) or "all time"
    amount, units = found.sizes["amount"], found.sizes["units"]
    row = [
        Figure("orders", "Orders", count(found.orders), f"Distinct orders, {when}."),
        Figure("amount", "Median order", money.short(amount.median) if found.orders else "–",
               f"Half of the orders are larger ({when}). Mean: {money.short(amount.mean)}."),
        Figure("units", "Median units", count(units.median) if found.orders else "–",
               f"Median items per order ({when}). Mean: {count(units.mean)}."),
    ]  # fmt: skip
    if found.sold is None:
        return row
    sold = found.shown(found.sold)
    gross, back = sold["revenue"].sum(), sold["returned"].sum()
    rate = share(back / gross) if gross > 0 else "–"
    return [
        Figure("products", "Products sold", count((sold["orders"] > 0).sum()), f"Distinct products, {when}."),
        *row,
        Figure("returned", "Returned", rate, f"{money.exact(back)} of {money.exact(gross)} gross of these products "
               f"was returned, {when}. Counted on the day of the return; includes earlier sales."),
    ]  # fmt: skip


def rankings(found: Products, view: View) -> None:
    """Draw top products and countries by a chosen measure."""
    measure = frame.select(
        st.segmented_control, "Ranked by", state.MEASURE, list(charts.MEASURES), "net",
        shown=charts.MEASURES.__getitem__,
    )  # fmt: skip
    left, right = st.columns([3, 2])
    with left:
        if found.sold is None or measure not in found.sold:
            st.info("Counting products… See the progress below.", icon=":material/hourglass_top:")
        else:
            _ranking(found.shown(found.sold), "product", "products", measure, view)
    with right:
        _ranking(found.countries, "country", "countries", measure, view)
    if found.hidden:
        names = cached_products.names(view.key)
        left_out = [names.get(code, code) for code in found.hidden]
        more = f" and {len(left_out) - _NAMED} more" if len(left_out) > _NAMED else ""
        text = f"Excluded from product figures: {', '.join(left_out[:_NAMED])}{more}. Change this in the sidebar."
        st.caption(frame.escape_markdown(text))


def _ranking(table: pd.DataFrame, label: str, plural: str, measure: str, view: View) -> None:
    if table.empty:
        st.info(f"No {plural} in these orders.", icon=":material/info:")
        return
    top = table.sort_values([measure, label], ascending=[False, True]).head(_MOST)
    total = float(table[measure].sum()) if measure in ("net", "revenue") else 0.0
    name = charts.MEASURES[measure].lower()
    frame.chart(
        drawn.once(charts.ranked, top, label, measure, total, view.money),
        key=f"products_top_{plural}",
        title=f"Top {plural} by {name}",
        alt=f"Top {len(top)} {plural} by {name}",
        note=f"Top {len(top)} of {count(len(table))} {plural}. Net is gross less returns in this period.",
        data=top,
    )


def order_sizes(found: Products, view: View) -> None:
    """Draw the order sizes: amount, units, distinct products."""
    for column, name in zip(st.columns(3), _SIZES, strict=True):
        title, unit, note = _SIZES[name]
        with column:
            if name not in found.sizes:
                st.info(f"{title}: counting…", icon=":material/hourglass_top:")
                continue
            sizes = found.sizes[name]
            if not sizes.orders:
                continue
            money = view.money if name == "amount" else None
            frame.chart(
                drawn.once(charts.size_bars, sizes.bars, sizes.median, unit, money),
                key=f"products_size_{name}",
                title=title,
                alt=f"Orders by {title.lower()}",
                note=f"{note} The pale bar groups the largest 5% of orders.",
                data=sizes.bars,
            )


def returns(found: Products, view: View) -> None:
    """Draw the products with the highest return rates."""
    if found.sold is None:
        return
    st.subheader("Returns", anchor=False)
    sold = found.shown(found.sold)
    if not sold["returned"].sum():
        st.info("No returns in this period.", icon=":material/assignment_turned_in:")
        return
    key = state.anew("products_returns_least", _LEAST_ORDERS)
    least = st.number_input("Min. orders", 1, 1_000_000, key=key, persist_state="session", width=220)
    rated = return_rates(sold, least)
    if rated.empty:
        st.info(f"No product has {count(least)} orders or more. Lower the minimum.", icon=":material/info:")
        return
    top = rated[rated["returned"] > 0].head(_MOST)
    frame.chart(
        drawn.once(charts.return_bars, top, float(sold["returned"].sum() / sold["revenue"].sum()), view.money),
        key="products_returns",
        title="Highest return rates",
        alt="Products with the highest share of value returned",
        note="Value returned in this period as a share of gross value sold. Includes earlier "
        "sales, so a share above 100% is possible.",
        data=top,
    )


def table(found: Products, view: View) -> None:
    """Draw the table of all products, highest net revenue first."""
    if found.sold is None or found.sold.empty:
        return
    sold = found.sold.sort_values(["net", "product_id"], ascending=[False, True])
    sold = sold.assign(return_rate=(sold["returned"] / sold["revenue"]).where(sold["revenue"] > 0))
    with st.expander("All products", icon=":material/table:"):
        st.download_button(
            f"Download {count(len(sold))} products",
            lambda: to_csv(sold),
            file_name=frame.file_name("products", f"{view.key} {found.spec} {list(sold)}"),
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            key="products_download",
        )
        if len(sold) > MOST_ROWS:
            st.caption(f"Showing the top {count(MOST_ROWS)} by net revenue. The download has all.")
        st.dataframe(sold.head(MOST_ROWS), hide_index=True, alt="All products, highest net revenue first",
                     column_config=_columns(view), column_order=list(_columns(view)), key="products_table")  # fmt: skip


def _columns(view: View) -> dict[str, Any]:
    column, unit = st.column_config, f" {view.money.symbol}" if view.money.symbol else ""
    return {
        "product": column.TextColumn("Product", width="medium", pinned=True),
        "product_id": column.TextColumn("Code"),
        "net": column.NumberColumn(f"Net{unit}", format="%.2f", help="Gross less returns."),
        "revenue": column.NumberColumn(f"Gross{unit}", format="%.2f"),
        "returned": column.NumberColumn(f"Returned{unit}", format="%.2f"),
        "return_rate": column.NumberColumn("Returned share", format="percent", help="Of gross."),
        "units": column.NumberColumn("Units", format="localized"),
        "orders": column.NumberColumn("Orders", format="localized"),
        "customers": column.NumberColumn("Customers", format="localized"),
    }
