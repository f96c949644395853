"""Contributions and base add up to the prediction, for each kind of model and outcome."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from core.errors import InputError
from core.explain.attribution.contributions import Contributions, added
from core.explain.attribution.explainer import LOG_ODDS, MONEY, PROBABILITY, Explainer
from core.explain.attribution.prepared_rows import prepared
from core.explain.attribution.segment_odds import odds_added
from core.models.learners.buying import Buying
from core.models.learners.candidates import CANDIDATES, train
from core.models.learners.next_segment import SMALLEST, STANDING, NextSegment, train_next_segment
from core.models.learners.predictor import CHANCE, Predictor
from core.models.learners.spending import Spending, train_amount
from tests.core.explain.conftest import HORIZON
from tests.core.models.predictors import FEW

FIVE = ("logistic_regression", "random_forest", "knn", "svm", "xgboost")


def alone(champion: Predictor, rows: pd.DataFrame, name: str) -> Predictor:
    """Train one candidate for all three outcomes, as a training run does."""
    past = rows[rows["will_buy"].notna()]
    one = train(CANDIDATES[name], past, past["will_buy"].astype(int), FEW)
    member = train_next_segment(CANDIDATES[name], past, champion.segments, HORIZON, (*FEW, *STANDING))
    return replace(
        champion,
        name=name,
        buying=Buying(members=(one,), rhythm=False),
        spending=Spending(amounts=(train_amount(CANDIDATES[name], past, FEW),), rhythm=None),
        following=NextSegment(segments=champion.segments, horizon=HORIZON, members=(member,)),
    )


def said(predictor: Predictor, outcome: str, known: pd.DataFrame) -> np.ndarray:
    """Return the predictor's own output: probabilities or money."""
    found = predictor.predict(known)
    if outcome == "next_segment":
        return found[[f"{CHANCE}{place}" for place in range(len(predictor.segments.names))]].to_numpy(float)
    return found[["p_buy" if outcome == "will_buy" else "expected_spend"]].to_numpy(float)


def assert_adds_up(predictor: Predictor, outcome: str, known: pd.DataFrame, scale: str) -> None:
    explainer = Explainer.of(predictor, outcome, known.iloc[:40])
    some = known.iloc[100:102]
    explanation = explainer.explain(some, orders=8)
    assert explanation.scale == scale
    assert (explanation.error is not None) == explainer.is_sampled
    total = explanation.contributions.total
    np.testing.assert_allclose(total, explainer.output(some), atol=1e-9)
    probabilities = explainer.probabilities(total)
    np.testing.assert_allclose(
        total if probabilities is None else probabilities, said(predictor, outcome, some), atol=1e-5
    )
    by_driver = explanation.contributions.by_driver()
    np.testing.assert_allclose(by_driver.total, total, atol=1e-9)
    assert np.abs(by_driver.parts).max() > 0
    if not explainer.is_sampled:  # what is spread to make it add up is rounding and nothing else
        raw = explainer.of_rows(prepared(predictor, outcome, some), settle=False)
        np.testing.assert_allclose(raw.total, total, atol=1e-5)


@pytest.mark.parametrize("name", FIVE)
def test_contributions_of_the_five_models_add_up(
    champion: Predictor, rows: pd.DataFrame, known: pd.DataFrame, name: str
) -> None:
    predictor = alone(champion, rows, name)
    scale = LOG_ODDS if name in ("logistic_regression", "xgboost") else PROBABILITY
    assert_adds_up(predictor, "will_buy", known, scale)
    assert_adds_up(predictor, "next_segment", known, scale)
    assert_adds_up(predictor, "spend", known, MONEY)


@pytest.mark.parametrize(("outcome", "scale"), [("will_buy", LOG_ODDS), ("next_segment", LOG_ODDS), ("spend", MONEY)])
def test_contributions_of_the_champion_add_up(
    champion: Predictor, known: pd.DataFrame, outcome: str, scale: str
) -> None:
    assert_adds_up(champion, outcome, known, scale)


@pytest.mark.parametrize(
    ("outcome", "scale"), [("will_buy", LOG_ODDS), ("next_segment", PROBABILITY), ("spend", MONEY)]
)
def test_own_rhythm_is_told_by_its_parts(champion: Predictor, known: pd.DataFrame, outcome: str, scale: str) -> None:
    own = replace(
        champion,
        name="btyd",
        buying=Buying(),
        spending=Spending(),
        following=NextSegment(segments=champion.segments, horizon=HORIZON, rhythm=champion.rhythm),
    )
    assert_adds_up(own, outcome, known, scale)
    explained = Explainer.of(own, outcome, known.iloc[:40]).explain(known.iloc[:2])
    assert explained.contributions.columns[:3] == ("orders", "recency", "age")


def test_a_blend_adds_its_parts_times_its_slope(champion: Predictor, known: pd.DataFrame) -> None:
    """Without other members, own rhythm contributes the slope times its log-odds minus those of the background."""
    buying = champion.buying
    assert buying is not None
    explainer = Explainer.of(champion, "will_buy", known.iloc[:40])
    found = explainer.explain(known.iloc[50:51]).contributions
    silent = replace(champion, buying=replace(buying, members=(), slope=buying.slope, shift=buying.shift))
    chance = champion.rhythm.outputs(known, HORIZON)["btyd_buy"].to_numpy(float)
    odds = np.log(chance / (1 - chance))
    expected = buying.slope / 3 * (odds[50] - odds[:40].mean())
    inputs = [name for name in found.columns if name.startswith("btyd_buy")]
    own = found.output(0)[0, found.columns.index("rhythm")]
    assert own == pytest.approx(expected, abs=1e-7)
    assert inputs  # the other members look at the same, and that is told beside it
    only = Explainer.of(silent, "will_buy", known.iloc[:40]).output(known.iloc[50:51])[0, 0]
    assert expit(only) == pytest.approx(expit(buying.shift + buying.slope * odds[50]), abs=1e-9)


def test_a_lone_model_may_be_as_sure_as_it_likes(champion: Predictor, rows: pd.DataFrame, known: pd.DataFrame) -> None:
    """Chances far below one in ten thousand keep their log-odds: drivers explain all of it, with nothing to spread."""
    past = rows[rows["will_buy"].notna()]
    member = train_next_segment(CANDIDATES["logistic_regression"], past, champion.segments, HORIZON, (*FEW, *STANDING))
    member.pipeline.steps[-1][1].coef_ *= 20
    following = NextSegment(segments=champion.segments, horizon=HORIZON, members=(member,))
    predictor = replace(champion, name="logistic_regression", following=following)
    assert said(predictor, "next_segment", known).min() < 1e-9
    explainer = Explainer.of(predictor, "next_segment", known.iloc[:40])
    raw = explainer.of_rows(prepared(predictor, "next_segment", known), settle=False)
    np.testing.assert_allclose(raw.total, explainer.output(known), atol=1e-6)


def test_a_segment_that_was_never_seen_moves_the_base_and_no_driver() -> None:
    """With two of three segments at even odds, the base is the prediction for the average customer."""
    own = Contributions(columns=("recency",), parts=np.array([[[0.4]]]), base=np.array([0.0]))
    member = SimpleNamespace(trained=SimpleNamespace(classes=("a", "c")), contributions=lambda _rows: own)
    found = odds_added(member, pd.DataFrame(index=[0]), ("a", "b", "c"))  # type: ignore[arg-type]
    logs = np.log([0.5, SMALLEST, 0.5])
    np.testing.assert_allclose(found.base, logs - logs.mean())
    np.testing.assert_allclose(found.parts, [[[-0.2, 0.0, 0.2]]])


def test_an_explanation_depends_on_nobody_else(champion: Predictor, known: pd.DataFrame) -> None:
    explainer = Explainer.of(champion, "will_buy", known.iloc[:40])
    together = explainer.explain(known.iloc[60:70]).contributions
    by_herself = explainer.explain(known.iloc[63:64]).contributions
    np.testing.assert_allclose(together.parts[3], by_herself.parts[0], atol=1e-9)


def test_an_outcome_that_is_not_predicted_is_refused(champion: Predictor, known: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="not spend"):
        Explainer.of(replace(champion, spending=None), "spend", known)


def test_contributions_of_the_same_column_are_summed_and_drivers_collect_them() -> None:
    one = Contributions(columns=("recency", "overdue"), parts=np.array([[[1.0], [2.0]]]), base=np.array([0.5]))
    other = Contributions(columns=("overdue", "country"), parts=np.array([[[10.0], [20.0]]]), base=np.array([0.25]))
    both = added([one, other])
    assert both.columns == ("recency", "overdue", "country")
    assert both.output(0).tolist() == [[1.0, 12.0, 20.0]]
    assert both.total.tolist() == [[33.75]]
    assert both.by_driver().columns == ("recency", "country")
    assert both.by_driver().output(0).tolist() == [[13.0, 20.0]]


def test_centred_outputs_have_a_mean_of_zero() -> None:
    found = Contributions(columns=("recency",), parts=np.array([[[3.0, 0.0, 0.0]]]), base=np.array([1.0, 2.0, 3.0]))
    assert found.centred().parts.tolist() == [[[2.0, -1.0, -1.0]]]
    assert found.centred().base.tolist() == [-1.0, 0.0, 1.0]
