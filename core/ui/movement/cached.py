"""Cached computations of the movement page, keyed by ids, dates and model contents. Don't modify the results."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from core.act.exports import to_csv
from core.customers.rfm import RfmSpec
from core.customers.snapshots import COLUMNS, HistorySpec, PairSpec, history, pair
from core.errors import NotFoundError
from core.segments import segment_registry
from core.segments.clustering.cluster_features import RFM
from core.segments.movement.change_causes import decompose, explained
from core.segments.movement.frozen_models import frozen_models
from core.segments.movement.slipped import slipped
from core.segments.movement.transitions import directions, matrix
from core.segments.segment_registry import StoredModel
from core.ui.caching import cache, cached
from core.ui.caching.cached import Key

_KEPT = (
    "customer_id", "segment_from", "segment_aged", "segment_to", "segment_refit", "direction", "at_stake",
    "recency_from", "recency_to", "frequency_from", "frequency_to", "monetary_from", "monetary_to", "net_to",
)  # fmt: skip
_BATCH = 500_000  # rows of customers and dates assigned at a time


@dataclass(frozen=True, kw_only=True)
class Under:
    """Contents of the segment models that a movement depends on.

    Parameters
    ----------
    model : str
        `StoredModel.content` of the model applied at both dates.
    newest : str
        `StoredModel.content` of the latest model, which sets the segment names.
    """

    model: str
    newest: str


@dataclass(frozen=True, kw_only=True)
class Moves:
    """Totals of a movement.

    Parameters
    ----------
    cells : DataFrame
        From `core.segments.movement.transitions.matrix`.
    ways : DataFrame
        From `core.segments.movement.transitions.directions`.
    changes : DataFrame
        From `core.segments.movement.change_causes.decompose`.
    idle_up : int
        Customers who moved up without an order between the dates.
    """

    cells: pd.DataFrame
    ways: pd.DataFrame
    changes: pd.DataFrame
    idle_up: int


def models(key: Key, today: RfmSpec) -> list[StoredModel]:
    """Return the distinct segment models, newest first, fitting one if none exists.

    Raises
    ------
    TooLittleDataError
        If there are too few customers to fit one.
    """
    cached.segment_model(key, today)
    return frozen_models(segment_registry.models_of(cached.workspace(), key.dataset_id))


@cache.shared("Following each customer…")
def movement(key: Key, today: RfmSpec, spec: PairSpec, under: Under) -> pd.DataFrame:
    """Return each customer at both dates with their current country.

    See `core.segments.movement.change_causes.explained`. The refit's effect is measured against the newest model if it
    shares segments with this one.

    Shared by all sessions; don't modify it.
    """
    with cached.engine().session() as connection:
        orders, returns = cached.tables(connection, key, "orders", "returns")
        pairs = pair(orders, returns, spec).order_by("customer_id").execute()
    known = models(key, today)
    stored = _stored(known, under)
    newest = known[0] if known[0].content != stored.content else None
    later = newest.model if newest and set(newest.model.names) & set(stored.model.names) else None
    found = explained(pairs, stored.model, spec.days, later)[list(_KEPT)]
    return found.assign(country=_countries(key, today, found["customer_id"]))


@cache.copied()
def moves(key: Key, today: RfmSpec, spec: PairSpec, under: Under, country: str | None) -> Moves:
    """Return the totals for customers of one country, or of all if None."""
    found = _of_country(movement(key, today, spec, under), country)
    names = tuple(found["segment_to"].cat.categories)
    up = found[found["direction"] == "up"]
    return Moves(
        cells=matrix(found, names),
        ways=directions(found).astype({"direction": "str"}),
        changes=decompose(found),
        idle_up=int((up["frequency_to"] == up["frequency_from"]).sum()),
    )


@cache.shared()
def behind(
    key: Key, today: RfmSpec, spec: PairSpec, under: Under, country: str | None, cell: tuple[str, str]
) -> pd.DataFrame:
    """Return the customers behind a cell of the matrix, most revenue at stake first."""
    found = movement(key, today, spec, under)
    found = found[(found["segment_from"] == cell[0]) & (found["segment_to"] == cell[1])]
    return _of_country(found, country).sort_values(
        ["at_stake", "monetary_to", "customer_id"], ascending=[False, False, True]
    )


@cache.copied("Counting segments at each month end…")
def _sizes(key: Key, today: RfmSpec, dates: tuple[date, ...], under: Under) -> pd.DataFrame:
    """Count customers by date, segment and current country in one pass over the orders."""
    stored = _stored(models(key, today), under)
    known = cached.customers(key, today)[["customer_id", "country"]]
    codes, countries = pd.factorize(known["country"])
    columns = RFM if set(stored.model.scaler.spec.features) <= set(RFM) else COLUMNS
    counted = []
    with cached.engine().session() as connection:
        orders, returns = cached.tables(connection, key, "orders", "returns")
        coded = connection.create_table("countries_of_today", known[["customer_id"]].assign(country=codes), temp=True)
        rows = history(orders, returns, HistorySpec(dates=dates)).inner_join(coded, "customer_id")
        for batch in rows.select("as_of", "country", *columns).to_pyarrow_batches(chunk_size=_BATCH):
            part = batch.to_pandas(date_as_object=False)
            part["segment"] = pd.Categorical(stored.model.assign(part), stored.model.names)
            counted.append(part.groupby(["as_of", "segment", "country"], observed=True).size())
    found: pd.DataFrame = pd.concat(counted).groupby(level=[0, 1, 2]).sum().rename("customers").reset_index()
    return found.assign(country=found["country"].map(dict(enumerate(countries))))  # -1 stands for none


@cache.copied()
def sizes(key: Key, today: RfmSpec, dates: tuple[date, ...], under: Under, country: str | None) -> pd.DataFrame:
    """Return `as_of`, `segment` and `customers` for every segment at every date."""
    found = _of_country(_sizes(key, today, dates, under), country)
    stored = _stored(models(key, today), under)
    full = pd.MultiIndex.from_product([list(dates), stored.model.names], names=["as_of", "segment"])
    at = pd.to_datetime(found["as_of"]).dt.date
    return found.groupby([at, "segment"])["customers"].sum().reindex(full, fill_value=0).reset_index()


@cache.shared("Finding customers who slipped…")
def _slipped(key: Key, today: RfmSpec, as_of: date, under: Under) -> pd.DataFrame:
    stored = _stored(models(key, today), under)
    found = slipped(cached.customers(key, RfmSpec(as_of=as_of)), stored.model)
    return found.assign(country=_countries(key, today, found["customer_id"]))


def who_slipped(key: Key, today: RfmSpec, as_of: date, under: Under, country: str | None) -> pd.DataFrame:
    """Return customers who slipped from a better segment, newest first; see `core.segments.movement.slipped`."""
    return _of_country(_slipped(key, today, as_of, under), country)


def csv_of(table: pd.DataFrame) -> str:
    """Return customers as CSV, with dates as `YYYY-MM-DD`."""
    days = table.select_dtypes("datetime").columns
    return to_csv(table.assign(**{name: table[name].dt.strftime("%Y-%m-%d") for name in days}))


def _stored(known: list[StoredModel], under: Under) -> StoredModel:
    """Return the model applied at both dates."""
    found = next((one for one in known if one.content == under.model), None)
    if found is None:
        message = "Someone has just changed the segments. Reload the page."
        raise NotFoundError(message)
    return found


def _countries(key: Key, today: RfmSpec, ids: pd.Series) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    """Return the country of each customer's latest order."""
    known = cached.customers(key, today).set_index("customer_id")["country"]
    return known.reindex(ids).to_numpy(dtype=object)


def _of_country(table: pd.DataFrame, country: str | None) -> pd.DataFrame:
    return table if country is None else table[table["country"] == country]
