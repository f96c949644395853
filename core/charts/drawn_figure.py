"""A figure drawn earlier, ready to be sent to the browser."""

import json
from typing import Any

import plotly.graph_objects as go
from plotly.io import to_json


class Drawn(go.Figure):  # type: ignore[misc]
    """A read-only figure made from plain values.

    Parameters
    ----------
    plain : dict
        The figure as `plain` returns it; shared by every session that shows it.
    """

    def __init__(self, plain: dict[str, Any]) -> None:
        self._plain = plain  # `super().__init__` is left out: building the figure again takes long

    def to_dict(self) -> dict[str, Any]:
        """Return the figure as plain values."""
        return self._plain


def plain(figure: go.Figure) -> dict[str, Any]:
    """Return a figure as plain values: numbers, strings, lists and dictionaries."""
    found: dict[str, Any] = json.loads(to_json(figure, validate=False))
    return found
