"""The customer table at the end of a page: searchable, most valuable customers first, with a full download."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import pandas as pd
import streamlit as st

from core.numbers import count, customers
from core.ui.shared import frame, state
from core.ui.shared.customer_link import list_customers

MOST_ROWS: Final = 10_000
"""Maximum number of rows sent to the browser; the download contains all of them."""


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
    """Draw the search box, the download button and the table.

    Parameters
    ----------
    find, csv : callable
        Return the customers as a table and as CSV; called with `asked` and the search text.
    asked : tuple
        Arguments that identify these customers before a search.
    name : str
        Name of the downloaded file.
    key : str
        Prefix of the widget keys of the download and the table.
    empty : str
        Message shown if no customer matches.
    columns : mapping
        Column configuration in display order, starting with the id; a link to each customer's page follows it.
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
    """Draw a button that downloads customers as CSV.

    Parameters
    ----------
    number : int
        Number of customers.
    csv : callable
        Returns the CSV text; called on click.
    name : str
        Name of the file.
    asked : tuple
        Identifies the customers; the file name includes a digest of it, see `core.ui.shared.frame.file_name`.
    key : str
        Widget key of the button.
    primary : bool
        Whether to style it as the page's primary action.
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
