"""The file of a backup: a zip that holds a manifest, the catalog's rows as JSON, and the folders of versions.

`manifest.json` has the number of this format, the catalog's schema number, and the SHA-256 sum and size of every other
file. Nothing is compressed: Parquet files are so already.
"""

import hashlib
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final, Self

import sqlalchemy as sa

from core.errors import InputError
from core.workspace import catalog, upgrade

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

_SINCE: Final = {catalog.rfm_maps.name: 3}
"""Schema numbers of tables that came later: a backup of an older one has none of their rows."""

_MANIFEST: Final = "manifest.json"
_CATALOG: Final = "catalog.json"
_CHUNK: Final = 1 << 20
_MOST_TEXT: Final = 1 << 30  # bytes of a JSON file; a million versions take less
_NAME: Final = re.compile(r"versions/[A-Za-z0-9_-]{1,80}/[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")

Rows = dict[str, list[dict[str, Any]]]
"""Rows of the catalog by the names of `TABLES`, in Python's own types."""


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
        text = json.dumps(rows, ensure_ascii=False, default=_plain).encode()
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

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._zip = archive
        manifest = json.loads(self._text(_MANIFEST))
        if manifest["format"] > FORMAT or manifest["schema"] > upgrade.NEWEST:
            raise NewerArchiveError
        files = manifest["files"]
        listed = [entry.filename for entry in archive.infolist()]
        if sorted(listed) != sorted([*files, _MANIFEST]) or not all(map(self._fits, archive.infolist())):
            raise ValueError(listed)
        self.files = {name: said for name, said in files.items() if name != _CATALOG}
        if not all(map(_NAME.fullmatch, self.files)):
            raise ValueError(listed)
        for entry in archive.infolist():
            if entry.filename != _MANIFEST and entry.file_size != files[entry.filename]["bytes"]:
                raise ValueError(entry.filename)
        text = self._text(_CATALOG)
        if hashlib.sha256(text).hexdigest() != files[_CATALOG]["sha256"]:
            raise ValueError(_CATALOG)
        rows = {name: [] for name, since in _SINCE.items() if manifest["schema"] < since} | json.loads(text)
        self.rows: Rows = {table.name: [_row(table, row) for row in rows[table.name]] for table in TABLES}

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

    def _text(self, name: str) -> bytes:
        if self._zip.getinfo(name).file_size > _MOST_TEXT:
            raise ValueError(name)
        return self._zip.read(name)

    @staticmethod
    def _fits(entry: zipfile.ZipInfo) -> bool:
        """Whether an entry is stored as this program does: neither packed nor encrypted."""
        return entry.compress_type == zipfile.ZIP_STORED and not entry.flag_bits & 1


class NewerArchiveError(Exception):
    """A newer program made the backup."""


class DamagedArchiveError(Exception):
    """What is in the backup is not what was put into it."""


@contextmanager
def opened(file: Path) -> Iterator[ArchiveReader]:
    """Open a backup; whatever is wrong with it while it is read becomes one sentence.

    Raises
    ------
    InputError
    """
    try:
        with ExitStack() as stack:
            yield _open(file, stack)
    except (FileNotFoundError, IsADirectoryError) as error:
        if error.filename != str(file):
            raise
        message = f"{file}: there is no such file; give a backup that `python -m core backup` made."
        raise InputError(message) from error
    except NewerArchiveError as error:
        message = f"{file}: a newer Clientele made this backup; update this one to restore it. Nothing was changed."
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


def _open(file: Path, stack: ExitStack) -> ArchiveReader:
    try:
        return ArchiveReader(stack.enter_context(zipfile.ZipFile(file)))
    except _WRONG as error:
        raise DamagedArchiveError from error


def _row(table: sa.Table, said: dict[str, Any]) -> dict[str, Any]:
    """A row of the catalog from JSON, each value checked against its column.

    Raises
    ------
    ValueError, TypeError
        Where it does not fit.
    """
    if not set(said) <= set(table.columns.keys()):
        raise ValueError(table.name)
    return {column.name: _value(column, said.get(column.name)) for column in table.columns}


def _value(column: sa.Column[Any], value: Any) -> Any:
    if value is None:
        if not column.nullable:
            raise ValueError(column.name)
        return None
    if isinstance(column.type, sa.JSON):
        return value
    if isinstance(column.type, sa.DateTime):
        return catalog.in_utc(datetime.fromisoformat(value))
    if isinstance(column.type, sa.Date):
        return date.fromisoformat(value)
    if type(value) is not column.type.python_type:
        raise TypeError(column.name)
    return value


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return catalog.in_utc(value).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value))
