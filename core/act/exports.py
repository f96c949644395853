"""Tables for other programs: CSV that no spreadsheet takes for a formula, and files written whole or not at all."""

import hashlib
import re
from pathlib import Path
from typing import Final

import pandas as pd

from core import scratch

_DIGITS: Final = 6  # more are the noise of adding binary fractions
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_NUMBER: Final = re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$")


def to_csv(table: pd.DataFrame) -> str:
    """CSV text of a table, without its index; times as ISO 8601.

    A text that begins with = + - @, tab or carriage return gets a leading apostrophe, unless it is a number, so that
    no spreadsheet runs it as a formula (OWASP, CSV injection); so does the name of a column. Line ends within a text
    are written as line feeds: Python does not quote a carriage return alone.
    """
    safe = table.rename(columns=_defused)
    for name, kind in safe.dtypes.items():
        if not (pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_datetime64_any_dtype(kind)):
            safe[name] = safe[name].astype("object").map(_defused, na_action="ignore")
    money = safe.select_dtypes("float").columns
    safe[money] = safe[money].round(_DIGITS)
    return safe.to_csv(index=False, lineterminator="\n", date_format="%Y-%m-%dT%H:%M:%S")


def download_name(stem: str, content: str) -> str:
    """File name of a download, with a hash of its content or of what names it.

    Streamlit tells downloads over 1 MiB apart by length, ends, middle and name only, so without the hash two people
    could be given each other's file.
    """
    plain = re.sub(r"[^A-Za-z0-9]+", "-", stem).strip("-").lower()
    return f"{plain or 'table'}-{hashlib.sha256(content.encode()).hexdigest()[:10]}.csv"


def write_whole(files: dict[str, str], folder: Path) -> None:
    """Write texts into a folder so that each file is either the old one or the new one, never half of it."""
    folder.mkdir(parents=True, exist_ok=True)
    scratch.clear_unfinished(folder, files)
    for name, text in files.items():
        with scratch.unfinished_beside(folder / name) as unfinished:
            unfinished.write_text(text, encoding="utf-8")
            unfinished.replace(folder / name)


def _defused(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = f"'{value}" if value.startswith(_FORMULA) and not _NUMBER.match(value) else value
    return text.replace("\r\n", "\n").replace("\r", "\n")
