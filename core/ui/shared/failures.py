"""Messages for failures and for a full disk."""

import streamlit as st

from core.errors import ClienteleError
from core.ui.caching import cached
from core.workspace.disk import disk_state


def sentence_of(error: BaseException) -> str | None:
    """Return the message to show for an error, or None for a bug."""
    if isinstance(error, ClienteleError):
        return str(error)
    try:
        folder = cached.settings().workspace
    except ClienteleError as unreadable:
        return str(unreadable)
    explained = disk_state.explain(error, disk_state.workspace_place(folder), disk_state.temporary_place())
    return str(explained) if explained else None


def warn_of_disk() -> None:
    """Warn if the workspace is readable but not writable."""
    match disk_state.state_of(cached.settings().workspace):
        case None:
            return
        case "full":
            why, help_ = "The disk is full", "Delete versions or datasets you no longer need, or free space elsewhere."
        case _:
            why, help_ = "The disk is read-only", "Your administrator can grant write permission."
    st.warning(f"{why}: you can view everything, but nothing can be saved. {help_}", icon=":material/hard_drive:")
