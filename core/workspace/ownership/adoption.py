"""Recovery of a lost, damaged or older catalog from the workspace's folder."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import sqlalchemy as sa

from core.errors import InputError
from core.workspace import audit, catalog, folders
from core.workspace.checked_paths import LONGEST_FOLDER, is_id
from core.workspace.ownership import catalog_copies, identity, leftovers, quarantine, sidecars
from core.workspace.ownership.opening import is_ours
from core.workspace.ownership.sidecars import Sidecar
from core.workspace.records import LONGEST_NAME, By
from core.workspace.store import Workspace

_SQL: Final = catalog.versions.c
_NO_REPORT: Final = ("files", "examples", "rejected", "rejects", "oddities")


@dataclass(frozen=True, kw_only=True)
class Adopted:
    """The outcome of an adoption.

    Parameters
    ----------
    versions, models : int
        Numbers added to the catalog.
    recovered : tuple of str
        Names of datasets made from version files of unknown origin.
    lost : tuple of str
        Messages about data that could not be restored.
    copy : Path, optional
        The copy that replaced the catalog.
    """

    versions: int
    models: int
    recovered: tuple[str, ...]
    lost: tuple[str, ...]
    copy: Path | None


def adopt(folder: Path, catalog_url: str, by: By, names: Sequence[str] = ()) -> tuple[Workspace, Adopted]:
    """Add to the catalog what it lacks of a workspace; nothing on disk is deleted.

    Parameters
    ----------
    folder : Path
        Folder of the workspace.
    catalog_url : str
        See `core.workspace.store.Workspace`.
    by : By
        Author of the change.
    names : sequence of str
        Entries to restore from quarantine, see `core.workspace.ownership.quarantine.held`.

    Raises
    ------
    InputError
        If the catalog belongs to another workspace, or a name is not in quarantine.
    """
    chosen = _chosen(folder, names)
    copy, is_new = _put_back_copy(folder, catalog_url)
    workspace = Workspace(folder, catalog_url, claim=True)
    for one in chosen:
        _take_back(folder, one)
    with catalog.writing(workspace.catalog()) as connection:
        adoption = _Adoption(workspace, connection, by)
        is_older = adoption.committed()
        adoption.unknown()
        if is_older or copy or is_new:
            adoption.all_models()
        adoption.models([folder / one.origin for one in chosen if one.origin.startswith("models/")])
        if is_new:
            adoption.lost.append(
                "Segment names, RFM maps, remembered mappings, jobs and earlier activity were only in the lost "
                "catalog. If you have a backup, restore them with `python -m core restore BACKUP`."
            )
    for dataset_id in {version.dataset_id for version in adoption.all()}:
        sidecars.write(folder, workspace.catalog(), dataset_id)
    return workspace, adoption.result(copy)


class _Adoption:
    """One adoption, within a transaction."""

    def __init__(self, workspace: Workspace, connection: sa.Connection, by: By) -> None:
        self._workspace, self._connection, self._by = workspace, connection, by
        self._folder = workspace.folder
        self._versions = self._models = 0
        self._recovered: list[str] = []
        self.lost: list[str] = []

    def result(self, copy: Path | None) -> Adopted:
        """Return the outcome."""
        return Adopted(
            versions=self._versions, models=self._models, recovered=tuple(self._recovered), lost=tuple(self.lost),
            copy=copy,
        )  # fmt: skip

    def all(self) -> Sequence[Any]:
        """Return the dataset ids of all committed versions."""
        with self._workspace.catalog().connect() as connection:
            return connection.execute(sa.select(_SQL.dataset_id)).all()

    def committed(self) -> bool:
        """Add versions from sidecars; return whether the catalog lacked any, so that it is an older one."""
        found = [one for name in sorted(sidecars.names(self._folder)) if (one := sidecars.read(self._folder, name))]
        found.sort(key=lambda one: (one["version"]["dataset_id"], one["version"]["version"]))
        known = {row.folder: row for row in self._connection.execute(sa.select(catalog.versions))}
        before = self._versions
        for sidecar in found:
            row, name = known.get(sidecar["version"]["folder"]), sidecar["version"]["folder"]
            is_there = (self._folder / "versions" / name).is_dir()
            if row is None:
                self._enter(sidecar, is_there=is_there)
            elif row.deleted_at is not None and sidecars.is_live(sidecar) and is_there:
                self._revive(row.dataset_id, row.version)
        return self._versions > before

    def unknown(self) -> None:
        """Create a dataset for each version folder of unknown origin."""
        busy = {path for note in leftovers.notes(self._folder) for path in note.paths}
        known = set(self._connection.scalars(sa.select(_SQL.folder)))
        for path in sorted((self._folder / "versions").iterdir()):
            if path.name in known or path in busy:
                continue
            sidecar = _from_files(path)
            if sidecar is None:
                self.lost.append(f"{path} isn't a readable version; it was left in place.")
                continue
            self._enter(sidecar, is_there=True)
            self._recovered.append(sidecar["dataset"]["name"])

    def all_models(self) -> None:
        """Add all models in the folder that the catalog lacks."""
        busy = {path for note in leftovers.notes(self._folder) for path in note.paths}
        live = self._connection.scalars(sa.select(catalog.datasets.c.id).where(catalog.datasets.c.deleted_at.is_(None)))
        homes = [folders.models_of(self._folder, dataset_id) for dataset_id in live]
        there = [path for home in homes if home.is_dir() for path in sorted(home.iterdir())]
        self.models([path for path in there if path not in busy and (path / "predictor.json").is_file()])

    def models(self, paths: Sequence[Path]) -> None:
        """Add models from their folders."""
        known = set(self._connection.scalars(sa.select(catalog.predictors.c.id)))
        datasets = set(self._connection.scalars(sa.select(catalog.datasets.c.id)))
        for path in paths:
            if path.name in known or path.parent.name not in datasets:
                continue
            row = _model_row(path)
            if row is None:
                self.lost.append(f"{path} isn't a readable model; it was left in place. Train it again.")
                continue
            self._connection.execute(sa.insert(catalog.predictors).values(row))
            self._models += 1

    def _enter(self, sidecar: Sidecar, *, is_there: bool) -> None:
        """Add the row of a version, and of its dataset if missing."""
        dataset, version = sidecar["dataset"], dict(sidecar["version"])
        dataset_id, table = version["dataset_id"], catalog.datasets
        is_live = is_there and version["deleted_at"] is None
        if self._connection.scalar(sa.select(table.c.id).where(table.c.id == dataset_id)) is None:
            self._connection.execute(sa.insert(table).values(dataset))
        numbers = set(self._connection.scalars(sa.select(_SQL.version).where(_SQL.dataset_id == dataset_id)))
        if version["version"] in numbers:  # the older catalog gave the number to another version
            version["version"] = max(numbers) + 1
        if version["import_id"] and self._connection.scalar(
            sa.select(sa.func.count()).where(_SQL.import_id == version["import_id"])
        ):
            version["import_id"] = None
        if not is_live:
            version["deleted_at"] = version["deleted_at"] or catalog.now()
        self._connection.execute(sa.insert(catalog.versions).values(version))
        if is_live:
            self._count(dataset_id, version["version"])
        elif sidecar["version"]["deleted_at"] is None:
            self.lost.append(
                f"Version {version['version']} of the dataset “{dataset['name']}” no longer has files. If you have a "
                "backup, restore it with `python -m core restore BACKUP`."
            )

    def _revive(self, dataset_id: str, number: int) -> None:
        this = (_SQL.dataset_id == dataset_id, _SQL.version == number)
        self._connection.execute(sa.update(catalog.versions).where(*this).values(deleted_at=None))
        self._count(dataset_id, number)

    def _count(self, dataset_id: str, number: int) -> None:
        back = catalog.datasets.c.id == dataset_id
        self._connection.execute(sa.update(catalog.datasets).where(back).values(deleted_at=None))
        audit.record(self._connection, self._by, "adopt", dataset_id, number)
        self._versions += 1


def _put_back_copy(folder: Path, catalog_url: str) -> tuple[Path | None, bool]:
    """Replace a damaged or empty SQLite catalog by its last good copy.

    Return the copy, and whether the catalog starts empty.
    """
    engine = catalog.connect(catalog_url, folder)
    file, known = catalog_copies.file_of(engine), identity.Knowledge()
    try:
        is_whole = file is None or catalog_copies.is_whole(file)
        if is_whole:
            known = identity.known_to(engine)
            mine = identity.of_folder(folder)
            is_other = bool(mine and known.id and known.id != mine and not catalog_copies.is_inside(folder, engine))
            if known.live or known.deleted or is_other:
                return None, False
    finally:
        engine.dispose()
    copy = catalog_copies.last_good(folder)
    if file is None or not is_ours(folder) or (is_whole and not copy):
        return None, not known.schema
    _set_aside(folder, file)
    if copy:
        catalog_copies.put_back(copy, file, folders.new_unfinished(folder))
    return copy, copy is None


def _set_aside(folder: Path, file: Path) -> None:
    Path(f"{file}-shm").unlink(missing_ok=True)
    for path in catalog_copies.files_of(file):
        if not path.stat().st_size:
            path.unlink()
        elif not quarantine.put(folder, path, "the catalog was damaged or had no versions"):
            message = f"{path} couldn't be moved to the quarantine of {folder}; move it elsewhere and try again."
            raise InputError(message)


def _chosen(folder: Path, names: Sequence[str]) -> list[quarantine.Held]:
    held = {one.name: one for one in quarantine.held(folder)}
    for name in names:
        if name not in held:
            there = ", ".join(held) or "nothing"
            message = f"“{name}” isn't in the quarantine of {folder}, which contains: {there}."
            raise InputError(message)
        if not held[name].can_be_adopted:
            message = f"{held[name].path} is neither a version nor a model; copy what you need manually."
            raise InputError(message)
    return [held[name] for name in names]


def _take_back(folder: Path, one: quarantine.Held) -> None:
    target = folder / one.origin
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        message = f"{target} already exists; nothing was restored from quarantine."
        raise InputError(message)
    folders.move(one.path, target)
    folders.sync_folder(target.parent)


def _from_files(path: Path) -> Sidecar | None:
    """Derive a version's rows from its files, with a dataset of its own; return None if they can't be read."""
    if not is_id(path.name, LONGEST_FOLDER):
        return None
    try:
        details: dict[str, Any] = json.loads((path / "quality.json").read_text(encoding="utf-8"))
        made = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        files = [str(name) for name in details.get("files", ["unknown"])]
        report = {name: value for name, value in details.items() if name not in _NO_REPORT}
        if not (path / "orders.parquet").is_file() and not (path / "rows.parquet").is_file():
            return None
    except (OSError, ValueError, AttributeError, TypeError):
        return None
    dataset_id = uuid4().hex[:10]
    name = f"Recovered {made:%Y-%m-%d}: {', '.join(files)}"[:LONGEST_NAME].strip()
    dataset = {
        "id": dataset_id, "name": name, "simulated": False, "currency": "", "timezone": "UTC", "generation": 0,
        "created_at": made, "deleted_at": None,
    }  # fmt: skip
    version = {
        "dataset_id": dataset_id, "version": 1, "folder": path.name, "created_at": made, "files": files,
        "report": report, "action": None, "who": None, "base": None, "sources": None, "import_id": None,
        "deleted_at": None,
    }  # fmt: skip
    return {"dataset": dataset, "version": version}


def _model_row(path: Path) -> dict[str, Any] | None:
    """Derive a model's row from its card; return None if it can't be read."""
    try:
        card = json.loads((path / "card.json").read_text(encoding="utf-8"))
        plain = json.loads((path / "predictor.json").read_text(encoding="utf-8"))
        return {
            "id": path.name, "dataset_id": path.parent.name, "version": int(card["data"]["version"]),
            "name": str(plain["name"]), "horizon": int(plain["horizon"]), "as_of": date.fromisoformat(plain["as_of"]),
            "created_at": datetime.fromtimestamp((path / "card.json").stat().st_mtime, UTC), "in_use": False,
            "card": card,
        }  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
