"""Tests of evaluation charts: hover texts, line styles, and names from the data, which are escaped."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from core.charts.predictions import confusion_matrix, evaluation_curves
from core.charts.predictions import lead_over_baseline as leaderboard
from core.charts.predictions.model_style import drawn_order, style
from core.charts.theme import BLUE, GREY
from core.models.judging import curves
from core.models.judging.leaderboard import BASELINES
from core.models.judging.leaderboard import leaderboard as ranked
from core.models.judging.predictions import judged
from core.models.training.model_labels import LABELS
from core.numbers import Money
from tests.core.models.judgements import noisy, predictions

EVIL = "<img src=x onerror=alert(1)>"
FOUR = judged(predictions("xgboost", p_buy=[0.9, 0.4, 0.3, 0.2], bought=[1, 0, 1, 0]), "will_buy")
SPENT = judged(predictions("xgboost", expected_spend=[9.0, 4, 3, 2], spend=[30, 0, 10, 0]), "spend")
CELLS = curves.confusion(
    judged(predictions("knn", segment_predicted=["a", "a", EVIL], segment_next=["a", EVIL, EVIL]), "next_segment")
)
BOARD = pd.DataFrame(
    [
        (1, "champion", False, False, 0.16, 0.01, 0.005, 0.02),
        (2, "btyd", True, True, 0.17, 0.0, 0.0, 0.0),
        (3, EVIL, False, False, 0.171, -0.001, -0.004, 0.002),
        (4, "most_frequent", True, False, 0.30, -0.13, -0.14, -0.12),
    ],
    columns=["place", "model", "baseline", "reference", "brier", "lead_brier", "low_brier", "high_brier"],
)


def said(figure: go.Figure, name: str) -> list[str]:
    """Return the hover texts of a model's points."""
    return next(list(trace.customdata) for trace in figure.data if trace.name == name)


def notes(figure: go.Figure) -> str:
    """Return all annotations of a figure."""
    return "\n".join(str(annotation.text) for annotation in figure.layout.annotations)


def test_points_of_the_roc_curve_speak() -> None:
    figure = evaluation_curves.roc(curves.roc(FOUR), ["xgboost"], {"xgboost": 0.75})
    assert said(figure, "XGBoost")[1] == (
        "<b>XGBoost</b><br>Finds 50% of buyers<br>with 0% false positives<br>at a threshold of 90%."
    )
    assert said(figure, "XGBoost")[0].endswith("false positives.")
    assert "XGBoost <b>0.750</b>" in notes(figure)


def test_points_of_the_other_curves_speak() -> None:
    picked = evaluation_curves.precision_recall(curves.precision_recall(FOUR), ["xgboost"], {"xgboost": np.nan}, 0.5)
    assert said(picked, "XGBoost")[0].endswith("a chance of 90% or more, 100% bought;<br>they are 50% of all buyers.")
    assert "chance: 50%" in notes(picked)
    bins = evaluation_curves.reliability(curves.reliability(FOUR, bins=2), ["xgboost"], {"xgboost": 0.2})
    assert said(bins, "XGBoost")[0].endswith(
        "Of 2 customers with a predicted chance of 25% on average,<br>50% bought (95% interval 9.5% to 91%)."
    )
    gain = evaluation_curves.gain(curves.gain(FOUR), ["xgboost"])
    assert said(gain, "XGBoost")[1].endswith(
        "The top 25% of customers include 50% of all buyers,<br>2.0 times as many as at random."
    )
    assert said(gain, "XGBoost")[0].endswith("include 0% of all buyers.")
    spend = evaluation_curves.gain(curves.gain(SPENT), ["xgboost"], spend=True)
    assert said(spend, "XGBoost")[1].endswith(
        "top 25% of customers account for 75% of spend,<br>3.0 times as much as at random."
    )
    lift = evaluation_curves.lift(curves.gain(FOUR), ["xgboost"])
    assert next(list(trace.y) for trace in lift.data if trace.name == "XGBoost")[0] == 2


def test_amounts_stand_beside_each_other() -> None:
    figure = evaluation_curves.amounts(curves.amounts(SPENT, 2), ["xgboost"], Money(currency="GBP"))
    assert [list(bar.y) for bar in figure.data] == [[6.5, 2.5], [15, 5]]
    assert said(figure, "spent")[0] == "2 customers: on average £6.50 predicted,<br>£15.00 spent."


def test_only_chosen_models_are_drawn_the_strongest_on_top() -> None:
    rows = judged(noisy(60), "will_buy", pooled=True)
    figure = evaluation_curves.roc(curves.roc(rows), ["xgboost", "btyd"], {})
    assert [trace.name for trace in figure.data if trace.name] == ["Own rhythm", "XGBoost"]
    assert evaluation_curves.reliability(curves.reliability(rows), [], {}).layout.height == 380


def test_intervals_are_those_of_the_first_model() -> None:
    rows = judged(noisy(60), "will_buy", pooled=True)
    figure = evaluation_curves.reliability(curves.reliability(rows), ["knn", "btyd"], {})
    [bars] = [trace for trace in figure.data if trace.error_y.array is not None]
    assert bars.error_y.color is None
    assert bars.marker.color.startswith("rgba(102, 204, 238")


def test_confusion_counts_and_shares() -> None:
    figure = confusion_matrix.confusion(CELLS, ["a", EVIL])
    assert figure.data[0].z.tolist() == [[1, 0], [0.5, 0.5]]
    assert notes(figure).count("<b>1</b>") == 3
    assert figure.data[0].customdata[1][0].startswith("Of 2 customers who ended up in<br>“&lt;img")
    assert "1 was predicted" in figure.data[0].customdata[1][0]


def test_leads_are_filled_where_they_are_real_and_far_ones_stand_at_the_edge() -> None:
    figure = leaderboard.leads(BOARD, "brier")
    dots = [trace for trace in figure.data if trace.mode == "markers"]
    assert [dot.marker.symbol for dot in dots] == ["circle", "circle", "circle-open", "triangle-left"]
    assert [dot.x[0] for dot in dots[:3]] == [0.01, 0, -0.001]
    low, high = figure.layout.xaxis.range
    assert low < dots[3].x[0] < -0.004
    assert high > 0.02
    assert list(figure.layout.yaxis.ticktext)[:2] == ["<b>Champion blend · 0.1600</b>", "Own rhythm · 0.1700"]
    assert "0.0100 better than the best baseline, more than chance<br>(95% interval +0.0050" in dots[0].customdata[0]
    assert "0.0010 worse than the best baseline, which could be chance<br>(95% interval −" in dots[2].customdata[0]
    assert "which the others are measured against" in dots[1].customdata[0]


def test_without_a_baseline_there_are_names_and_no_dots() -> None:
    alone = ranked(predictions("xgboost", p_buy=[0.9, 0.2], bought=[1, 0]), "will_buy", draws=5)
    figure = leaderboard.leads(alone, "brier")
    assert not [trace for trace in figure.data if trace.mode == "markers"]
    assert len(figure.layout.yaxis.ticktext) == 1


@pytest.mark.parametrize(
    "figure",
    [
        confusion_matrix.confusion(CELLS, ["a", EVIL]),
        leaderboard.leads(BOARD, "brier"),
        evaluation_curves.roc(curves.roc(FOUR).assign(model=EVIL), [EVIL], {EVIL: 0.5}),
    ],
)
def test_names_are_shown_and_not_obeyed(figure: go.Figure) -> None:
    texts: Any = figure.to_json()
    assert "<img" not in texts.encode().decode("unicode_escape")


def test_models_look_the_same_everywhere() -> None:
    assert style("champion").colour == BLUE
    assert style("champion").width > max(style(model).width for model in LABELS if model != "champion")
    assert {style(model).colour for model in BASELINES} == {GREY}
    assert all(style(model).dash != "solid" for model in BASELINES)
    learned = [model for model in LABELS if model not in BASELINES]
    assert len({style(model).colour for model in learned}) == len(learned)
    assert style("xgboost+smote").colour == style("xgboost").colour
    assert style("xgboost+smote").dash == "dash"
    assert drawn_order(["champion", "btyd", "svm"]) == ["btyd", "svm", "champion"]
