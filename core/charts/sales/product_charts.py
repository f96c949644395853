"""Product charts: sales, returns, first and second orders, and products bought together."""

from collections.abc import Sequence
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

from core.charts import ranked_bars
from core.charts.theme import BLUE, GREY, PALE_GREY, escape, styled
from core.numbers import Money, count, share, short

MEASURES: Final = {"net": "Net revenue", "revenue": "Gross revenue", "orders": "Orders", "customers": "Customers"}
"""Measures by which products and countries are ranked."""

_ROW: Final = 28  # pixels per bar, with its gap
_TWO_LINES: Final = 44
_TENFOLD: Final = 10.0
_AMBER: Final = "#EE7733"


def ranked(table: pd.DataFrame, label: str, measure: str, total: float, money: Money) -> go.Figure:
    """Draw bars of one measure, largest on top, with the others on hover.

    Parameters
    ----------
    table : DataFrame
        `net`, `revenue`, `returned`, `orders`, perhaps `customers`, and a column named by `label`, sorted.
    label : str
        Column with the names.
    measure : str
        One of `MEASURES`.
    total : float
        Denominator of the shares; 0 if shares make no sense.
    money : Money
        The shop's currency.
    """
    write = money.short if measure in ("net", "revenue") else count
    hover = [_ranked_sentence(row, label, measure, total, money) for row in table.to_dict("records")]
    values = table[measure].tolist()
    return ranked_bars.ranked(_names(table, label), values, [write(value) for value in values], hover)


def _ranked_sentence(row: dict[Any, Any], label: str, measure: str, total: float, money: Money) -> str:
    buyers = f" by {count(row['customers'])} customers" if "customers" in row else ""
    part = f"<br>{share(row[measure] / total)} of all {MEASURES[measure].lower()}" if total > 0 else ""
    return (
        f"<b>{escape(str(row[label]), 80)}</b>{_code(row, label)}<br>{money.exact(row['net'])} net: "
        f"{money.exact(row['revenue'])} gross less {money.exact(row['returned'])} returned"
        f"<br>in {count(row['orders'])} orders{buyers}{part}"
    )


def size_bars(bars: pd.DataFrame, median: float, unit: str, money: Money | None = None) -> go.Figure:
    """Draw orders by size; the last bar may hold all larger ones.

    Parameters
    ----------
    bars : DataFrame
        `at_least`, `below`, `orders`, `share`, from `core.customers.products.order_sizes.distribution`.
    median : float
        Median size, marked by a line.
    unit : str
        Unit of the sizes, such as `units`.
    money : Money, optional
        Currency, if sizes are amounts and not whole numbers.
    """
    write = money.short if money else count
    step = bars["below"].iloc[0] - bars["at_least"].iloc[0]
    open_end = bars["below"].iloc[-1] == float("inf")
    ranges = [_range(low, high, write, whole=money is None) for low, high in zip(bars["at_least"], bars["below"],
                                                                                 strict=True)]  # fmt: skip
    middle = bars["at_least"] + step / 2
    hover = [
        f"<b>{count(number)} orders</b>, {share(part)},<br>{text} {unit}".rstrip()
        for number, part, text in zip(bars["orders"], bars["share"], ranges, strict=True)
    ]
    colours = [PALE_GREY if open_end and place == len(bars) - 1 else BLUE for place in range(len(bars))]
    figure = go.Figure(
        go.Bar(x=middle, y=bars["orders"], width=step * 0.92, marker_color=colours, customdata=hover,
               hovertemplate="%{customdata}<extra></extra>")
    )  # fmt: skip
    styled(figure, height=260)
    at = median + (step / 2 if money is None and step == 1 else 0)
    figure.add_vline(x=at, line={"color": GREY, "width": 1.5, "dash": "dot"}, annotation_text=f"Median {write(median)}",
                     annotation_position="top right", annotation_font_size=12)  # fmt: skip
    figure.update_xaxes(fixedrange=True, **_edge_ticks(bars, write, open_end=open_end))
    figure.update_yaxes(tickformat="~s", fixedrange=True, rangemode="tozero", title_text="Orders")
    return figure


def _range(low: float, high: float, write: Any, *, whole: bool) -> str:
    if high == float("inf"):
        return f"{write(low)} or more"
    last = high - 1 if whole else high
    return write(low) if whole and last <= low else f"{write(low)} to {write(last)}"


def _edge_ticks(bars: pd.DataFrame, write: Any, *, open_end: bool) -> dict[str, Any]:
    """Return some bin edges as ticks, the last one with a plus if its bar is open-ended."""
    edges = bars["at_least"].tolist()
    every = max(1, round(len(edges) / 5))
    shown = edges[::every]
    texts = [write(edge) for edge in shown]
    step = bars["below"].iloc[0] - bars["at_least"].iloc[0]
    if open_end:
        far = len(shown) > 1 and edges[-1] - shown[-1] < every * step * 0.75
        shown, texts = (shown[:-1], texts[:-1]) if far else (shown, texts)
        shown, texts = [*shown, edges[-1]], [*texts, f"{write(edges[-1])}+"]
    return {"tickvals": shown, "ticktext": texts, "tickangle": 0}


def first_and_second(table: pd.DataFrame) -> go.Figure:
    """Compare the shares of first and second orders that include each product.

    Parameters
    ----------
    table : DataFrame
        `product`, `product_id`, `first_customers`, `second_customers`, `first_share`, `second_share`, sorted.
    """
    hover = [
        f"<b>{escape(str(row['product']), 80)}</b>{_code(row, 'product')}"
        f"<br>in {count(row['first_customers'])} first orders, {share(row['first_share'])} of all"
        f"<br>in {count(row['second_customers'])} second orders, {share(row['second_share'])} of all"
        for row in table.to_dict("records")
    ]
    sides = (("first_share", "First order", BLUE, "circle"), ("second_share", "Second order", _AMBER, "diamond"))
    figure = _dumbbells(table, sides, _names(table, "product"), hover, row=_ROW)
    figure.update_xaxes(tickformat=".0%", rangemode="tozero", title_text="Share of orders")
    return figure


def came_back(table: pd.DataFrame, average: float, within: int) -> go.Figure:
    """Draw repeat rates by first product, with intervals, against the rate of all customers.

    Parameters
    ----------
    table : DataFrame
        From `core.customers.products.first_products.came_back`, sorted.
    average : float
        Repeat rate of all customers, marked by a line.
    within : int
        Days allowed for the repeat order.
    """
    hover = [
        f"<b>{escape(str(row['product']), 80)}</b>{_code(row, 'product')}"
        f"<br>{count(row['again'])} of {count(row['observed'])} customers whose first order included it ordered again "
        f"within {within} days:<br>{share(row['share'])} (95% interval {share(row['low'])} to "
        f"{share(row['high'])}), {row['lift']:.2f} times the average"
        for row in table.to_dict("records")
    ]
    figure = go.Figure(
        go.Scatter(
            x=table["share"],
            y=list(range(len(table))),
            mode="markers+text",
            marker={"size": 10, "color": [BLUE if differs else GREY for differs in table["differs"]]},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": table["high"] - table["share"],
                "arrayminus": table["share"] - table["low"],
                "color": "rgba(138, 148, 163, 0.6)",
                "thickness": 1.5,
                "width": 0,
            },
            customdata=hover,
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    styled(figure, height=96 + _ROW * max(len(table), 1))
    ranked_bars.rows(figure, _names(table, "product"))
    figure.add_vline(x=average, layer="below", line={"color": GREY, "width": 1.5, "dash": "dot"},
                     annotation_text=f"all customers {share(average)}", annotation_position="top",
                     annotation_font_size=12)  # fmt: skip
    figure.update_layout(margin_t=34)
    figure.update_xaxes(tickformat=".0%", fixedrange=True, title_text=f"Ordered again within {within} days")
    return figure


def return_bars(table: pd.DataFrame, average: float, money: Money) -> go.Figure:
    """Draw the share of each product's value that was returned, highest on top.

    Parameters
    ----------
    table : DataFrame
        From `core.customers.products.product_sales.return_rates`.
    average : float
        Return rate of all products, marked by a line.
    money : Money
        The shop's currency.
    """
    hover = [
        f"<b>{escape(str(row['product']), 80)}</b>{_code(row, 'product')}<br>{money.exact(row['returned'])} returned, "
        f"{share(row['return_rate'])} of {money.exact(row['revenue'])} gross<br>in {count(row['orders'])} orders"
        for row in table.to_dict("records")
    ]
    rates = table["return_rate"].tolist()
    figure = ranked_bars.ranked(_names(table, "product"), rates, [share(rate) for rate in rates], hover)
    figure.add_vline(x=average, layer="below", line={"color": GREY, "width": 1.5, "dash": "dot"},
                     annotation_text=f"all products {share(average)}", annotation_position="top",
                     annotation_font_size=12)  # fmt: skip
    figure.update_layout(margin_t=26)
    return figure


def together(table: pd.DataFrame) -> go.Figure:
    """Compare a product's share of orders that include another product with its share of all orders.

    Parameters
    ----------
    table : DataFrame
        Columns of `core.customers.products.basket_rules.RULES`, sorted.
    """
    names = [
        f"{escape(str(row['product']), 34)}<br>→ {escape(str(row['with_product']), 34)}"
        for row in table.to_dict("records")
    ]
    hover = [
        f"{share(row['confidence'])} of the {count(row['orders'])} orders with<br><b>{escape(str(row['product']), 60)}"
        f"</b> ({escape(str(row['product_id']))})<br>also include <b>{escape(str(row['with_product']), 60)}</b> "
        f"({escape(str(row['with_id']))}),<br>{short(row['lift'])} times as often as all orders "
        f"({share(row['usual'])})<br>{count(row['together'])} orders include both, {share(row['support'])} of all"
        for row in table.to_dict("records")
    ]
    sides = (
        ("usual", "Share of all orders", GREY, "circle"),
        ("confidence", "Share of orders with the first product", BLUE, "circle"),
    )
    figure = _dumbbells(table, sides, names, hover, row=_TWO_LINES)
    texts = [f"{lift:.1f} ×" if lift < _TENFOLD else f"{lift:.0f} ×" for lift in table["lift"]]
    marked = {"mode": "markers+text", "text": texts, "textposition": "middle right", "cliponaxis": False}
    figure.update_traces(marked, selector={"name": sides[1][1]})
    reach = max([*table["confidence"], *table["usual"], 0.01])
    title = "Share of orders (× = lift)"
    figure.update_xaxes(tickformat=".0%", range=[0, reach * 1.12], title_text=title, nticks=6, tickangle=0)
    return figure


def _dumbbells(
    table: pd.DataFrame,
    sides: Sequence[tuple[str, str, str, str]],
    names: Sequence[str],
    hover: Sequence[str],
    *,
    row: int,
) -> go.Figure:
    """Draw two points per row joined by a line; each side is column, name, colour and symbol."""
    places = list(range(len(table)))
    (low, *_), (high, *_) = sides
    figure = go.Figure()
    for place, one, other in zip(places, table[low], table[high], strict=True):
        figure.add_shape(type="line", x0=one, x1=other, y0=place, y1=place, layer="below",
                         line={"color": PALE_GREY, "width": 3})  # fmt: skip
    for column, name, colour, symbol in sides:
        figure.add_scatter(x=table[column], y=places, mode="markers", name=name, customdata=hover,
                           marker={"size": 11, "color": colour, "symbol": symbol},
                           hovertemplate="%{customdata}<extra></extra>")  # fmt: skip
    styled(figure, height=96 + row * max(len(table), 1))
    ranked_bars.rows(figure, names)
    figure.update_layout(
        showlegend=True, legend={"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0, "title": ""}, margin_t=34
    )
    figure.update_xaxes(fixedrange=True)
    return figure


def _names(table: pd.DataFrame, label: str) -> list[str]:
    return [escape(str(name), 30) for name in table[label]]


def _code(row: dict[Any, Any], label: str) -> str:
    """Return the product's id in brackets if it differs from the name."""
    code = row.get("product_id")
    return f" ({escape(str(code))})" if label == "product" and code and code != row["product"] else ""
