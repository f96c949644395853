"""Orders that their status calls off: cancelled, refunded in full, failed or never paid.

The words are those of WooCommerce, whose own reports leave out what is unpaid (pending), failed and cancelled, of
Amazon, Magento, PrestaShop and BigCommerce, and of some languages; on hold and processing are orders. What is refunded
in full counts as cancelled, since the sale and its return come to nothing; refunds of a part are not seen in a status.
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
"""Statuses of orders that do not count, lower case; `yes` and `true` stand in a column that says only this."""

_MOMENT: Final = r"^(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})"


_ONLY_THIS: Final = frozenset(
    {"cancelledat", "canceledat", "cancelled", "canceled", "iscancelled", "iscanceled", "storniert", "storniertam"}
)
_NO: Final = ("", "0", "0.0", "no", "n", "false", "nein", "non", "nee")


def called_off(column: ir.Value, header: str = "status") -> ir.BooleanValue:
    """Return whether the column says that a row's order was cancelled; never null.

    A column that is there for nothing else, by its header (`Cancelled at`, `is_cancelled`), says so by any value but a
    no; another does by one of the words of `CALLED_OFF`, or by a date.

    Parameters
    ----------
    column : expression
        A status (`wc-cancelled`, `Cancelled`), a yes or no, or the time of the cancellation, blank where none was.
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
