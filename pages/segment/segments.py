"""The managers' page: value, meaning, advice and customers of each segment."""

import streamlit as st

from core.charts.segments import treemap as charts
from core.errors import TooLittleDataError
from core.ui.caching import cached, drawn
from core.ui.segments import parts as segment_parts
from core.ui.shared import frame, state
from core.ui.shared.key_figures import home_figures
from core.ui.shared.segments_view import segments_of
from core.ui.shared.sentences import segments_sentence
from core.ui.shared.view import current

ALL = "All customers"

view = current()
try:
    found = segments_of(view)
except TooLittleDataError as error:
    frame.header("Segments", "There are too few customers to form segments.", simulated=view.dataset.simulated)
    st.info(frame.escape_markdown(str(error)), icon=":material/groups:")
    frame.next_step("pages/data/upload.py", "Add more orders", "upload")
    st.stop()

chosen, unknown = state.choice(state.SEGMENT, [ALL, *found.names], ALL)
frame.header("Segments", segments_sentence(found), simulated=view.dataset.simulated)
if unknown is not None:
    st.warning(f"The link names the segment “{frame.escape_markdown(unknown)}”, which this dataset does not have.")

frame.figures(home_figures(view))

highlight = None if chosen == ALL else chosen
segment_parts.clickable(
    drawn.once(charts.treemap, found.summary, view.money, chosen=highlight),
    key="segments_treemap",
    title="Revenue by segment",
    definition="Area: gross revenue, all time.",
    data=found.summary,
)
left, right = st.columns(2)
with left:
    segment_parts.clickable(
        drawn.once(charts.share_bars, found.summary, view.money, of="customers", chosen=highlight),
        key="segments_customers_bars",
        title="Share of customers",
        definition="Share of all customers, all time.",
        data=found.summary,
    )
with right:
    segment_parts.clickable(
        drawn.once(charts.share_bars, found.summary, view.money, of="revenue", chosen=highlight),
        key="segments_revenue_bars",
        title="Share of revenue",
        definition="Share of all gross revenue, all time.",
        data=found.summary,
    )
months = cached.segment_months(view.key, view.spec, found.content, found.names)
frame.chart(
    drawn.once(charts.revenue_by_month, months, list(found.names), view.money, complete_until=view.spec.as_of),
    key="segments_months",
    title="Revenue by month and segment",
    alt="Gross revenue by month, stacked by the segment customers are in today",
    note="Customers count under their current segment, even in months when they were in another. "
    "Pale: incomplete month.",
    data=months,
)

st.subheader("Segment meanings and advice", anchor=False)
segment_parts.cards(found, view)
segment_parts.customers(found, view, chosen=highlight, options=[ALL, *found.names])
frame.next_step("pages/explore/overview.py", "Next: view sales trends", "arrow_forward")
segment_parts.model_note(found, view)
