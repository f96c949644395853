"""A chart that was drawn before, as it goes to the browser."""

import json
from typing import Any

import plotly.graph_objects as go
from plotly.io import to_json


class Drawn(go.Figure):  # type: ignore[misc]
    """Shows what was drawn; it is not to be changed.

    Parameters
    ----------
    plain : dict
        The figure as `plain` returns it; shared by all who show it.
    """

    def __init__(self, plain: dict[str, Any]) -> None:
        self._plain = plain  # nothing else: what Plotly makes of it when a figure begins takes long

    def to_dict(self) -> dict[str, Any]:
        """Return the figure as plain values."""
        return self._plain


def plain(figure: go.Figure) -> dict[str, Any]:
    """Return a figure as plain values: numbers, texts, lists and mappings."""
    found: dict[str, Any] = json.loads(to_json(figure, validate=False))
    return found
