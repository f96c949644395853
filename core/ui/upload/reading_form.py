"""Summary of how a file was read, and options to change it."""

from typing import Any, Final

import streamlit as st

from core.errors import InputError
from core.ingest.reading.raw_table import RawTable
from core.ingest.sources.read_options import ReadOptions
from core.ingest.staging.staged_files import StagedFile
from core.numbers import count
from core.ui.shared import frame
from core.ui.shared.frame import escape_markdown
from core.ui.upload.staged import Upload

_DETECTED: Final = "Detected"
_ENCODINGS: Final = {
    "utf-8": "UTF-8",
    "cp1252": "Windows-1252 (Western)",
    "cp1250": "Windows-1250 (Central European)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "cp1253": "Windows-1253 (Greek)",
    "cp1254": "Windows-1254 (Turkish)",
    "latin-1": "ISO 8859-1",
    "utf-16": "UTF-16",
    "mac-roman": "Mac Roman",
    "cp437": "DOS (437)",
    "shift_jis": "Shift JIS (Japanese)",
    "gb18030": "GB 18030 (Chinese)",
    "euc_kr": "EUC-KR (Korean)",
}
_DELIMITERS: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe", " ": "spaces"}
_QUOTES: Final = {'"': 'double quotes "', "'": "single quotes '", "": "none"}


def options_of(upload: Upload) -> ReadOptions:
    """Return the reading options chosen for a file."""
    said: dict[str, Any] = st.session_state.get(_memory(upload), {})
    try:
        return ReadOptions(**{name: value for name, value in said.items() if value is not None})
    except InputError as error:
        frame.error(str(error))
        return ReadOptions()


def summary(raw: RawTable) -> str:
    """Describe how a table was read in one line."""
    parts = [f"{count(raw.rows)} row{'s' if raw.rows != 1 else ''}"]
    if raw.encoding:
        name = _ENCODINGS.get(raw.encoding.removesuffix("-sig"), raw.encoding)
        mark = _DELIMITERS.get(raw.delimiter or "", f"“{raw.delimiter}”")
        parts += [f"text in {name}", f"split by {mark}{'s' if mark in ('comma', 'semicolon', 'tab', 'pipe') else ''}"]
    if raw.sheet and len(raw.sheets) > 1:
        parts.append(f"sheet {raw.sheet}")
    if raw.header_row != 1:
        parts.append(f"column names in row {raw.header_row}" if raw.header_row else "no row with column names")
    if raw.rejected:
        parts.append(f"{count(raw.rejected)} of them can't be split into columns")
    return ", ".join(parts)


def ask_differently(upload: Upload, file: StagedFile | None) -> None:
    """Draw all reading options of a file, each defaulting to the detected value."""
    raw = file.tables[0] if file else None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if raw is not None and raw.sheets:
            _select(upload, "sheet", "Sheet", {name: name for name in raw.sheets}, raw.sheet)
        elif raw is None or raw.encoding:
            detected = raw.encoding if raw else None
            _select(upload, "encoding", "Encoding", _ENCODINGS, detected, is_open=True)
            _select(upload, "delimiter", "Split by", _DELIMITERS, raw.delimiter if raw else None, is_open=True)
            _select(upload, "quote", "Quotes", _QUOTES, raw.quote if raw else None)
        if raw is None or raw.sheets or raw.encoding:
            st.number_input(
                "Header row",
                min_value=0,
                max_value=1_000,
                value=_said(upload, "header_row") if _said(upload, "header_row") is not None else None,
                placeholder=f"Detected: {raw.header_row}" if raw else _DETECTED,
                help="0 if the file has none.",
                key=_key(upload, "header_row"),
                on_change=_remember,
                args=(upload, "header_row"),
                width=230,
            )


def _select(
    upload: Upload, name: str, label: str, options: dict[str, str], detected: str | None, *, is_open: bool = False
) -> None:
    """Draw a picker whose first option is the detected value."""
    said = _said(upload, name)
    values = [None, *options, *([said] if said is not None and said not in options else [])]

    def shown(value: str | None) -> str:
        if value is None:
            found = options.get(str(detected).removesuffix("-sig"), repr(detected)) if detected is not None else ""
            return f"{_DETECTED}: {found}" if found else _DETECTED
        return options.get(value, value)

    st.selectbox(
        label,
        values,
        index=values.index(said),
        format_func=shown,
        key=_key(upload, name),
        on_change=_remember,
        args=(upload, name),
        accept_new_options=is_open,
        width=230,
    )


def _remember(upload: Upload, name: str) -> None:
    """Store the choice outside the widget, which disappears while the file is read again."""
    said = st.session_state.setdefault(_memory(upload), {})
    said[name] = st.session_state[_key(upload, name)]


def _said(upload: Upload, name: str) -> Any:
    return st.session_state.get(_memory(upload), {}).get(name)


def _memory(upload: Upload) -> str:
    return f"upload_options_{upload.staged}"


def _key(upload: Upload, name: str) -> str:
    return f"upload_{upload.staged[:8]}_{name}"


def file_line(raw: RawTable) -> None:
    """Draw one line about a table that was read."""
    icon = "table_view" if raw.sheets else "description"
    st.caption(f":material/{icon}: {escape_markdown(raw.name)}: {escape_markdown(summary(raw))}")
