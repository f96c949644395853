"""Currency codes and symbols, and datasets limited to one currency."""

from pathlib import Path

import ibis
import pandas as pd
import pytest
from ibis.backends.duckdb import Backend

from core.errors import InputError
from core.ingest.cleaning.read_plan import ReadPlan
from core.ingest.pipeline import Earlier
from core.ingest.recognising.currencies import CurrencyRows, check_code, currencies_of, near
from tests.logs import HEADER, Ingest, Ingested, plain_log, write_csv


def log(path: Path, *currencies: str) -> Path:
    """Write a plain log with these currencies in turn; amounts are 2.50, 5.00, 7.50, …."""
    rows = plain_log(len(currencies))
    return write_csv(path, [(*row, code) for row, code in zip(rows, currencies, strict=True)], (*HEADER, "Currency"))


def earlier_of(version: Ingested) -> Earlier:
    """Return a version of one file, to append to."""
    return Earlier(folder=version.folder, names=("first.csv",), rejected=0)


def test_codes_and_signs_are_counted_as_one(connection: Backend) -> None:
    """Row numbers are those of the file, with the header as row 1."""
    texts = ["", "USD", "EUR", " eur ", "€", "$", "A$", "EUR", "xyz", None]
    frame = pd.DataFrame({"c": texts, "file_row_number": range(len(texts))})
    table = connection.create_table("currencies", ibis.memtable(frame), temp=True)
    assert currencies_of(table, "c") == (
        CurrencyRows("EUR", 4, 4),
        CurrencyRows("USD", 2, 3),
        CurrencyRows("AUD", 1, 8),
        CurrencyRows("XYZ", 1, 10),
    )


@pytest.mark.parametrize(("text", "code"), [("EUR", "EUR"), (" eur", "EUR"), ("€", "EUR"), ("ca$", "CAD")])
def test_codes_of_a_user(text: str, code: str) -> None:
    assert check_code(text) == code


@pytest.mark.parametrize("text", ["", "EURO", "E1R", "12€", "ÄÖÜ"])
def test_what_is_no_code_is_named(text: str) -> None:
    with pytest.raises(InputError, match=rf"^The currency must be a.* code such as EUR, got “{text}”\.$"):
        check_code(text)


def test_rows_in_another_currency_are_unreadable_and_say_why(ingest: Ingest, tmp_path: Path) -> None:
    """2.50 + 7.50 in euros, plus 10.00 with a blank currency, which counts as the others."""
    version = ingest(log(tmp_path / "log.csv", "EUR", "$", "€", ""), currency="EUR")
    rows = version.frame("rows")
    assert rows["problem"].dropna().tolist() == ["Currency: “$” is not EUR"]
    assert version.reasons() == [None, "unreadable", None, None]
    assert version.report.revenue == 20.0
    assert rows["currency"].astype("object").where(rows["currency"].notna(), None).tolist() == [
        "EUR",
        "USD",
        "EUR",
        None,
    ]


def test_refunds_in_another_currency_are_no_returns(ingest: Ingest, tmp_path: Path) -> None:
    """Of the two cancelled orders, only the one in euros is a return: 2.50."""
    rows = [
        *((*row, "EUR") for row in plain_log(2)),
        ("C9", "A1", "Cup", "-1", "2024-02-01 10:00", "2.50", "100", "UK", "EUR"),
        ("C8", "A1", "Cup", "-1", "2024-02-01 10:00", "9.99", "100", "UK", "USD"),
    ]
    version = ingest(write_csv(tmp_path / "log.csv", rows, (*HEADER, "Currency")), currency="EUR")
    assert version.report.returned == 2.5
    assert version.report.removed["cancelled"] == 2


def test_one_currency_needs_no_choice(ingest: Ingest, tmp_path: Path) -> None:
    version = ingest(log(tmp_path / "log.csv", "GBP", "gbp", "£", ""))
    assert version.report.rows_kept == 4
    assert version.plans[0].currencies == (CurrencyRows("GBP", 3, 2),)


def test_choice_without_a_column_changes_nothing(ingest: Ingest, tmp_path: Path) -> None:
    assert ingest(write_csv(tmp_path / "log.csv", plain_log()), currency="EUR").report.rows_kept == 12


def test_file_in_another_currency_than_the_dataset_is_refused(ingest: Ingest, tmp_path: Path) -> None:
    first = ingest(log(tmp_path / "first.csv", "EUR", "EUR"))
    second = log(tmp_path / "second.csv", "USD", "EUR", "USD")
    message = (
        r"^second\.csv, column “Currency”: 2 currencies, USD \(2 rows, first in row 2\), EUR \(1 row, first in row "
        r"3\)\. Choose one, such as --currency EUR; rows in other currencies are then excluded\.$"
    )
    with pytest.raises(InputError, match=message):
        ingest(second, earlier=earlier_of(first))
    with pytest.raises(InputError, match=r"a dataset can have only one currency, and this one is in EUR\. Choose"):
        ingest(second, earlier=earlier_of(first), currency="USD")
    appended = ingest(second, earlier=earlier_of(first), currency="EUR")
    assert appended.report.removed["unreadable"] == 2
    # The EUR row of the second file is 5.00 of order 1002, as the second row of the first file is.
    assert (appended.report.rows_kept, appended.report.removed["duplicate"]) == (2, 1)


def test_datasets_that_are_mixed_already_can_grow(ingest: Ingest, tmp_path: Path) -> None:
    """Versions from before this rule stay usable."""
    first = ingest(log(tmp_path / "first.csv", "EUR", "EUR"))
    rows = first.frame("rows")
    rows.loc[1, "currency"] = "USD"
    rows.to_parquet(first.folder / "rows.parquet")
    ingest(log(tmp_path / "second.csv", "USD", "USD", "USD"), earlier=earlier_of(first))


def test_plan_says_which_currency_counts(ingest: Ingest, tmp_path: Path) -> None:
    plan: ReadPlan = ingest(log(tmp_path / "log.csv", "EUR", "USD"), currency="USD").plans[0]
    assert (plan.currency, [entry.code for entry in plan.currencies]) == ("USD", ["EUR", "USD"])


@pytest.mark.parametrize("text", ["ZZZ", "eux", "XXX"])
def test_code_that_iso_4217_does_not_have_is_refused_with_codes_near_it(text: str) -> None:
    with pytest.raises(
        InputError, match=rf"^The currency must be an ISO 4217 code .*, got “{text}” \(did you mean [A-Z]{{3}}"
    ):
        check_code(text)


@pytest.mark.parametrize("text", ["gbp", "DEM", "XOF"])
def test_codes_of_today_and_of_the_past_are_known(text: str) -> None:
    assert check_code(text) == text.upper()


def test_currencies_of_the_past_are_not_proposed() -> None:
    assert "did you mean" in near("FFR")
    assert "FRF" not in near("FFR")


def test_unknown_codes_of_a_file_are_never_proposed(ingest: Ingest, tmp_path: Path) -> None:
    """Any code proposed as `--currency` must also be accepted."""
    path = log(tmp_path / "log.csv", "EURO", "EURO", "GBP")
    with pytest.raises(InputError, match="Choose one, such as --currency GBP"):
        ingest(path)
    with pytest.raises(InputError, match=r"none of them is an ISO 4217 code \(did you mean EUR"):
        ingest(log(tmp_path / "other.csv", "EURO", "EURO", "ZZZ"))
    assert ingest(log(tmp_path / "one.csv", "EURO", "EURO")).report.rows_kept == 2
