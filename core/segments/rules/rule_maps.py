"""Maps from scores to named segments by patterns of scores, with a text form for editing."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.errors import InputError
from core.segments.rules.rfm_scores import RFM_COLUMNS, ScoreSpec, column

LONGEST_NAME: Final = 80
MOST_SEGMENTS: Final = 40

_DIGIT: Final = re.compile(r"\*|[1-9]|\[[1-9]-[1-9]\]|\[[1-9]+\]")
_PATTERN: Final = re.compile(rf"(?:{_DIGIT.pattern}){{2,3}}")
_SYNTAX: Final = "Write one part each for R, F and optionally M: a score, `[4-5]`, `[135]`, or `*` for any"

Cube = npt.NDArray[np.bool_]
"""A mask of score triples, shape (levels, levels, levels): recency, frequency, monetary."""


@dataclass(frozen=True, kw_only=True)
class RfmMap:
    """A map from scores to segments.

    Parameters
    ----------
    name : str
        Name of the map.
    scores : ScoreSpec
        Scoring settings it is made for.
    rules : tuple of (str, str)
        Segments, best first, each with its patterns separated by spaces. A pattern has one part each for recency,
        frequency and monetary: a score, a range `[4-5]`, a choice `[135]`, or `*` for any. Without the third part, any
        monetary score fits. `core.segments.rules.map_check` checks that every triple has exactly one segment.
    """

    name: str
    scores: ScoreSpec
    rules: tuple[tuple[str, str], ...]

    def __post_init__(self) -> None:
        _check_name("The map", self.name)
        if not 1 <= len(self.rules) <= MOST_SEGMENTS:
            message = f"A map must have 1 to {MOST_SEGMENTS} segments, got {len(self.rules)}."
            raise InputError(message)
        for segment, patterns in self.rules:
            _check_name("A segment", segment)
            _check_patterns(segment, patterns, self.scores.levels)
        doubled = sorted({name for name in self.segments if self.segments.count(name) > 1})
        if doubled:
            message = f"The segment “{doubled[0]}” has several lines. Put all its patterns on one line."
            raise InputError(message)

    @property
    def segments(self) -> tuple[str, ...]:
        """Names of the segments, best first."""
        return tuple(segment for segment, _ in self.rules)

    @property
    def uses_monetary(self) -> bool:
        """Return whether the monetary score affects any segment."""
        return any(bool((cube != cube[:, :, :1]).any()) for cube in self.cubes())

    def cubes(self) -> list[Cube]:
        """Return the score triples of each segment; read-only."""
        return [_cube(patterns, self.scores.levels) for _, patterns in self.rules]

    def to_json(self) -> dict[str, Any]:
        """Return the map as plain values, without its name."""
        return {"scores": self.scores.to_json(), "rules": [list(rule) for rule in self.rules]}

    @classmethod
    def from_json(cls, name: str, values: dict[str, Any]) -> "RfmMap":
        """Restore a map from `to_json`."""
        rules = tuple((str(segment), str(patterns)) for segment, patterns in values["rules"])
        return cls(name=name, scores=ScoreSpec.from_json(values["scores"]), rules=rules)

    def to_text(self) -> str:
        """Return one line per segment, `Champions: 5[4-5]`, as read by `from_text`."""
        return "\n".join(f"{segment}: {patterns}" for segment, patterns in self.rules)

    @classmethod
    def from_text(cls, name: str, text: str, scores: ScoreSpec) -> "RfmMap":
        """Parse a map written by a user; see `to_text`.

        Raises
        ------
        InputError
            With the line or segment concerned and what to do.
        """
        rules = []
        for number, line in enumerate(text.splitlines(), start=1):
            if not line.strip():
                continue
            segment, colon, patterns = line.rpartition(":")
            if not colon or not segment.strip() or not patterns.strip():
                message = f"Line {number}, “{line.strip()}”, must be a segment, a colon and patterns: `Loyal: [3-4]5`."
                raise InputError(message)
            rules.append((segment.strip(), " ".join(patterns.replace(",", " ").split())))
        return cls(name=name.strip(), scores=scores, rules=tuple(rules))


def assign(scored: pd.DataFrame, rfm_map: RfmMap) -> pd.Categorical:
    """Assign each customer to a segment of a checked map.

    Parameters
    ----------
    scored : DataFrame
        From `core.segments.rules.rfm_scores.score` with `rfm_map.scores`.
    rfm_map : RfmMap
        A map with exactly one segment per triple; see `core.segments.rules.map_check.check`.

    Returns
    -------
    Categorical
        Segment names; the categories are all segments of the map, best first.
    """
    segment_of = np.stack(rfm_map.cubes()).argmax(axis=0)
    at = tuple(scored[column(feature)].to_numpy(dtype=np.intp) - 1 for feature in RFM_COLUMNS)
    found = pd.Categorical.from_codes(segment_of[at], categories=pd.Index(rfm_map.segments))
    return cast("pd.Categorical", found)


@lru_cache(maxsize=512)
def _cube(patterns: str, levels: int) -> Cube:
    found: Cube = np.zeros((levels,) * 3, dtype=np.bool_)
    for pattern in patterns.split():
        r, f, m = (_allowed(part, levels) for part in [*_DIGIT.findall(pattern), "*"][:3])
        found |= r[:, None, None] & f[None, :, None] & m[None, None, :]
    found.flags.writeable = False
    return found


def _allowed(part: str, levels: int) -> Cube:
    """Return a mask of the scores that a part of a pattern allows, shape (levels,)."""
    scores = np.arange(1, levels + 1)
    if part == "*":
        return np.ones(levels, dtype=np.bool_)
    if "-" in part:
        return (scores >= int(part[1])) & (scores <= int(part[3]))
    return np.isin(scores, [int(digit) for digit in part.strip("[]")])


def _check_name(what: str, name: str) -> None:
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        message = f"{what} must have a name of 1 to {LONGEST_NAME} printable characters, got “{name[:LONGEST_NAME]}”."
        raise InputError(message)


def _check_patterns(segment: str, patterns: str, levels: int) -> None:
    if not patterns.split():
        message = f"“{segment}” has no pattern. {_SYNTAX}."
        raise InputError(message)
    for pattern in patterns.split():
        if not _PATTERN.fullmatch(pattern):
            message = f"“{segment}”: the pattern `{pattern}` isn't valid. {_SYNTAX}."
            raise InputError(message)
        for part in _DIGIT.findall(pattern):
            _check_part(segment, pattern, part, levels)


def _check_part(segment: str, pattern: str, part: str, levels: int) -> None:
    digits = [int(digit) for digit in re.findall(r"\d", part)]
    if max(digits, default=1) > levels:
        message = (
            f"“{segment}”: the pattern `{pattern}` has the score {max(digits)}, but scores range from 1 to {levels}."
        )
        raise InputError(message)
    if "-" in part and digits[0] > digits[1]:
        message = f"“{segment}”: in the pattern `{pattern}`, the range {part} is reversed. Write the lower score first."
        raise InputError(message)
