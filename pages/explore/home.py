"""The Home page: key figures on one screen, and links to the other pages."""

import streamlit as st

from core.charts.sales import revenue_over_time as revenue
from core.charts.segments import treemap as segments
from core.errors import TooLittleDataError
from core.ui.caching import cached, drawn
from core.ui.shared import frame
from core.ui.shared.key_figures import home_figures
from core.ui.shared.segments_view import segments_of
from core.ui.shared.sentences import home_sentence
from core.ui.shared.view import current

view = current()
found, too_little = None, ""
try:
    found = segments_of(view)
except TooLittleDataError as error:
    too_little = str(error)

frame.header(view.dataset.name, home_sentence(view, found), simulated=view.dataset.simulated)
frame.figures(home_figures(view))

left, right = st.columns(2)
with left:
    if found is None:
        st.info(frame.escape_markdown(too_little), icon=":material/groups:")
    else:
        frame.chart(
            drawn.once(segments.share_bars, found.summary, view.money, of="revenue"),
            key="home_segments",
            title="Revenue by segment",
            alt="Share of gross revenue by customer segment",
            note="Share of all-time gross revenue by segment.",
            data=found.summary,
        )
with right:
    frame.chart(
        drawn.once(revenue.revenue_by_month, cached.monthly(view.key), view.money, complete_until=view.spec.as_of),
        key="home_months",
        title="Revenue by month",
        alt="Gross revenue by month",
        note="Gross revenue of the orders that count. A pale bar is a month that is not complete.",
        data=cached.monthly(view.key),
    )

st.subheader("Next steps", anchor=False)
with st.container(horizontal=True):
    frame.next_step("pages/segment/segments.py", "View segments and advice", "groups")
    frame.next_step("pages/explore/overview.py", "View sales trends", "monitoring")
    frame.next_step("pages/data/quality.py", "Check data quality", "fact_check")
    frame.next_step("pages/data/upload.py", "Upload your orders", "upload")
