"""Uploaded files on their way into the workspace: staged on disk, read once, previewed as they will be parsed."""

import hashlib
import shutil
import time
from pathlib import Path
from typing import Final

import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.ingest.files import SourceFile
from core.ingest.mapping import LABELS, ColumnMapping
from core.ingest.options import DateOrder, ReadOptions
from core.ingest.parsing import parse, plan, propose_mapping, raw_table
from core.ingest.raw import RawTable
from core.ingest.read_plan import ReadPlan
from core.ingest.reading_apart import read_apart
from core.ingest.sandbox import Limits
from core.ui import cached

_KEPT_SECONDS: Final = 24 * 3600  # an upload nobody finished is deleted after a day
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


def stage(upload: UploadedFile) -> str:
    """Write an upload to disk, unless it is there already, and give its name in the staging area."""
    staged = hashlib.sha256(upload.file_id.encode()).hexdigest()[:24]
    folder = _folder(staged)
    if not (folder / "original").exists():
        _clear_old()
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "unfinished").write_bytes(upload.getbuffer())
        (folder / "unfinished").replace(folder / "original")
    return staged


@st.cache_data(max_entries=64, show_spinner="Reading the file …")
def read(staged: str, name: str) -> RawTable:
    """The staged file's columns as they stand in it.

    Raises
    ------
    InputError
        Where it cannot be read.
    """
    folder = _folder(staged)
    source = SourceFile(name=name, path=folder / "original")
    return read_apart(source, folder, ReadOptions(), limits=Limits(), own=True)[0]


@st.cache_data(max_entries=64, show_spinner=False)
def proposal(staged: str, name: str) -> ColumnMapping:
    """The mapping proposed for a staged file."""
    with cached.engine().session() as connection:
        return propose_mapping(connection, read(staged, name))


@st.cache_data(max_entries=64, show_spinner="Looking at the values …")
def planned(staged: str, name: str, mapping: ColumnMapping, dates: DateOrder | None, timezone: str) -> ReadPlan:
    """How the staged file will be read under a mapping.

    Raises
    ------
    InputError
        Where the mapping does not fit the file.
    """
    with cached.engine().session() as connection:
        return plan(connection, read(staged, name), mapping, dates=dates, timezone=timezone)


@st.cache_data(max_entries=64, show_spinner=False)
def preview(staged: str, name: str, how: ReadPlan) -> pd.DataFrame:
    """The first rows as they will be parsed, columns named as a person calls them."""
    raw = read(staged, name)
    with cached.engine().session() as connection:
        rows = parse(raw_table(connection, raw), raw, how, 0).order_by("row").limit(_PREVIEW_ROWS).execute()
    roles = [role for role in LABELS if role in how.mapping.roles() or role == "amount"]
    shown: pd.DataFrame = rows[["row", *(_PREVIEW[role] for role in roles)]]
    return shown.set_axis(["row", *(LABELS[role] for role in roles)], axis="columns")


def clear(staged: str) -> None:
    """Delete a staged file that is no longer needed."""
    shutil.rmtree(_folder(staged), ignore_errors=True)


def _folder(staged: str) -> Path:
    return cached.workspace().folder / "uploads" / staged


def _clear_old() -> None:
    for folder in (cached.workspace().folder / "uploads").iterdir():
        if time.time() - folder.stat().st_mtime > _KEPT_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)
