"""Data quality: rows kept, rows excluded with reasons, and unusual values."""

import streamlit as st

from core.charts.sales import rows_kept as charts
from core.ingest.report.quality_report import REASON_TEXT
from core.numbers import count
from core.ui.caching import cached, drawn
from core.ui.quality import parts as quality_parts
from core.ui.shared import frame
from core.ui.shared.sentences import REASON_LABELS, quality_sentence
from core.ui.shared.view import current

view = current()
report = view.version.report
details = cached.details(view.key)

frame.header("Quality", quality_sentence(view), simulated=view.dataset.simulated)
frame.figures(quality_parts.figures(view))

removed = {REASON_LABELS[reason]: number for reason, number in report["removed"].items()}
frame.chart(
    drawn.once(charts.waterfall, report["rows_read"], removed, report["rows_kept"]),
    key="quality_waterfall",
    title="From rows read to rows kept",
    alt="Waterfall from rows read, less rows excluded for each reason, to rows kept",
    note="Each row is counted once, under the first reason that applies, from top to bottom.",
)

if details["oddities"]:
    st.subheader("Unusual data", anchor=False)
    st.caption("These rows are included. Check whether they should be.")
    quality_parts.oddities(details["oddities"])

st.subheader("Excluded rows", anchor=False)
for reason, number in report["removed"].items():
    if number:
        label = f"{REASON_LABELS[reason]}: {count(number)} rows"
        with st.expander(label, icon=":material/filter_alt_off:"):
            st.caption(f"Excluded because: {REASON_TEXT[reason]}. The first of them:")
            quality_parts.examples(details, reason, view)
if not any(report["removed"].values()):
    st.success("No rows were excluded.", icon=":material/check_circle:")

frame.next_step("pages/segment/segments.py", "Next: see your customer segments", "arrow_forward")
