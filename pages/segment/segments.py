"""The managers' page: what each segment is worth, what it means, what to do, and who is in it."""

import streamlit as st

from core.charts import segments as charts
from core.errors import TooLittleDataError
from core.ui import cached, frame, segment_parts, state
from core.ui.segments_view import segments_of
from core.ui.sentences import segments_sentence
from core.ui.view import current

ALL = "All customers"

view = current()
try:
    found = segments_of(view)
except TooLittleDataError as error:
    frame.header("Segments", "Too few customers to tell segments apart.", simulated=view.dataset.simulated)
    st.info(str(error), icon=":material/groups:")
    frame.next_step("pages/data/upload.py", "Add more orders", "upload")
    st.stop()

chosen, unknown = state.choice(state.SEGMENT, [ALL, *found.names], ALL)
frame.header("Segments", segments_sentence(found), simulated=view.dataset.simulated)
if unknown is not None:
    st.warning(f"The link names the segment “{frame.escape_markdown(unknown)}”, which this dataset does not have.")

frame.chart(
    charts.treemap(found.summary, view.money),
    key="segments_treemap",
    title="Revenue by segment",
    alt="Treemap of gross revenue by segment",
    note="Areas in proportion to gross revenue over the whole log.",
)
highlight = None if chosen == ALL else chosen
left, right = st.columns(2)
with left:
    segment_parts.clickable_bars(found, view, of="customers", title="Share of customers", chosen=highlight)
with right:
    segment_parts.clickable_bars(found, view, of="revenue", title="Share of revenue", chosen=highlight)
months = cached.segment_months(view.key, view.spec, found.number, found.names)
frame.chart(
    charts.revenue_by_month(months, list(found.names), view.money),
    key="segments_months",
    title="Revenue by month and segment",
    alt="Gross revenue by month, stacked by the segment customers are in today",
    note="Each customer counts in the segment they are in today, also in months when they were in another.",
)

st.subheader("What each segment means, and what to do", anchor=False)
segment_parts.cards(found, view)
segment_parts.customer_table(found, view, chosen=highlight, options=[ALL, *found.names])
segment_parts.model_note(found, view)
