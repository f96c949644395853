"""Maps of customers in two and three dimensions, with clickable points."""

from collections.abc import Callable
from typing import Any, Final

import streamlit as st

from core.charts.segments import customer_scatter as charts
from core.numbers import count, day, share
from core.segments.clustering.scatter_job import ScatterSpec
from core.segments.segment_model import ClusterSpec
from core.ui.caching import cached, drawn
from core.ui.clusters import cached as cached_clusters
from core.ui.shared import frame, results, state
from core.ui.shared.customer_link import PAGE
from core.ui.shared.view import View

_FLAT: Final = "Widest spread (PCA)"
_NEAR: Final = "Similar customers (t-SNE)"
_SPACE: Final = "Recency, orders, spend (3-D)"
_KINDS: Final = (_FLAT, _NEAR, _SPACE)
_KIND: Final = "clusters_map_kind"


def customer_map(view: View, wanted: ClusterSpec, used: str) -> None:
    """Draw one of three maps and the customer who was clicked."""
    kind = st.segmented_control("Map", _KINDS, default=_FLAT, key=_KIND, required=True, label_visibility="collapsed")
    {_FLAT: _flat, _NEAR: _near, _SPACE: _space}[kind](view, wanted, used)
    _customer(view, wanted, used)


def _flat(view: View, wanted: ClusterSpec, used: str) -> None:
    plane = cached_clusters.customer_plane(view.key, view.spec, wanted, used)
    names = cached_clusters.explored(view.key, view.spec, wanted, used).names
    _map(
        drawn.once(
            charts.flat,
            plane.points,
            names,
            view.money,
            axes=plane.axes,
            chosen=state.text(state.CUSTOMER) or None,
        ),
        title=f"The two directions in which customers differ most, {share(plane.explained)} of all variance",
        note=f"Principal components of the scaled features. {_sampled(len(plane.points), plane.customers)}",
        data=plane.points[["customer_id", "segment", "x", "y"]],
    )


def _near(view: View, wanted: ClusterSpec, used: str) -> None:
    spec = ScatterSpec(as_of=view.spec.as_of, scaling=wanted.scaling, seed=wanted.seed).to_json()
    folder = results.result(view, "map", spec, title="Placing customers on a map")
    if folder is None:
        return
    points = cached_clusters.neighbour_map(view.key, view.spec, wanted, used, str(folder))
    names = cached_clusters.explored(view.key, view.spec, wanted, used).names
    customers = len(cached.customers(view.key, view.spec))
    _map(
        drawn.once(charts.flat, points, names, view.money, chosen=state.text(state.CUSTOMER) or None),
        title="Similar customers lie together",
        note="t-SNE of the scaled features: neighbours are similar, but distances between groups and their sizes "
        f"mean nothing. {_sampled(len(points), customers, how='at random')}",
        data=points[["customer_id", "segment", "x", "y"]],
    )


def _space(view: View, wanted: ClusterSpec, used: str) -> None:
    plane = cached_clusters.customer_plane(view.key, view.spec, wanted, used)
    names = cached_clusters.explored(view.key, view.spec, wanted, used).names
    _map(
        drawn.once(charts.space, plane.points, names, view.money),
        title="Customers by recency, orders and spend",
        note=f"Logarithmic axes; drag to rotate. {_sampled(len(plane.points), plane.customers)}",
        data=plane.points[["customer_id", "segment", "recency", "frequency", "monetary"]],
    )


def _map(figure: Any, *, title: str, note: str, data: Any) -> None:
    key = "clusters_map"
    frame.chart(
        figure, key=key, title=title, alt="Map of customers, coloured by segment", note=note, data=data,
        on_select=_choose(key),
    )  # fmt: skip
    st.caption(note)


def _choose(key: str) -> Callable[[], None]:
    def choose() -> None:
        points = st.session_state[key]["selection"]["points"]
        if points and points[0].get("customdata"):
            state.put(state.CUSTOMER, str(points[0]["customdata"][0]))

    return choose


def _sampled(
    shown: int, customers: int, how: str = "sampled in proportion to segment size, with at least a few from each"
) -> str:
    if shown == customers:
        return f"All {count(customers)} customers are shown."
    return f"{count(shown)} of {count(customers)} customers are drawn, {how}."


def _customer(view: View, wanted: ClusterSpec, used: str) -> None:
    """Show the customer who was clicked."""
    chosen = state.text(state.CUSTOMER)
    if not chosen:
        st.info("Click a point to see the customer.", icon=":material/touch_app:")
        return
    found = cached_clusters.explored_customers(view.key, view.spec, wanted, used)
    rows = found[found["customer_id"] == chosen]
    if rows.empty:
        st.warning(f"The link names the customer “{frame.escape_markdown(chosen)}”, who isn't in this dataset.")
        return
    row = rows.iloc[0]
    with st.container(border=True, key="clusters_customer"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(
                f"**Customer {frame.escape_markdown(chosen)}** · {frame.escape_markdown(row['segment'])}"
                f" · {frame.escape_markdown(row['country'] or 'country not known')}"
            )
            st.button("Close", icon=":material/close:", type="tertiary", on_click=_close, key="clusters_customer_close")
        with st.grid(5, min_column_width=140):
            st.metric("Last order", f"{count(row['recency'])} days ago", help=f"On {day(row['last_order'])}.")
            st.metric("First order", day(row["first_order"]))
            st.metric("Orders", count(row["frequency"]))
            st.metric("Gross", view.money.short(row["monetary"]), help=view.money.exact(row["monetary"]))
            st.metric("Net", view.money.short(row["net"]), help=f"{view.money.exact(row['returned'])} returned.")
        frame.next_step(PAGE, "View forecast and reasons", "person_search", **{state.CUSTOMER: chosen})


def _close() -> None:
    state.put(state.CUSTOMER, "")
