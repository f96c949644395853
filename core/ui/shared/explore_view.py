"""The dataset in view with the filters of the Explore pages applied."""

import streamlit as st

from core.customers.order_filter import OrderFilter
from core.ui.caching.cached_explore import Looked
from core.ui.shared import filters, frame
from core.ui.shared.segments_view import Segments
from core.ui.shared.view import View


def looked_at(view: View, segments: Segments | None, chosen: OrderFilter) -> Looked:
    """Return the filtered dataset; it depends on the segment model only if a segment is chosen."""
    content = segments.content if segments and chosen.segment is not None else None
    return Looked(key=view.key, spec=view.spec, chosen=chosen, content=content)


def say_empty(chosen: OrderFilter) -> None:
    """Explain what to do if the filter or the data itself leaves too few customers."""
    if chosen == OrderFilter():
        st.info("There are too few customers for this page.", icon=":material/groups:")
        frame.next_step("pages/data/upload.py", "Add more orders", "upload")
        return
    only = frame.escape_markdown(filters.said(chosen))
    st.info(
        f"Filtered: {only}. Widen or clear the filters in the sidebar.",
        icon=":material/filter_alt:",
    )
