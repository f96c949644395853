"""Leakage checks before training, and warnings about results that are too good to be true.

There are two kinds of leak, and both look like success: labels derived from recency, frequency and monetary value are
"predicted" from the same day's numbers, or a column holds what wasn't known yet. High accuracy alone proves neither,
because customers are predictable if they all buy monthly or none of them returns. What happened afterwards decides: a
genuine target agrees with it, and one that only repeats the cutoff doesn't. And a column that was genuinely known is
never the only one with the information.
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
"""Exactness above which columns count as a rule for the target; see `_Case.exactness`."""

EXACT: Final = 0.99
"""Exactness above which a single column counts as reproducing the target."""

EXACT_RANKS: Final = 0.995
"""Rank correlation above which one amount counts as reproducing another."""

FEWEST: Final = 100
"""Minimum customers to refuse anything. With fewer, a rule can't be told from chance."""

LIMITS: Final[dict[str, tuple[float, str]]] = {
    "auc": (0.85, "An AUC of {:.2f}"),
    "accuracy": (0.90, "An accuracy of {:.0%}"),
    "gini": (0.95, "A normalised Gini of {:.2f}"),
}
"""Metrics above which results on order logs are doubtful. Genuine results of real shops are well below."""

_SHARED: Final = 0.90  # what all other columns must reach together for a column not to be the only one that knows
_MOST: Final = 20_000  # maximum rows to check; more add nothing
_DEPTH: Final = 12  # of a tree on all columns: enough for rules on several numbers
_DEPTH_ALONE: Final = 3  # of a tree on one column: up to eight steps
_CENTS: Final = 2  # decimals of amounts
_MISSING: Final = -1.0  # replaces missing values
_CLEAR: Final = 30  # customers that the cutoff must explain and the time after it not
_OFTENER: Final = 3.0  # minimum ratio of those to the customers explained only by the time after

Flags = npt.NDArray[np.bool_]


def refuse_leaks(
    known: pd.DataFrame,
    outcome: pd.Series,
    columns: Sequence[str],
    *,
    target: str,
    segments: SegmentModel | None = None,
) -> None:
    """Raise if the target can be read off the columns rather than predicted from them.

    Parameters
    ----------
    known : DataFrame
        Rows of a panel to train on. Its `now_…` and `next_…` columns hold RFM at the cutoff and after the horizon.
        Without them, any target that is reproduced exactly is refused.
    outcome : Series
        The target under the same index: amounts if `target` is "spend", otherwise classes; missing if unknown.
    columns : sequence of str
        Input columns of the model.
    target : str
        Name of the target, for the message.
    segments : SegmentModel, optional
        Model behind a segment target, to distinguish the current segment from the next with certainty.

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
    """Return warnings about results that are too good to be true for order logs, with what to check.

    Parameters
    ----------
    figures : mapping
        Metrics from `core.models.judging.metrics`.
    baseline : mapping, optional
        Metrics of the best baseline. If they are about as good, the warning says that customers may be predictable.

    Returns
    -------
    list of str
        One or two sentences each; empty if nothing is suspicious.
    """
    found = []
    for name, (limit, result) in LIMITS.items():
        value = figures.get(name)
        if value is None or value <= limit:
            continue
        start = f"{result.format(value)} is higher than order data usually allows ({limit:g})."
        simple = (baseline or {}).get(name)
        if simple is not None and simple > limit:
            rest = "A baseline without machine learning does about as well, so these customers may just be predictable."
        else:
            rest = (
                "Check that no column contains anything from after the cutoff, and that the outcome isn't derived from "
                "the same numbers. It can be genuine if customers buy on fixed days, as with subscriptions."
            )
        found.append(f"{start} {rest}")
    return found


@dataclass(frozen=True, kw_only=True)
class _Case:
    """A target of classes, to be checked for leaks."""

    rows: pd.DataFrame
    target: str
    labels: pd.Series

    def right(self, frame: pd.DataFrame, depth: int = _DEPTH) -> Flags:
        """Return a mask of rows that a tree grown on other customers classifies correctly."""
        return self._right(frame, DecisionTreeClassifier(max_depth=depth, random_state=0))

    def right_by_lines(self, frame: pd.DataFrame) -> Flags:
        """Return such a mask for linear borders between logarithms, as K-Means has and trees only approximate."""
        return self._right(frame, make_pipeline(SignedLog(), StandardScaler(), LogisticRegression(C=1e4, max_iter=300)))

    def exactness(self, right: Flags) -> float:
        """Return the share of the majority class's errors that the rule avoids.

        This is Cohen's kappa with the majority class of each cutoff as chance, so that a season shared by all customers
        explains nothing.
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
        message = f"“{ahead[0]}” is only known after the cutoff; remove it from the inputs for {target}."
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
    """Return masks of rows that rules on RFM get right: steps, lines, and the segment model itself."""
    if standing is None:
        return []
    named = [] if segments is None else [np.asarray(segments.assign(standing.fillna(0)) == case.labels)]
    return [case.right(standing), case.right_by_lines(standing), *named]


def _same_day(case: _Case, frame: pd.DataFrame, before: Flags, only_before: int) -> str:
    """Return the message for a target that repeats the cutoff."""
    alone = {name: case.exactness(case.right(frame[[name]], _DEPTH_ALONE)) for name in map(str, frame)}
    best = max(alone, key=lambda name: alone[name])
    some = f"what was known, above all {', '.join(_deciding(case, frame))},"
    who = _label(best) if alone[best] >= EXACT else some
    return (
        f"{case.target} only repeats what was known on the day of the cutoff: a rule based on {who} reproduces it "
        f"for {_percent(before.mean())} of customers, including {only_before:,} whose later behaviour doesn't explain "
        "it. A model would only relearn that rule. Predict what customers do after the cutoff: will_buy, spend or "
        "next_segment."
    )


def _deciding(case: _Case, frame: pd.DataFrame) -> list[str]:
    """Return the labels of the three columns with the highest importance in a tree."""
    tree = DecisionTreeClassifier(max_depth=_DEPTH, random_state=0)
    tree.fit(frame.to_numpy(dtype="float64"), case.labels.to_numpy(dtype=object))
    return [_label(str(frame.columns[place])) for place in np.argsort(-tree.feature_importances_, kind="stable")[:3]]


def _refuse_a_column(case: _Case, frame: pd.DataFrame) -> None:
    """Raise if one column reproduces the target and isn't vouched for, or no other columns come close."""
    vouched = [name for name in map(str, frame) if _is_vouched(name)]
    for name in map(str, frame):
        right = case.right(frame[[name]], _DEPTH_ALONE)
        if case.exactness(right) < EXACT:
            continue
        rest = case.right(frame[[other for other in vouched if other != name]]) if len(vouched) > 1 else ~right
        if not _is_vouched(name) or case.exactness(rest) < _SHARED:
            message = (
                f"“{_label(name)}” alone reproduces {case.target} for {_percent(right.mean())} of customers, all other "
                f"columns together for {_percent(rest.mean())}: it seems to contain data from after the cutoff. "
                "Remove it, or compute it only from orders before the cutoff."
            )
            raise LeakError(message)


def _is_vouched(name: str) -> bool:
    """Return whether a column is tested to use only data from before the cutoff."""
    return name in ALL_INPUTS or name in STANDING


def _refuse_amounts(rows: pd.DataFrame, spend: pd.Series, columns: Sequence[str]) -> None:
    """Raise if one column reproduces the ranking of customers by spend, among those who spent something."""
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
        gains = (following - now)["monetary"].round(_CENTS)  # rounding errors must not break ties
        gained = float(gains.rank().corr(amounts.round(_CENTS).rank()))
    if not gained >= EXACT_RANKS:
        raise LeakError(_amount_message(exact, "it doesn't match what customers spent afterwards"))
    for name in map(str, exact.index):
        rest = alike[[other for other in map(str, alike.index) if _is_vouched(other) and other != name]].max()
        if not _is_vouched(name) or not rest >= _SHARED:
            raise LeakError(_amount_message(exact[[name]], "no other column comes close: it seems to hold the future"))


def _amount_message(exact: pd.Series, why: str) -> str:
    return (
        f"“{_label(str(exact.index[0]))}” ranks customers exactly as spend does (rank correlation "
        f"{exact.iloc[0]:.3f}), and {why}. Remove it, or predict spend after the cutoff."
    )


def _sample(rows: pd.DataFrame) -> pd.DataFrame:
    return rows if len(rows) <= _MOST else rows.sample(_MOST, random_state=0)


def _half(rows: pd.DataFrame) -> Flags:
    """Return a mask of half the customers with all their cutoffs, so that no customer is in both halves."""
    who = rows["customer_id"] if "customer_id" in rows else pd.Series(rows.index, index=rows.index)
    codes, customers = pd.factorize(who)
    return np.asarray(np.random.default_rng(0).permutation(len(customers))[codes] % 2 == 0)


def _cutoffs(rows: pd.DataFrame) -> pd.Series:
    return rows["as_of"] if "as_of" in rows else pd.Series(0, index=rows.index)


def _numbers(rows: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return columns as numbers, with text replaced by its alphabetical position."""
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
