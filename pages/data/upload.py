"""Upload of an order export: preview, correct and import it into a dataset."""

import streamlit as st

from core.ui.caching import cached
from core.ui.shared import frame
from core.ui.upload import parts as upload_parts

frame.header(
    "Upload orders",
    "Drop your shop's order export here. You see a preview before anything is stored.",
    simulated=False,
)
running = st.container()
files = upload_parts.choose_files()
with running:
    upload_parts.follow_job(with_result=not files)
if not files:
    upload_parts.explain()
    st.stop()
reading = st.container()  # drawn above, but time parsing depends on the target chosen below
target = upload_parts.choose_target(files, cached.workspace().datasets())
with reading:
    tables = upload_parts.read_files(files)
    settled = upload_parts.settle_all(tables, upload_parts.timezone_of(target)) if tables else None
if (
    st.button(
        upload_parts.go_label(target),
        type="primary",
        icon=":material/play_arrow:",
        disabled=settled is None or target is None,
        key="upload_go",
    )
    and settled
    and target
):
    upload_parts.submit(settled, target)
upload_parts.say_what_is_missing(settled, target)
