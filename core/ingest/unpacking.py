"""Files freed of their gzip or ZIP wrapping, with limits: a file of a kilobyte can unpack to a million."""

import gzip
import shutil
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Final

from core.errors import InputError
from core.ingest.files import FileKind, SourceFile, kind_of, new_path, one_line

MOST_RATIO: Final = 250
"""Times its size that a file may unpack to: order logs reach 30, a file of zeros 1,000."""

_SMALL: Final = 100 << 20  # bytes that are unpacked whatever the ratio
_MOST_BYTES: Final = 64 << 30
_MOST_MEMBERS: Final = 200
_BLOCK: Final = 1 << 20

Progress = Callable[[float], None]


def unpack(file: SourceFile, scratch: Path, encoding: str | None = None) -> list[SourceFile]:
    """Give the file itself, or what is in its gzip or ZIP wrapping, written below `scratch`.

    Raises
    ------
    InputError
        Where the wrapping is damaged, protected or unpacks to too much.
    """
    kind = kind_of(file, encoding)
    if kind is FileKind.GZIP:
        inner = _gunzip(file, scratch)
        if kind_of(inner, encoding) is FileKind.GZIP:
            message = f"{file.name} is packed twice; unpack it once and upload what is inside."
            raise InputError(message)
        return unpack(inner, scratch, encoding)
    return _unzip(file, scratch, encoding) if kind is FileKind.ZIP else [file]


def _gunzip(file: SourceFile, scratch: Path) -> SourceFile:
    plain = new_path(scratch, "plain")
    try:
        with gzip.open(file.path) as packed, plain.open("wb") as out:
            _copy(file, packed, out, file.path.stat().st_size)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        message = f"{file.name}: the gzip file is damaged or cut short ({one_line(error)}); export or copy it again."
        raise InputError(message) from error
    return SourceFile(name=file.name, path=plain)


def _unzip(file: SourceFile, scratch: Path, encoding: str | None) -> list[SourceFile]:
    """All files of an archive; their names are shown but never used as paths."""
    found: list[SourceFile] = []
    try:
        with zipfile.ZipFile(file.path) as packed:
            members = [m for m in packed.infolist() if not m.is_dir() and not _is_ignored(m.filename)]
            _check(file, members)
            for member in members:
                inner = SourceFile(name=f"{file.name} › {Path(member.filename).name}", path=new_path(scratch, "member"))
                with packed.open(member) as opened, inner.path.open("wb") as out:
                    _copy(file, opened, out, member.compress_size)
                if kind_of(inner, encoding) is FileKind.ZIP:
                    message = f"{inner.name} is an archive within an archive; unpack it and upload what is inside."
                    raise InputError(message)
                found += unpack(inner, scratch, encoding)
    except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError, OSError, RuntimeError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the disk's fault, not the file's
        message = (
            f"{file.name}: the ZIP file is damaged or packed in an unusual way ({one_line(error)}); pack it again."
        )
        raise InputError(message) from error
    return found


def _check(file: SourceFile, members: list[zipfile.ZipInfo]) -> None:
    if not members:
        message = f"{file.name} is an empty ZIP file; export the orders again."
        raise InputError(message)
    if len(members) > _MOST_MEMBERS:
        message = f"{file.name} holds {len(members):,} files, but at most {_MOST_MEMBERS} can be read at once."
        raise InputError(message)
    locked = next((member for member in members if member.flag_bits & 1), None)
    if locked is not None:
        message = f"{file.name} is protected by a password; unpack it and upload what is inside."
        raise InputError(message)


def _is_ignored(name: str) -> bool:
    return name.startswith("__MACOSX/") or Path(name).name.startswith(".")  # what macOS puts beside the files


def _copy(file: SourceFile, packed: IO[bytes] | gzip.GzipFile, out: IO[bytes], size: int) -> None:
    """Copy what is unpacked, as long as it is not more than a log of orders can be."""
    written = 0
    room = min(_MOST_BYTES, shutil.disk_usage(Path(out.name).parent).free)
    while block := packed.read(_BLOCK):
        written += len(block)
        if written > _SMALL and written > MOST_RATIO * max(size, 1):
            message = (
                f"{file.name} unpacks to more than {MOST_RATIO} times its size, which no order log does; "
                "unpack it and upload what is inside."
            )
            raise InputError(message)
        if written > room:
            message = f"{file.name} unpacks to more than {room / 1e9:.1f} GB, for which there is no room."
            raise InputError(message)
        out.write(block)
