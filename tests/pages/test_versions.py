"""The Versions page: compare, restore, rename and delete, with an immediate effect on every page."""

import shutil
from datetime import datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.engine import Engine
from core.errors import NotFoundError
from core.ingest.importing import import_files
from core.ingest.reading.any_format import read_raw
from core.ingest.sources.files import SourceFile
from core.ingest.sources.read_options import ReadOptions
from core.ingest.unattended import planned_file
from core.workspace.records import By, NewDataset, Version
from core.workspace.store import Workspace
from tests.logs import plain_log, write_csv
from tests.pages.conftest import PROJECT, SECONDS, Open, choose

SHOP = NewDataset(name="Tiny *shop*", currency="GBP", id="tiny")


@pytest.fixture(scope="module")
def with_tiny(demo_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a dataset of two versions, made once: 12 orders of 6 customers, then 15 of 9."""
    folder = tmp_path_factory.mktemp("tiny")
    workspace = folder / "workspace"
    shutil.copytree(demo_workspace, workspace)
    opened, rows = Workspace(workspace), plain_log(15, 9)
    files = [write_csv(folder / f"{name}.csv", part) for name, part in (("a", rows[:6]), ("b", rows[4:]))]
    engine = Engine(folders=[workspace], files=files)
    target: NewDataset | Version = SHOP
    for number, file in enumerate(files):
        scratch = workspace / "uploads" / str(number)
        scratch.mkdir()
        with engine.session() as connection:
            source = SourceFile(name=file.name, path=file)
            [raw] = read_raw(connection.con, source, scratch, ReadOptions())
            planned = planned_file(connection, raw, {}, dates="ymd", timezone="UTC")
            by = By(who="ada@shop.example")
            target = import_files(opened, engine, [planned], target, now=datetime(2026, 1, 1), by=by)  # noqa: DTZ001
    engine.close()
    opened.catalog().dispose()
    return workspace


@pytest.fixture
def tiny(workspace: Path, with_tiny: Path) -> Workspace:
    """Return the app's workspace with that dataset."""
    shutil.rmtree(workspace)
    shutil.copytree(with_tiny, workspace)
    return Workspace(workspace)


def sentence(app: AppTest) -> str:
    return next(element.value for element in app.markdown if element.value.startswith("#####"))


def figures(app: AppTest) -> dict[str, tuple[str, str]]:
    return {metric.label: (metric.value, metric.delta) for metric in app.metric}


def press(app: AppTest, *keys: str) -> AppTest:
    for key in keys:
        app.button(key=key).click().run()
        assert not app.exception
    return app


def test_what_the_newest_upload_changed(open_page: Open, tiny: Workspace) -> None:
    """The first 6 orders are 2.50 to 15.00, 52.50 in total; the next 9 add 2.5 × (7 + … + 15) = 247.50."""
    app = open_page("data/versions.py", dataset="tiny")
    assert "Version 2 added 9 orders and 3 customers on" in sentence(app)
    assert figures(app) == {
        "Rows kept": ("15", "+9"),
        "Customers": ("9", "+3"),
        "Orders": ("15", "+9"),
        "Revenue, gross": ("£300", "+£248"),
        "Returned": ("£0", "0"),
    }
    assert [expander.label for expander in app.expander] == ["New orders: 9"]
    [orders, versions, trail] = [frame.value for frame in app.dataframe]
    assert orders["order_id"].tolist() == [str(number) for number in range(1007, 1016)]
    assert versions[["Version", "Action", "Who", "Files", "Rows kept"]].to_numpy().tolist() == [
        [2, "Orders added to version 1", "ada@shop.example", "a.csv, b.csv", 15],
        [1, "Dataset created", "ada@shop.example", "a.csv", 6],
    ]
    assert trail["what"].tolist() == ["Added orders to version 1: version 2", "Created the dataset, version 1"]


def test_any_two_versions_are_compared_by_link(open_page: Open, tiny: Workspace) -> None:
    app = open_page("data/versions.py", dataset="tiny", version="1", **{"with": "2"})
    assert "against version 2, removed 9 orders and 3 customers" in sentence(app)
    choose(app, "with_widget", "1")
    assert "compared with itself" in sentence(app)
    assert app.query_params["with"] == ["1"] or app.query_params["with"] == "1"
    app = open_page("data/versions.py", dataset="tiny", version="7")
    assert "“7”" in app.warning[0].value
    assert "Version 2 added" in sentence(app)


def test_restore_makes_a_version_that_all_pages_show(open_page: Open, tiny: Workspace) -> None:
    app = open_page("data/versions.py", dataset="tiny")
    app = press(app, "versions_restore", "versions_restore_sure")
    assert tiny.dataset("tiny").latest == 3
    assert "Version 3 restored version 1 on" in sentence(app)
    assert "removed 9 orders and 3 customers" in sentence(app)
    assert figures(app)["Rows kept"] == ("6", "-9")
    assert app.toast[0].value.startswith("Version 1 was restored")
    assert figures(open_page("data/quality.py", dataset="tiny"))["Rows kept"][0] == "6"


def test_delete_of_the_newest_version_shows_the_one_before(open_page: Open, tiny: Workspace) -> None:
    app = open_page("data/versions.py", dataset="tiny")
    app.selectbox(key="versions_chosen").select(2).run()
    assert app.button(key="versions_restore").disabled
    app = press(app, "versions_delete", "versions_delete_sure")
    assert "nothing to compare yet" in sentence(app)
    assert app.button(key="versions_delete").disabled
    assert tiny.dataset("tiny").latest == 1
    assert app.dataframe[0].value["Action"].tolist() == ["Orders added to version 1; deleted", "Dataset created"]
    assert figures(open_page("data/quality.py", dataset="tiny"))["Rows kept"][0] == "6"


def test_rename(open_page: Open, tiny: Workspace) -> None:
    app = press(open_page("data/versions.py", dataset="tiny"), "versions_rename")
    app.text_input(key="versions_name").set_value("Big shop").run()
    app = press(app, "versions_rename_sure")
    assert tiny.dataset("tiny").name == "Big shop"
    assert "Big shop" in app.selectbox(key="dataset_widget").options


def test_delete_of_a_dataset_asks_for_its_name(open_page: Open, tiny: Workspace) -> None:
    app = press(open_page("data/versions.py", dataset="tiny"), "versions_delete_dataset")
    app.text_input(key="versions_typed").set_value("tiny").run()
    assert app.button(key="versions_delete_dataset_sure").disabled
    app.text_input(key="versions_typed").set_value("Tiny *shop*").run()
    app = press(app, "versions_delete_dataset_sure")
    with pytest.raises(NotFoundError):
        tiny.dataset("tiny")
    assert app.selectbox(key="dataset_widget").options == ["Demo gift shop"]
    assert not app.warning
    assert "nothing to compare yet" in sentence(app)


def test_what_somebody_else_did_meanwhile_is_told_in_the_dialog(open_page: Open, tiny: Workspace) -> None:
    app = press(open_page("data/versions.py", dataset="tiny"), "versions_restore")
    tiny.delete_version("tiny", 1, By(who="ben"))
    app = press(app, "versions_restore_sure")
    assert "was deleted" in app.error[0].value


def test_dataset_with_one_version(open_page: Open) -> None:
    app = open_page("data/versions.py", dataset="demo")
    assert "nothing to compare yet" in sentence(app)
    assert not app.metric


def test_catalog_that_is_lost_is_one_sentence_and_changes_nothing(workspace: Path) -> None:
    (workspace / "catalog.sqlite").unlink()
    before = sorted(workspace.rglob("*"))
    app = AppTest.from_file(str(PROJECT / "core" / "ui" / "shell.py"), default_timeout=SECONDS).run()
    assert not app.exception
    said = [error.value.replace("\\", "") for error in app.error]
    assert any("but its catalog" in one and "python -m core adopt" in one for one in said)
    assert sorted(workspace.rglob("*")) == before
