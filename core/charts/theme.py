"""One look for all charts: colours that the colour-blind tell apart, on a light and on a dark page."""

import html
import zlib
from collections.abc import Sequence
from typing import Final

import plotly.graph_objects as go

from core.segments.naming import CHURNING, LOYAL, NEW, POTENTIAL

BLUE: Final = "#4477AA"
GREY: Final = "#8A94A3"
PALE_GREY: Final = "rgba(138, 148, 163, 0.45)"

SEGMENT_COLOURS: Final[dict[str, str]] = {
    LOYAL: "#4477AA",
    POTENTIAL: "#228833",
    NEW: "#CCBB44",
    CHURNING: "#EE6677",
}
"""Colours of the four segments by name, from Paul Tol's bright scheme, made for colour-blind readers."""

RULE_COLOURS: Final[dict[str, str]] = {
    "Champions": "#0077BB",
    "Loyal": "#33BBEE",
    "Potential loyalist": "#009988",
    "Recent": "#44AA99",
    "New": "#DDCC77",
    "Promising": "#999933",
    "Need attention": "#EE7733",
    "Needs attention": "#EE7733",
    "About to sleep": "#AA4499",
    "Can't lose": "#CC3311",
    "At risk": "#EE3377",
    "Hibernating": "#882255",
    "Inactive": "#882255",
}
"""Colours of the segments that maps of RFM scores name: cool for customers who buy, warm for those slipping away.

From Paul Tol's vibrant and muted schemes.
"""

_OTHERS: Final = (
    "#66CCEE",
    "#AA3377",
    "#117733",
    "#999933",
    "#332288",
    "#DDCC77",
    "#882255",
    "#44AA99",
    "#EE7733",
    "#0077BB",
    "#BBBBBB",
    "#999999",
)
_INK: Final = {"#CCBB44": "#1B2430", "#66CCEE": "#1B2430", "#DDCC77": "#1B2430", "#EE6677": "#1B2430"} | dict.fromkeys(
    ("#33BBEE", "#44AA99", "#EE7733", "#999933"), "#1B2430"
)


def segment_colours(names: Sequence[str]) -> dict[str, str]:
    """A colour for each segment, by its name; two names share one only where there are more than colours."""
    found: dict[str, str] = {}
    for name in sorted(names, key=lambda name: (name not in SEGMENT_COLOURS, name not in RULE_COLOURS, name)):
        start = zlib.crc32(name.encode()) % len(_OTHERS)
        turned = (*_OTHERS[start:], *_OTHERS[:start])
        free = (colour for colour in turned if colour not in found.values())
        found[name] = SEGMENT_COLOURS.get(name) or RULE_COLOURS.get(name) or next(free, turned[0])
    return found


def ink_on(colour: str) -> str:
    """Colour of text on a filled area, dark or light, whichever reads better."""
    return _INK.get(colour, "#FFFFFF")


def escape(text: str, width: int = 42) -> str:
    """A name from the data as a label: its tags are shown, not obeyed, and it is cut to a width."""
    cut = text if len(text) <= width else text[: width - 1].rstrip() + "…"
    return html.escape(cut, quote=False)


def styled(figure: go.Figure, *, height: int) -> go.Figure:
    """Give a figure the common look; fonts and backgrounds come from the page's theme.

    Parameters
    ----------
    figure : Figure
        Changed in place and returned.
    height : int
        Pixels.
    """
    figure.update_layout(
        height=height,
        margin={"l": 0, "r": 8, "t": 8, "b": 0},
        showlegend=False,
        bargap=0.28,
        hoverlabel={"align": "left", "namelength": 0},
        dragmode=False,
        separators=".,",
    )
    figure.update_xaxes(showgrid=False, zeroline=False, automargin=True, title_font_size=12)
    figure.update_yaxes(zeroline=False, automargin=True, title_font_size=12, gridcolor="rgba(138, 148, 163, 0.22)")
    return figure
