"""A run of the training page: asked for with one button, kept, found again by its link."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import streamlit as st

from core.charts.numbers import count, day, many
from core.models.backtest import latest_cutoffs
from core.models.candidates import CANDIDATES
from core.models.suite import SuiteSpec
from core.models.train_job import KIND, TrainSpec
from core.ui import cached, cached_models, frame, kept, state, train_view
from core.ui.frame import PROJECT
from core.ui.train_view import HORIZONS, Asked
from core.ui.view import View
from core.workspace import results

_MOST: Final = 12  # earlier runs listed
_PAGE: Final = PROJECT / "pages" / "predict" / "train.py"


def spec_of(asked: Asked) -> TrainSpec:
    """What the job is given."""
    suite = SuiteSpec(horizon=asked.horizon, models=asked.models, balancing=asked.balancing)
    return TrainSpec(suite=suite, minutes=asked.minutes)


def dates(view: View, asked: Asked) -> list[date]:
    """Past dates at which models will be judged; none where the log is too short."""
    end = cached.last_day(view.key) + timedelta(days=1)
    return latest_cutoffs(cached.first_day(view.key), end, asked.horizon)


def run_of(view: View, asked: Asked, days: list[date]) -> str | None:
    """The folder of the run that is asked for; None where it is not there yet, and the page has said how far it is."""
    folder: Path | None = kept.result_on_request(
        view, KIND, spec_of(asked).to_json(), title=f"Training {train_view.said(asked)}",
        offer=lambda ask: _offer(asked, days, ask),
    )  # fmt: skip
    return str(folder) if folder else None


def waiting(view: View, asked: Asked) -> str:
    """What the page says while there is no run."""
    return f"No models were trained on version {view.key.version} for this yet, or they are being trained: {train_view.said(asked)}."


def too_short(asked: Asked) -> str:
    """What the page says where nothing can be judged."""
    return f"The log is too short to look {asked.horizon} days ahead from a past date and see what happened."


def explain_too_short(view: View, asked: Asked) -> None:
    """What to do about it."""
    log = (cached.last_day(view.key) - cached.first_day(view.key)).days + 1
    shorter = [horizon for horizon in HORIZONS if int(horizon) < min(asked.horizon, log)]
    hint = f" Choose {' or '.join(shorter)} days in the sidebar, or add more orders." if shorter else " Add more orders."
    st.info(f"The log is {many(log, 'day')} long.{hint}", icon=":material/calendar_month:")


def how(folder: str) -> None:
    """On what each date's models were trained, and what could not be."""
    made = cached_models.made(folder)
    with st.expander("How this was trained", icon=":material/history_edu:"):
        for one in made["dates"]:
            st.markdown(f"**Predicted from {day(date.fromisoformat(one['cutoff']))}**")
            learned = f"Learned from {count(one['rows'])} rows of customers at {many(one['past'], 'earlier date')}, whose "
            st.markdown(f"- {learned}outcomes were known by then.\n- {frame.escape_markdown(one['level'])}")
            for name, reason in one["refused"].items():
                st.markdown(f"- {frame.escape_markdown(f'Not there: {name}. {reason}')}")


def earlier(view: View, asked: Asked) -> None:
    """Links to what was trained on this version before."""
    found = [
        key for key in results.all_kept(cached.workspace(), view.key.dataset_id, view.key.version, KIND)
        if key.generation == view.key.generation and key.spec != spec_of(asked).to_json()
    ]  # fmt: skip
    if not found:
        return
    with st.expander("Trained before on this version", icon=":material/history:"):
        for key in found[:_MOST]:
            past = _asked(key.spec, asked.outcome)
            st.page_link(
                _PAGE, label=train_view.said(past).capitalize(), icon=":material/open_in_new:",
                query_params=state.link(**train_view.link_of(past)),
            )  # fmt: skip


def _asked(spec: dict[str, Any], outcome: str) -> Asked:
    known = TrainSpec.from_json(spec)
    suite = known.suite
    return Asked(
        outcome=outcome, horizon=suite.horizon, models=suite.models, balancing=suite.balancing, minutes=known.minutes
    )


def _offer(asked: Asked, days: list[date], ask: Callable[[], None]) -> None:
    """What will be done, and the button."""
    slow = "smote" in ",".join(asked.balancing)
    sampled = [CANDIDATES[name].label for name in asked.models if CANDIDATES[name].most_rows]
    with st.container(border=True):
        st.markdown(
            "**What training does**\n"
            f"- it goes back to {_listed(days)}, learns from what had happened by then, and predicts the "
            f"{asked.horizon} days after\n"
            "- it compares that with what did happen, beside simple rules that need no learning\n"
            "- then it trains once more on everything and keeps the models\n"
            + (f"- {' and '.join(sampled)} learn from a sample where there are many customers\n" if sampled else "")
            + ("- SMOTE invents customers between real ones: probabilities become untrue, which is shown\n" if slow else "")
        )
        st.button("Train", type="primary", icon=":material/model_training:", key="train_start", on_click=ask)
        st.caption("It runs beside the pages, a few minutes; you can leave meanwhile, and cancel it.")


def _listed(days: list[date]) -> str:
    *most, last = map(day, days)
    return f"{', '.join(most)} and {last}" if most else last
