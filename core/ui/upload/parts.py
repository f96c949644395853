"""The parts of the upload page: what is needed, where the orders go, the import and its result."""

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
    """What a file needs to hold, shown until there is one."""
    with st.container(border=True):
        st.markdown("**What the file needs to hold:** one row per order line, or per order, with")
        st.markdown(
            "- who bought: a customer number or e-mail\n"
            "- when: the date of the order\n"
            "- for how much: an amount, or quantity and unit price"
        )
        st.caption(
            "Order number, product, country, currency and e-mail are used where they are there. The order exports of "
            "Shopify, WooCommerce, Amazon and many others are recognised; other columns you choose by hand. "
            "CSV and TSV in any encoding, Excel and Parquet, also as .gz or .zip; several files at once, up to 1 GB "
            "each. You see how everything is read before anything is stored, and no row is lost without being told."
        )


def choose_files() -> list[Upload]:
    """The files to import, wherever they come from."""
    source = source_picker.choose_source()
    if source == source_picker.COMPUTER:
        files = held_uploads.uploader(
            "Order files",
            accept_multiple_files=True,
            key=f"upload_files_{st.session_state.get('upload_round', 0)}",
            help="CSV, XLSX or Parquet, also as .gz or .zip. Several files at once count as one log.",
        )
        return [uploads.stage(file) for file in files] or _fetched()
    job = source_picker.other_sources(source, who=who())
    if job is not None:
        state.put(state.JOB, job.id)
        st.rerun()
    return _fetched()


def _fetched() -> list[Upload]:
    """Files that were fetched and wait, of which a person chooses; the one of the job in the address is chosen."""
    waiting = uploads.waiting()
    if not waiting:
        return []
    names = distinct({upload.staged: upload.name for upload in waiting})
    just = [upload.staged for upload in waiting if upload.job_id == st.query_params.get(state.JOB)]
    picked = st.pills(
        "Fetched, and waiting to be read", list(names), format_func=lambda staged: escape_markdown(names[staged]),
        selection_mode="multi", default=just, key=f"upload_fetched_{len(just)}",
    )  # fmt: skip
    return [upload for upload in waiting if upload.staged in picked]


def follow_job(*, with_result: bool) -> None:
    """Show the job that the address names: how far it is, or what came of it; the result only where that is wanted."""
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
        st.info(f"{escape_markdown(job.title)} was cancelled; nothing was changed.", icon=":material/cancel:")
        _offer_again(job)
    elif job.state == DONE and job.kind == "import" and with_result:
        _show_result(job)
    elif job.state == DONE and job.kind == "import":
        state.put(state.JOB, "")


def read_files(files: Sequence[Upload]) -> list[Member] | None:
    """The tables in the files; None while one is still read, or cannot be."""
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
    """What can be said of a file that could not be read."""
    if job is None or job.state == FAILED:
        with st.expander(f"Read {escape_markdown(upload.name)} differently", icon=":material/translate:"):
            reading_form.ask_differently(upload, None)


def _follow_reading(job: Job) -> None:
    """A file that is read as a job: how far it is, or a way to go on where somebody cancelled it."""
    if job_progress.watch(job.id).is_active:
        return
    if job.state == FAILED:
        frame.error(job.error or "")
    else:
        st.info(f"{escape_markdown(job.title)} was cancelled.", icon=":material/cancel:")
    _offer_again(job)


def _offer_again(job: Job) -> None:
    """A button to have a job done after all; its files are kept for that."""
    key = f"upload_again_{job.id[:8]}"
    st.button("Try again", key=key, icon=":material/refresh:", on_click=job_progress.retry, args=(job.id,))
    job_progress.say_problem()


def settle_all(members: Sequence[Member], timezone: str) -> list[Settled] | None:
    """A form per kind of table; None while one is not settled."""
    groups: dict[tuple[str, ...], list[Member]] = {}
    for member in members:
        groups.setdefault(member.raw.columns, []).append(member)
    found = [settle(group, timezone) for group in groups.values()]
    return [settled for settled in found if settled] if all(found) else None


def choose_target(files: Sequence[Upload], datasets: Sequence[Dataset]) -> Target | None:
    """Whether to make a dataset, and which, or what to do with one; None while there is no name."""
    real = {dataset.id: dataset for dataset in datasets if not dataset.simulated}
    with st.container(border=True):
        st.markdown("**Where the orders go**")
        where: str | None = _MADE
        if real:
            where = st.segmented_control("Where to", [_MADE, _ADDED, _REPLACED], default=_MADE, key="upload_where")
        if where in (_ADDED, _REPLACED):
            adds, names = where == _ADDED, labels(datasets)
            chosen = st.selectbox(
                "Dataset to add to" if adds else "Dataset to replace",
                list(real),
                index=0 if adds else None,  # what replaces everything is chosen by hand
                placeholder="Choose a dataset",
                format_func=names.__getitem__,
                key=f"upload_target_{'append' if adds else 'replace'}",
            )
            st.caption(
                "Rows that are in it already count once." if where == _ADDED
                else "Only these files count from then on; the version before stays and can be restored."
            )  # fmt: skip
            return (("append" if adds else "replace"), chosen) if chosen else None
        return _new_dataset(files, datasets)


def _new_dataset(files: Sequence[Upload], datasets: Sequence[Dataset]) -> NewDataset | None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        stem = files[0].name.rsplit("/", 1)[-1].split(".")[0].replace("_", " ")[:LONGEST_NAME].strip() or "Orders"
        name = st.text_input("Name", value=stem, max_chars=LONGEST_NAME, key="upload_name")
        currency = st.selectbox(
            "Currency", ["", *_currencies()], format_func=_currency_name, key="upload_currency",
            help="Only a sign beside amounts: nothing is converted.",
        )  # fmt: skip
        zone = st.selectbox(
            "Time zone", time_zones(), index=time_zones().index("UTC"), key="upload_timezone",
            help="Of the shop. Times with an offset, such as 10:20 −05:00, are converted to it; others are taken as "
            "they are.",
        )  # fmt: skip
    if name.strip().casefold() in [dataset.name.casefold() for dataset in datasets]:
        frame.error(f"There is a dataset “{name.strip()}” already: add to it, or choose another name.")
        return None
    if not name.strip():
        st.error("Give the dataset a name.", icon=":material/error:")
        return None
    return NewDataset(name=name, currency=currency, timezone=zone)


def go_label(target: Target | None) -> str:
    """What the button does."""
    if isinstance(target, tuple):
        return "Add the orders" if target[0] == "append" else "Replace the orders"
    return "Import the orders"


def say_what_is_missing(settled: Sequence[Settled] | None, target: Target | None) -> None:
    """Why the button cannot be pressed yet."""
    if settled is None:
        st.caption(":material/arrow_upward: Settle above how the files are read first.")
    elif target is None:
        st.caption(":material/arrow_upward: Say above where the orders go first.")


def timezone_of(target: Target | None) -> str:
    """The time zone of the shop the orders go to."""
    if isinstance(target, tuple):
        return cached.workspace().dataset(target[1]).timezone
    return target.timezone if target else "UTC"


def submit(settled: Sequence[Settled], target: Target) -> None:
    """Have the orders imported as a job, and follow it."""
    files = [file for one in settled for file in one.files]
    if isinstance(target, NewDataset) and not target.currency:
        codes = {how.plan.currency or code for _, how in files for code, _, _ in how.plan.currencies}
        if unknown := sorted(code for code in codes if not is_code(code)):
            frame.error(
                f"The currency column says “{unknown[0]}”, which is not an ISO 4217 code{near(unknown[0])}. Choose the "
                "currency of these orders under “Currency”, and import them again."
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
    """A plan whose one currency, if it is no code, stands for the one that was chosen."""
    if len(plan.currencies) != 1 or not currency or is_code(plan.currencies[0].code):
        return plan
    return replace(plan, currencies=(plan.currencies[0]._replace(code=currency),))


def _show_result(job: Job) -> None:
    """What an import made, exactly, and where to go."""
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
        st.rerun()  # the picker was drawn before
    key = cached.key_of(dataset)
    report, money = cached.version(key).report, Money(currency=dataset.currency)
    when = f"{day(cached.first_day(key))} to {day(cached.last_day(key))}"
    if result["unchanged"]:
        st.info(f"**{escape_markdown(dataset.name)}** holds these orders already, so nothing was changed.",
                icon=":material/done_all:")  # fmt: skip
    else:
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
            Figure("returned", "Returned", money.exact(report["returned"]), f"What went back, {when}."),
        ],
        exact=True,
    )
    try:
        cached.segment_model(key, cached.as_of(key))
    except TooLittleDataError as error:
        st.info(escape_markdown(str(error)), icon=":material/groups:")
    with st.container(horizontal=True):
        of = {state.DATASET: dataset.id}  # another one may be in view by now
        frame.next_step("pages/segment/segments.py", "Next: see your customer segments", "arrow_forward", **of)
        frame.next_step("pages/data/quality.py", "Check which rows count", "fact_check", **of)
        frame.next_step("pages/data/versions.py", "See what this upload changed", "history", **of)
    st.divider()


def _currencies() -> list[str]:
    return [*_COMMON, *sorted(code for code in list_currencies("en") if code not in _COMMON)]


def _currency_name(code: str) -> str:
    return f"{code} · {get_currency_name(code, locale='en')}" if code else "As the file says"
