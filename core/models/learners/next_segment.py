"""Next-segment probabilities: learned models, and simulations of each customer's own buying rhythm."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.customers.btyd import Customers, futures
from core.models.data.panel import rfm_of
from core.models.data.repeat_buying import RepeatBuying, customers_of
from core.models.learners.candidates import Candidate, Trained, train
from core.segments.clustering.cluster_features import RFM
from core.segments.segment_model import SegmentModel

Matrix = npt.NDArray[np.float64]

DRAWS: Final = 200
"""Simulated futures per customer. A probability's standard error is then at most .035, and usually far less."""

STANDING: Final = tuple(f"now_{name}" for name in RFM)
"""Columns with a customer's RFM at the cutoff, as segments use it."""

SMALLEST: Final = 1e-4
"""Floor for probabilities, so that no single logarithm dominates a geometric mean."""

_AT_ONCE: Final = 50_000  # customers whose futures are held in memory at a time


@dataclass(frozen=True, kw_only=True)
class NextSegment:
    """A model of each customer's probability of being in each segment after the horizon.

    Parameters
    ----------
    segments : SegmentModel
        Segments frozen at the cutoff.
    horizon : int
        Days.
    members : tuple of Trained
        Models whose geometric mean is taken.
    rhythm : RepeatBuying or None
        Repeat-buying model whose simulated futures are one more member; None to exclude it.
    prior : tuple of float
        Mean probability of each segment among the training customers. The predicted segment has the largest p / √prior,
        a compromise between the largest p and the largest p / prior, so that small segments are predicted too. Empty to
        predict the most likely segment.
    """

    segments: SegmentModel
    horizon: int
    members: tuple[Trained, ...] = ()
    rhythm: RepeatBuying | None = None
    prior: tuple[float, ...] = ()

    def probabilities(self, known: pd.DataFrame) -> Matrix:
        """Return the probability of each segment, shape (customers, segments), in the order of the segments' names.

        Parameters
        ----------
        known : DataFrame
            Rows of a panel. Outcomes are ignored.
        """
        rows = with_standing(known, self.segments, self.horizon) if self.members else known
        played = None
        if self.rhythm is not None:
            played = played_out(self.rhythm, self.segments, known, self.horizon)
        return self.mixed(rows, played)

    def mixed(self, rows: pd.DataFrame, played: Matrix | None) -> Matrix:
        """Combine the members' probabilities for rows of `with_standing` with simulated ones, if any."""
        parts = [_in_order(member, rows, self.segments.names) for member in self.members]
        parts += [] if played is None else [played]
        if len(parts) == 1:
            return parts[0]
        mixed = np.exp(np.mean([np.log(np.maximum(part, SMALLEST)) for part in parts], axis=0))
        found: Matrix = mixed / mixed.sum(axis=1, keepdims=True)
        return found

    def named(self, probabilities: Matrix) -> npt.NDArray[np.object_]:
        """Return the predicted segment of each customer."""
        weights = 1 / np.sqrt(np.maximum(self.prior, SMALLEST)) if self.prior else np.ones(len(self.segments.names))
        found: npt.NDArray[np.object_] = np.asarray(self.segments.names, dtype=object)[
            np.argmax(probabilities * weights, axis=1)
        ]
        return found

    def with_prior(self, known: pd.DataFrame) -> Self:
        """Return a copy with the mean probabilities of these customers as prior."""
        return replace(self, prior=tuple(self.probabilities(known).mean(axis=0).tolist()))


def train_next_segment(
    candidate: Candidate,
    past: pd.DataFrame,
    segments: SegmentModel,
    horizon: int,
    columns: Sequence[str],
    **how: object,
) -> Trained:
    """Train a candidate on customers' segments after the horizon, all under one frozen segment model.

    Parameters
    ----------
    candidate : Candidate
        The candidate to train.
    past : DataFrame
        Rows of a panel with known outcomes.
    segments : SegmentModel
        Frozen segments, fitted on nothing later than the cutoff of the predictions.
    horizon : int
        Days of the outcome.
    columns : sequence of str
        Input columns, to which `standing_columns` are added.
    **how
        See `core.models.learners.candidates.train`.
    """
    rows = with_standing(past, segments, horizon)
    return train(candidate, rows, segment_at(past, segments, "next"), [*columns, *standing_columns(segments)], **how)  # type: ignore[arg-type]


def segment_at(known: pd.DataFrame, segments: SegmentModel, side: str, *, later: float = 0.0) -> pd.Series:
    """Return each customer's segment under a frozen model, after `later` more days without a purchase.

    Parameters
    ----------
    known : DataFrame
        Rows of a panel.
    segments : SegmentModel
        Frozen segments.
    side : {"now", "next"}
        At the cutoff, or after the horizon.
    later : float
        Days added to recency.
    """
    rfm = rfm_of(known, side)
    if rfm.empty:
        return pd.Series(index=known.index, dtype="str", name="segment")
    return segments.assign(rfm.assign(recency=rfm["recency"] + later))


def standing_columns(segments: SegmentModel) -> list[str]:
    """Return the names of the one-hot columns for a customer's segment now, and after the horizon if they don't buy."""
    return [f"{what}_{number}" for what in ("in_segment", "idle_segment") for number in range(len(segments.names))]


def with_standing(known: pd.DataFrame, segments: SegmentModel, horizon: int) -> pd.DataFrame:
    """Add `standing_columns`: 1 for the customer's segment, 0 for the others."""
    columns: dict[str, pd.Series] = {}
    for what, later in (("in_segment", 0.0), ("idle_segment", float(horizon))):
        where = segment_at(known, segments, "now", later=later)
        columns |= {f"{what}_{number}": (where == name).astype(float) for number, name in enumerate(segments.names)}
    return known.assign(**columns)


def played_out(
    rhythm: RepeatBuying, segments: SegmentModel, known: pd.DataFrame, horizon: int, *, draws: int = DRAWS
) -> Matrix:
    """Simulate repeat buying, and return the probability of each segment after the horizon.

    Customers who have lapsed, or buy nothing in a simulated future, end in the segment for a recency `horizon` days
    longer. The others end in the segment for their RFM after the simulated purchases.

    Returns
    -------
    array of float, shape (customers, segments)
    """
    parts = [
        _played_out(rhythm, segments, known.iloc[start : start + _AT_ONCE], horizon, draws)
        for start in range(0, len(known), _AT_ONCE)
    ]
    return np.concatenate(parts) if parts else np.empty((0, len(segments.names)))


def _played_out(rhythm: RepeatBuying, segments: SegmentModel, known: pd.DataFrame, horizon: int, draws: int) -> Matrix:
    who = customers_of(known)
    now = rfm_of(known, "now")
    older = now.assign(recency=now["recency"] + horizon)
    idle = _nearest(segments, older)
    counts = np.zeros((len(known), len(segments.names)))
    everyone = np.arange(len(known))
    idle_draws = np.full(len(known), float(draws))
    for whom, after in _together(rhythm, who, now, horizon, draws):
        np.add.at(counts, (whom, _nearest(segments, after)), 1)
        np.subtract.at(idle_draws, whom, 1)
    counts[everyone, idle] += idle_draws
    alive = rhythm.buying.alive(who.x, who.t_x, who.T)[:, None]
    found: Matrix = alive * counts / draws
    found[everyone, idle] += 1 - alive[:, 0]
    return found


def _together(
    rhythm: RepeatBuying, who: Customers, now: pd.DataFrame, horizon: int, draws: int
) -> Iterator[tuple[npt.NDArray[np.int64], pd.DataFrame]]:
    """Yield the positions and RFM of customers who buy in simulated futures, in batches of several draws."""
    frequency, monetary = now["frequency"].to_numpy(), now["monetary"].to_numpy()
    whom: list[npt.NDArray[np.int64]] = []
    parts: list[npt.NDArray[np.float64]] = []
    for number, future in enumerate(futures(rhythm, who, horizon, draws=draws), start=1):
        some = np.flatnonzero(future.purchases)
        after = (np.floor(future.since), frequency + future.purchases, monetary + future.spent)
        whom.append(some)
        parts.append(np.stack([values[some] for values in after], axis=1))
        if number == draws or sum(map(len, whom)) >= _AT_ONCE:
            yield np.concatenate(whom), pd.DataFrame(np.concatenate(parts), columns=list(RFM))
            whom, parts = [], []


def _nearest(segments: SegmentModel, customers: pd.DataFrame) -> npt.NDArray[np.int64]:
    found: npt.NDArray[np.int64] = segments.distances(segments.scaler(customers)).argmin(axis=1)
    return found


def _in_order(member: Trained, rows: pd.DataFrame, names: Sequence[str]) -> Matrix:
    """Return a member's probabilities in the order of the segments' names, 0 for segments it never saw."""
    given, found = member.probabilities(rows), np.zeros((len(rows), len(names)))
    for place, name in enumerate(member.classes):
        found[:, list(names).index(name)] = given[:, place]
    return found
