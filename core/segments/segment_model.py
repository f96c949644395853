"""A frozen segment model: centroids and names, applied to later customers without refitting."""

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
"""Numbers of segments that people can remember and act on."""

RESERVED = ("All", "All customers", "Not yet a customer")
"""Names that pages use for customers outside a single segment."""

LONGEST_NAME = 40
"""Maximum characters of a segment's name, so that it fits chart labels."""

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
        Settings of the fit.
    scaler : Scaler
        Scaler fitted on the same customers as the centroids.
    centroids : tuple of tuple of float
        One per segment, in the order of `names`.
    names : tuple of str
        Names to show: unique, best customers first.
    given : tuple of str
        Names derived from the centroids; the same as `names` unless a segment was renamed.
    reference : Reference, optional
        Distribution of the customers it was fitted on; None for models older than this field.
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
        """Digest of features, scaling and centroids in order, which assign customers to segments.

        Models with the same digest differ in names only, so results that depend on segment membership apply to both.
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
            Segment names with the index of `customers`; named `segment`.
        """
        nearest = self.distances(self.scaler(customers)).argmin(axis=1)
        names = np.asarray(self.names, dtype=object)[nearest]
        return pd.Series(names, index=customers.index, name="segment", dtype="str")

    def distances(self, points: Matrix) -> Matrix:
        """Return the squared distance of each point to each centroid, shape (points, segments)."""
        return np.stack([((points - centre) ** 2).sum(axis=1) for centre in np.asarray(self.centroids)], axis=1)

    def drift(self, customers: pd.DataFrame) -> Drift | None:
        """Return the drift of these customers from the model's fit; None if the model has no reference."""
        if self.reference is None:
            return None
        points = self.scaler(customers)
        nearest = np.sqrt(self.distances(points).min(axis=1))
        return drift(self.reference, self.scaler.spec.features, points, nearest)

    def renamed(self, name: str, new: str) -> Self:
        """Return the model with a segment renamed.

        Raises
        ------
        InputError
            If there is no such segment, or the name is empty, too long, reserved or taken.
        """
        new = " ".join(new.split())
        if name not in self.names:
            message = f"There is no segment “{name}”. Choose from {', '.join(self.names)}."
            raise InputError(message)
        if not 0 < len(new) <= LONGEST_NAME:
            message = f"A segment's name must have 1 to {LONGEST_NAME} characters, got {len(new)}."
            raise InputError(message)
        if any(new.casefold() == word.casefold() for word in RESERVED):
            message = f"The name “{new}” is reserved. Choose another name."
            raise InputError(message)
        if any(other.casefold() == new.casefold() for other in self.names if other != name):
            message = f"Another segment is already called “{new}”. Choose another name."
            raise InputError(message)
        return replace(self, names=tuple(new if other == name else other for other in self.names))

    def to_json(self) -> dict[str, Any]:
        """Return the model as plain values, from which `from_json` restores it exactly."""
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
        """Restore a model from `to_json`, including those of earlier releases with fewer values."""
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
    """Return a hexadecimal digest of plain values."""
    text = json.dumps(plain, sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
