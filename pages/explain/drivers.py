"""Drivers of a model's predictions over all customers, measured on a period it has not seen."""

import streamlit as st

from core.ui.drivers import cached as cached_drivers
from core.ui.drivers import closer as drivers_closer
from core.ui.drivers import parts as drivers_parts
from core.ui.drivers import view as drivers_view
from core.ui.shared import frame
from core.ui.shared.view import current

view = current()
asked = drivers_view.ask(view)
spec, hindrance = drivers_view.safe_spec(view, asked)
if spec is None:
    frame.header("Drivers", "Drivers can't be computed yet.", simulated=view.dataset.simulated)
    st.info(frame.escape_markdown(hindrance), icon=":material/calendar_month:")
    frame.next_step("pages/predict/train.py", "Train models", "model_training")
    st.stop()

top = st.container()
folder = drivers_view.made(view, asked, spec)
if folder is None:
    with top:
        frame.header("Drivers", drivers_view.waiting(view, asked, spec), simulated=view.dataset.simulated)
    st.stop()

kept = str(folder)
found = cached_drivers.drivers(kept)
measure = drivers_parts.measure_of(found)
with top:
    frame.header("Drivers", drivers_view.sentence(found, measure), simulated=view.dataset.simulated)
drivers_view.of_whom(found)
frame.figures(drivers_view.figures(found, measure, view))
drivers_parts.cost(found, measure, view)
output = drivers_parts.summary(found, kept, view)
drivers_closer.show(found, kept, output, view)
drivers_parts.agreement(found, measure)
drivers_parts.table(found, measure)
drivers_parts.how(found, view)
drivers_view.next_step(asked)
