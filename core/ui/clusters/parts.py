"""The parts of the Clusters page: the number of segments, and other algorithms."""

from typing import Final

import pandas as pd
import streamlit as st

from core.charts.segments import cluster_criteria as charts
from core.charts.segments.cluster_criteria import Criterion
from core.numbers import count, share
from core.segments.choosing import algorithms_job
from core.segments.choosing.algorithms_job import AlgorithmsSpec
from core.segments.choosing.k_comparison import Sweep
from core.segments.choosing.verdict import verdict
from core.ui.caching import drawn
from core.ui.clusters import cached as cached_clusters
from core.ui.clusters import view as clusters_view
from core.ui.clusters.view import BOOTSTRAPS, Asked, Found
from core.ui.shared import frame, results, state
from core.ui.shared.frame import Figure
from core.ui.shared.view import View

TABS: Final = ("How many", "Map", "Profiles", "Algorithms", "Compare and adopt")


def tab() -> str:
    """Draw the choice of the page's section and return it."""
    return frame.select(
        st.segmented_control, "Show", state.SHOWN, TABS, TABS[0], label_visibility="collapsed", required=True
    )


def sweep_of(view: View, asked: Asked) -> tuple[Sweep, str] | None:
    """Return the results for each number of segments and their folder; None while the job runs."""
    folder = results.result(view, "sweep", asked.sweep_spec(view), title="Comparing 2 to 12 segments")
    return (cached_clusters.sweep(str(folder)), str(folder)) if folder else None


def sentence(found: Found) -> str:
    """Explain the recommendation, or how the chosen number differs."""
    if found.k == found.recommended.k:
        return found.recommended.reason
    small = share(found.shown.smallest / found.customers)
    return (
        f"{found.k} segments shown; {found.recommended.k} recommended. The smallest of the {found.k} has "
        f"{small} of customers, and the stability is {_number(found.shown.stability_ari)}."
    )


def figures(found: Found) -> list[Figure]:
    """Return the metrics of the number of segments shown."""
    shown, sampled = found.shown, ""
    if shown.sampled and shown.silhouette_se is not None:
        sampled = f" Of a sample of {count(shown.sampled)} customers; standard error {shown.silhouette_se:.3f}."
    return [
        Figure("clusters_recommended", "Recommended", str(found.recommended.k), found.recommended.reason),
        Figure("clusters_shown", "Shown", str(found.k), "Number of segments on this page; change it in the sidebar."),
        Figure(
            "clusters_smallest",
            "Smallest segment",
            share(shown.smallest / found.customers),
            f"{count(shown.smallest)} of {count(found.customers)} customers.",
        ),
        Figure(
            "clusters_stability",
            "Stability",
            _number(shown.stability_ari),
            "Mean adjusted Rand index between these segments and those of 100 resampled shops; in the worst tenth of "
            f"them {_number(shown.stability_p10)}. 1 is the same every time, 0 is chance.",
        ),
        Figure(
            "clusters_silhouette",
            "Silhouette",
            _number(shown.silhouette),
            f"How much closer customers are to their own segment than to the next; 1 is best.{sampled}",
        ),
    ]


def how_many(asked: Asked, found: Found) -> None:
    """Draw one small chart per criterion and the table of all candidates."""
    table, rule, low = found.candidates, asked.rule, "stability_p10"
    criteria = (
        ("Stability", "Agreement with the segments of resampled shops. The band extends to the worst tenth.",
         Criterion(column="stability_ari", label="Mean adjusted Rand index", least=rule.least_ari, low=low)),
        ("Smallest segment", "Share of customers in the smallest segment.",
         Criterion(column="smallest_share", label="Smallest:", least=rule.smallest_share, percent=True)),
        ("Silhouette", "How clearly segments are separated; 1 is best. Few segments nearly always score best.",
         Criterion(column="silhouette", label="Silhouette")),
        ("Elbow", "Squared distance to the centroids (WCSS). Beyond the elbow, more segments help less.",
         Criterion(column="wcss", label="WCSS", marked=found.knee)),
        ("Davies–Bouldin", "Overlap of neighbouring segments, lower is better.",
         Criterion(column="davies_bouldin", label="Davies–Bouldin")),
        ("Caliński–Harabasz", "Spread between segments divided by spread within them; higher is better.",
         Criterion(column="calinski_harabasz", label="Caliński–Harabasz")),
    )  # fmt: skip
    with st.grid(3, min_column_width=300) as grid:
        for title, note, of in criteria:
            with grid.cell():
                columns = ["k", of.column, *([of.low] if of.low else [])]
                frame.chart(
                    drawn.once(charts.by_number, table, of, chosen=found.k),
                    key=f"clusters_{of.column}",
                    title=title,
                    alt=f"{title} for each number of segments",
                    note=note,
                    data=table[columns],
                )
    with st.expander("All figures", icon=":material/table:"):
        st.dataframe(
            table, hide_index=True, column_config=_CANDIDATE_COLUMNS, column_order=list(_CANDIDATE_COLUMNS),
            alt="Figures for each number of segments", key="clusters_candidates",
        )  # fmt: skip


def silhouette_plot(view: View, asked: Asked, found: Found, used: str, folder: str) -> None:
    """Show how well customers fit their segments, for the number shown."""
    wanted = asked.cluster_spec(found.k)
    names = cached_clusters.explored(view.key, view.spec, wanted, used).names
    shown = cached_clusters.silhouettes(view.key, view.spec, wanted, used, folder)
    of = count(found.shown.sampled) if found.shown.sampled else f"all {count(found.customers)}"
    frame.chart(
        drawn.once(charts.silhouettes, shown, names, found.shown.silhouette or 0.0),
        key="clusters_silhouettes",
        title=f"Silhouette of each customer with {found.k} segments",
        alt="Silhouettes of customers, sorted within each segment",
        note=f"Computed for {of} customers. 1 is well inside a segment, 0 on the border; customers below zero are "
        "closer to another segment. The dashed line is the mean.",
        data=shown,
    )


def algorithms(view: View, asked: Asked, found: Found) -> None:
    """Compare other clustering algorithms on the same customers."""
    wanted = asked.cluster_spec(found.k)
    spec = AlgorithmsSpec(
        scaling=wanted.scaling,
        as_of=view.spec.as_of,
        k=found.k,
        bootstraps=clusters_view.ALGORITHM_BOOTSTRAPS,
        seed=wanted.seed,
    )
    folder = results.result(view, algorithms_job.KIND, spec.to_json(), title="Comparing algorithms")
    if folder is None:
        return
    compared = cached_clusters.compared(str(folder))
    st.markdown(frame.escape_markdown(verdict(compared, found.k)))
    if not compared:
        return
    table = pd.DataFrame([row.to_json() for row in compared])
    table["smallest_share"] = table["smallest"] / table["customers"]
    st.dataframe(
        table, hide_index=True, column_config=_ALGORITHM_COLUMNS, column_order=list(_ALGORITHM_COLUMNS),
        alt="Algorithms compared", key="clusters_algorithms", placeholder="",
    )  # fmt: skip
    sample = f"a seeded sample of {count(compared[0].customers)} customers" if compared[0].sampled else "all customers"
    st.caption(
        f"On {sample}, each with {compared[0].bootstraps} resampled shops, so stability differs slightly from the "
        f"{BOOTSTRAPS} above. DBSCAN and HDBSCAN find the number of segments themselves, and exclude outliers."
    )


def notebook_note() -> None:
    """Explain the purpose and limits of the notebook preset."""
    st.info(
        "As in this project's original notebook, quantities and prices are clipped, customers are split by country, "
        "and no logarithms are taken. Silhouettes are high because a handful of very large customers form their own "
        "segment, which is too small for a campaign. The preset is for comparison and can't be adopted.",
        icon=":material/info:",
    )


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


_column = st.column_config
_CANDIDATE_COLUMNS: Final = {
    "k": _column.NumberColumn("Segments"),
    "smallest": _column.NumberColumn("Smallest, customers", format="localized"),
    "smallest_share": _column.NumberColumn("Smallest, share", format="percent"),
    "stability_ari": _column.NumberColumn("Stability (ARI)", format="%.3f", help="Mean over resampled shops."),
    "stability_p10": _column.NumberColumn("Worst tenth (ARI)", format="%.3f", help="10th percentile."),
    "silhouette": _column.NumberColumn("Silhouette", format="%.4f"),
    "silhouette_se": _column.NumberColumn("± standard error", format="%.4f", help="If computed on a sample."),
    "davies_bouldin": _column.NumberColumn("Davies–Bouldin", format="%.3f", help="Lower is better."),
    "calinski_harabasz": _column.NumberColumn("Caliński–Harabasz", format="%.0f", help="Higher is better."),
    "wcss": _column.NumberColumn("WCSS", format="%.1f", help="Sum of squared distances to the centroids."),
}
_ALGORITHM_COLUMNS: Final = {
    "algorithm": _column.TextColumn("Algorithm", pinned=True),
    "k": _column.NumberColumn("Requested"),
    "clusters": _column.NumberColumn("Segments"),
    "smallest_share": _column.NumberColumn("Smallest", format="percent"),
    "noise_share": _column.NumberColumn("Outliers", format="percent", help="Classed as noise, in no cluster."),
    "silhouette": _column.NumberColumn("Silhouette", format="%.3f", help="Without outliers."),
    "davies_bouldin": _column.NumberColumn("Davies–Bouldin", format="%.3f"),
    "calinski_harabasz": _column.NumberColumn("Caliński–Harabasz", format="%.0f"),
    "stability_ari": _column.NumberColumn("Stability (ARI)", format="%.3f", help="Mean over resampled shops."),
    "stability_se": _column.NumberColumn("± standard error", format="%.3f"),
    "assigns_new": _column.CheckboxColumn("Assigns new customers", help="Without fitting again."),
    "customers": _column.NumberColumn("Customers used", format="localized", help="A sample where it does not scale."),
    "seconds": _column.NumberColumn("Seconds", format="%.2f", help="For one fit."),
    "how": _column.TextColumn("How", width="medium"),
}
