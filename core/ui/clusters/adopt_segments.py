"""The segment model in use: its drift, what adopting another would change, and segment names."""

from typing import Final

import streamlit as st

from core.charts.segments import cluster_criteria as charts
from core.errors import ClienteleError
from core.numbers import count, day, share
from core.segments import segment_registry
from core.segments.clustering.cluster_features import CLUSTER_FEATURES
from core.segments.clustering.scaling import SCALINGS
from core.segments.drift import FAR_MANY, MOVED, SHIFTED, Drift
from core.segments.segment_model import LONGEST_NAME, ClusterSpec, SegmentModel
from core.segments.segment_registry import StoredModel
from core.ui.caching import cached, drawn
from core.ui.clusters import cached as cached_clusters
from core.ui.shared import frame, state
from core.ui.shared.view import View
from core.ui.shared.visitor import who
from core.workspace.records import By

_VERDICTS: Final = {
    "steady": ("Your customers still match the ones these segments were built on.", "check_circle"),
    "shifted": ("Your customer base has changed slightly since these segments were built. Check again soon.", "info"),
    "moved": ("Your customer base has changed since these segments were built. Refit them.", "warning"),
}
_DONE: Final = "clusters_done"
_FAILED: Final = "clusters_failed"


def model_in_use(view: View, stored: StoredModel) -> None:
    """Describe the segment model in use and whether it still fits."""
    st.subheader("The model in use", anchor=False)
    model = stored.model
    features = ", ".join(CLUSTER_FEATURES[name].label for name in model.scaler.spec.features)
    st.markdown(
        f"Segment model {stored.model_version}: K-Means with {model.spec.k} segments on {features}. "
        f"{SCALINGS[model.scaler.spec.scaling]}. Fitted on version {stored.fitted_on} as of {day(stored.as_of)} and "
        "frozen: later orders are assigned to it, so customers only move when their behaviour changes."
    )
    if done := st.session_state.pop(_DONE, None):
        st.success(done, icon=":material/check:")
    drift = cached.drift(view.key, view.spec, stored.content)
    if drift is None:
        st.info("This model predates drift measurement. Refit it to measure drift.", icon=":material/info:")
        return
    text, icon = _VERDICTS[drift.verdict]
    say = st.warning if drift.verdict == "moved" else st.info if drift.verdict == "shifted" else st.success
    say(f"{text} {_far(drift)}", icon=f":material/{icon}:")
    labels = [CLUSTER_FEATURES[name].label.capitalize() for name in drift.features["feature"]]
    labelled = drift.features.assign(label=labels)
    with st.expander("How this is measured", icon=":material/straighten:"):
        frame.chart(
            drawn.once(charts.stability_index, labelled, (SHIFTED, MOVED)),
            key="clusters_drift",
            title="Population stability index by feature",
            alt="Population stability index of each feature",
            note=f"Compares today's customers with those at the fit over ten bins. From {SHIFTED:.2f}, keep an eye on "
            f"it; from {MOVED:.2f}, or from {share(FAR_MANY)} of customers far from every centre, refit.",
            data=labelled,
        )


def adoption(view: View, stored: StoredModel, wanted: ClusterSpec) -> None:
    """Compare the segments shown with those in use, with a button to adopt them."""
    if failed := st.session_state.pop(_FAILED, None):
        frame.error(failed)
    same = stored.model.spec == wanted
    st.subheader("Refit the same segments" if same else "Changes from adopting these segments", anchor=False)
    if same and stored.fitted_on == view.version.version:
        st.info(
            "These are the segments in use, fitted on the current orders. Choose another number or scaling in the "
            "sidebar, or come back after the next upload, to preview changes.",
            icon=":material/check_circle:",
        )
        return
    found = cached_clusters.difference(view.key, view.spec, wanted, stored.content)
    after = cached_clusters.explored(view.key, view.spec, wanted, stored.content)
    st.markdown(
        f"{count(found.moved)} of {count(found.customers)} customers ({share(found.moved / found.customers)}) would be "
        f"in another segment. Agreement between the two is {found.ari:.2f}, where 1 is the same segments and 0 is "
        "chance (adjusted Rand index)."
    )
    frame.chart(
        drawn.once(charts.confusion, found.matrix, stored.model.names, after.names),
        key="clusters_difference",
        title="From the segments in use (rows) to those shown (columns)",
        alt="Customers by segment in use and segment shown",
        data=found.matrix,
    )
    st.button(
        "Use these segments",
        type="primary",
        icon=":material/check:",
        key="clusters_adopt",
        on_click=_adopt,
        args=(view, after, stored.model_version),
    )
    st.caption("All pages and exports change at once. Earlier models are stored, with who changed them and when.")


def _adopt(view: View, model: SegmentModel, seen: int) -> None:
    """Adopt the segments shown, unless someone else has adopted others in the meantime."""
    try:
        adopted = segment_registry.adopt(
            cached.workspace(), view.version, model, view.spec.as_of, By(who=who()), instead_of=seen
        )
    except ClienteleError as error:
        st.session_state[_FAILED] = str(error)
        return
    st.session_state[_DONE] = f"Segment model {adopted.model_version} is now in use on every page."


def names(view: View, stored: StoredModel) -> None:
    """Draw the form that renames the segments in use."""
    st.subheader("Names", anchor=False)
    st.markdown("The new name appears on every page and in every export, and survives a refit.")
    with st.form("clusters_names", border=False):
        left, middle, right = st.columns([2, 2, 1], vertical_alignment="bottom")
        old = left.selectbox(
            "Segment", stored.model.names, key=state.anew("clusters_name_of", stored.model.names[0], stored.model.names)
        )
        new = middle.text_input("New name", max_chars=LONGEST_NAME, key=state.anew("clusters_name_new", ""))
        renamed = right.form_submit_button("Rename", icon=":material/edit:", width="stretch", key="clusters_rename")
    if renamed:
        try:
            segment_registry.rename(cached.workspace(), view.dataset.id, old, new, By(who=who()))
        except ClienteleError as error:
            frame.error(str(error))
            return
        st.session_state[_DONE] = (
            f"Renamed “{frame.escape_markdown(old)}” to “{frame.escape_markdown(new.strip())}” on every page."
        )
        st.rerun()


def _far(drift: Drift) -> str:
    return (
        f"The largest population stability index is {drift.worst:.2f}, and {share(drift.far_share)} of customers are "
        "far from every segment's centre (1% were at the fit)."
    )
