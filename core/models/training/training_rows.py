"""Training rows for one cutoff: the part of a panel that was known by then."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Self

import pandas as pd

from core.models.data.panel import training_cutoffs
from core.models.data.season_level import YEAR_BEFORE, Level, seasonal_level
from core.models.training.baseline_share import nearest_share

MOST_ROWS: Final = 75_000
"""Maximum training rows. More would slow training down for hardly any gain."""


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Training rows for one cutoff.

    Parameters
    ----------
    at : date
        The cutoff.
    past : DataFrame
        Rows of a panel with known outcomes, at cutoffs whose windows end by `at`; a seeded sample if there are more
        than `MOST_ROWS`.
    now : DataFrame
        Rows at `at`, whose outcomes are ignored.
    last_year : DataFrame
        Rows `YEAR_BEFORE` days before `at`; may be empty.
    first_order : date
        Start of the log.
    """

    at: date
    past: pd.DataFrame
    now: pd.DataFrame
    last_year: pd.DataFrame
    first_order: date

    @classmethod
    def of(cls, rows: pd.DataFrame, at: date, first_order: date, horizon: int) -> Self:
        """Return the training rows known at a cutoff from a panel."""
        learned = [pd.Timestamp(day) for day in training_cutoffs(first_order, at, horizon)]
        seen = rows["will_buy"].notna()
        last_year = rows["as_of"] == pd.Timestamp(at - timedelta(days=YEAR_BEFORE))
        over = at - timedelta(days=YEAR_BEFORE) + timedelta(days=horizon) <= at
        return cls(
            at=at,
            past=_some(rows[rows["as_of"].isin(learned) & seen]),
            now=rows[rows["as_of"] == pd.Timestamp(at)],
            last_year=rows[last_year & seen & over],
            first_order=first_order,
        )

    def level(self, horizon: int) -> Level:
        """Return the share of customers expected to buy."""
        share, before = nearest_share(self.past, horizon), None
        if len(self.last_year):
            before = (share(self.last_year), float(self.last_year["will_buy"].mean()))
        days = (self.at - timedelta(days=YEAR_BEFORE) - self.first_order).days
        return seasonal_level(share(self.now), before, days, len(self.last_year))


def cutoffs_needed(at: date, first_order: date, horizon: int) -> set[date]:
    """Return the cutoffs that a panel needs for `Ground.of`."""
    last_year = at - timedelta(days=YEAR_BEFORE)
    return {at, *training_cutoffs(first_order, at, horizon), *([last_year] if last_year > first_order else [])}


def _some(rows: pd.DataFrame) -> pd.DataFrame:
    return rows if len(rows) <= MOST_ROWS else rows.sample(MOST_ROWS, random_state=0).sort_index()
