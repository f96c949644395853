"""Tables for other programs: CSV that no spreadsheet takes for a formula, and files written whole or not at all."""

import hashlib
import re
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

import pandas as pd

from core import scratch
from core.act.formulas import defused

_DIGITS: Final = 6  # more are the noise of adding binary fractions
_LONGEST_STEM: Final = 120  # characters of a file's name, so that any system takes it


def to_csv(table: pd.DataFrame) -> str:
    """CSV text of a table, without its index; times as ISO 8601.

    A text that a spreadsheet could run as a formula gets an apostrophe before it (see `core.act.formulas`; OWASP, CSV
    injection); so does the name of a column. Line ends within a text are written as line feeds: Python does not quote
    a carriage return alone.
    """
    safe = table.rename(columns=_defused)
    for name, kind in safe.dtypes.items():
        if not (pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_datetime64_any_dtype(kind)):
            safe[name] = safe[name].astype("object").map(_defused, na_action="ignore")
    money = safe.select_dtypes("float").columns
    safe[money] = safe[money].round(_DIGITS)
    return safe.to_csv(index=False, lineterminator="\n", date_format="%Y-%m-%dT%H:%M:%S")


def download_name(stem: str, content: str, ending: str = "csv") -> str:
    """File name of a download, with a hash of its content or of what names it.

    Streamlit tells downloads over 1 MiB apart by length, ends, middle and name only, so without the hash two people
    could be given each other's file.
    """
    plain = re.sub(r"[^A-Za-z0-9]+", "-", stem).strip("-").lower()[:_LONGEST_STEM].strip("-")
    return f"{plain or 'table'}-{hashlib.sha256(content.encode()).hexdigest()[:10]}.{ending}"


def write_whole(files: dict[str, str], folder: Path) -> None:
    """Write texts into a folder: all of them are written before the first takes the place of an older one.

    Where one cannot be written, the folder is as it was, and not there where it was not.
    """
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        scratch.clear_unfinished(folder, files)
        with ExitStack() as stack:
            unfinished = {name: stack.enter_context(scratch.unfinished_beside(folder / name)) for name in files}
            for name, text in files.items():
                unfinished[name].write_text(text, encoding="utf-8")
            for name, path in unfinished.items():
                path.replace(folder / name)
    except BaseException:
        for path in made:
            with suppress(OSError):  # somebody else uses it
                path.rmdir()
        raise


def _defused(value: object) -> object:
    if not isinstance(value, str):
        return value
    return defused(value).replace("\r\n", "\n").replace("\r", "\n")
