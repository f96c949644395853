"""One dataset has one currency: files in several are refused, unless one is chosen."""

from collections.abc import Collection, Sequence

from core.errors import InputError
from core.ingest.cleaning.read_plan import ReadPlan
from core.ingest.recognising.currencies import is_code, near


def refuse_mixed(files: Sequence[tuple[str, ReadPlan]], earlier: Collection[str] = ()) -> None:
    """Refuse files that together, or with what they are appended to, are in more than one currency.

    Parameters
    ----------
    files : sequence of (str, ReadPlan)
        Name of each file and how it is read.
    earlier : collection of str
        Currency of the dataset, or those of the version that the files are appended to.

    Raises
    ------
    InputError
        With the currencies, how many rows are in each, and the first of them.
    """
    found = {name: how.currencies for name, how in files if how.currencies}
    chosen = {how.currency for _, how in files if how.currency}
    codes = list(dict.fromkeys(entry.code for entries in found.values() for entry in entries))
    listed = _listed(files)
    if chosen and codes and not chosen & set(codes):
        message = f"{listed}: no row is in {', '.join(sorted(chosen))}; choose one of these currencies."
        raise InputError(message)
    if not chosen and len(codes) > 1:
        entries = [entry for entries in found.values() for entry in entries]
        best = max(entries, key=lambda entry: (entry.code in earlier, is_code(entry.code), entry.rows)).code
        if not is_code(best):
            message = f"{listed}; none of them is an ISO 4217 code{near(best)}. Correct the column, or leave it out."
            raise InputError(message)
        message = f"{listed}; choose one with --currency {best}, and the rows in the others are left out."
        raise InputError(message)
    read = (chosen & set(codes)) or set(codes)
    if earlier and read - set(earlier):
        known = ", ".join(sorted(earlier))
        message = (
            f"{listed}: the dataset is in {known}, and one dataset has one currency; choose {min(earlier)} "
            f"(--currency {min(earlier)}) where some of the rows are in it, or make a dataset of its own."
        )
        raise InputError(message)


def _listed(files: Sequence[tuple[str, ReadPlan]]) -> str:
    """Name the currencies of each file, with the rows in each and the first of them."""
    parts = []
    for name, how in files:
        entries = [f"{code} ({_rows(rows)}, first in row {first:,})" for code, rows, first in how.currencies]
        number = f"{len(entries)} currencies, " if len(entries) > 1 else ""
        if entries:
            parts.append(f"{name}, column “{how.mapping.currency}”: {number}{', '.join(entries)}")
    return "; ".join(parts)


def _rows(count: int) -> str:
    return f"{count:,} row{'s' if count != 1 else ''}"
