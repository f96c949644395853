"""Check that a map assigns every score triple to exactly one segment."""

from dataclasses import dataclass
from itertools import groupby, pairwise

import numpy as np
import pandas as pd

from core.segments.rules.rule_maps import RfmMap


@dataclass(frozen=True, kw_only=True)
class MapCheck:
    """The result of a check.

    Parameters
    ----------
    parts : int
        Scores in a code: 2 if the map doesn't use the monetary score, else 3.
    total : int
        Number of codes.
    gaps : tuple of str
        Codes without a segment, such as `41` or `412`.
    overlaps : tuple of (str, tuple of str)
        Codes with several segments, and these segments.
    """

    parts: int
    total: int
    gaps: tuple[str, ...]
    overlaps: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def sound(self) -> bool:
        """Return whether the map can be applied."""
        return not self.gaps and not self.overlaps


def check(rfm_map: RfmMap) -> MapCheck:
    """Check every code of a map for gaps and overlaps.

    Parameters
    ----------
    rfm_map : RfmMap
        Map to check.
    """
    cells = codes(rfm_map)
    doubled = cells[cells["state"] == "overlap"]
    return MapCheck(
        parts=3 if rfm_map.uses_monetary else 2,
        total=len(cells),
        gaps=tuple(cells.loc[cells["state"] == "gap", "code"]),
        overlaps=tuple(zip(doubled["code"], doubled["segments"], strict=True)),
    )


def codes(rfm_map: RfmMap) -> pd.DataFrame:
    """Return the segments of each code.

    Returns
    -------
    DataFrame
        `code`, `recency_score`, `frequency_score`, `monetary_score` (missing if unused), `segments` (tuple of names)
        and `state`: `one`, `gap` or `overlap`.
    """
    held = np.stack(rfm_map.cubes())
    all_three = rfm_map.uses_monetary
    if not all_three:
        held = held[:, :, :, :1]
    rows = []
    for r, f, m in np.ndindex(held.shape[1:]):
        names = tuple(np.asarray(rfm_map.segments, dtype=object)[held[:, r, f, m]])
        monetary = m + 1 if all_three else None
        rows.append(
            {
                "code": f"{r + 1}{f + 1}{monetary or ''}",
                "recency_score": r + 1,
                "frequency_score": f + 1,
                "monetary_score": monetary,
                "segments": names,
                "state": "gap" if not names else "one" if len(names) == 1 else "overlap",
            }
        )
    return pd.DataFrame(rows).astype({"monetary_score": "Int64"})


def shortened(found: tuple[str, ...]) -> str:
    """Abbreviate codes to patterns by merging those that differ only in the last score: `41[1-3] 55[25]`."""
    return " ".join(
        f"{start}{_last([int(code[-1]) for code in same])}"
        for start, same in groupby(sorted(found), key=lambda code: code[:-1])
    )


def _last(digits: list[int]) -> str:
    if len(digits) == 1:
        return str(digits[0])
    if all(b - a == 1 for a, b in pairwise(digits)):
        return f"[{digits[0]}-{digits[-1]}]"
    return f"[{''.join(map(str, digits))}]"
