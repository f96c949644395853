"""Reasons of many customers: the strongest drivers of the chance, by the model of the scores."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.errors import NotFoundError
from core.explain.attribution.contributions import Contributions
from core.explain.attribution.explainer import Explainer
from core.explain.drivers import DRIVERS
from core.explain.explained_outlook import EVERYBODY, Explaining, read_explaining, write_explaining
from core.explain.reasons import COLUMNS, ReasonGiver, pulls_of, reasons_of_one, with_reasons
from core.models.learners.buying import Buying
from core.models.learners.candidates import CANDIDATES, train
from core.models.learners.predictor import Predictor
from core.models.scoring.outlook import OutlookSpec, outlooks
from core.models.training.model_registry import keep_predictors
from core.numbers import Money
from core.workspace.records import By, NewDataset, Written
from core.workspace.store import Workspace
from tests.core.explain.conftest import HORIZON, NOW
from tests.core.models.predictors import FEW

MONEY = Money(currency="GBP")


def test_the_strongest_drivers_come_first_with_the_input_that_pulls() -> None:
    found = Contributions(
        columns=("recency", "overdue", "frequency", "monetary", "country", "season_sine"),
        parts=np.array([[[0.5], [0.2], [-0.9], [0.1], [0.0], [5.0]], [[-2.0], [1.9], [0.0], [0.0], [0.3], [5.0]]]),
        base=np.zeros(1),
    )
    first, second = pulls_of(found, 0)
    assert [(pull.driver, pull.part) for pull in first] == [
        ("orders", "frequency"), ("recency", "recency"), ("spent", "monetary")
    ]  # fmt: skip
    assert [pull.effect for pull in first] == pytest.approx([-0.9, 0.7, 0.1])
    assert [(pull.driver, pull.part) for pull in second] == [("country", "country"), ("recency", "recency")]


def test_reasons_are_those_of_the_explainer_whatever_the_batch(champion: Predictor, known: pd.DataFrame) -> None:
    explaining = Explaining.of(champion, known)
    giver = ReasonGiver.of(explaining, known, MONEY)
    assert giver.facts == {"how": "exact", "fit": None, "scale": "log-odds"}
    spec = OutlookSpec()
    parts = [
        pd.concat(
            list(with_reasons(giver, known, outlooks(champion, known, spec=spec, batch=batch))), ignore_index=True
        )
        for batch in (250, 90)
    ]
    pd.testing.assert_frame_equal(parts[0][list(COLUMNS)], parts[1][list(COLUMNS)])
    found = parts[0]
    explained = Explainer.of(champion, "will_buy", explaining.background).explain(known).contributions.by_driver()
    largest = np.abs(explained.output(0)).max(axis=1)
    np.testing.assert_allclose(found["reason_1_effect"].abs(), largest, atol=1e-6)
    one = reasons_of_one(
        explaining,
        Explainer.of(champion, "will_buy", explaining.background),
        Explainer.of(champion, "will_buy", explaining.background).explain(known.iloc[[7]]),
        known.iloc[[7]],
        found.iloc[[7]],
        MONEY,
    )
    assert [reason.sentence for reason in one] == list(found.loc[7, ["reason_1", "reason_2", "reason_3"]])
    assert all(sentence.endswith(".") for sentence in found["reason_1"])
    actionable = found["reason_1_driver"].map({name: driver.actionable for name, driver in DRIVERS.items()})
    assert (found["reason_1_actionable"] == actionable).all()


def test_a_model_that_cannot_be_taken_apart_is_imitated_and_it_is_told_how_well(
    champion: Predictor, rows: pd.DataFrame, known: pd.DataFrame
) -> None:
    past = rows[rows["will_buy"].notna()]
    one = train(CANDIDATES["knn"], past, past["will_buy"].astype(int), FEW)
    knn = replace(champion, name="knn", buying=Buying(members=(one,), rhythm=False))
    giver = ReasonGiver.of(Explaining.of(knn, known), known, MONEY)
    assert giver.facts["how"] == "imitated"
    assert giver.facts["fit"] > 0.5
    said = knn.predict(known)
    found = giver.give(known, said)
    assert found["reason_1"].notna().all()
    assert (found["reason_1_effect"].abs() >= found["reason_2_effect"].abs().fillna(0)).all()
    total = giver.mimic.contributions(known).total[:, 0] if giver.mimic else np.zeros(1)
    odds = np.log(said["p_buy"] / (1 - said["p_buy"]))
    assert np.corrcoef(total, odds)[0, 1] > 0.9


def test_customers_are_compared_with_the_middle_of_their_segment_and_of_all(
    champion: Predictor, known: pd.DataFrame
) -> None:
    explaining = Explaining.of(champion, known)
    assert list(explaining.typical.index) == [*champion.segments.names, EVERYBODY]
    assert explaining.typical.loc[EVERYBODY, "recency"] == known["recency"].median()
    assert "customer_id" not in explaining.background
    assert len(explaining.background) == 200


def test_the_model_that_made_the_scores_explains_them(champion: Predictor, known: pd.DataFrame, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "workspace")

    def nothing(_folder: Path) -> Written:
        return Written(files=["shop.csv"], report={})

    version = workspace.create(NewDataset(name="Shop", id="shop"), nothing, By(who="ada"))
    ids = [
        keep_predictors(workspace, "shop", version.version, {"champion": (model, {})})["champion"]
        for model in (champion, replace(champion, horizon=60))
    ]
    folder = tmp_path / "kept"
    folder.mkdir()
    write_explaining(Explaining.of(champion, known), folder, {"id": ids[0]})
    assert read_explaining(workspace, "shop", folder, ids[0]).predictor.horizon == HORIZON  # not the newer one
    assert read_explaining(workspace, "shop", folder, ids[0]).as_of == NOW
    with pytest.raises(NotFoundError, match="no model"):
        read_explaining(workspace, "shop", folder, "0123456789ab")


def test_own_rhythm_is_kept_beside_its_scores(champion: Predictor, known: pd.DataFrame, tmp_path: Path) -> None:
    own = replace(champion, name="btyd", buying=Buying(), spending=None, following=None)
    write_explaining(Explaining.of(own, known), tmp_path, {"id": "", "name": "btyd"})
    found = read_explaining(Workspace(tmp_path / "workspace"), "shop", tmp_path, "")
    pd.testing.assert_frame_equal(
        found.predictor.predict(known)[["p_buy"]], own.predict(known)[["p_buy"]], check_exact=False
    )
    assert found.predictor.outcomes == ("will_buy", "spend", "next_segment")
