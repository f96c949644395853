"""The Cohorts page for the demo shop, with orders from September 2023 to the end of September 2026."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.segments.naming import LOYAL
from tests.pages.conftest import Open, choose

PAGE = "explore/cohorts.py"
CHARTS = ["cohorts_retention_map", "cohorts_retention_curves", "cohorts_revenue_map", "cohorts_revenue_curves"]


def charts(app: AppTest) -> dict[str, str]:
    """Return the data of each chart by key."""
    drawn = app.get("plotly_chart")
    return {key: next(chart.proto.spec for chart in drawn if f"-{key}" in chart.proto.id) for key in CHARTS}


def figures(app: AppTest) -> dict[str, str]:
    """Return the key figures."""
    return {metric.label: metric.value for metric in app.metric}


def sizes(app: AppTest) -> Any:
    """Return the table of cohorts."""
    return app.dataframe[0].value


def caveats(app: AppTest) -> str:
    """Return the caveats below the title."""
    return app.caption[0].value.replace("\\", "")


def test_it_says_how_many_come_back(open_page: Open) -> None:
    app = open_page(PAGE)
    said = next(element.value for element in app.markdown if element.value.startswith("#####")).replace("\\", "")
    assert "who first ordered from Oct 2023 to Jun 2026, 54% ordered again within 90 days" in said
    assert "; for the latest cohort (Jun 2026, 87 customers): 55%" in said
    assert figures(app)["Customers"] == "5,000"
    assert sizes(app)["size"].sum() == 5_000
    assert "Sep 2023* is the first month of data" in caveats(app)
    assert len([button for button in app.download_button if button.label == "CSV"]) == len(CHARTS)
    assert all(chart.proto.alt for chart in app.get("plotly_chart"))
    assert all(metric.proto.help for metric in app.metric)


def test_unit_changes_the_charts_and_nothing_else(open_page: Open) -> None:
    app = open_page(PAGE)
    before, numbers, table = charts(app), figures(app), sizes(app)
    choose(app, "unit_widget", "absolute")
    assert app.query_params["unit"] == "absolute"
    after = charts(app)
    assert all(before[key] != after[key] for key in CHARTS)
    assert figures(app) == numbers
    assert sizes(app).equals(table)


@pytest.mark.parametrize(("name", "value"), [("country", "Germany"), ("segment", LOYAL)])
def test_filter_by_customers_changes_all_that_is_shown(open_page: Open, name: str, value: str) -> None:
    app = open_page(PAGE)
    before = charts(app)
    choose(app, f"{name}_widget", value)
    assert app.query_params[name] == value
    after = charts(app)
    assert all(before[key] != after[key] for key in CHARTS)
    assert sizes(app)["size"].sum() < 5_000
    assert ("Segments are those of today" in caveats(app)) == (name == "segment")


def test_days_choose_cohorts_and_keep_their_later_orders(open_page: Open) -> None:
    whole = sizes(open_page(PAGE)).set_index("cohort")
    app = open_page(PAGE, since="2025-01-01", until="2025-06-30")
    chosen = sizes(app).set_index("cohort")
    assert chosen.index.strftime("%Y-%m").tolist() == ["2025-06", "2025-05", "2025-04", "2025-03", "2025-02", "2025-01"]
    assert chosen.equals(whole.loc[chosen.index])
    assert "The days choose customers by their first order" in caveats(app)
    assert "log begins" not in caveats(app)


def test_days_without_first_orders_say_so(open_page: Open) -> None:
    app = open_page(PAGE, country="Germany", since="2026-09-30")
    assert not app.get("plotly_chart")
    assert "Widen or clear the filters" in app.info[0].value
    assert not app.exception


def test_cohorts_that_are_too_young_are_not_judged(open_page: Open) -> None:
    app = open_page(PAGE, since="2026-08-01")
    said = next(element.value for element in app.markdown if element.value.startswith("#####"))
    assert "enough history to say how many return" in said
    assert "Again in 90 days" not in figures(app)
