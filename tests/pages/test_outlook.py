"""The Outlook page."""

import io
import json
import shutil
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core import jobs
from core.engine import parquet
from core.forecasts.outlook_queries import ScoreFilter
from core.models.data.panel import known_at
from core.models.data.repeat_buying import RepeatBuying
from core.models.learners.buying import Buying
from core.models.learners.predictor import Predictor
from core.models.training import model_registry
from core.models.training.backtest import segments_at
from core.segments import segment_registry as segments
from core.segments.naming import LOYAL
from core.segments.segment_model import ClusterSpec
from core.ui.caching import cached, outlooks
from core.ui.outlook.table import sent_back
from core.ui.shared.frame import PROJECT
from core.workspace.records import By
from core.workspace.stored_results import all_kept, kept
from tests.pages.conftest import Open, choose, work_off
from tests.pages.test_data import figures, read_orders, upload

PAGE = "predict/outlook.py"
CHARTS = {"outlook_by_segment", "outlook_plane", "outlook_chances", "outlook_moves"}


def ready(app: AppTest) -> AppTest:
    """Run the job that the page submitted, then rerun the page."""
    assert any("days ahead" in element.value for element in app.markdown)
    work_off()
    app.run()
    assert not app.exception
    return app


def sentence(app: AppTest) -> str:
    return next(element.value for element in app.markdown if element.value.startswith("#####"))


def rows(app: AppTest) -> pd.DataFrame:
    found: pd.DataFrame = app.dataframe[1].value  # the first has the segments
    return found


def drawn(app: AppTest) -> set[str]:
    return {element.proto.id.rsplit("-", 1)[-1] for element in app.get("plotly_chart")}


def links(app: AppTest) -> list[str]:
    return [element.proto.page for element in app.get("page_link")]


def folder_of(kind: str = "score") -> Path:
    [key] = all_kept(cached.workspace(), "demo", 1, kind)
    folder = kept(cached.workspace(), key)
    assert folder is not None
    return folder


def keep_model(days_ago: int, *, horizon: int = 90, outcomes: tuple[str, ...] = ()) -> str:
    """Store a demo shop model that only predicts who buys, trained some days before the end of the data."""
    workspace = cached.workspace()
    version = workspace.version("demo", 1)
    as_of = date.fromisoformat(version.report["last_order"][:10]) + timedelta(days=1 - days_ago)
    with cached.engine().session() as connection:
        orders, returns = (parquet(connection, version.folder / f"{name}.parquet") for name in ("orders", "returns"))
        known = known_at(connection, orders, returns, [as_of])
    rhythm, segments = RepeatBuying.fit(known), segments_at(known, ClusterSpec())
    model = Predictor(
        name="champion", horizon=horizon, as_of=as_of, segments=segments, rhythm=rhythm, buying=Buying(shift=0.1)
    )
    card = {"outcomes": list(outcomes)} if outcomes else {}
    return model_registry.keep_predictors(workspace, "demo", 1, {"champion": (model, card)})["champion"]


def test_without_training_own_rhythm_speaks_and_each_choice_does_something(open_page: Open) -> None:
    app = ready(open_page(PAGE))
    assert sentence(app).startswith("##### We expect ")
    assert "in the next 90 days" in sentence(app)
    assert sentence(app).endswith("likely to lapse.")
    assert set(figures(app)) == {
        "Expected revenue", "Expected buyers", "Likely to lapse", "Worth saving", "12-month value",
    }  # fmt: skip
    assert f"expect {figures(app)['Expected revenue']} in" in sentence(app)
    assert f"; {figures(app)['Likely to lapse']} customers are likely to lapse" in sentence(app)
    assert drawn(app) == CHARTS
    by_segment = app.dataframe[0].value
    assert f"{by_segment['lapsing'].sum():,}" == figures(app)["Likely to lapse"]
    assert by_segment["revenue_share"].sum() == pytest.approx(100)
    assert any("No model has been trained for 90 days yet" in element.value for element in app.markdown)
    assert any("train" in page for page in links(app))

    assert any("The previous 90 days" in element.value for element in app.caption)
    assert not any("the table below" in element.value for element in app.markdown)
    who = rows(app).iloc[0]
    assert who["open"] == f"customer?dataset=demo&horizon=90&using=own_rhythm&customer={who['customer_id']}"

    everybody = rows(app)
    assert len(everybody) == 1_000
    assert everybody["expected_spend"].is_monotonic_decreasing
    assert everybody["past"].str.fullmatch(r"\d+–\d+%").all()

    choose(app, "risk_widget", "very high")
    assert app.query_params["risk"] == "very high"
    assert (rows(app)["churn_risk"] >= 75).all()
    choose(app, "sort_widget", "next")
    assert rows(app)["next_order"].is_monotonic_increasing
    app.button(key="outlook_show_saving").click().run()
    assert not app.exception
    assert any("the table below](#every-customer)" in element.value for element in app.markdown)
    saved = rows(app)
    assert str(len(saved)) == figures(app)["Worth saving"]
    assert (saved["churn_risk"] >= 50).all()

    one = str(saved["customer_id"].iloc[3])
    choose(app, "q_widget", one)
    assert one in set(rows(app)["customer_id"])
    choose(app, "q_widget", "nobody has\0 such an id")
    assert not app.exception
    assert len(app.dataframe) == 1
    assert app.info[-1].value == "No customers match. Clear some filters."
    assert drawn(app) == CHARTS

    text = outlooks.csv(str(folder_of()), ScoreFilter(risk="at risk", value="top 25 %"), "at_stake")
    table = pd.read_csv(io.StringIO(text), dtype={"customer_id": "str"})
    assert table["customer_id"].tolist() == saved["customer_id"].tolist()
    assert {"next_order", "ltv_12_low", "expected_spend_high", "chance of High Loyal Customers"} <= set(table)


def test_a_new_name_of_a_segment_keeps_the_outlook_and_is_shown(open_page: Open) -> None:
    """The new name appears in figures, filter, table and download, even for an outlook stored by an earlier release."""
    app = ready(open_page(PAGE))
    folder, workspace = folder_of(), cached.workspace()
    before, customers = app.dataframe[0].value, rows(app)
    [key] = all_kept(workspace, "demo", 1, "score")
    older = replace(key, spec={**key.spec, "segment_model": 1})  # the number, as it was then
    folder.rename(folder.with_name(f"score-{older.digest}"))
    segments.rename(workspace, "demo", LOYAL, "VIP (best)", By(who="ada"))
    app.run()
    assert not app.exception
    assert jobs.active(workspace) == []
    assert app.dataframe[0].value["segment"].tolist() == [
        name if name != LOYAL else "VIP (best)" for name in before["segment"]
    ]
    pd.testing.assert_frame_equal(rows(app)[["customer_id", "p_buy"]], customers[["customer_id", "p_buy"]])
    choose(app, "segment_widget", "VIP (best)")
    assert set(rows(app)["segment_now"]) == {"VIP (best)"}
    assert not any(LOYAL in str(value) for value in rows(app).to_numpy().ravel())
    kept_now = str(kept(workspace, older))
    text = outlooks.csv(kept_now, ScoreFilter(segment="VIP (best)"), "spend")
    assert "chance of VIP (best)" in text
    assert LOYAL not in text
    segments.rename(workspace, "demo", "VIP (best)", LOYAL, By(who="ada"))
    assert LOYAL in outlooks.scores(kept_now).names
    assert LOYAL in outlooks.csv(kept_now, ScoreFilter(), "spend")


def test_those_who_sent_most_back_are_named() -> None:
    rows = pd.DataFrame({"customer_id": list("abc"), "monetary": [10.0, 10.0, 10.0], "net": [5.0, 4.9, 10.0]})
    assert sent_back(rows).startswith("1 customer shown here returned more than half of what they ordered: b. ")
    many = pd.concat([rows[1:2]] * 6)
    assert "6 customers shown here" in sent_back(many)
    assert "b, b, b, b, b …" in sent_back(many)
    assert sent_back(rows[:1]) == ""


def test_the_model_in_use_speaks_and_says_how_old_it_is(open_page: Open) -> None:
    open_page("explore/home.py")
    model = keep_model(89)
    app = ready(open_page(PAGE))
    said = [element.value for element in app.caption]
    assert any("89 days newer" in text for text in said)
    assert any("was not trained for expected spend and the next segment" in text for text in said)
    assert any("accuracy at past dates is unknown" in text for text in said)
    assert not any("No model has been trained" in element.value for element in app.markdown)
    assert "past" not in json.loads(app.dataframe[1].proto.columns)  # no past date is known of it
    first = rows(app).iloc[0]
    assert first["open"] == f"customer?dataset=demo&horizon=90&using={model}&customer={first['customer_id']}"

    churning = "Churning Customers"
    app = open_page(PAGE, using=model, segment=churning, becomes=churning, sort="risk")
    assert not app.warning
    assert set(rows(app)["segment_now"]) == set(rows(app)["segment_predicted"]) == {churning}
    assert rows(app)["churn_risk"].is_monotonic_decreasing

    choose(app, "using_widget", "own_rhythm")
    assert app.query_params["using"] == "own_rhythm"
    assert "Forecasting the next " in sentence(app)  # another model, another job
    choose(app, "horizon_widget", "60")
    assert "using" not in app.query_params
    app = open_page(PAGE, horizon="33", using="gone", value="priceless")
    assert [text in element.value for text, element in zip(("“33”", "“gone”", "“priceless”"), app.warning, strict=True)]


def test_a_model_that_cannot_be_read_is_told_of(open_page: Open) -> None:
    open_page("explore/home.py")
    keep_model(10)
    [stored] = model_registry.predictors_of(cached.workspace(), "demo")
    shutil.rmtree(stored.folder)
    app = ready(open_page(PAGE))
    assert any("can't be read" in element.value for element in app.error)
    assert any(str(button.key).startswith("kept_again_") for button in app.button)
    assert "Forecasting the next " in sentence(app)


def test_too_few_customers_are_told_of(open_page: Open) -> None:
    few = "customer,date,amount\n" + "".join(f"{i % 2},2024-03-{1 + i:02},5\n" for i in range(9))
    app = read_orders(upload(open_page("data/upload.py"), ("few.csv", few)))
    app.switch_page(str(PROJECT / "pages" / PAGE)).run()
    assert not app.exception
    assert sentence(app) == "##### There are too few customers for a forecast."
    assert len(app.info) == 1


def test_a_short_log_has_no_past_dates(open_page: Open) -> None:
    """Thirty days of orders are too few for a test 90 days ahead, and the page says so."""
    lines = [f"{i % 40},2024-03-{1 + (7 * i + i % 5) % 30:02},{5 + i % 7}\n" for i in range(400)]
    app = read_orders(upload(open_page("data/upload.py"), ("short.csv", "customer,date,amount\n" + "".join(lines))))
    app.switch_page(str(PROJECT / "pages" / PAGE)).run()
    app = ready(app)
    assert any("the data is too short for a test at a past date" in element.value for element in app.caption)
    metrics: list[Any] = list(app.metric)
    assert any("No range available" in metric.help for metric in metrics)
