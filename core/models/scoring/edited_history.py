"""Validation of an order history edited as a table: incomplete rows are set aside, invalid values raise."""

from typing import Any, Final

import numpy as np
import pandas as pd

from core.errors import InputError
from core.schema import HISTORY

MOST_AMOUNT: Final = 1e12
"""Largest amount or number of units accepted. Anything above is a typo."""

_KINDS: Final[dict[str, Any]] = {
    "order_id": object, "ordered_at": "datetime64[us]", "new_order": "Int64", "amount": "float64",
    "units": "float64", "lines": "Int64", "country": object, "went_back": bool,
}  # fmt: skip
_NUMBERS: Final = {"amount": "Amount", "units": "Units", "lines": "Products"}


def no_history() -> pd.DataFrame:
    """Return a history without rows, to be filled in."""
    return pd.DataFrame(columns=list(HISTORY)).astype(_KINDS)


def usable(edited: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Return the complete rows of an edited table, and the number of incomplete ones.

    Parameters
    ----------
    edited : DataFrame
        `core.schema.HISTORY`; cells left blank in added rows are missing.

    Returns
    -------
    history : DataFrame
        `core.schema.HISTORY`: rows with a date and an amount.
    waiting : int
        Number of rows that lack either.

    Raises
    ------
    InputError
        If a number is negative, infinite or too large, or an order's amount is zero.
    """
    rows = edited.reset_index(drop=True)
    _check(rows)
    rows = rows.assign(went_back=_ticked(rows))
    complete = rows["ordered_at"].notna() & rows["amount"].notna()
    found = rows[complete].assign(ordered_at=lambda t: pd.to_datetime(t["ordered_at"]))
    found = found.assign(
        country=found["country"].astype(object).map(_text),
        order_id=found["order_id"].astype(object).map(_text),
        units=found["units"].astype("float64"),
        lines=found["lines"].astype("Float64").round().astype("Int64"),
    )
    return _with_new_orders(found)[list(HISTORY)], int((~complete).sum())


def _check(rows: pd.DataFrame) -> None:
    for name, label in _NUMBERS.items():
        values = pd.to_numeric(rows[name], errors="coerce").to_numpy(dtype="float64", na_value=np.nan)
        given = rows[name].notna().to_numpy()
        asked = ~_ticked(rows).to_numpy() | (name == "amount")  # returns only use their amount
        least = 0.0 if name != "amount" else np.nextafter(0.0, 1.0)
        wrong = given & asked & ~((values >= least) & (values <= MOST_AMOUNT))
        if wrong.any():
            place = int(np.argmax(wrong))
            rule = "above zero" if name == "amount" else "zero or more"
            advice = "; enter returns as positive amounts and tick them as returned" * (name == "amount")
            message = f"Row {place + 1:,}, {label}: must be a number {rule}, got {rows[name].iloc[place]}{advice}."
            raise InputError(message)


def _with_new_orders(found: pd.DataFrame) -> pd.DataFrame:
    """Add `new_order`: 1 on an order's first day, see `core.schema.ORDERS`. Rows without an id are new orders."""
    day = found["ordered_at"].dt.normalize()
    first = day.groupby([found["went_back"], found["order_id"].fillna("")]).transform("min")
    return found.assign(new_order=((day == first) | found["order_id"].isna()).astype("int64"))


def _ticked(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Return which rows are ticked as returned. Rows just added aren't."""
    return rows["went_back"].astype("boolean").fillna(False).astype(bool)


def _text(value: Any) -> str | None:
    return None if pd.isna(value) or not str(value).strip() else str(value)
