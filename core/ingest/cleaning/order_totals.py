"""Detection of order totals that are repeated on each line, to divide them by the number of lines."""

from collections.abc import Sequence
from typing import Final

import ibis
import ibis.expr.types as ir

from core.ingest.cleaning.continued_lines import FILLED
from core.ingest.cleaning.exclusion_reasons import hash_of
from core.ingest.recognising.aliases import ORDER_TOTALS, plain
from core.ingest.recognising.column_mapping import ColumnMapping
from core.ingest.recognising.ids import identifier

LINES: Final = "clientele: lines of the order"
"""Column added by `with_lines`: the number of distinct lines of the row's order in the file, at least 1."""

_GLANCE_ROWS: Final = 200_000  # the first rows are enough to see that most files have line amounts
_TELLING: Final = 3  # orders with the same amount for different quantities; three can't be a coincidence


def repeats_totals(table: ir.Table, columns: Sequence[str], mapping: ColumnMapping) -> bool:
    """Return whether the amount is the order total, repeated on each line or on its first line only.

    No order may have lines with different amounts, and at least one must have several distinct lines; equal lines are
    duplicates and don't count. In addition, either only the first line of each such order has an amount, or all lines
    have and the header is clear (`order_total`, `Grand Total`; `total` may be the line's) or at least three orders have
    the same amount on lines of different quantities.

    Parameters
    ----------
    table : Table
        Raw rows, filled if lines are continued.
    columns : sequence of str
        Columns of the source.
    mapping : ColumnMapping
        Role → column.
    """
    if mapping.order is None or mapping.amount is None:
        return False
    if int(_counts(table.limit(_GLANCE_ROWS), columns, mapping)["contrary"]):
        return False
    counts = _counts(table, columns, mapping)
    if counts["contrary"] or not counts["orders"]:
        return False
    first_only = FILLED in table.columns and counts["first_only"] == counts["orders"]
    return first_only or (
        counts["whole"] == counts["orders"] and (plain(mapping.amount) in ORDER_TOTALS or counts["telling"] >= _TELLING)
    )


def with_lines(table: ir.Table, columns: Sequence[str], mapping: ColumnMapping) -> ir.Table:
    """Add the column `LINES`, the number of distinct lines of each row's order."""
    keyed = table.mutate(**{_KEY: identifier(table[mapping.order]), _WHOLE: _whole(table, columns)})
    counted = keyed.filter(keyed[_KEY].notnull()).group_by(_KEY).agg(**{LINES: keyed[_WHOLE].nunique()})
    joined = keyed.left_join(counted, _KEY)
    return joined.mutate(**{LINES: joined[LINES].fill_null(1)}).select(*table.columns, LINES)


_KEY: Final = "clientele: order"
_WHOLE: Final = "clientele: line"


def _counts(table: ir.Table, columns: Sequence[str], mapping: ColumnMapping) -> dict[str, int]:
    """Count orders of several distinct lines by whether the lines have several amounts, one, or one and blanks."""
    quantity = table[mapping.quantity].cast("string") if mapping.quantity else ibis.literal("")
    amount = table[mapping.amount].cast("string").strip().nullif("")
    lines = table.select(
        key=identifier(table[mapping.order]), whole=_whole(table, columns), amount=amount, quantity=quantity
    ).filter(ibis._.key.notnull())
    orders = lines.group_by("key").agg(
        lines=lines.whole.nunique(),
        amounts=lines.amount.nunique(),
        blank=lines.amount.isnull().sum(),
        quantities=lines.quantity.nunique(),
    )
    several = orders.filter(orders.lines > 1)
    one = several.amounts == 1
    found = several.agg(
        orders=several.count(),
        contrary=(several.amounts > 1).sum().fill_null(0),
        whole=(one & (several.blank == 0)).sum().fill_null(0),
        first_only=(one & (several.blank > 0)).sum().fill_null(0),
        telling=(one & (several.blank == 0) & (several.quantities > 1)).sum().fill_null(0),
    )
    return {str(name): int(value) for name, value in found.execute().iloc[0].items()}


def _whole(table: ir.Table, columns: Sequence[str]) -> ir.IntegerValue:
    names = [*columns, FILLED] if FILLED in table.columns else columns
    return hash_of(ibis.struct({f"c{number}": table[name] for number, name in enumerate(names)}))
