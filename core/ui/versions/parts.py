"""Parts of the versions page: the table, actions on a version, and the activity log."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import pandas as pd
import streamlit as st

from core.act.exports import to_csv
from core.errors import ClienteleError
from core.numbers import count, day, many
from core.ui.caching import cached
from core.ui.shared import frame, state
from core.ui.shared.frame import escape_markdown
from core.ui.shared.view import View
from core.ui.shared.visitor import who
from core.ui.versions.view import Pair, left, local, named
from core.workspace.records import LONGEST_NAME, By, Change, Version

_NOTE: Final = "versions_note"
_DIALOG: Final = "versions_dialog"  # the open dialog, with its dataset and version
_MOST_CHANGES: Final = 1_000
_KINDS: Final = {"new": "New orders", "changed": "Changed orders", "gone": "Removed orders"}


def show_note() -> None:
    """Show a toast about the change made before the rerun."""
    if note := st.session_state.pop(_NOTE, None):
        st.toast(escape_markdown(note), icon=":material/check_circle:", duration="long")


def nothing_to_compare(view: View, only: Version) -> None:
    """Draw the page of a dataset with a single version."""
    when = day(local(only.created_at))
    frame.header(
        "Versions",
        f"There is only one version, from {when}, so there is nothing to compare yet.",
        simulated=view.dataset.simulated,
    )
    show_note()
    st.info(
        "Each upload to this dataset creates a new version and leaves earlier ones unchanged. After the next upload, "
        "you can compare versions here and restore an earlier one.",
        icon=":material/history:",
    )
    if not view.dataset.simulated:
        frame.next_step("pages/data/upload.py", "Add orders to this dataset", "upload")
    else:
        frame.next_step("pages/data/upload.py", "Upload your orders", "upload")


def orders(pair: Pair, view: View) -> None:
    """Draw the first new, changed and removed orders."""
    numbers = {"new": pair.found.orders_new, "changed": pair.found.orders_changed, "gone": pair.found.orders_gone}
    for kind, number in numbers.items():
        if not number:
            continue
        listed = pair.found.orders[kind]
        with st.expander(f"{_KINDS[kind]}: {count(number)}", icon=":material/receipt_long:"):
            if len(listed) < number:
                st.caption(f"Showing the first {count(len(listed))}.")
            st.dataframe(
                listed,
                hide_index=True,
                alt=f"{_KINDS[kind]}, by time",
                column_config=_order_columns(view, kind),
                column_order=list(_order_columns(view, kind)),
                key=f"versions_orders_{kind}",
            )


def table(versions: list[Version], view: View) -> None:
    """Draw all versions, newest first, including deleted ones."""
    st.subheader("All versions", anchor=False)
    unit = f" {view.money.symbol}" if view.money.symbol else ""
    column = st.column_config
    rows = [
        {
            "Version": version.version,
            "When": local(version.created_at).replace(tzinfo=None),
            "Action": _done(version),
            "Who": version.who or "not recorded",
            "Rows kept": version.report.get("rows_kept"),
            "Customers": version.report.get("customers"),
            "Revenue": version.report.get("revenue"),
            "Size": version.size() / 1e6,
            "Files": ", ".join(version.files),
        }
        for version in versions
    ]
    st.dataframe(
        pd.DataFrame(rows).round({"Revenue": 2}),
        hide_index=True,
        alt="Versions of the dataset, newest first",
        column_config={
            "Version": column.NumberColumn(pinned=True, width="small"),
            "When": column.DatetimeColumn(format="D MMM YYYY, HH:mm"),
            "Rows kept": column.NumberColumn(format="localized"),
            "Customers": column.NumberColumn(format="localized"),
            "Revenue": column.NumberColumn(f"Revenue, gross{unit}", format="localized"),
            "Size": column.NumberColumn("Size, MB", format="%.1f", help="A restored version shares its files."),
        },
        key="versions_table",
    )


def actions(versions: list[Version], view: View) -> None:
    """Draw buttons to restore or delete a version, and to rename or delete the dataset."""
    there = {version.version: version for version in left(versions)}
    with st.container(border=True):
        st.markdown("**Manage**")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            usual = list(there)[min(1, len(there) - 1)]  # the newest can only be deleted
            chosen = st.selectbox(
                "Version",
                list(there),
                format_func=lambda number: named(there[number]) if number in there else str(number),
                key=state.anew("versions_chosen", usual, there),
            )
            st.button(
                "Restore",
                type="primary",
                icon=":material/restore:",
                disabled=chosen == view.dataset.latest,
                help="Creates a new version with the orders of this one. Unavailable for the newest version.",
                on_click=_open(view, "restore", chosen),
                key="versions_restore",
            )
            st.button(
                "Delete version",
                icon=":material/delete:",
                disabled=len(there) == 1,
                help="The last version can only be deleted with its dataset.",
                on_click=_open(view, "delete", chosen),
                key="versions_delete",
            )
            st.button(
                "Rename dataset",
                icon=":material/edit:",
                on_click=_open(view, "rename", chosen),
                key="versions_rename",
            )
            st.button(
                "Delete dataset",
                icon=":material/delete_forever:",
                on_click=_open(view, "delete_dataset", chosen),
                key="versions_delete_dataset",
            )
    match st.session_state.get(_DIALOG):
        case ("restore", view.dataset.id, number):
            _restore(view, number)
        case ("delete", view.dataset.id, number):
            _delete(view, number)
        case ("rename", view.dataset.id, _):
            _rename(view)
        case ("delete_dataset", view.dataset.id, _):
            _delete_dataset(view)
        case _:  # none, or a dialog of a dataset no longer in view
            _close()


def trail(view: View) -> None:
    """Draw the activity log of the dataset, with a download."""
    st.subheader("Activity", anchor=False)
    changes = cached.workspace().audit_trail(view.dataset.id, _MOST_CHANGES)
    if not changes:
        st.caption("No activity recorded yet: this dataset was created before the activity log existed.")
        return
    rows = pd.DataFrame(
        [
            {"when": local(change.at).replace(tzinfo=None, microsecond=0), "what": _told(change), "who": change.who}
            for change in changes
        ]
    )
    st.dataframe(
        rows,
        hide_index=True,
        alt="Changes to the dataset, newest first",
        column_config={
            "when": st.column_config.DatetimeColumn("When", format="D MMM YYYY, HH:mm"),
            "what": st.column_config.TextColumn("What", width="large"),
            "who": "Who",
        },
        key="versions_trail",
    )
    text = to_csv(rows)
    st.download_button(
        "Download as CSV",
        text,
        file_name=frame.file_name("changes", text),
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="versions_trail_download",
    )


def _open(view: View, dialog: str, number: int) -> Callable[[], None]:
    return lambda: st.session_state.update({_DIALOG: (dialog, view.dataset.id, number)})


def _close() -> None:
    st.session_state.pop(_DIALOG, None)


@st.dialog("Restore a version", on_dismiss=_close)
def _restore(view: View, number: int) -> None:
    st.markdown(
        f"This creates a new version with the orders of version {number}. Later versions are kept, so you can return "
        "to them."
    )
    if st.button("Restore version", type="primary", icon=":material/restore:", key="versions_restore_sure"):
        _do(
            lambda: cached.workspace().restore(view.dataset.id, number, By(who=who())),
            f"Version {number} was restored.",
        )


@st.dialog("Delete a version", on_dismiss=_close)
def _delete(view: View, number: int) -> None:
    newest = " All pages will show the newest remaining version." if number == view.dataset.latest else ""
    st.markdown(f"The files of version {number} will be permanently deleted.{newest}")
    if st.button("Delete permanently", type="primary", icon=":material/delete:", key="versions_delete_sure"):
        _do(
            lambda: cached.workspace().delete_version(view.dataset.id, number, By(who=who())),
            f"Version {number} was deleted.",
        )


@st.dialog("Rename the dataset", on_dismiss=_close)
def _rename(view: View) -> None:
    key = state.anew("versions_name", view.dataset.name)
    name = st.text_input("New name", max_chars=LONGEST_NAME, key=key)
    if st.button("Rename", type="primary", disabled=not name.strip(), key="versions_rename_sure"):
        _do(
            lambda: cached.workspace().rename(view.dataset.id, name, By(who=who())),
            f"The dataset was renamed to “{name.strip()}”.",
        )


@st.dialog("Delete the dataset", on_dismiss=_close)
def _delete_dataset(view: View) -> None:
    name = view.dataset.name
    st.markdown(f"All versions of **{escape_markdown(name)}** and its segment models will be permanently deleted.")
    typed = st.text_input("Type the dataset's name to confirm", key=state.anew("versions_typed", ""))
    sure = typed.strip() == name
    if st.button("Delete permanently", type="primary", disabled=not sure, key="versions_delete_dataset_sure"):
        _do(
            lambda: cached.workspace().delete_dataset(view.dataset.id, By(who=who())),
            f"The dataset “{name}” was deleted. You are now viewing another one.",
            gone=True,
        )


def _do(change: Callable[[], object], note: str, *, gone: bool = False) -> None:
    """Change the workspace and rerun; errors stay in the dialog, where they can be fixed."""
    try:
        change()
    except ClienteleError as error:
        frame.error(str(error))
        return
    for name in (state.COMPARED, state.COMPARED_WITH, *([state.DATASET] if gone else [])):
        state.put(name, "")
    st.session_state[_NOTE] = note
    _close()
    st.rerun()


def _done(version: Version) -> str:
    what = {
        "create": "Dataset created",
        "append": f"Orders added to version {version.base}",
        "replace": f"Version {version.base} replaced",
        "restore": f"Version {version.base} restored",
    }.get(version.action or "", "not recorded")
    return f"{what}; deleted" if version.deleted_at else what


def _told(change: Change) -> str:
    """Describe a row of the audit trail."""
    base, number = change.details.get("base"), change.version
    return {
        "create": f"Created the dataset, version {number}",
        "append": f"Added orders to version {base}: version {number}",
        "replace": f"Replaced version {base}: version {number}",
        "restore": f"Restored version {base}: version {number}",
        "delete_version": f"Deleted version {number}",
        "delete_dataset": "Deleted the dataset",
        "rename": f"Renamed the dataset from “{change.details.get('before')}” to “{change.details.get('after')}”",
        "recover": f"Recovered version {number} from a backup",
        "adopt_segments": f"Adopted segment model {change.details.get('model')}, fitted on version {number}",
        "save_rfm_map": f"Saved the RFM map “{change.details.get('name')}”",
        "delete_rfm_map": f"Deleted the RFM map “{change.details.get('name')}”",
        "tidy": _tidied(change.details),
        "rename_segment": f"Renamed a segment in segment model {change.details.get('model')}",
    }.get(change.action, change.action)


def _tidied(details: Mapping[str, Any]) -> str:
    """Describe stored results and models removed as no longer needed."""
    said = [many(details[name], name.removesuffix("s")) for name in ("results", "models") if details.get(name)]
    return f"Removed {' and '.join(said)} no longer needed"


def _order_columns(view: View, kind: str) -> dict[str, Any]:
    column, unit = st.column_config, f" {view.money.symbol}" if view.money.symbol else ""
    before = {
        "amount_before": column.NumberColumn(f"Amount before{unit}", format="%.2f"),
        "units_before": column.NumberColumn("Units before", format="localized"),
    }
    after = {
        "amount": column.NumberColumn(f"Amount{unit}", format="%.2f"),
        "units": column.NumberColumn("Units", format="localized"),
    }
    return {
        "order_id": column.TextColumn("Order", pinned=True),
        "customer_id": column.TextColumn("Customer"),
        "ordered_at": column.DatetimeColumn("Time", format="D MMM YYYY, HH:mm"),
        **(before if kind != "new" else {}),
        **(after if kind != "gone" else {}),
    }
