"""Each column of the data: what is missing, how values are distributed, and what needs a look."""

from contextlib import suppress

import streamlit as st

from core.errors import TooLittleDataError
from core.ui import frame, profile_parts, profile_view
from core.ui.filters import order_filter
from core.ui.segments_view import segments_of
from core.ui.view import current

view = current()
segments = None
with suppress(TooLittleDataError):
    segments = segments_of(view)
rows = profile_view.pick_rows()
spec = profile_view.job_of(segments, order_filter(view, segments), rows)
place = st.container()
found = profile_view.made(view, spec)

with place:
    frame.header("Profile", profile_view.sentence(found, spec), simulated=view.dataset.simulated)
if found is None:
    st.stop()
if not found.rows:
    st.info("No rows fit the filters; clear some in the sidebar.", icon=":material/filter_alt_off:")
    st.stop()

frame.figures(profile_parts.figures(found, profile_view.said(spec)))
profile_parts.missing(found)
profile_parts.alerts(found)
profile_parts.detail(found)
profile_parts.table(found, profile_view.said(spec))
frame.next_step("pages/data/quality.py", "Next: see which rows do not count, and why", "arrow_forward")
