"""Bring an order export: see how it is read, correct it, and make or extend a dataset."""

import streamlit as st

from core.ui import cached, frame, upload_parts, uploads

frame.header(
    "Upload orders",
    "Drop your shop's order export: you see how it is read before anything is stored.",
    simulated=False,
)
if done := st.session_state.get("upload_done"):
    upload_parts.show_result(done)

files = st.file_uploader(
    "Order files",
    accept_multiple_files=True,
    key=f"upload_files_{st.session_state.get('upload_round', 0)}",
    help="CSV, XLSX or Parquet, also gzipped. Several files at once count as one log.",
)
if not files:
    upload_parts.explain()
    st.stop()
st.session_state.pop("upload_done", None)

uploaded = [upload_parts.Upload(staged=uploads.stage(file), name=file.name) for file in files]
reading = st.container()  # shown first, but how times are read depends on the dataset they go to
target = upload_parts.choose_target(uploaded, cached.workspace().datasets())
with reading:
    plans = upload_parts.map_columns(uploaded, upload_parts.timezone_of(target))
ready = plans is not None and target is not None
if (
    st.button("Read the orders", type="primary", icon=":material/play_arrow:", disabled=not ready, key="upload_go")
    and plans
    and target
):
    upload_parts.run_import(plans, target, uploaded)
