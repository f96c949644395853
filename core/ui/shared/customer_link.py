"""Links to the Customer page, one for each row of a customer list."""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import quote_plus, urlencode

import pandas as pd
import streamlit as st

from core.ui.shared import state

PAGE: Final = "pages/explain/customer.py"
OPEN: Final = "open"
"""Column of links in a table of customers."""

_ADDRESS: Final = "customer"


def addresses(ids: Iterable[str], **more: str) -> list[str]:
    """Return relative URLs of customer pages, each with the dataset in view.

    Parameters
    ----------
    ids : iterable of str
        Customer ids.
    **more : str
        Additional query parameters, such as the horizon and the model.
    """
    start = f"{_ADDRESS}?{urlencode(state.link(**more))}"
    return [f"{start}&{state.CUSTOMER}={quote_plus(str(one))}" for one in ids]


def list_customers(
    rows: pd.DataFrame, columns: Mapping[str, Any], *, alt: str, key: str, placeholder: str = "–", **more: str
) -> None:
    """Draw a table of customers with a link to each customer's page after the first column.

    Parameters
    ----------
    rows : DataFrame
        Customers, with `customer_id`.
    columns : mapping
        Column configuration in display order.
    alt : str
        Description for screen readers.
    key : str
        Widget key of the table.
    placeholder : str
        Text shown for missing values.
    **more : str
        Additional query parameters; see `addresses`.
    """
    first, *others = columns.items()
    shown = dict([first, (OPEN, _column()), *others])
    st.dataframe(
        rows.assign(**{OPEN: addresses(rows["customer_id"], **more)}),
        hide_index=True,
        alt=alt,
        placeholder=placeholder,
        column_config=shown,
        column_order=list(shown),
        key=key,
    )


def _column() -> Any:
    return st.column_config.LinkColumn(
        "Open", display_text=":material/person_search:", width=60,
        help="Opens the customer's history, forecast, reasons and what-if.",
    )  # fmt: skip
