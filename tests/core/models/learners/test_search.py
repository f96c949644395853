"""The search tries the defaults first, continues in a fixed order, stops in time, and finds improvements."""

import json
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.errors import InputError
from core.models.learners import search as module
from core.models.learners.candidates import CANDIDATES, train
from core.models.learners.search import Searched, SearchSpec, search
from core.models.learners.search_spaces import Between, OneOf, Space, drawn

HORIZON = 30
COLUMNS = ("recency", "frequency")


def past(cutoffs: int = 4, customers: int = 300, seed: int = 0) -> pd.DataFrame:
    """Return rows at cutoffs a horizon apart, in which recent buyers mostly buy again."""
    rng, rows = np.random.default_rng(seed), []
    for number in range(cutoffs):
        recency = rng.integers(1, 200, customers).astype(float)
        frame = pd.DataFrame({"recency": recency, "frequency": rng.integers(1, 9, customers).astype(float)})
        frame["as_of"] = pd.Timestamp(date(2024, 1, 1) + timedelta(days=HORIZON * number))
        frame["will_buy"] = (rng.random(customers) < 1 / (1 + recency / 40)).astype(int)
        rows.append(frame)
    return pd.concat(rows, ignore_index=True)


def spec_of(minutes: float = 10, **rest: Any) -> SearchSpec:
    return SearchSpec(minutes=minutes, horizon=HORIZON, columns=COLUMNS, **rest)


class Clock:
    """A clock that only moves when set."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Make training take 5 seconds for logistic regression and 20 for the others, which do worse."""
    ticking = Clock()

    def trained(candidate: Any, *_: Any, parameters: Mapping[str, Any], **__: Any) -> SimpleNamespace:
        simple = candidate.name == "logistic_regression"
        ticking.now += 5 if simple else 20
        sure = 0.5 + 0.01 * parameters.get("C", 0.0)
        given = [1 - sure, sure] if simple else [0.5, 0.5]
        return SimpleNamespace(classes=(0, 1), probabilities=lambda known: np.tile(given, (len(known), 1)))

    monkeypatch.setattr(module, "train", trained)
    return ticking


def found(clock: Callable[[], float], minutes: float, *names: str, **rest: Any) -> dict[str, Searched]:
    rows = past().assign(will_buy=1)  # so that confident models are right, though every evaluation needs both classes
    rows.loc[rows.index % 50 == 0, "will_buy"] = 0
    return search(names, rows, rows["will_buy"], spec_of(minutes, **rest), clock=clock)


def test_defaults_come_first_and_then_whoever_used_the_least_time(clock: Clock) -> None:
    """At two cutoffs, defaults take 10 s and 40 s; logistic regression then continues until it has used 40 s too."""
    result = found(clock, 200 / 60, "logistic_regression", "knn")
    assert {name: len(one.tries) for name, one in result.items()} == {"logistic_regression": 12, "knn": 2}
    assert all(one.tries[0].parameters == {} for one in result.values())
    assert all(one.ended_by_budget for one in result.values())


def test_more_minutes_only_go_on(clock: Clock) -> None:
    few, many = (found(clock, minutes, "logistic_regression")["logistic_regression"] for minutes in (1, 3))
    assert [len(few.tries), len(many.tries)] == [6, 18]
    assert many.tries[:6] == few.tries
    best = max(many.tries[1:], key=lambda one: one.parameters["C"])
    assert many.parameters == best.parameters
    assert many.reason.startswith("The best of 18 tries, lowering log-loss at past dates by 0.")
    assert many.reason.endswith("time ran out.")


@pytest.mark.parametrize("seconds", [9, 25, 59, 61, 118])
def test_it_stops_in_time(clock: Clock, seconds: float) -> None:
    """Only the first model's defaults are tried regardless: 10 seconds."""
    start = clock.now
    found(clock, seconds / 60, "logistic_regression")
    assert clock.now - start <= max(seconds, 10)


def test_models_without_time_keep_their_defaults(clock: Clock) -> None:
    result = found(clock, 9 / 60, "logistic_regression", "knn")
    assert result["knn"].tries == ()
    assert result["knn"].parameters == {}
    assert result["knn"].reason == "The defaults: time ran out before they were tested."
    assert result["logistic_regression"].reason == "The defaults were the best of 1 try; time ran out."


def test_enough_tries_end_it_before_the_time_does(clock: Clock) -> None:
    result = found(clock, 60, "logistic_regression", tries=4)["logistic_regression"]
    assert len(result.tries) == 4
    assert not result.ended_by_budget
    assert result.reason.endswith("the search finished in time.")


def test_the_card_tells_all(clock: Clock) -> None:
    result = found(clock, 60, "logistic_regression", tries=3)["logistic_regression"]
    card = json.loads(json.dumps(result.to_json()))
    assert card["cutoffs"] == ["2024-03-31", "2024-03-01"]
    assert [one["seconds"] for one in card["tries"]] == [10, 10, 10]
    assert [list(one["parameters"]) for one in card["tries"]] == [[], ["C"], ["C"]]
    assert np.mean(card["tries"][0]["scores"]) == pytest.approx(np.log(2))
    assert card["parameters"] == result.parameters


def test_real_models_are_searched_for_several_classes() -> None:
    """Training by hand with the parameters found reproduces the best score."""
    rows = past()
    classes = pd.Series(np.where(rows["will_buy"] == 1, "recent", np.where(rows["frequency"] > 4, "loyal", "gone")))
    classes.iloc[5] = None
    result = search(["logistic_regression"], rows, classes, spec_of(tries=4, folds=1))["logistic_regression"]
    assert len(result.finished) == 4
    assert result.parameters["C"] > 0.05
    earlier, judged = rows.iloc[:900].drop(5), rows.iloc[900:]
    again = train(
        CANDIDATES["logistic_regression"], earlier, classes[earlier.index], COLUMNS, parameters=result.parameters
    )
    places = pd.Index(again.classes).get_indexer(classes[judged.index])
    given = again.probabilities(judged)[np.arange(len(places)), places]
    assert min(one.scores[0] for one in result.tries) == pytest.approx(-np.log(given).mean())


def test_a_class_never_seen_before_costs_much_but_not_all() -> None:
    rows = past()
    classes = pd.Series(np.where(rows["will_buy"] == 1, "recent", "gone")).where(rows.index < len(rows) - 3, "new")
    result = search(["logistic_regression"], rows, classes, spec_of(tries=1, folds=1))["logistic_regression"]
    assert 0.01 * -np.log(1e-6) < result.tries[0].scores[0] < 2


def test_a_short_log_keeps_the_defaults_and_says_so() -> None:
    rows = past(cutoffs=2)
    result = search(["knn"], rows, rows["will_buy"], spec_of())["knn"]
    assert result.parameters == {}
    assert "too little history to try others, which needs 500 customers" in result.reason


def test_a_model_that_cannot_be_trained_says_why_and_the_others_go_on() -> None:
    rows = past()
    classes = pd.Series(np.where(rows["will_buy"] == 1, "recent", "gone")).where(rows.index >= 3, "few")
    names = ["logistic_regression", "xgboost"]
    result = search(names, rows, classes, spec_of(tries=1, balancing="smote"))
    assert all("SMOTE needs more than 5 customers" in result[name].reason for name in names)


def test_it_can_be_stopped() -> None:
    def stop(share: float, message: str) -> None:
        assert share < 0.5
        if message == "Nearest neighbours: try 2":
            raise InterruptedError

    rows = past()
    with pytest.raises(InterruptedError):
        search(["knn"], rows, rows["will_buy"], spec_of(), progress=stop)


@pytest.mark.parametrize("name", CANDIDATES)
def test_every_parameter_drawn_is_one_that_the_model_takes(name: str) -> None:
    candidate, rows = CANDIDATES[name], past(cutoffs=2)
    parameters = drawn(candidate.tuned, 0, 1)
    assert parameters
    model = train(candidate, rows, rows["will_buy"], COLUMNS, parameters=parameters)
    assert model.parameters == parameters
    given = model.pipeline.named_steps["model"].get_params()
    assert {key: given[key] for key in parameters} == parameters
    with pytest.raises(InputError, match=r"must be among .*, got “colour”"):
        train(candidate, rows, rows["will_buy"], COLUMNS, parameters={"colour": 1})


def test_draws_keep_to_their_ranges_and_to_their_number() -> None:
    space: Space = {
        "a": Between(low=0.001, high=10),
        "b": Between(low=2, high=9, whole=True),
        "c": OneOf(values=(None, 1)),
    }
    draws = [drawn(space, 0, number) for number in range(400)]
    assert draws[7] == drawn({name: space[name] for name in "cba"}, 0, 7)
    assert draws[7] != drawn(space, 1, 7)
    assert all(0.001 <= draw["a"] <= 10 and draw["b"] in range(2, 10) for draw in draws)
    assert np.median([draw["a"] for draw in draws]) == pytest.approx(0.1, rel=0.5)
    assert {draw["c"] for draw in draws} == {None, 1}


@pytest.mark.parametrize(("spec", "said"), [({"minutes": 0.0}, "above 0"), ({"minutes": 1, "tries": 0}, "at least 1")])
def test_impossible_searches_are_refused(spec: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        spec_of(**spec)


def test_impossible_ranges_are_refused() -> None:
    with pytest.raises(InputError, match="got 0 to 1"):
        Between(low=0, high=1)
