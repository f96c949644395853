"""Explore figures for a real year of 4,338 customers."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from core.customers import cohorts
from core.customers.concentration import concentration
from core.customers.distributions import MEASURES, deciles, density, histogram
from core.customers.rfm import RfmSpec, snapshot
from core.customers.rhythm import LATE, NO_RHYTHM, RhythmSpec, by_class, late, most_valuable_late, usual_gaps
from tests.conftest import RealLogs

pytestmark = pytest.mark.timeout(600)

AS_OF = date(2011, 12, 10)
CUSTOMERS, REVENUE = 4_338, 8_887_208.894


@pytest.fixture(scope="module")
def folder(real: RealLogs) -> Path:
    """Return the folder of the version."""
    return real.version("2010-2011").folder


@pytest.fixture(scope="module")
def customers(real: RealLogs, folder: Path) -> pd.DataFrame:
    """Return the customers at the end of the year, with their rhythm."""
    orders, returns = (real.connection.read_parquet(str(folder / f"{name}.parquet")) for name in ("orders", "returns"))
    found = snapshot(orders, returns, RfmSpec(as_of=AS_OF)).execute()
    return late(found.merge(usual_gaps(orders, AS_OF).execute(), on="customer_id"), RhythmSpec())


@pytest.fixture(scope="module")
def followed(real: RealLogs, folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return sizes and cells of the cohorts."""
    orders, returns = (real.connection.read_parquet(str(folder / f"{name}.parquet")) for name in ("orders", "returns"))
    spec = cohorts.CohortSpec(log_start=date(2010, 12, 1), as_of=AS_OF)
    first = cohorts.first_orders(orders, spec)
    sizes = cohorts.sizes(first, spec)
    return sizes, cohorts.cells(sizes, cohorts.activity(orders, returns, first, spec), spec)


def test_every_customer_is_in_the_distributions(customers: pd.DataFrame) -> None:
    for measure in MEASURES:
        assert histogram(customers, measure, "log")["customers"].sum() == CUSTOMERS
        assert histogram(customers, measure, "linear")["customers"].sum() == CUSTOMERS
    assert density(customers, "recency", "monetary")["customers"].sum() == CUSTOMERS
    median = deciles(customers).iloc[4]
    assert median[["recency", "frequency"]].tolist() == [50.0, 2.0]
    assert median["monetary"] == pytest.approx(668.57)


def test_a_tenth_of_customers_brings_three_fifths(customers: pd.DataFrame) -> None:
    gross, net = concentration(customers, "monetary"), concentration(customers, "net")
    assert gross is not None
    assert net is not None
    assert (gross.customers, gross.top_customers, gross.half) == (CUSTOMERS, 434, 211)
    assert gross.total == pytest.approx(REVENUE)
    assert (gross.top_share, gross.gini) == pytest.approx((0.61452, 0.71579), abs=5e-6)
    assert (net.top_share, net.gini) == pytest.approx((0.59894, 0.70558), abs=5e-6)


def test_rhythms_of_those_who_have_one(customers: pd.DataFrame) -> None:
    table = by_class(customers).set_index("rhythm")
    assert table["customers"].tolist() == [1_422, 259, 140, 95, 2_422]
    assert table["revenue"].sum() == pytest.approx(REVENUE)
    assert (customers["purchase_days"] < 3).sum() == table.loc[NO_RHYTHM, "customers"]
    first = most_valuable_late(customers).iloc[0]
    assert first["customer_id"] == "16029"
    assert first["in_words"] == "Last order 38 days ago, 5.1 times the usual gap of 7.5 days."
    assert len(most_valuable_late(customers)) == table.loc[list(LATE), "customers"].sum()


def test_twelve_cohorts_and_one_that_is_not_over(followed: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    """Sizes and retention match those published for this log."""
    sizes, cells = followed
    assert sizes["size"].tolist() == [885, 417, 380, 452, 300, 284, 242, 188, 169, 299, 358, 323, 41]
    assert sizes["size"].sum() == CUSTOMERS
    assert sizes["begins_log"].tolist() == [True, *[False] * 12]
    assert sizes["again_complete"].tolist() == [*[True] * 9, *[False] * 4]
    first = cells[cells["begins_log"]]
    assert first["active"].tolist() == [885, 324, 286, 340, 321, 352, 321, 309, 313, 350, 331, 445, 235]
    assert first["complete"].tolist() == [*[True] * 12, False]
    assert cells["revenue"].sum() == pytest.approx(REVENUE)
    assert len(cells) == 13 * 14 / 2


def test_averages_of_new_customers(followed: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    table = cohorts.averages(followed[1]).set_index("after")
    assert table.index.tolist() == list(range(9))
    assert table.loc[3, "retention"] == pytest.approx(0.22738, abs=5e-6)
    assert (table.loc[3, "cohorts"], table.loc[3, "customers"]) == (8, 2_432)
    assert table.loc[3, "revenue_per_customer"] == pytest.approx(808.20, abs=0.005)
