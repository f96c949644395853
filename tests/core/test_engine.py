"""The engine can only read the given folders and files."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from ibis.backends.duckdb import Backend

from core.engine import Engine, computed


def parquet(path: Path, value: int = 1) -> Path:
    """Write a table of one cell."""
    path.parent.mkdir(exist_ok=True)
    pd.DataFrame({"a": [value]}).to_parquet(path)
    return path


def test_allowed_folders_are_read_and_written(connection: Backend, tmp_path: Path) -> None:
    table = connection.read_parquet(str(parquet(tmp_path / "below" / "in.parquet", 7)))
    table.to_parquet(str(tmp_path / "out.parquet"))
    assert pd.read_parquet(tmp_path / "out.parquet")["a"].tolist() == [7]


def test_single_files_are_read_besides(tmp_path: Path) -> None:
    named, other = parquet(tmp_path / "named.parquet", 5), parquet(tmp_path / "other.parquet")
    engine = Engine(folders=[], files=[named])
    with engine.session() as connection:
        assert connection.read_parquet(str(named)).execute()["a"].tolist() == [5]
        with pytest.raises(duckdb.PermissionException):
            connection.read_parquet(str(other))
    engine.close()


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM '{outside}/secret.parquet'",
        "SELECT * FROM read_text('{outside}/secret.parquet')",
        "SELECT * FROM glob('{outside}/*')",
        "SELECT * FROM '{inside}/../outside/secret.parquet'",
        "COPY (SELECT 1) TO '{outside}/made.csv'",
        "ATTACH '{outside}/made.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SELECT * FROM 'https://example.org/a.parquet'",
        "SET enable_external_access = true",
        "SET allowed_directories = ['{outside}']",
        "SET temp_directory = '{outside}'",
    ],
)
def test_nothing_outside_is_reached(tmp_path: Path, statement: str) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    parquet(outside / "secret.parquet")
    engine = Engine(folders=[inside])
    with engine.session() as connection, pytest.raises(duckdb.Error):
        connection.raw_sql(statement.format(inside=inside, outside=outside)).fetchall()
    assert [path.name for path in outside.iterdir()] == ["secret.parquet"]
    engine.close()


def test_variables_of_python_are_not_tables(connection: Backend) -> None:
    secret = pd.DataFrame({"a": [1]})
    with pytest.raises(duckdb.CatalogException, match="secret does not exist"):
        connection.con.execute("SELECT * FROM secret").fetchall()
    assert connection.raw_sql("SELECT current_setting('python_enable_replacements')").fetchone() == (False,)
    assert len(secret) == 1


def test_quotes_in_the_name_of_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / 'Ann\'s "shop"'
    path = parquet(folder / "in.parquet", 3)
    engine = Engine(folders=[folder])
    with engine.session() as connection:
        assert connection.read_parquet(str(path)).execute()["a"].tolist() == [3]
    engine.close()


def test_temporary_tables_end_with_their_session(engine: Engine) -> None:
    with engine.session() as one, engine.session() as other:
        computed(one.create_table("mine", pd.DataFrame({"a": [1]}), temp=True))
        assert len(one.list_tables()) == 2
        assert other.list_tables() == []
    with engine.session() as later:
        assert later.list_tables() == []


def test_computed_is_computed_once(connection: Backend) -> None:
    numbers = connection.create_table("numbers", pd.DataFrame({"a": [1, 2]}), temp=True)
    doubled = computed(numbers.mutate(a=numbers.a * 2))
    connection.raw_sql("DELETE FROM numbers")
    assert sorted(doubled.execute()["a"]) == [2, 4]


def test_threads_with_sessions_of_their_own_do_not_disturb_each_other(engine: Engine, tmp_path: Path) -> None:
    start = threading.Barrier(6)
    paths = [parquet(tmp_path / f"{number}.parquet", number) for number in range(6)]

    def work(number: int) -> list[int]:
        start.wait()
        found = []
        for _ in range(5):
            with engine.session() as connection:
                table = connection.read_parquet(str(paths[number]))
                made = connection.create_table("same_name", table.mutate(a=table.a + 1), temp=True)
                found.append(int(made.a.sum().execute()))
        return found

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(work, range(6))) == [[number + 1] * 5 for number in range(6)]


def test_memory_and_threads_are_limited(tmp_path: Path) -> None:
    engine = Engine(folders=[tmp_path], memory_gb=0.5, threads=1)
    with engine.session() as connection:
        limit, threads = connection.raw_sql(
            "SELECT current_setting('memory_limit'), current_setting('threads')"
        ).fetchone()
    assert (limit, threads) == ("476.8 MiB", 1)  # 500 million bytes
    engine.close()


def test_two_engines_spill_into_folders_of_their_own(tmp_path: Path) -> None:
    """Processes that share one overwrite each other's files and crash."""
    engines = [Engine(folders=[tmp_path]) for _ in range(2)]
    places = set()
    for engine in engines:
        with engine.session() as connection:
            places.add(connection.raw_sql("SELECT current_setting('temp_directory')").fetchone()[0])
        engine.close()
    assert len(places) == 2
