"""Models and answers of the Score page, as a sentence and figures."""

from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
import streamlit as st

from core.charts.predictions.chance_bars import likelihood
from core.models.learners.predictor import CHANCE, Predictor
from core.models.training import model_registry
from core.models.training.model_labels import phrase
from core.models.training.model_registry import StoredPredictor
from core.models.training.suite import RFM_ONLY
from core.numbers import day
from core.ui.caching import cached, predictors
from core.ui.shared import frame, state
from core.ui.shared.frame import Figure, escape_markdown
from core.ui.shared.scores import HORIZONS, USUAL
from core.ui.shared.view import View

NUMBERS, HISTORY, CUSTOMER = "numbers", "history", "customer"
WAYS: Final = {NUMBERS: "Four numbers", HISTORY: "Order history", CUSTOMER: "A customer you know"}
"""Input methods of the form."""

_SAID: Final = ((0.75, "Very likely to buy"), (0.5, "Likely to buy"), (0.25, "May buy"), (0.0, "Unlikely to buy"))


@dataclass(frozen=True, kw_only=True)
class Models:
    """Models of one horizon.

    Parameters
    ----------
    used : StoredPredictor
        The model in use, which reads all orders.
    simple : StoredPredictor or None
        The model of the same training that reads only recency, frequency, monetary and country.
    """

    used: StoredPredictor
    simple: StoredPredictor | None

    @property
    def usual(self) -> float | None:
        """Share of all customers expected to buy at training time."""
        level = self.used.card.get("training", {}).get("level", {}).get("mean")
        return float(level) if level is not None else None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A model's prediction for one customer.

    Parameters
    ----------
    model : StoredPredictor
        The model used.
    predictor : Predictor
        The same model, loaded.
    row : Series
        Row of `core.models.learners.predictor.Predictor.predict`.
    """

    model: StoredPredictor
    predictor: Predictor
    row: "pd.Series[Any]"

    @property
    def chance(self) -> float | None:
        """Chance to buy, or None if the model doesn't predict it."""
        return None if pd.isna(self.row["p_buy"]) else float(self.row["p_buy"])

    @property
    def spend(self) -> float | None:
        """Expected spend within the horizon, or None if the model doesn't predict it."""
        return None if pd.isna(self.row["expected_spend"]) else float(self.row["expected_spend"])

    @property
    def now(self) -> str:
        """Current segment."""
        return str(self.row["segment_now"])

    @property
    def then(self) -> str | None:
        """Predicted segment, or None if the model doesn't predict it."""
        return None if pd.isna(self.row["segment_predicted"]) else str(self.row["segment_predicted"])

    @property
    def futures(self) -> pd.DataFrame:
        """`segment`, `probability`, `now`, `predicted`, best segment first; empty if none is predicted."""
        names = list(self.predictor.segments.names) if self.then is not None else []
        return pd.DataFrame(
            {
                "segment": pd.Series(names, dtype="str"),
                "probability": [float(self.row[f"{CHANCE}{number}"]) for number in range(len(names))],
                "now": [name == self.now for name in names],
                "predicted": [name == self.then for name in names],
            }
        )


def ask_horizon() -> int:
    """Draw the horizon picker in the sidebar and return the choice."""
    options = [str(days) for days in HORIZONS]
    with st.sidebar:
        chosen = frame.select(
            st.selectbox, "Days ahead", state.HORIZON, options, str(USUAL), shown=lambda days: f"{days} days",
            help="The period that predictions cover.",
        )  # fmt: skip
    return int(chosen)


def models_of(view: View, horizon: int) -> Models | None:
    """Return the models of a horizon, or None if none was trained."""
    known = model_registry.predictors_of(cached.workspace(), view.dataset.id, horizon)
    used = model_registry.in_use(cached.workspace(), view.dataset.id, horizon)
    if used is None:
        return None
    simple = [model for model in known if model.name == RFM_ONLY]
    same = [model for model in simple if (model.version, model.as_of) == (used.version, used.as_of)]
    return Models(used=used, simple=next(iter([*same, *simple]), None))


def other_horizons(view: View) -> None:
    """Link to the horizons that have a trained model."""
    trained = {model.horizon for model in model_registry.predictors_of(cached.workspace(), view.dataset.id)}
    for days in sorted(trained & set(HORIZONS)):
        frame.next_step(
            "pages/predict/score.py",
            f"Predict {days} days ahead instead",
            "arrow_forward",
            **{state.HORIZON: str(days)},
        )


def answer(model: StoredPredictor, row: pd.DataFrame) -> Answer:
    """Return a model's answer from its one-row prediction."""
    predictor = predictors.predictor(model.dataset_id, model.id)
    return Answer(model=model, predictor=predictor, row=row.iloc[0])


def sentence(found: Answer, view: View) -> str:
    """Summarise the prediction in one sentence."""
    days = f"within {found.model.horizon} days"
    parts = []
    if found.chance is not None:
        words = next(words for least, words in _SAID if found.chance >= least)
        spend = f", expected to spend {view.money.short(found.spend)}" if found.spend is not None else ""
        parts.append(f"{words} {days} ({likelihood(found.chance)}){spend}")
    if found.then is not None:
        parts.append(
            f"predicted to stay in {found.then}" if found.then == found.now
            else f"predicted to move from {found.now} to {found.then}"
        )  # fmt: skip
    said = "; ".join(parts) or f"Now in {found.now}"
    return f"{said[0].upper()}{said[1:]}."


def figures(found: Answer, view: View) -> list[Figure]:
    """Return the figures: chance to buy, spend, current and predicted segment."""
    days, money = found.model.horizon, view.money
    row = []
    if found.chance is not None:
        row.append(
            Figure("score_chance", "Chance to buy", likelihood(found.chance),
                   f"Probability of an order within {days} days; {likelihood(1 - found.chance)} of none.")
        )  # fmt: skip
    if found.spend is not None:
        each = f" About {money.exact(found.spend / found.chance)} if they order." if found.chance else ""
        row.append(
            Figure("score_spend", "Expected spend", money.short(found.spend),
                   f"{money.exact(found.spend)} gross: average spend of such customers within {days} days, "
                   f"including those who don't order.{each}")
        )  # fmt: skip
    row.append(
        Figure("score_now", "Segment now", _small(found.now),
               f"Based on the segments used in training, as of {day(found.model.as_of)}.")
    )  # fmt: skip
    if found.then is not None:
        row.append(
            Figure("score_next", f"Segment in {days} days", _small(found.then),
                   "The predicted segment. A small segment can be predicted over a slightly more probable one "
                   "if it is much more likely than usual for this customer.")
        )  # fmt: skip
    return row


def _small(name: str) -> str:
    """Format a segment's name small enough for a figure."""
    return f":small[{escape_markdown(name)}]"


def spoken_by(found: Answer) -> str:
    """Describe the model used and its training data."""
    return (
        f"Model: {phrase(found.model.name)}, trained on version {found.model.version} with orders before "
        f"{day(found.model.as_of)}. Your entries are scored but not used for training."
    )


def mean_figure(model: StoredPredictor, outcome: str, name: str) -> float | None:
    """Return the mean of a metric over the test dates of a model, or None if it has none."""
    rows = [row.get(outcome) or {} for row in model.card.get("metrics", [])]
    values = [float(row[name]) for row in rows if row.get(name) is not None]
    return sum(values) / len(values) if values else None
