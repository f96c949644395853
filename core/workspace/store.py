"""The workspace: immutable dataset versions on disk, known by the catalog."""

import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import sqlalchemy as sa

from core.errors import ConflictError, InputError, NotFoundError
from core.workspace import catalog

LEFTOVER_SECONDS: Final = 24 * 3600  # no import takes that long
LONGEST_NAME: Final = 80  # fits the picker on a phone with one ellipsis


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A shop's order log.

    Parameters
    ----------
    id : str
        Key in links; never reused.
    name : str
        What people call it.
    simulated : bool
        Whether no such shop exists.
    currency : str
        ISO 4217 code, or empty.
    timezone : str
        IANA name; times in the dataset are wall times there.
    generation : int
        Raised when a customer is erased; part of every cache key.
    latest : int
        Number of its newest version.
    """

    id: str
    name: str
    simulated: bool
    currency: str
    timezone: str
    generation: int
    latest: int


@dataclass(frozen=True, kw_only=True)
class Version:
    """One immutable state of a dataset.

    Parameters
    ----------
    dataset_id : str
        Whose.
    version : int
        1 for the first.
    folder : Path
        Where its Parquet files are.
    created_at : datetime
        In UTC.
    files : tuple of str
        Names of all files in it, in the order of `file_no`.
    report : dict
        Its quality report.
    """

    dataset_id: str
    version: int
    folder: Path
    created_at: datetime
    files: tuple[str, ...]
    report: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class NewDataset:
    """What is said of a dataset when it is made; see `Dataset`. An `id` is given only where it must be known."""

    name: str
    id: str = field(default_factory=lambda: uuid4().hex[:10])
    simulated: bool = False
    currency: str = ""
    timezone: str = "UTC"

    def __post_init__(self) -> None:
        if not 1 <= len(self.name.strip()) <= LONGEST_NAME:
            message = f"A dataset's name must have 1 to {LONGEST_NAME} characters, got {len(self.name.strip())}."
            raise InputError(message)


Writer = Callable[[Path], tuple[list[str], dict[str, Any]]]
"""Fills an empty folder with a version's files and returns the names of its source files and its report."""


class Workspace:
    """Datasets in a folder.

    Parameters
    ----------
    folder : Path
        Made where it is missing.
    catalog_url : str
        SQLAlchemy URL of the catalog; empty for SQLite in the folder.
    """

    def __init__(self, folder: Path, catalog_url: str = "") -> None:
        self.folder = folder
        for name in ("versions", "unfinished", "uploads"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self._catalog = catalog.open_catalog(catalog_url, folder)
        self._clear_leftovers()

    def datasets(self) -> list[Dataset]:
        """All datasets, real ones before simulated ones, newest first."""
        newest = sa.func.max(catalog.versions.c.version).label("latest")
        query = (
            sa.select(catalog.datasets, newest)
            .join(catalog.versions)
            .group_by(catalog.datasets.c.id)
            .order_by(catalog.datasets.c.simulated, catalog.datasets.c.created_at.desc(), catalog.datasets.c.id)
        )
        with self._catalog.connect() as connection:
            rows = connection.execute(query).mappings().all()
        return [Dataset(**{name: row[name] for name in Dataset.__dataclass_fields__}) for row in rows]

    def dataset(self, dataset_id: str) -> Dataset:
        """One dataset.

        Raises
        ------
        NotFoundError
            Where it does not exist, or no longer.
        """
        found = next((dataset for dataset in self.datasets() if dataset.id == dataset_id), None)
        if found is None:
            message = f"The dataset “{dataset_id}” does not exist, or was deleted; choose another."
            raise NotFoundError(message)
        return found

    def version(self, dataset_id: str, version: int) -> Version:
        """One version of a dataset.

        Raises
        ------
        NotFoundError
        """
        table = catalog.versions
        query = sa.select(table).where(table.c.dataset_id == dataset_id, table.c.version == version)
        with self._catalog.connect() as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            message = f"Version {version} of the dataset “{dataset_id}” does not exist; open the newest one."
            raise NotFoundError(message)
        return Version(
            dataset_id=dataset_id,
            version=version,
            folder=self.folder / "versions" / row["folder"],
            created_at=row["created_at"],
            files=tuple(row["files"]),
            report=dict(row["report"]),
        )

    def create(self, new: NewDataset, write: Writer) -> Version:
        """Make a dataset with its first version; nothing is left of it where `write` fails."""
        values: dict[str, Any] = {
            "id": new.id,
            "name": new.name.strip(),
            "simulated": new.simulated,
            "currency": new.currency,
            "timezone": new.timezone,
            "generation": 0,
            "created_at": catalog.now(),
        }
        return self._commit(values["id"], 1, write, sa.insert(catalog.datasets).values(values))

    def append(self, base: Version, write: Writer) -> Version:
        """Make the version after `base`, which stays as it is; nothing is left where `write` fails.

        Raises
        ------
        ConflictError
            Where somebody else made that version meanwhile.
        """
        return self._commit(base.dataset_id, base.version + 1, write)

    def _commit(self, dataset_id: str, version: int, write: Writer, *before: sa.Executable) -> Version:
        """Write below `unfinished`, sync, rename, and commit in the catalog, in this order."""
        name = uuid4().hex
        unfinished, final = self.folder / "unfinished" / name, self.folder / "versions" / name
        unfinished.mkdir()
        try:
            files, report = write(unfinished)
            _sync(unfinished)
            unfinished.rename(final)
            _sync_folder(final.parent)
            row = {
                "dataset_id": dataset_id,
                "version": version,
                "folder": name,
                "created_at": catalog.now(),
                "files": files,
                "report": report,
            }
            with self._catalog.begin() as connection:
                for statement in before:
                    connection.execute(statement)
                connection.execute(sa.insert(catalog.versions).values(row))
        except BaseException as error:
            shutil.rmtree(unfinished, ignore_errors=True)
            shutil.rmtree(final, ignore_errors=True)
            if isinstance(error, sa.exc.IntegrityError):
                message = "Somebody else changed this dataset meanwhile; nothing was lost, try again."
                raise ConflictError(message) from error
            raise
        return self.version(dataset_id, version)

    def _clear_leftovers(self) -> None:
        """Delete what a writer that was killed left a day ago or longer."""
        for unfinished in (self.folder / "unfinished").iterdir():
            with suppress(FileNotFoundError):  # finished or deleted by another process meanwhile
                if time.time() - unfinished.stat().st_mtime > LEFTOVER_SECONDS:
                    shutil.rmtree(unfinished, ignore_errors=True)

    def catalog(self) -> sa.Engine:
        """The catalog's connection, for what is kept beside the versions."""
        return self._catalog


def _sync(folder: Path) -> None:
    """Have all files of a folder on disk, so that a power cut cannot leave a committed version half written."""
    for path in sorted(folder.iterdir()):
        with path.open("r+b") as written:  # Windows syncs only what is open for writing
            os.fsync(written.fileno())
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows cannot open folders
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
