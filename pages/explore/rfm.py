"""The Customer value page: recency, frequency and spend, revenue concentration, and overdue customers."""

from contextlib import suppress

import streamlit as st

from core.errors import TooLittleDataError
from core.ui.rfm import parts as rfm_parts
from core.ui.shared import explore_view, filters, frame
from core.ui.shared.segments_view import segments_of
from core.ui.shared.view import current

TITLE = "Customer value"

view, segments = current(), None
with suppress(TooLittleDataError):
    segments = segments_of(view)
chosen = filters.order_filter(view, segments)
looked = explore_view.looked_at(view, segments, chosen)

too_few = rfm_parts.too_few(looked)
if too_few:
    frame.header(TITLE, too_few, simulated=view.dataset.simulated)
    explore_view.say_empty(chosen)
    st.stop()

frame.header(TITLE, rfm_parts.sentence(looked), simulated=view.dataset.simulated)
rfm_parts.as_of_note(looked)
frame.figures(rfm_parts.figures(looked, view))

scale = rfm_parts.scale_choice()
rfm_parts.histograms(looked, scale, view)

left, right = st.columns(2)
with left:
    rfm_parts.concentration(looked)
with right:
    rfm_parts.rhythm(looked, view)
rfm_parts.late_customers(looked, view)

st.subheader("How recency, orders and spend relate", anchor=False)
rfm_parts.densities(looked, view)
rfm_parts.decile_table(looked, view)
frame.next_step("pages/explore/cohorts.py", "Next: view retention of new customers", "arrow_forward")
