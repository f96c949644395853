"""Value objects of the workspace: datasets, versions, changes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from core.errors import InputError
from core.workspace.checked_paths import check_dataset_id

LONGEST_NAME: Final = 80  # fits the picker on a phone with one ellipsis


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A shop's order log.

    Parameters
    ----------
    id : str
        Key in links; never reused.
    name : str
        Display name.
    simulated : bool
        Whether the data is simulated.
    currency : str
        ISO 4217 code, or empty.
    timezone : str
        IANA name; times in the dataset are local times in this zone.
    generation : int
        Increased when a customer is erased; part of every cache key.
    latest : int
        Number of its newest version that has not been deleted.
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
        The dataset.
    version : int
        Number, starting at 1; never reused.
    folder : Path
        Folder of its Parquet files; missing if it was deleted.
    created_at : datetime
        In UTC.
    files : tuple of str
        Names of all its source files, in the order of `file_no`.
    report : dict
        Its quality report.
    action : str, optional
        How it was made: create, append, replace or restore; None if not recorded.
    who : str, optional
        The person or program that made it.
    base : int, optional
        The version it was made from.
    sources : tuple of dict
        For each file: `name`, `sha256` of its content, and other known details.
    deleted_at : datetime, optional
        In UTC; None while it exists.
    """

    dataset_id: str
    version: int
    folder: Path
    created_at: datetime
    files: tuple[str, ...]
    report: dict[str, Any]
    action: str | None = None
    who: str | None = None
    base: int | None = None
    sources: tuple[dict[str, Any], ...] = ()
    deleted_at: datetime | None = None

    def size(self) -> int:
        """Return the bytes of its files on disk, which a restored version shares with its origin."""
        return sum(path.stat().st_size for path in self.folder.iterdir()) if self.folder.is_dir() else 0


@dataclass(frozen=True, kw_only=True)
class NewDataset:
    """The properties of a new dataset; see `Dataset`. Pass an `id` only if it must be known in advance."""

    name: str
    id: str = field(default_factory=lambda: uuid4().hex[:10])
    simulated: bool = False
    currency: str = ""
    timezone: str = "UTC"

    def __post_init__(self) -> None:
        check_name(self.name)
        check_dataset_id(self.id)


@dataclass(frozen=True, kw_only=True)
class By:
    """The author of a change.

    Parameters
    ----------
    who : str
        Display name of a person or program.
    import_id : str, optional
        Identifies an import, so that a retry returns the version it made and changes nothing.
    """

    who: str
    import_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Written:
    """The result of a `Writer`.

    Parameters
    ----------
    files : list of str
        Names of all files in the version, starting with those of its base version.
    report : dict
        The quality report.
    sources : list of dict
        One per file, see `Version`.
    """

    files: list[str]
    report: dict[str, Any]
    sources: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Change:
    """One row of the audit trail.

    Parameters
    ----------
    at : datetime
        In UTC.
    who : str
        See `By`.
    action : str
        create, append, replace, restore, delete_version, delete_dataset, rename or recover.
    dataset_id : str, optional
        The changed dataset.
    version : int, optional
        The version made or deleted.
    details : dict
        Other details, such as names and files.
    """

    at: datetime
    who: str
    action: str
    dataset_id: str | None
    version: int | None
    details: dict[str, Any]


Writer = Callable[[Path], Written]
"""Fills an empty folder with a version's files and reports their sources."""


def check_name(name: str) -> str:
    """Return a dataset's name without surrounding blanks.

    Raises
    ------
    InputError
        If it is empty or too long.
    """
    stripped = name.strip()
    if not 1 <= len(stripped) <= LONGEST_NAME:
        message = f"A dataset's name must have 1 to {LONGEST_NAME} characters, got {len(stripped)}."
        raise InputError(message)
    return stripped
