"""Two shops in one workspace, with distinct customers, products, countries and currencies."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from core import jobs
from core.customers.order_filter import OrderFilter
from core.customers.rfm import RfmSpec
from core.engine import Engine
from core.explore.products_job import ProductsSpec
from core.explore.profile_job import ProfileJobSpec
from core.forecasts.job import ScoreSpec
from core.progress import nobody
from core.segments import segment_registry
from core.segments.choosing.k_comparison import SweepSpec
from core.segments.choosing.k_comparison_job import write_sweep
from core.segments.choosing.population import customers_of, groups_of
from core.settings import Settings
from core.ui.clusters import view as clusters_view
from core.workspace.records import By, NewDataset, Written
from core.workspace.store import Workspace
from core.workspace.stored_job import Work
from core.workspace.stored_results import ResultKey, keep
from tests.conftest import ingest_files

HOSTILE: Final = "~= :material/skull: :red[r] $x$ **b** `c` [l](http://evil.example) :skull: -> #"
"""Icons, colours, maths, bold, code, a link, emoji and arrows, used as a name."""

_FIRST: Final = pd.Timestamp("2024-01-01 09:00")


@dataclass(frozen=True, kw_only=True)
class Shop:
    """A made-up shop.

    Parameters
    ----------
    id, name : str
        Id and name of the dataset.
    mark : str
        Prefix of its customers, products and countries.
    currency, sign : str
        Currency code and symbol.
    customers : int
        Number of customers.
    more : str
        Text in the names of its products and countries.
    """

    id: str
    name: str
    mark: str
    currency: str
    sign: str
    customers: int
    more: str = ""


ALFA: Final = Shop(id="shop-a", name="Alfa Ltd", mark="ALFA", currency="GBP", sign="£", customers=140)
BRAVO: Final = Shop(id="shop-b", name=HOSTILE, mark="BRAVO", currency="EUR", sign="€", customers=120, more=HOSTILE)
SHOPS: Final = (ALFA, BRAVO)


def make(workspace: Workspace, folder: Path, shops: Sequence[Shop] = SHOPS) -> None:
    """Add both shops to a workspace; the second has segment names that look like markup."""
    for number, shop in enumerate(shops):
        made = folder / shop.id
        made.mkdir()
        engine = Engine(folders=[made])
        with engine.session() as connection:
            read = ingest_files(connection, made, (_log(made / f"{shop.mark} orders.csv", shop, seed=number),))
        engine.close()

        def copy(target: Path, source: Path = read.folder) -> Written:
            for path in source.iterdir():
                (target / path.name).write_bytes(path.read_bytes())
            return Written(files=[f"{shop.mark} orders.csv"], report=report)  # noqa: B023  called at once

        report = read.report.to_json()
        workspace.create(NewDataset(id=shop.id, name=shop.name, currency=shop.currency), copy, By(who="ada"))


def prepare(workspace: Workspace, shop: Shop, *, model: str = "") -> None:
    """Precompute the results that pages wait for, comparing fewer segment counts than usual."""
    settings, version = Settings(workspace=workspace.folder), workspace.version(shop.id, 1)
    as_of = RfmSpec.after(datetime.fromisoformat(version.report["last_order"])).as_of

    def key(kind: str, spec: dict[str, object]) -> ResultKey:
        return ResultKey(dataset_id=shop.id, version=1, generation=0, kind=kind, spec=spec)

    swept = SweepSpec(as_of=as_of, bootstraps=clusters_view.BOOTSTRAPS, seed=clusters_view.SEED)
    of = key("sweep", swept.to_json())
    work = Work(workspace=workspace, settings=settings, key=of, spec=swept, progress=nobody)
    customers, few = customers_of(work, swept.preset, as_of), replace(swept, bootstraps=2)
    keep(workspace, of, lambda target: write_sweep(target, groups_of(customers), few, nobody))
    stored = segment_registry.newest_or_first(workspace, version, customers, as_of)
    if shop.more:
        for place, name in enumerate(stored.model.names[:2]):
            segment_registry.rename(
                workspace, shop.id, name, (HOSTILE[:35], HOSTILE[36:74])[place].strip(), By(who="ada")
            )
    score = ScoreSpec(as_of=as_of, horizon=90, model=model, segment_model=None if model else stored.content)
    for kind, spec in (
        ("score", score.to_json()),
        ("products", ProductsSpec(chosen=OrderFilter()).to_json()),
        ("profile", ProfileJobSpec(chosen=OrderFilter()).to_json()),
    ):
        asked = jobs.submit(workspace, kind, key(kind, spec).to_json(), title=kind, who="ada", dataset_id=shop.id)
        jobs.run_job(workspace, settings, asked.id)
        assert jobs.get(workspace, asked.id).state == "done", jobs.get(workspace, asked.id).error


def _log(path: Path, shop: Shop, *, seed: int, days: int = 400) -> Path:
    """Write an order log of customers with individual purchase intervals."""
    rng, rows = np.random.default_rng(seed), list[tuple[object, ...]]()
    for number in range(shop.customers):
        at, gap = float(rng.integers(0, 120)), float(rng.uniform(8, 70))
        while at < days:
            what = f"{shop.mark} {('Cup', 'Tray', 'Lamp')[int(rng.integers(3))]} {shop.more}".strip()
            where = f"{shop.mark} {('Isle', 'Coast')[number % 2]} {shop.more}".strip()
            when = (_FIRST + timedelta(days=at)).strftime("%Y-%m-%d %H:%M")
            price = round(float(rng.uniform(5, 60)), 2)
            rows.append((f"{shop.mark}-{len(rows)}", what[:12], what, 1, when, price, f"{shop.mark}-{number}", where))
            at += rng.exponential(gap)
    columns = ["Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country"]
    pd.DataFrame(rows, columns=columns).to_csv(path, index=False)
    return path
