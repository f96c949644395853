"""Defaults tuned on a gift shop do no harm on a music shop."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from ibis.backends.duckdb import Backend

from core.models.data.panel import PanelSpec, panel
from core.models.learners.buying import RHYTHM, train_buying
from core.models.learners.spending import train_spending
from core.models.training.training_rows import Ground, cutoffs_needed
from tests.cdnow import cdnow_orders

FIRST, HORIZON = date(1997, 1, 1), 90


def judged(connection: Backend, orders: pd.DataFrame, at: date) -> pd.DataFrame:
    """Return the champion's and own rhythm's predictions at a cutoff, with actual outcomes."""
    table = connection.create_table("orders", orders, temp=True)
    spec = PanelSpec(cutoffs=tuple(sorted(cutoffs_needed(at, FIRST, HORIZON))), horizon=HORIZON)
    ground = Ground.of(panel(connection, table, table.filter(table.amount < 0), spec), at, FIRST, HORIZON)
    now = ground.now
    chance = train_buying(ground.past, HORIZON).at_level(now, ground.level(HORIZON).mean).probabilities(now)
    spending = train_spending(ground.past, HORIZON).in_season(ground.level(HORIZON).times).expected(now, chance)
    return now[["will_buy", "spend", RHYTHM, "btyd_spend"]].assign(chance=chance, expected=spending)


@pytest.mark.parametrize("at", [date(1998, 1, 2), date(1998, 4, 2)], ids=["nothing to judge by", "no better so far"])
def test_where_nothing_proved_better_the_champion_is_own_rhythm(shared: Path, connection: Backend, at: date) -> None:
    """Predictions are bit-identical: even a rounding difference would count."""
    found = judged(connection, cdnow_orders(shared, one_in=20), at)
    assert (found["chance"] == found[RHYTHM]).all()
    assert (found["expected"] == found["btyd_spend"]).all()
