"""Column mapping for files with the same columns, and the questions only the user can answer."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import streamlit as st

from core.errors import InputError
from core.ingest.cleaning.read_plan import ReadPlan
from core.ingest.pipeline import PlannedFile
from core.ingest.reading.raw_table import RawTable
from core.ingest.recognising.column_mapping import LABELS, ColumnMapping, with_overrides
from core.ingest.recognising.dates import readings
from core.ingest.sources.read_options import DateOrder
from core.ingest.staging.staged_files import StagedFile
from core.numbers import count, day
from core.ui.caching import cached
from core.ui.shared import frame
from core.ui.shared.frame import escape_markdown
from core.ui.upload import reading_form, staged
from core.ui.upload.staged import Answers, Upload
from core.workspace import saved_mappings

NEEDED: Final = ("customer", "date", "quantity", "unit_price", "amount")
_NONE: Final = "—"
_TAB_LETTERS: Final = 24
_DATES: Final[dict[DateOrder | None, str]] = {
    None: "Detected",
    "dmy": "Day first",
    "mdy": "Month first",
    "ymd": "Year first",
    "excel": "Excel day numbers",
    "excel1904": "Excel day numbers (1904)",
    "unix": "Seconds since 1970",
}
_MEANINGS: Final[dict[DateOrder, str]] = {
    "dmy": "day first",
    "mdy": "month first",
    "excel": "counted from 1900",
    "excel1904": "counted from 1904, as on old Macs",
}
_DECIMALS: Final = {None: "Detected", ".": "Point: 1,234.50", ",": "Comma: 1.234,50"}
_AMOUNTS: Final = {None: "Detected", False: "Of the line", True: "Of the whole order"}


@dataclass(frozen=True, kw_only=True)
class Member:
    """One table of a file."""

    upload: Upload
    file: StagedFile
    raw: RawTable


@dataclass(frozen=True, kw_only=True)
class Settled:
    """Tables ready to import, and the choices to remember for similar files."""

    files: tuple[tuple[StagedFile, PlannedFile], ...]
    remember: dict[str, Any] | None


def settle(members: Sequence[Member], timezone: str) -> Settled | None:
    """Ask the open questions about tables with the same columns; return None until all are answered."""
    columns = members[0].raw.columns
    number = f"{zlib.crc32(repr(columns).encode()):08x}"  # keeps widgets of other columns separate
    before = saved_mappings.recall(cached.workspace(), columns)
    with st.container(border=True):
        several = len({member.upload for member in members}) > 1
        st.markdown(f"**How {escape_markdown(_names(members))} {'are' if several else 'is'} read**")
        for member in members:
            reading_form.file_line(member.raw)
        known = before.choices if before else {}
        proposed = staged.proposal(members[0].raw)
        if before is not None:
            _say_remembered(before, columns)
            roles = dict.fromkeys(proposed.roles(), "") | known.get("mapping", {})
            proposed = with_overrides(proposed, roles)
        mapping = _choose_columns(number, columns, proposed)
        said = _choose_differently(number, members)
        if missing := mapping.missing():
            st.info(f"Choose a column for the {' and the '.join(missing)}.", icon=":material/arrow_upward:")
            _show_raw(members)
            return None
        try:
            plans, answers = _ask(number, members, mapping, said, known, timezone)
        except InputError as error:
            frame.error(str(error))
            _show_raw(members)
            return None
        if plans is None:
            _show_raw(members)
            return None
        _show_all(members, plans)
    files = tuple(
        (member.file, PlannedFile(raw=member.raw, plan=how)) for member, how in zip(members, plans, strict=True)
    )
    corrected = before is not None or mapping != staged.proposal(members[0].raw) or answers != Answers()
    return Settled(files=files, remember=_choices(members[0], mapping, answers) if corrected else None)


def _names(members: Sequence[Member]) -> str:
    return ", ".join(dict.fromkeys(member.upload.name for member in members))


def _say_remembered(before: saved_mappings.Remembered, columns: Sequence[str]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        dates = _DATES.get(before.choices.get("dates"), "") if before.choices.get("dates") else ""
        st.caption(
            f":material/history: Using the settings chosen for {escape_markdown(before.file)} on "
            f"{day(before.at.date())} by "
            f"{escape_markdown(before.who)}{': dates ' + dates.lower() if dates else ''}."
        )
        st.button(
            "Start over", key="upload_forget", type="tertiary", on_click=saved_mappings.forget,
            args=(cached.workspace(), columns), help="Forget these settings and detect everything again.",
        )  # fmt: skip


def _choose_columns(number: str, columns: tuple[str, ...], proposed: ColumnMapping) -> ColumnMapping:
    """Draw one picker per role, required roles first, and return the mapping."""
    roles: dict[str, str | None] = {}
    with st.grid(5, min_column_width=150):
        for role in NEEDED:
            roles[role] = _choose_column(number, columns, role, proposed)
    with st.expander("More columns", icon=":material/tune:"), st.grid(4, min_column_width=150):
        for role in LABELS:
            if role not in NEEDED:
                roles[role] = _choose_column(number, columns, role, proposed)
    return ColumnMapping(**roles)


def _choose_column(number: str, columns: tuple[str, ...], role: str, proposed: ColumnMapping) -> str | None:
    options = [_NONE, *columns]
    preset = proposed.roles().get(role)
    chosen = st.selectbox(
        LABELS[role].capitalize(), options, index=options.index(preset or _NONE), key=f"upload_{number}_{role}"
    )
    return None if chosen == _NONE else chosen


def _choose_differently(number: str, members: Sequence[Member]) -> Answers:
    """Draw the optional overrides of how the file and its values are read."""
    with st.expander("Change how it is read", icon=":material/translate:"):
        for member in {member.upload: member for member in members}.values():
            if len(members) > 1:
                st.caption(escape_markdown(member.upload.name))
            reading_form.ask_differently(member.upload, member.file)
        with st.container(horizontal=True):
            dates = st.selectbox(
                "Dates", list(_DATES), format_func=_DATES.__getitem__, key=f"upload_{number}_say_dates", width=230
            )
            decimal = st.selectbox(
                "Decimal mark", list(_DECIMALS), format_func=_DECIMALS.__getitem__,
                key=f"upload_{number}_say_decimal", width=230,
            )  # fmt: skip
            totals = st.selectbox(
                "Amount", list(_AMOUNTS), format_func=_AMOUNTS.__getitem__, key=f"upload_{number}_say_totals",
                help="Whether each line's amount is for that line only, or repeats the order total.", width=230,
            )  # fmt: skip
    return Answers(dates=dates, decimal=decimal, order_totals=totals)


def _ask(
    number: str,
    members: Sequence[Member],
    mapping: ColumnMapping,
    said: Answers,
    known: dict[str, Any],
    timezone: str,
) -> tuple[list[ReadPlan] | None, Answers]:
    """Plan the tables; if one is ambiguous, use the remembered answer or ask. None until answered."""
    always = known.get("dates") if known.get("dates") not in ("dmy", "mdy", "ymd") else None
    answers = replace(
        said,
        dates=said.dates or always,
        decimal=said.decimal or known.get("decimal"),
        order_totals=known.get("order_totals") if said.order_totals is None else said.order_totals,
    )
    for question in (_dates_question, _decimal_question, _currency_question):
        plans = [staged.planned(member.raw, mapping, answers, timezone) for member in members]
        name, answer = question(number, members, plans, known)
        if name and answer is None:
            return None, answers
        if name:
            answers = replace(answers, **{name: answer})
    return [staged.planned(member.raw, mapping, answers, timezone) for member in members], answers


Question = tuple[str, Any]
"""The name of the answer needed (empty if none), and the answer (None until given)."""


def _dates_question(number: str, members: Sequence[Member], plans: list[ReadPlan], known: dict[str, Any]) -> Question:
    asked = next(((m, how) for m, how in zip(members, plans, strict=True) if how.dates.ambiguous), None)
    if asked is None:
        return "", None
    member, how = asked
    said = readings(how.dates.example, how.dates.order)
    if known.get("dates") in said:
        return "dates", known["dates"]
    labels = {f"{text} ({_MEANINGS[order]})": order for order, text in said.items()}
    st.warning(
        f"{escape_markdown(member.raw.name)}{_row(member, how)}, column “{escape_markdown(how.mapping.date or '')}”: "
        f"dates such as “{escape_markdown(how.dates.example)}” can be read in two ways.",
        icon=":material/calendar_month:",
    )
    chosen = st.segmented_control("Which date is correct?", list(labels), key=f"upload_{number}_dates")
    return "dates", labels.get(chosen or "")


def _row(member: Member, how: ReadPlan) -> str:
    """Return the example's row, if rows are numbered without gaps."""
    return "" if member.raw.has_places else f", row {count(how.dates.example_place + 2)}"


def _decimal_question(number: str, members: Sequence[Member], plans: list[ReadPlan], known: dict[str, Any]) -> Question:
    asked = next(((m, how.doubtful) for m, how in zip(members, plans, strict=True) if how.doubtful), None)
    if asked is None:
        return "", None
    if known.get("decimal") in (".", ","):
        return "decimal", known["decimal"]
    member, (column, value) = asked
    mark = "," if "," in value else "."
    bare = value.replace(mark, "")
    other = "." if mark == "," else ","
    labels = {f"Thousands separator: {bare}": other, f"Decimal mark: {value.replace(mark, '.')}": mark}
    st.warning(
        f"Numbers such as “{escape_markdown(value)}” in {escape_markdown(member.raw.name)}, column "
        f"“{escape_markdown(column)}”, can be read in two ways.",
        icon=":material/pin:",
    )
    chosen = st.segmented_control("Which number is correct?", list(labels), key=f"upload_{number}_decimal")
    return "decimal", labels.get(chosen or "")


def _currency_question(
    number: str, members: Sequence[Member], plans: list[ReadPlan], known: dict[str, Any]
) -> Question:
    rows: dict[str, int] = {}
    for how in plans:
        for code, many, _first in how.currencies:
            rows[code] = rows.get(code, 0) + many
    if len(rows) < 2:  # noqa: PLR2004  one currency needs no choice
        return "", None
    labels = {f"{code} ({count(many)} rows)": code for code, many in sorted(rows.items(), key=lambda row: -row[1])}
    st.warning(
        f"{escape_markdown(_names(members))}: the orders are in {len(rows)} currencies, and amounts aren't converted. "
        "Choose one. Rows in other currencies are excluded as unreadable; rows without a currency are included.",
        icon=":material/currency_exchange:",
    )
    before = next((label for label, code in labels.items() if code == known.get("currency")), None)
    chosen = st.segmented_control(
        "Currency to import", list(labels), default=before, key=f"upload_{number}_currency_choice"
    )
    return "currency", labels.get(chosen or "")


def _show_all(members: Sequence[Member], plans: Sequence[ReadPlan]) -> None:
    """Preview each table, in tabs if there are several."""
    if len(members) == 1:
        _show(members[0].raw, plans[0])
        return
    for tab, member, how in zip(st.tabs([_tab_name(member) for member in members]), members, plans, strict=True):
        with tab:
            _show(member.raw, how)


def _tab_name(member: Member) -> str:
    name = member.raw.name.rpartition(" › ")[2]
    return escape_markdown(name if len(name) <= _TAB_LETTERS else f"{name[:_TAB_LETTERS]}…")


def _show_raw(members: Sequence[Member]) -> None:
    """Draw the first rows as raw text while questions about them are open."""
    st.caption(f"First rows of {escape_markdown(members[0].raw.name)}, unchanged:")
    st.dataframe(staged.sample(members[0].raw), hide_index=True, alt="First rows of the file, unchanged")


def _show(raw: RawTable, how: ReadPlan) -> None:
    """Draw notes, the first rows, and rows that can't be split."""
    for note in how.notes:
        st.caption(f":material/info: {escape_markdown(note)}")
    st.caption(f"First rows of {escape_markdown(raw.name)} as they will be imported:")
    st.dataframe(
        staged.preview(raw, how),
        hide_index=True,
        alt="First rows of the file as they will be imported",
        column_config={
            LABELS["date"]: st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm"),
            LABELS["unit_price"]: st.column_config.NumberColumn(format="%.2f"),
            LABELS["amount"]: st.column_config.NumberColumn(format="%.2f"),
        },
    )
    if raw.rejected:
        rows = f"{count(raw.rejected)} row{'s' if raw.rejected > 1 else ''} can't be split into columns"
        with st.expander(rows, icon=":material/warning:"):
            st.caption("Counted as unreadable and stored for review. The first of them:")
            st.dataframe(
                [{"Line": line, "Reason": reason, "Text": text} for line, reason, text in raw.rejects[:20]],
                hide_index=True,
                alt="Rows that can't be split into columns",
            )


def _choices(member: Member, mapping: ColumnMapping, answers: Answers) -> dict[str, Any]:
    choices = {
        "mapping": mapping.roles(),
        "dates": answers.dates,
        "decimal": answers.decimal,
        "currency": answers.currency,
        "order_totals": answers.order_totals,
    }
    return {"columns": list(member.raw.columns), "choices": choices, "file": member.upload.name}
