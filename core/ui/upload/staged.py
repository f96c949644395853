"""Files that the upload page stages, reads, plans and previews before the import."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core import jobs
from core.errors import ClienteleError
from core.ingest.apart.sandbox import Limits
from core.ingest.cleaning.read_plan import ReadPlan
from core.ingest.reading.raw_table import RawTable
from core.ingest.recognising.column_mapping import LABELS, ColumnMapping
from core.ingest.sources.read_options import DateOrder, ReadOptions
from core.ingest.staging import staged_files
from core.ingest.staging.looking_apart import plan_apart, preview_apart, proposal_apart, sample_apart
from core.ingest.staging.staged_files import StagedFile
from core.ui.caching import cache, cached
from core.ui.presence import still_wanted
from core.ui.shared.visitor import who
from core.workspace.disk.disk_state import disk_full_told
from core.workspace.folders import unfinished_folder
from core.workspace.queue.job_records import DONE, LOST, Job

AT_ONCE_BYTES: Final = 24 << 20
"""Largest file read while the user waits a second or two; larger files are read as a job."""

_PREVIEW_ROWS: Final = 8
_PREVIEW: Final = {
    "order": "order_id",
    "customer": "customer_id",
    "date": "ordered_at",
    "product": "product_id",
    "description": "product",
    "quantity": "quantity",
    "unit_price": "unit_price",
    "amount": "amount",
    "country": "country",
    "currency": "currency",
    "email": "email",
    "consent": "consent",
    "cancelled": "cancelled",
}


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file in the staging area: its name there, its original name, and the job that fetched it, if any."""

    staged: str
    name: str
    job_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Answers:
    """The user's answers about the values in a file; None if not given."""

    dates: DateOrder | None = None
    decimal: Any = None  # "." or ","
    currency: str | None = None
    order_totals: bool | None = None


def stage(upload: UploadedFile) -> Upload:
    """Write an upload to disk unless it is already staged."""
    staged = hashlib.sha256(upload.file_id.encode()).hexdigest()[:24]
    folder = staged_files.staged_folder(cached.workspace(), staged)
    if not (folder / "original").exists():
        staged_files.clear_old(cached.workspace(), _needed())
        with disk_full_told(cached.workspace().folder), unfinished_folder(cached.workspace().folder) as unfinished:
            (unfinished / "original").write_bytes(upload.getbuffer())
            folder.mkdir(parents=True, exist_ok=True)
            (unfinished / "original").replace(folder / "original")
    return Upload(staged=staged, name=upload.name)


def read(upload: Upload, options: ReadOptions) -> StagedFile | Job | str:
    """Return a file's contents, the job that reads it if it is large, or an error message."""
    before = staged_files.read_before(cached.workspace(), upload.staged, options)
    if before is not None:
        return before
    original = staged_files.staged_folder(cached.workspace(), upload.staged) / "original"
    if original.exists() and original.stat().st_size > AT_ONCE_BYTES:
        return _as_job(upload, options)
    try:
        with st.spinner("Reading file…"):
            return staged_files.read_staged(
                cached.workspace(),
                cached.settings(),
                upload.staged,
                upload.name,
                options,
                still_wanted,
                limits=_limits(),
            )
    except ClienteleError as error:
        return str(error)


def _as_job(upload: Upload, options: ReadOptions) -> StagedFile | Job | str:
    said = json.dumps([upload.staged, upload.name, options.to_json()], sort_keys=True)
    spec = {"staged": upload.staged, "name": upload.name, "options": options.to_json()}
    job = jobs.submit(
        cached.workspace(),
        "read",
        spec,
        title=f"Reading {upload.name}"[:200],
        who=who(),
        job_id=hashlib.sha256(said.encode()).hexdigest()[:32],
    )
    if job.state == DONE:  # just finished, or long ago with its result since cleared
        read_now = staged_files.read_before(cached.workspace(), upload.staged, options)
        return read_now or f"{upload.name} is no longer in the staging area; upload it again."
    return job


@cache.copied("Analysing columns…")
def proposal(raw: RawTable) -> ColumnMapping:
    """Return the proposed column mapping of a table."""
    return proposal_apart(raw, _limits(), still_wanted)


@cache.copied("Analysing values…")
def planned(raw: RawTable, mapping: ColumnMapping, answers: Answers, timezone: str) -> ReadPlan:
    """Plan how a table will be read under a mapping.

    Raises
    ------
    InputError
        If the mapping doesn't fit the table.
    """
    now = datetime.now(ZoneInfo(timezone)).replace(tzinfo=None)
    return plan_apart(
        raw,
        mapping,
        _limits(),
        still_wanted,
        dates=answers.dates,
        decimal=answers.decimal,
        currency=answers.currency,
        order_totals=answers.order_totals,
        timezone=timezone,
        now=now,
    )


def preview(raw: RawTable, how: ReadPlan) -> pd.DataFrame:
    """Return the first rows as they will be parsed, with display names as columns."""
    return _preview(raw, json.dumps(how.to_json(), sort_keys=True))


@cache.copied()
def _preview(raw: RawTable, plain: str) -> pd.DataFrame:
    how = ReadPlan.from_json(json.loads(plain))
    rows = preview_apart(raw, how, _PREVIEW_ROWS, _limits(), still_wanted)
    roles = [role for role in LABELS if role in how.mapping.roles() or role == "amount"]
    problems = ["problem"] if rows["problem"].notna().any() else []
    shown: pd.DataFrame = rows[["row", *problems, *(_PREVIEW[role] for role in roles)]]
    return shown.set_axis(["row", *problems, *(LABELS[role] for role in roles)], axis="columns")


@cache.copied()
def sample(raw: RawTable) -> pd.DataFrame:
    """Return the first rows of the file, unparsed."""
    return sample_apart(raw, _PREVIEW_ROWS, _limits(), still_wanted)


def _limits() -> Limits:
    return staged_files.limits_of_page(cached.settings())


def waiting() -> list[Upload]:
    """Return fetched files that have not been imported yet, newest first."""
    fetched = jobs.history(cached.workspace(), None, kinds=("fetch",), states=(DONE,))
    found = [
        Upload(staged=job.result["staged"], name=job.result["name"], job_id=job.id) for job in fetched if job.result
    ]
    return [
        upload
        for upload in found
        if (staged_files.staged_folder(cached.workspace(), upload.staged) / "original").exists()
    ]


_MOST_LOST: Final = 50
"""Maximum number of failed or cancelled jobs whose files stay for a retry; each may be a gigabyte."""


def _needed() -> set[str]:
    """Return the staged files of active jobs and of jobs that can be retried."""
    lost = jobs.history(cached.workspace(), _MOST_LOST, kinds=("import", "read", "fetch"), states=LOST)
    known = [*jobs.active(cached.workspace()), *lost]
    files = [file["staged"] for job in known for file in job.spec.get("files", [])]
    return {*files, *(job.spec["staged"] for job in known if "staged" in job.spec)}
