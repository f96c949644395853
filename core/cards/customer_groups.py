"""Errors of a model by group of customers, and whether they could be chance.

A group is weak if the model's error there exceeds chance, and exceeds, in the same direction, the error for all other
customers: a whole shop that bought less than usual is no weakness of one country. The more groups there are, the
likelier one stands out by chance, so intervals are widened until none does in 19 of 20 tables (Bonferroni). A customer
with predictions at several dates counts as one.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import norm

from core.models.judging.metrics import Vector
from core.models.judging.predictions import NEXT_SEGMENT

FEWEST: Final = 75
"""Minimum customers of a group: with fewer, a share is uncertain by eleven points or more."""

FEWEST_EACH: Final = 20
"""Minimum customers with either outcome in a group."""

UNKNOWN: Final = "unknown"
"""Group of customers with a missing value."""

_UNSAID: Final[dict[str, float | bool]] = {
    **dict.fromkeys(("predicted", "actual", "off", "low", "high"), np.nan),
    "weak": False,
}
_ERROR: Final = 0.05  # chance of flagging any group by luck


def by_group(rows: pd.DataFrame, outcome: str, *, others: str = "") -> tuple[pd.DataFrame, pd.Series]:
    """Compare predictions with outcomes by group.

    Parameters
    ----------
    rows : DataFrame
        From `core.models.judging.predictions.judged`, of one model, with `group` and `moved` (True for customers who
        changed segment; only for the next segment).
    outcome : str
        "will_buy", "spend" or "next_segment".
    others : str
        Collective name of groups with too few customers, such as “countries”; if empty, they stay separate.

    Returns
    -------
    table : DataFrame
        `group`, `pooled` (number of groups in it), `customers`, `judged` (rows, one per customer and date), `answers`
        (customers who bought at a date, or moved), `enough` (True if it is evaluated), `predicted` and `actual` (means;
        for the next segment the first is missing and the second is the share of correct predictions), `off` (predicted
        minus actual; for the next segment the share correct minus that of all others) with an interval from `low` to
        `high`, widened for the number of groups, and `weak`. The largest groups come first; those without enough
        customers come last, with missing figures.
    members : Series
        Group of each row, as in the table.
    """
    named = rows.assign(
        group=rows["group"].astype("object").where(rows["group"].notna(), UNKNOWN).astype(str),
        answer=_answers(rows, outcome),
    )
    small = [name for name, part in named.groupby("group") if not _enough(part)]
    pooled = len(small) if others and len(small) > 1 else 1
    if pooled > 1:
        named["group"] = named["group"].where(~named["group"].isin(small), f"{pooled} other {others}")
    sized = [_size(name, part) for name, part in named.groupby("group")]
    table = pd.DataFrame(sized, columns=["group", "customers", "judged", "answers", "enough"])
    table["pooled"] = np.where(table["group"] == f"{pooled} other {others}", pooled, 1)
    wide = float(norm.ppf(1 - _ERROR / (2 * max(int(table["enough"].sum()), 1))))
    found = [_compared(named, str(row.group), outcome, wide) if row.enough else _UNSAID for row in table.itertuples()]
    table = table.join(
        pd.DataFrame(found, columns=list(_UNSAID)).astype({**dict.fromkeys(_UNSAID, float), "weak": bool})
    )
    order = ["enough", "pooled", "customers", "group"]
    return table.sort_values(order, ascending=[False, True, False, True], ignore_index=True), named["group"]


def mean_and_error(values: Vector, customers: npt.NDArray[np.int64]) -> tuple[float, Vector]:
    """Return the mean of values, and each customer's influence on it; a customer's values are correlated.

    The root of the sum of squared influences is the standard error (Liang and Zeger, 1986, clusters).

    Parameters
    ----------
    values : array of float
        One per row.
    customers : array of int
        Number of each row's customer.
    """
    rows, sums = np.bincount(customers), np.bincount(customers, weights=values)
    mean, many = float(values.mean()), int((rows > 0).sum())
    once = np.sqrt(many / (many - 1)) if many > 1 else np.nan
    moves: Vector = once * (sums - mean * rows) / len(values)
    return mean, moves


def _answers(rows: pd.DataFrame, outcome: str) -> pd.Series:
    return rows["moved"].astype(bool) if outcome == NEXT_SEGMENT else rows["actual"].astype(float) > 0


def _enough(part: pd.DataFrame) -> bool:
    each = [part.loc[part["answer"] == answer, "customer_id"].nunique() for answer in (True, False)]
    return part["customer_id"].nunique() >= FEWEST and min(each) >= FEWEST_EACH


def _size(name: object, part: pd.DataFrame) -> tuple[str, int, int, int, bool]:
    bought = part.loc[part["answer"], "customer_id"].nunique()
    return str(name), part["customer_id"].nunique(), len(part), bought, _enough(part)


def _compared(rows: pd.DataFrame, group: str, outcome: str, wide: float) -> dict[str, float | bool]:
    """Return the figures of a group, and whether it is weak."""
    codes, inside = pd.factorize(rows["customer_id"])[0].astype(np.int64), np.asarray(rows["group"] == group)
    if outcome == NEXT_SEGMENT:
        right: Vector = np.asarray(rows["actual"] == rows["predicted"], dtype="float64")
        by, error = _against_others(right, inside, codes)
        found = {"predicted": np.nan, "actual": float(right[inside].mean()), "off": by}
        return found | {"low": by - wide * error, "high": by + wide * error, "weak": by + wide * error < 0}
    said, came = rows["predicted"].to_numpy(float), rows["actual"].to_numpy(float)
    off, moves = mean_and_error((said - came)[inside], codes[inside])
    half = wide * float(np.sqrt((moves**2).sum()))
    by, error = _against_others(said - came, inside, codes)
    further = abs(by) > wide * error and by * off > 0
    found = {"predicted": float(said[inside].mean()), "actual": float(came[inside].mean()), "off": off}
    return found | {"low": off - half, "high": off + half, "weak": bool(abs(off) > half and further)}


def _against_others(values: Vector, inside: npt.NDArray[np.bool_], codes: npt.NDArray[np.int64]) -> tuple[float, float]:
    """Return the mean of a group minus that of all others, with its standard error; missing if there are no others."""
    if inside.all():
        return np.nan, np.nan
    (here, own), (there, theirs) = (mean_and_error(values[side], codes[side]) for side in (inside, ~inside))
    moves = np.zeros(codes.max() + 1)
    moves[: len(own)] += own
    moves[: len(theirs)] -= theirs
    return here - there, float(np.sqrt((moves**2).sum()))
