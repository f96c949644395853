"""SHAP's force plot in the page, with all text from the data escaped so that it cannot run."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

import numpy as np
import streamlit as st

_LOCK: Final = Lock()
"""SHAP and its Streamlit wrapper change Matplotlib settings that all sessions share."""

_HEIGHT: Final = 140  # pixels
_COLOURS: Final = ["#4477AA", "#DD7A2B"]  # raises and lowers, as in the waterfall
_UNSAFE: Final = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_LIGHT: Final = ("#FFFFFF", "#1B2430")
_DARK: Final = ("#12171F", "#E8ECF1")
_LEAST: Final = 640  # pixels; narrower screens scroll sideways


@dataclass(frozen=True, kw_only=True)
class Force:
    """The data of a force plot.

    Parameters
    ----------
    base : float
        The output for the average customer.
    contributions : sequence of float
        Contributions on the same scale.
    names : sequence of str
        Names of the contributing drivers.
    values : sequence of str
        The customer's value of each driver.
    output : str
        Name of the output they add up to.
    log_odds : bool
        Whether they are log-odds of a binary outcome, so that the axis can show probabilities.
    """

    base: float
    contributions: Sequence[float]
    names: Sequence[str]
    values: Sequence[str]
    output: str
    log_odds: bool


class SafePlot:
    """A force plot whose HTML contains no text from the data that a browser could interpret.

    SHAP writes names and values into a script as JSON, where “</script>” would end the script. Its code then draws them
    as text, so nothing else needs to be escaped.
    """

    def __init__(self, plot: Any, *, dark: bool) -> None:
        self._plot = plot
        self._dark = dark

    def html(self) -> str:
        """Return the HTML that `streamlit_shap.st_shap` puts into its frame."""
        text: str = self._plot.html()
        data = json.dumps(self._plot.data)
        if text.count(data) != 1:  # another SHAP version writes it differently: draw nothing rather than risk it
            return "<p>The force plot cannot be drawn by this version of SHAP.</p>"
        return style(dark=self._dark) + text.replace(data, escaped_json(self._plot.data))


def escaped_json(data: Any) -> str:
    """Return JSON that is safe inside a page's script, whatever its texts contain."""
    text = json.dumps(data)
    for sign, code in _UNSAFE.items():
        text = text.replace(sign, code)
    return text


def style(*, dark: bool) -> str:
    """Return CSS in the colours of the page's theme, with a minimum width and sideways scrolling on a phone."""
    ground, ink = _DARK if dark else _LIGHT
    return (
        f"<style>html,body{{margin:0;background:{ground};color:{ink};overflow-x:auto;overflow-y:hidden}}"
        f"body>div{{min-width:{_LEAST}px}}"
        f"svg text[fill='#000']{{fill:{ink}}}svg text[stroke='#fff']{{stroke:{ground}}}"
        f".tick line{{stroke:{ink} !important}}.tick text{{fill:{ink} !important}}"
        f"svg path.domain{{stroke:{ink} !important}}</style>"
    )


def plot_of(force: Force, *, dark: bool) -> SafePlot:
    """Create the plot; the first call takes a second to import SHAP."""
    import shap  # noqa: PLC0415  slow to import and rarely needed

    plot = shap.force_plot(
        force.base,
        np.asarray(force.contributions, dtype="float64"),
        features=np.array(list(force.values), dtype=object),
        feature_names=list(force.names),
        out_names=force.output,
        link="logit" if force.log_odds else "identity",
        plot_cmap=_COLOURS,
        matplotlib=False,
    )
    return SafePlot(plot, dark=dark)


def force_plot(force: Force) -> None:
    """Draw a force plot in the page."""
    with _LOCK:
        from streamlit_shap import st_shap  # noqa: PLC0415  imports SHAP

        st_shap(plot_of(force, dark=st.context.theme.type == "dark"), height=_HEIGHT)
