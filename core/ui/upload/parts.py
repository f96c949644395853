"""Parts of the upload page: requirements, target dataset, the import and its result."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from uuid import uuid4

import streamlit as st
from babel.numbers import get_currency_name, list_currencies

from core import jobs
from core.errors import InputError, NotFoundError, TooLittleDataError
from core.ingest.cleaning.one_currency import refuse_mixed
from core.ingest.cleaning.read_plan import ReadPlan
from core.ingest.import_job import Target, spec_of
from core.ingest.recognising.currencies import is_code, near
from core.ingest.recognising.dates import time_zones
from core.numbers import Money, count, day
from core.ui import held_uploads
from core.ui.caching import cached
from core.ui.shared import frame, job_progress, state
from core.ui.shared.frame import Figure, distinct, escape_markdown
from core.ui.shared.view import labels
from core.ui.shared.visitor import who
from core.ui.upload import reading_form, source_picker
from core.ui.upload import staged as uploads
from core.ui.upload.column_picker import Member, Settled, settle
from core.ui.upload.staged import Upload
from core.workspace.queue.job_records import CANCELLED, DONE, FAILED, Job
from core.workspace.records import LONGEST_NAME, By, Dataset, NewDataset

_MADE, _ADDED, _REPLACED = "Make a new dataset", "Add to a dataset", "Replace a dataset"
_COMMON: Final = ("GBP", "EUR", "USD", "CHF", "SEK", "DKK", "NOK", "PLN", "CAD", "AUD", "JPY", "INR")


def explain() -> None:
    """Explain the required columns until a file is chosen."""
    with st.container(border=True):
        st.markdown("**Required columns** (one row per order line, or per order)")
        st.markdown(
            "- customer: a customer number or e-mail\n- date of the order\n- amount, or quantity and unit price"
        )
        st.caption(
            "Order number, product, country, currency and e-mail are used if present. Order exports from "
            "Shopify, WooCommerce, Amazon and many others are recognised; you can choose other columns yourself. "
            "Upload CSV and TSV in any encoding, Excel or Parquet, also as .gz or .zip; several files at once, up to "
            "1 GB each. You see a preview before anything is stored, and every skipped row is reported."
        )


def choose_files() -> list[Upload]:
    """Draw the source picker and return the files to import."""
    source = source_picker.choose_source()
    if source == source_picker.COMPUTER:
        files = held_uploads.uploader(
            "Order files",
            accept_multiple_files=True,
            key=f"upload_files_{st.session_state.get('upload_round', 0)}",
            help="CSV, XLSX or Parquet, also as .gz or .zip. Several files are combined into one dataset.",
        )
        return [uploads.stage(file) for file in files] or _fetched()
    job = source_picker.other_sources(source, who=who())
    if job is not None:
        state.put(state.JOB, job.id)
        st.rerun()
    return _fetched()


def _fetched() -> list[Upload]:
    """Draw the fetched files and return those selected; by default the one of the job in the URL."""
    waiting = uploads.waiting()
    if not waiting:
        return []
    names = distinct({upload.staged: upload.name for upload in waiting})
    just = [upload.staged for upload in waiting if upload.job_id == st.query_params.get(state.JOB)]
    picked = st.pills(
        "Fetched files", list(names), format_func=lambda staged: escape_markdown(names[staged]),
        selection_mode="multi", default=just, key=f"upload_fetched_{len(just)}",
    )  # fmt: skip
    return [upload for upload in waiting if upload.staged in picked]


def follow_job(*, with_result: bool) -> None:
    """Show the progress or outcome of the job in the URL, with an import's result if requested."""
    job_id = st.query_params.get(state.JOB) or state.remembered(state.JOB)
    if not job_id:
        for running in jobs.active(cached.workspace()):
            if running.kind != "read":
                job_progress.watch(running.id)
        return
    try:
        job = job_progress.watch(job_id)
    except NotFoundError:
        state.put(state.JOB, "")
        return
    if job.state == FAILED:
        frame.error(job.error or "")
        _offer_again(job)
    elif job.state == CANCELLED:
        st.info(f"{escape_markdown(job.title)} was cancelled. Nothing was changed.", icon=":material/cancel:")
        _offer_again(job)
    elif job.state == DONE and job.kind == "import" and with_result:
        _show_result(job)
    elif job.state == DONE and job.kind == "import":
        state.put(state.JOB, "")


def read_files(files: Sequence[Upload]) -> list[Member] | None:
    """Return the tables in the files, or None while one is unread or unreadable."""
    members: list[Member] = []
    complete = True
    for upload in files:
        found = uploads.read(upload, reading_form.options_of(upload))
        if isinstance(found, Job):
            _follow_reading(found)
            _offer_differently(upload, found)
            complete = False
        elif isinstance(found, str):
            frame.error(found)
            _offer_differently(upload)
            complete = False
        else:
            members += [Member(upload=upload, file=found, raw=raw) for raw in found.tables]
    return members if complete else None


def _offer_differently(upload: Upload, job: Job | None = None) -> None:
    """Draw the reading options of a file that failed."""
    if job is None or job.state == FAILED:
        with st.expander(f"Change how {escape_markdown(upload.name)} is read", icon=":material/translate:"):
            reading_form.ask_differently(upload, None)


def _follow_reading(job: Job) -> None:
    """Show the progress of a reading job, or a retry button if it failed or was cancelled."""
    if job_progress.watch(job.id).is_active:
        return
    if job.state == FAILED:
        frame.error(job.error or "")
    else:
        st.info(f"{escape_markdown(job.title)} was cancelled.", icon=":material/cancel:")
    _offer_again(job)


def _offer_again(job: Job) -> None:
    """Draw a button to retry a job, whose files are still stored."""
    key = f"upload_again_{job.id[:8]}"
    st.button("Try again", key=key, icon=":material/refresh:", on_click=job_progress.retry, args=(job.id,))
    job_progress.say_problem()


def settle_all(members: Sequence[Member], timezone: str) -> list[Settled] | None:
    """Draw a form per kind of table; return None until all are settled."""
    groups: dict[tuple[str, ...], list[Member]] = {}
    for member in members:
        groups.setdefault(member.raw.columns, []).append(member)
    found = [settle(group, timezone) for group in groups.values()]
    return [settled for settled in found if settled] if all(found) else None


def choose_target(files: Sequence[Upload], datasets: Sequence[Dataset]) -> Target | None:
    """Draw the target picker; return a new dataset or an action on an existing one, or None until chosen."""
    real = {dataset.id: dataset for dataset in datasets if not dataset.simulated}
    with st.container(border=True):
        st.markdown("**Target dataset**")
        where: str | None = _MADE
        if real:
            where = st.segmented_control("Action", [_MADE, _ADDED, _REPLACED], default=_MADE, key="upload_where")
        if where in (_ADDED, _REPLACED):
            adds, names = where == _ADDED, labels(datasets)
            chosen = st.selectbox(
                "Dataset to add to" if adds else "Dataset to replace",
                list(real),
                index=0 if adds else None,  # replacing everything takes a deliberate choice
                placeholder="Choose a dataset",
                format_func=names.__getitem__,
                key=f"upload_target_{'append' if adds else 'replace'}",
            )
            st.caption(
                "Duplicates are ignored." if where == _ADDED
                else "The dataset will contain only these files. The previous version is stored and can be restored."
            )  # fmt: skip
            return (("append" if adds else "replace"), chosen) if chosen else None
        return _new_dataset(files, datasets)


def _new_dataset(files: Sequence[Upload], datasets: Sequence[Dataset]) -> NewDataset | None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        stem = files[0].name.rsplit("/", 1)[-1].split(".")[0].replace("_", " ")[:LONGEST_NAME].strip() or "Orders"
        name = st.text_input("Name", value=stem, max_chars=LONGEST_NAME, key="upload_name")
        currency = st.selectbox(
            "Currency", ["", *_currencies()], format_func=_currency_name, key="upload_currency",
            help="Used as a symbol only; amounts aren't converted.",
        )  # fmt: skip
        zone = st.selectbox(
            "Time zone", time_zones(), index=time_zones().index("UTC"), key="upload_timezone",
            help="The shop's time zone. Times with an offset, such as 10:20 −05:00, are converted to it; others are "
            "unchanged.",
        )  # fmt: skip
    if name.strip().casefold() in [dataset.name.casefold() for dataset in datasets]:
        frame.error(f"A dataset named “{name.strip()}” already exists. Add to it, or choose another name.")
        return None
    if not name.strip():
        st.error("Enter a name for the dataset.", icon=":material/error:")
        return None
    return NewDataset(name=name, currency=currency, timezone=zone)


def go_label(target: Target | None) -> str:
    """Return the label of the import button."""
    if isinstance(target, tuple):
        return "Add orders" if target[0] == "append" else "Replace orders"
    return "Import orders"


def say_what_is_missing(settled: Sequence[Settled] | None, target: Target | None) -> None:
    """Explain why the import button is disabled."""
    if settled is None:
        st.caption(":material/arrow_upward: First answer the questions about the files above.")
    elif target is None:
        st.caption(":material/arrow_upward: First choose a target dataset above.")


def timezone_of(target: Target | None) -> str:
    """Return the time zone of the target dataset."""
    if isinstance(target, tuple):
        return cached.workspace().dataset(target[1]).timezone
    return target.timezone if target else "UTC"


def submit(settled: Sequence[Settled], target: Target) -> None:
    """Submit the import as a job and follow it."""
    files = [file for one in settled for file in one.files]
    if isinstance(target, NewDataset) and not target.currency:
        codes = {how.plan.currency or code for _, how in files for code, _, _ in how.plan.currencies}
        if unknown := sorted(code for code in codes if not is_code(code)):
            frame.error(
                f"The currency column contains “{unknown[0]}”, which is not an ISO 4217 code{near(unknown[0])}. "
                "Choose the "
                "orders' currency under “Currency” and import again."
            )
            return
        target = replace(target, currency=codes.pop()) if len(codes) == 1 else target
    currency = target.currency if isinstance(target, NewDataset) else cached.workspace().dataset(target[1]).currency
    files = [(file, replace(how, plan=_in_currency(how.plan, currency))) for file, how in files]
    try:
        refuse_mixed([(how.raw.name, how.plan) for _, how in files], {currency} if currency else ())
    except InputError as error:
        frame.error(str(error))
        return
    by = By(who=who(), import_id=uuid4().hex)
    spec = spec_of(files, target, by, [one.remember for one in settled if one.remember])
    names = ", ".join(dict.fromkeys(how.raw.name for _, how in files))
    where = target.name if isinstance(target, NewDataset) else cached.workspace().dataset(target[1]).name
    job = jobs.submit(
        cached.workspace(),
        "import",
        spec,
        title=f"Importing {names[:120]} into {where}",
        who=by.who,
        dataset_id=None if isinstance(target, NewDataset) else target[1],
        job_id=by.import_id,
    )
    st.session_state["upload_round"] = st.session_state.get("upload_round", 0) + 1
    state.put(state.JOB, job.id)
    st.rerun()


def _in_currency(plan: ReadPlan, currency: str) -> ReadPlan:
    """Return the plan with its single currency replaced by the chosen one, unless it is already a code."""
    if len(plan.currencies) != 1 or not currency or is_code(plan.currencies[0].code):
        return plan
    return replace(plan, currencies=(plan.currencies[0]._replace(code=currency),))


def _show_result(job: Job) -> None:
    """Draw the result of an import and the next steps."""
    result = job.result or {}
    try:
        dataset = cached.workspace().dataset(result["dataset_id"])
    except NotFoundError:
        st.info(
            f"{escape_markdown(job.title)} finished, but its dataset has since been deleted.", icon=":material/delete:"
        )
        return
    if state.remembered(state.DATASET) != dataset.id and not st.session_state.get(f"upload_shown_{job.id}"):
        st.session_state[f"upload_shown_{job.id}"] = True
        state.put(state.DATASET, dataset.id)
        st.rerun()  # the dataset picker is already drawn
    key = cached.key_of(dataset)
    report, money = cached.version(key).report, Money(currency=dataset.currency)
    when = f"{day(cached.first_day(key))} to {day(cached.last_day(key))}"
    if result["unchanged"]:
        st.info(f"**{escape_markdown(dataset.name)}** already contains these orders, so nothing was changed.",
                icon=":material/done_all:")  # fmt: skip
    else:
        st.success(
            f"**{escape_markdown(dataset.name)}** is ready, with orders from {when}: {count(report['rows_kept'])} of "
            f"{count(report['rows_read'])} rows were kept.",
            icon=":material/check_circle:",
        )
    frame.figures(
        [
            Figure("customers", "Customers", count(report["customers"]), f"Distinct customers, {when}."),
            Figure("orders", "Orders", count(report["orders"]), f"Distinct orders, {when}."),
            Figure("revenue", "Revenue, gross", money.exact(report["revenue"]), f"Before returns, {when}."),
            Figure("returned", "Returned", money.exact(report["returned"]), f"Value of returns, {when}."),
        ],
        exact=True,
    )
    try:
        cached.segment_model(key, cached.as_of(key))
    except TooLittleDataError as error:
        st.info(escape_markdown(str(error)), icon=":material/groups:")
    with st.container(horizontal=True):
        of = {state.DATASET: dataset.id}  # the view may have changed since
        frame.next_step("pages/segment/segments.py", "Next: see your customer segments", "arrow_forward", **of)
        frame.next_step("pages/data/quality.py", "Check data quality", "fact_check", **of)
        frame.next_step("pages/data/versions.py", "See what this upload changed", "history", **of)
    st.divider()


def _currencies() -> list[str]:
    return [*_COMMON, *sorted(code for code in list_currencies("en") if code not in _COMMON)]


def _currency_name(code: str) -> str:
    return f"{code} · {get_currency_name(code, locale='en')}" if code else "As the file says"
