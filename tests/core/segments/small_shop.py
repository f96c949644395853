"""A small dataset in a workspace of its own, for jobs that read it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from core.customers.rfm import RfmSpec, snapshot
from core.engine import Engine, parquet
from core.segments.segment_registry import StoredModel, newest_or_first
from core.settings import Settings
from core.workspace.records import NewDataset, Version, Written
from core.workspace.store import Workspace
from core.workspace.stored_results import ResultKey
from tests.conftest import ingest_files
from tests.core.workspace.made import ADA
from tests.logs import csv_text


@dataclass(frozen=True, kw_only=True)
class Shop:
    """A workspace with one dataset."""

    workspace: Workspace
    settings: Settings
    version: Version

    def key(self, kind: str, spec: dict[str, Any]) -> ResultKey:
        """Return the key of a result of the dataset."""
        return ResultKey(dataset_id=self.version.dataset_id, version=1, generation=0, kind=kind, spec=spec)

    def model(self) -> StoredModel:
        """Return the dataset's segment model, fitted on the first call."""
        engine = Engine(folders=[self.workspace.folder], memory_gb=1.0)
        with engine.session() as connection:
            orders, returns = (
                parquet(connection, self.version.folder / f"{name}.parquet") for name in ("orders", "returns")
            )
            as_of = RfmSpec.after(datetime.fromisoformat(self.version.report["last_order"]))
            customers = snapshot(orders, returns, as_of).execute()
        engine.close()
        return newest_or_first(self.workspace, self.version, customers, as_of.as_of)


def shop_of(folder: Path, rows: Sequence[Sequence[object]]) -> Shop:
    """Create a workspace with a dataset of these rows, below `tests.logs.HEADER`."""
    workspace = Workspace(folder / "workspace")
    settings = Settings(workspace=workspace.folder, query_memory_gb=1.0)
    source = folder / "shop.csv"
    source.write_text(csv_text(rows))
    engine = Engine(folders=[folder], memory_gb=1.0)

    def write(target: Path) -> Written:
        with engine.session() as connection:
            made = ingest_files(connection, folder, (source,))
        for file in made.folder.iterdir():
            file.replace(target / file.name)
        return Written(files=[source.name], report=made.report.to_json())

    version = workspace.create(NewDataset(name="Shop", id="shop"), write, ADA)
    engine.close()
    return Shop(workspace=workspace, settings=settings, version=version)
