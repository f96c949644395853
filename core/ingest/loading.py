"""One file, read and planned: what the command line and the upload page both begin with."""

from collections.abc import Mapping
from pathlib import Path

from ibis.backends.duckdb import Backend

from core.errors import InputError
from core.ingest.dates import DateOrder
from core.ingest.files import SourceFile
from core.ingest.mapping import with_overrides
from core.ingest.parsing import plan, propose_mapping
from core.ingest.pipeline import PlannedFile
from core.ingest.reading import read_raw
from core.ingest.text import TextFormat


def load(  # noqa: PLR0913  each is one thing that a user may say
    connection: Backend,
    file: SourceFile,
    scratch: Path,
    text: TextFormat,
    overrides: Mapping[str, str],
    *,
    dates: DateOrder | None,
    timezone: str,
    currency: str | None = None,
) -> PlannedFile:
    """Read a file and find out how it is to be interpreted, asking nobody.

    Parameters
    ----------
    connection : Backend
        May read the file and write `scratch`.
    file : SourceFile
        What to read.
    scratch : Path
        Folder for intermediate files.
    text : TextFormat
        What the user says of text files.
    overrides : mapping of str to str
        Role → column, put over the proposal.
    dates : {"ymd", "dmy", "mdy"}, optional
        What the user says of dates.
    timezone : str
        The shop's time zone.
    currency : str, optional
        Code of the one currency that counts.

    Raises
    ------
    InputError
        Where it cannot be read, or can be read in two ways.
    """
    raw = read_raw(connection, file, scratch, text)
    mapping = with_overrides(propose_mapping(connection, raw), overrides)
    how = plan(connection, raw, mapping, dates=dates, timezone=timezone, currency=currency)
    if how.dates.ambiguous:
        message = (
            f"{file.name}, column “{mapping.date}”: dates such as “{how.dates.example}” can be read day first or "
            "month first; say which with --dates dmy or --dates mdy."
        )
        raise InputError(message)
    return PlannedFile(raw=raw, plan=how)
