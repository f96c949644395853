"""Training and comparison of models, tested on what happened after past dates."""

import streamlit as st

from core.ui.caching import trainings
from core.ui.shared import frame
from core.ui.shared.view import current
from core.ui.train import parts as train_parts
from core.ui.train import run as train_run
from core.ui.train import tabs as train_tabs
from core.ui.train import trained_models
from core.ui.train import view as train_view

view = current()
asked = train_view.ask()
days = train_run.dates(view, asked)
top = st.container()
run = train_run.run_of(view, asked, days)
board = trainings.board(run, asked.outcome) if run else None

if run is None or board is None:
    with top:
        frame.header("Train", train_run.waiting(view, asked, days), simulated=view.dataset.simulated)
        train_run.explain_if_short(view, asked, days)
    if run is not None:
        train_run.how(run)
    train_run.earlier(view, asked)
    trained_models.models(view, asked.horizon)
    train_parts.competitors()
    train_parts.inputs(view)
    train_run.meanwhile(view, asked)
    st.stop()

with top:
    frame.header("Train", train_parts.sentence(run, asked, board), simulated=view.dataset.simulated)
    train_parts.verdict(asked, board)
    train_parts.doubts(asked, board)
    frame.figures(train_parts.figures(asked, board, view))
train_parts.leaders(asked, board)
train_tabs.show(run, asked, board, trainings.run(run).told["segments"], view.money)
train_parts.table(run, asked, board)
train_run.how(run)
trained_models.models(view, asked.horizon)
train_parts.inputs(view)
train_run.earlier(view, asked)
frame.next_step("pages/predict/outlook.py", "Next: see predictions for each customer", "arrow_forward")
