"""Who sits at the browser, for the audit trail."""

import streamlit as st


def who() -> str:
    """The signed-in person's e-mail; else where the browser is."""
    email = st.user.get("email")
    if email:
        return str(email)
    address = st.context.ip_address
    return f"browser at {address}" if address else "local browser"
