"""The Score page, which updates while the user types."""

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.charts.predictions.chance_bars import likelihood
from core.engine import Engine, parquet
from core.models.data.panel import PanelSpec, known_at, log_end, panel
from core.models.learners.predictor import Predictor
from core.models.scoring.outlook import outlook
from core.models.training.model_registry import keep_predictors
from core.numbers import Money
from core.ui.score.beyond import lines as beyond_lines
from core.workspace.store import Workspace
from tests.core.models.predictors import quick_predictor
from tests.pages.conftest import Open, choose

PAGE = "predict/score.py"
CHANCE, SEGMENTS = "Chance to buy on a scale from 0 to 100%", "Probability of each segment after the horizon"
JUDGED = {"will_buy": {"auc": 0.8, "ece": 0.03}, "next_segment": {"f1_macro": 0.6, "mcc": 0.7}, "spend": None}


@pytest.fixture(scope="module")
def predictors(demo_workspace: Path) -> tuple[dict[str, Predictor], pd.DataFrame]:
    """Return quick predictors of the demo shop and its customers' data."""
    workspace = Workspace(demo_workspace)
    [dataset] = workspace.datasets()
    folder = workspace.version(dataset.id, 1).folder
    engine = Engine(folders=[demo_workspace], threads=1)
    with engine.session() as connection:
        orders, returns = (parquet(connection, folder / f"{name}.parquet") for name in ("orders", "returns"))
        end = log_end(orders)
        days = (end - timedelta(days=90), end)
        rows = panel(connection, orders, returns, PanelSpec(cutoffs=days, horizon=90))
        rows = rows.groupby("as_of").sample(600, random_state=0)  # to be quick; all are scored
        known = known_at(connection, orders, returns, [end])
    engine.close()
    made = {name: quick_predictor(rows, end, 90, name=name) for name in ("champion", "rfm")}
    return made, known.set_index("customer_id", drop=False)


@pytest.fixture
def trained(workspace: Path, predictors: tuple[dict[str, Predictor], pd.DataFrame]) -> pd.DataFrame:
    """Store the predictors in the test's workspace and return its customers' data."""
    opened = Workspace(workspace)
    [dataset] = opened.datasets()
    cards = {
        name: (one, {"training": {"level": {"mean": 0.4}}, "metrics": [{"model": name, **JUDGED}]})
        for name, one in predictors[0].items()
    }
    keep_predictors(opened, dataset.id, 1, cards)
    return predictors[1]


def sentence(app: AppTest) -> str:
    return next(element.value for element in app.markdown if element.value.startswith("#####")).replace("\\", "")


def figures(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value.replace("\\", "") for metric in app.metric}


def charts(app: AppTest) -> dict[str, str]:
    return {chart.proto.alt: chart.proto.spec for chart in app.get("plotly_chart")}


def captions(app: AppTest) -> str:
    return " ".join(caption.value for caption in app.caption).replace("\\", "")


def edit(app: AppTest, **changes: Any) -> AppTest:
    """Edit the table of orders as a user does, then rerun."""
    [editor] = app.data_editor
    app.session_state[str(editor.key)] = {"edited_rows": {}, "added_rows": [], "deleted_rows": [], **changes}
    return app.run()


def said_of(predictor: Predictor, known: pd.DataFrame) -> tuple[str, str, str]:
    """Return the expected chance and both segments, formatted as on the page."""
    row = predictor.predict(known).iloc[0]
    return likelihood(row["p_buy"]), f":small[{row['segment_now']}]", f":small[{row['segment_predicted']}]"


def shown(app: AppTest) -> tuple[str, str, str]:
    """Return the chance and both segments shown on the page."""
    found = figures(app)
    return found["Chance to buy"], found["Segment now"], found["Segment in 90 days"]


def test_without_a_model_the_page_says_where_to_train_one(open_page: Open) -> None:
    app = open_page(PAGE, horizon="30")
    assert sentence(app) == "##### No model has been trained for 30 days ahead yet."
    assert "Train models first" in app.info[0].value
    assert any("Train models for 30 days" in link.proto.label for link in app.get("page_link"))


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "tomorrow"])
def test_a_link_to_a_day_that_cannot_be_chosen_says_so(trained: pd.DataFrame, open_page: Open, day: str) -> None:
    app = open_page(PAGE, way="history", ahead_from=day)
    assert f"names the day “{day}”" in app.warning[0].value.replace("\\", "")
    assert "ahead_from" not in app.query_params


def test_four_numbers_answer_at_once_with_the_model_of_four_numbers(
    trained: pd.DataFrame, predictors: tuple[dict[str, Predictor], pd.DataFrame], open_page: Open
) -> None:
    app = open_page(PAGE)
    middle = {name: trained[f"now_{name}"].median() for name in ("recency", "frequency", "monetary")}
    assert app.number_input(key="score_recency").value == round(middle["recency"])
    app.number_input(key="score_recency").set_value(12).run()
    app.number_input(key="score_frequency").set_value(9).run()
    app.number_input(key="score_monetary").set_value(1234.5).run()
    choose(app, "lives_in_widget", "France")
    row = pd.DataFrame([{"now_recency": 12.0, "now_frequency": 9.0, "now_monetary": 1234.5, "country": "France"}])
    assert shown(app) == said_of(predictors[0]["rfm"], row)
    assert figures(app)["Chance to buy"] in sentence(app)
    assert {name: app.query_params[name] for name in ("days", "orders", "spent", "lives_in")} == {
        "days": "12", "orders": "9", "spent": "1234.5", "lives_in": "France",
    }  # fmt: skip
    assert set(charts(app)) == {CHANCE, SEGMENTS}
    worth = [figures(app)[name] for name in ("Ranking", "Calibration error", "Macro F1", "Agreement")]
    assert worth == ["0.800", "0.030", "0.600", "0.700"]
    assert "With all orders: ranking 0.800" in captions(app)
    assert "It doesn't know the customer's rhythm" in captions(app)
    place = 1 - (trained["now_recency"] < 12).mean() - 0.5 * (trained["now_recency"] == 12).mean()
    assert f"Ordered more recently than {place:.0%}" in captions(app)


def test_a_country_that_is_not_known_is_one_of_the_answers(trained: pd.DataFrame, open_page: Open) -> None:
    app = open_page(PAGE, lives_in="Atlantis", orders="0", days="x")
    assert app.selectbox(key="lives_in_widget").value == "Other or not known"
    assert "The link gives “0” for “Orders”" in app.warning[1].value
    assert "The link gives “x”" in app.warning[0].value
    assert app.number_input(key="score_frequency").value == round(trained["now_frequency"].median())


def test_a_known_customer_has_the_figures_of_the_list(
    trained: pd.DataFrame, predictors: tuple[dict[str, Predictor], pd.DataFrame], open_page: Open
) -> None:
    customer_id = str(trained.index[7])
    app = open_page(PAGE, way="customer", customer=customer_id)
    assert shown(app) == said_of(predictors[0]["champion"], trained.loc[[customer_id]])
    assert "Matches the list of all customers" in captions(app)
    listed = outlook(predictors[0]["champion"], trained)
    row = listed[listed["customer_id"] == customer_id].iloc[0]
    said = "\n".join(element.value for element in app.markdown).replace("\\", "")
    expected = beyond_lines(row, 90, Money(currency="GBP"))
    assert all(f"- {line}" in said for line in expected)
    [editor] = app.data_editor
    assert (~editor.value["went_back"]).sum() >= trained["frequency"].to_dict()[customer_id]


def test_what_is_nearly_nothing_and_what_is_far_away_are_told_in_words() -> None:
    far = pd.Series({
        "next_order": pd.NaT, "next_order_low": pd.Timestamp("2026-05-01"), "next_order_high": pd.NaT, "p_alive": 0.25,
        "expected_spend": 12.0, "expected_spend_low": 0.0, "expected_spend_high": 0.0,
        "ltv_12": 100.0, "ltv_12_low": 0.0, "ltv_12_high": 250.0, "monetary": 80.0, "net": 40.0,
    })  # fmt: skip
    assert beyond_lines(far, 30, Money(currency="GBP")) == [
        "Next order: not within 3 years, if still a customer (80% range: 1 May 2026 to beyond 3 years)",
        "Spend within 30 days: £12 on average, but nothing nine times in ten",
        "12-month value: £100 on average (80% range: £0 to £250)",
        "Still a customer: 25%",
    ]
    returned = beyond_lines(far.replace(40.0, 39.0), 30, Money(currency="GBP"))
    assert returned[4].startswith("Of £80.00 ordered so far, only £39.00 was kept")
    never = far.copy()
    never["next_order_low"] = pd.NaT
    assert beyond_lines(never, 30, Money(currency="GBP"))[0] == "Next order: not within 3 years, if still a customer"


def test_advice_for_the_best_says_so_where_they_hardly_come(
    trained: pd.DataFrame, predictors: tuple[dict[str, Predictor], pd.DataFrame], open_page: Open
) -> None:
    model = predictors[0]["champion"]
    said = model.predict(trained)
    best = said[said["segment_now"] == model.segments.names[0]].sort_values("p_buy")
    assert best["p_buy"].iloc[0] < 0.5 < best["p_buy"].iloc[-1]
    for customer_id, warned in ((best.index[0], True), (best.index[-1], False)):
        app = open_page(PAGE, way="customer", customer=str(customer_id))
        assert any("find out what is missing" in element.value for element in app.markdown) is warned


def test_days_that_have_a_model_are_offered_where_others_have_none(trained: pd.DataFrame, open_page: Open) -> None:
    app = open_page(PAGE, horizon="30")
    assert [link.proto.label for link in app.get("page_link") if "instead" in link.proto.label] == [
        "Predict 90 days ahead instead"
    ]


def test_an_order_that_is_added_or_changed_is_scored_at_once(trained: pd.DataFrame, open_page: Open) -> None:
    customer_id = str(trained["recency"].idxmax())
    app = open_page(PAGE, way="customer", customer=customer_id)
    before = figures(app)
    new = {"ordered_at": "2026-09-29T10:00:00", "amount": 80.0}
    edit(app, added_rows=[new])
    assert figures(app)["Expected spend"] != before["Expected spend"]
    assert "The orders were changed, so figures differ from the list of all customers." in captions(app)
    edit(app, added_rows=[{"ordered_at": "2026-09-29T10:00:00"}])
    assert figures(app) == before
    assert "1 row waits for a date or an amount." in captions(app)
    edit(app, edited_rows={0: {"amount": -3.0}})
    assert "Row 1, Amount: must be a number above zero, got -3.0" in app.error[0].value.replace("\\", "")
    assert not app.metric


def test_a_customer_who_is_not_there_is_looked_for(trained: pd.DataFrame, open_page: Open) -> None:
    customer_id = str(trained.index[0])
    app = open_page(PAGE, way="customer", customer=customer_id[:-1])
    assert "No customer “" in app.info[0].value
    app.button(key=f"score_like_{customer_id}").click().run()
    assert app.query_params["customer"] == customer_id
    assert figures(app)["Chance to buy"]


def test_pasted_orders_are_scored(trained: pd.DataFrame, open_page: Open, workspace: Path) -> None:
    app = open_page(PAGE, way="history")
    assert "There are no orders yet" in app.info[0].value
    app.text_area(key="score_text").set_value("2026-03-02 10:30, 42.50\n2026-08-18 12:00, 61.20\n").run()
    assert figures(app)["Chance to buy"]
    assert "Missing from these orders: units per order" in captions(app)
    assert app.data_editor[0].value["amount"].tolist() == [42.5, 61.2]
    app.date_input(key="score_ahead_from").set_value(date(2026, 3, 1)).run()
    assert "All 2 orders are dated on or after 2026-03-01" in re.sub(r"\\", "", app.info[0].value)
    assert not list((workspace / "uploads").iterdir())  # nothing of the customer stays behind


def test_a_paste_of_several_customers_is_refused(trained: pd.DataFrame, open_page: Open) -> None:
    app = open_page(PAGE, way="history")
    text = "customer,date,amount\n=1+1,2026-01-02,5\nb,2026-02-03,6\n"
    app.text_area(key="score_text").set_value(text).run()
    assert "has orders of 2 customers" in app.error[0].value
    assert not app.metric


def test_a_file_is_read_like_an_upload(trained: pd.DataFrame, open_page: Open) -> None:
    app = open_page(PAGE, way="history")
    lines = "Invoice,Quantity,InvoiceDate,Price,Customer ID\n1,2,2026-03-02 10:00,2.5,7\n2,3,2026-08-02 10:00,4,7\n"
    app.file_uploader(key="score_file").upload("one.csv", lines.encode()).run()
    assert app.data_editor[0].value["amount"].tolist() == [5.0, 12.0]
    assert figures(app)["Chance to buy"]


def test_a_damaged_model_is_named(trained: pd.DataFrame, open_page: Open, workspace: Path) -> None:
    for folder in (workspace / "models").rglob("predictor.json"):
        folder.write_text("{")
    app = open_page(PAGE)
    assert "predictor.json is damaged. Train it again" in app.error[0].value.replace("\\", "")
    assert not app.metric


def test_without_a_model_of_four_numbers_the_other_ways_are_open(
    predictors: tuple[dict[str, Predictor], pd.DataFrame], open_page: Open, workspace: Path
) -> None:
    """A card without metrics shows none."""
    opened = Workspace(workspace)
    [dataset] = opened.datasets()
    keep_predictors(opened, dataset.id, 1, {"champion": (predictors[0]["champion"], {})})
    app = open_page(PAGE)
    assert "no model based only on recency, frequency, monetary and country" in app.info[0].value
    choose(app, "way_widget", "A customer you know")
    assert figures(app)["Chance to buy"]
