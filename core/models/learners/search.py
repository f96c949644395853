"""Randomised hyperparameter search over past cutoffs within a time budget.

Each try is trained on outcomes known by a past cutoff and evaluated at it by log-loss, a proper score (Gneiting and
Raftery, 2007). Tries are drawn at random (Bergstra and Bengio, 2012), the defaults first, in an order that doesn't
depend on the budget: a longer search continues where a shorter one stopped.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd

from core.errors import InputError, TooLittleDataError
from core.models.data.folds import FEWEST_ROWS, Fold, time_folds
from core.models.learners.candidates import CANDIDATES, Candidate, Trained, train
from core.models.learners.search_spaces import drawn
from core.progress import Progress, nobody

LONGEST: Final = 600.0  # minutes; beyond that, more data helps more than more time
_SMALLEST: Final = 1e-6  # floor for probabilities, so that no single customer dominates the log-loss


@dataclass(frozen=True, kw_only=True)
class SearchSpec:
    """Budget and settings of a search.

    Parameters
    ----------
    minutes : float
        Budget for all models together, above 0 and at most 600.
    horizon : int
        Days of the outcome.
    columns : tuple of str
        Input columns.
    balancing : str
        As in `core.models.learners.candidates.train`.
    tries : int
        Maximum tries per model, including the defaults.
    folds : int
        Maximum past cutoffs to evaluate each try on.
    seed : int
        Random state for the order of tries.
    """

    minutes: float
    horizon: int
    columns: tuple[str, ...]
    balancing: str = "none"
    tries: int = 60
    folds: int = 2
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.minutes <= LONGEST:
            message = f"`minutes` must be above 0 and at most {LONGEST:g}, got {self.minutes:g}."
            raise InputError(message)
        if self.tries < 1 or self.folds < 1:
            message = f"`tries` and `folds` must be at least 1, got {self.tries} and {self.folds}."
            raise InputError(message)


@dataclass(frozen=True, kw_only=True)
class Try:
    """One set of parameters with its scores.

    Parameters
    ----------
    parameters : mapping
        Overrides of the defaults; empty for the defaults.
    scores : tuple of float
        Log-loss at each past cutoff, latest first; incomplete if the time ran out.
    seconds : float
        Time to train and evaluate it.
    """

    parameters: Mapping[str, Any]
    scores: tuple[float, ...]
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Searched:
    """Result of a search for one model.

    Parameters
    ----------
    candidate : str
        Name of the candidate.
    cutoffs : tuple of Timestamp
        Cutoffs each try was evaluated on, latest first.
    tries : tuple of Try
        In order, the defaults first.
    ended_by_budget : bool
        Whether more time would have allowed more tries.
    refused : str
        Why nothing could be tried; empty if it could.
    """

    candidate: str
    cutoffs: tuple[pd.Timestamp, ...] = ()
    tries: tuple[Try, ...] = ()
    ended_by_budget: bool = False
    refused: str = ""

    @property
    def finished(self) -> list[Try]:
        """Tries evaluated at all cutoffs."""
        return [one for one in self.tries if len(one.scores) == len(self.cutoffs)]

    @property
    def parameters(self) -> dict[str, Any]:
        """Parameters with the lowest mean log-loss, the earliest among ties; empty for the defaults."""
        best = min(self.finished, key=_mean, default=None)
        return dict(best.parameters) if best else {}

    @property
    def reason(self) -> str:
        """The result in a sentence."""
        if self.refused or not self.finished:
            return f"The defaults: {self.refused or 'time ran out before they were tested.'}"
        best, count = min(map(_mean, self.finished)), len(self.finished)
        ended = "time ran out" if self.ended_by_budget else "the search finished in time"
        tries = "1 try" if count == 1 else f"{count} tries"
        if not self.parameters:
            return f"The defaults were the best of {tries}; {ended}."
        lower = _mean(self.finished[0]) - best
        return f"The best of {tries}, lowering log-loss at past dates by {lower:.4f} over the defaults; {ended}."

    def to_json(self) -> dict[str, Any]:
        """Return plain values for a model's card."""
        return {
            "candidate": self.candidate,
            "cutoffs": [f"{at:%Y-%m-%d}" for at in self.cutoffs],
            "tries": [
                {"parameters": dict(one.parameters), "scores": list(one.scores), "seconds": round(one.seconds, 3)}
                for one in self.tries
            ],
            "ended_by_budget": self.ended_by_budget,
            "parameters": self.parameters,
            "reason": self.reason,
        }


def search(
    names: Sequence[str],
    past: pd.DataFrame,
    outcome: pd.Series,
    spec: SearchSpec,
    *,
    progress: Progress = nobody,
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, Searched]:
    """Search the parameters of several models within one budget.

    The defaults of all models are tried first. After that, the model that has used the least time so far goes next. A
    try isn't started if it would likely exceed the budget, judging by the model's mean time so far. Only the defaults
    of the first model are tried regardless.

    Parameters
    ----------
    names : sequence of str
        Names from `core.models.learners.candidates.CANDIDATES`.
    past : DataFrame
        Rows of a panel at cutoffs whose windows end before the predicted one begins.
    outcome : Series
        Actual classes, two or more, under the same index; missing if unknown.
    spec : SearchSpec
        Budget and settings.
    progress : callable
        Called before each training with the share of time used and the current step; may raise to stop.
    clock : callable
        Returns seconds since an arbitrary moment.

    Returns
    -------
    dict
        `Searched` by name.
    """
    seen = outcome.dropna()
    folds = time_folds(past.loc[seen.index], seen, spec.horizon, most=spec.folds)
    if not folds:
        refused = f"too little history to try others, which needs {FEWEST_ROWS} customers at earlier dates."
        return {name: Searched(candidate=name, refused=refused) for name in names}
    race = _Race(names=list(names), folds=folds, outcome=seen, spec=spec, progress=progress, clock=clock, start=clock())
    while (name := race.next()) is not None:
        race.go_on(name)
    return {name: race.found(name) for name in names}


@dataclass(kw_only=True)
class _Race:
    """Models that take turns until the time runs out."""

    names: list[str]
    folds: list[Fold]
    outcome: pd.Series
    spec: SearchSpec
    progress: Progress
    clock: Callable[[], float]
    start: float
    tries: dict[str, list[Try]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)

    def next(self) -> str | None:
        """Return the model whose turn it is; None if none is left to try."""
        running = [name for name in self.names if name not in self.refused]
        new = [name for name in running if name not in self.tries]
        if new and (not self.tries or self._left() > 0):
            return new[0]
        able = [name for name in running if name in self.tries and self._may(name)]
        return min(able, key=lambda name: sum(one.seconds for one in self.tries[name]), default=None)

    def go_on(self, name: str) -> None:
        """Run the next try of a model."""
        made = self.tries.get(name, [])
        candidate, number = CANDIDATES[name], len(made)
        parameters = drawn(candidate.tuned, self.spec.seed, number) if number else {}
        began, scores = self.clock(), []
        for fold in self.folds:
            if number and self._left() < self._usual(name) / len(self.folds):
                break
            share = min((self.clock() - self.start) / (60 * self.spec.minutes), 1.0)
            self.progress(share, f"{candidate.label}: try {number + 1}")
            try:
                scores.append(self._judge(candidate, parameters, fold))
            except TooLittleDataError as error:
                self.refused[name] = str(error)
                return
        one = Try(parameters=parameters, scores=tuple(scores), seconds=self.clock() - began)
        self.tries[name] = [*made, one]

    def found(self, name: str) -> Searched:
        """Return the result for a model."""
        made = tuple(self.tries.get(name, ()))
        return Searched(
            candidate=name,
            cutoffs=tuple(judged["as_of"].iloc[0] for _, judged in self.folds),
            tries=made,
            ended_by_budget=name not in self.refused and len(made) < self._most(name),
            refused=self.refused.get(name, ""),
        )

    def _judge(self, candidate: Candidate, parameters: Mapping[str, Any], fold: Fold) -> float:
        earlier, judged = fold
        trained = train(
            candidate,
            earlier,
            self.outcome.loc[earlier.index],
            self.spec.columns,
            balancing=self.spec.balancing,
            parameters=parameters,
            seed=self.spec.seed,
        )
        return _log_loss(trained, judged, self.outcome.loc[judged.index])

    def _may(self, name: str) -> bool:
        return len(self.tries[name]) < self._most(name) and self._usual(name) <= self._left()

    def _most(self, name: str) -> int:
        return self.spec.tries if CANDIDATES[name].tuned else 1

    def _usual(self, name: str) -> float:
        """Return the mean seconds per try of this model so far."""
        return float(np.mean([one.seconds for one in self.tries[name]]))

    def _left(self) -> float:
        return self.start + 60 * self.spec.minutes - self.clock()


def _mean(one: Try) -> float:
    return float(np.mean(one.scores))


def _log_loss(trained: Trained, judged: pd.DataFrame, outcome: pd.Series) -> float:
    """Return the log-loss, counting classes unseen in training as probability 0."""
    probabilities, places = trained.probabilities(judged), pd.Index(trained.classes).get_indexer(outcome)
    given = np.where(places >= 0, probabilities[np.arange(len(places)), places], 0.0)
    return float(-np.mean(np.log(np.clip(given, _SMALLEST, 1.0))))
