"""The Profile page."""

import json
from typing import Any

import pandas as pd
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import Open, choose, work_off
from tests.pages.test_data import figures, read_orders, upload

PAGE = "explore/profile.py"
NASTY = "</script><img src=x onerror=alert(1)>"


def ready(app: AppTest) -> AppTest:
    """Run the job that the page submitted, then rerun the page."""
    assert any("Profiling columns" in element.value for element in app.markdown)
    work_off()
    return quiet(app.run())


def quiet(app: AppTest) -> AppTest:
    assert not app.exception
    assert not app.error
    return app


def charts(app: AppTest) -> dict[str, Any]:
    return {element.proto.id.rsplit("-", 1)[-1]: json.loads(element.proto.spec) for element in app.get("plotly_chart")}


def columns(app: AppTest) -> pd.DataFrame:
    found: pd.DataFrame = app.dataframe[0].value
    return found


def test_each_choice_changes_what_depends_on_it(open_page: Open) -> None:
    app = ready(open_page(PAGE))
    assert figures(app)["Rows"] == "238,920"
    assert columns(app)["column"].tolist() == [
        "Order id", "Customer id", "Time of order", "Product code", "Product", "Quantity", "Unit price", "Amount",
        "Country",
    ]  # fmt: skip
    assert set(charts(app)) == {"profile_histogram", "profile_frequent"}  # nothing is missing, and that is said

    table, shown = columns(app), figures(app)
    choose(app, "column_widget", "country")
    assert set(charts(quiet(app))) == {"profile_frequent"}
    assert app.query_params["column"] == "country"
    pd.testing.assert_frame_equal(columns(app), table)
    assert figures(app) == shown

    choose(app, "rows_widget", "all")
    ready(app)
    assert app.query_params["rows"] == "all"
    assert figures(app)["Rows"] == "276,043"
    assert "Reason for exclusion" in columns(app)["column"].tolist()
    assert set(charts(app)) == {"profile_missing", "profile_frequent"}  # still the country


def test_filters_in_the_link_leave_their_rows(open_page: Open) -> None:
    app = ready(open_page(PAGE, country="Germany", since="2024-06-01", until="2024-06-30"))
    assert 0 < int(figures(app)["Rows"].replace(",", "")) < 10_000
    first = columns(app).set_index("column").loc["Time of order", "low"]
    assert str(first).endswith(" Jun 2024")


def test_texts_from_the_data_are_shown_as_text(open_page: Open) -> None:
    lines = [f"{i},c{i % 5},2024-0{1 + i % 6}-21,1,5.00,{NASTY}" for i in range(40)]
    app = upload(open_page("data/upload.py"), ("x.csv", "\n".join(["Order,Buyer,Day,Units,Price,Item", *lines])))
    dataset = read_orders(app).query_params["dataset"]
    app = ready(open_page(PAGE, dataset=dataset, column="product_id"))
    drawn = charts(app)["profile_frequent"]
    assert "<img" not in str(drawn["data"]) + str(drawn["layout"]["yaxis"])
    assert "&lt;/script&gt;" in str(drawn["data"])
    assert all(NASTY not in element.value for element in app.markdown)
    assert any("has only one value" in element.value for element in app.markdown)
