"""Warm-up for the first visitor: opens the demo shop and computes the landing page's figures."""

from core.charts import ranked_bars as bars  # noqa: F401  importing Plotly takes a second
from core.charts.sales import revenue_over_time as revenue  # noqa: F401  importing Plotly takes a second
from core.charts.sales import rows_kept as quality  # noqa: F401  importing Plotly takes a second
from core.charts.segments import treemap as segments  # noqa: F401  importing Plotly takes a second
from core.errors import TooLittleDataError
from core.ui.caching import cached


def first_page() -> None:
    """Open the workspace and compute the landing page's figures for its first dataset.

    Raises
    ------
    ClienteleError
        If the workspace cannot be opened.
    """
    datasets = cached.workspace().datasets()
    if not datasets:
        return
    key = cached.key_of(datasets[0])
    spec = cached.as_of(key)
    cached.monthly(key)
    try:
        stored = cached.segment_model(key, spec)
    except TooLittleDataError:
        return
    cached.segment_summary(key, spec, stored.content, stored.model.names)
