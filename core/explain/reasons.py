"""Reasons of each customer's chance to buy: the three strongest drivers, with effect and sentence."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit

from core.explain.attribution.contributions import Contributions, Values
from core.explain.attribution.explainer import LOG_ODDS, Explainer, Explanation
from core.explain.attribution.mimic import MOST as MOST_IMITATED
from core.explain.attribution.mimic import Mimic
from core.explain.attribution.prepared_rows import prepared
from core.explain.drivers import RHYTHM, drivers_in
from core.explain.explained_outlook import EVERYBODY, Explaining
from core.explain.words.reason_sentences import Pull, Reason, reasons
from core.explain.words.wording import Context
from core.models.judging.predictions import NEXT_SEGMENT, WILL_BUY
from core.models.learners.calibration import log_odds
from core.numbers import Money

MOST: Final = 3
"""Number of reasons per customer."""

COLUMNS: Final = tuple(
    f"reason_{place}{what}" for place in range(1, MOST + 1) for what in ("", "_driver", "_effect", "_actionable")
)
"""Sentence, driver key, effect in log-odds (positive if it raises the chance), and whether the shop can act on it."""

TOLD: Final = ("expected_spend", "segment_now", "segment_predicted")
"""Predictions that sentences use, besides the chance to buy."""

_OF_ALL: Final = "calendar"
_PARTS: Final = {
    "orders": "frequency",
    "recency": "recency",
    "age": "age",
}  # parts of own rhythm by the names that sentences use


@dataclass(frozen=True, kw_only=True)
class ReasonGiver:
    """Computes the reasons of many customers at once.

    Parameters
    ----------
    explaining : Explaining
        Model and reference customers.
    explainer : Explainer
        Explainer of the chance to buy.
    mimic : Mimic or None
        Surrogate trees for a model that is too slow to explain; None if it is additive.
    money : Money
        The shop's currency.
    mean : float or None
        See `core.explain.words.wording.Context`.
    """

    explaining: Explaining
    explainer: Explainer
    mimic: Mimic | None
    money: Money
    mean: float | None = None

    @classmethod
    def of(cls, explaining: Explaining, known: pd.DataFrame, money: Money, *, seed: int = 0) -> Self:
        """Prepare the computation of reasons.

        Parameters
        ----------
        explaining : Explaining
            Model and reference customers.
        known : DataFrame
            All customers at one date; surrogate trees are trained on a sample of them.
        money : Money
            The shop's currency.
        seed : int
            Random state of the sample.
        """
        explainer = Explainer.of(explaining.predictor, WILL_BUY, explaining.background)
        mimic = None
        if explainer.scale != LOG_ODDS:
            drawn = np.sort(np.random.default_rng(seed).permutation(len(known))[:MOST_IMITATED])
            rows = prepared(explaining.predictor, WILL_BUY, known.iloc[drawn])
            said = log_odds(explainer.of_prepared(rows)[:, 0])
            mimic = Mimic.of(rows, said, explainer.columns, seed=seed)
        return cls(explaining=explaining, explainer=explainer, mimic=mimic, money=money, mean=_mean_chance(explainer))

    @property
    def facts(self) -> dict[str, Any]:
        """The method: `how` ("exact" or "imitated"), `fit` (R² of the surrogate trees, else None) and `scale`."""
        fit = self.mimic.fit if self.mimic else float("nan")
        return {
            "how": "imitated" if self.mimic else "exact",
            "fit": fit if np.isfinite(fit) else None,
            "scale": LOG_ODDS,
        }

    def give(self, known: pd.DataFrame, said: pd.DataFrame) -> pd.DataFrame:
        """Return the reasons of customers.

        Parameters
        ----------
        known : DataFrame
            Rows of `core.models.data.panel.known_at`.
        said : DataFrame
            Their predictions, in the same order: `p_buy` and `TOLD`.

        Returns
        -------
        DataFrame
            `COLUMNS`, under the index of `said`.
        """
        rows = prepared(self.explaining.predictor, WILL_BUY, known)
        found = self.mimic.contributions(rows) if self.mimic else self.explainer.of_rows(rows, settle=False)
        pulls = pulls_of(found, 0)
        pulls = _with_rhythm(pulls, self.explainer, rows)
        context = context_of(self.explaining, WILL_BUY, self.money, base=float(expit(found.base[0])), mean=self.mean)
        typical = _typical(self.explaining)
        each = [
            reasons(pull, customer, typical[customer["segment_now"]], context)
            for pull, customer in zip(pulls, _customers(self.explaining, rows, said), strict=True)
        ]
        return _as_columns(each, said.index)


def reasons_of_one(
    explaining: Explaining,
    explainer: Explainer,
    explanation: Explanation,
    known: pd.DataFrame,
    said: pd.DataFrame,
    money: Money,
    *,
    place: int = 0,
) -> list[Reason]:
    """Return the reasons of one customer, from their explanation.

    Parameters
    ----------
    explaining, explainer : Explaining, Explainer
        The model.
    explanation : Explanation
        Explanation of the customer, from the explainer.
    known, said : DataFrame
        One row each, see `ReasonGiver.give`.
    money : Money
        The shop's currency.
    place : int
        Index of the explained output: the number of a segment, else 0.
    """
    rows = prepared(explaining.predictor, WILL_BUY, known)
    found = explanation.contributions
    (pulls,) = _with_rhythm(pulls_of(found, place), explainer, rows)
    told = said
    if explainer.outcome == NEXT_SEGMENT:
        chances = explainer.probabilities(explainer.output(known))
        assert chances is not None  # noqa: S101  segments have probabilities
        told = said.assign(segment_predicted=explanation.outputs[place], p_next=float(chances[0, place]))
    base, mean = _average(explainer, found), _mean_chance(explainer)
    context = context_of(explaining, explainer.outcome, money, base=base, mean=mean)
    (customer,) = _customers(explaining, rows, told)
    return reasons(pulls, customer, _typical(explaining)[customer["segment_now"]], context)


def pulls_of(found: Contributions, place: int) -> list[list[Pull]]:
    """Return each customer's strongest drivers, each with its strongest input, in descending order.

    The time of year is excluded: being the same for all customers, it can't explain any single one.

    Parameters
    ----------
    found : Contributions
        By input, or by driver.
    place : int
        Index of the output.
    """
    drivers = found.by_driver()
    names = [name for name in drivers.columns if name != _OF_ALL]
    effects = drivers.output(place)[:, [drivers.columns.index(name) for name in names]]
    order = np.argsort(-np.abs(effects), axis=1, kind="stable")[:, :MOST]
    leading = [_leading(found, place, name, effects[:, number]) for number, name in enumerate(names)]
    return [
        [Pull(names[at], float(effects[row, at]), leading[at][row]) for at in places if effects[row, at] != 0]
        for row, places in enumerate(order)
    ]


def _with_rhythm(pulls: list[list[Pull]], explainer: Explainer, rows: pd.DataFrame) -> list[list[Pull]]:
    """Add the strongest part of own rhythm ("frequency", "recency" or "age") where own rhythm is a reason."""
    asked = [place for place, some in enumerate(pulls) if any(pull.driver == RHYTHM for pull in some)]
    if not asked:
        return pulls
    opened = explainer.open_rhythm(rows.iloc[asked])
    effects = opened.output(0)
    found = list(pulls)
    for place, own in zip(asked, effects, strict=True):
        found[place] = [
            pull._replace(part=_PARTS[opened.columns[int(np.argmax(own * np.sign(pull.effect)))]])
            if pull.driver == RHYTHM else pull
            for pull in pulls[place]
        ]  # fmt: skip
    return found


def context_of(
    explaining: Explaining, outcome: str, money: Money, *, base: float | None = None, mean: float | None = None
) -> Context:
    """Return the facts shared by all customers of one outlook."""
    predictor = explaining.predictor
    return Context(
        horizon=predictor.horizon,
        money=money,
        outcome=outcome,
        names=predictor.segments.names,
        everyone=_typical(explaining)[EVERYBODY],
        base=base,
        mean=mean,
    )


def with_reasons(giver: ReasonGiver, known: pd.DataFrame, batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """Yield outlooks with their reasons, batch by batch; `known` has all customers in the same order."""
    start = 0
    for batch in batches:
        rows = known.iloc[start : start + len(batch)]
        yield pd.concat([batch, giver.give(rows, batch)], axis=1)
        start += len(batch)


def _average(explainer: Explainer, found: Contributions) -> float | None:
    """Return the prediction for the average customer; None for segments."""
    if explainer.outcome == NEXT_SEGMENT:
        return None
    chance = explainer.probabilities(found.base[None, :])
    return float(found.base[0] if chance is None else chance[0, 0])


def _mean_chance(explainer: Explainer) -> float | None:
    """Return the mean chance to buy of the background customers."""
    if explainer.outcome != WILL_BUY:
        return None
    chances = explainer.probabilities(explainer.of_prepared(explainer.background))
    assert chances is not None  # noqa: S101  only amounts of money have none
    return float(chances.mean())


def _leading(found: Contributions, place: int, driver: str, effect: Values) -> npt.NDArray[np.object_]:
    """Return each customer's strongest input of a driver, in the driver's direction."""
    inside = drivers_in(found.columns)[driver]
    effects = found.output(place)[:, [found.columns.index(name) for name in inside]]
    leading: npt.NDArray[np.object_] = np.asarray(inside, dtype=object)[
        np.argmax(effects * np.sign(effect)[:, None], axis=1)
    ]
    return leading


def _typical(explaining: Explaining) -> dict[str, dict[str, float | str | None]]:
    columns = [str(name) for name in explaining.typical]
    rows = explaining.typical.to_numpy(float).tolist()
    return {
        str(name): dict(zip(columns, row, strict=True))
        for name, row in zip(explaining.typical.index, rows, strict=True)
    }


def _customers(explaining: Explaining, rows: pd.DataFrame, said: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield customers as sentences use them."""
    rhythm = explaining.predictor.rhythm.outputs(rows, explaining.predictor.horizon)
    extra = {name: said[name].to_numpy() for name in ("p_buy", *TOLD, "p_next") if name in said}
    full = rows.assign(**rhythm, **extra).drop(columns="as_of")
    columns = [str(name) for name in full]
    values = [full[name].astype(object).tolist() for name in full]
    for row in zip(*values, strict=True):
        yield dict(zip(columns, row, strict=True))


def _as_columns(each: Sequence[Sequence[Reason]], index: pd.Index) -> pd.DataFrame:
    columns: dict[str, list[Any]] = {}
    for place in range(MOST):
        some = [found[place] if place < len(found) else None for found in each]
        name = f"reason_{place + 1}"
        columns[name] = [reason.sentence if reason else None for reason in some]
        columns[f"{name}_driver"] = [reason.driver if reason else None for reason in some]
        columns[f"{name}_effect"] = [reason.effect if reason else np.nan for reason in some]
        columns[f"{name}_actionable"] = [reason.actionable if reason else None for reason in some]
    return pd.DataFrame(columns, index=index)
