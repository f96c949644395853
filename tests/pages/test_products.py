"""The Products page."""

import base64
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.segments.naming import LOYAL
from tests.pages.conftest import Open, choose, work_off
from tests.pages.test_data import figures, read_orders, upload

PAGE = "explore/products.py"
EVERY = {
    f"products_{name}"
    for name in ("top_products", "top_countries", "size_amount", "size_units", "size_products", "first", "again",
                 "together", "returns")
}  # fmt: skip
"""Keys of all charts."""
NASTY = "</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def analysed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Name where what the job of the demo shop gave is kept for the next test."""
    return tmp_path_factory.mktemp("analysed") / "results"


@pytest.fixture
def opened(open_page: Open, workspace: Path, analysed: Path) -> AppTest:
    """Return the page of the demo shop after its job has finished, which runs once."""
    if analysed.exists():
        shutil.copytree(analysed, workspace / "results", dirs_exist_ok=True)
        return quiet(open_page(PAGE))
    app = open_page(PAGE)
    assert any("Analysing products" in element.value for element in app.markdown)
    work_off()
    shutil.copytree(workspace / "results", analysed)
    return quiet(app.run())


def quiet(app: AppTest) -> AppTest:
    assert not app.exception
    assert not app.error
    return app


def charts(app: AppTest) -> dict[str, Any]:
    """Return the figure of each chart by key."""
    return {element.proto.id.rsplit("-", 1)[-1]: json.loads(element.proto.spec) for element in app.get("plotly_chart")}


def sold(app: AppTest) -> pd.DataFrame:
    found: pd.DataFrame = next(table.value for table in app.dataframe if "return_rate" in table.value)
    return found


def orders(app: AppTest, measure: str) -> list[int]:
    """Return the bar heights of an order-size chart."""
    values = charts(app)[f"products_size_{measure}"]["data"][0]["y"]
    if isinstance(values, dict):  # as Plotly packs arrays
        values = np.frombuffer(base64.b64decode(values["bdata"]), dtype=np.dtype(values["dtype"])).tolist()
    return [int(value) for value in values]


def rules(app: AppTest) -> pd.DataFrame:
    found: pd.DataFrame = next(table.value for table in app.dataframe if "lift" in table.value)
    return found


def test_what_is_known_at_once_does_not_wait_for_the_job(open_page: Open) -> None:
    app = open_page(PAGE)
    assert set(figures(app)) == {"Products sold", "Orders", "Median order", "Median units", "Returned"}
    assert any("leads" in element.value for element in app.markdown)
    assert set(charts(app)) == {"products_top_products", "products_top_countries", "products_size_amount",
                                "products_size_units", "products_returns"}  # fmt: skip
    before = figures(app), sold(app)[["net", "revenue", "returned"]].sum()
    assert "customers" not in sold(app)
    work_off()
    quiet(app.run())
    assert set(charts(app)) == EVERY
    assert "customers" in sold(app)
    assert figures(app) == before[0]
    assert sold(app)[["net", "revenue", "returned"]].sum().tolist() == pytest.approx(before[1].tolist())


def test_each_choice_changes_what_depends_on_it_and_nothing_else(opened: AppTest) -> None:
    def changed(by: Callable[[], object]) -> set[str]:
        before = charts(opened)
        by()
        after = charts(quiet(opened))
        assert set(after) == set(before)
        return {key for key in after if after[key] != before[key]}

    rankings = {"products_top_products", "products_top_countries"}
    assert changed(lambda: choose(opened, "by_widget", "customers")) == rankings
    assert opened.query_params["by"] == "customers"

    least = opened.number_input(key="products_returns_least")
    assert changed(lambda: least.set_value(2_000).run()) == {"products_returns"}
    order = opened.selectbox(key="products_again_order")
    assert changed(lambda: order.set_value("lowest").run()) == {"products_again"}

    code = rules(opened)["product_id"].iloc[0]
    pairs = opened.selectbox(key="products_with")
    assert changed(lambda: pairs.set_value(code).run()) == {"products_together"}
    assert set(rules(opened)["product_id"]) == {code}

    top = sold(opened)["product_id"].iloc[0]
    hidden = opened.multiselect[0]
    of_orders = {"products_top_countries", *(key for key in EVERY if key.startswith("products_size_"))}
    assert not changed(lambda: hidden.set_value([*hidden.value, top]).run()) & of_orders
    assert top in opened.query_params["hidden-demo"]


def test_days_in_the_link_change_the_figures(open_page: Open, opened: AppTest) -> None:
    whole = figures(opened)
    app = open_page(PAGE, since="2024-06-01", until="2024-06-30")
    assert {name: figures(app)[name] != whole[name] for name in whole}["Orders"]
    assert sold(app)["net"].sum() < sold(opened)["net"].sum()


def test_a_segment_needs_the_job_and_says_so(open_page: Open) -> None:
    app = open_page(PAGE, segment=LOYAL)
    assert "products_top_products" not in charts(app)
    assert "Products sold" not in figures(app)
    work_off()
    app.run()
    assert "products_top_products" in charts(quiet(app))
    assert int(figures(app)["Products sold"].replace(",", "")) > 0
    at_once, kept = (sum(orders(app, name)) for name in ("amount", "products"))
    assert at_once == kept == int(figures(app)["Orders"].replace(",", ""))  # page and job mean the same customers


def test_names_from_the_data_are_shown_as_text_and_days_without_orders_say_so(open_page: Open) -> None:
    lines = [f"{i},c{i % 5},2024-0{1 + i % 6}-21,1,5.00,{item}" for i in range(60) for item in (NASTY, "Lamp")]
    app = upload(open_page("data/upload.py"), ("x.csv", "\n".join(["Order,Buyer,Day,Units,Price,Item", *lines])))
    dataset = read_orders(app).query_params["dataset"]
    app = open_page(PAGE, dataset=dataset)
    work_off()
    drawn = charts(quiet(app.run()))
    assert "products_together" in drawn
    for spec in drawn.values():
        assert "<img" not in str(spec["data"]) + str(spec["layout"]["yaxis"])
    assert any("&lt;/script&gt;" in str(spec) for spec in drawn.values())
    assert all(NASTY not in element.value for element in app.markdown)

    app = open_page(PAGE, dataset=dataset, since="2024-02-01", until="2024-02-10")  # days without orders
    assert any("No orders fit" in element.value for element in quiet(app).info)


def test_a_log_without_products_says_so_and_asks_for_no_job(open_page: Open) -> None:
    lines = [f"{i},c{i % 5},2024-0{1 + i % 6}-21,{5 + i}.00" for i in range(40)]
    app = upload(open_page("data/upload.py"), ("x.csv", "\n".join(["Order,Buyer,Day,Amount", *lines])))
    dataset = read_orders(app).query_params["dataset"]
    app = quiet(open_page(PAGE, dataset=dataset))
    assert any("has no product names" in element.value for element in app.info)
    assert "products_size_amount" in charts(app)
    assert not any("Analysing products" in element.value for element in app.markdown)
