"""The frame around every page: navigation by groups, the dataset picker, and errors in words."""

import streamlit as st

from core.ui.held_uploads import page_runs
from core.ui.shared import state
from core.ui.shared.failures import warn_of_disk
from core.ui.shared.frame import PROJECT
from core.ui.shared.job_progress import sidebar_indicator
from core.ui.shared.view import pick_dataset, say_if_gone, say_stopped

_HERE = PROJECT / "core" / "ui"
st.set_page_config(page_title="Clientele", page_icon=str(_HERE / "mark.svg"), layout="wide")
st.logo(_HERE / "logo.svg", size="large", icon_image=_HERE / "mark.svg")

_PAGES = PROJECT / "pages"

navigation = st.navigation(
    {
        "Explore": [
            st.Page(
                _PAGES / "explore" / "home.py",
                title="Home",
                icon=":material/home:",
                default=True,
                help="What the orders say in one screen, and where to go next.",
            ),
            st.Page(
                _PAGES / "explore" / "overview.py",
                title="Overview",
                icon=":material/monitoring:",
                help="Revenue, orders and customers against the period before; top countries and products.",
            ),
            st.Page(
                _PAGES / "explore" / "rfm.py",
                title="Customer value",
                icon=":material/equalizer:",
                help="Recency, frequency and money of your customers, how few bring most, and who is late.",
            ),
            st.Page(
                _PAGES / "explore" / "cohorts.py",
                title="Cohorts",
                icon=":material/grid_on:",
                help="Customers by the month of their first order: who came back, and what they have brought.",
            ),
            st.Page(
                _PAGES / "explore" / "products.py",
                title="Products",
                icon=":material/inventory_2:",
                help="What sells, what customers begin with, what comes back, and what is bought together.",
            ),
            st.Page(
                _PAGES / "explore" / "profile.py",
                title="Profile",
                icon=":material/table_chart:",
                help="Each column of the data: types, missing and different values, extremes, distributions.",
            ),
        ],
        "Segment": [
            st.Page(
                _PAGES / "segment" / "segments.py",
                title="Segments",
                icon=":material/groups:",
                help="Named customer segments: revenue, medians, what to do, and who is in each.",
            ),
            st.Page(
                _PAGES / "segment" / "movement.py",
                title="Movement",
                icon=":material/moving:",
                help="Who moved between segments from one date to another, why, and who just slipped.",
            ),
            st.Page(
                _PAGES / "segment" / "clusters.py",
                title="Clusters",
                icon=":material/bubble_chart:",
                help="How many segments hold, what they look like on a map, and which ones are used.",
            ),
            st.Page(
                _PAGES / "segment" / "rules.py",
                title="RFM rules",
                icon=":material/grid_on:",
                help="Segments by rules on recency, frequency and monetary scores; choose a map or edit your own.",
            ),
        ],
        "Predict": [
            st.Page(
                _PAGES / "predict" / "outlook.py",
                title="Outlook",
                icon=":material/insights:",
                help="What each customer is expected to do next, what that adds up to, and who is worth saving.",
            ),
            st.Page(
                _PAGES / "predict" / "train.py",
                title="Train",
                icon=":material/model_training:",
                help="Models compete to say who buys, how much, and which segment comes next; judged on past dates.",
            ),
            st.Page(
                _PAGES / "predict" / "score.py",
                title="Score",
                icon=":material/speed:",
                help="What one customer will do next, while you type: from four numbers, or from the orders.",
            ),
        ],
        "Explain": [
            st.Page(
                _PAGES / "explain" / "drivers.py",
                title="Drivers",
                icon=":material/tune:",
                help="What a model's predictions come from, over all customers, judged on a period it has not seen.",
            ),
            st.Page(
                _PAGES / "explain" / "customer.py",
                title="Customer",
                icon=":material/person_search:",
                help="One customer: who this is, what comes next, why, and what would change it.",
            ),
            st.Page(
                _PAGES / "explain" / "card.py",
                title="Model card",
                icon=":material/id_card:",
                help="How true a model is, where it is weak, what it is made of, and what it cannot know.",
            ),
        ],
        "Data": [
            st.Page(
                _PAGES / "data" / "upload.py",
                title="Upload",
                icon=":material/upload:",
                help="Bring an order export: a new dataset, or more orders for one you have.",
            ),
            st.Page(
                _PAGES / "data" / "quality.py",
                title="Quality",
                icon=":material/fact_check:",
                help="Every row read: which count, which do not, and why.",
            ),
            st.Page(
                _PAGES / "data" / "versions.py",
                title="Versions",
                icon=":material/history:",
                help="What each upload changed; restore or delete a version, and see who did what.",
            ),
            st.Page(
                _PAGES / "data" / "jobs.py",
                title="Jobs",
                icon=":material/hourglass_top:",
                help="Long work that runs beside the pages: how far it is, and how it ended.",
            ),
        ],
    },
    expanded=True,
)

try:
    state.visit(navigation.url_path)
    with st.sidebar:
        gone = pick_dataset()
        sidebar_indicator()
        warn_of_disk()
    say_if_gone(gone)
    with page_runs(navigation.url_path):
        navigation.run()
except Exception as error:  # noqa: BLE001  raised again where there are no words for it
    say_stopped(error)
