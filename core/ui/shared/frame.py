"""The parts of every page: title, headline, key figures, charts with a caption, and the next step."""

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
        Unique key on the page.
    label : str
        Label, with the unit if the value has none.
    value : str
        Formatted value.
    definition : str
        Definition and period, shown on hover.
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
        st.badge("Demo data", icon=":material/science:", color="orange")
    st.markdown(f"##### {escape_markdown(sentence)}")


def figures(row: Sequence[Figure], *, exact: bool = False) -> None:
    """Draw a row of at most five key figures, which wraps on a phone; exact values get more room."""
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
    """Draw a chart with a title, alternative text, a note on how to read it, and its data as CSV.

    Parameters
    ----------
    figure : Figure
        Plotly figure from `core.charts`.
    key : str
        Unique key on the page.
    title : str
        Title above the chart, also used in the download's file name.
    alt : str
        Description for screen readers.
    note : str
        How to read the chart; shown on hover.
    data : DataFrame, optional
        Data offered for download; a few thousand rows at most.
    on_select : callable or "ignore" or "rerun"
        Reaction to a click on a point.
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
    """Show an error message, with Markdown escaped and passwords redacted."""
    st.error(escape_markdown(redacted(message)), icon=":material/error:")


def next_step(page: str, label: str, icon: str, **parameters: str) -> None:
    """Draw a link to the next step that keeps the dataset in view."""
    st.page_link(PROJECT / page, label=label, icon=f":material/{icon}:", query_params=state.link(**parameters))


def select(  # noqa: PLR0913  as many as a widget has
    draw: Callable[..., Any],
    label: str,
    name: str,
    options: Sequence[str],
    default: str,
    *,
    warning: str = "The link asks for “{value}” under “{label}”, which doesn't exist.",
    shown: Callable[[str], Any] | Mapping[str, str] = str,
    always: bool = False,
    changed: Callable[[], object] | None = None,
    offered: Sequence[str] | None = None,
    **how: Any,
) -> str:
    """Draw a picker whose choice is stored in the URL; warn if the link contains an unknown option; return the choice.

    Parameters
    ----------
    draw : callable
        Streamlit widget, such as `st.selectbox`, or the same method of a container.
    label : str
        Label of the widget.
    name : str
        Parameter name in the URL; one of the names in `state`.
    options, default, always
        See `state.choice`.
    warning : str
        Warning about an unknown option; may contain `{value}`, `{label}` and the option `{instead}`. Empty for no
        warning.
    shown : callable or mapping
        The display text of an option; with a mapping, options that it lacks are shown as they are.
    changed : callable, optional
        Called after a choice has been stored.
    offered : sequence of str, optional
        Options that the widget lists, if not all.
    **how
        Additional widget arguments, such as its help.
    """
    text = shown if callable(shown) else lambda option: shown.get(option, option)
    chosen, unknown = state.choice(name, options, default, always=always)
    if unknown is not None and warning:
        st.warning(warning.format(value=escape_markdown(unknown), label=label, instead=text(chosen)))
    key, on_change = state.widget(name, chosen)

    def take() -> None:
        on_change()
        if changed is not None:
            changed()

    draw(label, options if offered is None else offered, format_func=text, key=key, on_change=take, **how)
    return chosen


def file_name(title: str, content: str, ending: str = "csv") -> str:
    """Return the file name for a download from the dataset in view, see `core.act.exports.download_name`."""
    return download_name(f"{state.named_dataset()} {title}", content, ending)


def distinct(names: Mapping[str, str]) -> dict[str, str]:
    """Return display names by id, with the id appended to duplicates, since pickers identify options by label."""
    many = Counter(names.values())
    return {id_: name if many[name] == 1 else f"{name} ({id_})" for id_, name in names.items()}


def escape_markdown(text: str) -> str:
    """Escape text from the data so that Markdown, directives, maths and HTML in it are shown literally.

    Icons, emoji, arrows and links are recognised after Markdown has been parsed, so a backslash doesn't stop them; an
    invisible word joiner does.
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
