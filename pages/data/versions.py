"""Versions of a dataset: changes by upload, restore and delete, and the activity log."""

from core.charts.sales import version_revenue as charts
from core.ui.caching import cached, drawn
from core.ui.shared import frame
from core.ui.shared.view import current
from core.ui.versions import parts as versions_parts
from core.ui.versions import view as versions_view

view = current()
versions = cached.workspace().versions(view.dataset.id)
there = versions_view.left(versions)

if len(there) == 1:
    versions_parts.nothing_to_compare(view, there[0])
elif pair := versions_view.choose_pair(view, versions):
    frame.header("Versions", versions_view.sentence(pair), simulated=view.dataset.simulated)
    versions_parts.show_note()
    frame.figures(versions_view.figures(pair, view))
    frame.chart(
        drawn.once(charts.revenue_changed, pair.found.months, view.money),
        key="versions_months",
        title=f"Revenue by month, version {pair.after.version} vs version {pair.before.version}",
        alt="Gross revenue by month of two versions: in both, added and removed",
        note="Gross revenue of included orders.",
    )
    versions_parts.orders(pair, view)

versions_parts.table(versions, view)
versions_parts.actions(versions, view)
versions_parts.trail(view)
frame.next_step("pages/data/quality.py", "Next: check data quality", "arrow_forward")
