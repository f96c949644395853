"""Where a customer's page is: every list of customers leads there, each row by its id."""

from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import quote_plus, urlencode

import pandas as pd
import streamlit as st

from core.ui import state

PAGE: Final = "pages/explain/customer.py"
OPEN: Final = "open"
"""Column of links in a table of customers."""

_ADDRESS: Final = "customer"


def addresses(ids: Iterable[str], **more: str) -> list[str]:
    """Addresses of customers' pages, beside the page that shows them.

    Parameters
    ----------
    ids : iterable of str
        Of customers.
    **more : str
        What else the link says, such as the horizon and the model.
    """
    start = f"{_ADDRESS}?{urlencode(state.link(**more))}"
    return [f"{start}&{state.CUSTOMER}={quote_plus(str(one))}" for one in ids]


def linked(table: pd.DataFrame, **more: str) -> pd.DataFrame:
    """A table of customers with a column `OPEN`."""
    return table.assign(**{OPEN: addresses(table["customer_id"], **more)})


def column() -> Any:
    """Configuration of the column `OPEN`."""
    return st.column_config.LinkColumn(
        "Open", display_text=":material/person_search:", width=60,
        help="Opens the customer: who this is, what is expected and why, and what would change it.",
    )  # fmt: skip


def with_open(columns: dict[str, Any]) -> dict[str, Any]:
    """Configuration of a table's columns with `OPEN` behind the first."""
    first, *others = columns.items()
    return dict([first, (OPEN, column()), *others])
