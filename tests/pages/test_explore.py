"""The Home and Overview pages for the demo shop."""

import pytest

from tests.pages.conftest import Open, choose


def test_home_says_what_it_shows_and_that_it_is_simulated(open_page: Open) -> None:
    app = open_page("explore/home.py")
    assert app.title[0].value == "Demo gift shop"
    assert any("Demo data" in element.value for element in app.markdown)
    assert [metric.label for metric in app.metric] == ["Customers", "Orders", "Revenue, gross", "Revenue, net"]
    assert app.metric[0].value == "5,000"
    assert len(app.page_link) == 4


def test_overview_compares_with_the_period_before(open_page: Open) -> None:
    app = open_page("explore/overview.py", period="90")
    labels = ["Revenue, gross", "Orders", "Active customers", "Average order", "Repeat rate"]
    assert [metric.label for metric in app.metric] == labels
    assert all(metric.delta for metric in app.metric)


def test_overview_of_all_time_has_nothing_to_compare_with(open_page: Open) -> None:
    app = open_page("explore/overview.py", period="all")
    assert not any(metric.delta for metric in app.metric)
    assert app.metric[1].value == "47,568"


def test_period_chosen_on_the_page_goes_to_the_link(open_page: Open) -> None:
    app = open_page("explore/overview.py")
    before = app.metric[1].value
    choose(app, "period_widget", "30")
    assert app.query_params["period"] == "30"
    assert app.metric[1].value != before


def test_unknown_period_in_a_link_falls_back(open_page: Open) -> None:
    app = open_page("explore/overview.py", period="7")
    assert "7" in app.warning[0].value
    assert app.metric[1].value == open_page("explore/overview.py").metric[1].value


@pytest.mark.parametrize("page", ["explore/home.py", "explore/overview.py", "segment/segments.py", "data/quality.py"])
def test_every_figure_has_a_definition_and_every_chart_a_name(open_page: Open, page: str) -> None:
    app = open_page(page)
    assert all(metric.proto.help for metric in app.metric)
    charts = app.get("plotly_chart")
    assert charts
    assert all(chart.proto.alt for chart in charts)
