"""Customers whose outcome a model has not seen, and the model itself or its twin, which saw no more than it could.

A stored model has seen every outcome up to its date. Where the log has grown by a horizon since, the model itself is
judged, by what customers did after its date. Where it has not, a twin is: the same recipe, trained at the latest
earlier date whose outcome is known, on what had happened by then.
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
"""Customers with a known outcome below which nothing is said of what drives a model."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a model was trained, so that it can be trained again at another date.

    Parameters
    ----------
    name : str
        Its key, see `core.models.learners.predictor.Predictor.name`.
    horizon : int
        Days.
    outcome : str
        The one that is looked at; what it is trained for besides does not change it.
    parameters : mapping
        By candidate and outcome, in place of the defaults. Those of a stored model were found before the first past
        date at which it was judged (see `core.models.training.training_run`), so that its twin has not seen the outcome
        by them.
    cluster : ClusterSpec
        How segments are fitted.
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
        """The recipe of a stored model.

        Parameters
        ----------
        predictor : Predictor
            The model.
        outcome : str
            One of its outcomes.
        card : mapping
            As it is stored with it; may be empty.
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
        """A suite with this model in it."""
        base, _, balancing = self.name.partition("+")
        models = (base,) if base in CANDIDATES else ()
        return SuiteSpec(
            horizon=self.horizon, outcomes=(self.outcome,), models=models, balancing=(balancing or "none",),
            seed=self.seed,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """A model, and customers whose outcome it has not seen.

    Parameters
    ----------
    predictor : Predictor
        The stored one, or its twin.
    rows : DataFrame
        Rows of a panel at the date, with what happened.
    at : date
        From which on outcomes were not seen.
    is_twin : bool
        Whether it was trained again, at an earlier date than the stored one.
    of : int
        Customers of the whole log, of whom `rows` may hold a sample.
    """

    predictor: Predictor
    rows: pd.DataFrame
    at: date
    is_twin: bool
    of: int


def judged_on(orders: ir.Table, stored: Predictor | None, horizon: int) -> tuple[date, bool]:
    """The date from which on outcomes are unseen, and whether a twin is needed for that.

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
        Where the log is not longer than the horizon.
    """
    first, end = first_order(orders), log_end(orders)
    if stored is not None and first < stored.as_of <= end - timedelta(days=horizon):
        return stored.as_of, False
    days = latest_cutoffs(first, end, horizon, most=1)
    if not days:
        message = (
            f"The log is {(end - first).days} days long, too short to ask what customers did in the {horizon} days "
            "after a past date; add more orders, or look fewer days ahead."
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
    """Find customers whose outcome a model has not seen, and train its twin where there are none.

    Parameters
    ----------
    connection : Backend
        Of the tables.
    orders, returns : Table
        Columns of `core.schema.ORDERS`.
    recipe : Recipe
        Of the model.
    stored : Predictor or None
        The model; None for own rhythm, fitted on the spot.
    progress : callable
        Called with the share done and what is done; may raise to stop.

    Raises
    ------
    TooLittleDataError
        Where the log is too short, or too few customers were known at the date.
    InputError
        Where so little is there at the earlier date that the model cannot be trained.
    """
    first, end, horizon = first_order(orders), log_end(orders), recipe.horizon
    at, is_twin = judged_on(orders, stored, horizon)
    some = sample(connection, orders, returns, LEARNED, seed=recipe.seed)
    learns = is_twin and recipe.name != BTYD  # own rhythm is fitted on what is known at the date
    days = cutoffs_needed(at, first, horizon) if learns else {at}
    progress(0.0, "Looking at each customer at past dates")
    spec = PanelSpec(cutoffs=tuple(sorted(days)), horizon=horizon, until=end)
    rows = panel(connection, some.orders, some.returns, spec)
    judged = rows[(rows["as_of"] == pd.Timestamp(at)) & rows["will_buy"].notna()].reset_index(drop=True)
    if len(judged) < FEWEST:
        message = f"{len(judged)} customers were known on {at}; what drives a model needs at least {FEWEST}."
        raise TooLittleDataError(message)
    if stored is not None and not is_twin:
        return HeldOut(predictor=stored, rows=judged, at=at, is_twin=False, of=some.of)
    ground = Ground.of(rows, at, first, horizon)
    progress(0.3, "Training the model again at the earlier date")
    predictor = train_one(
        ground, segments_at(ground.now, recipe.cluster), recipe.suite, recipe.name, parameters=recipe.parameters,
        progress=lambda share, what: progress(0.3 + 0.7 * share, what),
    )  # fmt: skip
    return HeldOut(predictor=predictor, rows=judged, at=at, is_twin=True, of=some.of)
