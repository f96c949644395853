"""A check that a page is still open, so that no work outlives it."""

import streamlit as st


def still_wanted(_share: float = 0.0, _what: str = "") -> None:
    """Let Streamlit end this run if the user left the page, removed its file or closed the browser.

    Streamlit only interrupts a run when it calls Streamlit, which work in a child process never does; reading the
    session state is enough. Can be used as a progress callback.
    """
    _ = _ANYTHING in st.session_state


_ANYTHING = "presence"
