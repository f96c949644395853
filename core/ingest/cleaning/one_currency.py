"""Check that a dataset has one currency; files in several are rejected unless the user chooses one."""

from collections.abc import Collection, Sequence

from core.errors import InputError
from core.ingest.cleaning.read_plan import ReadPlan
from core.ingest.recognising.currencies import is_code, near


def refuse_mixed(files: Sequence[tuple[str, ReadPlan]], earlier: Collection[str] = ()) -> None:
    """Reject files if they, and the data they are appended to, are not all in the same currency.

    Parameters
    ----------
    files : sequence of (str, ReadPlan)
        Name and plan of each file.
    earlier : collection of str
        Currency of the dataset, or currencies of the version that the files are appended to.

    Raises
    ------
    InputError
        With the currencies, the number of rows in each, and the first of them.
    """
    found = {name: how.currencies for name, how in files if how.currencies}
    chosen = {how.currency for _, how in files if how.currency}
    codes = list(dict.fromkeys(entry.code for entries in found.values() for entry in entries))
    listed = _listed(files)
    if chosen and codes and not chosen & set(codes):
        message = f"{listed}: no row is in {', '.join(sorted(chosen))}. Choose one of these currencies."
        raise InputError(message)
    if not chosen and len(codes) > 1:
        entries = [entry for entries in found.values() for entry in entries]
        best = max(entries, key=lambda entry: (entry.code in earlier, is_code(entry.code), entry.rows)).code
        if not is_code(best):
            message = f"{listed}; none of them is an ISO 4217 code{near(best)}. Correct or omit the column."
            raise InputError(message)
        message = f"{listed}. Choose one, such as --currency {best}; rows in other currencies are then excluded."
        raise InputError(message)
    read = (chosen & set(codes)) or set(codes)
    if earlier and read - set(earlier):
        known = ", ".join(sorted(earlier))
        message = (
            f"{listed}: a dataset can have only one currency, and this one is in {known}. Choose {min(earlier)} "
            f"(--currency {min(earlier)}) if some rows are in it, or create a separate dataset."
        )
        raise InputError(message)


def _listed(files: Sequence[tuple[str, ReadPlan]]) -> str:
    """List each file's currencies with their number of rows and first row."""
    parts = []
    for name, how in files:
        entries = [f"{code} ({_rows(rows)}, first in row {first:,})" for code, rows, first in how.currencies]
        number = f"{len(entries)} currencies, " if len(entries) > 1 else ""
        if entries:
            parts.append(f"{name}, column “{how.mapping.currency}”: {number}{', '.join(entries)}")
    return "; ".join(parts)


def _rows(count: int) -> str:
    return f"{count:,} row{'s' if count != 1 else ''}"
