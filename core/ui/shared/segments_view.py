"""The segments of the dataset in view."""

from dataclasses import dataclass

import pandas as pd

from core.segments.segment_registry import StoredModel
from core.ui.caching import cached
from core.ui.shared.view import View


@dataclass(frozen=True, kw_only=True)
class Segments:
    """The newest segment model applied to the version in view.

    Parameters
    ----------
    stored : StoredModel
        Segment model and its origin.
    summary : DataFrame
        Table from `core.segments.segment_summary.summarise`.
    """

    stored: StoredModel
    summary: pd.DataFrame

    @property
    def names(self) -> tuple[str, ...]:
        """Segment names, best customers first."""
        return self.stored.model.names

    @property
    def content(self) -> str:
        """Digest of the model for cache keys, see `core.segments.segment_registry.StoredModel.content`."""
        return self.stored.content

    def given(self, name: str) -> str:
        """Describe a segment by its centroid, whatever its name."""
        return dict(zip(self.names, self.stored.model.given, strict=True))[name]


def segments_of(view: View) -> Segments:
    """Return the segments of the dataset in view.

    Raises
    ------
    TooLittleDataError
        If there are too few customers to segment.
    """
    stored = cached.segment_model(view.key, view.spec)
    summary = cached.segment_summary(view.key, view.spec, stored.content, stored.model.names)
    return Segments(stored=stored, summary=summary)
