"""Explanations of a stored model: the contributions of drivers, relative to the average customer's prediction.

The method depends on the model. Additive models are explained exactly: trees, logistic regression, own rhythm, and
blends of them in log-odds. Nearest neighbours, support vector machines, neural networks and amounts of money aren't
additive on any scale. They are sampled, and each figure has an error.
"""

from dataclasses import dataclass, replace
from typing import Any, Final, Self

import numpy as np
import pandas as pd

from core.errors import InputError
from core.explain.attribution.contributions import Contributions, Values, added
from core.explain.attribution.members import Member, can_be_taken_apart, in_log_odds
from core.explain.attribution.own_rhythm import PARTS, chance_opened, opened
from core.explain.attribution.prepared_rows import played_columns, played_in, prepared
from core.explain.attribution.sampled import sampled
from core.explain.attribution.segment_odds import chances_added, odds_added, odds_as_blended, segment_odds
from core.explain.drivers import RHYTHM, drivers_in
from core.models.judging.predictions import NEXT_SEGMENT, SPEND, WILL_BUY
from core.models.learners.buying import RHYTHM as OWN_CHANCE
from core.models.learners.calibration import log_odds
from core.models.learners.predictor import Predictor

LOG_ODDS: Final = "log-odds"
PROBABILITY: Final = "probability"
MONEY: Final = "money"

_USUAL_ORDERS: Final = 400
"""Driver orderings sampled for one customer: half a second for most models, under two for all."""


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Contributions that add up to predictions.

    Parameters
    ----------
    contributions : Contributions
        By input if the model is additive, else by driver.
    outputs : tuple of str
        Names of the outputs: the outcome, or the segments.
    scale : str
        `LOG_ODDS` (of a purchase; of a segment against the average one), `PROBABILITY` or `MONEY`.
    error : array of float or None
        Standard errors, in the shape of the contributions; None for exact ones.
    orders : int
        Driver orderings sampled; 0 for exact contributions.
    """

    contributions: Contributions
    outputs: tuple[str, ...]
    scale: str
    error: Values | None = None
    orders: int = 0


@dataclass(frozen=True, kw_only=True)
class Explainer:
    """Explains one outcome of one predictor.

    Parameters
    ----------
    predictor : Predictor
        Predictor to explain.
    outcome : str
        Outcome to explain, one of the predictor's.
    background : DataFrame
        Customers who represent the average one, from `prepared`.
    members : tuple of Member
        Additive models; empty if the explanation is sampled or there are none.
    scale : str
        See `Explanation`.
    """

    predictor: Predictor
    outcome: str
    background: pd.DataFrame
    members: tuple[Member, ...]
    scale: str

    @classmethod
    def of(cls, predictor: Predictor, outcome: str, background: pd.DataFrame) -> Self:
        """Prepare an explainer for any number of customers.

        Parameters
        ----------
        predictor : Predictor
            Predictor to explain.
        outcome : str
            Outcome to explain, one of the predictor's.
        background : DataFrame
            Rows of a panel, customers who represent the average one.

        Raises
        ------
        InputError
            If the predictor doesn't predict the outcome.
        """
        if outcome not in predictor.outcomes:
            message = f"The model “{predictor.name}” predicts {', '.join(predictor.outcomes)}, not {outcome}."
            raise InputError(message)
        rows = prepared(predictor, outcome, background)
        trained = _trained(predictor, outcome)
        scale = _scale(predictor, outcome)
        members = tuple(Member.of(member, rows) for member in trained) if _adds_up(predictor, outcome) else ()
        return cls(predictor=predictor, outcome=outcome, background=rows, members=members, scale=scale)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs: the outcome itself, or each segment."""
        return self.predictor.segments.names if self.outcome == NEXT_SEGMENT else (self.outcome,)

    @property
    def is_sampled(self) -> bool:
        """True if the explanation is sampled."""
        return not self.members and not self.is_rhythm

    @property
    def is_rhythm(self) -> bool:
        """True if the model is own rhythm alone, so that its parts are the drivers."""
        amounts = bool(self.predictor.spending and self.predictor.spending.amounts) and self.outcome == SPEND
        return not _trained(self.predictor, self.outcome) and not amounts

    def explain(self, known: pd.DataFrame, *, orders: int = _USUAL_ORDERS, seed: int = 0) -> Explanation:
        """Explain the predictions of customers.

        Parameters
        ----------
        known : DataFrame
            Rows from `core.models.data.panel.known_at`.
        orders : int
            Driver orderings to sample, if needed.
        seed : int
            Random state of these orders.
        """
        rows = prepared(self.predictor, self.outcome, known)
        if self.is_sampled:
            players = drivers_in(self.columns)
            found = sampled(self.of_prepared, rows, self.background, players, orders=orders, seed=seed)
            return self._explanation(found.contributions, error=found.error, orders=found.orders)
        return self._explanation(self.of_rows(rows))

    def of_rows(self, rows: pd.DataFrame, *, settle: bool = True) -> Contributions:
        """Return exact contributions for prepared rows.

        Parameters
        ----------
        rows : DataFrame
            From `prepared`.
        settle : bool
            True to spread the remainder from rounding and caps, so that all adds up; costs a prediction.
        """
        if self.is_rhythm:
            found = self._of_rhythm(rows)
        else:
            found = self._chance(rows) if self.outcome == WILL_BUY else self._segments(rows)
        return _settled(found, self.of_prepared(rows)) if settle else found

    def output(self, known: pd.DataFrame) -> Values:
        """Return the model's prediction on the scale of the explanation, the sum of contributions.

        Returns
        -------
        array of float, shape (customers, outputs)
        """
        return self.of_prepared(prepared(self.predictor, self.outcome, known))

    def probabilities(self, output: Values) -> Values | None:
        """Return the probabilities of outputs; None for money."""
        if self.scale == MONEY:
            return None
        if self.scale == PROBABILITY:
            return output
        if self.outcome == WILL_BUY:
            return np.asarray(1 / (1 + np.exp(-output)))
        odds = np.exp(output - output.max(axis=1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True))

    def open_rhythm(self, known: pd.DataFrame) -> Contributions:
        """Return contributions to own rhythm's log-odds of a purchase; see `core.explain.attribution.own_rhythm`."""
        return chance_opened(self.predictor.rhythm, self.predictor.horizon, known, self.background)

    def _explanation(self, found: Contributions, **sampling: Any) -> Explanation:
        return Explanation(contributions=found, outputs=self.outputs, scale=self.scale, **sampling)

    def of_prepared(self, rows: pd.DataFrame) -> Values:
        """Return the prediction for rows from `prepared`, some columns of which may have been exchanged."""
        predictor = self.predictor
        if self.outcome == NEXT_SEGMENT:
            assert predictor.following is not None  # noqa: S101  checked in `of`
            chances = predictor.following.mixed(rows, played_in(rows, predictor))
            return chances if self.scale == PROBABILITY else segment_odds(chances)
        assert predictor.buying is not None  # noqa: S101
        chance = predictor.buying.probabilities(rows)
        if self.outcome == WILL_BUY:
            return log_odds(chance)[:, None] if self.scale == LOG_ODDS else chance[:, None]
        assert predictor.spending is not None  # noqa: S101
        return predictor.spending.expected(rows, chance)[:, None]

    def _chance(self, rows: pd.DataFrame) -> Contributions:
        buying = self.predictor.buying
        assert buying is not None  # noqa: S101
        parts = [member.contributions(rows) for member in self.members]
        if self.scale == PROBABILITY:
            (forest,) = parts
            return replace(forest, parts=forest.parts[:, :, 1:], base=forest.base[1:])
        if buying.rhythm:
            now, usual = (log_odds(some[OWN_CHANCE])[:, None] for some in (rows, self.background))
            parts.append(_from_mean(now, usual))
        found = added(parts).times(buying.slope / len(parts))
        return replace(found, base=found.base + buying.shift)

    def _segments(self, rows: pd.DataFrame) -> Contributions:
        following = self.predictor.following
        assert following is not None  # noqa: S101
        taken = chances_added if self.scale == PROBABILITY else odds_added
        parts = [taken(member, rows, following.segments.names) for member in self.members]
        if following.rhythm is not None:
            now, usual = (played_in(some, self.predictor) for some in (rows, self.background))
            parts.append(_from_mean(odds_as_blended(now), odds_as_blended(usual)))
        return added(parts).times(1 / len(parts))

    def _of_rhythm(self, rows: pd.DataFrame) -> Contributions:
        return opened(self.output, rows, self.background, PARTS[:-1] if self.outcome == WILL_BUY else PARTS)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of prepared rows on which the outcome depends."""
        found = [column for member in _trained(self.predictor, self.outcome) for column in member.columns]
        predictor = self.predictor
        if self.outcome == SPEND and predictor.spending is not None:
            found += [column for amount in predictor.spending.amounts for column in amount.columns]
            found += ["btyd_spend"] if predictor.spending.rhythm is not None else []
        if self.outcome != NEXT_SEGMENT and predictor.buying is not None and predictor.buying.rhythm:
            found.append(OWN_CHANCE)
        if self.outcome == NEXT_SEGMENT and predictor.following is not None and predictor.following.rhythm is not None:
            found += played_columns(predictor)
        return tuple(dict.fromkeys(found))


def _trained(predictor: Predictor, outcome: str) -> tuple[Any, ...]:
    """Return the models on which the outcome depends, except those of amounts."""
    if outcome == NEXT_SEGMENT:
        return predictor.following.members if predictor.following else ()
    return predictor.buying.members if predictor.buying else ()


def _scale(predictor: Predictor, outcome: str) -> str:
    trained = _trained(predictor, outcome)
    if outcome == SPEND:
        return MONEY
    if outcome == NEXT_SEGMENT and not trained:
        return PROBABILITY  # a probability of 0 has no logarithm
    return LOG_ODDS if all(map(in_log_odds, trained)) else PROBABILITY


def _adds_up(predictor: Predictor, outcome: str) -> bool:
    """Return whether the outcome is additive: in log-odds always, in probability only for a single forest."""
    scale, trained = _scale(predictor, outcome), _trained(predictor, outcome)
    if scale != PROBABILITY:
        return scale == LOG_ODDS
    buying, following = predictor.buying, predictor.following
    as_it_is = buying is not None and buying.slope == 1 and not buying.shift and not buying.rhythm
    alone = as_it_is if outcome == WILL_BUY else following is not None and following.rhythm is None
    return alone and len(trained) == 1 and can_be_taken_apart(trained[0])


def _from_mean(own: Values, usual: Values) -> Contributions:
    """Return the contribution of own rhythm as a whole."""
    base = usual.mean(axis=0)
    return Contributions(columns=(RHYTHM,), parts=(own - base)[:, None, :], base=base)


def _settled(found: Contributions, output: Values) -> Contributions:
    """Spread the remainder to the output over the columns, in proportion to their size.

    The remainder is only rounding, unless a blend caps the logarithm of a probability near 0 or 1, or the model has
    never seen one of the segments.
    """
    left = output - found.total
    size = np.abs(found.parts)
    whole = size.sum(axis=1, keepdims=True)
    parts = np.divide(size, whole, out=np.full_like(size, 1 / len(found.columns)), where=whole > 0)
    return replace(found, parts=found.parts + parts * left[:, None, :])
