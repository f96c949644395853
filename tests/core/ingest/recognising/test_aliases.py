"""Headers of other shops and in other languages, recognised automatically."""

import pandas as pd
import pytest

from core.ingest.recognising.aliases import ALIASES, ORDER_TOTALS, plain
from core.ingest.recognising.column_mapping import ColumnMapping, propose

WHEN = "2024-03-13 08:26"
HEADERS = {
    "Magento": {
        "order": ("increment_id", "000000042"),
        "customer": ("customer_email", "a@example.org"),
        "email": ("customer_email", "a@example.org"),
        "date": ("created_at", WHEN),
        "quantity": ("qty_ordered", "2.0000"),
        "unit_price": ("price", "4.5000"),
        "product": ("sku", "S1"),
        "currency": ("order_currency_code", "EUR"),
        "cancelled": ("status", "complete"),
    },
    "PrestaShop": {
        "order": ("Reference", "XKBKNABJK"),
        "customer": ("Customer", "A. Lee"),
        "date": ("Date", WHEN),
        "amount": ("Total", "€12.50"),
        "cancelled": ("Status", "Delivered"),
    },
    "PrestaShop, tables": {
        "order": ("id_order", "42"),
        "customer": ("id_customer", "7"),
        "date": ("date_add", WHEN),
        "amount": ("total_paid", "12.500000"),
    },
    "BigCommerce": {
        "order": ("Order ID", "101"),
        "customer": ("Customer ID", "7"),
        "email": ("Customer Email", "a@example.org"),
        "date": ("Order Date", WHEN),
        "amount": ("Order Total (inc tax)", "12.50"),
        "currency": ("Order Currency Code", "USD"),
        "country": ("Billing Country", "United States"),
        "cancelled": ("Order Status", "Completed"),
    },
    "Etsy": {
        "date": ("Sale Date", "03/13/24"),
        "description": ("Item Name", "Cup"),
        "customer": ("Buyer", "ann7"),
        "quantity": ("Quantity", "2"),
        "unit_price": ("Price", "4.50"),
        "currency": ("Currency", "USD"),
        "country": ("Ship Country", "United States"),
        "order": ("Order ID", "2900000001"),
        "product": ("SKU", "S1"),
    },
    "eBay": {
        "order": ("Order Number", "01-00001-00001"),
        "customer": ("Buyer Username", "ann7"),
        "email": ("Buyer Email", "a@example.org"),
        "product": ("Item Number", "110001"),
        "description": ("Item Title", "Cup"),
        "quantity": ("Quantity", "2"),
        "unit_price": ("Sold For", "$4.50"),
        "date": ("Sale Date", WHEN),
    },
    "Square": {
        "date": ("Date", "2024-03-13"),
        "product": ("Item", "Cup"),
        "quantity": ("Qty", "2.0"),
        "amount": ("Gross Sales", "$9.00"),
        "order": ("Transaction ID", "Ab1"),
        "customer": ("Customer ID", "K9"),
    },
    "German": {
        "order": ("Bestellnummer", "1001"),
        "customer": ("Kundennummer", "17"),
        "date": ("Bestelldatum", "13.03.2024"),
        "quantity": ("Stückzahl", "2"),
        "unit_price": ("Einzelpreis", "2,50"),
        "product": ("Artikel-Nr.", "A1"),
        "description": ("Artikelbezeichnung", "Tasse"),
        "country": ("Land", "DE"),
        "currency": ("Währung", "EUR"),
        "email": ("E-Mail-Adresse", "a@example.org"),
    },
    "French": {
        "order": ("N° de commande", "1001"),
        "customer": ("Client", "17"),
        "date": ("Date de commande", "13/03/2024"),
        "quantity": ("Quantité", "2"),
        "amount": ("Montant", "5,00"),
        "product": ("Référence produit", "A1"),
        "country": ("Pays", "FR"),
        "currency": ("Devise", "EUR"),
        "cancelled": ("Statut", "annulée"),
    },
    "Spanish": {
        "order": ("Nº de pedido", "1001"),
        "customer": ("Cliente", "17"),
        "date": ("Fecha", "13/03/2024"),
        "quantity": ("Cantidad", "2"),
        "unit_price": ("Precio", "2,50"),
        "description": ("Descripción", "taza"),
        "country": ("País", "ES"),
        "currency": ("Moneda", "EUR"),
        "email": ("Correo electrónico", "a@example.org"),
        "cancelled": ("Estado", "cancelado"),
    },
    "Spanish, totals": {
        "order": ("Pedido", "1001"),
        "customer": ("ID cliente", "17"),
        "date": ("Fecha de pedido", "13/03/2024"),
        "amount": ("Importe", "12,50"),
    },
    "Dutch": {
        "order": ("Bestelnummer", "1001"),
        "customer": ("Klantnummer", "17"),
        "date": ("Besteldatum", "13-03-2024"),
        "quantity": ("Aantal", "2"),
        "unit_price": ("Stuksprijs", "2,50"),
        "country": ("Land", "NL"),
        "currency": ("Valuta", "EUR"),
    },
    "Italian": {
        "order": ("Numero ordine", "1001"),
        "customer": ("Cliente", "17"),
        "date": ("Data ordine", "13/03/2024"),
        "quantity": ("Quantità", "2"),
        "unit_price": ("Prezzo unitario", "2,50"),
        "country": ("Paese", "IT"),
    },
}


def proposed(sample: pd.DataFrame) -> ColumnMapping:
    """Propose roles for a sample's columns."""
    return propose([str(column) for column in sample], sample)


@pytest.mark.parametrize("headers", HEADERS.values(), ids=HEADERS)
def test_headers_need_no_hand(headers: dict[str, tuple[str, str]]) -> None:
    sample = pd.DataFrame([dict(headers.values())] * 10, dtype="str")
    assert proposed(sample).roles() == {role: column for role, (column, _) in headers.items()}


def test_accents_and_ligatures_do_not_matter() -> None:
    assert [plain(text) for text in ("Währung", "País", "N° client", "Nº pedido", "GRÖSSE", "Größe", " E-Mail ")] == [
        *("wahrung", "pais", "nclient", "nopedido", "grosse", "grosse", "email"),
    ]


def test_aliases_are_spelled_as_headers_are_compared() -> None:
    for role, aliases in ALIASES.items():
        assert all(plain(alias) == alias for alias in aliases), role
        assert len(set(aliases)) == len(aliases), role
    assert set(ALIASES["amount"]) >= ORDER_TOTALS


def test_reference_is_an_order_only_where_it_looks_like_one() -> None:
    """In PrestaShop, Reference is the order's; elsewhere it is the product's."""
    sample = pd.DataFrame({"Référence": ["A1", "B2"], "Client": ["1", "2"], "Date": [WHEN] * 2, "Montant": ["2", "3"]})
    assert "order" not in proposed(sample).roles()


def test_guests_among_ids_make_the_email_the_customer() -> None:
    """The same person may order first as a guest and later with an account."""
    frame = {"customer_id": ["0", "7"], "billing_email": ["a@example.org"] * 2, "date": [WHEN] * 2, "total": ["2", "3"]}
    sample = pd.DataFrame(frame)
    assert proposed(sample).customer == "billing_email"
    without = sample.assign(customer_id=["5", "7"])
    assert proposed(without).customer == "customer_id"
    alone = sample.drop(columns="billing_email")
    assert proposed(alone).customer == "customer_id"
    floats = sample.assign(customer_id=[0.0, 7.0])
    assert proposed(floats).customer == "billing_email"
