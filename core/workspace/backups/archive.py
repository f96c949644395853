"""The backup file: a ZIP with a manifest, the catalog's rows as JSON, and the version folders.

`manifest.json` has the format number, the catalog's schema number, and the SHA-256 sum and size of every other file.
Nothing is compressed, since Parquet files already are.
"""

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO, Final, Self

from core.errors import InputError
from core.workspace import catalog, upgrade
from core.workspace.backups.archive_rows import MOST_TEXT, Meanings, Rows, WrongRowError, parsed, rows_of
from core.workspace.checked_paths import LONGEST_FOLDER, is_file_name, is_id, shown

FORMAT: Final = 1
TABLES: Final = (
    catalog.datasets,
    catalog.versions,
    catalog.segment_models,
    catalog.rfm_maps,
    catalog.audit,
    catalog.remembered,
)
"""Tables in a backup, each after those it references. Jobs are excluded."""

_MANIFEST: Final = "manifest.json"
_CATALOG: Final = "catalog.json"
_CHUNK: Final = 1 << 20


class ArchiveWriter:
    """A context manager that writes a backup to an open file."""

    def __init__(self, file: BinaryIO) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_STORED)
        self._files: dict[str, dict[str, Any]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        with suppress(OSError) if error else nullcontext():  # a full disk is only reported once
            self._zip.close()

    def add(self, name: str, content: BinaryIO, progress: Callable[[int], None]) -> None:
        """Copy a file of a version; call `progress` with the number of bytes of each chunk."""
        summed, size = hashlib.sha256(), 0
        with self._zip.open(zipfile.ZipInfo(name), "w", force_zip64=True) as target:
            while chunk := content.read(_CHUNK):
                target.write(chunk)
                summed.update(chunk)
                size += len(chunk)
                progress(len(chunk))
        self._files[name] = {"sha256": summed.hexdigest(), "bytes": size}

    def finish(self, rows: Rows, made_at: datetime) -> None:
        """Write the catalog's rows and the manifest."""
        text = json.dumps(rows, ensure_ascii=False, default=catalog.as_json).encode()
        if len(text) > MOST_TEXT:  # a restore would reject it
            message = (
                f"The catalog's rows take {len(text) / 1e6:,.0f} MB, more than a backup can hold; delete old datasets."
            )
            raise InputError(message)
        self._files[_CATALOG] = {"sha256": hashlib.sha256(text).hexdigest(), "bytes": len(text)}
        manifest = {"format": FORMAT, "schema": upgrade.NEWEST, "made_at": made_at.isoformat(), "files": self._files}
        self._zip.writestr(zipfile.ZipInfo(_CATALOG), text)
        self._zip.writestr(zipfile.ZipInfo(_MANIFEST), json.dumps(manifest, indent=1).encode())


class ArchiveReader:
    """A reader of backups that validates everything in them.

    Parameters
    ----------
    archive : ZipFile
        See `opened`.

    Attributes
    ----------
    rows : Rows
        Rows of the catalog.
    files : dict of str to dict
        SHA-256 sum and size of each version's files, under `versions/FOLDER/NAME`.
    """

    def __init__(self, archive: zipfile.ZipFile, meanings: Meanings) -> None:
        self._zip = archive
        self._check_members()
        manifest = self._json(_MANIFEST)
        schema = _whole(manifest, "schema")
        if _whole(manifest, "format") > FORMAT or schema > upgrade.NEWEST:
            raise NewerArchiveError
        files = self._listed(manifest["files"])
        self.files = {name: info for name, info in files.items() if name != _CATALOG}
        if hashlib.sha256(self._text(_CATALOG)).hexdigest() != files[_CATALOG]["sha256"]:
            raise ValueError(_CATALOG)
        found = self._json(_CATALOG)
        try:
            self.rows: Rows = rows_of(found, TABLES, schema, upgrade.NEWEST, meanings)
        except WrongRowError as error:
            raise WrongRowError(f"{_CATALOG}, {error}") from error
        self._check_folders()

    def folder(self, name: str) -> dict[str, str]:
        """Return the SHA-256 sums of the files in a version's folder, by name."""
        return {Path(path).name: info["sha256"] for path, info in self.files.items() if path.split("/")[1] == name}

    def read(self, name: str, target: BinaryIO | None, progress: Callable[[int], None]) -> None:
        """Check a file's SHA-256 sum, and copy it to `target` if given.

        Raises
        ------
        DamagedArchiveError
        """
        summed = hashlib.sha256()
        try:
            with self._zip.open(name) as source:
                while chunk := source.read(_CHUNK):
                    summed.update(chunk)
                    progress(len(chunk))
                    if target:
                        target.write(chunk)
        except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
            raise DamagedArchiveError from error
        if summed.hexdigest() != self.files[name]["sha256"]:
            raise DamagedArchiveError(name)

    def _check_members(self) -> None:
        """Raise if a member's name is invalid or a duplicate, ignoring case, or if a member is compressed."""
        seen: set[str] = set()
        for entry in self._zip.infolist():
            name = entry.filename
            if name not in (_MANIFEST, _CATALOG) and not _is_member(name):
                message = f"the member “{shown(name)}” isn't a file of a version"
                raise WrongRowError(message)
            if name.casefold() in seen:
                message = f"the member “{shown(name)}” occurs twice, possibly in different case"
                raise WrongRowError(message)
            seen.add(name.casefold())
            stored = entry.compress_type == zipfile.ZIP_STORED and entry.compress_size == entry.file_size
            if not stored or entry.flag_bits & 1:
                message = f"the member “{shown(name)}” is compressed or encrypted, which Clientele's backups never are"
                raise WrongRowError(message)
        size = Path(str(self._zip.filename)).stat().st_size
        if sum(entry.file_size for entry in self._zip.infolist()) > size:
            message = f"the members' total size exceeds that of the file, which has {size:,} bytes"
            raise WrongRowError(message)

    def _listed(self, files: Any) -> dict[str, dict[str, Any]]:
        """Return the manifest's files, checked against the archive's members and sizes."""
        there = {entry.filename: entry.file_size for entry in self._zip.infolist() if entry.filename != _MANIFEST}
        for name in sorted(set(files) ^ set(there)):
            message = f"{_MANIFEST} and the archive disagree on the member “{shown(name)}”"
            raise WrongRowError(message)
        for name, info in files.items():
            if set(info) != {"sha256", "bytes"} or info["bytes"] != there[name] or not isinstance(info["sha256"], str):
                message = f"{_MANIFEST} has a wrong size or checksum for the member “{shown(name)}”"
                raise WrongRowError(message)
        return dict(files)

    def _check_folders(self) -> None:
        """Raise if there are files of a version without a row."""
        known = {row["folder"] for row in self.rows["versions"]}
        for name in self.files:
            if name.split("/")[1] not in known:
                message = f"{_CATALOG}, table “versions”: no row for the folder of the member “{shown(name)}”"
                raise WrongRowError(message)

    def _json(self, name: str) -> Any:
        try:
            return parsed(self._text(name))
        except WrongRowError as error:
            raise WrongRowError(f"{name}: {error}") from error

    def _text(self, name: str) -> bytes:
        size = self._zip.getinfo(name).file_size
        if size > MOST_TEXT:
            message = f"{name} has {size / 1e6:,.0f} MB, but Clientele never writes more than {MOST_TEXT / 1e6:.0f}"
            raise WrongRowError(message)
        return self._zip.read(name)


class NewerArchiveError(Exception):
    """A backup made by a newer Clientele."""


class DamagedArchiveError(Exception):
    """A damaged backup, whose content differs from what was written."""


@contextmanager
def opened(file: Path, meanings: Meanings = MappingProxyType({})) -> Iterator[ArchiveReader]:
    """Open a backup, and turn any error in its content into a message for the user.

    `meanings` validate the content of rows, see `core.workspace.backups.archive_rows.Meanings`.

    Raises
    ------
    InputError
    """
    try:
        with ExitStack() as stack:
            yield _open(file, stack, meanings)
    except (FileNotFoundError, IsADirectoryError) as error:
        if error.filename != str(file):
            raise
        message = f"{file}: file not found; name a backup made by `python -m core backup`."
        raise InputError(message) from error
    except NewerArchiveError as error:
        message = f"{file}: a newer Clientele made this backup; nothing was changed. Update Clientele to restore it."
        raise InputError(message) from error
    except WrongRowError as error:
        why = "This isn't a Clientele backup, or it has been altered; nothing was changed. Choose another."
        message = f"{file}: {error}. {why}"
        raise InputError(message) from error
    except DamagedArchiveError as error:
        message = (
            f"{file}: this isn't a Clientele backup, or it is damaged or incomplete; nothing was changed. Choose "
            "another backup, or copy this one again."
        )
        raise InputError(message) from error


_WRONG: Final = (
    zipfile.BadZipFile,
    EOFError,
    KeyError,
    TypeError,
    ValueError,
    AttributeError,
    NotImplementedError,
    RecursionError,
    OverflowError,
)


def _open(file: Path, stack: ExitStack, meanings: Meanings) -> ArchiveReader:
    try:
        return ArchiveReader(stack.enter_context(zipfile.ZipFile(file)), meanings)
    except _WRONG as error:
        raise DamagedArchiveError from error


def _is_member(name: str) -> bool:
    """Return whether a member is a file of a version: `versions/FOLDER/NAME`."""
    parts = name.split("/")
    if len(parts) != len(("versions", "FOLDER", "NAME")) or parts[0] != "versions":
        return False
    return is_id(parts[1], LONGEST_FOLDER) and is_file_name(parts[2])


def _whole(manifest: Any, name: str) -> int:
    """Return an integer of the manifest; raise ValueError if it isn't one."""
    value = manifest[name]
    if type(value) is not int:
        raise ValueError(name)
    return value
