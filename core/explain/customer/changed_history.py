"""What-ifs: a customer's history with further orders, or days without one, and the predictions that follow."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

import numpy as np
import pandas as pd

from core.errors import InputError, TooLittleDataError
from core.schema import HISTORY

SOON: Final = 14
"""Days over which the orders of a what-if are spread."""

MOST_ORDERS: Final = 5
MOST_TIMES: Final = 10.0
MOST_DAYS: Final = 365


@dataclass(frozen=True, kw_only=True)
class WhatIf:
    """A hypothetical future.

    Parameters
    ----------
    orders : int
        Orders, spread evenly over `SOON` days; 0 to `MOST_ORDERS`.
    amount : float
        Amount of each, as a multiple of the customer's usual order; above 0.
    days : int
        Days without an order after that, 0 to `MOST_DAYS`.
    """

    orders: int = 0
    amount: float = 1.0
    days: int = 0

    def __post_init__(self) -> None:
        bounds = (("orders", 0, MOST_ORDERS), ("days", 0, MOST_DAYS))
        for name, low, high in bounds:
            if not low <= getattr(self, name) <= high:
                message = f"`{name}` must be between {low} and {high}, got {getattr(self, name)}."
                raise InputError(message)
        if not 0 < self.amount <= MOST_TIMES:
            message = f"`amount` must be above 0 and at most {MOST_TIMES:g} times the usual, got {self.amount:g}."
            raise InputError(message)

    @property
    def later(self) -> int:
        """Days from today to the new prediction."""
        return (SOON if self.orders else 0) + self.days


def changed(history: pd.DataFrame, as_of: date, what: WhatIf) -> tuple[pd.DataFrame, date]:
    """Return the changed history, and the date of the new prediction.

    Every new order is the customer's usual one: the median of amount, units, lines and time of day. All features are
    computed from the history, so dependent ones move together: another order adds a purchase, a more recent last
    order, a gap, and more orders in each window.

    Parameters
    ----------
    history : DataFrame
        `core.schema.HISTORY`.
    as_of : date
        Today. Orders from this day on are excluded.
    what : WhatIf
        The hypothetical future.

    Raises
    ------
    TooLittleDataError
        If nothing was ordered before today.
    """
    before = history[history["ordered_at"] < datetime.combine(as_of, time())]
    sold = before[~before["went_back"].astype(bool)]
    if sold.empty:
        message = f"No orders before {as_of}, so there is no usual order; choose a customer with earlier orders."
        raise TooLittleDataError(message)
    later = as_of + timedelta(days=what.later)
    if not what.orders:
        return before, later
    usual = {name: sold[name].astype("float64").median() for name in ("amount", "units", "lines")}
    clock = (sold["ordered_at"] - sold["ordered_at"].dt.normalize()).median()
    spread = np.floor(np.arange(what.orders) * SOON / what.orders).astype(int)
    new = pd.DataFrame(
        {
            "order_id": [f"what-if-{number}" for number in range(what.orders)],
            "ordered_at": [pd.Timestamp(as_of) + timedelta(days=int(day)) + clock for day in spread],
            "new_order": 1,
            "amount": usual["amount"] * what.amount,
            "units": usual["units"] * what.amount,
            "lines": np.round(usual["lines"]),  # whole products
            "country": sold["country"].iloc[-1],
            "went_back": False,
        }
    )
    new = new.astype({name: before[name].dtype for name in new if name not in ("units", "lines")})
    return pd.concat([before, new], ignore_index=True)[list(HISTORY)], later
