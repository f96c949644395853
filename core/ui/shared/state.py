"""Choices stored in the URL, so that a link opens the same view for a colleague.

The URL is authoritative. The session remembers the last choice for return visits; while a page is open, a value missing
from the URL counts as missing, so that the browser's Back button works. Widgets are set from the URL before they are
drawn and write to it when they change. Only the dataset falls back to the session, because the menu opens pages without
it. Choices within a dataset are remembered for that dataset and never carried over to another one, where the same name
or number means something else.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any, Final

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

DATASET = "dataset"
JOB = "job"
SEGMENT = "segment"
PERIOD = "period"
SEARCH = "q"
COMPARED = "version"
COMPARED_WITH = "with"
START = "since"
END = "until"
COUNTRY = "country"
PRESET = "preset"
CLUSTERED_BY = "features"
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

_CARRIED: Final = frozenset(
    {
        DATASET, JOB, PERIOD, SHOWN, SCALE, UNIT, MEASURE, ROWS, OUTCOME, HORIZON, MODELS, BALANCING, MINUTES, WAY,
        EXPLAINED, SORT, FIGURE, SUMMARY,
    }
)  # fmt: skip
"""Parameters whose values mean the same in every dataset."""

_VISIT: Final = "visit"
_PAGE: Final = "page"
_LEFT: Final = "dataset_left"  # the URL's dataset before it was changed on the page
_NAME: Final = "dataset_name"


def visit(page: str) -> None:
    """Record the page that is about to be drawn.

    Parameters
    ----------
    page : str
        URL path of the page.
    """
    if st.session_state.get(_PAGE) != page:
        st.session_state[_PAGE] = page
        st.session_state.pop(_LEFT, None)
        _come()


def dataset(options: Sequence[str]) -> tuple[str, str | None]:
    """Return the dataset in view and put it in the URL.

    This is the dataset in the URL. If the URL has none, or hasn't caught up with a recent choice, it is the dataset
    last chosen in this session.

    Parameters
    ----------
    options : sequence of str
        Ids of the existing datasets, at least one.

    Returns
    -------
    value : str
        One of the options.
    gone : str or None
        The requested dataset if it doesn't exist or was deleted.
    """
    before, named = remembered(DATASET), st.query_params.get(DATASET)
    wanted = before if named is None or _is_behind(named) else named
    if wanted in options:
        put(DATASET, str(wanted))
        return str(wanted), None
    _see(options[0])  # `put` would drop the link's other parameters
    st.query_params[DATASET] = options[0]
    return options[0], wanted or None


def _is_behind(named: str) -> bool:
    """Return whether the browser still sends the URL from before the dataset changed; going back is a choice."""
    context = get_script_run_ctx()
    if context is None or context.context_info is None or context.is_history_navigation:
        return False  # only a browser can be behind, and a step back or forward is intended
    return named == st.session_state.get(_LEFT)


def _see(dataset_id: str) -> None:
    """Bring a dataset into view, with its pages in their last state."""
    if dataset_id != remembered(DATASET):
        st.session_state[_memory(DATASET)] = dataset_id
        _come()


def _leave(dataset_id: str) -> None:
    """Remove the parameters of a dataset that is no longer in view from the URL."""
    st.session_state[_LEFT] = dataset_id
    for name in [name for name in st.query_params if name not in _CARRIED]:
        del st.query_params[name]


def named_dataset(name: str | None = None) -> str:
    """Return the dataset's name for file names; store it first if given."""
    if name is not None:
        st.session_state[_NAME] = name
    found: str = st.session_state.get(_NAME, "")
    return found


def choice(name: str, options: Sequence[str], default: str, *, always: bool = False) -> tuple[str, str | None]:
    """Return the choice stored under a name and put it in the URL.

    Parameters
    ----------
    name : str
        One of this module's constants.
    options : sequence of str
        Valid values.
    default : str
        Value if there is no valid choice. It is omitted from the URL, since each URL change adds a step to the
        browser's history.
    always : bool
        Put the default in the URL, too, because it may change.

    Returns
    -------
    value : str
        One of the options.
    unknown : str or None
        The requested value if it doesn't exist.
    """
    wanted = st.query_params.get(name)
    unknown = wanted if wanted is not None and wanted not in options else None
    usable = remembered(name) if _is_come_to(name) and wanted is None else wanted
    value = str(usable) if usable in options else default
    put(name, value if always or value != default else "")
    st.session_state[_memory(name)] = value
    return value, unknown


def text(name: str) -> str:
    """Return the text under a name, or "". NUL is removed because no query can contain it."""
    return st.query_params.get(name, remembered(name) or "").replace("\0", "")


def subject(name: str) -> str:
    """Return the text that identifies the page's subject, or "", and put it in the URL.

    Unlike `text`, it remembers the value of a link for the next visit to the page.
    """
    wanted = st.query_params.get(name)
    usable = remembered(name) if _is_come_to(name) and wanted is None else wanted
    value = (usable or "").replace("\0", "").strip()
    put(name, value)
    return value


def remembered(name: str) -> str | None:
    """Return the last choice in this session, or None."""
    value: str | None = st.session_state.get(_memory(name))
    return value


def put(name: str, value: str) -> None:
    """Store a choice in the URL and in the session."""
    if name == DATASET:
        if (named := st.query_params.get(DATASET, value)) != value:
            _leave(named)
        _see(value)
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
        Widget key; the widget's state is set to `value`.
    on_change : callable
        Writes the choice to the URL. A cleared widget keeps its value; a widget drawn for a dataset that is no longer
        in view changes nothing.
    """
    key, of = f"{name}_widget", remembered(DATASET)
    st.session_state[key] = value

    def on_change() -> None:
        if name not in _CARRIED and remembered(DATASET) != of:
            return
        chosen = st.session_state[key]
        put(name, value if chosen is None else str(chosen))

    return key, on_change


def anew(key: str, value: Any, among: Collection[Any] | None = None) -> str:
    """Reset a widget without a URL name to its first value in each dataset; return its key.

    Otherwise, text typed for one dataset would remain in the form of the next.

    Parameters
    ----------
    key : str
        Widget key.
    value : object
        The initial value; don't pass one to the widget itself.
    among : collection, optional
        The options; the widget is also reset if its value is no longer among them.
    """
    of, now = f"{key}_of", remembered(DATASET)
    begun = key in st.session_state and st.session_state.get(of) == now
    if not begun or (among is not None and st.session_state[key] not in among):
        st.session_state[key] = value
        st.session_state[of] = now
    return key


def link(**parameters: str) -> dict[str, str]:
    """Return query parameters for a link within the app: the dataset in view and the given ones."""
    seen = remembered(DATASET) or st.query_params.get(DATASET)
    return {**({DATASET: seen} if seen else {}), **parameters}


def _come() -> None:
    """Start a visit, on which each page restores its last state."""
    st.session_state[_VISIT] = st.session_state.get(_VISIT, 0) + 1


def _is_come_to(name: str) -> bool:
    """Return whether a name is read for the first time on this visit to the page."""
    now, key = st.session_state.get(_VISIT, 0), f"{name}_visit"
    first = bool(st.session_state.get(key) != now)
    st.session_state[key] = now
    return first


def _memory(name: str) -> str:
    if name in _CARRIED:
        return f"{name}_chosen"
    return f"{name}_chosen_{st.session_state.get(_memory(DATASET), '')}"
