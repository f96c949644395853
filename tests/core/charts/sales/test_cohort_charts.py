"""Tests of the cohort charts."""

import numpy as np
import pandas as pd
import pytest

from core.charts.sales import cohort_charts as charts
from core.charts.sales.cohort_charts import Topic, Unit
from core.charts.theme import ink_at
from core.numbers import Money

EUROS = Money(currency="EUR")


def made(cohorts: int = 3, *, begins_log: bool = True) -> pd.DataFrame:
    """Return cells of cohorts of ten customers, losing one a month; the last month is incomplete."""
    months = pd.date_range("2024-01-01", periods=cohorts, freq="MS")
    rows = [
        {
            "cohort": month,
            "begins_log": begins_log and place == 0,
            "size": 10,
            "after": after,
            "month": months[place + after],
            "complete": place + after < cohorts - 1,
            "active": 10 - after,
            "retention": 1 - after / 10,
            "revenue_so_far": 1_234.0 * (after + 1),
            "net_so_far": 1_000.0 * (after + 1),
            "revenue_per_customer": 123.4 * (after + 1),
            "net_per_customer": 100.0 * (after + 1),
        }
        for place, month in enumerate(months)
        for after in range(cohorts - place)
    ]
    return pd.DataFrame(rows)


def averages(cells: pd.DataFrame) -> pd.DataFrame:
    """Return averages to draw."""
    whole = cells[cells["complete"]]
    columns = ["active", "retention", "revenue_so_far", "revenue_per_customer"]
    return whole.groupby("after")[columns].mean().assign(cohorts=whole.groupby("after").size()).reset_index()


def test_cells_that_are_not_observed_have_no_number_and_no_colour() -> None:
    """Of three cohorts, January has one complete month after its own, February and March have none."""
    grey, blue, text = charts.heat_map(made(), "retention", "relative", EUROS).data
    assert np.asarray(blue.z, dtype="float64").tolist()[0][0] == 0.9
    assert np.isfinite(np.asarray(blue.z, dtype="float64")).sum() == 1
    assert np.argwhere(np.isfinite(np.asarray(grey.z, dtype="float64"))).tolist() == [[0, 1], [1, 0]]
    assert "month to date" in grey.customdata[1][0]
    assert (list(text.x), list(text.text)) == ([1], ["90"])
    assert list(blue.y) == ["Jan 2024* · 10", "Feb 2024 · 10", "Mar 2024 · 10"]


@pytest.mark.parametrize(
    ("topic", "unit", "written"),
    [
        ("retention", "relative", ["90"]),
        ("retention", "absolute", ["9"]),
        ("revenue", "relative", ["123", "247", "123"]),
        ("revenue", "absolute", ["1.2k", "2.5k", "1.2k"]),
    ],
)
def test_unit_and_topic_choose_what_is_written(topic: Topic, unit: Unit, written: list[str]) -> None:
    assert list(charts.heat_map(made(), topic, unit, EUROS).data[-1].text) == written


def test_the_log_s_first_cohort_does_not_pale_the_others() -> None:
    cells = made(4)
    cells.loc[cells["begins_log"], "retention"] = 1.0
    assert charts.heat_map(cells, "retention", "relative", EUROS).data[1].zmax == pytest.approx(0.9)


def test_a_cohort_of_one_who_came_back_does_not_pale_the_others() -> None:
    cells = made(5, begins_log=False)
    cells["size"] = charts.FEW
    cells.loc[cells["cohort"] == "2024-02-01", ["size", "retention"]] = [1, 1.0]
    assert charts.heat_map(cells, "retention", "relative", EUROS).data[1].zmax == pytest.approx(0.9)


def test_many_columns_have_no_numbers_and_too_many_cohorts_are_not_drawn() -> None:
    cells = made(charts.MOST_COHORTS + 2)
    figure = charts.heat_map(cells, "retention", "relative", EUROS)
    assert len(figure.data) == 2
    assert len(figure.data[1].y) == charts.MOST_COHORTS
    assert figure.data[1].y[-1] == "Feb 2027 · 10"


@pytest.mark.parametrize("cohorts", [1, 2])
def test_a_log_that_has_just_begun_is_drawn_empty(cohorts: int) -> None:
    cells = made(cohorts)
    for topic in ("retention", "revenue"):
        charts.heat_map(cells, topic, "relative", EUROS)
        charts.curves(cells, averages(cells), topic, "relative", EUROS)


def test_curves_end_where_months_are_not_over() -> None:
    """Of seven cohorts, the third is the newest with three complete months after its own."""
    cells = made(7)
    lines = {line.name: line for line in charts.curves(cells, averages(cells), "retention", "relative", EUROS).data}
    assert list(lines) == ["Other cohorts", "Jan 2024 (includes earlier customers)", "Mar 2024", "Average"]
    assert list(lines["Mar 2024"].x) == [1, 2, 3, None]
    assert lines["Mar 2024"].line.color == charts.NEWEST
    assert list(lines["Other cohorts"].x) == [1, 2, 3, 4, None, 1, 2, None, 1, None]  # February, April and May
    assert list(lines["Jan 2024 (includes earlier customers)"].x) == [
        1,
        2,
        3,
        4,
        5,
        None,
    ]  # until June; July is incomplete


def test_curves_tell_what_a_point_is() -> None:
    cells = made(4)
    figure = charts.curves(cells, averages(cells), "revenue", "relative", EUROS)
    assert figure.data[-1].customdata[0] == (
        "<b>Average, month 0</b><br>€123.40 gross so far per customer<br>Across 3 cohorts"
    )
    first = next(line for line in figure.data if line.name.startswith("Jan 2024"))
    assert first.customdata[1] == (
        "<b>First ordered in January 2024</b><br>February 2024, month 1"
        "<br>€246.80 gross so far per customer<br>€200.00 net"
    )


def test_ink_is_dark_on_pale_and_light_on_dark() -> None:
    assert [ink_at(place) for place in (-1, 0, 0.3, 0.8, 1, 2)] == ["#1B2430"] * 3 + ["#FFFFFF"] * 3
