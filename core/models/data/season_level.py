"""Seasonal correction of the share of customers expected to buy, from last year's season. Rankings don't change."""

from dataclasses import dataclass
from typing import Final

YEAR_BEFORE: Final = 364
"""Days from a cutoff to the one a year before it, on the same day of the week."""

LEAST_LOG: Final = 180
"""Minimum days of log before last year's cutoff. With fewer, BG/NBD is too uncertain to learn a season from."""

_LOWEST: Final = 0.005  # a season moves the share of buyers no nearer to 0 or 1 than this
_NEVER: Final = 1e-5  # smallest share of buyers a model may expect


@dataclass(frozen=True, kw_only=True)
class Level:
    """The share of customers expected to buy, and its origin.

    Parameters
    ----------
    mean : float
        Mean of all probabilities.
    season : float
        Shift due to last year's season, limited so that `mean` stays a valid share; 0 if last year wasn't observed.
    reason : str
        Explanation in a sentence.
    """

    mean: float
    season: float
    reason: str

    @property
    def times(self) -> float:
        """Ratio of expected buyers with the season to those without it."""
        return self.mean / (self.mean - self.season) if self.season else 1.0


def seasonal_level(
    expected: float, last_year: tuple[float, float] | None, days_of_log: int, customers: int | None = None
) -> Level:
    """Return the share expected to buy: BG/NBD's expectation plus its error in the same season last year.

    With few customers, much of that error is chance. It is shrunk by (1 − error² / season²), down to zero if it is
    smaller than its standard error (James and Stein, 1961, positive part).

    Parameters
    ----------
    expected : float
        Share of customers expected to buy at the cutoff by repeat buying alone, see
        `core.models.data.repeat_buying.expected_share`.
    last_year : pair of float, or None
        The expected share at the cutoff `YEAR_BEFORE` days earlier, and the share that actually bought; None if
        unknown.
    days_of_log : int
        Days of log before that earlier cutoff.
    customers : int, optional
        Number of customers known at that earlier cutoff; None for no shrinkage.
    """
    expected = min(max(expected, _NEVER), 1 - _NEVER)
    if last_year is None or days_of_log < LEAST_LOG:
        reason = f"Too little history to learn the season: needs {LEAST_LOG} days of orders before this date last year."
        return Level(mean=expected, season=0.0, reason=reason)
    before, happened = last_year
    off = _beyond_chance(happened - before, happened * (1 - happened) / customers if customers else 0.0)
    mean = _within(expected + off, expected)
    season = mean - expected
    more = "more" if season >= 0 else "fewer"
    reason = (
        f"In the same season last year, {happened:.0%} bought, compared with {before:.0%} expected from buying "
        f"rhythms alone, so {100 * abs(season):.0f} {more} in 100 are expected now."
    )
    return Level(mean=mean, season=season, reason=reason)


def _beyond_chance(season: float, variance: float) -> float:
    return season * max(0.0, 1 - variance / season**2) if season else 0.0


def _within(mean: float, expected: float) -> float:
    """Limit a share so that a season moves it no nearer to 0 or 1 than `_LOWEST`, unless `expected` already is."""
    return min(max(mean, min(_LOWEST, expected)), max(1 - _LOWEST, expected))
