"""SHAP's force plot in the page: what is from the data is shown in it and cannot run."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

import numpy as np
import streamlit as st

_LOCK: Final = Lock()
"""SHAP and its wrapper for Streamlit change settings of Matplotlib that all sessions share."""

_HEIGHT: Final = 140  # pixels
_COLOURS: Final = ["#4477AA", "#DD7A2B"]  # as in the waterfall: what raises, what lowers
_UNSAFE: Final = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_LIGHT: Final = ("#FFFFFF", "#1B2430")
_DARK: Final = ("#12171F", "#E8ECF1")
_LEAST: Final = 640  # pixels; on a narrower screen it is moved sideways


@dataclass(frozen=True, kw_only=True)
class Force:
    """The data of a force plot.

    Parameters
    ----------
    base : float
        The output for the average customer.
    contributions : sequence of float
        On the same scale.
    names : sequence of str
        Of what contributes.
    values : sequence of str
        What each is with the customer.
    output : str
        Name of what they add up to.
    log_odds : bool
        Whether they are log-odds of a yes or no, so that the axis can show probabilities.
    """

    base: float
    contributions: Sequence[float]
    names: Sequence[str]
    values: Sequence[str]
    output: str
    log_odds: bool


class SafePlot:
    """A force plot whose page holds no text from the data that a browser could take for anything else.

    SHAP writes names and values into a script as JSON, in which “</script>” ends the script. Its code draws them as
    text, so that nothing else needs to be escaped.
    """

    def __init__(self, plot: Any, *, dark: bool) -> None:
        self._plot = plot
        self._dark = dark

    def html(self) -> str:
        """Return the HTML that `streamlit_shap.st_shap` puts into its frame."""
        text: str = self._plot.html()
        data = json.dumps(self._plot.data)
        if text.count(data) != 1:  # another version of SHAP writes it otherwise: nothing is shown rather than unsafe
            return "<p>The force plot cannot be drawn by this version of SHAP.</p>"
        return style(dark=self._dark) + text.replace(data, escaped_json(self._plot.data))


def escaped_json(data: Any) -> str:
    """JSON that can stand in a script of a page, whatever is in its texts."""
    text = json.dumps(data)
    for sign, code in _UNSAFE.items():
        text = text.replace(sign, code)
    return text


def style(*, dark: bool) -> str:
    """Colours of the page's theme; wide enough to be read, and moved sideways on a phone."""
    ground, ink = _DARK if dark else _LIGHT
    return (
        f"<style>html,body{{margin:0;background:{ground};color:{ink};overflow-x:auto;overflow-y:hidden}}"
        f"body>div{{min-width:{_LEAST}px}}"
        f"svg text[fill='#000']{{fill:{ink}}}svg text[stroke='#fff']{{stroke:{ground}}}"
        f".tick line{{stroke:{ink} !important}}.tick text{{fill:{ink} !important}}"
        f"svg path.domain{{stroke:{ink} !important}}</style>"
    )


def plot_of(force: Force, *, dark: bool) -> SafePlot:
    """The plot; takes a second the first time, when SHAP is imported."""
    import shap  # noqa: PLC0415  slow to import, and seldom needed

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
    """Draw it."""
    with _LOCK:
        from streamlit_shap import st_shap  # noqa: PLC0415  imports SHAP

        st_shap(plot_of(force, dark=st.context.theme.type == "dark"), height=_HEIGHT)
