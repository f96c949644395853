"""Redaction hides credentials in every form of address, and leaves the rest readable."""

import logging
import time

import pytest

from core.redaction import guard_logs, redacted, redacted_address, redacted_all, secrets_of
from core.settings import Settings

SECRET = "hunter2-Geheim"  # noqa: S105  nobody's


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://ann:{}@files.example.com/orders.csv", "https://***@files.example.com/orders.csv"),
        ("https://{}@files.example.com:8443/a.csv", "https://***@files.example.com:8443/a.csv"),
        ("https://{}:x-oauth-basic@example.com/a.csv", "https://***@example.com/a.csv"),
        ("HTTPS://ann:{}@example.com/a.csv", "HTTPS://***@example.com/a.csv"),
        ("https://ann:a/{}@example.com/a.csv", "https://***@example.com/a.csv"),
        ("https://ann:a#{}@example.com/a.csv", "https://***@example.com/a.csv"),
        ("https://ann:a?{}@example.com/a.csv", "https://***@example.com/a.csv"),
        ("https://ann:a@{}@example.com/a.csv", "https://***@example.com/a.csv"),
        ("https://ann:a {}@example.com/a.csv", "https://***@example.com/a.csv"),
        ("https://ann:{}/a.csv", "https://***@/a.csv"),
        ("https://[::1]:80/a.csv?key={}", "https://[::1]:80/a.csv?key=***"),
        ("https://example.com/a.csv?token={}", "https://example.com/a.csv?token=***"),
        ("https://example.com/a.csv?rlkey={}&dl=1", "https://example.com/a.csv?rlkey=***&dl=***"),
        ("https://a.example/a.csv?X-Amz-Date=1&X-Amz-Signature={}", "https://a.example/a.csv?X-Amz-Date=***&X-Amz-Signature=***"),
        ("https://example.com/a.csv?sv=1;sig={}", "https://example.com/a.csv?sv=***;sig=***"),
        ("https://example.com/a.csv?{}", "https://example.com/a.csv?***"),
        ("https://example.com/a.csv#{}", "https://example.com/a.csv#***"),
        ("https://example.com/a.csv;jsessionid=1?a=1#access_token={}", "https://example.com/a.csv;jsessionid=1?a=***#***"),
        ("https://example.com/hooks/hunter2Geheim0123456789abc/{}", None),
        ("https%3A%2F%2Fann%3A{}%40example.com%2Fa.csv", "https://***@example.com/a.csv"),
        ("https%253A%252F%252Fann%253A{}%2540example.com%252Fa.csv", "https://***@example.com/a.csv"),
        ("https://example.com/a.csv?next=https%3A%2F%2Fann%3A{}%40b.example", "https://example.com/a.csv?next=***"),
        ("postgresql://ann:{}@db:5432/shop", "postgresql://***@db:5432/shop"),
        ("postgresql+psycopg://ann:{}@db/shop?sslmode=require", "postgresql+psycopg://***@db/shop?sslmode=require"),
        ("postgresql://db/shop?user=ann&password={}", "postgresql://db/shop?user=***&password=***"),
        ("postgres://ann:'{}'@db/shop", "postgres://***@db/shop"),
        ("mysql://ann:p@{}@db/shop", "mysql://***@db/shop"),
        ("mysql://ann:p@s/{}@db/shop", "mysql://***@db/shop"),
        ("mysql://ann:p@s?{}@db/shop", "mysql://***@db/shop"),
        ("https://ann:p@s/{}@example.com/a.csv", "https://***@example.com/a.csv"),
        ("https://ann:{}@example.com/path/@handle?page=1", "https://***@example.com/path/@handle?page=***"),
        ("mysql://ann:p@{}@db/shop?mail=a@b", "mysql://***@db/shop?mail=***"),
        ("mysql://ann:p/{}@db/shop?mail=a@b", "mysql://***@db/shop?mail=***"),
        ("postgresql://db/shop?sslmode={}", "postgresql://db/shop?sslmode=***"),
        ("redis://:{}@cache:6379/0", "redis://***@cache:6379/0"),
        ("snowflake://ann:{}@account/db/schema?warehouse=w", "snowflake://***@account/db/schema?warehouse=***"),
        ("sqlite:///shop.db?key={}", "sqlite:///shop.db?key=***"),
        ("duckdb:///md:shop?motherduck_token={}", "duckdb:///md:shop?motherduck_token=***"),
        ("md:shop?motherduck_token={}", "md:shop?motherduck_token=***"),
        ("host=db user=ann password={} dbname=shop", "host=db user=ann password=*** dbname=shop"),
        ("host=db password = 'my {} \\' word' dbname=shop", "host=db password = *** dbname=shop"),
        ("Server=db;Database=shop;User Id=ann;Password={};", "Server=db;Database=shop;User Id=ann;Password=***;"),
        ("AccountName=a;AccountKey={};EndpointSuffix=b", "AccountName=a;AccountKey=***;EndpointSuffix=b"),
        ("ann:{}@db/shop", "***@db/shop"),
        ("//ann:{}@db/shop", "//***@db/shop"),
        ("Authorization: Basic {}", "Authorization: ***"),
        ("PGPASSWORD={} psql", "PGPASSWORD=*** psql"),
    ],
)  # fmt: skip
def test_secret_of_an_address_is_hidden(address: str, shown: str | None) -> None:
    whole = address.format(SECRET)
    found = redacted_address(whole)
    if shown is not None:
        assert found == shown
        assert redacted(found) == found
        assert SECRET not in redacted(f"Reading “{found}” failed: {whole}.", whole)
        assert SECRET not in redacted(f"the driver says {SECRET!r} of it", whole)
    assert "0123456789abc" not in found


@pytest.mark.parametrize(
    "text",
    [
        "sqlite:////srv/data/shop.db", "sqlite:///shop.db?mode=ro", "duckdb:///home/a@b/shop.duckdb", "orders.csv",
        "/srv/orders/2026.csv.gz", "C:\\Users\\ann\\orders.csv", "https://files.example.com/2026/orders.csv",
        "http://localhost:8000/orders.csv.gz", "uci:352", "postgresql://db/shop", "--map customer=Client",
        "The server files.example.com answers 404: there is no such file; check the link.",
        "ada@shop.example", "at 12:30, see orders.csv", "design=4", "monkey=business", "“orders: new.csv”",
        "The file is protected by a password; remove it in Excel and upload it again.",
    ],
)  # fmt: skip
def test_what_holds_no_secret_stays(text: str) -> None:
    assert redacted(text) == text


def test_secrets_are_known_in_each_way_of_writing_them() -> None:
    found = secrets_of("postgresql://ann:p%40ss%2Fword@db/shop")
    assert {"p%40ss%2Fword", "p@ss/word"} <= found
    assert "ann" not in found
    assert redacted('role "ann", password "p@ss/word"', "postgresql://ann:p%40ss%2Fword@db/shop").endswith('"***"')
    assert redacted("the driver says p%2Bs%3Aword", "postgresql://ann:p+s:word@db/shop").endswith("says ***")
    assert secrets_of("postgresql://reader@db/shop") == set()


def test_a_secret_that_is_part_of_any_word_leaves_other_text_readable() -> None:
    assert redacted("the table is at fault", "https://h/x?page=at") == "the table is at fault"


def test_parameters_of_motherduck_are_hidden_like_those_of_links() -> None:
    assert redacted("md:shop?session=abc&access_mode=read_only") == "md:shop?session=***&access_mode=read_only"
    assert redacted("nobody is called geheim", "md:shop?user=geheim") == "nobody is called ***"


def test_values_are_redacted_wherever_they_stand() -> None:
    told = {"files": [f"https://ann:{SECRET}@h/x.csv", "b.csv"], "rows": 3, "deep": {"a": [f"token={SECRET}"]}}
    assert redacted_all(told) == {"files": ["https://***@h/x.csv", "b.csv"], "rows": 3, "deep": {"a": ["token=***"]}}


@pytest.mark.parametrize("part", ["a", "token", "a:", "key.", "'secret", "a%253A", "://", "pass=", "a@"])
def test_long_texts_take_no_time(part: str) -> None:
    """A log message may quote a cell of 100 KB, which would block other threads."""
    begun = time.process_time()
    redacted(part * (100_000 // len(part)))
    assert time.process_time() - begun < 2


def test_logs_hold_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    before = logging.getLogRecordFactory()
    guard_logs(f"postgresql://ann:{SECRET}@db/shop")
    try:
        guard_logs()  # once is enough
        try:
            raise ValueError(f"https://ann:{SECRET}@h/x and {SECRET}")  # noqa: TRY301
        except ValueError:
            logging.getLogger("clientele.test").exception("Reading %s failed", f"https://h/x?token={SECRET}")
        logging.getLogger("clientele.test").error("The driver says %s", SECRET)
        unfit = logging.getLogRecordFactory()("clientele.test", logging.ERROR, "x.py", 1, "%d rows", ("no",), None)
    finally:
        logging.setLogRecordFactory(before)
    assert SECRET not in caplog.text
    assert "Reading https://h/x?token=*** failed" in caplog.text
    assert "ValueError: https://***@h/x and ***" in caplog.text
    assert "The driver says ***" in caplog.text
    assert unfit.args == ("no",)  # as it came: logging itself says what is wrong with it


def test_settings_show_no_password() -> None:
    url = f"postgresql://ann:{SECRET}@db/shop"
    settings = Settings(catalog_url=url, databases={"shop": url})
    assert SECRET not in repr(settings)
    assert settings.addresses() == (url, url)
