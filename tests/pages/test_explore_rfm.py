"""The Customer value page for the demo shop of 5,000 customers."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.customers.rhythm import LONG_OVERDUE, OVERDUE
from core.segments.naming import CHURNING, LOYAL
from core.workspace.records import By, NewDataset, Written
from core.workspace.store import Workspace
from tests.pages.conftest import Open, choose

PAGE = "explore/rfm.py"
HISTOGRAMS = ["rfm_recency", "rfm_frequency", "rfm_monetary"]
CHARTS = [*HISTOGRAMS, "rfm_lorenz", "rfm_rhythm"]
CHARTS += ["rfm_recency_frequency", "rfm_recency_monetary", "rfm_frequency_monetary"]


def charts(app: AppTest) -> dict[str, str]:
    """Return the data of each chart by key."""
    return {key: element.proto.spec for key in CHARTS if (element := found(app, key)) is not None}


def found(app: AppTest, key: str) -> Any:
    """Return a chart by its key."""
    return next((chart for chart in app.get("plotly_chart") if f"-{key}" in chart.proto.id), None)


def figures(app: AppTest) -> dict[str, str]:
    """Return the key figures."""
    return {metric.label: metric.value for metric in app.metric}


def table(app: AppTest) -> Any:
    """Return the customers at risk."""
    return app.dataframe[0].value


def test_it_says_how_few_bring_most_and_who_is_late(open_page: Open) -> None:
    app = open_page(PAGE)
    assert app.title[0].value == "Customer value"
    said = next(element.value for element in app.markdown if element.value.startswith("#####"))
    assert "The top 10% of customers generate 64% of gross revenue" in said.replace("\\", "")
    assert figures(app)["Customers"] == "5,000"
    assert list(charts(app)) == CHARTS
    assert all(chart.proto.alt for chart in app.get("plotly_chart"))
    assert all(metric.proto.help for metric in app.metric)
    downloads = [button.label for button in app.download_button]
    assert downloads.count("CSV") == len(CHARTS)
    at_risk = table(app)
    assert len(at_risk) == 500
    assert at_risk["net"].is_monotonic_decreasing
    assert at_risk["in_words"].str.match(r"Last order .* ago, .* times the usual gap of .* days?\.").all()


def test_scale_changes_the_histograms_and_nothing_else(open_page: Open) -> None:
    app = open_page(PAGE)
    before, numbers = charts(app), figures(app)
    choose(app, "scale_widget", "linear")
    assert app.query_params["scale"] == "linear"
    after = charts(app)
    assert [key for key in CHARTS if before[key] != after[key]] == HISTOGRAMS
    assert figures(app) == numbers


def test_lateness_changes_the_list_and_its_download_and_nothing_else(open_page: Open) -> None:
    app = open_page(PAGE)
    before, numbers = charts(app), figures(app)
    choose(app, "late_widget", OVERDUE)
    assert set(table(app)["rhythm"]) == {OVERDUE}
    assert f"Download {len(table(app))} customers" in [button.label for button in app.download_button]
    assert (charts(app), figures(app)) == (before, numbers)
    linked = open_page(PAGE, late=LONG_OVERDUE)
    assert set(table(linked)["rhythm"]) == {LONG_OVERDUE}


@pytest.mark.parametrize(("name", "value"), [("country", "Germany"), ("segment", LOYAL)])
def test_filter_by_customers_changes_all_that_is_shown(open_page: Open, name: str, value: str) -> None:
    app = open_page(PAGE)
    before, numbers = charts(app), figures(app)
    choose(app, f"{name}_widget", value)
    assert app.query_params[name] == value
    after = charts(app)
    assert all(before[key] != after[key] for key in CHARTS)
    assert int(figures(app)["Customers"].replace(",", "")) < 5_000
    assert figures(app)["At risk, gross"] != numbers["At risk, gross"]
    if name == "country":
        assert set(table(app)["country"]) == {value}


def test_days_give_what_was_known_at_their_end(open_page: Open) -> None:
    app = open_page(PAGE, since="2024-01-01", until="2024-12-31")
    assert any("only orders in that period count" in caption.value for caption in app.caption)
    assert table(app)["last_order"].max().year == 2024
    assert figures(app) != figures(open_page(PAGE))


def test_a_filter_that_leaves_nobody_says_so(open_page: Open) -> None:
    app = open_page(PAGE, segment=CHURNING, since="2026-09-25")
    assert not app.get("plotly_chart")
    assert "Widen or clear the filters" in app.info[0].value
    assert not app.exception


def store(folder: Path, amounts: list[float]) -> None:
    """Create the dataset `made`, in which each amount is the only order of a customer, all on one day."""
    orders = pd.DataFrame(
        {
            "order_id": [f"o{i}" for i in range(len(amounts))],
            "customer_id": [f"c{i}" for i in range(len(amounts))],
            "ordered_at": pd.Timestamp("2024-03-05 10:00").as_unit("us"),
            "new_order": 1,
            "amount": amounts,
            "units": 1.0,
            "lines": 1,
            "country": pd.Series([None] * len(amounts), dtype="str"),
        }
    )
    report = {"rows_read": len(amounts), "rows_kept": len(amounts), "removed": {}, "returned": 0.0}
    report |= {"customers": len(amounts), "orders": len(amounts), "revenue": sum(amounts)}
    report |= {"first_order": "2024-03-05 10:00:00", "last_order": "2024-03-05 10:00:00"}

    def write(version: Path) -> Written:
        orders.to_parquet(version / "orders.parquet")
        orders.head(0).to_parquet(version / "returns.parquet")
        return Written(files=["made.csv"], report=report)

    Workspace(folder).create(NewDataset(name="Made", id="made"), write, By(who="Ada"))


@pytest.mark.parametrize(
    ("amounts", "said", "drawn"),
    [
        ([5.0] * 3, "Only 3 customers have matching orders", 0),
        ([5.0] * 20, "The top 10% of customers generate 10% of gross revenue", 8),
        ([0.0] * 20, "These customers have generated no revenue", 7),
    ],
)
def test_logs_with_little_in_them(
    open_page: Open, workspace: Path, amounts: list[float], said: str, drawn: int
) -> None:
    store(workspace, amounts)
    app = open_page(PAGE, dataset="made")
    assert any(said in element.value for element in app.markdown)
    assert len(app.get("plotly_chart")) == drawn
    cohorts = open_page("explore/cohorts.py", dataset="made")
    assert any(
        f"{len(amounts)} customers placed a first order in this period" in element.value for element in cohorts.markdown
    )
    assert any("No month after" in info.value for info in cohorts.info)
    assert len(cohorts.get("plotly_chart")) == 1
