"""The view of the Drivers page: an outcome, a horizon, a model, and their stored drivers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import pandas as pd
import streamlit as st

from core.errors import TooLittleDataError
from core.explain.drivers import DRIVERS
from core.explain.overall.agreement import costs, sure
from core.explain.overall.job import KIND, DriversSpec
from core.explain.overall.stored_drivers import Drivers
from core.models.judging.leaderboard import LOWER_IS_BETTER
from core.models.judging.metrics import DEFINITIONS
from core.models.judging.predictions import NEXT_SEGMENT, SPEND, WILL_BUY
from core.models.learners.candidates import CANDIDATES
from core.models.learners.predictor import OUTCOME_NAMES
from core.models.training.backtest import latest_cutoffs
from core.models.training.model_labels import FIGURES, OUTCOMES, label
from core.models.training.suite import BTYD
from core.numbers import count, customers, day, many, share
from core.ui.caching import cached
from core.ui.shared import frame, results, scores, state
from core.ui.shared.frame import Figure
from core.ui.shared.scores import Asked as Chosen
from core.ui.shared.view import View

_USUAL_MINUTES: Final = "one to four minutes"
_ABOUT: Final = {
    WILL_BUY: "who will buy within {} days",
    SPEND: "how much customers will spend within {} days",
    NEXT_SEGMENT: "which segment customers will be in after {} days",
}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The outcome, horizon and model in view.

    Parameters
    ----------
    outcome : str
        Outcome explained.
    chosen : core.ui.shared.scores.Asked
        Horizon and model chosen.
    """

    outcome: str
    chosen: Chosen

    @property
    def name(self) -> str:
        """Name of the model."""
        return self.chosen.model.name if self.chosen.model else BTYD

    @property
    def predicts(self) -> tuple[str, ...]:
        """Outcomes that the model predicts."""
        card = self.chosen.model.card if self.chosen.model else {}
        return tuple(card.get("outcomes", OUTCOME_NAMES))


def ask(view: View) -> Asked:
    """Draw the pickers in the sidebar and return the choice."""
    with st.sidebar:
        outcome = frame.select(
            st.selectbox, "Question", state.OUTCOME, list(OUTCOMES), WILL_BUY, shown=OUTCOMES.__getitem__,
            help="What is predicted for each customer.",
        )  # fmt: skip
    return Asked(outcome=outcome, chosen=scores.ask(view))


def hindrance(view: View, asked: Asked) -> str:
    """Return why there is nothing to show and what to do, or ""."""
    if asked.outcome not in asked.predicts:
        able = " and ".join(f"“{OUTCOMES[name]}”" for name in asked.predicts)
        return f"{label(asked.name)} was trained for {able} only. Choose another question or model in the sidebar."
    horizon, stored = asked.chosen.horizon, asked.chosen.model
    first, end = cached.first_day(view.key), cached.last_day(view.key) + timedelta(days=1)
    outgrown = stored is not None and first < stored.as_of <= end - timedelta(days=horizon)
    if outgrown or latest_cutoffs(first, end, horizon, most=1):
        return ""
    return (
        f"The log is {many((end - first).days, 'day')} long, too short to test what customers did in the {horizon} "
        "days after a past date. Look fewer days ahead, or add more orders."
    )


def spec_of(view: View, asked: Asked) -> DriversSpec:
    """Return the spec of the drivers job.

    Raises
    ------
    TooLittleDataError
        If segments are explained and there are too few customers for them.
    """
    model, segments = asked.chosen.model, None
    if model is None and asked.outcome == NEXT_SEGMENT:
        segments = cached.segment_model(view.key, view.spec).model.assignment
    return DriversSpec(
        outcome=asked.outcome, horizon=asked.chosen.horizon, model=model.id if model else "", segment_model=segments
    )


def made(view: View, asked: Asked, spec: DriversSpec) -> Path | None:
    """Return the folder of the stored drivers; draw the offer or progress and return None if there are none yet."""
    return results.result_on_request(
        view, KIND, spec.to_json(), title=f"Finding what drives {label(asked.name)}",
        offer=lambda ask_for: _offer(asked, ask_for),
    )  # fmt: skip


def waiting(view: View, asked: Asked, spec: DriversSpec) -> str:
    """Return the sentence shown while there are no results."""
    if results.is_made(view, KIND, spec.to_json()):
        return f"Computing the drivers of {label(asked.name)} ({about(asked.outcome, asked.chosen.horizon)})…"
    return f"Drivers not computed yet for version {view.key.version}."


def about(outcome: str, horizon: int) -> str:
    """Return the outcome as part of a sentence."""
    return _ABOUT[outcome].format(horizon)


def sentence(found: Drivers, measure: str) -> str:
    """Name the model's strongest drivers."""
    facts = found.facts
    names = [DRIVERS[name].label for name in sure(costs(found, measure))["name"]][:3]
    words = [name[:1].lower() + name[1:] for name in names]
    what = about(facts["outcome"], facts["horizon"])
    if not words:
        return f"No single driver of {what} is better than chance."
    then = f", then {' and '.join(words[1:])}" if words[1:] else ""
    return f"The strongest driver of {what} is {words[0]}{then}."


def figures(found: Drivers, measure: str, view: View) -> list[Figure]:
    """Return the model's accuracy, also without its strongest driver, and the actionable share."""
    table, facts = costs(found, measure), found.facts
    strong = sure(table)
    value, cost = facts["figures"][measure], table["mean"].clip(lower=0)
    can = table["name"].map(lambda name: DRIVERS[name].actionable)
    row = [
        Figure(
            "drivers_figure", FIGURES[measure], written(measure, value, view),
            f"{DEFINITIONS[measure]} For the unchanged model, on {customers(facts['judged'])} whose outcome it "
            "hasn't seen.",
        ),
        Figure(
            "drivers_sure", "Drivers that matter", f"{len(strong)} of {len(table)}",
            "Shuffling them worsens predictions by more than chance: the 95% interval of the mean over shuffles is "
            "above zero.",
        ),
    ]  # fmt: skip
    if len(strong) and value is not None:
        first = strong.iloc[0]
        sign = 1 if measure in LOWER_IS_BETTER else -1
        row.insert(1, Figure(
            "drivers_without", "Without the strongest driver",
            written(measure, value + sign * float(first["mean"]), view),
            f"{FIGURES[measure]} with “{DRIVERS[first['name']].label}” shuffled among customers, as if the model "
            "didn't know it.",
        ))  # fmt: skip
    if cost.sum() > 0:
        row.append(Figure(
            "drivers_actionable", "Actionable", share(float(cost[can].sum() / cost.sum())),
            "Share of the loss from shuffling that comes from drivers you can influence; the rest is history, "
            "place or season.",
        ))  # fmt: skip
    row.append(Figure(
        "drivers_customers", "Judged on", count(facts["judged"]),
        f"Customers known on {day(date.fromisoformat(facts['at']))}, and what they did in the {facts['horizon']} days "
        "after.",
    ))  # fmt: skip
    return row


def of_whom(found: Drivers) -> None:
    """Show the model and the test period, which it hasn't seen."""
    facts = found.facts
    name, at = label(facts["model"]["name"]), day(date.fromisoformat(facts["at"]))
    if not facts["model"]["id"]:
        said = f"{name}, fitted on what was known on {at}"
    elif facts["is_twin"]:
        said = f"{name}, trained again on what had happened by {at}: the model in use has seen what came after"
    else:
        said = f"{name} itself, as it was on {at}"
    st.caption(frame.escape_markdown(f"{said}; tested on the following {facts['horizon']} days, which it hasn't seen."))


def next_step(asked: Asked) -> None:
    """Link to single customers and to the model card."""
    model, horizon = asked.chosen.model, str(asked.chosen.horizon)
    link = {state.HORIZON: horizon, state.USING: model.id if model else scores.RHYTHM}
    frame.next_step("pages/explain/customer.py", "Next: see why for one customer", "arrow_forward", **link)
    if model is not None:
        card = {state.HORIZON: horizon, state.PREDICTOR: model.id}
        frame.next_step("pages/explain/card.py", "View the model card", "id_card", **card)


def written(measure: str, value: float | None, view: View) -> str:
    """Format a metric."""
    if value is None or pd.isna(value):
        return "–"
    if measure == "mae":
        return view.money.short(value)
    return share(value) if measure in ("accuracy", "capture_20") else f"{value:.3f}"


def _offer(asked: Asked, ask_for: Callable[[], None]) -> None:
    """Show the steps of the job and the button that starts it."""
    twin = (
        "if too little time has passed since the model was trained, a copy trained on earlier data is tested on "
        "later orders"
    )
    steps: list[Any] = [
        twin,
        "it shuffles each driver among customers and measures how much worse predictions get",
        "it splits each customer's prediction into contributions, and changes single inputs to see the effect",
    ]
    with st.container(border=True):
        st.markdown("**How drivers are found**")
        st.markdown("\n".join(f"- {line}" for line in steps))
        st.button("Find drivers", type="primary", icon=":material/tune:", key="drivers_start", on_click=ask_for)
        known = CANDIDATES.get(asked.name.partition("+")[0])
        minutes = known.drivers_minutes if known else _USUAL_MINUTES
        st.caption(f"Runs in the background for {minutes}; you can leave or cancel.")


def safe_spec(view: View, asked: Asked) -> tuple[DriversSpec | None, str]:
    """Return the spec of the job, or why it can't run."""
    if said := hindrance(view, asked):
        return None, said
    try:
        return spec_of(view, asked), ""
    except TooLittleDataError as error:
        return None, str(error)
