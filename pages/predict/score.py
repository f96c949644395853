"""Live prediction for one customer, from four numbers or their orders."""

import streamlit as st

from core.ui.score.parts import live
from core.ui.score.view import ask_horizon, models_of, other_horizons
from core.ui.shared import frame, state
from core.ui.shared.view import current, fragment

view = current()
horizon = ask_horizon()
models = models_of(view, horizon)
if models is None:
    frame.header(
        "Score a customer", f"No model has been trained for {horizon} days ahead yet.", simulated=view.dataset.simulated
    )
    st.info(
        "Train models first. After that, you can score any customer here as you type.", icon=":material/model_training:"
    )
    frame.next_step(
        "pages/predict/train.py", f"Train models for {horizon} days", "model_training", **{state.HORIZON: str(horizon)}
    )
    other_horizons(view)
    st.stop()

fragment(live)(view, models)
