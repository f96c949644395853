"""Movement between segments from one date to another, its causes, and customers who recently slipped."""

import streamlit as st

from core.errors import TooLittleDataError
from core.ui.movement import parts as movement_parts
from core.ui.movement.view import choose, key_figures, sentence
from core.ui.shared import frame
from core.ui.shared.view import current

view = current()
try:
    chosen = choose(view)
except TooLittleDataError as error:
    frame.header("Movement", "There are too few customers to form segments.", simulated=view.dataset.simulated)
    st.info(frame.escape_markdown(str(error)), icon=":material/groups:")
    frame.next_step("pages/data/upload.py", "Add more orders", "upload")
    st.stop()

if chosen is None:
    frame.header("Movement", "There isn't enough data to show movement.", simulated=view.dataset.simulated)
    st.info("Movement needs two dates: a month end and a later day with orders.", icon=":material/calendar_month:")
    frame.next_step("pages/data/upload.py", "Add more orders", "upload")
    st.stop()

frame.header("Movement", sentence(chosen), simulated=view.dataset.simulated)
if chosen.moves.cells["customers"].sum() == 0:
    st.info("No customers from this country had ordered by then. Choose another country.", icon=":material/search_off:")
    st.stop()

frame.figures(key_figures(chosen))
cell = movement_parts.pick_cell(chosen)
movement_parts.flow(chosen)
movement_parts.matrix_and_causes(chosen, cell)
movement_parts.causes_in_words(chosen)
movement_parts.over_time(chosen)
if cell is not None:
    movement_parts.behind(chosen, cell)
movement_parts.just_slipped(chosen)
movement_parts.model_note(chosen)
frame.next_step("pages/segment/segments.py", "Next: see segment values and advice", "arrow_forward")
