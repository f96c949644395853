"""The parts of the upload page: mapping with preview, where to, and the result."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import streamlit as st
from babel.numbers import get_currency_name, list_currencies

from core.charts.numbers import Money, count, day
from core.errors import ClienteleError, InputError, TooLittleDataError
from core.ingest.dates import time_zones
from core.ingest.importing import import_files
from core.ingest.mapping import LABELS, ColumnMapping
from core.ingest.options import DateOrder
from core.ingest.pipeline import PlannedFile
from core.ui import cached, frame, state, uploads
from core.ui.frame import Figure, escape_markdown
from core.ui.person import who
from core.workspace.records import LONGEST_NAME, By, Dataset, NewDataset, Version

NEEDED: Final = ("customer", "date", "quantity", "unit_price", "amount")
_NONE: Final = "—"
_COMMON: Final = ("GBP", "EUR", "USD", "CHF", "SEK", "DKK", "NOK", "PLN", "CAD", "AUD", "JPY", "INR")
_ORDERS: Final[dict[str, DateOrder]] = {"Day first": "dmy", "Month first": "mdy"}


@dataclass(frozen=True, kw_only=True)
class Upload:
    """An uploaded file: its name in the staging area and as the user knows it."""

    staged: str
    name: str


def explain() -> None:
    """What a file needs to hold, shown until there is one."""
    with st.container(border=True):
        st.markdown("**What the file needs to hold:** one row per order line, or per order, with")
        st.markdown(
            "- who bought: a customer number or e-mail\n"
            "- when: the date of the order\n"
            "- for how much: an amount, or quantity and unit price"
        )
        st.caption(
            "Order number, product, country and e-mail are used where they are there. The column names of Shopify, "
            "WooCommerce, Amazon and the UCI Online Retail files are recognised; others you choose by hand. "
            "CSV, XLSX and Parquet, also gzipped; several files at once, up to 1 GB each."
        )


def map_columns(files: Sequence[Upload], timezone: str) -> list[PlannedFile] | None:
    """A form per kind of file; None while one is not settled."""
    found: list[PlannedFile] = []
    groups: dict[tuple[str, ...], list[Upload]] = {}
    settled = True
    for file in files:
        try:
            groups.setdefault(uploads.read(file.staged, file.name).columns, []).append(file)
        except InputError as error:
            frame.error(str(error))
            settled = False
    for columns, members in groups.items():
        number = f"{zlib.crc32(repr(columns).encode()):08x}"  # widgets of other columns are other widgets
        names = ", ".join(member.name for member in members)
        with st.container(border=True):
            st.markdown(f"**How {escape_markdown(names)} is read**")
            plans = _map_group(number, columns, members, timezone)
        settled &= plans is not None
        found += plans or []
    return found if settled else None


def _map_group(
    number: str, columns: tuple[str, ...], members: Sequence[Upload], timezone: str
) -> list[PlannedFile] | None:
    """The mapping of files with the same columns, and the preview of the first."""
    mapping = _choose_columns(number, columns, uploads.proposal(members[0].staged, members[0].name))
    if missing := mapping.missing():
        st.info(f"Choose a column for the {' and the '.join(missing)}.", icon=":material/arrow_upward:")
        return None
    dates: DateOrder | None = None
    try:
        plans = [uploads.planned(file.staged, file.name, mapping, dates, timezone) for file in members]
        asked = next((plan for plan in plans if plan.dates.ambiguous), None)
        if asked is not None:
            dates = _ask_dates(number, asked.dates.example)
            if dates is None:
                return None
            plans = [uploads.planned(file.staged, file.name, mapping, dates, timezone) for file in members]
    except InputError as error:
        frame.error(str(error))
        return None
    st.caption(f"The first rows of {escape_markdown(members[0].name)} as they will be read:")
    st.dataframe(
        uploads.preview(members[0].staged, members[0].name, plans[0]),
        hide_index=True,
        alt="First rows of the file as they will be read",
        column_config={LABELS["date"]: st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm")},
        key=f"upload_preview_{number}",
    )
    raws = [uploads.read(file.staged, file.name) for file in members]
    return [PlannedFile(raw=raw, plan=plan) for raw, plan in zip(raws, plans, strict=True)]


def _choose_columns(number: str, columns: tuple[str, ...], proposed: ColumnMapping) -> ColumnMapping:
    """A select box per role, what is needed first."""
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


def _ask_dates(number: str, example: str) -> DateOrder | None:
    """Ask how a date is to be read that can be read two ways."""
    st.warning(f"Dates such as “{escape_markdown(example)}” can be read in two ways.", icon=":material/calendar_month:")
    chosen = st.segmented_control("Which comes first?", list(_ORDERS), key=f"upload_{number}_dates")
    return _ORDERS.get(chosen or "")


def choose_target(files: Sequence[Upload], datasets: Sequence[Dataset]) -> NewDataset | Version | None:
    """Whether to make a dataset, and which, or to append to one; None while there is no name."""
    real = [dataset for dataset in datasets if not dataset.simulated]
    made, added = "Make a new dataset", "Add to a dataset"
    with st.container(border=True):
        st.markdown("**Where the orders go**")
        where = st.segmented_control("Where to", [made, added], default=made, key="upload_where") if real else made
        if where == added:
            names = {dataset.id: dataset.name for dataset in real}
            chosen = st.selectbox("Dataset to add to", list(names), format_func=names.__getitem__, key="upload_target")
            st.caption("Rows that are in it already count once. The version before stays as it is.")
            dataset = next(dataset for dataset in real if dataset.id == chosen)
            return cached.workspace().version(dataset.id, dataset.latest)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            stem = files[0].name.split(".")[0].replace("_", " ")[:LONGEST_NAME]
            name = st.text_input("Name", value=stem, max_chars=LONGEST_NAME, key="upload_name")
            currency = st.selectbox(
                "Currency", ["", *_currencies()], format_func=_currency_name, key="upload_currency",
                help="Only a sign beside amounts: nothing is converted.",
            )  # fmt: skip
            zone = st.selectbox(
                "Time zone", time_zones(), index=time_zones().index("UTC"),
                key="upload_timezone",
                help="Of the shop. Times with an offset, such as 10:20 −05:00, are converted to it; others are taken "
                "as they are.",
            )  # fmt: skip
        if name.strip().casefold() in [dataset.name.casefold() for dataset in datasets]:
            frame.error(f"There is a dataset “{name.strip()}” already: add to it, or choose another name.")
            return None
        if not name.strip():
            st.error("Give the dataset a name.", icon=":material/error:")
            return None
        return NewDataset(name=name, currency=currency, timezone=zone)


def timezone_of(target: NewDataset | Version | None) -> str:
    """The time zone of the shop the orders go to."""
    if isinstance(target, Version):
        return cached.workspace().dataset(target.dataset_id).timezone
    return target.timezone if target else "UTC"


def run_import(files: Sequence[PlannedFile], target: NewDataset | Version, uploaded: Sequence[Upload]) -> None:
    """Read all rows into the workspace with a progress bar, and remember the result for after the rerun."""
    bar = st.progress(0.0, "Starting")

    def show(done: float, what: str) -> None:
        bar.progress(done, what)

    now = datetime.now(ZoneInfo(timezone_of(target))).replace(tzinfo=None)
    try:
        version = import_files(
            cached.workspace(), cached.engine(), files, target, now=now, by=By(who=who()), progress=show
        )
    except ClienteleError as error:
        bar.empty()
        frame.error(str(error))
        return
    for upload in uploaded:
        uploads.clear(upload.staged)
    state.put(state.DATASET, version.dataset_id)
    key = cached.key_of(cached.workspace().dataset(version.dataset_id))
    try:
        cached.segment_model(key, cached.as_of(key))
    except TooLittleDataError as error:
        st.session_state["upload_note"] = str(error)
    st.session_state["upload_done"] = version.dataset_id
    st.session_state["upload_round"] = st.session_state.get("upload_round", 0) + 1
    st.rerun()


def show_result(dataset_id: str) -> None:
    """What the last import made, exactly, and where to go."""
    dataset = cached.workspace().dataset(dataset_id)
    key = cached.key_of(dataset)
    report, money = cached.version(key).report, Money(currency=dataset.currency)
    when = f"{day(cached.first_day(key))} to {day(cached.last_day(key))}"
    st.success(
        f"**{escape_markdown(dataset.name)}** is ready, with orders from {when}: {count(report['rows_kept'])} of "
        f"{count(report['rows_read'])} rows count.",
        icon=":material/check_circle:",
    )
    frame.figures(
        [
            Figure("customers", "Customers", count(report["customers"]), f"Different customers, {when}."),
            Figure("orders", "Orders", count(report["orders"]), f"Different orders that count, {when}."),
            Figure("revenue", "Revenue, gross", money.exact(report["revenue"]), f"Before returns, {when}."),
            Figure("returned", "Returned", money.exact(report["returned"]), f"Cancelled orders, {when}."),
        ],
        exact=True,
    )
    if note := st.session_state.pop("upload_note", None):
        st.info(note, icon=":material/groups:")
    with st.container(horizontal=True):
        frame.next_step("pages/segment/segments.py", "Next: see your customer segments", "arrow_forward")
        frame.next_step("pages/data/quality.py", "Check which rows count", "fact_check")
    st.divider()


def _currencies() -> list[str]:
    return [*_COMMON, *sorted(code for code in list_currencies("en") if code not in _COMMON)]


def _currency_name(code: str) -> str:
    return f"{code} · {get_currency_name(code, locale='en')}" if code else "Not given"
