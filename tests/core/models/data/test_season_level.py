"""The share of customers expected to buy, corrected for the season."""

import pytest

from core.models.data.season_level import seasonal_level


def test_last_years_season_by_hand() -> None:
    """Last year .4 was expected and .6 bought: .2 is added to the .3 expected now."""
    level = seasonal_level(0.3, (0.4, 0.6), days_of_log=200)
    assert level.mean == pytest.approx(0.5)
    assert level.season == pytest.approx(0.2)
    assert level.times == pytest.approx(0.5 / 0.3)
    assert "60% bought, compared with 40% expected from buying rhythms alone, so 20 more in 100 are" in level.reason


@pytest.mark.parametrize(("last_year", "days"), [(None, 900), ((0.3, 1.0), 179)])
def test_without_a_year_of_log_rhythms_alone_count(last_year: tuple[float, float] | None, days: int) -> None:
    level = seasonal_level(0.3, last_year, days_of_log=days)
    assert level.mean == pytest.approx(0.3)
    assert level.season == 0
    assert "Too little history" in level.reason


def test_a_level_stays_between_none_and_all() -> None:
    assert seasonal_level(0.9, (0.1, 1.0), days_of_log=400).mean == pytest.approx(0.995)
    assert seasonal_level(0.1, (0.9, 0.0), days_of_log=400).mean == pytest.approx(0.005)


def test_a_season_moves_spend_by_no_more_than_the_level() -> None:
    """The level drops from .1 to the minimum of .005, and no further."""
    level = seasonal_level(0.1, (0.9, 0.0), days_of_log=400)
    assert level.season == pytest.approx(-0.095)
    assert level.times == pytest.approx(0.05)


def test_a_season_of_few_customers_is_believed_in_part() -> None:
    """Half of 96 customers bought where .4 was expected: a standard error of √(.25 / 96), its square 26% of .1²."""
    level = seasonal_level(0.3, (0.4, 0.5), 400, customers=96)
    assert level.season == pytest.approx(0.1 * (1 - 0.25 / 96 / 0.01))
    assert level.mean == pytest.approx(0.3 + level.season)
    assert seasonal_level(0.3, (0.4, 0.5), 400, customers=20).season == 0
    assert seasonal_level(0.3, (0.4, 0.4), 400, customers=20).season == 0


def test_a_shop_to_which_hardly_anybody_comes_back_keeps_its_level() -> None:
    assert seasonal_level(0.001, None, days_of_log=0).mean == pytest.approx(0.001)
    assert seasonal_level(0.001, (0.002, 0.001), days_of_log=400).mean == pytest.approx(0.001)
    assert 0 < seasonal_level(0.0, None, days_of_log=0).mean < 1e-4
