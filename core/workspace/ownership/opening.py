"""Opening a workspace, after checking that its folder and its catalog belong together."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from core.errors import DiskError, InputError
from core.workspace import catalog, folders, upgrade
from core.workspace.disk import disk_reserve, disk_state
from core.workspace.ownership import catalog_copies, identity, leftovers, sidecars
from core.workspace.ownership.identity import Knowledge

_PAIR: Final = "Set CLIENTELE_WORKSPACE and CLIENTELE_CATALOG_URL to a folder and a catalog that belong together"
_OF_A_VERSION: Final = ("quality.json", "orders.parquet", "rows.parquet")


@dataclass(frozen=True, kw_only=True)
class _Found:
    """The content of a folder: its id, versions not being moved, and those with a sidecar."""

    id: str | None
    versions: frozenset[str]
    committed: frozenset[str]


def open_catalog(url: str, folder: Path, *, claim: bool = False) -> sa.Engine:
    """Connect to the catalog of a workspace, and upgrade both.

    Parameters
    ----------
    url : str
        SQLAlchemy URL; empty for SQLite in `folder`.
    folder : Path
        Folder of the workspace.
    claim : bool
        Also open it if the catalog lacks versions in the folder, to restore them; then no leftovers are cleared.

    Raises
    ------
    InputError
        If they don't belong together, the catalog is damaged, or a newer Clientele made it; nothing was changed.

    Notes
    -----
    On a full disk, the reserve is used; see `core.workspace.disk.disk_reserve`. On a read-only disk, an SQLite catalog
    is opened for reading.
    """
    can_be_read = not url and (folder / catalog.FILE).is_file()
    try:
        return disk_reserve.with_room(folder, lambda: _opened(url, folder, claim=claim))
    except DiskError:
        if not can_be_read:
            raise
    engine = upgrade.to_read(folder)
    _checked(folder, engine, claim=claim)
    return engine


def _opened(url: str, folder: Path, *, claim: bool) -> sa.Engine:
    engine = catalog.connect(url, folder)
    catalog_copies.watch(engine, folder)
    try:
        known, is_in_order = _checked(folder, engine, claim=claim)
        with disk_state.disk_full_told(folder):
            folders.make_folders(folder)
            catalog.log_ahead(engine)
            upgrade.bring_up_to_date(engine, folder)
            identity.give(folder, engine, known, take_over=claim)
            sidecars.add_missing(folder, engine)
            if is_in_order:
                leftovers.clear(folder, engine)
            catalog_copies.keep_one_a_day(folder, engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def missing_from_catalog(folder: Path, engine: sa.Engine) -> int:
    """Return the number of versions in the folder that the catalog lacks."""
    found, known = _look(folder), identity.known_to(engine)
    return len(found.versions - known.live - known.deleted)


def is_ours(folder: Path) -> bool:
    """Return whether a folder is a workspace, by its id or its version files."""
    if identity.of_folder(folder):
        return True
    return any((path / name).is_file() for path in folders.entries(folder / "versions") for name in _OF_A_VERSION)


def _checked(folder: Path, engine: sa.Engine, *, claim: bool) -> tuple[Knowledge, bool]:
    """Check that catalog and folder match; return the catalog's content, and whether it is complete.

    If another process is creating the workspace, check again.
    """
    while True:
        found = _look(folder)
        known = _knowledge(folder, engine)
        try:
            _check(folder, engine, found, known)
        except InputError:
            if _look(folder) != found:
                continue
            if not claim:
                raise
            _check(folder, engine, found, known, claim=True)
            return known, False
        return known, True


def _look(folder: Path) -> _Found:
    """Read a folder's content, before the catalog's: any sidecar found here was committed earlier."""
    moving = {path.name for note in leftovers.notes(folder) for path in note.paths if path.parent.name == "versions"}
    there = {path.name for path in folders.entries(folder / "versions")} - moving
    return _Found(
        id=identity.of_folder(folder),
        versions=frozenset(there),
        committed=frozenset(there & sidecars.names(folder)),
    )


def _knowledge(folder: Path, engine: sa.Engine) -> Knowledge:
    """Read the catalog's content, without creating a missing file."""
    file = catalog_copies.file_of(engine)
    if file is not None and not (file.is_file() and file.stat().st_size):
        return Knowledge()
    catalog_copies.check(folder, engine)
    known = identity.known_to(engine)
    if file is not None and known.lacks_tables:
        raise catalog_copies.damaged(folder, file)
    return known


def _check(folder: Path, engine: sa.Engine, found: _Found, known: Knowledge, *, claim: bool = False) -> None:
    """Raise InputError if folder and catalog don't belong together."""
    if found.id is None and not known.schema:
        _check_stranger(folder, engine, known)
    everything = known.live | known.deleted
    if found.id and known.id and found.id != known.id:
        if not (claim and not everything and catalog_copies.is_inside(folder, engine)):
            raise _refused_other(folder, engine)
    elif found.id is None or known.id is None:
        _check_strangers_to_each_other(folder, engine, found, known, claim=claim)
    if not claim and (lost := [name for name in found.committed - known.live if _is_committed(folder, name)]):
        raise _refused_older(folder, engine, len(lost))


def _check_strangers_to_each_other(
    folder: Path, engine: sa.Engine, found: _Found, known: Knowledge, *, claim: bool
) -> None:
    """Compare versions if the folder or the catalog has no id."""
    everything = known.live | known.deleted
    if found.versions and not everything and not claim:
        raise _refused_unknown(folder, engine, len(found.versions))
    if known.live and not everything & found.versions:
        if found.versions:
            raise _refused_other(folder, engine)
        if not claim:
            raise _refused_empty(folder, engine, len(known.live))


def _check_stranger(folder: Path, engine: sa.Engine, known: Knowledge) -> None:
    """Raise InputError if a new workspace would conflict with other contents of the folder."""
    if is_ours(folder):
        return
    taken = [f"the folder “{name}”" for name in folders.NAMES if folders.entries(folder / name)]
    if known.is_foreign and catalog_copies.is_inside(folder, engine):
        taken.append("another program's database")
    if taken and not is_ours(folder):  # unless another process just created it
        message = (
            f"{folder} isn't a Clientele workspace and already contains {taken[0]}, which Clientele would use "
            "itself; nothing was changed. Set CLIENTELE_WORKSPACE to an empty folder."
        )
        raise InputError(message)


def _is_committed(folder: Path, name: str) -> bool:
    """Return whether a version's folder exists and its sidecar doesn't mark it as deleted."""
    return sidecars.is_live(sidecars.read(folder, name)) and (folder / "versions" / name).is_dir()


def _refused_unknown(folder: Path, engine: sa.Engine, number: int) -> InputError:
    message = (
        f"The workspace {folder} contains {_versions(number)}, but its catalog ({_named(engine)}) is missing, empty or "
        f"from another workspace; nothing was changed. {_ways(folder, catalog_copies.last_good(folder))}"
    )
    return InputError(message)


def _refused_older(folder: Path, engine: sa.Engine, number: int) -> InputError:
    message = (
        f"The catalog ({_named(engine)}) is older than the workspace {folder}: {_versions(number)} in the folder "
        f"{'is' if number == 1 else 'are'} missing from it; nothing was changed. {_ways(folder)}"
    )
    return InputError(message)


def _refused_empty(folder: Path, engine: sa.Engine, number: int) -> InputError:
    message = (
        f"The catalog ({_named(engine)}) lists {_versions(number)}, but none of them is in the workspace {folder}; "
        f"nothing was changed. {_PAIR}, or restore the files with `python -m core restore BACKUP`."
    )
    return InputError(message)


def _refused_other(folder: Path, engine: sa.Engine) -> InputError:
    message = (
        f"The catalog ({_named(engine)}) belongs to another workspace, not to the folder {folder}; nothing was "
        f"changed. {_PAIR}. If this workspace's own catalog is lost, move the other one away, then run "
        f"`python -m core adopt --workspace {folder}`."
    )
    return InputError(message)


def _ways(folder: Path, copy: Path | None = None) -> str:
    start = f", starting from its copy {copy}" if copy else ""
    return (
        f"{_PAIR}, or run `python -m core adopt --workspace {folder}` to add the versions to the catalog"
        f"{start}, or run `python -m core restore BACKUP`."
    )


def _named(engine: sa.Engine) -> str:
    file = catalog_copies.file_of(engine)
    return str(file) if file else engine.url.render_as_string(hide_password=True)


def _versions(number: int) -> str:
    return f"{number:,} dataset version{'' if number == 1 else 's'}"
