"""Rows of a version as written by an earlier Clientele."""

from pathlib import Path

from ibis.backends.duckdb import Backend

from core.ingest.pipeline import Earlier
from core.ingest.saved_rows import saved_rows
from core.schema import ROWS
from tests.logs import Ingest, plain_log, write_csv


def test_versions_without_the_column_can_be_appended_to(connection: Backend, ingest: Ingest, tmp_path: Path) -> None:
    """Twelve orders were stored before `cancelled` existed; the same file adds nothing, another one its own orders."""
    log = write_csv(tmp_path / "log.csv", plain_log())
    version = ingest(log)
    version.frame("rows").drop(columns="cancelled").to_parquet(version.folder / "rows.parquet")
    saved = saved_rows(connection, version.folder)
    assert saved.columns == tuple(ROWS)
    assert saved.cancelled.isnull().all().execute()
    earlier = Earlier(folder=version.folder, names=("log.csv",), rejected=0)
    report = ingest(log, write_csv(tmp_path / "more.csv", plain_log(13)[12:]), earlier=earlier).report
    assert (report.rows_kept, report.removed["duplicate"], report.removed["cancelled"]) == (13, 12, 0)
