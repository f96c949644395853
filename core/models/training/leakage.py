"""Refuses to train where a target can be read off what is given, and doubts what is too good to be true.

Two mistakes look alike, and both look like success. Labels that were made from recency, frequency and monetary on a
day are "predicted" from the same numbers of the same day; and a column holds what was not known yet. Neither is told
from honest data by success alone: where everybody buys monthly, or nobody comes back, customers are predictable. What
tells them apart is what happened afterwards. A target that speaks of the time after a cutoff agrees with it; one that
only repeats the cutoff does not. And a column that truly was known is never the only one that knows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from core.errors import LeakError
from core.models.data.inputs import COUNTRY, SignedLog
from core.models.data.panel import INPUTS, OUTCOMES
from core.models.learners.buying import ALL_INPUTS
from core.models.learners.next_segment import STANDING
from core.models.learners.quiet_fit import fitted
from core.segments.clustering.cluster_features import RFM
from core.segments.segment_model import SegmentModel

RULE: Final = 0.85
"""Share of what the most frequent class gets wrong that must be got right to count as a rule for the target."""

EXACT: Final = 0.99
"""The same for one column that gives the target exactly."""

EXACT_RANKS: Final = 0.995
"""Rank correlation from which on one amount counts as reproducing another."""

FEWEST: Final = 100
"""Customers below which nothing is refused: too few to tell a rule from chance."""

LIMITS: Final[dict[str, tuple[float, str]]] = {
    "auc": (0.85, "An AUC of {:.2f}"),
    "accuracy": (0.90, "An accuracy of {:.0%}"),
    "gini": (0.95, "A normalised Gini of {:.2f}"),
}
"""Figures above which results on order logs are doubted; honest ones of real shops lie well below."""

_SHARED: Final = 0.90  # what all other columns reach together where a column is not the only one that knows
_MOST: Final = 20_000  # rows looked at; more tell nothing new
_DEPTH: Final = 12  # of a tree of all columns: enough for rules on several numbers
_DEPTH_ALONE: Final = 3  # of a tree of one column: up to eight steps
_CENTS: Final = 2  # decimals of amounts
_MISSING: Final = -1.0  # stands for what is missing
_CLEAR: Final = 30  # customers that one side must know and the other not
_OFTENER: Final = 3.0  # how many times as many as the other way round

Flags = npt.NDArray[np.bool_]


def refuse_leaks(
    known: pd.DataFrame,
    outcome: pd.Series,
    columns: Sequence[str],
    *,
    target: str,
    segments: SegmentModel | None = None,
) -> None:
    """Raise where the target can be read off the columns and was not there to be predicted.

    Parameters
    ----------
    known : DataFrame
        Rows of a panel to train on. Its `now_…` and `next_…` columns say how customers stood at the cutoff and after
        the horizon; without them a target that is reproduced exactly has nothing to speak for it.
    outcome : Series
        The target under the same index: classes, or amounts where it is called `spend`; missing where unknown.
    columns : sequence of str
        What a model may look at.
    target : str
        Its name, for the message.
    segments : SegmentModel, optional
        Under which the segments of the target are; tells the current segment from the next for certain.

    Raises
    ------
    LeakError
        With the column, how it was found, and what to do.
    """
    _refuse_outcomes(columns, target)
    seen = outcome.dropna()
    rows = _sample(known.loc[seen.index])
    if len(rows) < FEWEST or seen.loc[rows.index].nunique() < 2:  # noqa: PLR2004  one class is no rule
        return
    if target == "spend":
        _refuse_amounts(rows, seen.loc[rows.index].astype("float64"), columns)
    else:
        _refuse_classes(_Case(rows=rows, target=target, labels=seen.loc[rows.index].astype(str)), columns, segments)


def suspicious(figures: Mapping[str, float | None], baseline: Mapping[str, float | None] | None = None) -> list[str]:
    """Say which results are too good to be true for this kind of data, and what to check.

    Parameters
    ----------
    figures : mapping
        Of `core.models.judging.metrics`.
    baseline : mapping, optional
        The same of the best baseline; where it is as good, the customers are predictable and the sentence says so.

    Returns
    -------
    list of str
        One sentence or two each; empty where nothing is.
    """
    found = []
    for name, (limit, said) in LIMITS.items():
        value = figures.get(name)
        if value is None or value <= limit:
            continue
        start = f"{said.format(value)} is more than order logs usually allow ({limit:g})."
        simple = (baseline or {}).get(name)
        if simple is not None and simple > limit:
            rest = "A rule without learning is about as good, so that these customers may just be predictable."
        else:
            rest = (
                "Check that no column holds what happened after the cutoff, and that the outcome is not made from the "
                "same numbers; where customers buy on a fixed day, as with subscriptions, it can be true."
            )
        found.append(f"{start} {rest}")
    return found


@dataclass(frozen=True, kw_only=True)
class _Case:
    """Classes that may have been read off."""

    rows: pd.DataFrame
    target: str
    labels: pd.Series

    def right(self, frame: pd.DataFrame, depth: int = _DEPTH) -> Flags:
        """Whom a tree gets right that was grown on other customers."""
        return self._right(frame, DecisionTreeClassifier(max_depth=depth, random_state=0))

    def right_by_lines(self, frame: pd.DataFrame) -> Flags:
        """Whom straight borders between logarithms get right, such as those of K-Means, which trees only come near."""
        return self._right(frame, make_pipeline(SignedLog(), StandardScaler(), LogisticRegression(C=1e4, max_iter=300)))

    def exactness(self, right: Flags) -> float:
        """Share of those right who are not in the most frequent class of their cutoff, as far as it goes.

        Cohen's kappa with the most frequent class of each cutoff as chance: a season that all follow explains nothing.
        """
        each = self.labels.groupby(_cutoffs(self.rows)).agg(lambda part: part.value_counts().iloc[0])
        missed = 1 - each.sum() / len(self.labels)
        return float(1 - (1 - right.mean()) / missed) if missed > 0 else 0.0

    def _right(self, frame: pd.DataFrame, model: Any) -> Flags:
        half, found = _half(self.rows), np.zeros(len(frame), dtype=bool)
        values, labels = frame.fillna(_MISSING).to_numpy(dtype="float64"), self.labels.to_numpy(dtype=object)
        for part in (half, ~half):
            if part.any() and not part.all() and len(set(labels[~part])) > 1:
                found[part] = fitted(clone(model), values[~part], labels[~part]).predict(values[part]) == labels[part]
        return found


def _refuse_outcomes(columns: Sequence[str], target: str) -> None:
    ahead = [name for name in columns if name in OUTCOMES or name.startswith(("next_", "segment_next"))]
    if ahead:
        message = f"“{ahead[0]}” is what happened after the cutoff: leave it out of what {target} is predicted from."
        raise LeakError(message)


def _refuse_classes(case: _Case, columns: Sequence[str], segments: SegmentModel | None) -> None:
    frame, now, following = _numbers(case.rows, columns), _standing(case.rows, "now"), _standing(case.rows, "next")
    before = _best(case.right(frame), *_by_standing(case, now, segments))
    if case.exactness(before) < RULE:
        return
    after = np.zeros(len(before), dtype=bool)
    if now is not None and following is not None:
        gained = (following - now)[["frequency", "monetary"]]
        after = _best(case.right(gained), *_by_standing(case, following, segments))
    only_before, only_after = int((before & ~after).sum()), int((after & ~before).sum())
    if only_before >= _CLEAR and only_before > _OFTENER * only_after:
        raise LeakError(_same_day(case, frame, before, only_before))
    _refuse_a_column(case, frame)


def _by_standing(case: _Case, standing: pd.DataFrame | None, segments: SegmentModel | None) -> list[Flags]:
    """Whom rules on recency, frequency and monetary get right: steps, lines, and the segment model itself."""
    if standing is None:
        return []
    named = [] if segments is None else [np.asarray(segments.assign(standing.fillna(0)) == case.labels)]
    return [case.right(standing), case.right_by_lines(standing), *named]


def _same_day(case: _Case, frame: pd.DataFrame, before: Flags, only_before: int) -> str:
    """The message for a target that repeats the cutoff."""
    alone = {name: case.exactness(case.right(frame[[name]], _DEPTH_ALONE)) for name in map(str, frame)}
    best = max(alone, key=lambda name: alone[name])
    some = f"what was known, foremost {', '.join(_deciding(case, frame))},"
    who = _label(best) if alone[best] >= EXACT else some
    return (
        f"{case.target} repeats what was known on the day of the cutoff: a rule on {who} gives it for "
        f"{_percent(before.mean())} of the customers, and for {only_before:,} of them what happened afterwards says "
        "otherwise or nothing. A model would only learn that rule back. Predict what customers do after the cutoff: "
        "will_buy, spend or next_segment."
    )


def _deciding(case: _Case, frame: pd.DataFrame) -> list[str]:
    """Labels of the three columns that a tree splits on most."""
    tree = DecisionTreeClassifier(max_depth=_DEPTH, random_state=0)
    tree.fit(frame.to_numpy(dtype="float64"), case.labels.to_numpy(dtype=object))
    return [_label(str(frame.columns[place])) for place in np.argsort(-tree.feature_importances_, kind="stable")[:3]]


def _refuse_a_column(case: _Case, frame: pd.DataFrame) -> None:
    """Raise where one column gives the target and nobody vouches for it, or it is the only one that knows."""
    vouched = [name for name in map(str, frame) if _is_vouched(name)]
    for name in map(str, frame):
        right = case.right(frame[[name]], _DEPTH_ALONE)
        if case.exactness(right) < EXACT:
            continue
        rest = case.right(frame[[other for other in vouched if other != name]]) if len(vouched) > 1 else ~right
        if not _is_vouched(name) or case.exactness(rest) < _SHARED:
            message = (
                f"“{_label(name)}” alone gives {case.target} for {_percent(right.mean())} of the customers, all other "
                f"columns together for {_percent(rest.mean())}: it seems to hold what was not known at the cutoff. "
                "Leave it out, or compute it from orders before the cutoff only."
            )
            raise LeakError(message)


def _is_vouched(name: str) -> bool:
    """Whether a column is one of those that tests show to know the past only."""
    return name in ALL_INPUTS or name in STANDING


def _refuse_amounts(rows: pd.DataFrame, spend: pd.Series, columns: Sequence[str]) -> None:
    """The same for amounts, by ranks of those who spent something."""
    spent = spend > 0
    if spent.sum() < FEWEST:
        return
    frame, amounts = _numbers(rows, columns)[spent], spend[spent]
    alike = frame.rank().corrwith(amounts.rank()).abs().fillna(0.0).sort_values(ascending=False)
    exact = alike[alike >= EXACT_RANKS]
    if exact.empty:
        return
    now, following = _standing(rows[spent], "now"), _standing(rows[spent], "next")
    gained = 0.0
    if now is not None and following is not None:
        gains = (following - now)["monetary"].round(_CENTS)  # what is equal must not be ranked by the noise of sums
        gained = float(gains.rank().corr(amounts.round(_CENTS).rank()))
    if not gained >= EXACT_RANKS:
        raise LeakError(_amount_message(exact, "what customers spent afterwards is another matter"))
    for name in map(str, exact.index):
        rest = alike[[other for other in map(str, alike.index) if _is_vouched(other) and other != name]].max()
        if not _is_vouched(name) or not rest >= _SHARED:
            raise LeakError(_amount_message(exact[[name]], "nothing else comes near: it seems to hold the future"))


def _amount_message(exact: pd.Series, why: str) -> str:
    return (
        f"“{_label(str(exact.index[0]))}” ranks customers by spend as spend itself does (rank correlation "
        f"{exact.iloc[0]:.3f}), and {why}. Leave it out, or take as target what is spent after the cutoff."
    )


def _sample(rows: pd.DataFrame) -> pd.DataFrame:
    return rows if len(rows) <= _MOST else rows.sample(_MOST, random_state=0)


def _half(rows: pd.DataFrame) -> Flags:
    """Half of the customers, with all their cutoffs: a tree must not know a customer from another day."""
    who = rows["customer_id"] if "customer_id" in rows else pd.Series(rows.index, index=rows.index)
    codes, customers = pd.factorize(who)
    return np.asarray(np.random.default_rng(0).permutation(len(customers))[codes] % 2 == 0)


def _cutoffs(rows: pd.DataFrame) -> pd.Series:
    return rows["as_of"] if "as_of" in rows else pd.Series(0, index=rows.index)


def _numbers(rows: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Columns as numbers; a country is its place in the alphabet."""
    frame = rows[list(columns)]
    words = [name for name in columns if name == COUNTRY or not pd.api.types.is_numeric_dtype(frame[name])]
    return frame.assign(**{name: frame[name].astype("category").cat.codes for name in words}).astype("float64")


def _standing(rows: pd.DataFrame, side: str) -> pd.DataFrame | None:
    names = [f"{side}_{name}" for name in RFM]
    return rows[names].set_axis(list(RFM), axis=1) if set(names) <= set(rows) else None


def _best(*each: Flags) -> Flags:
    return max(each, key=np.mean)


def _label(name: str) -> str:
    return INPUTS[name].label if name in INPUTS else name


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"
