"""The job that compares numbers of segments, and its stored result."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from core import jobs
from core.customers.rfm import RfmSpec
from core.engine import Engine
from core.errors import CancelledError, InputError, TooLittleDataError
from core.segments.choosing.k_candidates import candidates
from core.segments.choosing.k_choice import ChoiceSpec, choose, recommend
from core.segments.choosing.k_comparison import KIND, Sweep, SweepSpec, read_sweep
from core.segments.choosing.k_comparison_job import run, write_sweep
from core.segments.choosing.population import population
from core.segments.clustering.fitting import fit
from core.segments.clustering.scaling import PRESETS, ScalingSpec
from core.segments.segment_model import ClusterSpec
from core.settings import Settings
from core.workspace.queue.job_records import DONE
from core.workspace.records import By, NewDataset, Written
from core.workspace.store import Workspace
from core.workspace.stored_results import ResultKey, kept
from tests.conftest import ingest_files
from tests.core.segments.clustering.test_fitting import four_groups
from tests.logs import write_csv

DAY = date(2024, 12, 31)
SPEC = SweepSpec(as_of=DAY, bootstraps=3)


def four_groups_log(path: Path) -> Path:
    """Write the orders of customers in four groups, a third of whom live in France."""
    lines = []
    for position, row in enumerate(four_groups(each=16).to_dict("records")):
        country = "France" if position % 3 == 0 else "UK"
        for order in range(int(row["frequency"])):
            when = DAY - timedelta(days=int(row["recency"]) + 1 + order)
            price = f"{row['monetary'] / row['frequency']:.2f}"
            number = f"{row['customer_id']}-{order}"
            lines.append((number, "A1", "Cup", "1", f"{when} 12:00", price, row["customer_id"], country))
    return write_csv(path, lines)


@dataclass(frozen=True, kw_only=True)
class Shop:
    """A workspace with that log as a dataset, and its customers."""

    workspace: Workspace
    settings: Settings
    key: ResultKey
    customers: pd.DataFrame

    def asked(self, spec: SweepSpec) -> ResultKey:
        """Return the key of a sweep."""
        return replace(self.key, spec=spec.to_json())

    def swept(self, spec: SweepSpec) -> tuple[Sweep, list[tuple[float, str]]]:
        """Run the job in this process; return its stored result and its progress messages."""
        said: list[tuple[float, str]] = []
        run(self.workspace, self.settings, self.asked(spec).to_json(), lambda *told: said.append(told))
        folder = kept(self.workspace, self.asked(spec))
        assert folder is not None
        return read_sweep(folder), said


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Create the shop once."""
    folder = tmp_path_factory.mktemp("sweep")
    engine = Engine(folders=[folder])
    with engine.session() as connection:
        ingested = ingest_files(connection, folder, (four_groups_log(folder / "log.csv"),))
        customers = population(connection, ingested.folder, "clientele", RfmSpec(as_of=DAY))
    engine.close()
    settings = Settings(workspace=folder / "workspace")
    workspace = Workspace(settings.workspace)

    def fill(target: Path) -> Written:
        shutil.copytree(ingested.folder, target, dirs_exist_ok=True)
        return Written(files=["log.csv"], report=ingested.report.to_json())

    version = workspace.create(NewDataset(name="Shop"), fill, By(who="test"))
    key = ResultKey(dataset_id=version.dataset_id, version=1, generation=0, kind=KIND, spec=SPEC.to_json())
    yield Shop(workspace=workspace, settings=settings, key=key, customers=customers)
    workspace.catalog().dispose()


@pytest.fixture(scope="module")
def swept(shop: Shop) -> tuple[Sweep, list[tuple[float, str]]]:
    """Return the shop's sweep and the progress messages."""
    return shop.swept(SPEC)


Swept = tuple[Sweep, list[tuple[float, str]]]


def test_job_from_asking_to_reading(shop: Shop) -> None:
    spec = replace(SPEC, seed=1, bootstraps=2)
    asked = shop.asked(spec).to_json()
    job = jobs.submit(shop.workspace, KIND, asked, title="Sweep", who="ann")
    jobs.run_job(shop.workspace, shop.settings, job.id)
    done = jobs.get(shop.workspace, job.id)
    assert (done.state, done.error, done.result) == (DONE, None, {"groups": 1, "customers": 64})
    folder = kept(shop.workspace, shop.asked(spec))
    assert folder is not None
    [group] = read_sweep(folder).groups
    _, _, expected = choose(shop.customers, PRESETS["clientele"], range(2, 13), ChoiceSpec(bootstraps=2, seed=1))
    assert (group.name, group.customers, list(group.candidates)) == ("All", 64, expected)


def test_figures_behind_the_choice(swept: Swept) -> None:
    [group] = swept[0].groups
    assert recommend(group.candidates, group.customers, ChoiceSpec(smallest_share=0.2)).k == 4
    assert group.knee == 4
    assert group.candidate(13) is None


def test_silhouettes_are_of_the_segments_that_a_model_of_that_k_has(shop: Shop, swept: Swept) -> None:
    customers = shop.customers.set_index("customer_id")
    [group] = swept[0].groups
    for k in (2, 4, 7):
        model = fit(shop.customers, ClusterSpec(k=k))
        segments = model.assign(customers)
        found = swept[0].silhouettes("All", k)
        assert list(found) == ["customer_id", "cluster", "segment", "silhouette"]
        assert sorted(found["customer_id"]) == sorted(customers.index)
        assert found["segment"].tolist() == segments[found["customer_id"]].tolist()
        assert found["segment"].tolist() == [model.names[cluster] for cluster in found["cluster"]]
        assert found["silhouette"].mean() == pytest.approx(group.candidate(k).silhouette)  # type: ignore[union-attr]
        falls = found.groupby("cluster")["silhouette"].apply(lambda own: own.is_monotonic_decreasing)
        assert found["cluster"].is_monotonic_increasing
        assert falls.all()


def test_progress_rises_and_says_what_is_done(swept: Swept) -> None:
    shares, texts = zip(*swept[1], strict=True)
    assert list(shares) == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert "5 segments: resampled shop 2 of 3" in texts


def test_notebook_has_two_groups(shop: Shop) -> None:
    sweep, said = shop.swept(replace(SPEC, preset="notebook", bootstraps=1))
    assert [group.name for group in sweep.groups] == ["UK", "Rest"]
    assert sum(group.customers for group in sweep.groups) == 64
    for group in sweep.groups:
        ks = [candidate.k for candidate in group.candidates]
        assert ks == list(range(1, 11))[: len(ks)]  # clipping makes some customers alike
        assert sweep.silhouettes(group.name, 1).empty
        assert len(sweep.silhouettes(group.name, 3)) == group.customers
    assert [text for _, text in said if text.startswith("Rest, 5 segments")]


def test_own_features(shop: Shop) -> None:
    own = ScalingSpec(features=("recency", "average_order"), scaling="rank")
    spec = replace(SPEC, preset="own", own=own, bootstraps=1)
    assert SweepSpec.from_json(spec.to_json()) == spec
    [group] = shop.swept(spec)[0].groups
    expected = candidates(shop.customers, own, range(2, 13))
    assert [candidate.wcss for candidate in group.candidates] == [candidate.wcss for candidate in expected]


def test_stopped_where_it_is_told_and_leaves_nothing(shop: Shop) -> None:
    when = "5 segments: resampled shop 2 of 4"
    key = shop.asked(replace(SPEC, seed=7, bootstraps=int(when[-1])))

    def stop(_share: float, message: str) -> None:
        if message == when:
            raise CancelledError(message)

    with pytest.raises(CancelledError):
        run(shop.workspace, shop.settings, key.to_json(), stop)
    assert kept(shop.workspace, key) is None


@pytest.mark.parametrize("preset", ["clientele", "notebook"])
def test_date_before_the_first_order_is_refused(shop: Shop, preset: str) -> None:
    with pytest.raises(TooLittleDataError, match=r"^There are no orders before 2020-01-01\. Choose a later date\.$"):
        shop.swept(replace(SPEC, as_of=date(2020, 1, 1), preset=preset))


def test_customers_who_are_all_alike_are_refused(tmp_path: Path) -> None:
    alike = pd.concat([four_groups().head(1)] * 3)
    with pytest.raises(
        TooLittleDataError, match=r"^Choosing k needs at least 2 customers .*, got 3\. Add more orders\.$"
    ):
        write_sweep(tmp_path, [("All", alike)], SPEC, lambda _share, _message: None)


@pytest.mark.parametrize("values", [{"preset": "other"}, {"preset": "own"}])
def test_spec_refuses_unknown_presets(values: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"^`preset` must be one of"):
        SweepSpec(as_of=DAY, **values)
