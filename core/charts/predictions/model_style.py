"""One look per model in all charts: by name, with the champion strongest and baselines grey."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import plotly.graph_objects as go

from core.charts.theme import BLUE, GREY, escape
from core.models.learners.candidates import CANDIDATES
from core.models.training.model_labels import label
from core.models.training.suite import CHAMPION

_COLOURS: Final[dict[str, str]] = {
    **{name: candidate.colour for name, candidate in CANDIDATES.items()},
    CHAMPION: BLUE,
    "rfm": "#44AA99",
}
_BASELINES: Final = {
    "btyd": "dash", "recency": "dot", "persistence": "dash", "roll_forward": "dashdot", "most_frequent": "dot",
}  # fmt: skip
_UNKNOWN: Final = "#6655CC"
_SAMPLES: Final = {"solid": "━━", "dash": "╍╍", "dot": "┅┅", "dashdot": "━┅"}
_BALANCED: Final = "+"  # separates a model's name from its class balancing


@dataclass(frozen=True, kw_only=True)
class Line:
    """The line style of a model.

    Parameters
    ----------
    colour : str
        Colour of line and points.
    width : float
        Pixels.
    dash : str
        Plotly's name of the dash pattern.
    """

    colour: str
    width: float
    dash: str

    def plotly(self) -> dict[str, Any]:
        """Return the style as Plotly's `line` settings."""
        return {"color": self.colour, "width": self.width, "dash": self.dash}


def style(model: str) -> Line:
    """Return a model's line style; a variant trained on balanced classes has the same colour, dashed."""
    base, balanced = model.partition(_BALANCED)[::2]
    if base in _BASELINES:
        return Line(colour=GREY, width=1.5, dash=_BASELINES[base])
    width = 3.2 if base == CHAMPION else 1.9
    return Line(colour=_COLOURS.get(base, _UNKNOWN), width=width, dash="dash" if balanced else "solid")


def drawn_order(models: Sequence[str]) -> list[str]:
    """Sort models by line width, so that the strongest is drawn last, on top."""
    return sorted(models, key=lambda model: style(model).width)


def key_inside(figure: go.Figure, models: Sequence[str], values: dict[str, str], *, corner: str) -> None:
    """Add a key of lines, each with a figure, in an empty corner of the plot: closer than a legend.

    Parameters
    ----------
    figure : Figure
        Changed in place.
    models : sequence of str
        Models in display order.
    values : dict
        Formatted figure of each model; models without one show only their name.
    corner : str
        Corner of the plot, such as "bottom right".
    """
    lines = []
    for model in models:
        line = style(model)
        value = f" <b>{values[model]}</b>" if model in values else ""
        lines.append(
            f'<span style="color:{line.colour}">{_SAMPLES[line.dash]}</span> {escape(label(model), 30)}{value}'
        )
    side, edge = corner.split()[::-1]
    figure.add_annotation(
        text="<br>".join(lines), showarrow=False, align="left", font_size=12,
        xref="paper", yref="paper", xanchor=side, yanchor=edge,
        x=0.985 if side == "right" else 0.02, y=0.03 if edge == "bottom" else 0.98,
    )  # fmt: skip
