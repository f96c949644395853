"""The common look of all charts: colour-blind-safe colours for light and dark pages."""

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
"""Colour scale of counts and amounts; its low end is transparent, so it works on light and dark pages."""

SOLID_BLUES: Final = ((0.0, "rgb(208, 222, 236)"), (1.0, "rgb(34, 82, 134)"))
"""The same scale for cells with text: opaque, so that the text colour doesn't depend on the page. See `ink_at`."""

RISK: Final = ("#9DB8D2", "#E8B04A", "#DD7A2B", "#B23A1E")
"""Colour scale of risk, from none to high: darker and redder, distinguishable by lightness alone."""

SEGMENT_COLOURS: Final[dict[str, str]] = {
    LOYAL: "#4477AA",
    POTENTIAL: "#228833",
    NEW: "#CCBB44",
    CHURNING: "#EE6677",
}
"""Colours of the four segments by name, from Paul Tol's colour-blind-safe bright scheme."""

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
"""Colours of the segments in RFM rule maps: cool for customers who buy, warm for those slipping away.

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
_CLEAR: Final = 85  # RGB distance from which two colours are distinguishable side by side
_RGB: Final = re.compile(r"\d+")
_DARK_INK: Final = "#1B2430"
_DARK_LUMINANCE: Final = 0.0172
_INK: Final = {"#CCBB44": "#1B2430", "#66CCEE": "#1B2430", "#DDCC77": "#1B2430", "#EE6677": "#1B2430"} | dict.fromkeys(
    ("#33BBEE", "#44AA99", "#EE7733", "#999933"), "#1B2430"
)


def segment_colours(names: Sequence[str]) -> dict[str, str]:
    """Return a colour per segment, by its name; two names share one only if the colours run out."""
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
    """Return the text colour, dark or light, that reads better on a filled area."""
    return _INK.get(colour, "#FFFFFF")


def ink_at(place: float) -> str:
    """Return the text colour with more contrast at a place from 0 to 1 on `SOLID_BLUES` (WCAG 2.2)."""
    low, high = (_RGB.findall(colour) for _, colour in SOLID_BLUES)
    channels = [(int(a) + (int(b) - int(a)) * min(max(place, 0.0), 1.0)) / 255 for a, b in zip(low, high, strict=True)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]  # noqa: PLR2004  sRGB
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return _DARK_INK if (luminance + 0.05) ** 2 > 1.05 * (_DARK_LUMINANCE + 0.05) else "#FFFFFF"


def escape(text: str, width: int = 42) -> str:
    """Return a name from the data as a label, with HTML escaped and cut to a width."""
    cut = text if len(text) <= width else text[: width - 1].rstrip() + "…"
    return html.escape(cut, quote=False)


def axis_labels(names: Sequence[str], width: int) -> list[str]:
    """Return names from the data as distinct labels of an axis, since equal labels would merge.

    Names that start alike keep their ends, to stay distinguishable; for the rest, see `escape`.
    """
    cut = [escape(name, width) for name in names]
    found = [
        _without_middle(name, width) if len(name) > width and cut.count(label) > 1 else label
        for name, label in zip(names, cut, strict=True)
    ]
    return [label + "\u200b" * found[:place].count(label) for place, label in enumerate(found)]  # zero-width space


def _without_middle(name: str, width: int) -> str:
    half = (width - 1) // 2
    return escape(f"{name[:half].rstrip()}…{name[-half:].lstrip()}")


def faint(colour: str, opacity: float) -> str:
    """Return a colour with an opacity."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {opacity})"


def wrapped(name: str, width: int) -> str:
    """Return a name as a label on several lines, broken between words and with HTML escaped."""
    lines = textwrap.wrap(name.replace("/", "/ "), width, break_long_words=False, break_on_hyphens=False)
    return "<br>".join(escape(line.replace("/ ", "/")) for line in lines)


def styled(figure: go.Figure, *, height: int) -> go.Figure:
    """Apply the common look to a figure; fonts and backgrounds come from the page's theme.

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
