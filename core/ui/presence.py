"""A check that a page is still open, so that no work outlives it."""

import streamlit as st


def still_wanted(_share: float = 0.0, _what: str = "") -> None:
    """Let Streamlit end this run where its page was left, its file removed or its browser closed.

    Streamlit only interrupts a run that calls it, and work in a child process calls nothing; looking into the session
    is enough. Fit to be told of progress.
    """
    _ = _ANYTHING in st.session_state


_ANYTHING = "presence"
