"""Inline SVG charts of a model's card: no scripts, no external resources, the document's colours."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from core.numbers import many, share

_WIDE, _HIGH, _LEFT, _FOOT, _AIR = 420, 300, 62, 40, 22
_TICKS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
_BAR, _BAR_HIGH = 180, 18


def reliability(bins: Sequence[Mapping[str, Any]]) -> str:
    """Draw mean probabilities against the shares that bought, with intervals.

    Parameters
    ----------
    bins : sequence of mapping
        Rows of `core.models.judging.curves.reliability`.
    """
    lines = [
        f'<line class="grid" x1="{_x(0):.1f}" y1="{_y(tick):.1f}" x2="{_x(1):.1f}" y2="{_y(tick):.1f}"/>'
        f'<text x="{_LEFT - 6}" y="{_y(tick) + 4:.1f}" text-anchor="end">{share(tick)}</text>'
        f'<text x="{_x(tick):.1f}" y="{_HIGH - _FOOT + 16}" text-anchor="middle">{share(tick)}</text>'
        for tick in _TICKS
    ]
    dots = [
        f'<line class="error" x1="{_x(row["predicted"]):.1f}" y1="{_y(row["low"]):.1f}" '
        f'x2="{_x(row["predicted"]):.1f}" y2="{_y(row["high"]):.1f}"/>'
        f'<circle class="dot" cx="{_x(row["predicted"]):.1f}" cy="{_y(row["happened"]):.1f}" r="4">'
        f"<title>{many(row['customers'], 'outcome')}: {share(row['predicted'])} expected to buy, "
        f"{share(row['happened'])} bought</title></circle>"
        for row in bins
    ]
    path = " ".join(f"{_x(row['predicted']):.1f},{_y(row['happened']):.1f}" for row in bins)
    return (
        f'<svg class="wide" viewBox="0 0 {_WIDE} {_HIGH}" role="img" aria-label="Expected and actual share of buyers, '
        f'by decile">{"".join(lines)}'
        f'<line class="even" x1="{_x(0):.1f}" y1="{_y(0):.1f}" x2="{_x(1):.1f}" y2="{_y(1):.1f}"/>'
        f'<polyline class="line" points="{path}"/>{"".join(dots)}'
        f'<text x="{_x(0.5):.1f}" y="{_HIGH - 6}" text-anchor="middle">expected to buy</text>'
        f'<text x="12" y="{_y(0.5):.1f}" text-anchor="middle" transform="rotate(-90 12 {_y(0.5):.1f})">bought</text>'
        "</svg>"
    )


def gap(row: Mapping[str, Any], reach: float) -> str:
    """Draw the error of a group with its interval, on a symmetric scale."""
    if row["off"] is None:
        return ""
    at = {name: _BAR / 2 * (1 + max(-1.0, min(1.0, row[name] / reach))) for name in ("low", "off", "high")}
    middle, kind = _BAR_HIGH / 2, " weak" if row["weak"] else ""
    return (
        f'<svg class="gap" viewBox="-6 0 {_BAR + 12} {_BAR_HIGH}" aria-hidden="true">'
        f'<line class="even" x1="{_BAR / 2}" y1="0" x2="{_BAR / 2}" y2="{_BAR_HIGH}"/>'
        f'<line class="error{kind}" x1="{at["low"]:.1f}" y1="{middle}" x2="{at["high"]:.1f}" y2="{middle}"/>'
        f'<circle class="dot{kind}" cx="{at["off"]:.1f}" cy="{middle}" r="5"/></svg>'
    )


def reach_of(rows: Sequence[Mapping[str, Any]]) -> float:
    """Return the largest distance of the groups' intervals from zero."""
    ends = [abs(row[name]) for row in rows for name in ("low", "high") if row[name] is not None]
    return max(ends, default=0.0) or 1.0


def _x(part: float) -> float:
    return _LEFT + part * (_WIDE - _LEFT - _AIR)


def _y(part: float) -> float:
    return _AIR + (1 - part) * (_HIGH - _FOOT - _AIR)
