"""The file of a backup: a zip that holds a manifest, the catalog's rows as JSON, and the folders of versions.

`manifest.json` has the number of this format, the catalog's schema number, and the SHA-256 sum and size of every other
file. Nothing is compressed: Parquet files are so already.
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
"""Tables in a backup, each after those it refers to. Jobs end with the processes that do them."""

_MANIFEST: Final = "manifest.json"
_CATALOG: Final = "catalog.json"
_CHUNK: Final = 1 << 20


class ArchiveWriter:
    """Writes a backup into an open file, within a `with` statement."""

    def __init__(self, file: BinaryIO) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_STORED)
        self._files: dict[str, dict[str, Any]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        with suppress(OSError) if error else nullcontext():  # a full disk is told once
            self._zip.close()

    def add(self, name: str, content: BinaryIO, progress: Callable[[int], None]) -> None:
        """Copy a file of a version; `progress` is told how many bytes more are done."""
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
        if len(text) > MOST_TEXT:  # it could not be restored
            message = (
                f"The catalog's rows take {len(text) / 1e6:,.0f} MB, more than a backup holds; delete old datasets."
            )
            raise InputError(message)
        self._files[_CATALOG] = {"sha256": hashlib.sha256(text).hexdigest(), "bytes": len(text)}
        manifest = {"format": FORMAT, "schema": upgrade.NEWEST, "made_at": made_at.isoformat(), "files": self._files}
        self._zip.writestr(zipfile.ZipInfo(_CATALOG), text)
        self._zip.writestr(zipfile.ZipInfo(_MANIFEST), json.dumps(manifest, indent=1).encode())


class ArchiveReader:
    """Reads a backup, trusting nothing in it.

    Parameters
    ----------
    archive : ZipFile
        See `opened`.

    Attributes
    ----------
    rows : Rows
        Of the catalog.
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
        self.files = {name: said for name, said in files.items() if name != _CATALOG}
        if hashlib.sha256(self._text(_CATALOG)).hexdigest() != files[_CATALOG]["sha256"]:
            raise ValueError(_CATALOG)
        found = self._json(_CATALOG)
        try:
            self.rows: Rows = rows_of(found, TABLES, schema, upgrade.NEWEST, meanings)
        except WrongRowError as error:
            raise WrongRowError(f"{_CATALOG}, {error}") from error
        self._check_folders()

    def folder(self, name: str) -> dict[str, str]:
        """SHA-256 sums of the files in a version's folder, by their names."""
        return {Path(path).name: said["sha256"] for path, said in self.files.items() if path.split("/")[1] == name}

    def read(self, name: str, target: BinaryIO | None, progress: Callable[[int], None]) -> None:
        """Check a file's sum, and copy it to `target` where one is given.

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
        """Raise where a member is named twice, in whatever case, has a name that is none, or is not stored as it is."""
        seen: set[str] = set()
        for entry in self._zip.infolist():
            name = entry.filename
            if name not in (_MANIFEST, _CATALOG) and not _is_member(name):
                message = f"the member “{shown(name)}” is no file of a version"
                raise WrongRowError(message)
            if name.casefold() in seen:
                message = f"the member “{shown(name)}” is in it twice, in one spelling or another"
                raise WrongRowError(message)
            seen.add(name.casefold())
            stored = entry.compress_type == zipfile.ZIP_STORED and entry.compress_size == entry.file_size
            if not stored or entry.flag_bits & 1:
                message = f"the member “{shown(name)}” is compressed or encrypted, which Clientele's backups never are"
                raise WrongRowError(message)
        size = Path(str(self._zip.filename)).stat().st_size
        if sum(entry.file_size for entry in self._zip.infolist()) > size:
            message = f"its members claim to be larger than the file, which has {size:,} bytes"
            raise WrongRowError(message)

    def _listed(self, files: Any) -> dict[str, dict[str, Any]]:
        """The manifest's files, where they are those of the archive, with the sizes they have there."""
        there = {entry.filename: entry.file_size for entry in self._zip.infolist() if entry.filename != _MANIFEST}
        for name in sorted(set(files) ^ set(there)):
            message = f"{_MANIFEST} and the archive disagree on the member “{shown(name)}”"
            raise WrongRowError(message)
        for name, said in files.items():
            if set(said) != {"sha256", "bytes"} or said["bytes"] != there[name] or not isinstance(said["sha256"], str):
                message = f"{_MANIFEST} gives another size or sum than the archive for the member “{shown(name)}”"
                raise WrongRowError(message)
        return dict(files)

    def _check_folders(self) -> None:
        """Raise where there are files of a version that no row stands for."""
        known = {row["folder"] for row in self.rows["versions"]}
        for name in self.files:
            if name.split("/")[1] not in known:
                message = f"{_CATALOG}, table “versions”: no row has the folder of the member “{shown(name)}”"
                raise WrongRowError(message)

    def _json(self, name: str) -> Any:
        try:
            return parsed(self._text(name))
        except WrongRowError as error:
            raise WrongRowError(f"{name}: {error}") from error

    def _text(self, name: str) -> bytes:
        size = self._zip.getinfo(name).file_size
        if size > MOST_TEXT:
            message = f"{name} has {size / 1e6:,.0f} MB, and none that Clientele writes has over {MOST_TEXT / 1e6:.0f}"
            raise WrongRowError(message)
        return self._zip.read(name)


class NewerArchiveError(Exception):
    """A newer program made the backup."""


class DamagedArchiveError(Exception):
    """What is in the backup is not what was put into it."""


@contextmanager
def opened(file: Path, meanings: Meanings = MappingProxyType({})) -> Iterator[ArchiveReader]:
    """Open a backup; whatever is wrong with it while it is read becomes one sentence.

    `meanings` read the content of rows, see `core.workspace.backups.archive_rows.Meanings`.

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
        message = f"{file}: there is no such file; give a backup that `python -m core backup` made."
        raise InputError(message) from error
    except NewerArchiveError as error:
        message = f"{file}: a newer Clientele made this backup; update this one to restore it. Nothing was changed."
        raise InputError(message) from error
    except WrongRowError as error:
        why = "This is no backup of Clientele, or it has been altered; nothing was changed. Choose another."
        message = f"{file}: {error}. {why}"
        raise InputError(message) from error
    except DamagedArchiveError as error:
        message = (
            f"{file}: this is no backup of Clientele, or it is damaged or was not copied whole; nothing was changed. "
            "Give another backup, or copy this one again."
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
    """Whether a member is a file of a version: `versions/FOLDER/NAME`."""
    parts = name.split("/")
    if len(parts) != len(("versions", "FOLDER", "NAME")) or parts[0] != "versions":
        return False
    return is_id(parts[1], LONGEST_FOLDER) and is_file_name(parts[2])


def _whole(manifest: Any, name: str) -> int:
    """A number of the manifest; ValueError where it is none."""
    value = manifest[name]
    if type(value) is not int:
        raise ValueError(name)
    return value
