"""The frame around every page: navigation by groups, the dataset picker, and error messages."""

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
                help="Your key figures on one screen.",
            ),
            st.Page(
                _PAGES / "explore" / "overview.py",
                title="Overview",
                icon=":material/monitoring:",
                help="Revenue, orders and customers against the previous period; top countries and products.",
            ),
            st.Page(
                _PAGES / "explore" / "rfm.py",
                title="Customer value",
                icon=":material/equalizer:",
                help="Recency, frequency and spend of your customers, revenue concentration, and overdue customers.",
            ),
            st.Page(
                _PAGES / "explore" / "cohorts.py",
                title="Cohorts",
                icon=":material/grid_on:",
                help="Retention and revenue by month of first order.",
            ),
            st.Page(
                _PAGES / "explore" / "products.py",
                title="Products",
                icon=":material/inventory_2:",
                help="Best sellers, first purchases, returns, and products bought together.",
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
                help="Customers who changed segment between two dates, and who just slipped.",
            ),
            st.Page(
                _PAGES / "segment" / "clusters.py",
                title="Clusters",
                icon=":material/bubble_chart:",
                help="The number of segments, their map and profiles, and the model in use.",
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
                help="Forecasts for each customer, their totals, and customers worth winning back.",
            ),
            st.Page(
                _PAGES / "predict" / "train.py",
                title="Train",
                icon=":material/model_training:",
                help="Train and compare models on past dates: chance to buy, spend, next segment.",
            ),
            st.Page(
                _PAGES / "predict" / "score.py",
                title="Score",
                icon=":material/speed:",
                help="An instant forecast for one customer, from four numbers or their orders.",
            ),
        ],
        "Explain": [
            st.Page(
                _PAGES / "explain" / "drivers.py",
                title="Drivers",
                icon=":material/tune:",
                help="The main drivers of a model's predictions, tested on unseen data.",
            ),
            st.Page(
                _PAGES / "explain" / "customer.py",
                title="Customer",
                icon=":material/person_search:",
                help="One customer's history, forecast, reasons and what-if.",
            ),
            st.Page(
                _PAGES / "explain" / "card.py",
                title="Model card",
                icon=":material/id_card:",
                help="A model's accuracy, weaknesses, recipe and limits.",
            ),
        ],
        "Data": [
            st.Page(
                _PAGES / "data" / "upload.py",
                title="Upload",
                icon=":material/upload:",
                help="Upload an order export: a new dataset, or more orders for an existing one.",
            ),
            st.Page(
                _PAGES / "data" / "quality.py",
                title="Quality",
                icon=":material/fact_check:",
                help="Valid and excluded rows, with reasons.",
            ),
            st.Page(
                _PAGES / "data" / "versions.py",
                title="Versions",
                icon=":material/history:",
                help="Changes by upload; restore or delete versions, and see the activity log.",
            ),
            st.Page(
                _PAGES / "data" / "jobs.py",
                title="Jobs",
                icon=":material/hourglass_top:",
                help="Background jobs: progress and results.",
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
