"""Sources given as FILE on the command line: a path, a link, or a database URL with a table or query."""

import errno
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from core.errors import InputError
from core.ingest.sources.addresses import UCI_NAME, fetch
from core.ingest.sources.database import is_database
from core.ingest.sources.database_apart import read_table_apart
from core.ingest.sources.download import harmless
from core.ingest.sources.files import SourceFile
from core.ingest.staging.staged_files import limits_of
from core.progress import Progress
from core.settings import Settings

_SHOWN: Final = 60  # characters of a name that is too long


def bring(
    addresses: Sequence[str],
    scratch: Path,
    progress: Progress,
    *,
    table: str | None = None,
    query: str | None = None,
) -> list[SourceFile]:
    """Return the files: local ones in place, others fetched to `scratch`.

    No setting restricts the sources, because command-line users could fetch them anyway.

    Parameters
    ----------
    addresses : sequence of str
        As typed.
    scratch : Path
        Folder to write to.
    progress : callable
        Called with the share done and a message.
    table, query : str, optional
        What to read from the database, if there is one.

    Raises
    ------
    InputError
        If a source can't be fetched, or a database and a table or query aren't given together.
    """
    databases = [address for address in addresses if is_database(address)]
    if len(databases) > 1 or bool(databases) != bool(table or query):
        message = "A database URL needs --table or --query, as in postgresql://host/shop --table orders. Give one URL "
        raise InputError(message + "and one of these options, or neither.")
    found = []
    for number, address in enumerate(addresses):
        target = scratch / f"fetched-{number}"
        if is_database(address):
            limits = limits_of(Settings.from_environment(os.environ))
            read_table_apart(address, target=target, limits=limits, progress=progress, table=table, query=query)
            found.append(SourceFile(name=harmless(table or "query"), path=target))
        elif "://" in address or address == UCI_NAME:
            found.append(fetch(address, Settings(), target, progress, anywhere=True))
        else:
            found.append(_named(address))
    return found


def _named(address: str) -> SourceFile:
    """Return a local file, without checking yet that it can be opened."""
    path = Path(address)
    try:
        os.stat(address or "\0")  # noqa: PTH116  an empty path is no folder
    except ValueError as error:
        message = "A FILE is empty or contains an invalid character. Give a file, a link or a database URL."
        raise InputError(message) from error
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            message = f"{address[:_SHOWN]}…: the file name is too long. Check it."
            raise InputError(message) from error
    return SourceFile(name=path.name or address, path=path)
