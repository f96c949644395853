"""The frame of jobs whose result is stored: read the spec, do the work once, report what it made."""

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
    """One job's work.

    Parameters
    ----------
    workspace, settings : Workspace, Settings
        Where the result goes, and what the work may use.
    key : ResultKey
        Names the result: dataset, version, generation, kind and spec.
    spec : Plain
        The spec of `key`, read.
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
        """The version that the result is made of; NotFoundError where it was deleted."""
        return self.workspace.version(self.key.dataset_id, self.key.version)

    @contextmanager
    def session(self) -> Iterator[Backend]:
        """Open a query engine for this work alone."""
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

    The work is done only where its result is not stored yet, and stored whole or not at all.

    Parameters
    ----------
    spec : type
        Of the specs that the job understands.
    report : callable
        Gets the folder of the stored result and returns what the job reports, fit for JSON.

    Returns
    -------
    callable
        A decorator for functions of a `Work` and of the folder that takes the result's files.
    """

    def decorate(write: Callable[[Work[S], Path], None]) -> Handler:
        @wraps(write)
        def run(workspace: Workspace, settings: Settings, values: dict[str, Any], progress: Progress) -> dict[str, Any]:
            key = ResultKey.from_json(values)
            work = Work(
                workspace=workspace, settings=settings, key=key, spec=spec.from_json(key.spec), progress=progress
            )
            workspace.version(key.dataset_id, key.version)  # NotFoundError before any work, where it was deleted
            return report(keep(workspace, key, lambda folder: write(work, folder)))

        return run

    return decorate
