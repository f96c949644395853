"""What the form of predictions says of a customer: which model speaks, and its answer in words and figures."""

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
"""Ways to say who the customer is."""

_SAID: Final = ((0.75, "Very likely to buy"), (0.5, "Likely to buy"), (0.25, "May buy"), (0.0, "Unlikely to buy"))


@dataclass(frozen=True, kw_only=True)
class Models:
    """Models of one horizon.

    Parameters
    ----------
    used : StoredPredictor
        The one in use, which looks at all orders.
    simple : StoredPredictor or None
        The one of the same training that knows recency, frequency, monetary and country alone.
    """

    used: StoredPredictor
    simple: StoredPredictor | None

    @property
    def usual(self) -> float | None:
        """Share of all customers who were expected to buy at the training."""
        level = self.used.card.get("training", {}).get("level", {}).get("mean")
        return float(level) if level is not None else None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a model says of the customer.

    Parameters
    ----------
    model : StoredPredictor
        Which.
    predictor : Predictor
        The same, loaded.
    row : Series
        See `core.models.learners.predictor.Predictor.predict`.
    """

    model: StoredPredictor
    predictor: Predictor
    row: "pd.Series[Any]"

    @property
    def chance(self) -> float | None:
        """To buy; None where the model does not predict it, and so on."""
        return None if pd.isna(self.row["p_buy"]) else float(self.row["p_buy"])

    @property
    def spend(self) -> float | None:
        """Expected in the horizon."""
        return None if pd.isna(self.row["expected_spend"]) else float(self.row["expected_spend"])

    @property
    def now(self) -> str:
        """Segment today."""
        return str(self.row["segment_now"])

    @property
    def then(self) -> str | None:
        """Segment predicted."""
        return None if pd.isna(self.row["segment_predicted"]) else str(self.row["segment_predicted"])

    @property
    def futures(self) -> pd.DataFrame:
        """`segment`, `probability`, `now`, `predicted`, best customers first; without rows where none is predicted."""
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
    """Draw the choice of days ahead in the sidebar, and give it."""
    options = [str(days) for days in HORIZONS]
    chosen, unknown = state.choice(state.HORIZON, options, str(USUAL))
    with st.sidebar:
        if unknown is not None:
            st.warning(f"The link asks for “{escape_markdown(unknown)}” under “Days ahead”, which is not there.")
        key, on_change = state.widget(state.HORIZON, chosen)
        st.selectbox(
            "Days ahead",
            options,
            format_func=lambda days: f"{days} days",
            key=key,
            on_change=on_change,
            help="The prediction is of what happens in these days.",
        )
    return int(chosen)


def models_of(view: View, horizon: int) -> Models | None:
    """Models of a horizon; None where none was trained."""
    known = model_registry.predictors_of(cached.workspace(), view.dataset.id, horizon)
    used = model_registry.in_use(cached.workspace(), view.dataset.id, horizon)
    if used is None:
        return None
    simple = [model for model in known if model.name == RFM_ONLY]
    same = [model for model in simple if (model.version, model.as_of) == (used.version, used.as_of)]
    return Models(used=used, simple=next(iter([*same, *simple]), None))


def other_horizons(view: View) -> None:
    """Ways to the days ahead that a model was trained for, where this is none of them."""
    trained = {model.horizon for model in model_registry.predictors_of(cached.workspace(), view.dataset.id)}
    for days in sorted(trained & set(HORIZONS)):
        frame.next_step(
            "pages/predict/score.py", f"Score {days} days ahead instead", "arrow_forward", **{state.HORIZON: str(days)}
        )


def answer(model: StoredPredictor, row: pd.DataFrame) -> Answer:
    """What a model says, from the one row of its prediction."""
    predictor = predictors.predictor(model.dataset_id, model.id)
    return Answer(model=model, predictor=predictor, row=row.iloc[0])


def sentence(found: Answer, view: View) -> str:
    """What the customer will do, in one sentence."""
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
    """Chance, spend, and both segments."""
    days, money = found.model.horizon, view.money
    row = []
    if found.chance is not None:
        row.append(
            Figure("score_chance", "Chance to buy", likelihood(found.chance),
                   f"Probability of an order within {days} days; {likelihood(1 - found.chance)} that there is none.")
        )  # fmt: skip
    if found.spend is not None:
        each = f" That is about {money.exact(found.spend / found.chance)} if there is an order." if found.chance else ""
        row.append(
            Figure("score_spend", "Expected spend", money.short(found.spend),
                   f"{money.exact(found.spend)} exactly: the mean of what such customers spend within {days} days, "
                   f"gross, those who order nothing included.{each}")
        )  # fmt: skip
    row.append(
        Figure("score_now", "Segment now", _small(found.now),
               f"By the segments that the model was trained with, as of {day(found.model.as_of)}.")
    )  # fmt: skip
    if found.then is not None:
        row.append(
            Figure("score_next", f"Segment in {days} days", _small(found.then),
                   "The segment that is named. Where a small segment is much likelier than usual for a customer here, "
                   "it is named although another one has a somewhat larger probability.")
        )  # fmt: skip
    return row


def _small(name: str) -> str:
    """A segment's name among figures: in their size it would be cut off."""
    return f":small[{escape_markdown(name)}]"


def spoken_by(found: Answer) -> str:
    """Which model speaks, and what it has seen."""
    return (
        f"By {phrase(found.model.name)}, trained on version {found.model.version} with what had happened before "
        f"{day(found.model.as_of)}. What you enter is scored and not learned from."
    )


def mean_figure(model: StoredPredictor, outcome: str, name: str) -> float | None:
    """Mean of a figure over the dates at which a model was judged; None where it was not."""
    rows = [row.get(outcome) or {} for row in model.card.get("metrics", [])]
    values = [float(row[name]) for row in rows if row.get(name) is not None]
    return sum(values) / len(values) if values else None
