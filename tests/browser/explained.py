"""Workspaces with a trained model, for journeys through explanations."""

import shutil
from collections.abc import Sequence
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.engine import Engine, parquet
from core.models.data.panel import PanelSpec, log_end, panel
from core.models.learners.predictor import Predictor
from core.models.training.model_registry import keep_predictors
from core.models.training.stored_card import card
from core.settings import Settings
from core.workspace.records import By, NewDataset, Written
from core.workspace.store import Workspace
from tests.core.models.predictors import quick_predictor

HORIZON = 90
EVIL = ("</script><script>window.pwned=1</script>", "<img src=x onerror=window.pwned=1>")
"""Names that would run if a page took them for HTML."""

_FIRST = pd.Timestamp("2024-01-01 09:00")


def add_shop(folder: Path, new: NewDataset, version: Path, report: dict[str, Any]) -> str:
    """Bring a version that was read into a workspace, with a model in use for 90 days; give the dataset's id."""
    settings = Settings(workspace=folder / "workspace")
    workspace = Workspace(settings.workspace)

    def copy(target: Path) -> Written:
        shutil.copytree(version, target, dirs_exist_ok=True)
        return Written(files=["orders.csv"], report=report)

    made = workspace.create(new, copy, By(who="ada"))
    with closing(Engine.of(settings)) as engine, engine.session() as connection:
        orders, returns = (parquet(connection, made.folder / f"{table}.parquet") for table in ("orders", "returns"))
        end = log_end(orders)
        cutoffs = tuple(end - timedelta(days=HORIZON * back) for back in (2, 1, 0))
        rows = panel(connection, orders, returns, PanelSpec(cutoffs=cutoffs, horizon=HORIZON))
    keep_predictors(workspace, made.dataset_id, made.version, {"champion": _with_card(rows, end)})
    return made.dataset_id


def _with_card(rows: pd.DataFrame, at: date) -> tuple[Predictor, dict[str, Any]]:
    predictor = quick_predictor(rows, at, HORIZON)
    return predictor, card(predictor, data={}, training={}, metrics=[], leads={})


def evil_log(path: Path, *, customers: int = 150, days: int = 420) -> Path:
    """Write an order log in which some customers, countries and products have the names in `EVIL`."""
    rng = np.random.default_rng(0)
    rows: list[Sequence[object]] = []
    for number in range(customers):
        who = EVIL[number] if number < len(EVIL) else f"c{number:03}"
        where = (*EVIL, "France")[number % 3]
        at, gap = float(rng.integers(0, 120)), float(rng.uniform(8, 70))
        while at < days:
            what = (*EVIL, "Cup", "Tray")[int(rng.integers(4))]
            when = (_FIRST + pd.Timedelta(days=at)).strftime("%Y-%m-%d %H:%M")
            rows.append((f"{len(rows):05}", what[:20], what, 1, when, round(float(rng.uniform(5, 60)), 2), who, where))
            at += rng.exponential(gap)
    columns = ["Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country"]
    pd.DataFrame(rows, columns=columns).to_csv(path, index=False)
    return path
