"""Cached data of the pages, keyed by ids and frozen specs instead of frames. Don't modify returned values.

Streamlit hashes only a sample of a large frame's rows, so a frame as a key can return another frame's result. A dataset
version never changes, so nothing here expires; `generation` increases when a customer is erased.
"""

import os
from collections.abc import Hashable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd
import streamlit as st
from ibis.backends.duckdb import Backend

from core.act.exports import to_csv
from core.customers import activity
from core.customers.order_filter import OrderFilter, filtered
from core.customers.rfm import RfmSpec, snapshot
from core.engine import Engine, parquet
from core.ingest.demo import ensure_demo
from core.ingest.report.version_details import read_details, read_rejects
from core.ingest.report.version_differences import Comparison, compare
from core.segments import segment_registry
from core.segments.drift import Drift
from core.segments.segment_registry import StoredModel
from core.segments.segment_summary import by_month, summarise
from core.settings import Settings
from core.ui.caching import cache
from core.workspace.disk.version_damage import damage_told
from core.workspace.records import Dataset, Version
from core.workspace.store import Workspace


@dataclass(frozen=True, kw_only=True)
class Key:
    """The state of a dataset that cached values belong to."""

    dataset_id: str
    version: int
    generation: int


@st.cache_resource(show_spinner=False)
def settings() -> Settings:
    """Return the settings of this process: the environment's, plus databases from Streamlit's secrets."""
    found = Settings.from_environment(os.environ)
    return replace(found, databases={**_secret_databases(), **found.databases})


@st.cache_resource(show_spinner="Opening the workspace…")
def workspace() -> Workspace:
    """Return the workspace; a new one starts with the demo shop."""
    opened = Workspace(settings().workspace, settings().catalog_url)
    ensure_demo(opened, engine(), settings().demo_shop)
    return opened


@st.cache_resource(show_spinner=False)
def engine() -> Engine:
    """Return the query engine, limited to the workspace and the demo shop."""
    return Engine.of(settings())


def key_of(dataset: Dataset) -> Key:
    """Return the key of a dataset's newest version."""
    return Key(dataset_id=dataset.id, version=dataset.latest, generation=dataset.generation)


@cache.copied()
def version(key: Key) -> Version:
    """Return the version with its quality report."""
    return workspace().version(key.dataset_id, key.version)


@cache.copied()
def details(key: Key) -> dict[str, Any]:
    """Return the version's examples and anomalies."""
    with damage_told(workspace(), version(key)):
        return read_details(version(key).folder)


@cache.copied()
def rejects(key: Key, most: int) -> pd.DataFrame:
    """Return the first rejected rows of the version: `file`, `line`, `reason`, `text`."""
    found: pd.DataFrame = read_rejects(version(key).folder, most).to_pandas()
    return found


@cache.copied("Collecting the rejected rows…")
def rejects_csv(key: Key) -> str:
    """Return all rejected rows of the version as CSV."""
    return to_csv(read_rejects(version(key).folder).to_pandas())


@cache.shared("Loading customers…")
def customers(key: Key, spec: RfmSpec) -> pd.DataFrame:
    """Return customers as of a date; columns of `core.schema.CUSTOMERS`. Shared by all sessions: don't modify."""
    with engine().session() as connection:
        orders, returns = tables(connection, key, "orders", "returns")
        found: pd.DataFrame = snapshot(orders, returns, spec).order_by("customer_id").execute()
    return found


def segment_model(key: Key, spec: RfmSpec) -> StoredModel:
    """Return the newest segment model, fitted first if there is none; not cached, since anyone may refit."""
    newest = segment_registry.newest_of(workspace(), key.dataset_id)
    return newest or segment_registry.newest_or_first(workspace(), version(key), customers(key, spec), spec.as_of)


@cache.shared("Assigning customers to segments…")
def segmented(key: Key, spec: RfmSpec, content: str) -> pd.DataFrame:
    """Return customers with their `segment` under a stored model. Shared by all sessions: don't modify."""
    found = customers(key, spec)
    stored = segment_registry.model_of(workspace(), key.dataset_id, content)
    return found.assign(segment=stored.model.assign(found))


@cache.copied()
def segment_summary(key: Key, spec: RfmSpec, content: str, names: tuple[str, ...]) -> pd.DataFrame:
    """Return cached results of `core.segments.segment_summary.summarise`."""
    return summarise(segmented(key, spec, content), names)


@cache.copied()
def drift(key: Key, spec: RfmSpec, used: str) -> Drift | None:
    """Return how far customers have drifted from the model in use, or None if its training data is unknown."""
    return segment_registry.model_of(workspace(), key.dataset_id, used).model.drift(customers(key, spec))


@cache.copied("Adding up months…")
def segment_months(key: Key, spec: RfmSpec, content: str, names: tuple[str, ...]) -> pd.DataFrame:
    """Return cached results of `core.segments.segment_summary.by_month`."""
    with engine().session() as connection:
        orders, returns = tables(connection, key, "orders", "returns")
        months = activity.customer_months(orders, returns).execute()
    return by_month(months, segmented(key, spec, content), names)


@cache.copied()
def monthly(key: Key) -> pd.DataFrame:
    """Return key figures per month in order, see `core.customers.activity.monthly`."""
    with engine().session() as connection:
        orders, returns = tables(connection, key, "orders", "returns")
        found: pd.DataFrame = activity.monthly(orders, returns).order_by("bucket").execute()
    return found


@cache.copied()
def windows(key: Key, as_of: date, days: int) -> dict[int, dict[Hashable, Any]]:
    """Return key figures of a period (0) and the previous one (1), see `core.customers.activity.windows`."""
    with engine().session() as connection:
        (orders,) = tables(connection, key, "orders")
        found: pd.DataFrame = activity.windows(orders, as_of, days).execute()
    return {int(row.pop("bucket")): row for row in with_ratios(found).to_dict("records")}


@cache.copied()
def ranking(key: Key, what: str, as_of: date, days: int, most: int) -> tuple[pd.DataFrame, float]:
    """Return the top `most` countries or products of a period by net revenue, and the net revenue of all of them."""
    start, end = activity.period(as_of, days)
    with engine().session() as connection:
        if what == "countries":
            orders, returns = tables(connection, key, "orders", "returns")
            table = activity.countries(orders, returns, start, end)
        else:
            (sold,) = tables(connection, key, "product_days")
            table = activity.products(sold, start, end)
        found: pd.DataFrame = table.execute()
    ordered = found.sort_values(["net", found.columns[0]], ascending=[False, True]).reset_index(drop=True)
    return ordered.head(most), float(found["net"].sum())


@cache.copied("Comparing versions…")
def comparison(before: Key, after: Key) -> Comparison:
    """Return the differences between two versions, see `core.ingest.report.version_differences`."""
    versions = (version(before), version(after))
    with damage_told(workspace(), *versions), engine().session() as connection:
        return compare(connection, *(one.folder for one in versions))


@cache.copied()
def country_names(key: Key, spec: RfmSpec) -> tuple[str, ...]:
    """Return the customers' countries, most customers first."""
    return tuple(map(str, customers(key, spec)["country"].value_counts().index))


def filtered_tables(
    connection: Backend, key: Key, spec: RfmSpec, content: str | None, chosen: OrderFilter
) -> tuple[ir.Table, ir.Table]:
    """Return the orders and returns that match a filter, to be queried in this session.

    `content` identifies the segment model; it may be None if no segment is chosen.
    """
    orders, returns = tables(connection, key, "orders", "returns")
    members = None
    if chosen.by_customer:
        ids = member_ids(key, spec, content, chosen)
        members = connection.create_table(ibis.util.gen_name("members"), ids.to_frame(), temp=True)
    return filtered(orders, chosen, members), filtered(returns, chosen, members)


def member_ids(key: Key, spec: RfmSpec, content: str | None, chosen: OrderFilter) -> pd.Series:
    """Return the ids of customers who match a filter, ignoring its dates."""
    found = customers(key, spec) if content is None else segmented(key, spec, content)
    if chosen.segment is not None:
        found = found[found["segment"] == chosen.segment]
    if chosen.country is not None:
        found = found[found["country"] == chosen.country]
    return found["customer_id"]


def with_ratios(figures: pd.DataFrame) -> pd.DataFrame:
    """Add `average` (revenue per order) and `repeat` (share of returning customers) to key figures."""
    return figures.assign(
        average=figures["revenue"] / figures["orders"].clip(lower=1),
        repeat=figures["repeat_customers"] / figures["customers"].clip(lower=1),
    )


def find_customers(key: Key, spec: RfmSpec, content: str, segment: str | None, search: str) -> pd.DataFrame:
    """Return the customers of a segment whose id or country contains a text, most valuable first."""
    found = _most_valuable_first(key, spec, content)
    if segment is not None:
        found = found[found["segment"] == segment]
    return matching(found, search)


def matching(customers: pd.DataFrame, search: str) -> pd.DataFrame:
    """Return customers whose id or country contains a text, ignoring case; all if it is empty."""
    text = search.strip().casefold()
    if not text:
        return customers
    inside = customers["customer_id"].str.casefold().str.contains(text, regex=False)
    inside |= customers["country"].fillna("").str.casefold().str.contains(text, regex=False)
    return customers[inside]


@cache.shared()
def _most_valuable_first(key: Key, spec: RfmSpec, content: str) -> pd.DataFrame:
    return segmented(key, spec, content).sort_values(["net", "customer_id"], ascending=[False, True])


@cache.copied()
def customers_csv(key: Key, spec: RfmSpec, content: str, segment: str | None, search: str) -> str:
    """Return the result of `find_customers` as CSV."""
    first = ["customer_id", "segment"]
    found = find_customers(key, spec, content, segment, search)
    return to_csv(found[[*first, *(name for name in found if name not in first)]])


def as_of(key: Key) -> RfmSpec:
    """Return RFM settings as of the day after the version's last order."""
    return RfmSpec.after(datetime.fromisoformat(version(key).report["last_order"]))


def first_day(key: Key) -> date:
    """Return the date of the version's first order."""
    return datetime.fromisoformat(version(key).report["first_order"]).date()


def last_day(key: Key) -> date:
    """Return the date of the version's last order."""
    return datetime.fromisoformat(version(key).report["last_order"]).date()


def _secret_databases() -> dict[str, str]:
    """Return the URLs under `[connections.NAME]` in `.streamlit/secrets.toml`, as used by `st.connection`."""
    known = st.secrets.get("connections", {}) if st.secrets.load_if_toml_exists() else {}
    return {str(name): str(values["url"]) for name, values in known.items() if "url" in values}


def tables(connection: Backend, key: Key, *names: str) -> tuple[ir.Table, ...]:
    """Return tables of the version by file name, to be queried in this session."""
    found = version(key)
    with damage_told(workspace(), found):
        return tuple(parquet(connection, found.folder / f"{name}.parquet") for name in names)
