"""CSV exports that are safe to open in a spreadsheet, and atomic file writes."""

import hashlib
import re
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

import pandas as pd

from core import scratch
from core.act.formulas import defused

_DIGITS: Final = 6  # further digits are floating-point noise
_LONGEST_STEM: Final = 120  # characters of a file name, short enough for any system


def to_csv(table: pd.DataFrame) -> str:
    """Return a table as CSV text, without its index and with ISO 8601 times.

    Strings and column names that a spreadsheet could run as formulas get a leading apostrophe (see `core.act.formulas`;
    OWASP, CSV injection). Line breaks within a string become line feeds, since Python does not quote a lone carriage
    return.
    """
    safe = table.rename(columns=_defused)
    for name, kind in safe.dtypes.items():
        if not (pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_datetime64_any_dtype(kind)):
            safe[name] = safe[name].astype("object").map(_defused, na_action="ignore")
    money = safe.select_dtypes("float").columns
    safe[money] = safe[money].round(_DIGITS)
    return safe.to_csv(index=False, lineterminator="\n", date_format="%Y-%m-%dT%H:%M:%S")


def download_name(stem: str, content: str, ending: str = "csv") -> str:
    """Return the file name of a download, with a hash of its content or key.

    Streamlit distinguishes downloads over 1 MiB by name, length, and first, middle and last bytes only, so without the
    hash two people could get each other's file.
    """
    plain = re.sub(r"[^A-Za-z0-9]+", "-", stem).strip("-").lower()[:_LONGEST_STEM].strip("-")
    return f"{plain or 'table'}-{hashlib.sha256(content.encode()).hexdigest()[:10]}.{ending}"


def write_whole(files: dict[str, str], folder: Path) -> None:
    """Write text files into a folder, completing all of them before replacing any older file.

    If a file cannot be written, the folder is left as it was, and is removed if it was new.
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
            with suppress(OSError):  # in use by someone else
                path.rmdir()
        raise


def _defused(value: object) -> object:
    if not isinstance(value, str):
        return value
    return defused(value).replace("\r\n", "\n").replace("\r", "\n")
