"""`python -m core analyse` writes its results, or one line on stderr and nothing else."""

import gzip
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl  # type: ignore[import-untyped]  # carries no types
import pandas as pd
import pytest

from core.cli import main
from core.segments.naming import CHURNING, FOUR, LOYAL, NEW, POTENTIAL
from core.settings import PROJECT
from tests.core.segments.choosing.test_analysis import CANDIDATE_KEYS, SEGMENT_KEYS
from tests.logs import HEADER, SMALL, SMALL_CUSTOMERS, SMALL_REPORT, csv_text, plain_log, write_csv

pytestmark = pytest.mark.usefixtures("warm_children")

OUTPUTS = ["customers.csv", "quality.json", "segments.json"]


@dataclass(frozen=True, kw_only=True)
class Output:
    """The output of an analysis."""

    folder: Path

    def quality(self) -> dict[str, Any]:
        """The content of quality.json."""
        return self._json("quality.json")

    def segments(self) -> dict[str, Any]:
        """The content of segments.json."""
        return self._json("segments.json")

    def customers(self) -> pd.DataFrame:
        """The content of customers.csv, with ids as text."""
        return pd.read_csv(self.folder / "customers.csv", dtype={"customer_id": "str"}, keep_default_na=False)

    def _json(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / name).read_text(encoding="utf-8"))
        return found


Analyse = Callable[..., Output]


@pytest.fixture
def analyse(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Analyse:
    """Return a function that analyses files and returns the output."""

    def run(*arguments: object) -> Output:
        out = tmp_path / "out"
        assert main(["analyse", *map(str, arguments), "--out", str(out)]) == 0
        assert capsys.readouterr() == ("", "")
        return Output(folder=out)

    return run


def shop(customers: int, countries: tuple[str, ...] = ("UK",)) -> list[tuple[str, ...]]:
    """Return a log of distinct customers: customer i ordered i // 3 + 1 times, most recently i days ago."""
    last = pd.Timestamp("2024-06-30 10:00")
    rows: list[tuple[str, ...]] = []
    for i in range(customers):
        for order in range(i // 3 + 1):
            when = str(last - pd.Timedelta(days=i + 9 * order))[:16]
            country = countries[i % len(countries)]
            rows.append((f"{i}-{order}", "A1", "Cup", f"{1 + i % 5}", when, "2.50", f"c{i}", country))
    return rows


def test_small_log_by_hand(analyse: Analyse, small_log: Path) -> None:
    output = analyse(small_log)
    assert sorted(path.name for path in output.folder.iterdir()) == OUTPUTS
    assert output.quality() == SMALL_REPORT
    segments = {"17": CHURNING, "18": LOYAL, "19": POTENTIAL, "20": NEW}
    first = ["2024-03-01T09:00:00", "2024-03-07T15:00:00", "2024-03-09T08:00:00", "2024-03-10T00:00:00"]
    last = ["2024-03-01T09:00:00", "2024-03-08T23:59:00", "2024-03-09T08:00:00", "2024-03-10T00:00:00"]
    lines = ["customer_id,recency,frequency,monetary,segment,returned,net,first_order,last_order,country"]
    for (customer, r, f, m, returned, net, country), begin, end in zip(SMALL_CUSTOMERS, first, last, strict=True):
        lines.append(f"{customer},{r},{f},{m},{segments[customer]},{returned},{net},{begin},{end},{country}")
    assert (output.folder / "customers.csv").read_text(encoding="utf-8") == "\n".join(lines) + "\n"


def test_segments_of_the_small_log(analyse: Analyse, small_log: Path) -> None:
    """Four customers make four segments of one."""
    found = analyse(small_log).segments()
    assert list(found) == ["preset", "k", "k_reason", "candidates", "segments"]
    assert (found["preset"], found["k"]) == ("clientele", 4)
    assert [candidate["k"] for candidate in found["candidates"]] == [2, 3, 4]
    figures = {segment["name"]: segment for segment in found["segments"]}
    assert list(figures) == list(FOUR)
    assert figures[LOYAL] == {
        "name": LOYAL,
        "customers": 1,
        "revenue": 20.0,
        "revenue_share": 20.0 / 51.5,
        "median_recency": 2.0,
        "median_frequency": 2.0,
        "median_monetary": 20.0,
        "returned": 12.0,
        "net": 8.0,
    }


def test_formats_other_programs_rely_on(analyse: Analyse, tmp_path: Path) -> None:
    output = analyse(write_csv(tmp_path / "log.csv", shop(30)))
    quality, segments, customers = output.quality(), output.segments(), output.customers()
    assert list(quality) == list(SMALL_REPORT)
    assert list(quality["removed"]) == list(SMALL_REPORT["removed"])
    assert quality["rows_read"] == quality["rows_kept"] + sum(quality["removed"].values())
    assert [candidate["k"] for candidate in segments["candidates"]] == list(range(2, 13))
    assert all(list(candidate) == CANDIDATE_KEYS for candidate in segments["candidates"])
    assert {candidate["stability_ari"] for candidate in segments["candidates"]} == {None}
    assert all(list(segment)[: len(SEGMENT_KEYS)] == SEGMENT_KEYS for segment in segments["segments"])
    assert list(customers)[:5] == ["customer_id", "recency", "frequency", "monetary", "segment"]
    assert sorted(customers["customer_id"]) == sorted(f"c{i}" for i in range(30))
    assert customers["recency"].tolist() == [int(customer[1:]) for customer in customers["customer_id"]]
    sums = customers.groupby("segment")["monetary"].agg(["size", "sum"])
    for segment in segments["segments"]:
        assert sums.loc[segment["name"]].tolist() == [segment["customers"], pytest.approx(segment["revenue"])]
    assert customers["monetary"].sum() == pytest.approx(quality["revenue"])


def test_notebook_preset_has_a_group_for_the_largest_country_and_one_for_the_rest(
    analyse: Analyse, tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "log.csv", shop(36, ("UK", "UK", "France", "Spain")))
    output = analyse(path, "--preset", "notebook", "--k", 3)
    found, customers = output.segments(), output.customers()
    assert list(found) == ["preset", "groups"]
    assert found["preset"] == "notebook"
    assert [group["group"] for group in found["groups"]] == ["UK", "Rest"]
    for group in found["groups"]:
        assert list(group) == ["group", "preset", "k", "k_reason", "candidates", "segments"]
        assert (group["preset"], group["k"], len(group["segments"])) == ("notebook", 3, 3)
        assert [candidate["k"] for candidate in group["candidates"]] == list(range(1, 11))
        assert sum(segment["customers"] for segment in group["segments"]) == 18
    assert list(customers) == ["customer_id", "recency", "frequency", "monetary", "segment", "group"]
    assert customers["group"].tolist() == ["UK"] * 18 + ["Rest"] * 18
    assert customers.groupby("group")["recency"].min().tolist() == [0, 0]  # to the last order of each group


def test_chosen_number_comes_with_stability(analyse: Analyse, tmp_path: Path) -> None:
    found = analyse(write_csv(tmp_path / "log.csv", shop(5)), "--k", "auto").segments()
    assert [candidate["k"] for candidate in found["candidates"]] == [2, 3, 4, 5]
    assert all(-1 <= candidate["stability_ari"] <= 1 for candidate in found["candidates"])
    assert len(found["segments"]) == found["k"]
    assert str(found["k"]) in found["k_reason"]


def test_notebook_preset_on_amounts_alone_without_order_numbers(analyse: Analyse, tmp_path: Path) -> None:
    rows = [(f"c{i}", f"2024-03-{day:02} 09:00", f"{i}.50") for i in range(5) for day in range(1, i + 2)]
    path = write_csv(tmp_path / "log.csv", rows, ("client", "date", "amount"))
    output = analyse(path, "--preset", "notebook", "--k", 2)
    customers = output.customers().set_index("customer_id")
    assert customers["frequency"].to_dict() == {f"c{i}": i + 1 for i in range(5)}
    assert customers["monetary"].to_dict() == {f"c{i}": (i + 0.5) * (i + 1) for i in range(5)}
    assert [group["group"] for group in output.segments()["groups"]] == ["All"]


def test_as_of_is_the_start_of_that_day(analyse: Analyse, small_log: Path) -> None:
    """Customer 20 ordered at midnight of the 10th; the rows included don't change."""
    output = analyse(small_log, "--as-of", "2024-03-10", "--k", 2)
    assert output.customers()[["customer_id", "recency"]].to_numpy().tolist() == [["17", 8], ["18", 1], ["19", 0]]
    assert output.quality() == SMALL_REPORT


def test_one_order_each_is_enough(analyse: Analyse, tmp_path: Path) -> None:
    output = analyse(write_csv(tmp_path / "log.csv", plain_log(12, customers=12)))
    assert output.customers()["frequency"].tolist() == [1] * 12
    assert {segment["name"] for segment in output.segments()["segments"]} == set(FOUR)


def test_all_that_may_be_said_of_files(analyse: Analyse, tmp_path: Path) -> None:
    """Two files with the same unusual encoding, column names, dates and time zone."""
    header = ("Kunde", "Tag", "Summe", "Summe netto")
    rows = [(f"ü{i}", f"{i + 1:02}/02/2024 09:00", f"{i + 1},50", f"{i + 1},25") for i in range(6)]
    files = [
        write_csv(tmp_path / name, part, header, delimiter="^", encoding="cp1252")
        for name, part in (("one.txt", rows[:3]), ("two.txt", rows[3:]))
    ]
    said = ["--map", "customer=Kunde", "--map", "amount=Summe", "--map", "date=Tag", "--dates", "dmy"]
    said += ["--delimiter", "^", "--encoding", "cp1252", "--timezone", "Europe/Berlin"]
    output = analyse(*files, *said)
    quality = output.quality()
    assert (quality["first_order"], quality["last_order"]) == ("2024-02-01 09:00:00", "2024-02-06 09:00:00")
    assert quality["revenue"] == sum(range(1, 7)) + 6 * 0.5
    assert sorted(output.customers()["customer_id"]) == [f"ü{i}" for i in range(6)]


def test_what_the_user_says_of_dates_leaves_files_that_leave_no_doubt(analyse: Analyse, tmp_path: Path) -> None:
    doubtful = [(*row[:4], f"0{i + 1}/02/2024 09:00", *row[5:]) for i, row in enumerate(plain_log(6))]
    files = write_csv(tmp_path / "a.csv", doubtful), write_csv(tmp_path / "b.csv", plain_log(12)[6:])
    assert analyse(*files, "--dates", "dmy").quality()["rows_kept"] == 12


def test_results_replace_earlier_ones(analyse: Analyse, tmp_path: Path, small_log: Path) -> None:
    (tmp_path / "out").mkdir()
    for name in (*OUTPUTS, "mine.txt"):
        (tmp_path / "out" / name).write_text("old")
    output = analyse(small_log)
    assert output.quality() == SMALL_REPORT
    assert (output.folder / "mine.txt").read_text() == "old"
    assert sorted(path.name for path in output.folder.iterdir()) == sorted([*OUTPUTS, "mine.txt"])


@pytest.mark.long
def test_another_process_reads_a_packed_workbook(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (HEADER, *SMALL):
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    book.close()
    (tmp_path / "log.xlsx.gz").write_bytes(gzip.compress(stream.getvalue()))
    done = start("analyse", "log.xlsx.gz", "--out", "out", folder=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert Output(folder=tmp_path / "out").quality() == SMALL_REPORT


def test_another_process_ends_with_2_and_one_line(tmp_path: Path) -> None:
    done = start("analyse", "nothing.csv", "--out", "out", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "nothing.csv can't be opened: No such file or directory. Check its name and permissions."
    ]
    assert not (tmp_path / "out").exists()


def test_simulated_shop_can_be_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "shop.parquet"
    assert main(["simulate", "--out", str(out), "--customers", "25", "--seed", "7"]) == 0
    shown = capsys.readouterr().out
    assert shown == f"{out}: {len(pd.read_parquet(out)):,} order lines of a simulated shop, seed 7\n"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Invalid arguments or files, and the expected message."""

    arguments: tuple[str, ...] = ()
    content: bytes | str | None = None
    says: tuple[str, ...]


GOOD = csv_text(plain_log())


def with_cell(place: int, cell: str) -> str:
    """Return the plain log with one column overwritten."""
    return csv_text([(*row[:place], cell, *row[place + 1 :]) for row in plain_log()])


FAULTS = {
    "unknown column": Fault(
        arguments=("--map", "customer=Client"), says=("log.csv", "“Client”", "customer", "Choose from Invoice,")
    ),
    "unknown role": Fault(arguments=("--map", "client=Country"), says=("client", "Choose from customer, date,")),
    "map without column": Fault(arguments=("--map", "customer"), says=("--map", "“customer”", "customer=Client")),
    "no column for the customer": Fault(
        content=GOOD.replace("Customer ID", "Wer"), says=("log.csv, row 1", "customer", "Wer", "--map role=column")
    ),
    "date column holds none": Fault(
        content=with_cell(4, "soon"),
        arguments=("--map", "date=InvoiceDate"),
        says=("log.csv, row 2, column “InvoiceDate”", "“soon” is not a date", "Choose another column"),
    ),
    "price column holds none": Fault(
        content=with_cell(5, "dear"),
        arguments=("--map", "unit_price=Price"),
        says=("log.csv, row 2, column “Price”", "“dear” is not a number"),
    ),
    "ambiguous dates": Fault(
        content=with_cell(4, "01/02/2024"), says=("log.csv, column “InvoiceDate”", "--dates dmy or --dates mdy")
    ),
    "column twice": Fault(content=GOOD.replace("Country", "Price"), says=("log.csv, row 1", "“Price”", "than once")),
    "empty file": Fault(content=b"", says=("log.csv is empty",)),
    "byte-order mark only": Fault(content=b"\xef\xbb\xbf", says=("log.csv is empty",)),
    "header only": Fault(content=GOOD.splitlines()[0], says=("log.csv", "row 1", "no order lines")),
    "every row ragged": Fault(content=GOOD.splitlines()[0] + "\na,b\nc\n", says=("log.csv, row 2", "8 columns")),
    "every row cancelled": Fault(
        content=with_cell(0, "C1"), says=("log.csv: none of the 12 rows count", "row 2", "Choose another column")
    ),
    "nobody named": Fault(content=with_cell(6, ""), says=("log.csv: none of the 12 rows count", "row 2", "customer")),
    "one customer": Fault(content=with_cell(6, "7"), says=("4 segments need at least 4 customers", "1 different")),
    "picture": Fault(content=b"\x89PNG\r\n\x1a\n\0\0", says=("log.csv is a PNG picture", "CSV, XLSX or Parquet")),
    "document": Fault(content=b"%PDF-1.7\n", says=("log.csv is a PDF document",)),
    "NUL bytes": Fault(content=GOOD.replace("Cup", "C\0p"), says=("log.csv", "NUL bytes")),
    "damaged gzip": Fault(content=gzip.compress(GOOD.encode())[:60], says=("log.csv", "damaged or incomplete")),
    "zip archive": Fault(
        content=b"PK\x03\x04 no workbook", says=("log.csv is damaged or incomplete: it looks like an XLSX or ZIP file",)
    ),
    "damaged Parquet": Fault(content=b"PAR1 no table", says=("log.csv is a damaged Parquet file",)),
    "k too small": Fault(arguments=("--k", "1"), says=("`k` must be between 2 and 12, got 1.",)),
    "k zero": Fault(arguments=("--k", "0"), says=("`k` must be between 2 and 12, got 0.",)),
    "k too large": Fault(arguments=("--k", "40"), says=("`k` must be between 2 and 12, got 40.",)),
    "k a word": Fault(arguments=("--k", "many"), says=("--k", "auto or a whole number", "“many”")),
    "more segments than customers": Fault(arguments=("--k", "9"), says=("9 segments need at least 9 customers",)),
    "unknown preset": Fault(arguments=("--preset", "raw"), says=("--preset", "raw", "clientele", "notebook")),
    "no such day": Fault(arguments=("--as-of", "2024-02-30"), says=("--as-of", "2011-12-10", "“2024-02-30”")),
    "day before the first order": Fault(
        arguments=("--as-of", "2024-01-05"), says=("--as-of 2024-01-05", "the first is from 2024-01-05 10:00:00")
    ),
    "long delimiter": Fault(arguments=("--delimiter", "comma;"), says=("delimiter", "1 to 4 characters", "“comma;”")),
    "other delimiter": Fault(arguments=("--delimiter", ";"), says=("log.csv, row 1", "found no column")),
    "unknown encoding": Fault(arguments=("--encoding", "utf-99"), says=("encoding", "“utf-99”")),
    "encoding of no text": Fault(arguments=("--encoding", "base64"), says=("encoding", "“base64”")),
    "wrong encoding": Fault(
        content=GOOD.replace("Cup", "Café").encode("cp1252"),
        arguments=("--encoding", "ascii"),
        says=("log.csv", "ascii"),
    ),
    "unknown order of dates": Fault(arguments=("--dates", "ydm"), says=("--dates", "ydm")),
    "unknown zone": Fault(arguments=("--timezone", "Mars/Base"), says=("Europe/London", "“Mars/Base”")),
    "unknown option": Fault(arguments=("--fast",), says=("--fast",)),
    "name with a line end": Fault(arguments=("no\nsuch.csv",), says=("no such.csv can't be opened",)),
    "second file missing": Fault(arguments=("none.csv",), says=("none.csv can't be opened",)),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_faults_are_one_sentence_and_leave_everything_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], fault: Fault
) -> None:
    content = GOOD if fault.content is None else fault.content
    (tmp_path / "log.csv").write_bytes(content.encode() if isinstance(content, str) else content)
    out = tmp_path / "out"
    out.mkdir()
    (out / "quality.json").write_text("old")
    # The file goes first, so that a second one may follow among the arguments.
    status = main(["analyse", "--out", str(out), str(tmp_path / "log.csv"), *fault.arguments])
    shown = capsys.readouterr()
    assert (status, shown.out) == (2, "")
    [line] = shown.err.splitlines()
    assert "Traceback" not in line
    for words in fault.says:
        assert words in line
    assert {path.name: path.read_text() for path in out.iterdir()} == {"quality.json": "old"}


def test_nothing_is_made_where_the_input_is_at_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyse", str(tmp_path / "none.csv"), "--out", str(tmp_path / "out")]) == 2
    assert not (tmp_path / "out").exists()
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize("arguments", [[], ["analyse"], ["analyze", "x"], ["analyse", "log.csv"], ["simulate"]])
def test_wrong_calls_are_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("python -m core")
    assert line.endswith("--help")


def test_folder_that_cannot_be_written_is_named(
    tmp_path: Path, small_log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").write_text("a file")
    assert main(["analyse", str(small_log), "--out", str(tmp_path / "out")]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"--out {tmp_path / 'out'}: cannot be written")
    assert (tmp_path / "out").read_text() == "a file"


def test_defects_of_ours_are_not_hidden(monkeypatch: pytest.MonkeyPatch, small_log: Path, tmp_path: Path) -> None:
    """They exit with status 1 and a traceback; only errors users can fix are one line."""

    def broken(*_arguments: object, **_more: object) -> None:
        message = "ours"
        raise RuntimeError(message)

    monkeypatch.setattr("core.ingest.unattended.planned_file", broken)
    with pytest.raises(RuntimeError, match="ours"):
        main(["analyse", str(small_log), "--out", str(tmp_path / "out")])


def test_simulation_with_wrong_values_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--out", str(tmp_path / "shop.parquet"), "--customers", "3"]) == 2
    assert capsys.readouterr().err == "`customers` must be at least 20, got 3.\n"
    assert main(["simulate", "--out", str(tmp_path / "shop.xlsx")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_real_year_against_pandas_alone(shared: Path, analyse: Analyse) -> None:
    path = shared / "data" / "online_retail.csv.gz"
    output = analyse(path)
    expected = customers_by_pandas(path)
    found = output.customers().set_index("customer_id")
    assert found.index.tolist() == expected.index.tolist()
    assert found["recency"].tolist() == expected["recency"].tolist()
    assert found["frequency"].tolist() == expected["frequency"].tolist()
    for name in ("monetary", "returned", "net"):
        assert np.allclose(found[name], expected[name], rtol=0, atol=1e-6), name
    assert found["country"].tolist() == expected["country"].tolist()
    assert found.loc[["16446", "12346"], "monetary"].round().tolist() == [168_472, 77_184]
    assert found.loc[["16446", "12346"], "net"].round().tolist() == [3, 0]
    quality = output.quality()
    assert (quality["customers"], quality["orders"]) == (len(expected), expected["frequency"].sum())
    assert round(quality["revenue"], 3) == 8_887_208.894
    segments = output.segments()
    assert segments["segments"][0]["name"] == LOYAL
    assert found["segment"].value_counts().to_dict() == {
        segment["name"]: segment["customers"] for segment in segments["segments"]
    }
    assert [candidate["k"] for candidate in segments["candidates"]] == list(range(2, 13))


def customers_by_pandas(path: Path) -> pd.DataFrame:
    """Compute customers with pandas only."""
    texts = dict.fromkeys(("InvoiceNo", "StockCode", "Description", "Country"), "str")
    log = pd.read_csv(path, encoding="latin-1", dtype=texts, keep_default_na=False, na_values=[""])
    log["InvoiceDate"] = pd.to_datetime(log["InvoiceDate"], format="%m/%d/%Y %H:%M")
    log = log.drop_duplicates().dropna(subset=["CustomerID"])
    log = log.assign(
        customer_id=log["CustomerID"].astype("int64").astype("str"), amount=log["Quantity"] * log["UnitPrice"]
    )
    is_cancelled = log["InvoiceNo"].str.startswith("C")
    kept = log[~is_cancelled & (log["Quantity"] > 0) & (log["UnitPrice"] > 0)]
    as_of = kept["InvoiceDate"].max().normalize() + pd.Timedelta(days=1)
    table = kept.groupby("customer_id").agg(
        last=("InvoiceDate", "max"), frequency=("InvoiceNo", "nunique"), monetary=("amount", "sum")
    )
    orders = kept.groupby(["customer_id", "InvoiceNo"]).agg(when=("InvoiceDate", "max"), country=("Country", "max"))
    table["country"] = orders.sort_values(["when", "InvoiceNo"]).groupby("customer_id")["country"].last()
    back = -log[is_cancelled].groupby("customer_id")["amount"].sum()
    table["recency"] = (as_of - table["last"]).dt.days
    table["returned"] = back.reindex(table.index).fillna(0.0)
    return table.assign(net=table["monetary"] - table["returned"])


def start(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the command line in a separate folder."""
    return subprocess.run(
        [sys.executable, "-m", "core", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_command_that_is_told_to_end_leaves_nothing(tmp_path: Path) -> None:
    """Neither unpacked files nor the reading process."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    log = tmp_path / "orders.csv.gz"
    log.write_bytes(gzip.compress(b"a,b\n" + b'1,"2\n' * 1_000_000))  # quotes that are never closed take minutes
    command = [sys.executable, "-m", "core", "analyse", str(log), "--out", str(tmp_path / "out")]
    process = subprocess.Popen(command, cwd=PROJECT, env={**os.environ, "TMPDIR": str(scratch)}, stderr=subprocess.PIPE)
    until = time.monotonic() + 120
    while not list(scratch.glob("clientele-*/*.plain")) and time.monotonic() < until:
        time.sleep(0.05)
    process.terminate()
    _, said = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM, said
    assert list(scratch.iterdir()) == []
