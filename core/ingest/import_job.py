"""A job that imports staged files into a dataset; safe to kill at any time and rerun."""

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from core.errors import CancelledError, ConflictError, DiskError, InputError, NotFoundError
from core.ingest.cleaning.one_currency import refuse_mixed
from core.ingest.cleaning.read_plan import ReadPlan
from core.ingest.importing import earlier_of, sources_of
from core.ingest.pipeline import PlannedFile
from core.ingest.reading.raw_table import RawTable
from core.ingest.staging.staged_files import StagedFile, clear, limits_of, staged_folder
from core.ingest.version_apart import write_version_apart
from core.progress import Progress
from core.settings import Settings
from core.workspace import folders, saved_mappings
from core.workspace.disk.version_damage import damage_told
from core.workspace.import_lock import turn
from core.workspace.records import By, Dataset, NewDataset, Version, Writer, Written
from core.workspace.store import Workspace

log = logging.getLogger("clientele")

Target = NewDataset | tuple[Literal["append", "replace"], str]
"""A dataset to create, or an action and the id of an existing dataset."""

_TRIES: Final = 5  # attempts, in case others change the dataset's versions at the same time


def spec_of(
    files: Sequence[tuple[StagedFile, PlannedFile]],
    target: Target,
    by: By,
    remember: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:
    """Return the spec of an import as plain values.

    Parameters
    ----------
    files : sequence of (StagedFile, PlannedFile)
        Each table with its file.
    target : Target
        Where to import the orders.
    by : By
        Who imports, and the id of the import.
    remember : sequence of dict
        `columns`, `choices` and `file` of mappings to remember after the import.
    """
    where: dict[str, Any] = (
        {"action": "create", "dataset": asdict(target)}
        if isinstance(target, NewDataset)
        else {"action": target[0], "dataset_id": target[1]}
    )
    told = [
        {
            "raw": replace(planned.raw, rejects=()).to_json(),
            "plan": planned.plan.to_json(),
            "staged": staged.staged,
            "sha256": staged.sha256,
            "bytes": staged.size,
        }
        for staged, planned in files
    ]
    return {"who": by.who, "import_id": by.import_id, "files": told, "target": where, "remember": list(remember)}


def run(workspace: Workspace, settings: Settings, spec: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Import staged files.

    Parameters
    ----------
    workspace, settings : Workspace, Settings
        Target workspace, and limits.
    spec : dict
        See `spec_of`.
    progress : callable
        See `core.progress.Progress`.

    Returns
    -------
    dict
        `dataset_id`, `version`, and `unchanged`: whether the version already contained all these files, read the same
        way, so that nothing was done. A second run of the same import returns the first one's version.

    Raises
    ------
    ClienteleError
        If it fails; the workspace is then unchanged.
    """
    by = By(who=spec["who"], import_id=spec["import_id"])
    version, unchanged = workspace.find_import(spec["import_id"]), False
    if version is None:
        version, unchanged = _imported(workspace, settings, spec, by, progress)
    _remember(workspace, spec["remember"], by)
    for file in spec["files"]:
        clear(workspace, file["staged"])
    return {"dataset_id": version.dataset_id, "version": version.version, "unchanged": unchanged}


def _remember(workspace: Workspace, entries: Sequence[dict[str, Any]], by: By) -> None:
    """Store the user's choices; since the version is already committed, an error here must not fail the import."""
    try:
        for entry in entries:
            saved_mappings.remember(workspace, entry["columns"], entry["choices"], file=entry["file"], who=by.who)
    except (ConflictError, DiskError, sa.exc.SQLAlchemyError):  # a full disk, or a catalog that is locked or away
        log.warning("The choices of import %s could not be remembered", by.import_id, exc_info=True)


def _imported(
    workspace: Workspace, settings: Settings, spec: dict[str, Any], by: By, progress: Progress
) -> tuple[Version, bool]:
    """Return the version with the files, and whether it existed already."""
    target, files = spec["target"], _planned(workspace, spec)
    for file in files:
        if not file.raw.path.exists():
            message = f"{file.raw.name} is no longer in the staging area. Upload it again."
            raise InputError(message)
    sources = [_source(file) for file in spec["files"]]
    if target["action"] == "create":
        new = NewDataset(**target["dataset"])
        _check_currency(files, new.currency)
        writer = _writer(workspace, settings, files, None, sources, new.timezone, progress)
        return workspace.create(new, writer, by), False
    with turn(workspace.folder, target["dataset_id"], lambda: progress(0.0, "Waiting for another import")):
        if made := workspace.find_import(spec["import_id"]):  # another attempt finished while this one waited
            return made, False
        return _following(workspace, settings, target, files, sources, by, progress)


def _following(
    workspace: Workspace,
    settings: Settings,
    target: dict[str, Any],
    files: list[PlannedFile],
    sources: list[dict[str, Any]],
    by: By,
    progress: Progress,
) -> tuple[Version, bool]:
    """Return the new version, or the newest one and True if it already has all the files."""
    for last in (*[False] * (_TRIES - 1), True):
        dataset = workspace.dataset(target["dataset_id"])
        base = workspace.version(dataset.id, dataset.latest)
        _check_currency(files, dataset.currency)
        is_append = target["action"] == "append"
        if _holds(base, sources, exactly=not is_append):
            return base, True
        earlier = base if is_append else None
        writer = _writer(workspace, settings, files, earlier, sources, dataset.timezone, progress)
        try:
            with damage_told(workspace, *([base] if is_append else [])):
                return (workspace.append if is_append else workspace.replace)(base, writer, by), False
        except CancelledError:
            raise
        except Exception as error:  # reading a version that is being deleted fails in many ways
            _check_there(workspace, dataset)
            faster = isinstance(error, ConflictError) or not base.folder.is_dir()
            if last or not faster:  # else retry on top of the other change
                raise
    raise AssertionError  # the last try returns or raises


def _check_there(workspace: Workspace, dataset: Dataset) -> None:
    """Raise an error if the dataset was deleted during the import."""
    try:
        workspace.dataset(dataset.id)
    except NotFoundError as error:
        message = (
            f"The dataset “{dataset.name}” was deleted during this import, so nothing was imported. Import the files "
            "into another dataset or a new one."
        )
        raise NotFoundError(message) from error


def _check_currency(files: Sequence[PlannedFile], currency: str) -> None:
    """Reject files whose currency differs from the dataset's, in which their amounts would be shown."""
    if currency:
        refuse_mixed([(file.raw.name, file.plan) for file in files], {currency})


def _writer(
    workspace: Workspace,
    settings: Settings,
    files: Sequence[PlannedFile],
    base: Version | None,
    sources: list[dict[str, Any]],
    timezone: str,
    progress: Progress,
) -> Writer:
    def write(folder: Path) -> Written:
        with folders.unfinished_folder(workspace.folder) as scratch:
            report = write_version_apart(
                files,
                folder,
                now=datetime.now(ZoneInfo(timezone)).replace(tzinfo=None),
                earlier=earlier_of(base) if base else None,
                scratch=scratch,
                limits=limits_of(settings),
                progress=progress,
            )
        names = [*(base.files if base else ()), *(file.raw.name for file in files)]
        return Written(files=names, report=report, sources=[*(sources_of(base) if base else ()), *sources])

    return write


def _planned(workspace: Workspace, spec: dict[str, Any]) -> list[PlannedFile]:
    for file in spec["files"]:
        staged_folder(workspace, file["staged"])  # rejects invalid names before anything else happens
    return [
        PlannedFile(raw=RawTable.from_json(file["raw"]), plan=ReadPlan.from_json(file["plan"]))
        for file in spec["files"]
    ]


def _source(file: dict[str, Any]) -> dict[str, Any]:
    """Return the stored record of a source; `how` is a digest of the way it was read."""
    raw, how = file["raw"], {name: value for name, value in file["plan"].items() if name not in ("until", "notes")}
    part = raw["name"].partition(" › ")[2]  # sheet or archived file, without the name of the uploaded file
    read = [part, raw["columns"], raw["encoding"], raw["delimiter"], raw["quote"], raw["header_row"], how]
    digest = hashlib.sha256(json.dumps(read, sort_keys=True).encode()).hexdigest()[:16]
    return {"name": raw["name"], "sha256": file["sha256"], "bytes": file["bytes"], "rows": raw["rows"], "how": digest}


def _holds(base: Version, sources: Sequence[dict[str, Any]], *, exactly: bool) -> bool:
    """Return whether a version has all these sources, read the same way; if `exactly`, and no others."""
    there = [(source.get("sha256"), source.get("how")) for source in base.sources]
    asked = [(source["sha256"], source["how"]) for source in sources]
    return set(asked) <= set(there) and (not exactly or set(asked) == set(there))
