"""A frozen segment model: centroids and names, applied to any later customers without refitting."""

import hashlib
import json
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final, Self

import numpy as np
import pandas as pd

from core.errors import InputError
from core.plain import Plain
from core.segments.clustering.scaling import Matrix, Scaler, ScalingSpec, scaling_of
from core.segments.drift import Drift, Reference, drift

K_RANGE = range(2, 13)
"""Numbers of segments a person can hold apart and act on."""

RESERVED = ("All", "All customers", "Not yet a customer")
"""What pages call customers who are not in one segment."""

LONGEST_NAME = 40
"""Characters of a segment's name; more do not fit a chart's label."""

_DIGITS: Final = 32


@dataclass(frozen=True, kw_only=True)
class ClusterSpec(Plain, sparse=True):
    """Clustering settings.

    Parameters
    ----------
    preset : {"clientele", "rank", "notebook", "own"}
        How features are scaled; see `core.segments.clustering.scaling`.
    k : int
        Number of segments, 2 to 12.
    seed : int
        Random state of K-Means.
    own : ScalingSpec, optional
        Features and scaling of the preset "own".
    """

    preset: str = "clientele"
    k: int = 4
    seed: int = 0
    own: ScalingSpec | None = None

    def __post_init__(self) -> None:
        scaling_of(self.preset, self.own)
        if self.k not in K_RANGE:
            message = f"`k` must be between {K_RANGE.start} and {K_RANGE.stop - 1}, got {self.k}."
            raise InputError(message)

    @property
    def scaling(self) -> ScalingSpec:
        """Features and scaling."""
        return scaling_of(self.preset, self.own)


@dataclass(frozen=True, kw_only=True)
class SegmentModel:
    """Centroids in scaled feature space, each with a name.

    Parameters
    ----------
    spec : ClusterSpec
        What it was fitted with.
    scaler : Scaler
        As fitted on the customers that the centroids were fitted on.
    centroids : tuple of tuple of float
        One per segment, in the order of `names`.
    names : tuple of str
        As shown: unique, best customers first.
    given : tuple of str
        What the centroids are called by what they say; the same as `names` until somebody renames a segment.
    reference : Reference, optional
        What the customers it was fitted on looked like; None for models from before that was kept.
    """

    spec: ClusterSpec
    scaler: Scaler
    centroids: tuple[tuple[float, ...], ...]
    names: tuple[str, ...]
    given: tuple[str, ...] = ()
    reference: Reference | None = None

    def __post_init__(self) -> None:
        if not self.given:
            object.__setattr__(self, "given", self.names)

    @cached_property
    def assignment(self) -> str:
        """Digest of what puts customers into segments: features, scaling and centroids in their order, not names.

        Models with the same one differ in what segments are called, and in nothing that is made of who is in them.
        """
        return digest_of(
            [
                self.scaler.spec.to_json(), list(self.scaler.mean), list(self.scaler.scale),
                [[list(values), list(shares)] for values, shares in self.scaler.knots],
                [list(centre) for centre in self.centroids],
            ]
        )  # fmt: skip

    def assign(self, customers: pd.DataFrame) -> pd.Series:
        """Assign each customer to the segment of the nearest centroid.

        Parameters
        ----------
        customers : DataFrame
            A snapshot with the columns that the features need; `recency`, `frequency` and `monetary` for the presets.

        Returns
        -------
        Series of str
            Segment names under the index of `customers`, named `segment`.
        """
        nearest = self.distances(self.scaler(customers)).argmin(axis=1)
        names = np.asarray(self.names, dtype=object)[nearest]
        return pd.Series(names, index=customers.index, name="segment", dtype="str")

    def distances(self, points: Matrix) -> Matrix:
        """Squared distance of each point to each centroid; shape (points, segments)."""
        return np.stack([((points - centre) ** 2).sum(axis=1) for centre in np.asarray(self.centroids)], axis=1)

    def drift(self, customers: pd.DataFrame) -> Drift | None:
        """Return the drift of these customers from the model's fit; None if the model has no reference."""
        if self.reference is None:
            return None
        points = self.scaler(customers)
        nearest = np.sqrt(self.distances(points).min(axis=1))
        return drift(self.reference, self.scaler.spec.features, points, nearest)

    def renamed(self, name: str, new: str) -> Self:
        """The same model with another name for a segment.

        Raises
        ------
        InputError
            Where there is no such segment, or the name is empty, too long or taken.
        """
        new = " ".join(new.split())
        if name not in self.names:
            message = f"There is no segment “{name}”; there are {', '.join(self.names)}."
            raise InputError(message)
        if not 0 < len(new) <= LONGEST_NAME:
            message = f"A segment's name must have 1 to {LONGEST_NAME} characters, got {len(new)}; choose another."
            raise InputError(message)
        if any(new.casefold() == word.casefold() for word in RESERVED):
            message = f"“{new}” stands for other customers on these pages; choose another name."
            raise InputError(message)
        if any(other.casefold() == new.casefold() for other in self.names if other != name):
            message = f"Another segment is called “{new}” already; choose another name."
            raise InputError(message)
        return replace(self, names=tuple(new if other == name else other for other in self.names))

    def to_json(self) -> dict[str, Any]:
        """Plain values; `from_json` gives the same model to the last bit."""
        return {
            "spec": self.spec.to_json(),
            "features": list(self.scaler.spec.features),
            "mean": list(self.scaler.mean),
            "scale": list(self.scaler.scale),
            "knots": [[list(values), list(shares)] for values, shares in self.scaler.knots],
            "centroids": [list(centre) for centre in self.centroids],
            "names": list(self.names),
            "given": list(self.given),
            "reference": self.reference.to_json() if self.reference else None,
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Inverse of `to_json`; also reads models of earlier versions of Clientele, which had less to tell."""
        spec = ClusterSpec.from_json(values["spec"])
        reference = values.get("reference")
        return cls(
            spec=spec,
            scaler=Scaler(
                spec=spec.scaling,
                mean=tuple(values["mean"]),
                scale=tuple(values["scale"]),
                knots=tuple((tuple(pair[0]), tuple(pair[1])) for pair in values.get("knots", ())),
            ),
            centroids=tuple(tuple(centre) for centre in values["centroids"]),
            names=tuple(values["names"]),
            given=tuple(values.get("given", ())),
            reference=Reference.from_json(reference) if reference else None,
        )


def digest_of(plain: Any) -> str:
    """Hexadecimal digits that stand for plain values."""
    text = json.dumps(plain, sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
