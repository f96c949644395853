"""The Customer page: profile, predictions, reasons and what-ifs."""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.charts.predictions.chance_bars import likelihood
from core.engine import Engine, parquet
from core.explain.customer.changed_history import WhatIf, changed
from core.explain.explained_outlook import read_explaining
from core.forecasts.job import ScoreSpec, run
from core.models.data.panel import PanelSpec, log_end, panel
from core.models.scoring.one_customer import history_of, predict_one
from core.models.training.model_registry import keep_predictors
from core.numbers import Money
from core.settings import Settings
from core.ui.customer.force_plot import Force, plot_of
from core.ui.customer.parts import other_season
from core.ui.shared import customer_link
from core.workspace.store import Workspace
from core.workspace.stored_results import ResultKey, kept
from tests.core.models.predictors import quick_predictor
from tests.pages.conftest import PROJECT, Open, choose

PAGE = "explain/customer.py"
ATTACK = "</script><script>window.pwned=1</script>"
IMAGE = "<img src=x onerror=window.pwned=1>"
FEW = 500  # customers: the rest of the demo shop is left out, to be quick


@dataclass(frozen=True)
class Shop:
    """A workspace with a quick model in use and its stored outlook."""

    folder: Path
    model: str
    scores: pd.DataFrame
    outlook: Path

    @property
    def workspace(self) -> Workspace:
        """Open the workspace."""
        return Workspace(self.folder)


@pytest.fixture(scope="module")
def shop(demo_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Score a small shop in which one customer's name and country are markup."""
    folder = tmp_path_factory.mktemp("shop") / "workspace"
    shutil.copytree(demo_workspace, folder)
    workspace = Workspace(folder)
    version = workspace.version("demo", 1).folder
    for name in ("orders", "returns"):
        few_of(version / f"{name}.parquet")
    engine = Engine(folders=[folder], threads=1)
    with engine.session() as connection:
        orders, returns = (parquet(connection, version / f"{name}.parquet") for name in ("orders", "returns"))
        end = log_end(orders)
        rows = panel(connection, orders, returns, PanelSpec(cutoffs=(end - timedelta(days=90), end), horizon=90))
    engine.close()
    ids = keep_predictors(workspace, "demo", 1, {"champion": (quick_predictor(rows, end, 90), {})})
    spec = ScoreSpec(as_of=end, horizon=90, model=ids["champion"])
    key = ResultKey(dataset_id="demo", version=1, generation=0, kind="score", spec=spec.to_json())
    run(workspace, Settings(workspace=folder), key.to_json(), lambda *_: None)
    found = kept(workspace, key)
    assert found is not None
    scores = pd.read_parquet(found / "scores.parquet").set_index("customer_id", drop=False)
    return Shop(folder, ids["champion"], scores, found)


def few_of(path: Path) -> None:
    """Keep a table's first customers, with markup as the very first one's id and country."""
    schema, rows = pq.read_schema(path), pd.read_parquet(path)
    ids = [f"{10_000 + number}" for number in range(1, FEW + 1)]
    rows = rows[rows["customer_id"].isin(ids)]
    first = rows["customer_id"] == "10002"
    rows = rows.assign(customer_id=rows["customer_id"].mask(first, ATTACK), country=rows["country"].mask(first, IMAGE))
    pq.write_table(pa.Table.from_pandas(rows, schema=schema, preserve_index=False), path)


@pytest.fixture
def workspace(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Use the small shop instead of a copy of the demo shop; these tests don't change it."""
    monkeypatch.setenv("CLIENTELE_WORKSPACE", str(shop.folder))
    st.cache_data.clear()
    st.cache_resource.clear()
    yield shop.folder
    st.cache_data.clear()
    st.cache_resource.clear()


def sentence(app: AppTest) -> str:
    return next(element.value for element in app.markdown if element.value.startswith("#####")).replace("\\", "")


def texts(app: AppTest) -> str:
    return "\n".join(element.value for element in [*app.markdown, *app.caption, *app.title]).replace("\\", "")


def charts(app: AppTest) -> dict[str, dict[str, Any]]:
    return {found.proto.id.rsplit("-", 1)[-1]: json.loads(found.proto.spec) for found in app.get("plotly_chart")}


def summands(app: AppTest) -> pd.DataFrame:
    found: pd.DataFrame = next(one.value for one in app.dataframe if one.proto.alt.startswith("Contributions"))
    return found


def sums(app: AppTest) -> tuple[float, float]:
    """Return the sum of the contributions, and the total that the table shows."""
    column = summands(app)["contribution"]
    return float(column[:-1].sum()), float(column.iloc[-1])


def a_regular(shop: Shop) -> str:
    """Return a customer who buys often but isn't the most likely to buy again."""
    some = shop.scores[(shop.scores["frequency"] >= 4) & (shop.scores["p_buy"] < 0.7)]
    return str(some["p_buy"].idxmax())


def test_who_what_next_and_why_are_on_one_page(shop: Shop, open_page: Open) -> None:
    one = a_regular(shop)
    row: Any = shop.scores.loc[one]
    app = open_page(PAGE, customer=one)
    assert app.title[0].value == one
    assert sentence(app).startswith(f"##### Among the {row['segment_now']}")
    assert f"to buy within 90 days ({likelihood(row['p_buy'])}), expected to spend £" in sentence(app)
    assert [metric.label for metric in app.metric][:5] == [
        "Chance to buy", "Expected spend", "Next order", "12-month value", "Segment in 90 days",
    ]  # fmt: skip
    said = texts(app)
    assert all(str(row[f"reason_{place}"]) in said for place in (1, 2, 3))
    assert f"Model: Champion blend ({shop.model})" in said
    assert set(charts(app)) == {
        "customer_waterfall", "customer_timeline", "customer_compared",
    }  # fmt: skip
    added, total = sums(app)
    assert added == pytest.approx(total, abs=1e-9)
    assert 1 / (1 + np.exp(-total)) == pytest.approx(row["p_buy"], abs=1e-5)
    assert "(all drivers) = " in said
    assert "Of 50 customers like this one on " in said
    history = charts(app)["customer_timeline"]["data"][1]
    assert len(history["customdata"]) == len(shop_history(shop, one).query("not went_back"))


def shop_history(shop: Shop, one: str) -> pd.DataFrame:
    folder = shop.workspace.version("demo", 1).folder
    engine = Engine(folders=[shop.folder], threads=1)
    with engine.session() as connection:
        orders, returns = (parquet(connection, folder / f"{name}.parquet") for name in ("orders", "returns"))
        found = history_of(orders, returns, one)
    engine.close()
    return found


def test_each_question_is_taken_apart(shop: Shop, open_page: Open) -> None:
    one = a_regular(shop)
    row: Any = shop.scores.loc[one]
    app = open_page(PAGE, customer=one, why="spend")
    added, total = sums(app)
    assert added == pytest.approx(total, abs=1e-6)
    assert total == pytest.approx(row["expected_spend"], rel=1e-5)
    assert "sampled over 400 orderings of the drivers" in texts(app)
    assert summands(app)["error"].notna().sum() > 5

    choose(app, "why_widget", "next_segment")
    added, total = sums(app)
    assert added == pytest.approx(total, abs=1e-9)
    assert app.selectbox(key=f"customer_segment_{one}").value == row["segment_predicted"]
    assert summands(app)["chance"].iloc[-1] / 100 == pytest.approx(row["p_predicted"], abs=1e-5)


def test_what_if_says_what_a_changed_history_says(shop: Shop, open_page: Open) -> None:
    one = a_regular(shop)
    app = open_page(PAGE, customer=one)
    assert app.metric[5].value == likelihood(float(shop.scores.loc[[one], "p_buy"].iloc[0]))
    app.slider(key=f"customer_what_orders_{one}").set_value(2).run()
    app.slider(key=f"customer_what_days_{one}").set_value(60).run()
    assert not app.exception

    explaining = read_explaining(shop.workspace, "demo", shop.outlook, shop.model)
    history, later = changed(shop_history(shop, one), explaining.as_of, WhatIf(orders=2, days=60))
    engine = Engine(folders=[shop.folder], threads=1)
    with engine.session() as connection:
        expected = predict_one(connection, explaining.predictor, history, later).iloc[0]
    engine.close()
    assert later == explaining.as_of + timedelta(days=74)
    assert app.metric[5].value == likelihood(expected["p_buy"])
    assert "After 2 orders within 14 days, then 60 days without another order, the chance" in texts(app)
    assert f"The expected spend is {Money(currency='GBP').short(expected['expected_spend'])}" in texts(app)
    new = charts(app)["customer_waterfall_what_if"]
    today = charts(app)["customer_waterfall_today"]
    assert new["layout"]["xaxis"]["range"] == today["layout"]["xaxis"]["range"]
    assert new["data"] != today["data"]
    assert any(
        line.value.startswith("- Time since the last order: ") or "Orders" in line.value for line in app.markdown
    )


def test_others_at_another_time_of_year_are_told_as_such() -> None:
    assert other_season(date(2011, 9, 11), date(2011, 12, 10)).startswith(" That was a different season")
    assert other_season(date(2010, 12, 20), date(2011, 12, 10)) == ""
    assert other_season(date(2010, 1, 2), date(2011, 12, 30)) == ""  # either side of New Year


def test_a_part_of_an_id_is_enough_and_without_one_some_are_offered(shop: Shop, open_page: Open) -> None:
    app = open_page(PAGE, customer="1001")
    assert "There is no customer “1001”" in sentence(app)
    app.button(key="customer_like_0").click().run()
    assert app.query_params["customer"].startswith("1001")
    assert not app.exception
    assert app.title[0].value == app.query_params["customer"]
    choose(app, "customer_widget", "nobody \0 *x*")
    assert "There is no customer “nobody  *x*”" in sentence(app)
    assert app.button(key="customer_example_0")
    choose(app, "customer_widget", "")
    assert sentence(app) == "##### Find a customer"


def test_a_name_that_attacks_is_shown_as_text(shop: Shop, open_page: Open) -> None:
    app = open_page(PAGE, customer=ATTACK)
    assert app.title[0].value.replace("\\", "") == ATTACK
    app.session_state["customer_force"] = True
    app.run()
    assert not app.exception
    assert "SHAP’s force plot" in texts(app)
    for chart in app.get("plotly_chart"):
        assert "<img" not in chart.proto.spec
        assert "<script" not in chart.proto.spec
    assert summands(app)["value"].eq(IMAGE).any()
    shown = "".join(element.proto.SerializeToString().decode(errors="replace") for element in app.get("iframe"))
    assert "\\u003cimg src=x onerror=window.pwned=1\\u003e" in shown
    assert IMAGE not in shown


def test_the_force_plot_holds_no_text_that_ends_its_script() -> None:
    force = Force(
        base=-0.5, contributions=[0.25, -1.0], names=["Country", ATTACK], values=[ATTACK, IMAGE], output=IMAGE,
        log_odds=True,
    )  # fmt: skip
    text = plot_of(force, dark=True).html()
    assert text.count("</script>") == text.count("<script>") == 1
    assert "<img" not in text
    [data] = re.findall(r"SHAP\.AdditiveForceVisualizer, (\{.*\})\),", text)
    told = json.loads(data)
    assert told["featureNames"] == ["Country", ATTACK]
    assert told["features"]["1"] == {"effect": -1.0, "value": IMAGE}
    assert (told["baseValue"], told["outValue"], told["link"]) == (-0.5, -1.25, "logit")


def test_links_to_customers_say_who_and_by_which_model() -> None:
    st.query_params["dataset"] = "a&b"
    [address] = customer_link.addresses([f"{ATTACK} &x=1"], horizon="90", using="abc")
    assert address.startswith("customer?")
    assert not set("<>\"' ") & set(address)
    assert parse_qs(urlsplit(address).query)["customer"] == [f"{ATTACK} &x=1"]
    assert parse_qs(urlsplit(address).query)["using"] == ["abc"]


def test_an_outlook_that_is_not_made_yet_is_waited_for(shop: Shop, open_page: Open) -> None:
    app = open_page(PAGE, customer=a_regular(shop), using="own_rhythm")
    assert "Forecasting the next " in sentence(app)


def test_the_customer_of_a_link_is_come_back_to(shop: Shop, open_page: Open) -> None:
    one = a_regular(shop)
    app = open_page(PAGE, customer=one)
    app.switch_page(str(PROJECT / "pages" / "data" / "jobs.py")).run()
    app.query_params.clear()
    app.switch_page(str(PROJECT / "pages" / PAGE)).run()
    assert app.title[0].value == one
    assert app.query_params["customer"] == one
    del app.query_params["customer"]  # as the browser's Back does
    app.run()
    assert app.title[0].value == "Customer"
