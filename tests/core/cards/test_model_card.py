"""The model card: figures, sentences, limits and the HTML document."""

import json
import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.cards.card_document import document
from core.cards.card_figures import kept_figures, with_intervals
from core.cards.card_words import headline, weakness
from core.cards.judgement import Judgement, judgement
from core.cards.model_card import model_card
from core.models.judging.leaderboard import figures
from core.models.judging.predictions import NEXT_SEGMENT, SPEND, WILL_BUY
from core.models.training.backtest import metrics_of
from core.models.training.model_registry import StoredPredictor
from core.numbers import Money
from tests.core.models.judgements import DAY, noisy

SCRIPT, IMAGE = "</script><script>window.pwned=1</script>", "<img src=x onerror=window.pwned=1>"
POUNDS = Money(currency="GBP")
DAYS = (DAY, DAY + pd.Timedelta(days=90))


@pytest.fixture(scope="module")
def predictions() -> pd.DataFrame:
    """Return predictions of 400 customers at two dates; those of the first hundred are far too high."""
    found = noisy(400, cutoffs=DAYS)
    high = (found["customer_id"].astype(int) < 100) & (found["model"] == "xgboost")
    return found.assign(p_buy=found["p_buy"].where(~high, found["p_buy"] ** 0.3))


@pytest.fixture(scope="module")
def countries(predictions: pd.DataFrame) -> "pd.Series[str]":
    """Return four countries with a hundred customers each, two of them with hostile names."""
    ids = predictions["customer_id"].drop_duplicates()
    places = np.array([SCRIPT, IMAGE, "France", "Spain"], dtype=object)[ids.astype(int) // 100]
    return pd.Series(places, index=ids, dtype="str")


@pytest.fixture(scope="module")
def judgements(predictions: pd.DataFrame, countries: "pd.Series[str]") -> dict[str, Judgement]:
    """Return judgements of all outcomes."""
    each = {name: judgement(predictions, "xgboost", name, countries) for name in (WILL_BUY, SPEND, NEXT_SEGMENT)}
    return {name: found for name, found in each.items() if found is not None}


def stored(card: dict[str, Any], name: str = "xgboost") -> StoredPredictor:
    """Return a model's row in the catalog, with a card."""
    return StoredPredictor(
        id="0123456789ab", dataset_id="demo", version=1, name=name, horizon=90, as_of=date(2024, 9, 1),
        created_at=datetime(2024, 9, 2, 10, 30), in_use=False, card=card, folder=Path("nowhere"),  # noqa: DTZ001
    )  # fmt: skip


def written(model: StoredPredictor, judgements: dict[str, Judgement], **more: Any) -> dict[str, Any]:
    return model_card(model, judgements, dataset=f"Shop {IMAGE}", money=POUNDS, used=True, **more)


def test_figures_are_those_of_the_leaderboard_within_their_intervals(predictions: pd.DataFrame) -> None:
    for outcome in (WILL_BUY, SPEND, NEXT_SEGMENT):
        found = with_intervals(predictions, "xgboost", outcome).set_index("figure")
        means = figures(predictions, outcome).groupby("model").mean(numeric_only=True)
        for figure, row in found.iterrows():
            assert row["value"] == pytest.approx(means.loc["xgboost", str(figure)])
            assert row["rhythm"] == pytest.approx(means.loc["btyd", str(figure)])
            if figure == "ece":
                assert np.isnan(row["low"])
                continue
            assert row["low"] < row["value"] < row["high"]
            assert row["lead_low"] < row["lead"] < row["lead_high"]
    brier = with_intervals(predictions, "recency", WILL_BUY).iloc[0]
    assert brier["lead"] == pytest.approx(brier["rhythm"] - brier["value"])  # less is better
    assert brier["lead_high"] < 0  # recency alone is worse, by more than chance
    own = with_intervals(predictions, "btyd", WILL_BUY)
    assert own["rhythm"].isna().all()
    assert own["low"].notna().any()


def test_figures_that_the_stored_card_kept_are_the_same_means(predictions: pd.DataFrame) -> None:
    own = [row for row in metrics_of(predictions) if row["model"] == "xgboost"]
    kept = kept_figures(json.loads(json.dumps(own)), WILL_BUY).set_index("figure")["value"]
    found = with_intervals(predictions, "xgboost", WILL_BUY).set_index("figure")["value"]
    assert kept.to_dict() == pytest.approx(found.to_dict())
    assert kept_figures([], WILL_BUY).empty
    assert kept_figures([{"will_buy": None}], WILL_BUY).empty


def test_the_weak_country_is_found_and_told(judgements: dict[str, Judgement], predictions: pd.DataFrame) -> None:
    table = judgements[WILL_BUY].groups["country"]
    assert table.loc[table["weak"], "group"].tolist() == [SCRIPT]
    rows = predictions[(predictions["customer_id"].astype(int) < 100) & (predictions["model"] == "xgboost")]
    said, came = rows["p_buy"].mean(), rows["bought"].mean()
    told = f"Weakest in {SCRIPT}: {100 * said:.0f}% expected to buy, {100 * came:.0f}% did (100 customers)."
    assert weakness(table, WILL_BUY, "country", POUNDS) == told
    assert f"weakest in {SCRIPT}" in headline(judgements[WILL_BUY], "xgboost", 90, POUNDS)
    fine = table[~table["weak"]]
    fine = fine.assign(low=-0.1, high=0.1)
    assert weakness(fine, WILL_BUY, "country", POUNDS) == "No country differs beyond chance."
    off = fine.assign(low=0.1, high=0.2)
    assert weakness(off, WILL_BUY, "country", POUNDS) == "No country has a larger error than the others beyond chance."
    assert weakness(fine.assign(enough=False), SPEND, "segment", POUNDS).startswith("Too few customers to compare segm")


def test_countries_that_are_not_known_are_a_group(predictions: pd.DataFrame) -> None:
    found = judgement(predictions, "knn", WILL_BUY, pd.Series(dtype="str"))
    assert found is not None
    assert found.groups["country"]["group"].tolist() == ["unknown"]
    assert not found.groups["country"]["weak"].any()
    assert judgement(predictions, "nobody", WILL_BUY, pd.Series(dtype="str")) is None


def test_groups_of_the_card_carry_figures_with_intervals(judgements: dict[str, Judgement]) -> None:
    for found, names in zip(judgements.values(), (("auc", "brier"), ("gini",), ("mcc",)), strict=True):
        judged = found.groups["country"][found.groups["country"]["enough"]]
        for name in names:
            assert (judged[f"{name}_low"] < judged[name]).all()
            assert (judged[name] < judged[f"{name}_high"]).all()


def test_a_card_is_plain_and_a_bare_one_says_what_is_not_known(judgements: dict[str, Judgement]) -> None:
    full = written(stored({}), judgements)
    assert json.loads(json.dumps(full, allow_nan=False)) == full
    assert full["judged"][WILL_BUY]["dates"] == ["2024-03-01", "2024-05-30"]
    assert full["not_judged"] == ""

    bare = written(stored({"outcomes": ["will_buy"], "metrics": []}), {})
    assert "Not tested: that takes a past date with 90 days of orders after it" in bare["not_judged"]
    assert list(bare["judged"]) == ["will_buy"]
    assert bare["judged"]["will_buy"]["figures"] == []
    assert "Not tested: that takes" in document(bare)

    gone = written(stored({"metrics": [{"will_buy": {"auc": 0.8}}, {"will_buy": {"auc": 0.6}}]}), {})
    assert "were deleted" in gone["not_judged"]
    [auc] = gone["judged"]["will_buy"]["figures"]
    assert (auc["value"], auc["low"]) == (pytest.approx(0.7), None)


def test_inputs_are_told_by_driver() -> None:
    columns = ["recency", "country", "in_segment_1", "now_monetary", "a column of another time"]
    card = {"models": [{"columns": columns, "rows": 5}], "segments": ["Best", SCRIPT]}
    found = {one["driver"]: one for one in written(stored(card), {})["inputs"]}
    assert list(found) == ["recency", "spent", "standing", "country"]
    assert found["standing"]["inputs"][0]["label"] == f"currently in {SCRIPT}"
    assert found["recency"]["inputs"][0] == {
        "name": "recency", "label": "days since the last order", "unit": "days",
        "definition": "From the last purchase day to the date.",
    }  # fmt: skip
    own = [one["name"] for driver in written(stored({}, "btyd"), {})["inputs"] for one in driver["inputs"]]
    assert sorted(own) == ["active_span", "frequency", "order_value", "tenure"]


def test_limits_come_of_the_model_s_own_data() -> None:
    card = {
        "data": {"version": 1, "customers": 20_000, "of": 50_000},
        "training": {"level": {"season": 0.0, "reason": "The log is too short to know the season."}},
        "metrics": [{}], "outcomes": ["will_buy"], "blend": "Own rhythm alone: the log is too short.",
    }  # fmt: skip
    said = "\n".join(written(stored(card, "champion+smote"), {}, until=date(2024, 9, 11), version=3)["limits"])
    for part in (
        "hasn't seen the last 10 days of data (from 1 Sep 2024 on)",
        "trained on version 1 of the dataset; the newest is 3",
        "only one past date", "20,000 of 50,000 customers", "It ignores the season. The log is too short",
        "Its blend of models wasn't reliable enough to use",
        "balanced classes (SMOTE)", "How much will they spend? Which segment next?",
        "It knows only orders",
    ):  # fmt: skip
        assert part in said
    assert "only one past date" not in "\n".join(written(stored({"metrics": [{}, {}]}), {})["limits"])


def test_the_document_obeys_nothing_and_loads_nothing(judgements: dict[str, Judgement]) -> None:
    card = {"segments": [SCRIPT, IMAGE], "models": [{"columns": ["in_segment_0"], "label": IMAGE, "rows": 1}],
            "blend": SCRIPT, "libraries": {IMAGE: SCRIPT}, "limits": [SCRIPT]}  # fmt: skip
    text = document(written(stored(card), judgements))
    assert SCRIPT not in text
    assert IMAGE not in text
    assert "&lt;/script&gt;&lt;script&gt;window.pwned=1&lt;/script&gt;" in text
    assert "&lt;img src=x onerror=window.pwned=1&gt;" in text
    tags = {tag.lower() for tag in re.findall(r"<\s*([a-zA-Z]+)", text)}
    assert not tags & {"script", "img", "link", "iframe", "object", "a", "form"}
    assert "http" not in text.replace('http-equiv="Content-Security-Policy"', "")
    assert "prefers-color-scheme: dark" in text
    assert "Weakest in &lt;/script&gt;" in text
    for part in ("<svg", "Will they buy?", "How much will they spend?", "Which segment next?", "By country", "Brier"):
        assert part in text
