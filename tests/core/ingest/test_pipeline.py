"""Versions, and appends to them."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from ibis.backends.duckdb import Backend

from core.engine import Engine
from core.ingest.pipeline import Earlier, write_version
from core.ingest.reading.any_format import read_raw
from core.ingest.sources.files import SourceFile
from core.ingest.sources.read_options import ReadOptions
from core.ingest.unattended import planned_file
from tests.conftest import NOW, ingest_files
from tests.logs import SMALL, Ingest, Ingested, plain_log, write_csv, write_small_log

TABLES = ("rows", "orders", "returns", "product_days")
MORE = [*plain_log(6), *SMALL[3:8], SMALL[0]]
"""Lines of a second file, some of which are also in the small log."""


def earlier(version: Ingested) -> Earlier:
    """Return a version to append to."""
    details = version.details()
    return Earlier(
        folder=version.folder,
        names=tuple(details["files"]),
        rejected=details["rejected"],
    )


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ingested]:
    """Return a version of the small log and the second file, read together."""
    folder = tmp_path_factory.mktemp("together")
    opened = Engine(folders=[folder])
    with opened.session() as connection:
        files = write_small_log(folder / "small.csv"), write_csv(folder / "more.csv", MORE)
        yield ingest_files(connection, folder, files)
    opened.close()


def test_version_has_its_tables_and_its_report_and_nothing_else(small: Ingested) -> None:
    expected = sorted([*(f"{name}.parquet" for name in (*TABLES, "rejects")), "quality.json"])
    assert sorted(path.name for path in small.folder.iterdir()) == expected


def test_appending_is_the_same_as_reading_together(
    ingest: Ingest, tmp_path: Path, small: Ingested, together: Ingested
) -> None:
    """The version appended to stays unchanged."""
    before = {path.name: path.read_bytes() for path in small.folder.iterdir()}
    appended = ingest(write_csv(tmp_path / "more.csv", MORE), earlier=earlier(small))
    assert appended.report == together.report
    for name in TABLES:
        pd.testing.assert_frame_equal(appended.frame(name), together.frame(name))
    assert appended.details()["files"] == ["small.csv", "more.csv"]
    assert {path.name: path.read_bytes() for path in small.folder.iterdir()} == before


def test_appending_the_same_file_adds_duplicates_and_changes_no_figure(
    ingest: Ingest, small: Ingested, small_log: Path
) -> None:
    again = ingest(small_log, earlier=earlier(small))
    assert again.report.removed["duplicate"] == small.report.removed["duplicate"] + 12
    for name in ("orders", "returns", "product_days"):
        pd.testing.assert_frame_equal(again.frame(name), small.frame(name))


def test_ragged_rows_of_earlier_files_stay_counted(ingest: Ingest, tmp_path: Path, small: Ingested) -> None:
    base = Earlier(folder=small.folder, names=("small.csv",), rejected=40)
    path = write_csv(tmp_path / "more.csv", plain_log())
    path.write_text(path.read_text() + "c,d\n")
    appended = ingest(path, earlier=base)
    assert appended.report.removed["unreadable"] == 40 + 1 + 1
    assert appended.details()["rejected"] == 41
    assert [(row["file"], row["line"], row["text"]) for row in appended.rejects()] == [
        ("more.csv", 14, "c,d"),
        ("small.csv", 9, "1006,B2,Mug,two,2024-03-06 14:00,4.00,18,France"),
    ]


def test_order_of_files_does_not_matter_to_any_figure(ingest: Ingest, tmp_path: Path, together: Ingested) -> None:
    back = ingest(write_csv(tmp_path / "more.csv", MORE), write_small_log(tmp_path / "small.csv"))
    assert back.report == together.report
    for name in ("orders", "returns", "product_days"):
        pd.testing.assert_frame_equal(back.frame(name), together.frame(name))


def test_order_of_rows_does_not_matter_to_any_figure(ingest: Ingest, tmp_path: Path, small: Ingested) -> None:
    back = ingest(write_csv(tmp_path / "back.csv", SMALL[::-1]))
    assert back.report == small.report
    for name in ("orders", "returns", "product_days"):
        pd.testing.assert_frame_equal(back.frame(name), small.frame(name))


def test_progress_rises_to_one_and_says_what_is_done(connection: Backend, tmp_path: Path, small_log: Path) -> None:
    source = SourceFile(name="small.csv", path=small_log)
    [raw] = read_raw(connection.con, source, tmp_path, ReadOptions())
    planned = planned_file(connection, raw, {}, dates="ymd", timezone="UTC")
    shown: list[tuple[float, str]] = []
    folder = tmp_path / "version"
    folder.mkdir()
    write_version(connection, [planned], folder, now=NOW, progress=lambda share, what: shown.append((share, what)))
    shares = [share for share, _ in shown]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert all(what for _, what in shown)
