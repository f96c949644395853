"""A frozen segment model: centroids and names, applied to any later customers without refitting."""

from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from core.errors import InputError
from core.segments.scaling import FEATURES, Matrix, check_preset, transform

K_RANGE = range(2, 13)
"""Numbers of segments a person can hold apart and act on."""


@dataclass(frozen=True, kw_only=True)
class ClusterSpec:
    """How customers are clustered.

    Parameters
    ----------
    preset : {"clientele", "notebook"}
        How features are scaled; see `core.segments.scaling`.
    k : int
        Number of segments, 2 to 12.
    seed : int
        Random state of K-Means.
    """

    preset: str = "clientele"
    k: int = 4
    seed: int = 0

    def __post_init__(self) -> None:
        check_preset(self.preset)
        if self.k not in K_RANGE:
            message = f"`k` must be between {K_RANGE.start} and {K_RANGE.stop - 1}, got {self.k}."
            raise InputError(message)


@dataclass(frozen=True, kw_only=True)
class SegmentModel:
    """Centroids in standardised feature space, each with a name.

    Parameters
    ----------
    spec : ClusterSpec
        What it was fitted with.
    mean, scale : tuple of float
        Per feature: mean and standard deviation of the transformed values it was fitted on.
    centroids : tuple of tuple of float
        One per segment, in the order of `names`.
    names : tuple of str
        Unique, best customers first.
    """

    spec: ClusterSpec
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    centroids: tuple[tuple[float, ...], ...]
    names: tuple[str, ...]

    def assign(self, customers: pd.DataFrame) -> pd.Series:
        """Give each customer the segment of the nearest centroid.

        Parameters
        ----------
        customers : DataFrame
            Columns `recency`, `frequency`, `monetary`.

        Returns
        -------
        Series of str
            Segment names under the index of `customers`, named `segment`.
        """
        points = self.standardise(transform(customers, self.spec.preset))
        distances = np.stack([((points - centre) ** 2).sum(axis=1) for centre in np.asarray(self.centroids)], axis=1)
        names = np.asarray(self.names, dtype=object)[distances.argmin(axis=1)]
        return pd.Series(names, index=customers.index, name="segment", dtype="str")

    def standardise(self, values: Matrix) -> Matrix:
        """Transformed features on the scale of the data the model was fitted on; shape (customers, 3)."""
        scaled: Matrix = (values - np.asarray(self.mean)) / np.asarray(self.scale)
        return scaled

    def to_json(self) -> dict[str, Any]:
        """Plain values; `from_json` gives the same model to the last bit."""
        return {**asdict(self), "features": list(FEATURES)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Inverse of `to_json`."""
        return cls(
            spec=ClusterSpec(**values["spec"]),
            mean=tuple(values["mean"]),
            scale=tuple(values["scale"]),
            centroids=tuple(tuple(centre) for centre in values["centroids"]),
            names=tuple(values["names"]),
        )
