"""Known column headers for each role, from shop exports and from hand-made files."""

import re
import unicodedata
from typing import Final

ALIASES: Final[dict[str, tuple[str, ...]]] = {
    # Best first. UCI Online Retail, Shopify, WooCommerce, Amazon; then Magento, PrestaShop, BigCommerce, Etsy, eBay,
    # Square; everyday English; German, French, Spanish, Dutch, Italian, Portuguese.
    "order": (
        *("invoiceno", "invoice", "orderid", "ordernumber", "orderno", "amazonorderid", "name", "order"),
        *("invoiceid", "invoicenumber", "incrementid", "idorder", "orderreference", "salesrecordnumber"),
        *("transactionid", "transaction", "receipt", "receiptid", "basketid"),
        *("bestellnummer", "bestellnr", "bestellid", "bestellung", "auftragsnummer", "auftragsnr", "auftrag"),
        *("rechnungsnummer", "rechnungsnr", "belegnummer"),
        *("numerodecommande", "numerocommande", "numcommande", "ndecommande", "ncommande", "idcommande", "commande"),
        *(
            "referencecommande",
            "numerodepedido",
            "numeropedido",
            "nopedido",
            "nodepedido",
            "ndepedido",
            "npedido",
            "idpedido",
        ),
        *("pedido", "bestelnummer", "ordernummer", "factuurnummer", "bestelling"),
        *("numeroordine", "idordine", "ordine", "reference"),
    ),
    "customer": (
        *("customerid", "customer", "customernumber", "customerno", "custid", "customeruser", "idcustomer"),
        *("clientid", "client", "userid", "user", "memberid", "member"),
        *("buyerid", "buyer", "buyerusername", "buyeruserid", "shopperid", "accountid"),
        *("kundennummer", "kundennr", "kundenid", "kunde", "idclient", "numeroclient", "numerodeclient", "nclient"),
        *("idcliente", "numerodecliente", "numerocliente", "codigocliente", "codicecliente", "cliente"),
        *("klantnummer", "klantid", "klantnr", "klant"),
        *("buyeremail", "customeremail", "billingemail", "email", "emailaddress", "buyeremailaddress"),
    ),
    "date": (
        *("invoicedate", "orderdate", "createdat", "purchasedate", "paidat", "datecreated", "orderedat", "date"),
        *("dateadd", "saledate", "datetime", "timestamp", "transactiondate", "purchasedat", "created", "time"),
        *("datepaid", "paiddate"),
        *("bestelldatum", "auftragsdatum", "rechnungsdatum", "kaufdatum", "datum"),
        *("datedecommande", "datecommande", "fechadepedido", "fechapedido", "fechadecompra", "fecha"),
        *("besteldatum", "orderdatum", "factuurdatum", "dataordine", "datadopedido", "datapedido", "data"),
    ),
    "quantity": (
        *("quantity", "qty", "lineitemquantity", "quantitypurchased", "quantityshipped", "itemquantity"),
        *("qtyordered", "productquantity", "productqty", "units", "unitssold", "pieces"),
        *("menge", "anzahl", "stuckzahl", "stueckzahl", "quantite", "qte", "cantidad", "unidades", "aantal"),
        *("hoeveelheid", "quantita", "quantidade"),
    ),
    "unit_price": (
        *("unitprice", "price", "lineitemprice", "itemcost", "unitcost", "priceperunit", "salesprice", "priceeach"),
        *("unitpricetaxincl", "productunitprice", "soldfor"),
        *("einzelpreis", "stuckpreis", "stueckpreis", "preis", "prixunitaire", "prixunitairettc", "prix"),
        *("preciounitario", "precio", "stuksprijs", "eenheidsprijs", "prijs", "prezzounitario", "prezzo"),
        *("precounitario", "preco"),
    ),
    "amount": (
        # Line totals come before order totals, which exports repeat on every line of an order.
        *("amount", "linetotal", "itemtotal", "rowtotal", "producttotalprice"),
        *("total", "ordertotal", "totalamount", "grandtotal", "grandtotalpurchased", "grandtotalbase", "totalpaid"),
        *("totalpaidtaxincl", "ordertotalinctax", "nrevenue", "revenue", "sales", "totalprice", "grosssales"),
        *("netsales", "value", "ordervalue", "orderamount", "itemprice", "spend", "monetary"),
        *("betrag", "gesamtbetrag", "gesamtpreis", "gesamtsumme", "bestellsumme", "bestellwert", "summe", "umsatz"),
        *("montant", "montanttotal", "totalttc", "totalcommande", "importe", "importetotal", "totalpedido"),
        *("bedrag", "totaalbedrag", "totaal", "importo", "totale", "valor", "valortotal"),
    ),
    "product": (
        *("stockcode", "sku", "lineitemsku", "itemsku", "productsku", "productid", "itemproductid", "productcode"),
        *("productreference", "asin", "itemid", "itemnumber", "customlabel", "item", "articleno"),
        *("artikelnummer", "artikelnr", "codearticle", "referenceproduit", "codigoproducto", "codigodeproducto"),
        *("productnummer", "codiceprodotto", "codigoproduto"),
    ),
    "description": (
        *("description", "lineitemname", "productname", "product", "itemname", "itemtitle", "title", "producttitle"),
        *("article", "artikelbezeichnung", "artikelname", "artikel", "bezeichnung", "produkt", "designation"),
        *("produit", "nomduproduit", "producto", "descripcion", "productnaam", "omschrijving", "prodotto"),
        *("descrizione", "produto", "descricao"),
    ),
    "country": (
        *("country", "billingcountry", "shippingcountry", "shipcountry", "countrycode", "customercountry"),
        *("billcountry", "buyercountry", "billingcountrycode", "shippingcountrycode"),
        *("land", "rechnungsland", "lieferland", "pays", "paysdefacturation", "pais", "paisdefacturacion", "paese"),
    ),
    "currency": (
        *("currency", "currencycode", "ordercurrency", "ordercurrencycode", "basecurrencycode"),
        *("wahrung", "waehrung", "devise", "moneda", "divisa", "valuta", "munt", "moeda"),
    ),
    "email": (
        *("email", "emailaddress", "customeremail", "billingemail", "buyeremail", "buyeremailaddress", "mail"),
        *("emailadresse", "adresseemail", "courriel", "correo", "correoelectronico", "emailadres"),
    ),
    "consent": ("acceptsmarketing", "consent", "marketingconsent", "emailconsent", "optin", "newsletter"),
    "cancelled": (
        *("cancelledat", "canceledat", "cancelled", "canceled", "iscancelled", "orderstatus", "status"),
        *("storniertam", "storniert", "bestellstatus", "auftragsstatus", "statut", "statutcommande"),
        *("estado", "estadodelpedido", "bestelstatus", "stato", "statoordine"),
    ),
}
"""Known headers for each role, normalised by `plain`: lower case, no accents, letters and digits only."""

ORDER_TOTALS: Final = frozenset(
    {
        *("ordertotal", "ordertotalinctax", "ordervalue", "orderamount", "grandtotal", "grandtotalpurchased"),
        *("grandtotalbase", "totalpaid", "totalpaidtaxincl", "bestellsumme", "bestellwert", "totalcommande"),
        "totalpedido",
    }
)
"""Headers of the amount that always mean the whole order, even in a file with one row per line."""


def plain(header: str) -> str:
    """Strip case, accents, spaces and punctuation from a header: `Währung` → `wahrung`, `N° client` → `nclient`."""
    bare = unicodedata.normalize("NFKD", header.casefold())
    return re.sub(r"[^a-z0-9]", "", bare)
