"""A check that a page is still open, so that no work outlives it."""

import streamlit as st


def still_wanted(_share: float = 0.0, _what: str = "") -> None:
    """Let Streamlit end this run if the page was left, its file removed or the browser closed.

    Streamlit only interrupts a run that calls it, which work in a child process never does; reading the session state
    is enough. Usable as a progress callback.
    """
    _ = _ANYTHING in st.session_state


_ANYTHING = "presence"
