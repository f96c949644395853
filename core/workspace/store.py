"""The workspace: immutable dataset versions on disk, listed in the catalog."""

import shutil
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import sqlalchemy as sa

from core.errors import ConflictError, DiskError, InputError
from core.workspace import audit, catalog, folders
from core.workspace.disk import disk_reserve, disk_state
from core.workspace.disk.version_damage import DamagedVersionError, why
from core.workspace.ownership import catalog_copies, leftovers, sidecars
from core.workspace.ownership.opening import open_catalog
from core.workspace.reader import WorkspaceReader
from core.workspace.records import By, Dataset, NewDataset, Version, Writer, Written, check_name

_MEANWHILE: Final = "Someone else changed this dataset at the same time; nothing was lost. Try again."
_VERSIONS: Final = catalog.versions.c


@dataclass(frozen=True, kw_only=True)
class _Step:
    """A step to a new version: action, base version, required predecessor, and the row of a new dataset."""

    action: str
    dataset_id: str
    base: int | None = None
    after: int | None = None
    new: dict[str, Any] | None = None


class Workspace(WorkspaceReader):
    """Datasets in a folder.

    Parameters
    ----------
    folder : Path
        Folder of the workspace; created if missing.
    catalog_url : str
        SQLAlchemy URL of the catalog, SQLite's or PostgreSQL's; empty for SQLite in the folder.
    claim : bool
        Also open it if the catalog lacks versions in the folder, see `core.workspace.ownership.opening`.

    Raises
    ------
    InputError
        If folder and catalog don't belong together, the catalog is damaged, or a newer Clientele made it.
    DiskError
        If it cannot be created or read. A read-only workspace is opened, and raises this at each change.
    """

    def __init__(self, folder: Path, catalog_url: str = "", *, claim: bool = False) -> None:
        try:
            with disk_state.disk_full_told(folder):
                super().__init__(folder, open_catalog(catalog_url, folder, claim=claim))
        except DiskError:
            folders.clear_empty(folder)
            raise
        weakref.finalize(self, self._catalog.dispose)  # closing the last connection writes SQLite's log into its file
        disk_reserve.refill(folder)

    def tend(self) -> None:
        """Do periodic maintenance: checkpoint the catalog, copy it once a day, and clear leftovers.

        Raises
        ------
        InputError
            If the catalog is damaged.
        """
        catalog.checkpoint(self._catalog)
        catalog_copies.keep_one_a_day(self.folder, self._catalog)
        leftovers.clear(self.folder, self._catalog)

    def create(self, new: NewDataset, write: Writer, by: By) -> Version:
        """Create a dataset with its first version; if `write` fails, nothing remains.

        If `by` names an import that has already made a version, that version is returned and nothing changes. This also
        applies to the methods below.

        Raises
        ------
        ConflictError
            If the id is taken.
        DiskFullError
        """
        values: dict[str, Any] = {
            "id": new.id,
            "name": new.name.strip(),
            "simulated": new.simulated,
            "currency": new.currency,
            "timezone": new.timezone,
            "generation": 0,
            "created_at": catalog.now(),
        }
        return self._commit(_Step(action="create", dataset_id=new.id, new=values), write, by)

    def append(self, base: Version, write: Writer, by: By) -> Version:
        """Create the version after `base`, the newest one, with additional rows; if `write` fails, nothing remains.

        Raises
        ------
        ConflictError
            If someone else has added a version or deleted this one.
        DiskFullError
        """
        return self._commit(_following("append", base), write, by)

    def replace(self, base: Version, write: Writer, by: By) -> Version:
        """Create the version after `base`, the newest one, without its rows; raises the errors of `append`."""
        return self._commit(_following("replace", base), write, by)

    def restore(self, dataset_id: str, version: int, by: By) -> Version:
        """Create a version with the files of an earlier one.

        Raises
        ------
        NotFoundError
            If the earlier version does not exist or was deleted.
        InputError
            If it is the newest version.
        ConflictError, DiskFullError
        """
        earlier, newest = self.version(dataset_id, version), self.dataset(dataset_id).latest
        if version == newest:
            message = f"Version {version} is already the newest; restore an earlier one."
            raise InputError(message)

        def write(folder: Path) -> Written:
            try:
                folders.link_files(earlier.folder, folder)
            except FileNotFoundError as error:  # just deleted, or lost
                reason = why(self, dataset_id, version)
                raise (reason if isinstance(reason, DamagedVersionError) else ConflictError(_MEANWHILE)) from error
            return Written(files=list(earlier.files), report=earlier.report, sources=list(earlier.sources))

        return self._commit(_Step(action="restore", dataset_id=dataset_id, base=version), write, by)

    def rename(self, dataset_id: str, name: str, by: By) -> Dataset:
        """Rename a dataset.

        Raises
        ------
        InputError
            If the name is empty or too long.
        NotFoundError
        """
        new, table = check_name(name), catalog.datasets
        with self._writing() as connection:
            old = connection.scalar(
                sa.select(table.c.name).where(table.c.id == dataset_id, table.c.deleted_at.is_(None))
            )
            if old is not None and old != new:
                connection.execute(sa.update(table).where(table.c.id == dataset_id).values(name=new))
                audit.record(connection, by, "rename", dataset_id, before=old, after=new)
        self._settle(dataset_id)
        return self.dataset(dataset_id)

    def delete_version(self, dataset_id: str, version: int, by: By) -> None:
        """Delete the files of a version; its number is never reused.

        Raises
        ------
        InputError
            If it is the only version left.
        NotFoundError
        """
        doomed = disk_reserve.with_room(self.folder, lambda: self._forget_version(dataset_id, version, by))
        self._settle(dataset_id)
        self._discard([doomed])

    def _forget_version(self, dataset_id: str, version: int, by: By) -> Version:
        with self._writing() as connection:
            doomed = self.version(dataset_id, version)
            folders.results_of(self.folder, dataset_id, version)  # raises before the commit if the path is outside
            if list(_numbers(connection, dataset_id).values()).count(False) == 1:
                message = f"Version {version} is the only version of its dataset; delete the dataset instead."
                raise InputError(message)
            gone = (_VERSIONS.dataset_id == dataset_id, _VERSIONS.version == version)
            connection.execute(sa.update(catalog.versions).where(*gone).values(deleted_at=catalog.now()))
            audit.record(connection, by, "delete_version", dataset_id, version)
            sidecars.forget(self.folder, [doomed.folder.name])
        return doomed

    def delete_dataset(self, dataset_id: str, by: By) -> None:
        """Delete a dataset with its versions, segment models, maps and trained models; its id is never reused.

        Raises
        ------
        NotFoundError
        """
        models = folders.models_of(self.folder, self.dataset(dataset_id).id)
        doomed = disk_reserve.with_room(self.folder, lambda: self._forget_dataset(dataset_id, by))
        self._settle(dataset_id)
        self._discard(doomed)
        folders.discard(models, self.folder)

    def _forget_dataset(self, dataset_id: str, by: By) -> list[Version]:
        with self._writing() as connection:
            name = self.dataset(dataset_id).name
            doomed = [version for version in self.versions(dataset_id) if not version.deleted_at]
            for version in doomed:
                folders.results_of(self.folder, dataset_id, version.version)
            now, datasets = catalog.now(), catalog.datasets
            still = (_VERSIONS.dataset_id == dataset_id, _VERSIONS.deleted_at.is_(None))
            connection.execute(sa.update(catalog.versions).where(*still).values(deleted_at=now))
            connection.execute(sa.update(datasets).where(datasets.c.id == dataset_id).values(deleted_at=now))
            for table in (catalog.segment_models, catalog.rfm_maps, catalog.predictors):
                connection.execute(sa.delete(table).where(table.c.dataset_id == dataset_id))
            audit.record(connection, by, "delete_dataset", dataset_id, name=name)
            sidecars.forget(self.folder, [version.folder.name for version in doomed])
        return doomed

    def _commit(self, step: _Step, write: Writer, by: By) -> Version:
        """Write to `unfinished`, sync, rename, and commit in the catalog, in this order."""
        if made := self._made_by(by.import_id):
            return made
        name = uuid4().hex
        unfinished, final = folders.new_unfinished(self.folder), self.folder / "versions" / name
        try:
            with disk_state.disk_full_told(self.folder):
                unfinished.mkdir()
                written = write(unfinished)
                with folders.announced(self.folder, [final]):
                    number = self._publish(step, written, unfinished, final, by)
            self._settle(step.dataset_id)
        except BaseException as error:
            shutil.rmtree(unfinished, ignore_errors=True)
            made = self._made_by(by.import_id) if isinstance(error, ConflictError | sa.exc.IntegrityError) else None
            if made:  # by another process with the same import
                return made
            if isinstance(error, sa.exc.IntegrityError):
                raise ConflictError(_MEANWHILE) from error
            raise
        return self.version(step.dataset_id, number)

    def _publish(self, step: _Step, written: Written, unfinished: Path, final: Path, by: By) -> int:
        try:
            folders.publish(unfinished, final)
            return self._insert(step, written, final.name, by)
        except BaseException:
            if not self.may_know(final.name):
                shutil.rmtree(final, ignore_errors=True)
            raise

    def _insert(self, step: _Step, written: Written, name: str, by: By) -> int:
        """Insert the rows of a version in one transaction, and return its number."""
        with self._writing() as connection:
            if step.new:
                connection.execute(sa.insert(catalog.datasets).values(step.new))
            numbers = _numbers(connection, step.dataset_id)
            there = [number for number, deleted in numbers.items() if not deleted]
            cleared = not (self.folder / "versions" / name).is_dir()  # as a leftover, after a day
            if cleared or not (step.new or there) or (step.after and step.after != max(there)):
                raise ConflictError(_MEANWHILE)
            number = max(numbers, default=0) + 1
            row = {
                "dataset_id": step.dataset_id,
                "version": number,
                "folder": name,
                "created_at": catalog.now(),
                "files": written.files,
                "report": written.report,
                "action": step.action,
                "who": by.who[: catalog.LONGEST_WHO],
                "base": step.base,
                "sources": written.sources,
                "import_id": by.import_id,
            }
            connection.execute(sa.insert(catalog.versions).values(row))
            audit.record(connection, by, step.action, step.dataset_id, number, base=step.base)
        return number

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        with disk_state.disk_full_told(self.folder), catalog.writing(self._catalog) as connection:
            yield connection

    def _settle(self, dataset_id: str) -> None:
        """Copy a dataset's catalog rows to its sidecars after a commit."""
        sidecars.write(self.folder, self._catalog, dataset_id)

    def _discard(self, doomed: list[Version]) -> None:
        """Delete the folders of deleted versions, unless one was just restored from a backup."""
        disk_reserve.with_room(self.folder, lambda: self._discard_now(doomed))
        disk_reserve.refill(self.folder)

    def _discard_now(self, doomed: list[Version]) -> None:
        with self._writing():
            for version in doomed:
                if not self.may_know(version.folder.name):
                    folders.discard(version.folder, self.folder)
                    folders.discard(folders.results_of(self.folder, version.dataset_id, version.version), self.folder)

    def _made_by(self, import_id: str | None) -> Version | None:
        """Return the version that an import made, if any."""
        found = self._find(_VERSIONS.import_id == import_id) if import_id else []
        if found and found[0].deleted_at:
            message = f"This import made version {found[0].version}, which was deleted later; upload the files again."
            raise InputError(message)
        return found[0] if found else None


def _following(action: str, base: Version) -> _Step:
    return _Step(action=action, dataset_id=base.dataset_id, base=base.version, after=base.version)


def _numbers(connection: sa.Connection, dataset_id: str) -> dict[int, bool]:
    """Return all version numbers of a dataset, and whether each was deleted."""
    query = sa.select(_VERSIONS.version, _VERSIONS.deleted_at).where(_VERSIONS.dataset_id == dataset_id)
    return {number: deleted_at is not None for number, deleted_at in connection.execute(query)}
