"""Jobs whose dataset is deleted while they run fail with a clear message and leave nothing."""

import logging
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from core import jobs
from core.customers.order_filter import OrderFilter
from core.engine import Engine
from core.explain.overall.job import DriversSpec
from core.explore.products_job import ProductsSpec
from core.explore.profile_job import ProfileJobSpec
from core.forecasts.job import ScoreSpec
from core.ingest.import_job import spec_of
from core.ingest.sources.read_options import ReadOptions
from core.ingest.staging.staged_files import read_staged, staged_folder
from core.ingest.unattended import planned_file
from core.models.training.suite import SuiteSpec
from core.models.training.training_run import TrainSpec
from core.segments.choosing.algorithms_job import AlgorithmsSpec
from core.segments.choosing.k_comparison import SweepSpec
from core.segments.clustering.scaling import scaling_of
from core.workspace.queue import job_attempt
from core.workspace.records import By
from core.workspace.store import Workspace
from tests.conftest import NOW
from tests.core.segments.small_shop import Shop, shop_of
from tests.core.workspace.made import ADA
from tests.logs import csv_text, plain_log

AS_OF = date(2024, 8, 1)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Create a shop with sixty customers."""
    rows = []
    for n in range(60):
        for k in range(1 + n % 4):
            at = datetime.combine(date(2024, 1, 1), time(10)) + timedelta(days=n + 9 * k * (1 + n % 4))
            rows.append((f"{n}-{k}", f"P{k % 3}", "Cup", "2", f"{at:%Y-%m-%d %H:%M}", f"{2 + n % 5}", str(n), "UK"))
    made = shop_of(tmp_path_factory.mktemp("template"), rows)
    made.model()
    made.workspace.catalog().dispose()
    return made


@pytest.fixture
def shop(template: Shop, tmp_path: Path) -> Iterator[Shop]:
    """Return a copy of the shop."""
    folder = tmp_path / "workspace"
    shutil.copytree(template.workspace.folder, folder)
    workspace = Workspace(folder)
    settings = replace(template.settings, workspace=folder)
    yield Shop(workspace=workspace, settings=settings, version=workspace.version("shop", 1))
    workspace.catalog().dispose()


def specs(shop: Shop) -> dict[str, dict[str, Any]]:
    """Return a spec for each kind of job on a dataset."""
    scaling = scaling_of("clientele", None)
    each: dict[str, Any] = {
        "sweep": SweepSpec(as_of=AS_OF, bootstraps=2).to_json(),
        "algorithms": AlgorithmsSpec(scaling=scaling, as_of=AS_OF, k=3, bootstraps=2).to_json(),
        "map": {"as_of": AS_OF.isoformat(), "scaling": scaling.to_json(), "seed": 0},
        "products": ProductsSpec(chosen=OrderFilter(country="UK")).to_json(),
        "profile": ProfileJobSpec(chosen=OrderFilter(country="UK")).to_json(),
        "train": TrainSpec(as_of=AS_OF, suite=SuiteSpec(horizon=30, models=())).to_json(),
        "score": ScoreSpec(as_of=AS_OF, horizon=30, segment_model=1).to_json(),
        "drivers": DriversSpec(outcome="will_buy", horizon=30).to_json(),
    }
    return {kind: shop.key(kind, spec).to_json() for kind, spec in each.items()}


def import_spec(shop: Shop, action: Any) -> dict[str, Any]:
    """Return the spec of an import into the dataset."""
    folder = staged_folder(shop.workspace, "staged-more")
    folder.mkdir(parents=True)
    (folder / "original").write_text(csv_text(plain_log()))
    read = read_staged(shop.workspace, shop.settings, "staged-more", "orders.csv", ReadOptions())
    engine = Engine(folders=[shop.workspace.folder], memory_gb=1.0)
    with engine.session() as connection:
        planned = planned_file(connection, read.tables[0], {}, dates="ymd", timezone="UTC", now=NOW)
    engine.close()
    return spec_of([(read, planned)], (action, "shop"), By(who="ada", import_id="more"))


@pytest.mark.parametrize(
    ("kind", "call"),
    [
        *((kind, 1) for kind in ("sweep", "algorithms", "map", "products", "profile", "train", "score", "drivers")),
        ("append", 2),
        *(
            pytest.param(*one, marks=pytest.mark.long)
            for one in (("append", 1), ("replace", 2), ("train", 3), ("score", 4), ("drivers", 3), ("products", 3))
        ),
    ],
)
def test_a_job_ends_in_words_when_its_dataset_is_deleted(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, kind: str, call: int
) -> None:
    """The dataset is deleted at one of the handler's first progress reports."""
    is_import = kind in ("append", "replace")
    spec = import_spec(shop, kind) if is_import else specs(shop)[kind]
    submitted = "import" if is_import else kind
    job = jobs.submit(shop.workspace, submitted, spec, title="Work", who="ada", dataset_id="shop")
    calls = iter(range(1, 1000))

    def delete(_attempt: Any, _share: float, _message: str) -> None:
        if next(calls) == call:
            shop.workspace.delete_dataset("shop", ADA)

    monkeypatch.setattr(job_attempt.Attempt, "progress", delete)
    with caplog.at_level(logging.ERROR):
        jobs.run_job(shop.workspace, shop.settings, job.id)
    ended = jobs.get(shop.workspace, job.id)
    assert ended.state == "failed"
    assert ended.error == "The dataset “Shop” was deleted before the job finished; nothing was changed."
    assert not caplog.records
    folder = shop.workspace.folder
    for name in ("versions", "results", "models", "unfinished"):
        assert list((folder / name).glob("*")) == [], name
