"""The current visitor's name for activity records."""

import streamlit as st


def who() -> str:
    """Return the signed-in visitor's e-mail address, else the browser's address if known."""
    if st.user.get("is_logged_in"):
        return str(st.user.get("email") or st.user.get("name") or "signed in without an address")
    address = st.context.ip_address
    return f"browser at {address}" if address else "local browser"
