"""Handlers of jobs with stored results: read the spec, compute the result once, report it."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, Generic, TypeVar

import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from core.engine import Engine, parquet
from core.plain import Plain
from core.progress import Progress
from core.settings import Settings
from core.workspace.queue.job_attempt import Handler
from core.workspace.records import Version
from core.workspace.store import Workspace
from core.workspace.stored_results import ResultKey, keep

S = TypeVar("S", bound=Plain)


@dataclass(frozen=True, kw_only=True)
class Work(Generic[S]):
    """The input of one job.

    Parameters
    ----------
    workspace, settings : Workspace, Settings
        Workspace of the result, and resource limits.
    key : ResultKey
        Identifies the result: dataset, version, generation, kind and spec.
    spec : Plain
        The parsed spec of `key`.
    progress : callable
        See `core.progress.Progress`.
    """

    workspace: Workspace
    settings: Settings
    key: ResultKey
    spec: S
    progress: Progress

    @property
    def version(self) -> Version:
        """The version to compute the result from; raises NotFoundError if it was deleted."""
        return self.workspace.version(self.key.dataset_id, self.key.version)

    @contextmanager
    def session(self) -> Iterator[Backend]:
        """Open a query engine for this job only."""
        with closing(Engine.of(self.settings)) as engine, engine.session() as connection:
            yield connection

    def orders_and_returns(self, connection: Backend) -> tuple[ir.Table, ir.Table]:
        """Return the version's orders and returns."""
        folder = self.version.folder
        return parquet(connection, folder / "orders.parquet"), parquet(connection, folder / "returns.parquet")


def stored_job(
    spec: type[S], report: Callable[[Path], dict[str, Any]]
) -> Callable[[Callable[[Work[S], Path], None]], Handler]:
    """Turn a function that writes a result into a job's handler.

    The function only runs if its result is not stored yet. Results are stored completely or not at all.

    Parameters
    ----------
    spec : type
        Class of the job's specs.
    report : callable
        Takes the folder of the stored result and returns the job's report, JSON-serialisable.

    Returns
    -------
    callable
        A decorator for functions of a `Work` and the folder for the result's files.
    """

    def decorate(write: Callable[[Work[S], Path], None]) -> Handler:
        @wraps(write)
        def run(workspace: Workspace, settings: Settings, values: dict[str, Any], progress: Progress) -> dict[str, Any]:
            key = ResultKey.from_json(values)
            work = Work(
                workspace=workspace, settings=settings, key=key, spec=spec.from_json(key.spec), progress=progress
            )
            workspace.version(key.dataset_id, key.version)  # raises NotFoundError before any work if deleted
            return report(keep(workspace, key, lambda folder: write(work, folder)))

        return run

    return decorate
