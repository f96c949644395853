"""One look for all charts: colours that the colour-blind tell apart, on a light and on a dark page."""

import html
import math
import re
import textwrap
import zlib
from collections.abc import Sequence
from typing import Final

import plotly.graph_objects as go

from core.segments.naming import CHURNING, LOYAL, NEW, POTENTIAL

BLUE: Final = "#4477AA"
GREY: Final = "#8A94A3"
PALE_GREY: Final = "rgba(138, 148, 163, 0.45)"
FAINT_GREY: Final = "rgba(138, 148, 163, 0.18)"

BLUES: Final = ((0.0, "rgba(68, 119, 170, 0.14)"), (1.0, "rgba(68, 119, 170, 1)"))
"""Scale of how many or how much; its low end lets the page through, so it works on both backgrounds."""

SOLID_BLUES: Final = ((0.0, "rgb(208, 222, 236)"), (1.0, "rgb(34, 82, 134)"))
"""The same where something is written on it: opaque, so that the ink can be chosen whatever the page; see `ink_at`."""

RISK: Final = ("#9DB8D2", "#E8B04A", "#DD7A2B", "#B23A1E")
"""Scale of risk, from none to high: darker and redder, and told apart by lightness alone."""

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
    "#6655CC",
    "#DDCC77",
    "#882255",
    "#44AA99",
    "#EE7733",
    "#0077BB",
    "#AA4499",
    "#994F00",
)
_CLEAR: Final = 85  # distance in red, green and blue from which on two colours are told apart side by side
_RGB: Final = re.compile(r"\d+")
_DARK_INK: Final = "#1B2430"
_DARK_LUMINANCE: Final = 0.0172
_INK: Final = {"#CCBB44": "#1B2430", "#66CCEE": "#1B2430", "#DDCC77": "#1B2430", "#EE6677": "#1B2430"} | dict.fromkeys(
    ("#33BBEE", "#44AA99", "#EE7733", "#999933"), "#1B2430"
)


def segment_colours(names: Sequence[str]) -> dict[str, str]:
    """A colour for each segment, by its name; two names share one only where there are more than colours."""
    found: dict[str, str] = {}
    for name in sorted(names, key=lambda name: (name not in SEGMENT_COLOURS, name not in RULE_COLOURS, name)):
        start = zlib.crc32(name.encode()) % len(_OTHERS)
        turned = (*_OTHERS[start:], *_OTHERS[:start])
        free = [colour for colour in turned if colour not in found.values()] or [turned[0]]
        clear = (colour for colour in free if all(_apart(colour, other) >= _CLEAR for other in found.values()))
        found[name] = SEGMENT_COLOURS.get(name) or RULE_COLOURS.get(name) or next(clear, free[0])
    return found


def _apart(one: str, other: str) -> float:
    return math.dist(*([int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in (one, other)))


def ink_on(colour: str) -> str:
    """Colour of text on a filled area, dark or light, whichever reads better."""
    return _INK.get(colour, "#FFFFFF")


def ink_at(place: float) -> str:
    """Colour of text on `SOLID_BLUES` at a place from 0 to 1: dark or light, whichever contrasts more (WCAG 2.2)."""
    low, high = (_RGB.findall(colour) for _, colour in SOLID_BLUES)
    channels = [(int(a) + (int(b) - int(a)) * min(max(place, 0.0), 1.0)) / 255 for a, b in zip(low, high, strict=True)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]  # noqa: PLR2004  sRGB
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return _DARK_INK if (luminance + 0.05) ** 2 > 1.05 * (_DARK_LUMINANCE + 0.05) else "#FFFFFF"


def escape(text: str, width: int = 42) -> str:
    """A name from the data as a label: its tags are shown, not obeyed, and it is cut to a width."""
    cut = text if len(text) <= width else text[: width - 1].rstrip() + "…"
    return html.escape(cut, quote=False)


def axis_labels(names: Sequence[str], width: int) -> list[str]:
    """Names from the data as labels of an axis, see `escape`: no two alike, else what they stand for falls together.

    Names that begin alike are cut in the middle, so that their ends tell them apart.
    """
    cut = [escape(name, width) for name in names]
    found = [
        _without_middle(name, width) if len(name) > width and cut.count(label) > 1 else label
        for name, label in zip(names, cut, strict=True)
    ]
    return [label + "\u200b" * found[:place].count(label) for place, label in enumerate(found)]  # takes no room


def _without_middle(name: str, width: int) -> str:
    half = (width - 1) // 2
    return escape(f"{name[:half].rstrip()}…{name[-half:].lstrip()}")


def faint(colour: str, opacity: float) -> str:
    """A colour that lets what is behind it shine through."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {opacity})"


def wrapped(name: str, width: int) -> str:
    """A name as a label on several lines, broken between words; its tags are shown, not obeyed."""
    lines = textwrap.wrap(name.replace("/", "/ "), width, break_long_words=False, break_on_hyphens=False)
    return "<br>".join(escape(line.replace("/ ", "/")) for line in lines)


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
