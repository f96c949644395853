"""Cached computations of the RFM rules page, keyed by ids and frozen specs; see `core.ui.caching.cached`."""

from dataclasses import replace

import pandas as pd

from core.act.exports import to_csv
from core.customers.rfm import RfmSpec
from core.segments.rules import rfm_scores, rule_summary
from core.segments.rules.rfm_scores import ScoreSpec
from core.segments.rules.rule_maps import RfmMap, assign
from core.segments.segment_summary import summarise
from core.ui.caching import cache, cached
from core.ui.caching.cached import Key


@cache.shared("Scoring customers…")
def scored(key: Key, spec: RfmSpec, how: ScoreSpec) -> pd.DataFrame:
    """Return customers with scores, highest net value first. Shared by all sessions; don't modify it."""
    found = cached.customers(key, spec).sort_values(["net", "customer_id"], ascending=[False, True])
    return pd.concat([found, rfm_scores.score(found, how)], axis="columns")


@cache.copied()
def bins(key: Key, spec: RfmSpec, how: ScoreSpec) -> pd.DataFrame:
    """Return limits and sizes of the scores over all customers; see `core.segments.rules.rfm_scores.bins`."""
    found = scored(key, spec, how)
    return rfm_scores.bins(found, found, how)


@cache.copied()
def ties(key: Key, spec: RfmSpec) -> pd.DataFrame:
    """Return each feature's most common value; see `core.segments.rules.rfm_scores.ties`."""
    return rfm_scores.ties(cached.customers(key, spec))


def ruled(key: Key, spec: RfmSpec, rfm_map: RfmMap, country: str | None) -> pd.DataFrame:
    """Return scored customers of one or all countries with `segment` by the map's rules. Don't modify it."""
    return _ruled(key, spec, replace(rfm_map, name="-"), country)


@cache.copied()
def summary(key: Key, spec: RfmSpec, rfm_map: RfmMap, country: str | None) -> pd.DataFrame:
    """Return `core.segments.segment_summary.summarise` plus the `patterns` of each segment."""
    found = summarise(ruled(key, spec, rfm_map, country), rfm_map.segments)
    return found.assign(patterns=[patterns for _, patterns in rfm_map.rules])


@cache.copied()
def cells(key: Key, spec: RfmSpec, rfm_map: RfmMap, country: str | None) -> pd.DataFrame:
    """Return customers and revenue by pair of scores; see `core.segments.rules.rule_summary.grid`."""
    return rule_summary.grid(ruled(key, spec, rfm_map, country), rfm_map.scores.levels)


@cache.copied()
def split(
    key: Key, spec: RfmSpec, rfm_map: RfmMap, country: str | None, content: str, names: tuple[str, ...]
) -> pd.DataFrame:
    """Compare the rules with the stored segment model; see `core.segments.rules.rule_summary.split`."""
    by_rule = ruled(key, spec, rfm_map, country)["segment"]
    by_model = cached.segmented(key, spec, content)["segment"].loc[by_rule.index]
    return rule_summary.split(by_rule, by_model, rfm_map.segments, names)


def find(
    key: Key, spec: RfmSpec, rfm_map: RfmMap, country: str | None, segment: str | None, cell: str | None, search: str
) -> pd.DataFrame:
    """Return customers of a segment and a cell such as `54` whose id or country contains a text, best first."""
    found = ruled(key, spec, rfm_map, country)
    if segment is not None:
        found = found[found["segment"] == segment]
    if cell is not None:
        found = found[(found["recency_score"] == int(cell[0])) & (found["frequency_score"] == int(cell[1]))]
    return cached.matching(found, search)


@cache.copied()
def find_csv(
    key: Key, spec: RfmSpec, rfm_map: RfmMap, country: str | None, segment: str | None, cell: str | None, search: str
) -> str:
    """Return `find` as CSV."""
    found = find(key, spec, rfm_map, country, segment, cell, search)
    first = ["customer_id", "segment", *(rfm_scores.column(feature) for feature in rfm_scores.RFM_COLUMNS)]
    return to_csv(found[[*first, *(name for name in found if name not in first)]])


@cache.shared()
def _ruled(key: Key, spec: RfmSpec, rfm_map: RfmMap, country: str | None) -> pd.DataFrame:
    found = scored(key, spec, rfm_map.scores)
    if country is not None:
        found = found[found["country"] == country]
    return found.assign(segment=assign(found, rfm_map))
