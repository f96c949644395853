"""The Movement page: each choice changes only the parts that depend on it."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from streamlit.testing.v1 import AppTest

from core.customers.rfm import RfmSpec, snapshot
from core.engine import Engine, parquet
from core.ingest.importing import import_files
from core.ingest.reading.any_format import read_raw
from core.ingest.sources.files import SourceFile
from core.ingest.sources.read_options import ReadOptions
from core.ingest.unattended import planned_file
from core.segments.clustering.fitting import fit
from core.segments.naming import CHURNING, LOYAL, POTENTIAL
from core.segments.segment_model import ClusterSpec
from core.segments.segment_registry import adopt, models_of, rename
from core.workspace.records import By, NewDataset
from core.workspace.store import Workspace
from tests.logs import plain_log, write_csv
from tests.pages.conftest import Open, choose

PAGE = "segment/movement.py"
FLOW = "Flow of customers from their segments on the first day to those on the second"
CELLS = "Customers by segment on the first day, in rows, and on the second, in columns"
BY = By(who="ada@shop.example")


def sentence(app: AppTest) -> str:
    return next(element.value for element in app.markdown if element.value.startswith("#####"))


def figures(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def tables(app: AppTest) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the customers behind the cell and those who slipped."""
    behind, slipped = (element.value for element in app.dataframe)
    return behind, slipped


def charts(app: AppTest) -> dict[str, str]:
    """Return the charts by their alternative texts."""
    return {chart.proto.alt: chart.proto.spec for chart in app.get("plotly_chart")}


def number(text: str) -> int:
    return int(text.replace(",", ""))


def shop(workspace: Path, folder: Path, rows: list[tuple[str, ...]]) -> None:
    """Create a dataset called tiny."""
    file = write_csv(folder / "tiny.csv", rows)
    engine = Engine(folders=[workspace], files=[file])
    scratch = workspace / "uploads" / "tiny"
    scratch.mkdir()
    with engine.session() as connection:
        [raw] = read_raw(connection.con, SourceFile(name=file.name, path=file), scratch, ReadOptions())
        planned = planned_file(connection, raw, {}, dates="ymd", timezone="UTC")
        new = NewDataset(name="Tiny", currency="GBP", id="tiny")
        import_files(Workspace(workspace), engine, [planned], new, now=datetime(2026, 1, 1), by=BY)  # noqa: DTZ001
    engine.close()


def test_last_month_is_compared_with_the_one_before(open_page: Open) -> None:
    app = open_page(PAGE)
    days = (app.query_params["from"], app.query_params["to"])
    start, end = (date.fromisoformat(str(day)) for day in days)
    assert (end - start).days in range(28, 32)
    assert f"In {end:%B %Y} " in sentence(app)
    shown = figures(app)
    assert list(shown) == ["Customers", "Moved up", "Slipped", "New", "Revenue at stake"]
    assert f"{shown['Moved up']} customers moved up and {shown['Slipped']} slipped" in sentence(app)
    assert all(metric.proto.help for metric in app.metric)
    assert len(charts(app)) == 4
    assert all(charts(app))


def test_words_add_up_to_all_customers(open_page: Open) -> None:
    app = open_page(PAGE)
    listed = words(app)
    sizes = [(int(a.replace(",", "")), int(b.replace(",", ""))) for a, b in _sizes(listed)]
    after, new = number(figures(app)["Customers"]), number(figures(app)["New"])
    assert (sum(a for a, _ in sizes), sum(b for _, b in sizes)) == (after - new, after)


def _sizes(listed: str) -> list[tuple[str, str]]:
    lines = [line.split(", from ")[1].split(":")[0].rstrip(".") for line in listed.splitlines()]
    return [(line.split(" to ")[0], line.split(" to ")[1]) for line in lines]


def test_another_first_day_changes_the_movement_and_not_who_slipped(open_page: Open) -> None:
    app = open_page(PAGE)
    before, drawn, said = tables(app), charts(app), figures(app)
    earlier = _values(app)[-6]
    choose(app, "from_widget", earlier)
    assert app.query_params["from"] == earlier
    assert "Between " in sentence(app)
    assert figures(app)["Customers"] == said["Customers"]  # all who had ordered until the second day
    assert number(figures(app)["New"]) > number(said["New"])
    assert tables(app)[1].equals(before[1])
    assert charts(app)[FLOW] != drawn[FLOW]


def options(app: AppTest, key: str) -> list[str]:
    """Return the labels of a picker."""
    widget: Any = app.get_by_key(key)
    return list(widget.options)


def _values(app: AppTest) -> list[str]:
    """Return the dates on offer in the link's form; labels look like `End of Nov 2011`."""
    found = []
    for label in options(app, "from_widget"):
        text = label.removesuffix(" (last day)").removeprefix("End of ")
        day = pd.to_datetime(text) + (pd.offsets.MonthEnd(1) if label.startswith("End") else pd.Timedelta(0))
        found.append(f"{day:%Y-%m-%d}")
    return found


def test_another_second_day_changes_who_slipped(open_page: Open) -> None:
    app = open_page(PAGE)
    slipped, drawn = tables(app)[1], charts(app)
    earlier = _values(app)[-5]
    choose(app, "to_widget", earlier)
    assert app.query_params["to"] == earlier
    assert app.query_params["from"] == _values(app)[-6]  # it would lie after the second day, and follows
    assert not tables(app)[1].equals(slipped)
    assert str(tables(app)[1]["slipped_on"].max())[:10] <= earlier
    assert charts(app)[FLOW] != drawn[FLOW]


def test_another_movement_changes_the_customers_and_nothing_else(open_page: Open) -> None:
    app = open_page(PAGE)
    (behind, slipped), said, drawn = tables(app), figures(app), charts(app)
    name = f"{CHURNING} → {CHURNING}"
    choose(app, "cell_widget", name)
    assert app.query_params["cell"] == name
    assert set(tables(app)[0]["segment_to"]) == {CHURNING}
    assert not tables(app)[0]["customer_id"].equals(behind["customer_id"])
    assert tables(app)[1].equals(slipped)
    assert figures(app) == said
    assert [alt for alt, spec in charts(app).items() if spec != drawn[alt]] == [CELLS]  # its frame moves


def test_a_movement_in_a_link_opens_its_customers(open_page: Open) -> None:
    app = open_page(PAGE, cell=f"{LOYAL} → {POTENTIAL}")
    behind = tables(app)[0]
    assert set(behind["segment_from"]) == {LOYAL}
    assert set(behind["segment_to"]) == {POTENTIAL}
    assert behind["at_stake"].is_monotonic_decreasing
    assert app.download_button(key="movement_download").label == f"Download {len(behind):,} customers"


def test_a_country_filters_all_of_it(open_page: Open) -> None:
    app = open_page(PAGE)
    everybody, drawn = number(figures(app)["Customers"]), charts(app)
    choose(app, "country_widget", "Germany")
    assert "customers from Germany" in sentence(app)
    assert number(figures(app)["Customers"]) < everybody
    assert all(set(table["country"]) == {"Germany"} for table in tables(app))
    assert all(spec != drawn[alt] for alt, spec in charts(app).items())


def test_days_the_wrong_way_round_are_exchanged(open_page: Open) -> None:
    app = open_page(PAGE)
    start, end = str(app.query_params["from"]), str(app.query_params["to"])
    other = open_page(PAGE, **{"from": end, "to": start})
    assert any("swapped" in element.value for element in other.caption)
    assert sentence(other) == sentence(app)
    assert figures(other) == figures(app)


def test_the_same_day_twice_moves_nobody(open_page: Open) -> None:
    app = open_page(PAGE)
    end = str(app.query_params["to"])
    choose(app, "from_widget", end)
    assert "Both dates are the same" in sentence(app)
    assert [figures(app)[name] for name in ("Moved up", "Slipped", "New")] == ["0", "0", "0"]


def test_a_day_that_is_not_there_is_said(open_page: Open) -> None:
    app = open_page(PAGE, **{"from": "1999-12-31", "to": "tomorrow"})
    said = [element.value for element in app.warning]
    assert any("1999" in text for text in said)
    assert any("tomorrow" in text for text in said)
    assert figures(app) == figures(open_page(PAGE))


def test_a_log_of_less_than_two_dates_is_too_short(open_page: Open, workspace: Path, tmp_path: Path) -> None:
    shop(workspace, tmp_path, plain_log())
    app = open_page(PAGE, dataset="tiny")
    assert "There isn't enough data" in sentence(app)
    assert "two dates" in app.info[0].value


def test_a_month_end_and_the_last_day_are_enough(open_page: Open, workspace: Path, tmp_path: Path) -> None:
    shop(workspace, tmp_path, plain_log(40, 9))  # 5 January to 13 February
    app = open_page(PAGE, dataset="tiny")
    assert (app.query_params["from"], app.query_params["to"]) == ("2024-01-31", "2024-02-13")
    assert "Between 31 Jan 2024 and 13 Feb 2024" in sentence(app)


def test_too_few_customers_for_segments(open_page: Open, workspace: Path, tmp_path: Path) -> None:
    shop(workspace, tmp_path, plain_log(40, 2))
    app = open_page(PAGE, dataset="tiny")
    assert "too few customers" in sentence(app)


def add_model(workspace: Path, k: int, as_of: date) -> None:
    """Fit a model of the demo shop as of a date and store it as the next version."""
    opened = Workspace(workspace)
    version = opened.version("demo", 1)
    engine = Engine(folders=[workspace])
    with engine.session() as connection:
        orders, returns = (parquet(connection, version.folder / f"{name}.parquet") for name in ("orders", "returns"))
        customers: Any = snapshot(orders, returns, RfmSpec(as_of=as_of)).execute()
    engine.close()
    adopt(opened, version, fit(customers, ClusterSpec(k=k)), as_of, BY)


def words(app: AppTest) -> str:
    return next(element.value for element in app.markdown if element.value.startswith("- **"))


def test_movement_begins_under_the_model_in_force_and_shows_a_refit_apart(open_page: Open, unfitted: Path) -> None:
    add_model(unfitted, 4, date(2025, 6, 1))
    add_model(unfitted, 4, date(2026, 9, 15))  # after the first day of the page, the end of August
    app = open_page(PAGE)
    assert "the refit " in words(app)
    choose(app, "model_widget", "2")
    assert app.query_params["model"] == "2"
    assert "the refit " not in words(app)


def test_other_segments_are_those_of_the_newest_model_and_not_mixed(open_page: Open, unfitted: Path) -> None:
    add_model(unfitted, 3, date(2025, 6, 1))
    add_model(unfitted, 4, date(2026, 9, 15))
    app = open_page(PAGE)
    assert CHURNING in words(app)
    assert "refit" not in words(app)
    choose(app, "model_widget", "1")
    assert CHURNING not in words(app)
    assert "refit" not in words(app)
    assert any("entirely different segments" in element.value for element in app.caption)


def test_an_edited_name_is_on_the_page_and_moves_nobody(open_page: Open, workspace: Path) -> None:
    app = open_page(PAGE)
    said = figures(app)
    rename(Workspace(workspace), "demo", CHURNING, "Sleepers", BY)
    app.run()
    assert figures(app) == said
    assert "model_widget" not in app.session_state
    assert "Sleepers" in words(app)
    assert CHURNING not in words(app)
    assert len(models_of(Workspace(workspace), "demo")) == 2
