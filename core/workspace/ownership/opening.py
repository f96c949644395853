"""Opening a workspace: whether its folder and its catalog belong together is seen before anything is touched."""

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
    """What lies in a folder: its id, the versions that nobody moves just now, and which of those have a sidecar."""

    id: str | None
    versions: frozenset[str]
    committed: frozenset[str]


def open_catalog(url: str, folder: Path, *, claim: bool = False) -> sa.Engine:
    """Connect to the catalog of a workspace, and bring both up to date.

    Parameters
    ----------
    url : str
        SQLAlchemy URL; empty for SQLite in `folder`.
    folder : Path
        The workspace.
    claim : bool
        Open it also where the catalog does not know all versions in the folder, to bring them back; nothing is cleared
        in such a one.

    Raises
    ------
    InputError
        Where they do not belong together, the catalog is damaged, or a newer Clientele made it; nothing was touched.

    Notes
    -----
    On a disk that is full, the reserve is used; see `core.workspace.disk.disk_reserve`. On one that cannot be written,
    SQLite's catalog is opened for reading.
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
    """How many versions in the folder the catalog does not have."""
    found, known = _look(folder), identity.known_to(engine)
    return len(found.versions - known.live - known.deleted)


def is_ours(folder: Path) -> bool:
    """Whether a folder is a workspace by what lies in it: its id, or the files of versions."""
    if identity.of_folder(folder):
        return True
    return any((path / name).is_file() for path in folders.entries(folder / "versions") for name in _OF_A_VERSION)


def _checked(folder: Path, engine: sa.Engine, *, claim: bool) -> tuple[Knowledge, bool]:
    """What the catalog knows, where it belongs to the folder, and whether that is all there is.

    Where others are just making the workspace, it is looked at again.
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
    """It is looked at before the catalog is: a sidecar that is there was committed before."""
    moving = {path.name for note in leftovers.notes(folder) for path in note.paths if path.parent.name == "versions"}
    there = {path.name for path in folders.entries(folder / "versions")} - moving
    return _Found(
        id=identity.of_folder(folder),
        versions=frozenset(there),
        committed=frozenset(there & sidecars.names(folder)),
    )


def _knowledge(folder: Path, engine: sa.Engine) -> Knowledge:
    """What the catalog knows; a file that is missing or empty is not made by that."""
    file = catalog_copies.file_of(engine)
    if file is not None and not (file.is_file() and file.stat().st_size):
        return Knowledge()
    catalog_copies.check(folder, engine)
    known = identity.known_to(engine)
    if file is not None and known.lacks_tables:
        raise catalog_copies.damaged(folder, file)
    return known


def _check(folder: Path, engine: sa.Engine, found: _Found, known: Knowledge, *, claim: bool = False) -> None:
    """Refuse what does not belong together."""
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
    """Without an id on both sides, the versions must be the same ones."""
    everything = known.live | known.deleted
    if found.versions and not everything and not claim:
        raise _refused_unknown(folder, engine, len(found.versions))
    if known.live and not everything & found.versions:
        if found.versions:
            raise _refused_other(folder, engine)
        if not claim:
            raise _refused_empty(folder, engine, len(known.live))


def _check_stranger(folder: Path, engine: sa.Engine, known: Knowledge) -> None:
    """A folder that is no workspace yet may become one where nobody else's things are in the way."""
    if is_ours(folder):
        return
    taken = [f"the folder “{name}”" for name in folders.NAMES if folders.entries(folder / name)]
    if known.is_foreign and catalog_copies.is_inside(folder, engine):
        taken.append("a database of something else")
    if taken and not is_ours(folder):  # else somebody just made it
        message = (
            f"{folder} isn't a workspace of Clientele and already has {taken[0]}, which Clientele would use for "
            "itself; nothing was touched. Set CLIENTELE_WORKSPACE to an empty folder."
        )
        raise InputError(message)


def _is_committed(folder: Path, name: str) -> bool:
    """Whether a version is still there and its sidecar says that it was not deleted."""
    return sidecars.is_live(sidecars.read(folder, name)) and (folder / "versions" / name).is_dir()


def _refused_unknown(folder: Path, engine: sa.Engine, number: int) -> InputError:
    message = (
        f"The workspace {folder} holds {_versions(number)}, but its catalog ({_named(engine)}) is missing, empty or "
        f"that of another workspace; nothing was touched. {_ways(folder, catalog_copies.last_good(folder))}"
    )
    return InputError(message)


def _refused_older(folder: Path, engine: sa.Engine, number: int) -> InputError:
    message = (
        f"The catalog ({_named(engine)}) is older than the workspace {folder}: {_versions(number)} in the folder "
        f"{'is' if number == 1 else 'are'} missing from it; nothing was touched. {_ways(folder)}"
    )
    return InputError(message)


def _refused_empty(folder: Path, engine: sa.Engine, number: int) -> InputError:
    message = (
        f"The catalog ({_named(engine)}) knows {_versions(number)}, and none of them is in the workspace {folder}; "
        f"nothing was touched. {_PAIR}, or bring the files back with `python -m core restore BACKUP`."
    )
    return InputError(message)


def _refused_other(folder: Path, engine: sa.Engine) -> InputError:
    message = (
        f"The catalog ({_named(engine)}) belongs to another workspace than the folder {folder}; nothing was touched. "
        f"{_PAIR}. If this workspace's own catalog is lost, move the other one away, then run `python -m core adopt "
        f"--workspace {folder}`."
    )
    return InputError(message)


def _ways(folder: Path, copy: Path | None = None) -> str:
    start = f", starting from its copy {copy}" if copy else ""
    return (
        f"{_PAIR}; or run `python -m core adopt --workspace {folder}`, which enters the versions in the catalog"
        f"{start}; or run `python -m core restore BACKUP`."
    )


def _named(engine: sa.Engine) -> str:
    file = catalog_copies.file_of(engine)
    return str(file) if file else engine.url.render_as_string(hide_password=True)


def _versions(number: int) -> str:
    return f"{number:,} dataset version{'' if number == 1 else 's'}"
