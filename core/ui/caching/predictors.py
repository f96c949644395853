"""Stored models by id, one customer's orders, and usual values for the form; see `core.ui.caching.cached`."""

from datetime import time

import pandas as pd

from core.customers import time_of_day
from core.customers.rfm import RfmSpec
from core.models.learners.predictor import Predictor
from core.models.scoring.one_customer import history_of
from core.models.training import model_registry
from core.ui.caching import cache, cached, model_names
from core.ui.caching.cached import Key


def predictor(dataset_id: str, model_id: str) -> Predictor:
    """Return a stored model with current segment names. Shared by all sessions: don't modify.

    Raises
    ------
    NotFoundError
        If there is none.
    ModelFolderError
        If its folder is damaged.
    """
    found = _predictor(dataset_id, model_id)
    changed = model_names.of(dataset_id, found.segments.names)
    return found.renamed(dict(changed)) if changed else found


@cache.shared("Loading the model…")
def _predictor(dataset_id: str, model_id: str) -> Predictor:
    return model_registry.load(model_registry.predictor_of(cached.workspace(), dataset_id, model_id))


@cache.copied()
def history(key: Key, customer_id: str) -> pd.DataFrame:
    """Return a customer's orders and returns, see `core.models.scoring.one_customer.history_of`."""
    with cached.engine().session() as connection:
        orders, returns = cached.tables(connection, key, "orders", "returns")
        return history_of(orders, returns, customer_id)


@cache.copied()
def usual_time(key: Key) -> time:
    """Return the mean time of day of orders: midnight if the data has only dates, noon if there is no mean."""
    with cached.engine().session() as connection:
        (orders,) = cached.tables(connection, key, "orders")
        hours = orders.ordered_at.hour() + orders.ordered_at.minute() / 60
        mean = time_of_day.mean_hour(time_of_day.sine(hours).mean(), time_of_day.cosine(hours).mean())
        found = mean.execute()
    minutes = round(60 * found) % (24 * 60) if found == found else 12 * 60  # noqa: PLR0124  NaN is not itself
    return time(minutes // 60, minutes % 60)


@cache.copied()
def middle(key: Key, spec: RfmSpec) -> dict[str, float]:
    """Return the median recency, frequency and monetary value, each computed separately."""
    found = cached.customers(key, spec)[["recency", "frequency", "monetary"]].median()
    return {"recency": round(found["recency"]), "frequency": round(found["frequency"]),
            "monetary": round(found["monetary"], 2)}  # fmt: skip


@cache.shared()
def customer_ids(key: Key, spec: RfmSpec) -> tuple[str, ...]:
    """Return the ids of all customers, highest spenders first. Shared by all sessions: don't modify."""
    found = cached.customers(key, spec).sort_values(["monetary", "customer_id"], ascending=[False, True])
    return tuple(found["customer_id"])


@cache.shared()
def id_set(key: Key, spec: RfmSpec) -> frozenset[str]:
    """Return the ids of all customers as a set. Shared by all sessions."""
    return frozenset(customer_ids(key, spec))
