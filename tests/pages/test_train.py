"""The Train page: a training is submitted with one button, stored, described and reopened by its link."""

import json
import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core import jobs
from core.customers.rfm import RfmSpec, snapshot
from core.engine import Engine, parquet
from core.ingest.importing import import_files
from core.ingest.reading.any_format import read_raw
from core.ingest.sources.files import SourceFile
from core.ingest.sources.read_options import ReadOptions
from core.ingest.unattended import planned_file
from core.models.judging.leaderboard import MAIN, leaderboard
from core.models.training import model_registry
from core.models.training.stored_training import KIND
from core.models.training.suite import SuiteSpec
from core.models.training.training_run import TrainSpec
from core.segments.naming import LOYAL
from core.segments.segment_registry import models_of, newest_or_first, rename
from core.workspace.queue.job_records import CANCELLED, QUEUED
from core.workspace.records import By, NewDataset
from core.workspace.store import Workspace
from core.workspace.stored_results import ResultKey, keep
from tests.core.models.judgements import DAY, noisy
from tests.logs import write_csv
from tests.pages.conftest import Open, choose, work_off

PAGE = "predict/train.py"
DAYS = (DAY, DAY + timedelta(days=90))
NAMES = ["High", "Middle", "Low"]
Judged = tuple[pd.DataFrame, dict[str, pd.DataFrame]]


def predictions() -> pd.DataFrame:
    """Return predictions in which XGBoost is best; with SMOTE, its probabilities are too high."""
    found = noisy(300, cutoffs=DAYS)
    balanced = found[found["model"] == "xgboost"].assign(model="xgboost+smote", p_buy=lambda rows: rows["p_buy"] ** 0.5)
    return pd.concat([found, balanced], ignore_index=True)


@pytest.fixture(scope="session")
def judged() -> Judged:
    """Return predictions and outcomes, computed once."""
    rows = predictions()
    return rows, {outcome: leaderboard(rows, outcome, draws=50) for outcome in MAIN}


@pytest.fixture(scope="session")
def segmented(tmp_path_factory: pytest.TempPathFactory, demo_workspace: Path) -> Path:
    """Create the demo shop's workspace with fitted segments, once, since each training is keyed by them."""
    folder = tmp_path_factory.mktemp("segmented") / "workspace"
    shutil.copytree(demo_workspace, folder)
    opened, engine = Workspace(folder), Engine(folders=[folder])
    version = opened.version("demo", 1)
    with engine.session() as connection:
        orders, returns = (parquet(connection, version.folder / f"{name}.parquet") for name in ("orders", "returns"))
        customers = snapshot(orders, returns, as_of(opened)).order_by("customer_id").execute()
    engine.close()
    newest_or_first(opened, version, customers, as_of(opened).as_of)
    return folder


@pytest.fixture
def workspace(workspace: Path, segmented: Path) -> Path:
    """Return a copy of the workspace for one test."""
    shutil.copytree(segmented, workspace, dirs_exist_ok=True)
    return workspace


@pytest.fixture
def trained(open_page: Open, workspace: Path, judged: Judged) -> Open:
    """Return the page's opener with a hand-made training stored for the default settings."""
    keep_run(workspace, SuiteSpec(), *judged)
    return open_page


def as_of(opened: Workspace) -> RfmSpec:
    """Return RFM settings as of the day after the demo shop's last order."""
    return RfmSpec.after(datetime.fromisoformat(opened.version("demo", 1).report["last_order"]))


def keep_run(workspace: Path, suite: SuiteSpec, rows: pd.DataFrame, boards: dict[str, pd.DataFrame]) -> None:
    """Store a run of the demo shop as the job does."""
    opened = Workspace(workspace)
    spec = TrainSpec(as_of=as_of(opened).as_of, suite=suite, segments=1)
    told = {
        "cutoffs": [f"{day:%Y-%m-%d}" for day in DAYS], "customers": 20_000, "of": 50_000, "rows": 1_234,
        "level": "The season adds 2%.", "blend": "The blend was better.", "segments": NAMES,
        "rows_of": {"xgboost": 1_234, "knn": 900, "btyd": 0},
    }  # fmt: skip
    plain = {
        "spec": spec.to_json(), "boards": list(boards), "models": {}, "refused": {"svm": "It <b>failed</b>."},
        "searched": [{"candidate": "knn", "outcome": "will_buy", "reason": "The defaults were best."}], "told": told,
    }  # fmt: skip

    def write(folder: Path) -> None:
        rows.to_parquet(folder / "predictions.parquet", index=False)
        for outcome, board in boards.items():
            board.to_parquet(folder / f"board-{outcome}.parquet", index=False)
        (folder / "run.json").write_text(json.dumps(plain), encoding="utf-8")

    key = ResultKey(dataset_id="demo", version=1, generation=0, kind=KIND, spec=spec.to_json())
    keep(opened, key, write)


def sentence(app: AppTest) -> str:
    return next(element.value for element in app.markdown if element.value.startswith("#####"))


def figures(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def charts(app: AppTest) -> set[str]:
    return {str(chart.key) for chart in app.get("plotly_chart")}


def table(app: AppTest, column: str) -> pd.DataFrame:
    """Return the only table with a column."""
    [found] = [element.value for element in app.dataframe if column in element.value]
    return found


def texts(app: AppTest) -> str:
    return "\n".join(element.value for element in (*app.markdown, *app.info, *app.success, *app.warning, *app.caption))


def test_nothing_is_trained_until_somebody_asks(open_page: Open, workspace: Path) -> None:
    app = open_page(PAGE)
    assert "Not trained yet (90 days ahead, 6 models)" in sentence(app).replace("\\", "")
    assert not jobs.active(Workspace(workspace))
    assert not figures(app)
    assert "nearest neighbours and support vector machine" in texts(app)
    assert "No models for 90 days ahead yet" in texts(app)
    listed = table(app, "definition")
    assert list(listed) == ["group", "label", "unit", "definition"]
    assert len(listed) > 50
    assert "£" in set(listed["unit"])


def test_one_click_asks_once_and_it_can_be_cancelled_and_tried_again(open_page: Open, workspace: Path) -> None:
    app = open_page(PAGE)
    app.button(key="train_start").click().run()
    app.run()
    [job] = jobs.active(Workspace(workspace))
    assert job.kind == KIND
    assert "Training models on version 1" in sentence(app).replace("\\", "")
    assert not [button for button in app.button if button.key == "train_start"]
    app.button(key=f"jobs_cancel_{job.id}").click().run()
    app.run()
    assert jobs.get(Workspace(workspace), job.id).state == CANCELLED
    app.button(key=f"kept_again_{job.id}").click().run()
    assert jobs.get(Workspace(workspace), job.id).state == QUEUED


def test_choices_are_in_the_link_and_in_what_the_job_is_given(open_page: Open, workspace: Path) -> None:
    app = open_page(PAGE, horizon="30", models="xgboost,knn", balancing="none,smote", minutes="5")
    assert "30 days ahead, 2 models, with SMOTE, 5 min parameter search" in sentence(app).replace("\\", "")
    assert "distorts probabilities" in texts(app)
    app.button(key="train_start").click().run()
    [job] = jobs.active(Workspace(workspace))
    spec = TrainSpec.from_json(job.spec["spec"])
    wanted = SuiteSpec(horizon=30, models=("knn", "xgboost"), balancing=("none", "smote"))
    assert (spec.suite, spec.search_minutes) == (wanted, 5)
    assert spec.segments == models_of(Workspace(workspace), "demo")[0].model.assignment
    choose(app, "models_widget", ["svm"])  # type: ignore[arg-type]
    assert app.query_params["models"] == "svm"
    choose(app, "models_widget", [])  # type: ignore[arg-type]
    assert "models" not in app.query_params
    assert len(app.session_state["models_widget"]) == 6


def test_what_the_link_asks_for_and_is_not_there_is_named(open_page: Open) -> None:
    app = open_page(PAGE, models="knn,oracle", horizon="7", outcome="mood")
    said = texts(app).replace("\\", "")
    assert all(f"“{strange}”" in said for strange in ("oracle", "7", "mood"))
    assert "90 days ahead, 1 model" in said


def test_the_winner_is_named_with_what_it_was_worth_and_whether_its_lead_is_real(trained: Open) -> None:
    app = trained(PAGE)
    said = sentence(app).replace("\\", "")
    assert said.startswith("##### XGBoost is best at predicting who buys within 90 days. Of its top 30 customers, ")
    assert "bought; recency alone would have found" in said
    [verdict] = [element.value.replace("\\", "") for element in app.success]
    assert verdict.startswith("Its lead over own rhythm is real: the Brier score is better by 0.0")
    assert ". AUC is better by 0.0" in verdict
    assert list(figures(app)) == [
        "Probability error (Brier)", "Ranking (AUC)", "Average precision", "Calibration error", "Buy or not (F1)",
    ]  # fmt: skip
    assert all("average over" in metric.proto.help for metric in app.metric)
    assert {"train_leads_brier", "train_leads_auc", "train_roc", "train_precision"} <= charts(app)
    board = table(app, "place")
    assert board["model"].tolist()[0] == "XGBoost"
    assert {"XGBoost, SMOTE", "Own rhythm", "Recency alone"} <= set(board["model"])
    assert board.set_index("model").loc["Nearest neighbours", "rows"] == "900"


def test_a_new_name_of_a_segment_keeps_what_was_trained(trained: Open, workspace: Path, judged: Judged) -> None:
    """It stays even if an earlier release stored it under the number of a segment model."""
    keep_run(workspace, replace(SuiteSpec(), horizon=30), *judged)
    rename(Workspace(workspace), "demo", LOYAL, "VIP", By(who="ada"))
    app = trained(PAGE)
    assert "XGBoost is best at predicting" in sentence(app)
    assert [one.proto.label for one in app.get("page_link") if "30 days ahead" in one.proto.label]
    assert jobs.active(Workspace(workspace)) == []


def test_how_it_was_trained_is_told_and_not_obeyed(trained: Open) -> None:
    said = "\n".join(element.value for element in trained(PAGE).markdown)
    assert "It \\<b\\>failed" in said
    plain = said.replace("\\", "")
    assert "trained on 1,234 rows" in plain
    assert "of 20,000 of 50,000 customers" in plain
    assert "The season adds 2%." in plain
    assert "Nearest neighbours, will they buy? The defaults were best." in plain


@pytest.mark.parametrize(
    ("outcome", "parts"),
    [
        (
            "will_buy",
            {
                "Calibration": {"train_reliability", "train_leads_brier", "train_leads_auc"},
                "Gain and lift": {"train_gain", "train_lift"},
                "Class imbalance": {"train_balanced"},
                "Each date": set(),
            },
        ),
        (
            "spend",
            {
                "Gain and lift": {"train_gain", "train_lift", "train_leads_gini"},
                "Amounts": {"train_amounts_xgboost", "train_amounts_btyd"},
            },
        ),
        (
            "next_segment",
            {
                "Mistakes": {"train_confusion_xgboost", "train_leads_f1_macro", "train_leads_mcc"},
                "Class imbalance": {"train_balanced_xgboost", "train_balanced_xgboost+smote"},
            },
        ),
    ],
)
def test_every_part_is_drawn(trained: Open, outcome: str, parts: dict[str, set[str]]) -> None:
    app = trained(PAGE, outcome=outcome, lines="xgboost,btyd")
    for part, drawn in parts.items():
        choose(app, "show_widget", part)
        assert not app.exception
        assert drawn <= charts(app)
        if part == "Each date":
            assert len(table(app, "cutoff")) == 2 * 2
        if part == "Mistakes":
            assert table(app, "segment")["model"].unique().tolist() == ["Own rhythm", "XGBoost"]


def test_smote_stands_beside_none(trained: Open) -> None:
    app = trained(PAGE, show="Class imbalance")
    said = texts(app).replace("\\", "")
    assert "XGBoost, SMOTE: macro-F1" in said
    assert "so its probabilities are no longer reliable" in said
    beside = next(element.value for element in app.dataframe if len(element.value) == 2)
    assert beside["model"].tolist() == ["XGBoost", "XGBoost, SMOTE"]
    assert beside["ece"].iloc[1] > beside["ece"].iloc[0]


def test_without_two_ways_the_page_says_how_to_compare(open_page: Open, workspace: Path, judged: Judged) -> None:
    rows, boards = judged
    plain = {name: board[~board["model"].str.contains("+", regex=False)] for name, board in boards.items()}
    keep_run(workspace, SuiteSpec(), rows, plain)
    assert "Choose two options under" in texts(open_page(PAGE, show="Class imbalance"))
    assert "Choose two options under" in texts(open_page(PAGE, show="Rare answers"))  # in older links


def test_models_drawn_and_date_are_chosen(trained: Open) -> None:
    app = trained(PAGE)
    assert set(app.session_state["lines_widget"]) == {"xgboost", "btyd", "recency", "xgboost+smote"}
    app = trained(PAGE, lines="knn", date="2024-03-01")
    assert app.session_state["lines_widget"] == ["knn"]
    spec = next(chart.proto.spec for chart in app.get("plotly_chart") if chart.key == "train_roc")
    assert [trace["name"] for trace in json.loads(spec)["data"] if "name" in trace] == ["Nearest neighbours"]


def test_a_tab_that_the_next_question_lacks_is_left_without_a_warning(trained: Open) -> None:
    app = trained(PAGE, show="Calibration")
    assert app.session_state["show_widget"] == "Calibration"
    choose(app, "outcome_widget", "spend")
    assert app.session_state["show_widget"] != "Calibration"
    assert not app.warning


def test_no_better_than_own_rhythm_is_said(open_page: Open, workspace: Path, judged: Judged) -> None:
    rows = judged[0][judged[0]["model"].isin(["btyd", "knn"])]
    keep_run(workspace, SuiteSpec(), rows, {name: leaderboard(rows, name, draws=20) for name in MAIN})
    app = open_page(PAGE)
    said = texts(app).replace("\\", "")
    assert "No trained model beats the baseline, own rhythm. The best trained model is nearest" in said
    assert "It is behind own rhythm: the Brier score is worse by" in said
    assert sentence(app).replace("\\", "").startswith("##### Own rhythm is best at predicting who buys")


def test_too_good_to_be_true_is_flagged_and_stays(open_page: Open, workspace: Path, judged: Judged) -> None:
    rows = judged[0].copy()
    knows = rows["model"] == "knn"
    rows.loc[knows, "p_buy"] = np.where(rows.loc[knows, "bought"] > 0, 0.9, 0.1)
    keep_run(workspace, SuiteSpec(), rows, {name: leaderboard(rows, name, draws=20) for name in MAIN})
    app = open_page(PAGE)
    [doubt] = [element.value.replace("\\", "") for element in app.warning]
    assert doubt.startswith("Nearest neighbours: An AUC of 1.00 is higher than order data usually allows")
    assert "Nearest neighbours is best at predicting" in sentence(app)


def test_what_was_trained_before_is_linked(trained: Open, workspace: Path, judged: Judged) -> None:
    keep_run(workspace, replace(SuiteSpec(), horizon=30), *judged)
    app = trained(PAGE)
    [link] = [one for one in app.get("page_link") if "30 days ahead" in one.proto.label]
    assert {"horizon=30", "outcome=will_buy", "balancing=none"} <= set(link.proto.query_string.split("&"))
    assert "XGBoost is best at predicting" in sentence(trained(PAGE, horizon="30"))


def test_a_short_log_is_trained_on_and_not_judged(open_page: Open, workspace: Path, tmp_path: Path) -> None:
    """With forty customers over two months, only own rhythm can be trained and nothing can be tested."""
    shop(workspace, tmp_path, days=60)
    app = open_page(PAGE, dataset="tiny")
    assert "There isn't enough data to test 90 days ahead" in sentence(app).replace("\\", "")
    assert "choose 30 days in the sidebar" in texts(app)
    app.button(key="train_start").click().run()
    work_off()
    app.run()
    assert "There isn't enough data" in sentence(app)
    assert not charts(app)
    assert "Own rhythm alone" in texts(app)
    assert set(table(app, "created_at")["name"]) == {"Champion blend", "Own rhythm"}


def test_a_real_training_ends_on_the_page_and_its_models_can_be_used(
    open_page: Open, workspace: Path, tmp_path: Path
) -> None:
    shop(workspace, tmp_path, days=270)
    asked = {"dataset": "tiny", "models": "logistic_regression", "horizon": "90"}
    app = open_page(PAGE, **asked)
    app.button(key="train_start").click().run()
    work_off()
    app.run()
    assert "is best at predicting who buys within 90 days" in sentence(app)
    assert "Logistic regression is unavailable" in texts(app).replace("\\", "")
    listed = table(app, "created_at")
    assert set(listed["name"]) == {"Champion blend", "Own rhythm"}
    assert listed.loc[listed["in_use"], "name"].tolist() == ["Champion blend"]
    assert 0 < listed["brier"].min() < 1
    other = listed.loc[~listed["in_use"], "id"].iloc[0]
    choose(app, "predictor_widget", other)
    app.button(key="train_crown").click().run()
    used = model_registry.in_use(Workspace(workspace), "tiny", 90)
    assert used is not None
    assert used.id == other
    assert any("Own rhythm is now used for 90 days ahead" in element.value for element in app.success)
    assert app.button(key="train_crown").disabled
    assert json.loads(app.json[0].value)["name"] == "btyd"
    app.button(key="train_uncrown").click().run()
    newest = model_registry.in_use(Workspace(workspace), "tiny", 90)
    assert newest is not None
    assert newest.name == "champion"
    shutil.rmtree(workspace / "results")
    app.run()
    assert app.button(key="train_start").label == "Train models"  # what was made is gone, and can be made again
    app.button(key="train_start").click().run()
    assert len(jobs.active(Workspace(workspace))) == 1


def shop(workspace: Path, folder: Path, days: int) -> None:
    """Create a dataset called tiny, in which each customer buys at their own pace."""
    rng, rows = np.random.default_rng(0), list[tuple[str, ...]]()
    for customer in range(40):
        day, gap = float(rng.uniform(0, 20)), rng.uniform(5, 60)
        while day < days:
            when = datetime(2024, 1, 5, 10) + timedelta(days=int(day))  # noqa: DTZ001  wall time
            price = f"{rng.uniform(2, 50):.2f}"
            rows.append((f"{len(rows)}", "A1", "Cup", "1", f"{when:%Y-%m-%d %H:%M}", price, f"{customer}", "UK"))
            day += 1 + float(rng.exponential(gap))
    file = write_csv(folder / "tiny.csv", rows)
    engine = Engine(folders=[workspace], files=[file])
    scratch = workspace / "uploads" / "tiny"
    scratch.mkdir(parents=True)
    with engine.session() as connection:
        [raw] = read_raw(connection.con, SourceFile(name=file.name, path=file), scratch, ReadOptions())
        planned = planned_file(connection, raw, {}, dates="ymd", timezone="UTC")
        new = NewDataset(name="Tiny", currency="GBP", id="tiny")
        import_files(Workspace(workspace), engine, [planned], new, now=datetime(2026, 1, 1), by=By(who="ada"))  # noqa: DTZ001
    engine.close()
