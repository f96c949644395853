"""Read access to a workspace through its catalog."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from core.errors import DiskError, InputError, NotFoundError
from core.workspace import audit, catalog, folders
from core.workspace.checked_paths import LONGEST_FOLDER, MOST_VERSIONS, is_id, is_version
from core.workspace.records import Change, Dataset, Version

_VERSIONS: Final = catalog.versions.c
log = logging.getLogger("clientele")


class WorkspaceReader:
    """The read-only part of a workspace.

    Parameters
    ----------
    folder : Path
        Folder of the workspace.
    engine : Engine
        Its catalog, with an up-to-date schema.
    """

    def __init__(self, folder: Path, engine: sa.Engine) -> None:
        self.folder = folder
        self._catalog = engine

    def datasets(self) -> list[Dataset]:
        """Return all datasets, real before simulated ones, newest first."""
        table = catalog.datasets
        newest = sa.func.max(_VERSIONS.version).label("latest")
        query = (
            sa.select(table, newest)
            .join(catalog.versions)
            .where(table.c.deleted_at.is_(None), _VERSIONS.deleted_at.is_(None))
            .where(_VERSIONS.version.between(1, MOST_VERSIONS))
            .group_by(table.c.id)
            .order_by(table.c.simulated, table.c.created_at.desc(), table.c.id)
        )
        with self._catalog.connect() as connection:
            rows = connection.execute(query).mappings().all()
        names = Dataset.__dataclass_fields__
        return [Dataset(**{name: row[name] for name in names}) for row in rows if _is_ours(row["id"])]

    def dataset(self, dataset_id: str) -> Dataset:
        """Return one dataset.

        Raises
        ------
        NotFoundError
            If it does not exist or was deleted.
        """
        found = next((dataset for dataset in self.datasets() if dataset.id == dataset_id), None)
        if found is None:
            message = f"The dataset “{dataset_id}” doesn't exist or was deleted; choose another."
            raise NotFoundError(message)
        return found

    def deleted_name(self, dataset_id: str) -> str | None:
        """Return the name of a deleted dataset; None if it exists, or never did."""
        table = catalog.datasets
        query = sa.select(table.c.name).where(table.c.id == dataset_id, table.c.deleted_at.is_not(None))
        with self._catalog.connect() as connection:
            return connection.scalar(query)

    def version(self, dataset_id: str, version: int) -> Version:
        """Return one version of a dataset.

        Raises
        ------
        NotFoundError
            If it does not exist or was deleted.
        """
        found = self._find(_VERSIONS.dataset_id == dataset_id, _VERSIONS.version == version)
        if not found or found[0].deleted_at:
            what = "was deleted" if found else "doesn't exist"
            message = f"Version {version} of the dataset “{dataset_id}” {what}; open the newest one."
            raise NotFoundError(message)
        return found[0]

    def versions(self, dataset_id: str) -> list[Version]:
        """Return all versions of a dataset, newest first, including deleted ones."""
        return self._find(_VERSIONS.dataset_id == dataset_id)

    def find_import(self, import_id: str) -> Version | None:
        """Return the version that an import made; None if there is none, or it was deleted."""
        found = self._find(_VERSIONS.import_id == import_id, _VERSIONS.deleted_at.is_(None))
        return found[0] if found else None

    def audit_trail(self, dataset_id: str | None = None, limit: int = 200) -> list[Change]:
        """Return the latest changes of a dataset, or of all datasets, newest first."""
        return audit.trail(self._catalog, dataset_id, limit)

    def catalog(self) -> sa.Engine:
        """Return the catalog's engine, for data stored beside the versions."""
        return self._catalog

    def may_know(self, folder: str) -> bool:
        """Return whether a folder belongs to an existing version, also if the catalog can't be read."""
        try:
            return bool(self._find(_VERSIONS.folder == folder, _VERSIONS.deleted_at.is_(None)))
        except (sa.exc.SQLAlchemyError, DiskError, InputError):  # InputError: a damaged catalog
            return True  # leftovers are cleared later

    def _find(self, *where: sa.ColumnElement[bool]) -> list[Version]:
        """Return the matching versions, newest first."""
        query = sa.select(catalog.versions).where(*where).order_by(_VERSIONS.version.desc())
        with self._catalog.connect() as connection:
            rows = connection.execute(query).mappings().all()
        return [self._version(row) for row in rows if _is_ours(row["dataset_id"], row["folder"], row["version"])]

    def _version(self, row: Mapping[Any, Any]) -> Version:
        same = ("dataset_id", "version", "action", "who", "base")
        return Version(
            **{name: row[name] for name in same},
            folder=folders.version_of(self.folder, row["folder"]),
            created_at=catalog.in_utc(row["created_at"]),
            files=tuple(row["files"]),
            report=dict(row["report"]),
            sources=tuple(row["sources"] or ()),
            deleted_at=catalog.in_utc(row["deleted_at"]) if row["deleted_at"] else None,
        )


def _is_ours(dataset_id: object, folder: object = "0", version: object = 1) -> bool:
    """Return whether Clientele could have written a row; rows with invalid ids are ignored."""
    fits = is_id(dataset_id) and is_id(folder, LONGEST_FOLDER) and is_version(version)
    if not fits:
        log.warning("Ignored an invalid row of the catalog: dataset %r, version %r in %r", dataset_id, version, folder)
    return fits
