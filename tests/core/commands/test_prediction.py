"""Backtesting, training and scoring on the command line."""

import json
import re
import shutil
from collections.abc import Iterator
from functools import partial
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest

from core import cli
from core.models.learners.candidates import CANDIDATES
from core.models.learners.predictor import RFM_COUNTRY
from core.models.training import suite
from core.models.training.backtest import COLUMNS
from core.models.training.model_folder import CARD, PREDICTOR
from tests.core.models.data.test_panel import shop

EVERY = tuple(CANDIDATES)

pytestmark = pytest.mark.usefixtures("warm_children")


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the orders of 160 customers over 360 days, one line each."""
    orders = shop(160, 360)
    folder = tmp_path_factory.mktemp("log")
    rows = orders.assign(quantity=2, price=orders["amount"] / 2, item="A1")
    rows = rows[["order_id", "item", "quantity", "ordered_at", "price", "customer_id", "country"]]
    rows.columns = ["Invoice", "StockCode", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country"]
    rows.to_csv(folder / "orders.csv", index=False)
    return folder / "orders.csv"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Name a workspace for the commands of this file."""
    folder = tmp_path_factory.mktemp("workspace")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLIENTELE_WORKSPACE", str(folder))
        yield folder


@pytest.fixture(scope="module")
def trained(log: Path, workspace: Path) -> dict[str, str]:
    """Train on the log and return the model ids by name."""
    out = log.parent / "models"
    how = ["--horizon", "60", "--models", "logistic_regression", "--dates", "ymd"]
    assert cli.main(["train", str(log), "--out", str(out), *how]) == 0
    ids: dict[str, str] = json.loads((out / "models.json").read_text())["models"]
    return ids


@pytest.mark.parametrize("learners", [("random_forest", "knn"), pytest.param(EVERY, marks=pytest.mark.long)])
def test_backtest_writes_every_prediction_and_every_figure(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, learners: tuple[str, ...]
) -> None:
    monkeypatch.setattr(suite, "SuiteSpec", partial(suite.SuiteSpec, models=learners))
    cutoffs = ["--cutoff", "2024-11-15", "--cutoff", "2024-12-10"]  # the log ends before the second's horizon does
    arguments = ["backtest", str(log), *cutoffs, "--horizon", "30", "--out", str(tmp_path), "--dates", "ymd"]
    assert cli.main(arguments) == 0
    found = pd.read_csv(tmp_path / "predictions.csv", dtype={"customer_id": "str"})
    assert list(found) == list(COLUMNS)
    orders = shop(160, 360)
    for cutoff, rows in found.groupby("cutoff"):
        known = set(orders.loc[orders["ordered_at"] < pd.Timestamp(str(cutoff)), "customer_id"])
        assert all(set(part["customer_id"]) == known and len(part) == len(known) for _, part in rows.groupby("model"))
    first, second = (found[found["cutoff"] == day] for day in ("2024-11-15", "2024-12-10"))
    window = orders[orders["ordered_at"].between(pd.Timestamp("2024-11-15"), pd.Timestamp("2024-12-14 23:59:59"))]
    spent = window.groupby("customer_id")["amount"].sum().round(2)
    champion = first[first["model"] == "champion"].set_index("customer_id")
    assert champion.loc[spent.index, "spend"].round(2).to_dict() == spent.to_dict()
    assert champion["bought"].sum() == len(spent)
    assert second[["bought", "spend", "segment_next"]].isna().all().all()
    assert first.loc[first["model"] == "roll_forward", ["p_buy", "expected_spend"]].isna().all().all()
    models = {"champion", "btyd", "persistence", "roll_forward", "recency", *learners}
    assert models <= set(found["model"])
    figures = json.loads((tmp_path / "metrics.json").read_text())
    assert {row["model"] for row in figures["metrics"]} == set(found["model"])
    judged = [row for row in figures["metrics"] if row["model"] == "champion"]
    assert judged[0]["customers"] == len(champion)
    assert judged[1]["will_buy"] is None
    assert {"auc", "ece", "gini", "f1_macro", "mcc"} <= set(figures["definitions"])


def scored(log: Path, model: str, out: Path) -> str:
    """Score the log as of a day before its end and return the output."""
    arguments = ["score", str(log), "--model", model, "--out", str(out), "--dates", "ymd", "--as-of", "2024-12-01"]
    assert cli.main(arguments) == 0
    return (out / "scores.csv").read_text()


def test_a_trained_model_scores_a_later_file_by_its_id_and_by_its_folder(
    log: Path, workspace: Path, trained: dict[str, str], tmp_path: Path
) -> None:
    assert set(trained) == {"champion", "btyd", "rfm", "logistic_regression"}
    text = scored(log, trained["champion"], tmp_path / "by id")
    found = pd.read_csv(StringIO(text), dtype={"customer_id": "str"})
    orders = shop(160, 360)
    assert set(found["customer_id"]) == set(orders.loc[orders["ordered_at"] < "2024-12-01", "customer_id"])
    assert found["p_buy"].between(0, 1).all()
    chances = [name for name in found if str(name).startswith("p_segment: ")]
    assert found[chances].sum(axis=1).to_numpy() == pytest.approx(1.0, abs=1e-5)
    assert (found["expected_spend_low"] <= found["expected_spend_high"]).all()
    folder = workspace / "models" / "from-files" / trained["champion"]
    assert scored(log, str(folder), tmp_path / "by folder") == text


def test_cards_tell_what_models_look_at(workspace: Path, trained: dict[str, str]) -> None:
    card = json.loads((workspace / "models" / "from-files" / trained["champion"] / CARD).read_text())
    assert card["horizon"] == 60
    assert card["id"] == trained["champion"]
    assert {"scikit-learn", "python"} <= set(card["libraries"])
    four = json.loads((workspace / "models" / "from-files" / trained["rfm"] / CARD).read_text())
    assert set(four["models"][0]["columns"]) == set(RFM_COUNTRY)


@pytest.mark.parametrize("model", ["", "x" * 5_000, "../..", "*"])
def test_what_is_no_model_is_told_in_a_line(
    model: str, workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["score", "orders.csv", "--model", model, "--out", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert re.match("There is no model “|The model “.*” can't be read: its folder has no predictor.json", said)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda folder: (folder / PREDICTOR).unlink(), "its folder has no predictor.json"),
        (lambda folder: (folder / PREDICTOR).write_text("{"), "predictor.json is damaged"),
        (lambda folder: (folder / PREDICTOR).write_text('{"form": 99}'), "format is 99"),
        (lambda folder: next(folder.glob("*.skops")).write_bytes(b"x"), "was changed after it was written"),
        (lambda folder: next(folder.glob("*.ubj")).unlink(), "is missing"),
    ],
)
def test_damaged_models_say_so_in_one_line(
    damage: object, said: str, log: Path, workspace: Path, trained: dict[str, str], tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    folder = tmp_path / "model"
    shutil.copytree(workspace / "models" / "from-files" / trained["rfm"], folder)
    damage(folder)  # type: ignore[operator]
    arguments = ["score", str(log), "--model", str(folder), "--out", str(tmp_path / "out"), "--dates", "ymd"]
    assert cli.main(arguments) == 2
    told = capsys.readouterr().err
    assert re.fullmatch(rf"The model “model” can't be read: .*{re.escape(said)}.*\. Train it again, .*\n", told)


def test_unknown_models_and_wrong_names_are_told(
    log: Path, workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["score", str(log), "--model", "../x", "--out", str(tmp_path)]) == 2
    assert "There is no model “../x”" in capsys.readouterr().err
    assert cli.main(["train", str(log), "--models", "magic", "--out", str(tmp_path), "--dates", "ymd"]) == 2
    assert "`models` must be unique values from logistic_regression" in capsys.readouterr().err
    early = ["backtest", str(log), "--cutoff", "2020-01-01", "--out", str(tmp_path), "--dates", "ymd"]
    assert cli.main(early) == 2
    assert "--cutoff 2020-01-01: no orders before this date" in capsys.readouterr().err
