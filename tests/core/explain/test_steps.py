"""Steps of a prediction, and the values of drivers and inputs for one customer."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.explain.attribution.contributions import Contributions
from core.explain.attribution.explainer import LOG_ODDS, MONEY, Explainer, Explanation
from core.explain.customer.input_values import input_label, input_value, value_of
from core.explain.customer.steps import OTHERS, pooled, steps
from core.explain.drivers import DRIVERS
from core.models.data.panel import INPUTS
from core.models.judging.predictions import SPEND, WILL_BUY
from core.numbers import Money

POUNDS = Money(currency="GBP")
ROW: dict[str, Any] = {
    "recency": 97.0, "now_recency": 96.0, "orders_90": 0.0, "now_frequency": 1.0, "frequency": 1.0, "gap_median": None,
    "now_monetary": 1234.0, "order_value": 205.4, "lines_mean": 1.0, "returned": 0.0, "season_orders": 2.0,
    "tenure": 1.0, "hour": 14.25, "weekend_share": 0.5, "country": "<b>", "btyd_buy": 0.999, "segment_now": "VIP",
    "as_of": pd.Timestamp("2011-12-10"), "in_segment_1": 1.0,
}  # fmt: skip
COLUMNS = ("recency", "overdue", "country", "hour")
"""The first two are one driver."""


def explained(scale: str = LOG_ODDS, error: bool = False) -> Explanation:  # noqa: FBT001, FBT002
    parts = np.array([[[0.5], [-0.25], [-1.0], [0.125]]])
    found = Contributions(columns=COLUMNS, parts=parts, base=np.array([-0.5]))
    sampled = np.array([[[0.3], [0.4], [0.0]]]) if error else None
    by = found.by_driver() if error else found
    return Explanation(contributions=by, outputs=("x",), scale=scale, error=sampled, orders=8 if error else 0)


def explainer(outcome: str = WILL_BUY, scale: str = LOG_ODDS) -> Explainer:
    nothing: Any = None
    return Explainer(predictor=nothing, outcome=outcome, background=pd.DataFrame(), members=(), scale=scale)


def test_steps_go_from_the_average_customer_to_this_one() -> None:
    found = steps(explainer(), explained(), ROW, POUNDS)
    assert found.drivers == ("country", "recency", "habit")
    assert found.rows["contribution"].tolist() == [-1.0, 0.25, 0.125]
    assert found.rows["start"].tolist() == [-0.5, -1.5, -1.25]
    assert found.rows["end"].tolist() == [-1.5, -1.25, -1.125]
    assert (found.base, found.total) == (-0.5, -1.125)
    assert found.total_chance == pytest.approx(1 / (1 + np.exp(1.125)))
    assert found.rows["chance"].iloc[-1] == found.total_chance
    assert found.rows["value"].tolist() == ["<b>", "97 days", "around 15:00, 50% at weekends"]


def test_an_order_that_is_asked_for_is_kept() -> None:
    found = steps(explainer(), explained(), ROW, POUNDS, order=["habit", "recency", "country"])
    assert found.drivers == ("habit", "recency", "country")
    assert found.rows["end"].iloc[-1] == found.total == -1.125


def test_small_drivers_are_one_step_and_money_is_no_chance() -> None:
    maker = explainer(SPEND, MONEY)
    found = steps(maker, explained(MONEY, error=True), ROW, POUNDS)
    assert found.base_chance is None
    short = pooled(found, 1)
    assert short.rows["driver"].tolist() == ["country", OTHERS]
    last = short.rows.iloc[-1]
    assert (last["label"], last["contribution"], last["start"], last["end"]) == ("2 other drivers", 0.375, -1.5, -1.125)
    assert last["error"] == pytest.approx(0.5)  # of 0.3 and 0.4
    assert pooled(found, 2) is found  # one alone keeps its name
    assert pooled(found, 2, least=0.3).rows["driver"].tolist() == ["country", OTHERS]


def test_every_driver_says_what_it_is_with_a_customer() -> None:
    said = {name: value_of(name, ROW, POUNDS) for name in DRIVERS}
    assert said == {
        "rhythm": "over 99% alone", "recency": "97 days", "lately": "none of the last 90 days",
        "orders": "1 order", "pace": "no second order yet", "spent": "£1.23k", "order_size": "£205 on average",
        "basket": "1 product per order", "returns": "nothing returned", "season": "orders on 2 days then",
        "age": "1 day", "standing": "VIP", "habit": "around 15:00, 50% at weekends", "country": "<b>",
        "calendar": "as of 10 Dec 2011",
    }  # fmt: skip
    assert all(value_of(name, {}, POUNDS) for name in DRIVERS)


def test_every_input_has_a_name_and_a_unit() -> None:
    names = ("High", "Low")
    for column in [*INPUTS, "now_recency", "now_frequency", "now_monetary", "country"]:
        assert input_label(column, names) != column
    assert input_label("in_segment_1", names) == "Currently in Low"
    assert input_label("played_0", names) == "Expected in High from own rhythm"
    assert input_value("in_segment_1", ROW, POUNDS) == "yes"
    assert input_value("now_frequency", ROW, POUNDS) == "1 order"
    assert input_value("tenure", ROW, POUNDS) == "1 day"
    assert input_value("frequency", {"frequency": 2.0}, POUNDS) == "2 days with an order"
    assert input_value("gap_median", ROW, POUNDS) == "unknown"
    assert value_of("habit", {"hour": 0.0, "weekend_share": 0.0}, POUNDS) == "0% at weekends"
