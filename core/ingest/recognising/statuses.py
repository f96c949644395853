"""Order statuses that exclude an order: cancelled, fully refunded, failed or never paid.

The words come from WooCommerce (whose own reports exclude pending, failed and cancelled orders), Amazon, Magento,
PrestaShop and BigCommerce, and from several languages. Orders on hold or processing count. A full refund counts as
cancelled because sale and return add up to zero; statuses don't show partial refunds.
"""

from typing import Final

import ibis.expr.types as ir

from core.ingest.recognising.aliases import plain

CALLED_OFF: Final = frozenset(
    {
        *("cancelled", "canceled", "refunded", "failed", "trash", "draft", "checkout-draft", "auto-draft"),
        *("pending", "pending payment", "pending_payment", "awaiting payment", "incomplete", "payment error"),
        *("declined", "void", "voided", "expired", "yes", "true", "y"),
        *("storniert", "abgebrochen", "erstattet", "fehlgeschlagen", "annulé", "annulée", "remboursé", "remboursée"),
        *("cancelado", "cancelada", "reembolsado", "reembolsada", "fallido", "geannuleerd", "terugbetaald"),
        *("annullato", "rimborsato"),
    }
)
"""Lower-case statuses of orders that don't count; `yes` and `true` are for yes/no columns."""

_MOMENT: Final = r"^(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})"


_ONLY_THIS: Final = frozenset(
    {"cancelledat", "canceledat", "cancelled", "canceled", "iscancelled", "iscanceled", "storniert", "storniertam"}
)
_NO: Final = ("", "0", "0.0", "no", "n", "false", "nein", "non", "nee")


def called_off(column: ir.Value, header: str = "status") -> ir.BooleanValue:
    """Return whether each row's order was cancelled; never null.

    If the header is about cancellation only (`Cancelled at`, `is_cancelled`), any value except a “no” counts. In other
    columns, words in `CALLED_OFF` and dates count.

    Parameters
    ----------
    column : expression
        A status (`wc-cancelled`, `Cancelled`), a yes/no value, or the time of cancellation, blank if there was none.
    header : str
        The column's name.
    """
    if column.type().is_boolean():
        return column.fill_null(False)
    if column.type().is_timestamp() or column.type().is_date():
        return column.notnull()
    text = column.cast("string").strip().lower()
    if plain(header) in _ONLY_THIS:
        return text.notin(_NO).fill_null(False)
    word = text.re_replace("^wc-", "")
    return (word.isin(sorted(CALLED_OFF)) | text.re_search(_MOMENT)).fill_null(False)
