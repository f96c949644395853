"""The Profile page: missing values, distributions and alerts for each column of the data."""

from contextlib import suppress

import streamlit as st

from core.errors import TooLittleDataError
from core.ui.profile import parts as profile_parts
from core.ui.profile import view as profile_view
from core.ui.shared import frame
from core.ui.shared.filters import order_filter
from core.ui.shared.segments_view import segments_of
from core.ui.shared.view import current

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
frame.next_step("pages/data/quality.py", "Next: check excluded rows", "arrow_forward")
