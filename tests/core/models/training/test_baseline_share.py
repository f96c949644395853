"""The estimate of the share of buyers is chosen by its errors at past dates."""

import pandas as pd
import pytest

from core.models.learners.buying import RHYTHM
from core.models.training import baseline_share
from core.models.training.baseline_share import nearest_share

HORIZON = 30


def past(happened: list[float]) -> pd.DataFrame:
    """Return cutoffs ten days apart, each with one row: own rhythm expects .5, and this share bought."""
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(pd.Series(range(len(happened))) * 10, unit="D")
    return pd.DataFrame({"as_of": days, RHYTHM: 0.5, "will_buy": happened})


@pytest.mark.parametrize(("happened", "expected"), [([0.3] * 4, 0.3), ([0.45] * 4, 0.5), ([], 0.5)])
def test_what_came_nearer_is_used(monkeypatch: pytest.MonkeyPatch, happened: list[float], expected: float) -> None:
    """Without customers who predate the log .3 is expected, with them .5."""
    monkeypatch.setattr(baseline_share, "expected_share", lambda _known, horizon: 0.3 if horizon else 0.0)
    assert nearest_share(past(happened), HORIZON)(past([0.0])) == pytest.approx(expected)


def test_only_outcomes_apart_from_each_other_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of seven cutoffs ten days apart, only the first, fourth and seventh count, and two of them favour .3."""
    monkeypatch.setattr(baseline_share, "expected_share", lambda _known, horizon: 0.3 if horizon else 0.0)
    happened = [0.3, 0.5, 0.5, 0.5, 0.5, 0.5, 0.3]
    assert nearest_share(past(happened), HORIZON)(past([0.0])) == pytest.approx(0.3)
