"""Sources of orders other than the user's computer on the Upload page."""

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.ui.caching import cached
from tests.pages.conftest import SECONDS, choose

Calls = list[dict[str, Any]]


def script() -> None:
    """Draw only the source picker."""
    from core.ui.upload import source_picker  # noqa: PLC0415  AppTest takes this function's source and nothing around it

    source_picker.other_sources(source_picker.choose_source(), who="Ada")


@pytest.fixture
def submitted(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """Record submitted jobs instead of running them."""
    calls: Calls = []

    def submit(
        _workspace: object, kind: str, spec: dict[str, Any], *, title: str, who: str,
        secret: dict[str, str],
    ) -> str:  # fmt: skip
        asked = {name: spec[name] for name in spec if name != "staged"}
        calls.append({"kind": kind, "title": title, "who": who, **asked, **({"secret": secret} if secret else {})})
        assert len(spec["staged"]) == 24
        return "job"

    monkeypatch.setattr("core.jobs.submit", submit)
    return calls


def open_part(source: str) -> AppTest:
    """Open the picker and choose a source."""
    app = AppTest.from_function(script, default_timeout=SECONDS).run()
    choose(app, "source_kind", source)
    assert not app.exception
    return app


def press(app: AppTest) -> None:
    """Press the source's button."""
    app.button(key="source_go").click().run()
    assert not app.exception


@pytest.mark.parametrize(
    ("source", "setting"),
    [
        ("The server", "CLIENTELE_ALLOWED_FOLDERS"),
        ("A link", "CLIENTELE_ALLOWED_HOSTS"),
        ("A database", "CLIENTELE_DATABASES"),
    ],
)
def test_what_is_not_set_is_explained(workspace: Path, submitted: Calls, source: str, setting: str) -> None:
    app = open_part(source)
    assert f"`{setting}`" in app.info[0].value
    assert not app.error
    assert not app.button


def test_a_path(workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, submitted: Calls) -> None:
    monkeypatch.setenv("CLIENTELE_ALLOWED_FOLDERS", str(tmp_path))
    (tmp_path / "orders.csv").write_text("a", encoding="utf-8")
    app = open_part("The server")
    press(app)
    assert app.error[0].value == "Enter an address first."
    app.text_input(key="source_path").set_value("/etc/passwd")
    press(app)
    assert "is outside the folders" in app.error[0].value
    assert submitted == []
    app.text_input(key="source_path").set_value(" orders.csv ")
    press(app)
    assert not app.error
    title = "Read orders.csv on the server"
    assert submitted == [{"kind": "address", "address": "orders.csv", "title": title, "who": "Ada"}]


def test_a_link(workspace: Path, monkeypatch: pytest.MonkeyPatch, submitted: Calls) -> None:
    monkeypatch.setenv("CLIENTELE_ALLOWED_HOSTS", "*.example.com")
    app = open_part("A link")
    app.text_input(key="source_link").set_value("https://evil.com/x.csv")
    press(app)
    assert "aren't allowed" in app.error[0].value
    link = "https://me:secret@a.example.com/b/orders.csv?key=secret"
    app.text_input(key="source_link").set_value(link)
    press(app)
    title = "Fetch orders.csv from a.example.com"
    shown = "https://***@a.example.com/b/orders.csv?key=***"
    assert submitted == [
        {"kind": "address", "address": shown, "title": title, "who": "Ada", "secret": {"address": link}}
    ]


def test_a_database(workspace: Path, monkeypatch: pytest.MonkeyPatch, submitted: Calls) -> None:
    monkeypatch.setenv("CLIENTELE_DATABASES", '{"shop": "postgresql://reader:secret@host/shop"}')
    app = open_part("A database")
    press(app)
    assert app.error[0].value == "Enter a table first."
    app.text_input(key="source_table").set_value("sales.orders")
    press(app)
    choose(app, "source_what", "Query")
    app.text_area(key="source_query").set_value("SELECT 1")
    press(app)
    shared = {"kind": "database", "connection": "shop", "who": "Ada"}
    assert submitted == [
        {**shared, "table": "sales.orders", "title": "Read sales.orders of the database shop"},
        {**shared, "query": "SELECT 1", "title": "Read a query of the database shop"},
    ]
    assert "secret" not in str(app)


def test_uci(workspace: Path, submitted: Calls) -> None:
    app = open_part("UCI example")
    assert "CC BY 4.0" in app.caption[0].value
    press(app)
    assert submitted == [{"kind": "uci", "title": "Download Online Retail from UCI", "who": "Ada"}]


def test_this_computer_shows_nothing(workspace: Path, submitted: Calls) -> None:
    app = AppTest.from_function(script, default_timeout=SECONDS).run()
    assert not app.button
    assert not app.info


def test_databases_of_the_secrets(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIENTELE_DATABASES", '{"both": "postgresql://environment"}')
    app = AppTest.from_function(script, default_timeout=SECONDS)
    app.secrets["connections"] = {
        "shop": {"url": "postgresql://secrets"},
        "both": {"url": "postgresql://secrets"},
        "other": {"dialect": "mysql"},
    }
    app.run()
    choose(app, "source_kind", "A database")
    assert app.selectbox(key="source_database").options == ["shop", "both"]


def test_without_secrets(workspace: Path) -> None:
    assert cached.settings().databases == {}
