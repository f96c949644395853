"""The Cohorts page: retention and revenue by month of first order."""

from contextlib import suppress

import streamlit as st

from core.errors import TooLittleDataError
from core.ui.caching import cached_explore
from core.ui.cohorts import parts as cohort_parts
from core.ui.shared import explore_view, filters, frame
from core.ui.shared.segments_view import segments_of
from core.ui.shared.view import current

TITLE = "Cohorts"

view, segments = current(), None
with suppress(TooLittleDataError):
    segments = segments_of(view)
chosen = filters.order_filter(view, segments)
looked = explore_view.looked_at(view, segments, chosen)
found = cached_explore.cohorts(looked)

if found.sizes.empty:
    frame.header(TITLE, "No matching customers first ordered in this period.", simulated=view.dataset.simulated)
    explore_view.say_empty(chosen)
    st.stop()

frame.header(TITLE, cohort_parts.sentence(found, looked), simulated=view.dataset.simulated)
cohort_parts.caveats(found, looked)
frame.figures(cohort_parts.figures(found, view))

unit = cohort_parts.unit_choice()
for topic, label in cohort_parts.TOPICS:
    st.subheader(label, anchor=False)
    cohort_parts.heat_map(found, topic, unit, view)
    cohort_parts.curves(found, topic, unit, view)
cohort_parts.size_table(found)
frame.next_step("pages/segment/segments.py", "Next: view customer segments", "arrow_forward")
