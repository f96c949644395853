"""The work to kill: its data, its request, and its execution in this process.

Nothing here is a stand-in. A worker runs the jobs, the command line makes backups, and the server is the one that
`streamlit run Home.py` starts. Each ends once there is nothing more to do.
"""

import json
import os
import shutil
import signal
import socket
import sqlite3
import threading
import time
import zipfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import pandas as pd

from core import cli, jobs
from core.customers.btyd import LifetimeSpec
from core.forecasts import job as score_job
from core.forecasts.job import ScoreSpec
from core.ingest.sources.read_options import ReadOptions
from core.models.training.model_registry import in_use
from core.models.training.stored_training import KIND
from core.models.training.suite import SuiteSpec
from core.models.training.training_run import TrainSpec
from core.segments.clustering.fitting import fit
from core.segments.segment_model import ClusterSpec
from core.segments.segment_registry import adopt
from core.settings import PROJECT, Settings
from core.workspace.queue.job_worker import Pace
from core.workspace.records import By, NewDataset, Version, Written
from core.workspace.store import Workspace
from core.workspace.stored_results import ResultKey
from tests import worker
from tests.core.ingest.killed import log_of, specs_in
from tests.core.models.data.test_panel import shop

PACE: Final = Pace(heartbeat=0.1, stale=1.5, recover=0.2, grace=1.0)
ADA: Final = By(who="ada@shop.example")
AS_OF: Final = date(2024, 7, 10)
HORIZON: Final = 30
IMPORTED: Final = 2  # files in the workspace that work begins with; the next one is imported
CUSTOMERS: Final = 60
STAGED: Final = "staged-zip"
_QUIET: Final = 0.6  # seconds without a job after which a worker has nothing more to do


@dataclass(frozen=True, kw_only=True)
class Place:
    """Folders of one piece of work.

    Parameters
    ----------
    folder : Path
        Folder of this piece: `workspace`, `out` for its output, `temp` for temporary files.
    made : Path
        Initial data from `make`; read-only.
    """

    folder: Path
    made: Path

    @property
    def workspace(self) -> Path:
        """Workspace folder."""
        return self.folder / "workspace"

    @property
    def beside(self) -> tuple[Path, Path]:
        """Folders that must be empty afterwards."""
        return self.folder / "out", self.folder / "temp"

    def settings(self) -> Settings:
        """Settings of this process."""
        return Settings.from_environment(os.environ)

    def opened(self) -> Workspace:
        """Open the workspace, as at startup."""
        return Workspace(self.workspace)


@dataclass(frozen=True, kw_only=True)
class Work:
    """One kind of work.

    Parameters
    ----------
    kind, name : str
        Its row in the table, and its description.
    begins : str
        The initial workspace in `Place.made`; empty for none.
    ask : callable
        Requests it, if that happens separately.
    do : callable
        Runs it to its end in this process and returns the exit status.
    again : callable, optional
        Finishes it at the next start; `do` by default.
    """

    kind: str
    name: str
    begins: str
    ask: Callable[[Place], None]
    do: Callable[[Place], int]
    again: Callable[[Place], int] | None = None


def make(place: Place) -> None:
    """Create the initial data: a workspace, one that lacks one of its versions, a backup, and files to read."""
    made = place.made
    for folder in (made / "read", *place.beside):
        folder.mkdir(parents=True, exist_ok=True)
    specs = specs_in(made / "read", log_of(IMPORTED + 1))
    (made / "specs.json").write_text(json.dumps(specs), encoding="utf-8")
    with zipfile.ZipFile(made / "orders.zip", "w") as packed:
        packed.write(made / "read" / "orders-0.csv", "orders.csv")
    cli.main(["simulate", "--out", str(made / "demo.parquet"), "--customers", "60"])
    opened = place.opened()
    _adopted(opened, opened.create(NewDataset(name="Shop", id="shop"), _orders, ADA))
    for number in range(IMPORTED):
        _ask_import(place, number)
    _ask_training(place, AS_OF)
    assert work_all(place) == 0
    done = [job.state for job in jobs.history(opened, 10)]
    assert done == ["done"] * (IMPORTED + 1), done
    opened.catalog().dispose()
    assert cli.main(["backup", "--out", str(made / "backup.zip"), "--workspace", str(place.workspace)]) == 0
    shutil.copytree(place.workspace, made / "lacking")
    lacking = Workspace(made / "lacking")
    lacking.delete_version("gifts", 1, ADA)
    lacking.catalog().dispose()


def _orders(folder: Path) -> Written:
    orders = shop(CUSTOMERS)
    orders.to_parquet(folder / "orders.parquet", index=False)
    orders.iloc[:0].to_parquet(folder / "returns.parquet", index=False)
    return Written(files=["shop.csv"], report={})


def _adopted(workspace: Workspace, version: Version) -> None:
    orders = shop(CUSTOMERS)
    customers = orders.groupby("customer_id").agg(
        recency=("ordered_at", lambda at: (pd.Timestamp(AS_OF) - at.max()).days),
        frequency=("order_id", "size"),
        monetary=("amount", "sum"),
    )
    adopt(workspace, version, fit(customers.reset_index(), ClusterSpec()), AS_OF, None)


def _ask(place: Place, kind: str, spec: dict[str, Any], workspace: Workspace | None = None) -> None:
    opened = workspace or place.opened()
    jobs.KINDS.update(worker.KINDS)
    jobs.submit(opened, kind, spec, title=f"A job: {kind}", who="ada", dataset_id=spec.get("dataset"))
    opened.catalog().dispose()


def _ask_import(place: Place, number: int = IMPORTED) -> None:
    spec = json.loads((place.made / "specs.json").read_text(encoding="utf-8"))[number]
    opened = place.opened()
    staged = opened.folder / "uploads" / spec["files"][0]["staged"]
    staged.mkdir()
    shutil.copyfile(spec["files"][0]["raw"]["path"], staged / "original")
    _ask(place, "import", spec, opened)


def _ask_reading(place: Place) -> None:
    opened = place.opened()
    (opened.folder / "uploads" / STAGED).mkdir()
    shutil.copyfile(place.made / "orders.zip", opened.folder / "uploads" / STAGED / "original")
    _ask(place, "read", {"staged": STAGED, "name": "orders.zip", "options": ReadOptions().to_json()}, opened)


def _ask_training(place: Place, as_of: date = date(2024, 7, 9)) -> None:
    suite = SuiteSpec(horizon=HORIZON, outcomes=("will_buy",), models=("logistic_regression",))
    _ask(place, KIND, _key(KIND, TrainSpec(as_of=as_of, suite=suite).to_json()))


def _ask_scores(place: Place, *, stored: bool) -> None:
    opened, lifetime = place.opened(), LifetimeSpec(draws=60)
    model = in_use(opened, "shop", HORIZON) if stored else None
    opened.catalog().dispose()
    if model:
        spec = ScoreSpec(as_of=AS_OF, horizon=HORIZON, model=model.id, lifetime=lifetime)
    else:
        spec = ScoreSpec(as_of=AS_OF, horizon=HORIZON, segment_model=1, lifetime=lifetime)
    _ask(place, score_job.KIND, _key(score_job.KIND, spec.to_json()))


def _key(kind: str, spec: dict[str, Any]) -> dict[str, Any]:
    return ResultKey(dataset_id="shop", version=1, generation=0, kind=kind, spec=spec).to_json()


def _ask_notes(place: Place) -> None:
    for number in range(4):
        _ask(place, "note", {"file": str(place.folder / f"note-{number}")})


def work_all(place: Place) -> int:
    """Run a worker until no job is queued or running."""
    heard, told = os.pipe()
    os.dup2(heard, 0)
    jobs.KINDS.update(worker.KINDS)  # the small jobs of tests, beside the real ones

    def end_when_done() -> None:
        quiet = time.monotonic()
        while time.monotonic() - quiet < _QUIET:
            time.sleep(0.05)
            quiet = time.monotonic() if _waiting(place.workspace) else quiet
        os.close(told)  # as the end of its server does

    threading.Thread(target=end_when_done, daemon=True).start()
    return jobs.main(PACE)


def _waiting(workspace: Path) -> int:
    """Return the number of queued and running jobs; 1 if there is no catalog yet."""
    try:
        with closing(sqlite3.connect(f"file:{workspace / 'catalog.sqlite'}?mode=ro", uri=True, timeout=10)) as catalog:
            return int(catalog.execute("select count(*) from jobs where state in ('queued', 'running')").fetchone()[0])
    except sqlite3.OperationalError:
        return 1


def _back_up(place: Place) -> int:
    return cli.main(["backup", "--out", str(place.folder / "out" / "b.zip"), "--workspace", str(place.workspace)])


def _bring_back(place: Place) -> int:
    return cli.main(["restore", str(place.made / "backup.zip"), "--workspace", str(place.workspace)])


def _analyse(place: Place) -> int:
    return cli.main(["analyse", str(place.made / "orders.zip"), "--out", str(place.folder / "out"), "--dates", "ymd"])


def _serve(place: Place) -> int:
    """Run the server until its demo shop and worker exist and no job is queued."""
    from streamlit.web.cli import main  # noqa: PLC0415  takes a second

    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]

    def end_when_done() -> None:
        while not any((place.workspace / "workers").glob("*")) or _waiting(place.workspace):
            time.sleep(0.1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=end_when_done, daemon=True).start()
    os.chdir(PROJECT)
    main(["run", "Home.py", "--server.headless=true", f"--server.port={port}", "--server.fileWatcherType=none"])
    return 0


def _serve_again(place: Place) -> int:
    """Run a worker first, since a server's worker waits too long for dead ones."""
    return work_all(place) or _serve(place)


def _nothing(_place: Place) -> None:
    """Request nothing."""


ALL: Final = (
    Work(kind="import", name="import", begins="workspace", ask=_ask_import, do=work_all),
    Work(kind="import", name="read", begins="workspace", ask=_ask_reading, do=work_all),
    Work(kind="import", name="analyse", begins="", ask=_nothing, do=_analyse),
    Work(kind="train", name="train", begins="workspace", ask=_ask_training, do=work_all),
    Work(
        kind="score", name="rhythm", begins="workspace", ask=lambda place: _ask_scores(place, stored=False), do=work_all
    ),
    Work(
        kind="score", name="stored", begins="workspace", ask=lambda place: _ask_scores(place, stored=True), do=work_all
    ),
    Work(kind="backup", name="backup", begins="workspace", ask=_nothing, do=_back_up),
    Work(kind="restore", name="empty", begins="", ask=_nothing, do=_bring_back),
    Work(kind="restore", name="lacking", begins="lacking", ask=_nothing, do=_bring_back),
    Work(kind="server", name="new", begins="", ask=_nothing, do=_serve, again=_serve_again),
    Work(kind="server", name="job", begins="workspace", ask=_ask_import, do=_serve, again=_serve_again),
    Work(kind="worker", name="notes", begins="workspace", ask=_ask_notes, do=work_all),
)
SHARES: Final = {"import": 6, "train": 5, "score": 5, "backup": 4, "restore": 4, "server": 2, "worker": 4}
"""Share of kills of each kind, in thirtieths."""
