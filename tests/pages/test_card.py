"""The Model card page: the model, its accuracy and weaknesses, and what it says if these are unknown."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.engine import Engine, parquet
from core.models.data.panel import known_at
from core.models.data.repeat_buying import RepeatBuying
from core.models.learners.buying import Buying
from core.models.learners.predictor import Predictor
from core.models.scoring import scoring_models
from core.models.training import model_registry
from core.models.training.backtest import metrics_of, segments_at
from core.models.training.suite import SuiteSpec
from core.models.training.training_run import TrainSpec
from core.numbers import Money
from core.segments.segment_model import ClusterSpec
from core.ui.caching import cached
from core.ui.card import view as card_view
from core.ui.shared.view import View
from core.workspace.store import Workspace
from tests.core.models.judgements import noisy
from tests.pages.conftest import Open, choose
from tests.pages.test_train import DAYS, as_of, figures, keep_run, sentence, texts

Shop = tuple[Path, dict[str, str]]

PAGE = "explain/card.py"
SCRIPT = "</script><script>window.pwned=1</script>"


@pytest.fixture(scope="session")
def judged() -> pd.DataFrame:
    """Return predictions for 300 customers; chances are far too high in one segment, whose name is markup."""
    rows = noisy(300, cutoffs=DAYS)
    rows = rows.replace({"segment_now": {"Low": SCRIPT}, "segment_next": {"Low": SCRIPT}})
    high = (rows["segment_now"] == SCRIPT) & (rows["model"] == "xgboost")
    return rows.assign(p_buy=rows["p_buy"].where(~high, rows["p_buy"] ** 0.3))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, demo_workspace: Path, judged: pd.DataFrame) -> Shop:
    """Create a workspace with four models, three of one training, and their predictions at past dates; once."""
    folder = tmp_path_factory.mktemp("cards") / "workspace"
    shutil.copytree(demo_workspace, folder)
    opened, engine = Workspace(folder), Engine(folders=[folder], threads=1)
    version, spec = opened.version("demo", 1), TrainSpec(as_of=as_of(opened).as_of, suite=SuiteSpec(), segments=1)
    with engine.session() as connection:
        orders, returns = (parquet(connection, version.folder / f"{name}.parquet") for name in ("orders", "returns"))
        known = known_at(connection, orders, returns, [spec.as_of])
    engine.close()
    ids = known["customer_id"].tolist()
    rows = judged.assign(customer_id=[ids[int(number)] for number in judged["customer_id"]])
    keep_run(folder, SuiteSpec(), rows, {})
    base = Predictor(
        name="champion", horizon=30, as_of=spec.as_of, segments=segments_at(known, ClusterSpec()),
        rhythm=RepeatBuying.fit(known), buying=Buying(),
    )  # fmt: skip
    told = {"data": {"version": 1, "generation": 0}, "training": {"spec": spec.to_json()}}
    cards = {name: {**told, "metrics": metrics_of(rows[rows["model"] == name])} for name in ("xgboost", "knn", "btyd")}
    made = {name: (replace(base, name=name, horizon=90), card) for name, card in cards.items()}
    return folder, model_registry.keep_predictors(opened, "demo", 1, {"champion": (base, {}), **made})


@pytest.fixture
def trained(workspace: Path, shop: Shop) -> dict[str, str]:
    """Return the ids of the models by name, in the test's workspace."""
    folder, ids = shop
    shutil.copytree(folder, workspace, dirs_exist_ok=True)
    return ids


def charts(app: AppTest) -> dict[str, str]:
    return {str(chart.key): chart.proto.spec for chart in app.get("plotly_chart")}


def test_without_a_model_the_page_says_where_to_train_one(open_page: Open) -> None:
    app = open_page(PAGE)
    assert sentence(app) == "##### No model is trained yet."
    assert any("Train models" in link.proto.label for link in app.get("page_link"))
    assert not charts(app)


def test_a_model_is_told_with_intervals_and_where_it_is_weak(open_page: Open, trained: dict[str, str]) -> None:
    app = open_page(PAGE, predictor=trained["xgboost"], horizon="90")
    said = sentence(app).replace("\\", "")
    assert re.match(r"##### With an AUC of 0\.\d\d, XGBoost expected ", said)
    assert f"weakest among {SCRIPT}" in said
    assert list(figures(app)) == [
        "Probability error (Brier)", "Ranking (AUC)", "Average precision", "Calibration error",
    ]  # fmt: skip
    assert "did after 1 Mar 2024 and 30 May 2024. 95% intervals: probability error (Brier) 0." in texts(app).replace(
        "\\", ""
    )
    assert {"card_calibration", "card_segment"} <= set(charts(app))
    assert SCRIPT not in charts(app)["card_segment"]
    tables = [element.value for element in app.dataframe]
    by = next(table for table in tables if "said" in table).set_index("group")
    assert by.loc[SCRIPT, "said"] == "weak"
    assert next(table for table in tables if "rhythm" in table)["figure"].iloc[0] == "Brier"
    weakest = rf"Weakest among {re.escape(SCRIPT)}: [\d.]+% expected to buy, [\d.]+% did"
    assert re.search(weakest, texts(app).replace("\\", ""))


@pytest.mark.parametrize("outcome", ["spend", "next_segment"])
def test_each_question_has_its_card(open_page: Open, trained: dict[str, str], outcome: str) -> None:
    app = open_page(PAGE, predictor=trained["xgboost"], horizon="90", outcome=outcome)
    assert {"card_calibration", "card_segment"} <= set(charts(app))
    first = {"spend": "Ranking by spend (Gini)", "next_segment": "Agreement (MCC)"}[outcome]
    assert next(iter(figures(app))) == first


def test_the_model_is_chosen_by_link_or_in_the_sidebar(open_page: Open, trained: dict[str, str]) -> None:
    app = open_page(PAGE, predictor=trained["btyd"])  # the days ahead are those of the model
    assert app.session_state["horizon_widget"] == "90"
    assert re.match(r"##### With an AUC of 0\.\d\d, own rhythm expected ", sentence(app))
    assert not any("rhythm" in element.value and "against" in element.value for element in app.dataframe)
    choose(app, "predictor_widget", trained["knn"])
    assert re.match(r"##### With an AUC of 0\.\d\d, nearest neighbours expected ", sentence(app))
    choose(app, "horizon_widget", "30")
    assert "is unknown: no test at past dates" in sentence(app).replace("\\", "")
    app = open_page(PAGE, predictor="nobody", horizon="90")
    assert "“nobody” under “Model”, which doesn't exist" in texts(app)


def test_what_is_gone_or_never_was_is_said(open_page: Open, trained: dict[str, str], workspace: Path) -> None:
    shutil.rmtree(workspace / "results")
    app = open_page(PAGE, predictor=trained["xgboost"], horizon="90")
    assert "were deleted with the results of its dataset version" in texts(app).replace("\\", "")
    assert float(figures(app)["Ranking (AUC)"]) > 0.5
    assert not charts(app)
    choose(app, "horizon_widget", "30")
    assert "Not tested: that takes" in texts(app).replace("\\", "")
    assert "It knows only orders" in texts(app)
    assert not figures(app)


def test_train_links_to_the_card(open_page: Open, trained: dict[str, str]) -> None:
    app = open_page("predict/train.py", predictor=trained["knn"])
    [link] = [one for one in app.get("page_link") if "Model card" in one.proto.label]
    assert {f"predictor={trained['knn']}", "horizon=90"} <= set(link.proto.query_string.split("&"))


def test_the_downloads_hold_all_questions_and_obey_nothing(trained: dict[str, str], workspace: Path) -> None:
    opened = Workspace(workspace)
    dataset = opened.dataset("demo")
    view = View(
        dataset=dataset, key=cached.key_of(dataset), version=opened.version("demo", 1), spec=as_of(opened),
        money=Money(currency=dataset.currency),
    )  # fmt: skip
    model = model_registry.predictor_of(opened, "demo", trained["xgboost"])
    asked = card_view.Asked(model=model, used=False, outcome="spend", folder=str(scoring_models.run_of(opened, model)))
    plain = json.loads(card_view.as_json(view, asked))
    assert list(plain["judged"]) == ["will_buy", "spend", "next_segment"]
    assert f"weakest among {SCRIPT}" in plain["judged"]["will_buy"]["sentence"]
    page = card_view.as_html(view, asked)
    assert "<script" not in page
    assert "weakest among &lt;/script&gt;" in page
