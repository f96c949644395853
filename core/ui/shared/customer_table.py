"""The table of customers that pages end with: searched, the most valuable first, all of them to be downloaded."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import pandas as pd
import streamlit as st

from core.numbers import count, customers
from core.ui.shared import frame, state
from core.ui.shared.customer_link import list_customers

MOST_ROWS: Final = 10_000
"""Rows of customers sent to the browser; the download has all."""


def customer_table(
    find: Callable[..., pd.DataFrame],
    csv: Callable[..., str],
    asked: tuple[Any, ...],
    *,
    name: str,
    key: str,
    empty: str,
    columns: Mapping[str, Any],
) -> None:
    """Draw the search, the download and the table.

    Parameters
    ----------
    find, csv : callable
        Give the customers as a table and as CSV, from what is asked and the text searched for.
    asked : tuple
        What names these customers, before a search.
    name : str
        Of the file.
    key : str
        Begins the keys of the download and the table.
    empty : str
        What to do where nobody fits.
    columns : mapping
        Configuration of the columns shown, in their order, the id first; a link to each customer's page follows it.
    """
    search_key, on_search = state.widget(state.SEARCH, state.text(state.SEARCH))
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    left.text_input("Search by customer id or country", key=search_key, on_change=on_search, icon=":material/search:")
    asked = (*asked, state.text(state.SEARCH))
    table = find(*asked)
    with right:
        download(len(table), lambda: csv(*asked), name=name, asked=asked, key=f"{key}_download")
    if table.empty:
        st.info(empty, icon=":material/search_off:")
        return
    if len(table) > MOST_ROWS:
        st.caption(
            f"The {count(MOST_ROWS)} of {count(len(table))} customers with the highest net value. The download has all."
        )
    list_customers(
        table.head(MOST_ROWS),
        columns,
        alt="Customers of the chosen segment",
        key=f"{key}_customers",
    )


def download(
    number: int, csv: Callable[[], str], *, name: str, asked: tuple[Any, ...], key: str, primary: bool = True
) -> None:
    """A button that gives customers as CSV.

    Parameters
    ----------
    number : int
        How many.
    csv : callable
        Makes the text, when it is clicked.
    name : str
        Of the file.
    asked : tuple
        What names the customers: a part of the file's name is made from it, see `core.ui.shared.frame.file_name`.
    key : str
        Of the button.
    primary : bool
        Whether it is the page's one primary action.
    """
    st.download_button(
        f"Download {customers(number)}",
        csv,
        file_name=frame.file_name(name, repr(asked)),
        mime="text/csv",
        icon=":material/download:",
        type="primary" if primary else "secondary",
        on_click="ignore",
        disabled=number == 0,
        width="stretch",
        key=key,
    )
