"""The parts of every page: title, one sentence, key figures, charts with a caption, and the next step."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from typing import Any, Final

import pandas as pd
import streamlit as st

from core.act.exports import download_name, to_csv
from core.redaction import redacted
from core.ui.shared import state

PROJECT: Final = Path(__file__).resolve().parents[3]
_CHART: Final = {"displayModeBar": False, "scrollZoom": False, "responsive": True}


@dataclass(frozen=True)
class Figure:
    """One key figure.

    Parameters
    ----------
    key : str
        Unique on the page.
    label : str
        With the unit where the value has none.
    value : str
        As shown.
    definition : str
        What it is, and over which period; shown on hover.
    change : str or 0, optional
        Change against the previous period, with sign and unit; 0 for none; None if there is nothing to compare.
    trend : sequence of float
        Values over time, for the sparkline.
    """

    key: str
    label: str
    value: str
    definition: str
    _: KW_ONLY
    change: str | int | None = None
    trend: Sequence[float] = field(default_factory=tuple)


def header(title: str, sentence: str, *, simulated: bool) -> None:
    """Draw the title and the one-sentence conclusion."""
    st.title(escape_markdown(title), anchor=False)
    if simulated:
        st.badge("Simulated data", icon=":material/science:", color="orange")
    st.markdown(f"##### {escape_markdown(sentence)}")


def figures(row: Sequence[Figure], *, exact: bool = False) -> None:
    """A row of at most five key figures, which wraps on a phone; exact values take more room."""
    with st.grid(len(row), min_column_width=185 if exact else 150):
        for figure in row:
            st.metric(
                figure.label,
                figure.value,
                figure.change,
                delta_description="vs previous period" if figure.change is not None else None,
                help=escape_markdown(figure.definition),
                border=True,
                height="stretch",
                chart_data=list(figure.trend) or None,
                chart_type="area",
            )


def chart(
    figure: Any,
    *,
    key: str,
    title: str,
    alt: str,
    note: str = "",
    data: pd.DataFrame | None = None,
    on_select: Any = "ignore",
) -> None:
    """A chart under its title, with a name for screen readers, a note on how to read it, and its data as CSV.

    Parameters
    ----------
    figure : Figure
        From `core.charts`.
    key : str
        Unique on the page.
    title : str
        Above it; names the file of the download, too.
    alt : str
        What a screen reader says.
    note : str
        How to read it, on hover.
    data : DataFrame, optional
        What is drawn, to be downloaded; of a few thousand rows at most.
    on_select : callable or "ignore" or "rerun"
        What a click on a point does.
    """
    with st.container(border=True, height="stretch", gap="xsmall", key=f"{key}_card"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"**{escape_markdown(title)}**", help=escape_markdown(note) or None, width="stretch")
            if data is not None:
                _download(data, key, title)
        st.plotly_chart(figure, key=key, alt=alt, config=_CHART, on_select=on_select, selection_mode="points")


def _download(data: pd.DataFrame, key: str, title: str) -> None:
    content = str(pd.util.hash_pandas_object(data, index=False).sum())
    st.download_button(
        "CSV",
        lambda: to_csv(data),
        file_name=file_name(title, f"{list(data)} {content}"),
        mime="text/csv",
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
        help="The figures behind this chart.",
        key=f"{key}_csv",
    )


def error(message: str) -> None:
    """An error in words; what it quotes from the data is shown, not obeyed."""
    st.error(escape_markdown(redacted(message)), icon=":material/error:")


def next_step(page: str, label: str, icon: str, **parameters: str) -> None:
    """A link to what to do next, which carries the dataset in view."""
    st.page_link(PROJECT / page, label=label, icon=f":material/{icon}:", query_params=state.link(**parameters))


def select(  # noqa: PLR0913  as many as a widget has
    draw: Callable[..., Any],
    label: str,
    name: str,
    options: Sequence[str],
    default: str,
    *,
    warning: str = "The link asks for “{value}” under “{label}”, which doesn't exist.",
    shown: Callable[[str], Any] = str,
    always: bool = False,
    changed: Callable[[], object] | None = None,
    offered: Sequence[str] | None = None,
    **how: Any,
) -> str:
    """Draw a picker of one option that the URL stores, warn if the link asks for an unknown one; return the choice.

    Parameters
    ----------
    draw : callable
        Widget of Streamlit, such as `st.selectbox`, or of one of its containers.
    label : str
        Of the widget.
    name : str
        In the URL; one of the names of `state`.
    options, default, always
        See `state.choice`.
    warning : str
        Sentence on an unknown option; may name `{value}`, `{label}` and the option `{instead}`. None is shown if empty.
    shown : callable
        Text of an option.
    changed : callable, optional
        Called after a choice has been stored.
    offered : sequence of str, optional
        What the widget lists, if not all options.
    **how
        More arguments of the widget, such as its help.
    """
    chosen, unknown = state.choice(name, options, default, always=always)
    if unknown is not None and warning:
        st.warning(warning.format(value=escape_markdown(unknown), label=label, instead=shown(chosen)))
    key, on_change = state.widget(name, chosen)

    def take() -> None:
        on_change()
        if changed is not None:
            changed()

    draw(label, offered or options, format_func=shown, key=key, on_change=take, **how)
    return chosen


def file_name(title: str, content: str, ending: str = "csv") -> str:
    """Name of a download of the dataset in view, see `core.act.exports.download_name`."""
    return download_name(f"{state.named_dataset()} {title}", content, ending)


def distinct(names: Mapping[str, str]) -> dict[str, str]:
    """Names by their ids, no two alike: a picker tells what was picked by its label alone."""
    many = Counter(names.values())
    return {id_: name if many[name] == 1 else f"{name} ({id_})" for id_, name in names.items()}


def escape_markdown(text: str) -> str:
    """A text from the data as it stands: Markdown, directives, maths and HTML in it are shown, not obeyed.

    Icons, emoji, arrows and links are made of text that Markdown has already read: what stops them is no backslash but
    an invisible word joiner.
    """
    apart = _MADE_LATER.sub(lambda found: f"{found[0]}{_JOINER}", text)
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]()#+-!|<>$~:^=&" else sign for sign in apart)


_JOINER: Final = "\u2060"
_MADE_LATER: Final = re.compile(
    r":(?!\d\d:)(?=[\w+-]+(?:/\w+)?:|//)"  # :smile:, :material/home: and http://, but no time such as 10:20:30
    r"|(?<!\S)(?:<-(?=>?(?!\S))|-(?=[->](?!\S))|[<>~](?=(?:=|--)(?!\S)))"  # -> <- <-> -- <= >= ~=
    r"|(?<=\bwww)(?=\.)",
    re.IGNORECASE,
)
