"""Profiles of the customers in each segment shown."""

import streamlit as st

from core.charts.segments import segment_radar as charts
from core.charts.segments import treemap as segment_charts
from core.numbers import count
from core.segments.clustering.cluster_features import CLUSTER_FEATURES, Feature
from core.segments.segment_model import ClusterSpec
from core.ui.caching import drawn
from core.ui.clusters import cached as cached_clusters
from core.ui.shared import frame
from core.ui.shared.view import View


def profiles(view: View, wanted: ClusterSpec, used: str) -> None:
    """Draw revenue, levels, spreads and countries by segment."""
    asked = (view.key, view.spec, wanted, used)
    names = cached_clusters.explored(*asked).names
    summary = cached_clusters.explored_summary(*asked)
    with st.grid(2, min_column_width=380) as grid:
        with grid.cell():
            _radar(view, wanted, used)
        with grid.cell():
            for of in ("customers", "revenue"):
                frame.chart(
                    drawn.once(segment_charts.share_bars, summary, view.money, of=of),
                    key=f"clusters_share_{of}",
                    title=f"Share of {of}",
                    alt=f"Share of {of} by segment",
                    data=summary[["segment", of, f"{of[:-1] if of == 'customers' else of}_share"]],
                )
        for feature in cached_clusters.features_shown(wanted):
            with grid.cell():
                _spread(view, wanted, used, CLUSTER_FEATURES[feature])
        mix = cached_clusters.countries(*asked)
        if mix["country"].nunique() > 1:
            with grid.cell():
                frame.chart(
                    drawn.once(charts.country_mix, mix, names),
                    key="clusters_countries",
                    title="Countries",
                    alt="Countries of the customers of each segment",
                    note="The five countries with the most customers; the rest are combined.",
                    data=mix,
                )


def _radar(view: View, wanted: ClusterSpec, used: str) -> None:
    levels = cached_clusters.levels(view.key, view.spec, wanted, used)
    said = [
        f"{CLUSTER_FEATURES[feature].label} {_written(view, CLUSTER_FEATURES[feature], median)}"
        for feature, median in zip(levels["feature"], levels["median"], strict=True)
    ]
    labels = {name: CLUSTER_FEATURES[name].label.capitalize() for name in levels["feature"].unique()}
    frame.chart(
        drawn.once(charts.radar, levels.assign(said=said), wanted_names(view, wanted, used), labels),
        key="clusters_radar",
        title="The typical customer of each segment",
        alt="Level of each feature by segment",
        note="Median of each segment, as the share of all customers it beats; further out is better.",
        data=levels,
    )


def _spread(view: View, wanted: ClusterSpec, used: str, feature: Feature) -> None:
    table = cached_clusters.spreads(view.key, view.spec, wanted, used)
    shown = table[table["feature"] == feature.name]
    unit = view.money.symbol or "amount" if feature.unit == "money" else feature.unit
    frame.chart(
        drawn.once(
            charts.spread,
            shown,
            wanted_names(view, wanted, used),
            title=f"{feature.label.capitalize()}, {unit}",
            log=_is_skewed(feature),
        ),
        key=f"clusters_spread_{feature.name}",
        title=f"{feature.label.capitalize()} by segment",
        alt=f"Distribution of {feature.label} by segment",
        note=f"{feature.definition} Box: the middle half of customers. Line: median. Whiskers exclude 5% at each end.",
        data=shown,
    )


def wanted_names(view: View, wanted: ClusterSpec, used: str) -> tuple[str, ...]:
    """Return the names of the segments shown."""
    return cached_clusters.explored(view.key, view.spec, wanted, used).names


def _is_skewed(feature: Feature) -> bool:
    """Return whether a feature needs a logarithmic axis: money and counts span powers of ten, days a few hundred."""
    return feature.unit != "days"


def _written(view: View, feature: Feature, value: float) -> str:
    return view.money.short(value) if feature.unit == "money" else f"{count(value)} {feature.unit}"
