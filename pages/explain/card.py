"""Model card: accuracy, weak spots, training data and limits of a model."""

import streamlit as st

from core.ui.card import parts as card_parts
from core.ui.card import view as card_view
from core.ui.shared import frame
from core.ui.shared.view import current

view = current()
asked = card_view.ask(view)
if asked is None:
    card_parts.untrained(view)
    st.stop()

found = card_view.judged(view, asked)
frame.header("Model card", card_view.sentence(view, asked, found), simulated=view.dataset.simulated)
card_parts.identity(asked)
if row := card_view.figures(view, asked, found):
    frame.figures(row)
if found is None:
    card_parts.not_judged(asked)
else:
    st.caption(frame.escape_markdown(card_view.beside(view, found)))
    card_parts.calibration(view, asked, found)
    card_parts.groups(view, found)
    card_parts.table_of_figures(view, found)
    card_parts.table_of_groups(view, found)
card_parts.about(view, asked, found)
card_parts.downloads(view, asked)
card_parts.next_steps(asked)
