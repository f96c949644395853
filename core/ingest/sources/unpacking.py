"""Unpacking of gzip and ZIP files, within `core.ingest.sources.size_limits`."""

import gzip
import zipfile
import zlib
from pathlib import Path
from typing import IO, Final

from core.errors import InputError
from core.ingest.sources.files import FileKind, SourceFile, kind_of, new_path, one_line
from core.ingest.sources.size_limits import Room

_MOST_MEMBERS: Final = 200
_BLOCK: Final = 1 << 20


def unpack(file: SourceFile, scratch: Path, encoding: str | None = None, room: Room | None = None) -> list[SourceFile]:
    """Return the file itself, or the contents of a gzip or ZIP file, written below `scratch`.

    Parameters
    ----------
    file, scratch : SourceFile, Path
        Source file and target folder.
    encoding : str, optional
        The user's choice for text.
    room : Room, optional
        Unpacking budget; by default derived from the file's size.

    Raises
    ------
    InputError
        If the archive is damaged, password-protected or unpacks to too much.
    """
    room = room or Room(file)
    kind = kind_of(file, encoding)
    if kind is FileKind.GZIP:
        inner = _gunzip(file, scratch, room)
        if kind_of(inner, encoding) is FileKind.GZIP:
            message = f"{file.name} is compressed twice. Unpack it once and upload its contents."
            raise InputError(message)
        return unpack(inner, scratch, encoding, room)
    return _unzip(file, scratch, encoding, room) if kind is FileKind.ZIP else [file]


def _gunzip(file: SourceFile, scratch: Path, room: Room) -> SourceFile:
    plain = new_path(scratch, "plain")
    try:
        with gzip.open(file.path) as packed, plain.open("wb") as out:
            _copy(packed, out, room)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        message = f"{file.name}: the gzip file is damaged or incomplete ({one_line(error)}). Export or copy it again."
        raise InputError(message) from error
    return SourceFile(name=file.name, path=plain)


def _unzip(file: SourceFile, scratch: Path, encoding: str | None, room: Room) -> list[SourceFile]:
    """Unpack all files of an archive; their names are shown but never used as paths."""
    found: list[SourceFile] = []
    try:
        with zipfile.ZipFile(file.path) as packed:
            members = [m for m in packed.infolist() if not m.is_dir() and not _is_ignored(m.filename)]
            _check(file, members)
            whole = sum(member.file_size for member in members)  # reading a member stops at its declared size
            room.check(whole, whole)
            for member in members:
                inner = SourceFile(name=f"{file.name} › {Path(member.filename).name}", path=new_path(scratch, "member"))
                with packed.open(member) as opened, inner.path.open("wb") as out:
                    _copy(opened, out, room)
                if kind_of(inner, encoding) is FileKind.ZIP:
                    message = f"{inner.name} is an archive within an archive. Unpack it and upload its contents."
                    raise InputError(message)
                found += unpack(inner, scratch, encoding, room)
    except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError, OSError, RuntimeError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # a disk error, not a damaged file
        message = f"{file.name}: the ZIP file is damaged or in an unsupported format ({one_line(error)}). Zip it again."
        raise InputError(message) from error
    return found


def _check(file: SourceFile, members: list[zipfile.ZipInfo]) -> None:
    if not members:
        message = f"{file.name} is an empty ZIP file. Export the orders again."
        raise InputError(message)
    if len(members) > _MOST_MEMBERS:
        message = f"{file.name} contains {len(members):,} files (maximum {_MOST_MEMBERS}). Split it up."
        raise InputError(message)
    locked = next((member for member in members if member.flag_bits & 1), None)
    if locked is not None:
        message = f"{file.name} is password-protected. Unpack it and upload its contents."
        raise InputError(message)


def _is_ignored(name: str) -> bool:
    return name.startswith("__MACOSX/") or Path(name).name.startswith(".")  # metadata that macOS adds


def _copy(packed: IO[bytes] | gzip.GzipFile, out: IO[bytes], room: Room) -> None:
    """Copy unpacked data within the size limits."""
    while block := packed.read(_BLOCK):
        room.take(len(block))
        out.write(block)
