"""Order histories edited as a table."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.errors import InputError
from core.models.scoring.edited_history import no_history, usable
from core.schema import HISTORY

DAY = pd.Timestamp("2024-03-01 10:00")


def table(*rows: dict[str, Any]) -> pd.DataFrame:
    """Return rows as in the table, with blank cells missing."""
    return pd.DataFrame(list(rows), columns=list(HISTORY))


def test_rows_wait_until_they_have_a_date_and_an_amount() -> None:
    found, waiting = usable(table({"ordered_at": DAY, "amount": 5.0}, {"amount": 3.0}, {"ordered_at": DAY}, {}))
    assert waiting == 3
    row = found.to_dict("records")[0]
    assert (row["amount"], row["new_order"], row["went_back"]) == (5.0, 1, False)
    assert np.isnan(row["units"])
    assert row["order_id"] is row["country"] is None


def test_an_order_counts_on_its_first_day_alone() -> None:
    """Order 7 has lines on two days and is returned on a third; a row without an id is an order of its own."""
    days = [DAY, DAY + pd.Timedelta(days=1), DAY + pd.Timedelta(days=2), DAY + pd.Timedelta(days=2)]
    found, _ = usable(
        table(
            *({"order_id": "7", "ordered_at": day, "amount": 1.0, "went_back": number == 2}
              for number, day in enumerate(days[:3])),
            {"ordered_at": days[3], "amount": 1.0},
        )
    )  # fmt: skip
    assert found["new_order"].tolist() == [1, 0, 1, 1]
    moved, _ = usable(found.iloc[1:])  # the first day is deleted
    assert moved["new_order"].tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"amount": -5.0}, "Row 2, Amount: must be a number above zero, got -5.0"),
        ({"amount": 0.0}, "Row 2, Amount: must be a number above zero"),
        ({"amount": float("inf")}, "Row 2, Amount"),
        ({"amount": 2.0, "units": -1.0}, "Row 2, Units: must be a number zero or more"),
        ({"amount": 2.0, "lines": -1}, "Row 2, Products: must be a number zero or more"),
    ],
)
def test_what_cannot_be_is_named_by_row_and_column(row: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        usable(table({"ordered_at": DAY, "amount": 5.0}, {"ordered_at": DAY, **row}))


def test_units_of_what_went_back_are_left_alone() -> None:
    """Shops may enter returns with a negative price, so a version may have negative units."""
    found, _ = usable(table({"ordered_at": DAY, "amount": 5.0, "units": -3.0, "went_back": True}))
    assert found["units"].tolist() == [-3.0]


def test_an_empty_table_has_all_columns() -> None:
    found, waiting = usable(no_history())
    assert (list(found), len(found), waiting) == (list(HISTORY), 0, 0)
