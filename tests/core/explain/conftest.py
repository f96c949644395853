"""Session fixtures: a small shop and a champion that trains quickly."""

from collections.abc import Iterator
from datetime import date

import pandas as pd
import pytest
from ibis.backends.duckdb import Backend

from core.engine import Engine
from core.models.learners.predictor import Predictor
from tests.core.models.data.test_panel import made, shop
from tests.core.models.predictors import quick_predictor

HORIZON = 30
NOW, BEFORE = date(2024, 7, 1), date(2024, 5, 1)


@pytest.fixture(scope="session")
def backend() -> Iterator[Backend]:
    engine = Engine(folders=[], memory_gb=1.0)
    with engine.session() as connection:
        yield connection
    engine.close()


@pytest.fixture(scope="session")
def rows(backend: Backend) -> pd.DataFrame:
    """Return features and outcomes of 250 customers at two dates."""
    before, now = (made(backend, shop(250), at, horizon=HORIZON) for at in (BEFORE, NOW))
    return pd.concat([before, now], ignore_index=True)


@pytest.fixture(scope="session")
def known(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["as_of"] == pd.Timestamp(NOW)].reset_index(drop=True)


@pytest.fixture(scope="session")
def champion(rows: pd.DataFrame) -> Predictor:
    return quick_predictor(rows, NOW, HORIZON)
