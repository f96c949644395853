"""Cached customer figures for the Explore pages, keyed by ids and frozen specs like `core.ui.caching.cached`."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import pandas as pd

from core.act.exports import to_csv
from core.customers import cohorts as core_cohorts
from core.customers import concentration as core_concentration
from core.customers import distributions, rhythm
from core.customers.cohorts import CohortSpec
from core.customers.concentration import Concentration
from core.customers.distributions import Measure, Scale
from core.customers.order_filter import OrderFilter
from core.customers.rfm import RfmSpec, snapshot
from core.customers.rhythm import RhythmSpec
from core.engine import computed
from core.ui.caching import cache, cached
from core.ui.caching.cached import Key

MOST_ROWS: Final = 500
"""Maximum number of customers at risk shown; the download contains all of them."""


@dataclass(frozen=True, kw_only=True)
class Looked:
    """A dataset with a filter applied.

    Parameters
    ----------
    key : Key
        Key of the version.
    spec : RfmSpec
        RFM settings as of the end of the data.
    chosen : OrderFilter
        Filter.
    content : str or None
        Digest of the segment model, if a segment is chosen; see `core.segments.segment_registry.StoredModel.content`.
    """

    key: Key
    spec: RfmSpec
    chosen: OrderFilter
    content: str | None

    @property
    def as_of(self) -> date:
        """The end of the filter, or of the data."""
        return self.chosen.end or self.spec.as_of


@cache.shared("Loading customers…")
def customers(looked: Looked) -> pd.DataFrame:
    """Return customers with their rhythm, see `core.customers.rhythm.late`, from filtered orders as of `looked.as_of`.

    Shared by all sessions: don't modify.
    """
    chosen = looked.chosen
    whole_log = chosen.start is None and chosen.end is None
    if whole_log and chosen.by_customer:
        ids = cached.member_ids(looked.key, looked.spec, looked.content, chosen)
        everybody = customers(replace(looked, chosen=OrderFilter(), content=None))
        return everybody[everybody["customer_id"].isin(ids)]
    with cached.engine().session() as connection:
        asked = (looked.key, looked.spec, looked.content, chosen)
        orders, returns = cached.filtered_tables(connection, *asked)
        gaps = rhythm.usual_gaps(orders, looked.as_of).execute()
        if whole_log:
            found = cached.customers(looked.key, looked.spec)
        else:
            found = snapshot(orders, returns, RfmSpec(as_of=looked.as_of)).order_by("customer_id").execute()
    return rhythm.late(found.merge(gaps, on="customer_id"), RhythmSpec())


@cache.copied()
def count_customers(looked: Looked) -> int:
    """Return the number of customers who match a filter."""
    return len(customers(looked))


@cache.copied()
def deciles(looked: Looked) -> pd.DataFrame:
    """Return cached results of `core.customers.distributions.deciles`."""
    return distributions.deciles(customers(looked))


@cache.copied()
def histogram(looked: Looked, measure: Measure, scale: Scale) -> pd.DataFrame:
    """Return cached results of `core.customers.distributions.histogram`."""
    return distributions.histogram(customers(looked), measure, scale)


@cache.copied()
def density(looked: Looked, x: Measure, y: Measure) -> pd.DataFrame:
    """Return cached results of `core.customers.distributions.density`."""
    return distributions.density(customers(looked), x, y)


@cache.copied()
def concentration(looked: Looked, of: core_concentration.Money) -> Concentration | None:
    """Return cached results of `core.customers.concentration`."""
    return core_concentration.concentration(customers(looked), of)


def lorenz_curves(looked: Looked) -> pd.DataFrame:
    """Return the Lorenz curves of gross and net revenue: `of`, `customers`, `revenue`."""
    found = {"gross": concentration(looked, "monetary"), "net": concentration(looked, "net")}
    return pd.concat([one.curve.assign(of=name) for name, one in found.items() if one], ignore_index=True)


@cache.copied()
def rhythm_classes(looked: Looked) -> pd.DataFrame:
    """Return cached results of `core.customers.rhythm.by_class`."""
    return rhythm.by_class(customers(looked))


@cache.copied()
def late_customers(looked: Looked, classes: tuple[str, ...]) -> pd.DataFrame:
    """Return the `MOST_ROWS` most valuable customers at risk, see `core.customers.rhythm.most_valuable_late`."""
    return rhythm.most_valuable_late(customers(looked), classes, MOST_ROWS)


@cache.copied()
def late_csv(looked: Looked, classes: tuple[str, ...]) -> str:
    """Return all customers at risk as CSV."""
    return to_csv(rhythm.most_valuable_late(customers(looked), classes))


@dataclass(frozen=True, kw_only=True)
class Cohorts:
    """The tables of `core.customers.cohorts`."""

    sizes: pd.DataFrame
    cells: pd.DataFrame
    averages: pd.DataFrame


@cache.copied("Following each month's customers…")
def cohorts(looked: Looked) -> Cohorts:
    """Return cohorts of the filtered customers; the dates select cohorts but don't hide their later orders."""
    chosen = looked.chosen
    spec = CohortSpec(
        log_start=cached.first_day(looked.key), as_of=looked.spec.as_of, start=chosen.start, end=chosen.end
    )
    by_customer = replace(chosen, start=None, end=None)
    with cached.engine().session() as connection:
        asked = (looked.key, looked.spec, looked.content, by_customer)
        orders, returns = cached.filtered_tables(connection, *asked)
        first = computed(core_cohorts.first_orders(orders, spec))  # used by two queries
        sizes = core_cohorts.sizes(first, spec)
        cells = core_cohorts.cells(sizes, core_cohorts.activity(orders, returns, first, spec), spec)
    return Cohorts(sizes=sizes, cells=cells, averages=core_cohorts.averages(cells))
