"""What the workspace holds and is told, as values."""

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
        Number of its newest version that was not deleted.
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
        1 for the first; never used again.
    folder : Path
        Where its Parquet files are; gone where it was deleted.
    created_at : datetime
        In UTC.
    files : tuple of str
        Names of all files in it, in the order of `file_no`.
    report : dict
        Its quality report.
    action : str, optional
        What made it: create, append, replace or restore; None where that was not yet recorded.
    who : str, optional
        Who did.
    base : int, optional
        The version it was made from.
    sources : tuple of dict
        Of each file: `name`, `sha256` of its content, and what else is known of it.
    deleted_at : datetime, optional
        In UTC; None while it is there.
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
        """Bytes of its files on disk; a restored version shares them with the one it was made from."""
        return sum(path.stat().st_size for path in self.folder.iterdir()) if self.folder.is_dir() else 0


@dataclass(frozen=True, kw_only=True)
class NewDataset:
    """What is said of a dataset when it is made; see `Dataset`. An `id` is given only where it must be known."""

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
    """Who changes something.

    Parameters
    ----------
    who : str
        A person or a program, as people know it.
    import_id : str, optional
        Names one import: where a version of it exists, a second try gives that one and changes nothing.
    """

    who: str
    import_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Written:
    """What a writer made of its source files.

    Parameters
    ----------
    files : list of str
        Names of all files in the version, those of the version it was made from first.
    report : dict
        The quality report.
    sources : list of dict
        One for each of `files`, see `Version`.
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
        What was changed.
    version : int, optional
        Which version was made or deleted.
    details : dict
        What else is worth telling: names, files.
    """

    at: datetime
    who: str
    action: str
    dataset_id: str | None
    version: int | None
    details: dict[str, Any]


Writer = Callable[[Path], Written]
"""Fills an empty folder with a version's files and says what it made them of."""


def check_name(name: str) -> str:
    """A dataset's name without the blanks around it.

    Raises
    ------
    InputError
        Where it is empty or too long.
    """
    stripped = name.strip()
    if not 1 <= len(stripped) <= LONGEST_NAME:
        message = f"A dataset's name must have 1 to {LONGEST_NAME} characters, got {len(stripped)}."
        raise InputError(message)
    return stripped
