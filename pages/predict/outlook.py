"""Outlook: predictions for each customer, their totals, and customers worth saving."""

import streamlit as st

from core.ui.caching import outlooks
from core.ui.outlook import parts as outlook_parts
from core.ui.outlook import table as outlook_table
from core.ui.outlook import view as outlook_view
from core.ui.shared import frame, scores
from core.ui.shared.view import current

view = current()
asked, kept, top = scores.opened(view, "Outlook")
found = outlooks.scores(kept)
with top:
    frame.header("Outlook", outlook_view.sentence(found, view), simulated=view.dataset.simulated)
outlook_parts.untrained(asked)
outlook_parts.about_model(found, view, asked)
frame.figures(outlook_view.figures(found, view))
outlook_parts.beside(found, view)
outlook_parts.revenue(found, view)
left, right = st.columns(2)
with left:
    outlook_parts.worth_saving(found, view)
with right:
    outlook_parts.chances(found)
outlook_parts.moves(found)
outlook_table.table(found, kept, view)
outlook_parts.how(found)
frame.next_step("pages/segment/segments.py", "Next: see advice for each segment", "arrow_forward")
outlook_parts.explained(asked)
