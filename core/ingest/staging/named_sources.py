"""Sources named on a command line as FILE: a path, a link, or a database URL with a table or query."""

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
    """Return the files themselves: local ones in place, others fetched to a folder below `scratch`.

    Whoever has the command line could fetch them as well, so no setting restricts what may be named.

    Parameters
    ----------
    addresses : sequence of str
        As given.
    scratch : Path
        Where to write.
    progress : callable
        Gets the share done and a sentence.
    table, query : str, optional
        What to read from the database, where one is named.

    Raises
    ------
    InputError
        Where one cannot be fetched, or a database comes without table and query, or these without a database.
    """
    databases = [address for address in addresses if is_database(address)]
    if len(databases) > 1 or bool(databases) != bool(table or query):
        message = "--table or --query belongs to the URL of one database, such as postgresql://host/shop --table orders"
        raise InputError(message + ".")
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
    """A file on the machine; whether it can be opened is found out by who reads it."""
    path = Path(address)
    try:
        os.stat(address or "\0")  # noqa: PTH116  an empty path is no folder
    except ValueError as error:
        message = "A FILE is empty or holds a character that no name has; name a file, a link or the URL of a database."
        raise InputError(message) from error
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            message = f"{address[:_SHOWN]}…: no file can have so long a name; check it."
            raise InputError(message) from error
    return SourceFile(name=path.name or address, path=path)
