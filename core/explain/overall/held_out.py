"""Customers whose outcome a model hasn't seen, with the model itself or a copy trained on earlier data.

A stored model has seen every outcome up to its date. If the log has grown by a horizon since, the model itself is
evaluated on customers' orders after its date. Otherwise a copy is: the same recipe, trained at the latest earlier date
with known outcomes, on the data up to then.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final, Self

import ibis.expr.types as ir
import pandas as pd
from ibis.backends.duckdb import Backend

from core.errors import TooLittleDataError
from core.models.data.panel import PanelSpec, log_end, panel
from core.models.data.sampling import sample
from core.models.learners.candidates import CANDIDATES
from core.models.learners.predictor import Predictor
from core.models.training.backtest import LEARNED, first_order, latest_cutoffs, segments_at
from core.models.training.suite import BTYD, SuiteSpec, train_one
from core.models.training.training_rows import Ground, cutoffs_needed
from core.progress import Progress
from core.segments.segment_model import ClusterSpec

FEWEST: Final = 50
"""Minimum number of customers with a known outcome for finding drivers."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """The recipe of a model, for training it again at another date.

    Parameters
    ----------
    name : str
        Key of the model; see `core.models.learners.predictor.Predictor.name`.
    horizon : int
        Days.
    outcome : str
        The outcome to explain. Other outcomes of the model don't affect it.
    parameters : mapping
        By candidate and outcome, instead of the defaults. Those of a stored model were tuned before its first
        backtest date (see `core.models.training.training_run`), so they don't leak the outcome into the copy.
    cluster : ClusterSpec
        Settings of the segments.
    seed : int
        Random state.
    """

    name: str = BTYD
    horizon: int = 90
    outcome: str = "will_buy"
    parameters: Mapping[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    cluster: ClusterSpec = field(default_factory=ClusterSpec)
    seed: int = 0

    @classmethod
    def of(cls, predictor: Predictor, outcome: str, card: Mapping[str, Any]) -> Self:
        """Return the recipe of a stored model.

        Parameters
        ----------
        predictor : Predictor
            The model.
        outcome : str
            One of its outcomes.
        card : mapping
            Stored card of the model; may be empty.
        """
        parts = {"will_buy": predictor.buying, "next_segment": predictor.following}
        tuned = {
            (member.candidate.name, name): member.parameters
            for name, part in parts.items()
            for member in (part.members if part else ())
        }
        suite = card.get("training", {}).get("spec", {}).get("suite", {})
        return cls(
            name=predictor.name, horizon=predictor.horizon, outcome=outcome, parameters=tuned,
            cluster=predictor.segments.spec, seed=suite.get("seed", 0),
        )  # fmt: skip

    @property
    def suite(self) -> SuiteSpec:
        """A suite that contains this model."""
        base, _, balancing = self.name.partition("+")
        models = (base,) if base in CANDIDATES else ()
        return SuiteSpec(
            horizon=self.horizon, outcomes=(self.outcome,), models=models, balancing=(balancing or "none",),
            seed=self.seed,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """A model, and customers whose outcome it hasn't seen.

    Parameters
    ----------
    predictor : Predictor
        The stored model, or its copy.
    rows : DataFrame
        Rows of a panel at the date, with outcomes.
    at : date
        Outcomes from this day on are unseen.
    is_twin : bool
        True if the model is a copy, trained at an earlier date than the stored one.
    of : int
        Customers of the entire log; `rows` may be a sample of them.
    """

    predictor: Predictor
    rows: pd.DataFrame
    at: date
    is_twin: bool
    of: int


def judged_on(orders: ir.Table, stored: Predictor | None, horizon: int) -> tuple[date, bool]:
    """Return the date from which outcomes are unseen, and whether that takes a copy of the model.

    Parameters
    ----------
    orders : Table
        Columns of `core.schema.ORDERS`.
    stored : Predictor or None
        None for own rhythm, which is fitted at any date.
    horizon : int
        Days.

    Raises
    ------
    TooLittleDataError
        If the log isn't longer than the horizon.
    """
    first, end = first_order(orders), log_end(orders)
    if stored is not None and first < stored.as_of <= end - timedelta(days=horizon):
        return stored.as_of, False
    days = latest_cutoffs(first, end, horizon, most=1)
    if not days:
        message = (
            f"The log covers {(end - first).days} days, too few to evaluate a forecast of {horizon} days at a past "
            "date. Add more orders, or choose a shorter horizon."
        )
        raise TooLittleDataError(message)
    return days[0], True


def held_out(
    connection: Backend,
    orders: ir.Table,
    returns: ir.Table,
    recipe: Recipe,
    stored: Predictor | None,
    progress: Progress,
) -> HeldOut:
    """Find customers whose outcome a model hasn't seen; train a copy on earlier data if there are none.

    Parameters
    ----------
    connection : Backend
        Connection of the tables.
    orders, returns : Table
        Columns of `core.schema.ORDERS`.
    recipe : Recipe
        Recipe of the model.
    stored : Predictor or None
        The model; None for own rhythm, fitted on the spot.
    progress : callable
        Called with the share done and the current step; may raise to stop.

    Raises
    ------
    TooLittleDataError
        If the log is too short, or too few customers were known at the date.
    InputError
        If there is too little data at the earlier date to train the model.
    """
    first, end, horizon = first_order(orders), log_end(orders), recipe.horizon
    at, is_twin = judged_on(orders, stored, horizon)
    some = sample(connection, orders, returns, LEARNED, seed=recipe.seed)
    learns = is_twin and recipe.name != BTYD  # own rhythm is fitted on the data at the date
    days = cutoffs_needed(at, first, horizon) if learns else {at}
    progress(0.0, "Computing features at past dates")
    spec = PanelSpec(cutoffs=tuple(sorted(days)), horizon=horizon, until=end)
    rows = panel(connection, some.orders, some.returns, spec)
    judged = rows[(rows["as_of"] == pd.Timestamp(at)) & rows["will_buy"].notna()].reset_index(drop=True)
    if len(judged) < FEWEST:
        message = f"Finding drivers takes at least {FEWEST} customers, but only {len(judged)} were known on {at}."
        raise TooLittleDataError(message)
    if stored is not None and not is_twin:
        return HeldOut(predictor=stored, rows=judged, at=at, is_twin=False, of=some.of)
    ground = Ground.of(rows, at, first, horizon)
    progress(0.3, "Training the model at an earlier date")
    predictor = train_one(
        ground, segments_at(ground.now, recipe.cluster), recipe.suite, recipe.name, parameters=recipe.parameters,
        progress=lambda share, what: progress(0.3 + 0.7 * share, what),
    )  # fmt: skip
    return HeldOut(predictor=predictor, rows=judged, at=at, is_twin=True, of=some.of)
