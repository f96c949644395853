"""The Overview page: key figures against the previous period, revenue by month, top countries and products."""

import streamlit as st

from core.charts import ranked_bars as bars
from core.charts.sales import revenue_over_time as revenue
from core.ui.caching import cached, drawn
from core.ui.shared import frame, state
from core.ui.shared.key_figures import PERIODS, days_of, overview_figures
from core.ui.shared.sentences import overview_sentence
from core.ui.shared.view import current

MOST = 10

view = current()
period, unknown = state.choice(state.PERIOD, list(PERIODS), "90")
with st.sidebar:
    key, on_change = state.widget(state.PERIOD, period)
    st.selectbox("Period", list(PERIODS), format_func=lambda name: PERIODS[name], key=key, on_change=on_change)
days = days_of(view, period)

frame.header("Overview", overview_sentence(view, period), simulated=view.dataset.simulated)
if unknown is not None:
    st.warning(f"The link names the period “{frame.escape_markdown(unknown)}”, which does not exist.")
frame.figures(overview_figures(view, period))

months = cached.monthly(view.key)
frame.chart(
    drawn.once(revenue.revenue_by_month, months, view.money, complete_until=view.spec.as_of),
    key="overview_months",
    title="Revenue by month, all time",
    alt="All-time gross revenue by month",
    note="Gross revenue of the orders that count. A pale bar is a month that is not complete.",
    data=months,
)

for column, what, label in zip(st.columns(2), ("countries", "products"), ("country", "product"), strict=True):
    table, total = cached.ranking(view.key, what, view.spec.as_of, days, MOST)
    with column:
        if table.empty:
            st.info(f"The data has no {what}.", icon=":material/info:")
            continue
        frame.chart(
            drawn.once(bars.ranked_net, table, label, total, view.money),
            key=f"overview_{what}",
            title=f"Top {what} by net revenue, {PERIODS[period].lower()}",
            alt=f"The {len(table)} {what} with most net revenue in the period",
            note=f"Revenue less returns in the period, top {MOST} {what}.",
            data=table,
        )

with st.expander("Figures by month", icon=":material/table:"):
    st.dataframe(
        months.sort_values("bucket", ascending=False),
        hide_index=True,
        column_order=["bucket", "revenue", "returned", "net", "orders", "customers", "repeat_customers"],
        alt="Key figures by month, newest first",
        column_config={
            "bucket": st.column_config.DateColumn("Month", format="MMM YYYY"),
            "revenue": st.column_config.NumberColumn(f"Revenue, gross {view.money.symbol}", format="localized"),
            "returned": st.column_config.NumberColumn(f"Returned {view.money.symbol}", format="localized"),
            "net": st.column_config.NumberColumn(f"Revenue, net {view.money.symbol}", format="localized"),
            "orders": st.column_config.NumberColumn("Orders", format="localized"),
            "customers": st.column_config.NumberColumn("Active customers", format="localized"),
            "repeat_customers": st.column_config.NumberColumn("Returning customers", format="localized"),
        },
    )
frame.next_step("pages/segment/segments.py", "Next: view revenue by customer segment", "arrow_forward")
