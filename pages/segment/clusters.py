"""The analysts' page: number of segments, their profiles, and the ones in use."""

import streamlit as st

from core.errors import TooLittleDataError
from core.ui.caching import cached
from core.ui.clusters import adopt_segments, cluster_profiles, scatter
from core.ui.clusters import parts as clusters_parts
from core.ui.clusters import view as clusters_view
from core.ui.shared import frame
from core.ui.shared.view import current

view = current()
try:
    used = cached.segment_model(view.key, view.spec)
except TooLittleDataError as error:
    frame.header("Clusters", "There are too few customers to form segments.", simulated=view.dataset.simulated)
    st.info(frame.escape_markdown(str(error)), icon=":material/groups:")
    frame.next_step("pages/data/upload.py", "Add more orders", "upload")
    st.stop()

asked = clusters_view.ask(used)
top = st.container()
swept = clusters_parts.sweep_of(view, asked)
if swept is None:
    with top:
        frame.header("Clusters", "Finding the best number of segments…", simulated=view.dataset.simulated)
    st.stop()

sweep, folder = swept
with top:
    group = clusters_view.group_of(sweep)
    found = clusters_view.found(asked, group)
    frame.header("Clusters", clusters_parts.sentence(found), simulated=view.dataset.simulated)
    frame.figures(clusters_parts.figures(found))

if asked.preset == clusters_view.NOTEBOOK:
    clusters_parts.how_many(asked, found)
    clusters_parts.notebook_note()
    st.stop()

wanted = asked.cluster_spec(found.k)
content = used.content
match clusters_parts.tab():
    case "How many":
        clusters_parts.how_many(asked, found)
        clusters_parts.silhouette_plot(view, asked, found, content, folder)
    case "Map":
        scatter.customer_map(view, wanted, content)
    case "Algorithms":
        clusters_parts.algorithms(view, asked, found)
    case "Profiles":
        cluster_profiles.profiles(view, wanted, content)
    case _:
        adopt_segments.model_in_use(view, used)
        adopt_segments.adoption(view, used, wanted)
        adopt_segments.names(view, used)
frame.next_step("pages/segment/segments.py", "Next: see the value of each segment in use", "groups")
