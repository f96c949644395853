"""The Drivers page."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.explain.overall.agreement import costs, sure
from core.explain.overall.found_drivers import Effort
from core.explain.overall.job import KIND, DriversSpec
from core.explain.overall.permutation_importance import MEASURES
from core.explain.overall.stored_drivers import Drivers
from core.explain.overall.swarm import choices, closer, swarm
from core.ui.caching import cached
from core.workspace.stored_results import ResultKey, keep
from tests.pages.conftest import PROJECT, Open, choose, work_off
from tests.pages.test_data import figures
from tests.pages.test_outlook import drawn, keep_model, links, sentence

PAGE = "explain/drivers.py"
EVIL = "</script><script>window.pwned=1</script>"


def said(app: AppTest) -> str:
    return "\n".join(element.value for element in [*app.markdown, *app.caption, *app.info, *app.warning])


def made_up(model: str, outputs: list[str]) -> Drivers:
    """Return drivers in which both methods count recency, only contributions count age, and the date is constant."""
    rng = np.random.default_rng(0)
    recency, tenure = rng.uniform(0, 200, (2, 60))
    outcome = "will_buy" if len(outputs) == 1 else "next_segment"
    names = ("recency", "orders", "age", "calendar")
    added = {"recency": 1 - recency / 100, "orders": 0.01 * tenure, "age": 0.8, "calendar": -0.7}
    by_driver = pd.concat([pd.DataFrame(added).assign(output=output) for output in outputs], ignore_index=True)
    costs = dict(zip(names, (0.1, 0.002, 0.0, 0.0), strict=True))
    importance = pd.DataFrame(
        [
            {"level": level, "name": name, "measure": measure, "mean": costs[name], "sd": 0.001, "repeats": 3}
            for measure in MEASURES[outcome]
            for level in ("driver",)
            for name in names
        ]
    )
    means = pd.DataFrame({"input": "recency", "output": outputs[0], "value": [1.0, 99.0], "mean": [0.5, 0.2]})
    lines = pd.DataFrame(
        {"input": "recency", "output": outputs[0], "customer": [0, 0], "own": 5.0, "value": [1.0, 99.0], "said": 0.3}
    )
    facts = {
        "model": {"id": model, "name": "champion", "as_of": "2024-12-01", "version": 1}, "outcome": outcome,
        "horizon": 90, "at": "2024-09-01", "is_twin": True, "of": 900, "known": 800, "judged": 500, "explained": 60,
        "orders": 100, "scale": "probability", "outputs": outputs, "figures": dict.fromkeys(MEASURES[outcome], 0.8),
        "opens": {"recency": ["recency", "overdue"], "orders": ["frequency"], "age": ["tenure"]},
        "leading": {"recency": "recency", "orders": "frequency", "age": "tenure"}, "alike": ["calendar"],
        "only_rhythm": False,
    }  # fmt: skip
    pairs = [("recency", "overdue", "recency", "recency", 0.98), ("tenure", "frequency", "age", "orders", -0.8)]
    return Drivers(
        facts=facts, importance=importance, by_driver=by_driver, by_input=by_driver[["output"]].iloc[:0],
        known=pd.DataFrame({"recency": recency, "frequency": 1.0, "tenure": tenure}), means=means, lines=lines,
        correlations=pd.DataFrame(pairs, columns=["a", "b", "driver_a", "driver_b", "rho"]),
        rhythm=pd.DataFrame({"name": ["orders", "recency"], "size": [1.0, 3.0]}),
        errors=pd.DataFrame([{"name": name, "output": output, "error": 0.01} for name in names for output in outputs]),
    )  # fmt: skip


def test_dots_stand_apart_and_have_the_level_of_the_leading_input() -> None:
    found = made_up("m", ["will_buy"])
    dots = swarm(found, "will_buy")
    assert dots["name"].drop_duplicates().tolist() == ["orders", "age", "recency"]  # by mean size, without the date
    assert dots["lift"].abs().max() <= 0.5
    recency = dots[dots["name"] == "recency"]
    assert recency["value"].tolist() == found.known["recency"].tolist()
    assert recency["level"].corr(recency["value"], method="spearman") == pytest.approx(1)
    assert (recency["level"].min(), recency["level"].max()) == (0, 1)
    assert (dots.loc[dots["name"] == "orders", "level"] == 0.5).all()  # all have one order
    table = costs(found, "auc").set_index("name")
    assert table["margin"].to_numpy() == pytest.approx(4.303 * 0.001 / 3**0.5, rel=1e-3)  # Student's t of 3 shuffles
    assert sure(table).index.tolist() == ["recency"]
    assert choices(found) == ["frequency", "tenure", "recency"]
    close = closer(found, "recency", "will_buy")
    assert close.of_driver
    assert close.partner == ""  # a line explains it all
    assert close.points["added"].tolist() == found.by_driver["recency"].tolist()


def keep_made_up(model: str, outputs: list[str]) -> None:
    found = made_up(model, outputs)
    spec = DriversSpec(outcome=found.facts["outcome"], horizon=90, model=model)
    key = ResultKey(dataset_id="demo", version=1, generation=0, kind=KIND, spec=spec.to_json())
    keep(cached.workspace(), key, found.write)


def test_own_rhythm_is_looked_at_on_request(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    little = classmethod(lambda _cls, _predictor: Effort(judged=300, repeats=2, input_repeats=1))
    monkeypatch.setattr(Effort, "of", little)
    app = open_page(PAGE)
    assert sentence(app) == "##### Drivers not computed yet for version 1."
    assert "one to four minutes" in said(app)
    app.button(key="drivers_start").click().run()
    assert "Computing the drivers of Own rhythm" in sentence(app)
    work_off()
    app.run()
    assert not app.exception
    assert sentence(app).startswith("##### The strongest driver of who will buy within 90 days is ")
    assert drawn(app) == {"drivers_costs", "drivers_sizes", "drivers_both", "drivers_dependence", "drivers_moved"}
    assert figures(app)["Judged on"] == "300"
    assert set(app.dataframe[0].value["name"]) == {"orders", "recency", "age"}
    choose(app, "figure_widget", "brier")
    assert app.query_params["figure"] == "brier"
    choose(app, "summary_widget", "Each customer")
    assert "drivers_swarm" in drawn(app)
    choose(app, "input_widget", "age")
    assert not app.exception
    assert "exact" in said(app)
    assert [page for page in links(app) if page in ("customer", "card")] == ["customer"]  # own rhythm has no card


def test_back_goes_back_and_a_page_that_is_come_back_to_remembers(open_page: Open) -> None:
    app = open_page(PAGE)
    choose(app, "outcome_widget", "spend")
    assert app.query_params["outcome"] == "spend"
    app.switch_page(str(PROJECT / "pages" / "data" / "jobs.py")).run()
    app.query_params.clear()
    app.switch_page(str(PROJECT / "pages" / PAGE)).run()
    assert app.query_params["outcome"] == "spend"
    del app.query_params["outcome"]  # as the browser's Back does
    app.run()
    assert app.selectbox(key="outcome_widget").value == "will_buy"
    assert "outcome" not in app.query_params


def test_a_model_is_told_of_in_words(open_page: Open) -> None:
    open_page("explore/home.py")
    model = keep_model(0)
    keep_made_up(model, ["will_buy"])
    app = open_page(PAGE)
    assert sentence(app) == ("##### The strongest driver of who will buy within 90 days is time since the last order.")
    text = said(app)
    assert figures(app) == {
        "AUC": "0.800", "Without the strongest driver": "0.700", "Drivers that matter": "1 of 3",
        "Actionable": "100%", "Judged on": "500",
    }  # fmt: skip
    assert "trained again on what had happened by 1 Sep 2024" in text
    assert "500 of 800 customers known then" in text
    assert "100 driver orderings per customer, with a mean standard error of 1.0 points" in text
    assert "Own buying rhythm itself comes from time since the last order 75%, total orders 25%" in text
    assert "reach 0.98 within a driver, such as “days since the last order”" in text.replace("\\", "")
    assert "Total orders and time as a customer" not in text
    assert "Time as a customer and total orders (−0.80)" in text.replace("\\", "")
    assert "Excluded: Time of year (−70.0 points)" in text.replace("\\", "")
    assert "calendar" not in set(app.dataframe[0].value["name"])
    assert app.get("selectbox")


def test_each_segment_can_be_looked_at_and_its_name_is_text(open_page: Open) -> None:
    open_page("explore/home.py")
    model = keep_model(0)
    keep_made_up(model, [EVIL, "Loyal"])
    app = open_page(PAGE, outcome="next_segment")
    assert "which segment customers will be in after 90 days" in sentence(app)
    plots = [element.proto.spec for element in app.get("plotly_chart")]
    assert plots
    assert not any(EVIL in spec for spec in plots)
    choose(app, "summary_widget", "Each customer")
    choose(app, "of_widget", "Loyal")
    assert app.query_params["of"] == "Loyal"
    assert not app.exception


def test_what_cannot_be_found_is_said(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    open_page("explore/home.py")
    keep_model(0, outcomes=("will_buy",))
    app = open_page(PAGE, outcome="spend")
    assert "was trained for “Will they buy?” only" in said(app).replace("\\", "")
    assert "drivers_start" not in {button.key for button in app.button}
    app = open_page(PAGE, outcome="guess")
    assert "“guess” under “Question”, which doesn't exist" in said(app)
    last = cached.last_day(cached.key_of(cached.workspace().dataset("demo")))
    monkeypatch.setattr(cached, "first_day", lambda _key: last - timedelta(days=29))
    app = open_page(PAGE)
    assert sentence(app) == "##### Drivers can't be computed yet."
    assert "The log is 30 days long" in said(app)
