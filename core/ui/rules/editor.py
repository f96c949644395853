"""Editor for RFM maps: text that is checked on every change and saved under a name."""

from typing import Final

import pandas as pd
import streamlit as st

from core.charts.segments import rfm_grid
from core.errors import ConflictError, InputError
from core.numbers import day
from core.segments.rules.map_check import MapCheck, check, codes, shortened
from core.segments.rules.rule_maps import LONGEST_NAME, RfmMap
from core.segments.rules.stored_maps import StoredMap, delete, save
from core.ui.caching import cached, drawn
from core.ui.rules.view import Rules, faults, forget, select
from core.ui.shared import frame
from core.ui.shared.view import View
from core.ui.shared.visitor import who
from core.workspace.records import By

_MOST_LISTED: Final = 60  # overlaps; the chart's download has the rest
_ROUND: Final = "rules_round"
_HELP: Final = (
    "One line per segment, best first: its name, a colon and patterns. A pattern has one part each for recency, "
    "frequency and, optionally, monetary: a score, a range `[4-5]`, a choice `[135]`, or `*` for any. The cut-offs in "
    "the sidebar are saved with it."
)


def editor(view: View, rules: Rules) -> None:
    """Draw the map as text with its problems, and buttons to save, rename or delete it."""
    with st.expander("Edit this map", icon=":material/edit:", expanded=not rules.check.sound, key="rules_editor"):
        name_key, text_key, seen = _begin(view, rules)
        if seen:
            st.caption(f"Saved by {frame.escape_markdown(seen.who)} on {day(seen.created_at)}.")
        left, right = st.columns(2)
        with left:
            name = st.text_input("Name", max_chars=LONGEST_NAME, key=name_key)
            text = st.text_area("Segments and their scores", height=300, help=_HELP, key=text_key)
            edited = _read(name, text, rules)
        if edited is not None:
            with right:
                _result(edited)
        with left:
            _buttons(view, seen, edited)


def draft() -> None:
    """Explain how to fix a map that can't be applied. The editor lists the problems."""
    st.warning(
        "This map can't be applied, so there are no segments. Assign every code to exactly one segment below and save, "
        "or choose another map in the sidebar.",
        icon=":material/edit_off:",
    )


def _begin(view: View, rules: Rules) -> tuple[str, str, StoredMap | None]:
    """Return the keys of the fields, filled when editing starts, and the map as stored at that moment.

    Another user's save in the meantime must neither overwrite the typed text nor be overwritten by it.
    """
    of = f"{view.dataset.id} {rules.rfm_map.name} {st.session_state.get(_ROUND, 0)}"
    name_key, text_key, seen_key = (f"rules_{what} {of}" for what in ("name", "text", "seen"))
    if text_key not in st.session_state:
        st.session_state[name_key] = rules.rfm_map.name if rules.stored else f"My {rules.rfm_map.name}"[:LONGEST_NAME]
        st.session_state[text_key] = rules.rfm_map.to_text()
        st.session_state[seen_key] = rules.stored
    return name_key, text_key, st.session_state[seen_key]


def _begin_again() -> None:
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1


def _read(name: str, text: str, rules: Rules) -> RfmMap | None:
    try:
        return RfmMap.from_text(name, text, rules.rfm_map.scores)
    except InputError as error:
        frame.error(str(error))
        return None


def _result(edited: RfmMap) -> None:
    """Draw the edited map on the grid, and list its gaps and overlaps."""
    found = codes(edited)
    frame.chart(
        drawn.once(rfm_grid.rule_map, found, edited.segments, pd.DataFrame()),
        key="rules_edited_map",
        title="Edited map",
        alt="Segments of the edited map by recency score and frequency score",
        note="Red tiles have no segment. Crossed-out tiles have several.",
        data=found.assign(segments=found["segments"].map(" / ".join)),
    )
    checked = check(edited)
    if checked.sound:
        st.success("Every score combination has exactly one segment.", icon=":material/check_circle:")
    else:
        st.warning(f"{faults(checked).capitalize()}. You can save it as a draft.", icon=":material/rule:")
        _list(checked)


def _list(found: MapCheck) -> None:
    if found.gaps:
        listed = " ".join(f"`{code}`" for code in shortened(found.gaps).split())
        st.markdown(f"**Without a segment**: add each to one line.  \n{listed}")
    if not found.overlaps:
        return
    groups: dict[tuple[str, ...], list[str]] = {}
    for code, names in found.overlaps:
        groups.setdefault(names, []).append(code)
    st.markdown("**In several segments**: keep each in only one.")
    table = [{"Scores": shortened(tuple(held)), "Segments": " / ".join(names)} for names, held in groups.items()]
    st.dataframe(
        pd.DataFrame(table[:_MOST_LISTED]), hide_index=True, alt="Scores in several segments", height="content"
    )


def _buttons(view: View, seen: StoredMap | None, edited: RfmMap | None) -> None:
    workspace, by, none = cached.workspace(), By(who=who()), edited is None
    with st.container(horizontal=True):
        again = seen is not None and st.button(
            "Save changes",
            icon=":material/save:",
            disabled=none,
            help="Replaces this map for all users. Change the name to rename it.",
            key="rules_save",
        )
        new = st.button(
            "Save as new map",
            icon=":material/add:",
            disabled=none,
            help="Saves it for this dataset under the name above and records it in the audit trail.",
            key="rules_save_new",
        )
        st.button(
            "Discard changes",
            icon=":material/undo:",
            on_click=_begin_again,
            key="rules_again",
            help="Discards your edits and reloads the saved map.",
        )
        if seen is not None:
            with st.popover("Delete", icon=":material/delete:"):
                st.write("This deletes the map for all users.")
                gone = st.button("Delete map", key="rules_delete")
    if (again or new) and edited is not None:
        try:
            save(workspace, view.dataset.id, edited, by, instead_of=seen if again else None)
        except (InputError, ConflictError) as error:
            frame.error(str(error))
            return
        select(edited.name)
        _begin_again()
        st.rerun()
    if seen is not None and gone:
        delete(workspace, view.dataset.id, seen.rfm_map.name, by)
        forget()
        st.rerun()
