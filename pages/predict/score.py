"""What one customer will do next, as fast as it is typed: from four numbers, or from her orders."""

import streamlit as st

from core.ui.score.parts import live
from core.ui.score.view import ask_horizon, models_of, other_horizons
from core.ui.shared import frame, state
from core.ui.shared.view import current, fragment

view = current()
horizon = ask_horizon()
models = models_of(view, horizon)
if models is None:
    frame.header("Score a customer", f"No model looks {horizon} days ahead yet.", simulated=view.dataset.simulated)
    st.info("Train the models once; then any customer is scored here while you type.", icon=":material/model_training:")
    frame.next_step(
        "pages/predict/train.py", f"Train models for {horizon} days", "model_training", **{state.HORIZON: str(horizon)}
    )
    other_horizons(view)
    st.stop()

fragment(live)(view, models)
