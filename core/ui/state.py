"""What is chosen, and lives in the URL: a link pasted to a colleague opens the same view.

The URL is the truth; the session remembers the last choice for pages that are come back to: on the page itself what
the URL leaves out is left out, so that the browser's Back goes back. Widgets are set from it before they are drawn and
write to it when they are changed.
"""

from collections.abc import Callable, Sequence

import streamlit as st

DATASET = "dataset"
SEGMENT = "segment"
PERIOD = "period"
SEARCH = "q"
COMPARED = "version"
COMPARED_WITH = "with"
START = "since"
END = "until"
COUNTRY = "country"
PRESET = "preset"
FEATURES = "features"
SCALING = "scaling"
K = "k"
SMALLEST = "smallest"
STABILITY = "stability"
GROUP = "group"
SHOWN = "show"
CUSTOMER = "customer"
SCALE = "scale"
UNIT = "unit"
FROM = "from"
TO = "to"
CELL = "cell"
MODEL = "model"
LATENESS = "late"
SCORES = "scores"
RFM_MAP = "map"
RFM_SEGMENT = "rfm_segment"
RFM_CELL = "rf"
CUTS = {"recency": "cut_days", "frequency": "cut_orders", "monetary": "cut_money"}
MEASURE = "by"
HIDDEN = "hidden"
ROWS = "rows"
COLUMN = "column"
OUTCOME = "outcome"
HORIZON = "horizon"
MODELS = "models"
BALANCING = "balancing"
MINUTES = "minutes"
LINES = "lines"
CUTOFF = "date"
WAY = "way"
EXPLAINED = "why"
AHEAD_FROM = "ahead_from"
FOUR = {"recency": "days", "frequency": "orders", "monetary": "spent", "country": "lives_in"}
PREDICTOR = "predictor"
USING = "using"
PREDICTED = "becomes"
RISK = "risk"
VALUE = "value"
SORT = "sort"
FIGURE = "figure"
SUMMARY = "summary"
OF = "of"
INPUT = "input"


_VISIT = "visit"
_PAGE = "page"


def visit(page: str) -> None:
    """Note which page is drawn, before it is.

    Parameters
    ----------
    page : str
        Its address.
    """
    if st.session_state.get(_PAGE) != page:
        st.session_state[_PAGE] = page
        st.session_state[_VISIT] = st.session_state.get(_VISIT, 0) + 1


def choice(name: str, options: Sequence[str], default: str, *, always: bool = False) -> tuple[str, str | None]:
    """Give what is chosen under a name, and put it in the URL.

    Parameters
    ----------
    name : str
        One of this module's names.
    options : sequence of str
        What can be chosen.
    default : str
        Used where nothing is chosen, or something that is not there; left out of the URL, each change of which is a
        step back in the browser.
    always : bool
        Put the default in the URL, too, because it can become another.

    Returns
    -------
    value : str
        One of the options.
    unknown : str or None
        What the URL asked for, where it does not exist.
    """
    wanted = st.query_params.get(name)
    unknown = wanted if wanted is not None and wanted not in options else None
    usable = remembered(name) if _is_come_to(name) and wanted is None else wanted
    value = str(usable) if usable in options else default
    put(name, value if always or value != default else "")
    st.session_state[_memory(name)] = value
    return value, unknown


def text(name: str) -> str:
    """Give the text under a name; empty where there is none. NUL, which no query can hold, is left out."""
    return st.query_params.get(name, remembered(name) or "").replace("\0", "")


def subject(name: str) -> str:
    """Give the text under a name that a page is about, and put it in the URL; empty where there is none.

    Unlike `text`, it remembers what a link named, so that the page is come back to as it was left.
    """
    wanted = st.query_params.get(name)
    usable = remembered(name) if _is_come_to(name) and wanted is None else wanted
    value = (usable or "").replace("\0", "").strip()
    put(name, value)
    return value


def remembered(name: str) -> str | None:
    """Give what was last chosen in this session; None where nothing was."""
    value: str | None = st.session_state.get(_memory(name))
    return value


def put(name: str, value: str) -> None:
    """Choose a value: in the URL and for this session."""
    st.session_state[_memory(name)] = value
    if value and st.query_params.get(name) != value:
        st.query_params[name] = value
    elif not value and name in st.query_params:
        del st.query_params[name]


def widget(name: str, value: str) -> tuple[str, Callable[[], None]]:
    """Prepare a widget for a choice.

    Returns
    -------
    key : str
        Its key; its state is set to `value`.
    on_change : callable
        Writes what was chosen to the URL. A widget that was emptied keeps the value it had.
    """
    key = f"{name}_widget"
    st.session_state[key] = value

    def on_change() -> None:
        chosen = st.session_state[key]
        put(name, value if chosen is None else str(chosen))

    return key, on_change


def link(**parameters: str) -> dict[str, str]:
    """Query parameters of a link within the app: the dataset in view, and what is given."""
    dataset = st.query_params.get(DATASET)
    return {**({DATASET: dataset} if dataset else {}), **parameters}


def _is_come_to(name: str) -> bool:
    """Whether this is the first time that a name is asked for since the page was come to."""
    now, key = st.session_state.get(_VISIT, 0), f"{name}_visit"
    first = bool(st.session_state.get(key) != now)
    st.session_state[key] = now
    return first


def _memory(name: str) -> str:
    return f"{name}_chosen"
