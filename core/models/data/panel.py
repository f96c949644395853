"""Panels to train and evaluate models on: what was known at each cutoff, and what happened after it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis.backends.duckdb import Backend

from core.customers.features import CUSTOMER_FEATURES, CustomerFeature, features
from core.customers.snapshots import HistorySpec, history
from core.errors import InputError, TooLittleDataError
from core.models.data.outcomes import LONGEST, outcomes
from core.models.data.repeat_buying import OUTPUTS, RepeatBuying
from core.segments.clustering.cluster_features import RFM

CALENDAR: Final[dict[str, CustomerFeature]] = {
    name: CustomerFeature(name=name, label=label, unit="ratio", definition=text, group="calendar", scale_free=False)
    for name, label, text in (
        ("season_sine", "time of year (spring against autumn)", "Sine of the cutoff's day in the year."),
        ("season_cosine", "time of year (winter against summer)", "Cosine of the cutoff's day in the year."),
    )
}
"""Features for the time of year, the same for all customers at a cutoff."""

OUTCOMES: Final = ("will_buy", "spend", *(f"next_{name}" for name in RFM))
_YEAR: Final = 365.25  # days


@dataclass(frozen=True, kw_only=True)
class PanelSpec:
    """Cutoffs and horizon of a panel.

    Parameters
    ----------
    cutoffs : tuple of date
        Unique dates.
    horizon : int
        Days of the outcome.
    until : date or None
        End of the order log; None for the day after the tables' last order. Required for a sample of customers, whose
        last order may be earlier than the log's.
    """

    cutoffs: tuple[date, ...]
    horizon: int
    until: date | None = None

    def __post_init__(self) -> None:
        if not self.cutoffs or len(set(self.cutoffs)) != len(self.cutoffs):
            message = f"`cutoffs` must be unique dates, got {', '.join(map(str, self.cutoffs)) or 'none'}."
            raise InputError(message)


def panel(connection: Backend, orders: ir.Table, returns: ir.Table, spec: PanelSpec) -> pd.DataFrame:
    """Return one row per cutoff and customer known at it, with features and, if the log covers them, outcomes.

    Parameters
    ----------
    connection : Backend
        Connection the tables belong to.
    orders, returns : Table
        Columns of `core.schema.ORDERS`.
    spec : PanelSpec
        Cutoffs and horizon.

    Returns
    -------
    DataFrame
        The columns of `known_at`, `OUTPUTS` and `OUTCOMES`: `will_buy` (0 or 1), `spend` (gross), and RFM at the end
        of the horizon. Outcomes are missing at cutoffs whose horizon ends after `until`.

    Raises
    ------
    TooLittleDataError
        If no customer ordered before any of the cutoffs.
    """
    known = known_at(connection, orders, returns, spec.cutoffs)
    happened: pd.DataFrame = outcomes(orders, _table(connection, spec.cutoffs), spec.horizon).execute()
    happened["as_of"] = pd.to_datetime(happened["as_of"])
    joined = known.merge(happened, on=["as_of", "customer_id"], how="left")
    ends = joined["as_of"] + timedelta(days=spec.horizon)
    after = standing(orders, returns, sorted({day + timedelta(days=spec.horizon) for day in spec.cutoffs}))
    after = after.assign(as_of=after["as_of"] - timedelta(days=spec.horizon))
    joined = joined.merge(_ahead(after, "next"), on=["as_of", "customer_id"], how="left")
    seen = ends <= pd.Timestamp(spec.until or log_end(orders))
    for name in OUTCOMES:
        joined[name] = joined[name].fillna(0.0).where(seen)
    return _with_rhythm(joined, spec.horizon)


def known_at(connection: Backend, orders: ir.Table, returns: ir.Table, cutoffs: Sequence[date]) -> pd.DataFrame:
    """Return what is known of each customer at each cutoff, ordered by cutoff and customer.

    Parameters
    ----------
    connection : Backend
        Connection the tables belong to.
    orders, returns : Table
        Columns of `core.schema.ORDERS`.
    cutoffs : sequence of date
        Only orders strictly before the start of each day count.

    Returns
    -------
    DataFrame
        `as_of`, `customer_id`, `country`, the columns of `CUSTOMER_FEATURES` and `CALENDAR`, and `now_recency`,
        `now_frequency`, `now_monetary`: RFM as segments see it.

    Raises
    ------
    InputError
        If a cutoff is more than `LONGEST` days after the end of the log.
    TooLittleDataError
        If no customer ordered before any of the cutoffs.
    """
    _check_late(orders, max(cutoffs))
    days = _table(connection, cutoffs)
    known: pd.DataFrame = features(orders, returns, days).order_by("as_of", "customer_id").execute()
    if known.empty:
        message = f"No customer ordered before {min(cutoffs)}; choose a later date."
        raise TooLittleDataError(message)
    return put_together(known, standing(orders, returns, sorted(cutoffs)))


def put_together(known: pd.DataFrame, stood: pd.DataFrame) -> pd.DataFrame:
    """Join customers' features, RFM and the time of year at each cutoff.

    Parameters
    ----------
    known : DataFrame
        Rows of `core.customers.features.features`.
    stood : DataFrame
        Rows of `standings` at the same cutoffs.
    """
    known = known.assign(as_of=pd.to_datetime(known["as_of"]))
    return _with_calendar(known.merge(_ahead(_as_numbers(stood), "now"), on=["as_of", "customer_id"], how="left"))


def standing(orders: ir.Table, returns: ir.Table, days: Sequence[date]) -> pd.DataFrame:
    """Return each customer's RFM on each day, as segments use it: `as_of`, `customer_id` and `RFM`."""
    return _as_numbers(standings(orders, returns, days).execute())


def standings(orders: ir.Table, returns: ir.Table, days: Sequence[date]) -> ir.Table:
    """Return the unexecuted query behind `standing`."""
    return history(orders, returns, HistorySpec(dates=tuple(days))).select("as_of", "customer_id", *RFM)


def rfm_of(known: pd.DataFrame, side: str) -> pd.DataFrame:
    """Return RFM under its plain names, as segments take it: at the cutoff ("now") or after the horizon ("next")."""
    return known[[f"{side}_{name}" for name in RFM]].set_axis(list(RFM), axis=1)


def log_end(orders: ir.Table) -> date:
    """Return the day after the last order, at which the log ends."""
    last: datetime = orders.ordered_at.max().execute()
    return pd.Timestamp(last).date() + timedelta(days=1)


def training_cutoffs(first_order: date, test: date, horizon: int, *, step: int = 30, least: int = 150) -> list[date]:
    """Return rolling cutoffs whose outcome windows end by a test cutoff, latest first.

    Parameters
    ----------
    first_order : date
        Start of the log.
    test : date
        The cutoff at which the models will be evaluated or used.
    horizon : int
        Days of the outcome.
    step : int
        Days between two cutoffs.
    least : int
        Minimum days of log before a cutoff.
    """
    found, day = [], test - timedelta(days=horizon)
    while day >= first_order + timedelta(days=least):
        found.append(day)
        day -= timedelta(days=step)
    return found


def _check_late(orders: ir.Table, latest: date) -> None:
    end = log_end(orders)
    if (latest - end).days > LONGEST:
        message = (
            f"{latest} is more than {LONGEST} days after the last order ({end - timedelta(days=1)}); "
            "choose an earlier date."
        )
        raise InputError(message)


def _as_numbers(stood: pd.DataFrame) -> pd.DataFrame:
    numbers = {name: stood[name].astype("float64") for name in RFM}
    return stood.assign(as_of=pd.to_datetime(stood["as_of"]), **numbers)


def _ahead(rows: pd.DataFrame, side: str) -> pd.DataFrame:
    return rows.rename(columns={name: f"{side}_{name}" for name in RFM})


def _table(connection: Backend, days: Sequence[date]) -> ir.Table:
    frame = pd.DataFrame({"as_of": [datetime.combine(day, time()) for day in days]})
    table = connection.create_table(ibis.util.gen_name("cutoffs"), frame, temp=True)
    return table.select(as_of=table.as_of.date())


def _with_calendar(rows: pd.DataFrame) -> pd.DataFrame:
    angle = 2 * np.pi * rows["as_of"].dt.day_of_year / _YEAR
    return rows.assign(season_sine=np.sin(angle), season_cosine=np.cos(angle))


def _with_rhythm(rows: pd.DataFrame, horizon: int) -> pd.DataFrame:
    """Add the repeat-buying outputs, refitted at each cutoff on what was known by then."""
    each = [RepeatBuying.fit(known).outputs(known, horizon) for _, known in rows.groupby("as_of")]
    return rows.join(pd.concat(each))


INPUTS: Final[dict[str, CustomerFeature]] = {**CUSTOMER_FEATURES, **OUTPUTS, **CALENDAR}
"""All features models may learn from, apart from the country."""
