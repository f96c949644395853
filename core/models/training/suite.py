"""Suites of competing models, trained for one cutoff on what had happened by then."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from typing import Any, Final

import pandas as pd

from core.errors import InputError, TooLittleDataError
from core.models.data.folds import FEWEST_ROWS
from core.models.data.outcomes import LONGEST
from core.models.data.repeat_buying import RepeatBuying
from core.models.data.season_level import Level
from core.models.learners.baselines import Baseline, baselines
from core.models.learners.buying import ALL_INPUTS, Buying, train_buying
from core.models.learners.candidates import BALANCING, CANDIDATES, train
from core.models.learners.next_segment import STANDING, NextSegment, segment_at, train_next_segment
from core.models.learners.predictor import OUTCOME_NAMES, RFM_COUNTRY, Predictor
from core.models.learners.spending import Spending, train_amount, train_spending
from core.models.training.leakage import refuse_leaks
from core.models.training.training_rows import Ground
from core.plain import Plain
from core.progress import Progress, nobody, part
from core.segments.segment_model import SegmentModel

CHAMPION: Final = "champion"
BTYD: Final = "btyd"
RFM_ONLY: Final = "rfm"
"""Name of the model that uses recency, frequency, monetary value and country alone."""

_SEGMENT_COLUMNS: Final = (*ALL_INPUTS, *STANDING)


@dataclass(frozen=True, kw_only=True)
class SuiteSpec(Plain):
    """Models and outcomes of a suite.

    Parameters
    ----------
    horizon : int
        Days of the outcomes, 1 to 730.
    outcomes : tuple of str
        From `core.models.learners.predictor.OUTCOME_NAMES`. Spend also trains will_buy, which it needs.
    models : tuple of str
        From `core.models.learners.candidates.CANDIDATES`. Champion, btyd, rfm and the baselines are always trained.
    balancing : tuple of str
        From `core.models.learners.candidates.BALANCING`. Each model is trained with each that it supports.
    seed : int
        Random state.
    """

    horizon: int = 90
    outcomes: tuple[str, ...] = OUTCOME_NAMES
    models: tuple[str, ...] = tuple(CANDIDATES)
    balancing: tuple[str, ...] = ("none",)
    seed: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.horizon <= LONGEST:
            message = f"`horizon` must be between 1 and {LONGEST} days, got {self.horizon}."
            raise InputError(message)
        for name, known in (("outcomes", OUTCOME_NAMES), ("models", CANDIDATES), ("balancing", BALANCING)):
            given = getattr(self, name)
            strange = [value for value in given if value not in known]
            if strange or len(set(given)) != len(given):
                message = f"`{name}` must be unique values from {', '.join(known)}, got {', '.join(given)}."
                raise InputError(message)
        if not self.outcomes or not self.balancing:
            message = "`outcomes` and `balancing` must each have at least one value."
            raise InputError(message)

    @property
    def wanted(self) -> tuple[str, ...]:
        """Outcomes to train, with `will_buy` if spend needs it."""
        needed = set(self.outcomes) | ({"will_buy"} if "spend" in self.outcomes else set())
        return tuple(name for name in OUTCOME_NAMES if name in needed)


@dataclass(frozen=True, kw_only=True)
class Suite:
    """Models trained for one cutoff.

    Parameters
    ----------
    predictors : dict
        Champion, btyd, rfm and the candidates, by name.
    baselines : dict
        Baselines by name.
    level : Level
        Share of customers expected to buy.
    refused : dict
        Why a model couldn't be trained, by its name.
    rows : int
        Number of training rows.
    cutoffs : tuple of date
        Past cutoffs of these rows, latest first.
    """

    predictors: dict[str, Predictor]
    baselines: dict[str, Baseline]
    level: Level
    refused: dict[str, str]
    rows: int
    cutoffs: tuple[date, ...]


def train_suite(
    ground: Ground,
    segments: SegmentModel,
    spec: SuiteSpec,
    *,
    parameters: Mapping[tuple[str, str], Mapping[str, Any]] | None = None,
    progress: Progress = nobody,
) -> Suite:
    """Train all models of a suite for one cutoff.

    Parameters
    ----------
    ground : Ground
        Training rows for the cutoff.
    segments : SegmentModel
        Frozen segments, fitted on nothing later than the cutoff.
    spec : SuiteSpec
        Models and outcomes.
    parameters : mapping, optional
        Overrides of the defaults, by model and outcome.
    progress : callable
        Called with the share done and the current step; may raise to stop.

    Raises
    ------
    LeakError
        If an outcome can be read off the inputs, see `core.models.training.leakage`.
    """
    work = _Work(ground=ground, segments=segments, spec=spec, parameters=parameters or {})
    work.check()
    tasks = work.tasks()
    found: dict[str, Predictor] = {}
    refused: dict[str, str] = {}
    for number, (name, label, make) in enumerate(tasks):
        report = part(progress, number / len(tasks), 1 / len(tasks))
        report(0.0, f"Training: {label}")
        try:
            found[name] = make(report)
        except InputError as error:
            refused[name] = str(error)
    simple = baselines(ground.past, spec.horizon, segments=segments, segment_next=work.segment_next)
    days = sorted({day.date() for day in ground.past["as_of"]}, reverse=True)
    return Suite(
        predictors=found,
        baselines=simple,
        level=work.level,
        refused=refused,
        rows=len(ground.past),
        cutoffs=tuple(days),
    )


def train_one(
    ground: Ground,
    segments: SegmentModel,
    spec: SuiteSpec,
    key: str,
    *,
    parameters: Mapping[tuple[str, str], Mapping[str, Any]] | None = None,
    progress: Progress = nobody,
) -> Predictor:
    """Train one model of a suite in the same way as `train_suite`.

    Parameters
    ----------
    ground, segments, spec, parameters, progress
        See `train_suite`.
    key : str
        Its name in `Suite.predictors`.

    Raises
    ------
    InputError
        If the suite has no such model, or there is too little data to train it.
    LeakError
        If an outcome can be read off the inputs.
    """
    work = _Work(ground=ground, segments=segments, spec=spec, parameters=parameters or {})
    tasks = {name: (label, make) for name, label, make in work.tasks()}
    if key not in tasks:
        message = f"The model must be one of {', '.join(tasks)}, got “{key}”."
        raise InputError(message)
    work.check()
    label, make = tasks[key]
    progress(0.0, f"Training: {label}")
    return make(progress)


Task = tuple[str, str, Callable[[Progress], Predictor]]


@dataclass(frozen=True, kw_only=True)
class _Work:
    """Training of each model on the same training rows."""

    ground: Ground
    segments: SegmentModel
    spec: SuiteSpec
    parameters: Mapping[tuple[str, str], Mapping[str, Any]]

    @cached_property
    def level(self) -> Level:
        """The share of customers expected to buy."""
        return self.ground.level(self.spec.horizon)

    @cached_property
    def rhythm(self) -> RepeatBuying:
        """The repeat-buying model fitted at the cutoff."""
        return RepeatBuying.fit(self.ground.now)

    @cached_property
    def segment_next(self) -> pd.Series:
        """Segments after the horizon, for the training rows."""
        return segment_at(self.ground.past, self.segments, "next")

    def check(self) -> None:
        """Refuse outcomes that can be read off the inputs."""
        past, known = self.ground.past, self.segments
        happened = {"will_buy": past["will_buy"], "spend": past["spend"], "next_segment": self.segment_next}
        for outcome in self.spec.wanted:
            columns = _SEGMENT_COLUMNS if outcome == "next_segment" else ALL_INPUTS
            refuse_leaks(past, happened[outcome], columns, target=outcome, segments=known)

    def tasks(self) -> list[Task]:
        """Return the training tasks, quickest first."""
        found: list[Task] = [
            (BTYD, "own rhythm", lambda _progress: self.by_rhythm()),
            (CHAMPION, "the champion", self.champion),
            (RFM_ONLY, "RFM and country alone", lambda _progress: self.of_four()),
        ]
        for name in self.spec.models:
            for balancing in self.spec.balancing:
                key = name if balancing == "none" else f"{name}+{balancing}"
                label = CANDIDATES[name].label + ("" if balancing == "none" else f", {balancing}")
                found.append((key, label, partial(self.candidate, name, balancing, key)))
        return found

    def by_rhythm(self) -> Predictor:
        """Return BG/NBD and Gamma-Gamma without corrections."""
        return self._predictor(BTYD, Buying(), Spending(), self._following(()))

    def champion(self, progress: Progress) -> Predictor:
        """Train the champion: buying probabilities at the seasonal level, spend and segments."""
        past, horizon, seed, wanted = self.ground.past, self.spec.horizon, self.spec.seed, self.spec.wanted
        buying = spending = None
        if "will_buy" in wanted:
            buying = train_buying(past, horizon, seed=seed, progress=part(progress, 0.0, 0.6))
            buying = buying.at_level(self.ground.now, self.level.mean)
        if "spend" in wanted:
            progress(0.6, "Training the champion: amounts")
            spending = train_spending(past, horizon, seed=seed).in_season(self.level.times)
        progress(0.75, "Training the champion: segments")
        learn = "next_segment" in wanted and self._can_learn_segments()
        members = [self._segment_member("xgboost", _SEGMENT_COLUMNS, "none")] if learn else []
        following = self._following(tuple(members))
        return self._predictor(
            CHAMPION, buying, spending, following.with_prior(self.ground.now) if members else following
        )

    def of_four(self) -> Predictor:
        """Train XGBoost on RFM and country alone, at the same level."""
        return self._learned(RFM_ONLY, "xgboost", RFM_COUNTRY, "none", calibrated=True)

    def candidate(self, name: str, balancing: str, key: str, _progress: Progress) -> Predictor:
        """Train one candidate, not calibrated or shifted to the level, so that the cost of resampling shows."""
        return self._learned(key, name, ALL_INPUTS, balancing, calibrated=False)

    def _learned(self, key: str, name: str, columns: tuple[str, ...], balancing: str, *, calibrated: bool) -> Predictor:
        past, wanted, candidate = self.ground.past, self.spec.wanted, CANDIDATES[name]
        if len(past) < FEWEST_ROWS:
            message = f"Training needs at least {FEWEST_ROWS} customers at past dates, got {len(past):,}."
            raise TooLittleDataError(message)
        buying = spending = following = None
        if "will_buy" in wanted:
            trained = train(
                candidate, past, past["will_buy"].astype(int), columns,
                balancing=balancing, parameters=self._tuned(name, "will_buy"), seed=self.spec.seed,
            )  # fmt: skip
            buying = Buying(members=(trained,), rhythm=False)
            buying = buying.at_level(self.ground.now, self.level.mean) if calibrated else buying
        if "spend" in wanted:
            amount = train_amount(candidate, past, columns, seed=self.spec.seed)
            spending = Spending(amounts=(amount,), rhythm=None)
        if "next_segment" in wanted:
            inputs = tuple(dict.fromkeys((*columns, *STANDING)))
            member = self._segment_member(name, inputs, balancing)
            following = NextSegment(segments=self.segments, horizon=self.spec.horizon, members=(member,))
        return self._predictor(key, buying, spending, following)

    def _segment_member(self, name: str, columns: tuple[str, ...], balancing: str) -> Any:
        return train_next_segment(
            CANDIDATES[name], self.ground.past, self.segments, self.spec.horizon, columns,
            balancing=balancing, parameters=self._tuned(name, "next_segment"), seed=self.spec.seed,
        )  # fmt: skip

    def _can_learn_segments(self) -> bool:
        return len(self.ground.past) >= FEWEST_ROWS and self.segment_next.nunique() > 1

    def _following(self, members: tuple[Any, ...]) -> NextSegment:
        return NextSegment(segments=self.segments, horizon=self.spec.horizon, members=members, rhythm=self.rhythm)

    def _tuned(self, name: str, outcome: str) -> Mapping[str, Any]:
        return self.parameters.get((name, outcome), {})

    def _predictor(
        self, name: str, buying: Buying | None, spending: Spending | None, following: NextSegment | None
    ) -> Predictor:
        wanted = self.spec.wanted
        return Predictor(
            name=name,
            horizon=self.spec.horizon,
            as_of=self.ground.at,
            segments=self.segments,
            rhythm=self.rhythm,
            buying=buying if "will_buy" in wanted else None,
            spending=spending if "spend" in wanted else None,
            following=following if "next_segment" in wanted else None,
        )
