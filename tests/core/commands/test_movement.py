"""`python -m core movement` writes its results, or one line on stderr and nothing else."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from core.cli import main
from core.segments.movement.change_causes import CAUSES
from core.segments.movement.transitions import DOWN, NEW, NOT_YET, SAME, UP
from core.segments.naming import FOUR
from tests.logs import write_csv

pytestmark = pytest.mark.usefixtures("warm_children")

CELLS = (len(FOUR) + 1) * len(FOUR)
SIDES = [f"{name}_{side}" for side in ("from", "to") for name in ("recency", "frequency", "monetary")]


def log(path: Path) -> Path:
    """Write a log of forty customers who order every 3 to 42 days, and one who joins in March."""
    rows, first = [], pd.Timestamp("2024-01-01 10:00")
    for i in range(40):
        for order in range(1 + i // 4):
            when = first + pd.Timedelta(days=(i + 3) * order % 85)
            rows.append((f"{i}-{order}", "A1", "Cup", f"{1 + i % 7}", f"{when:%Y-%m-%d %H:%M}", "2.50", f"c{i}", "UK"))
    rows.append(("late", "A1", "Cup", "3", "2024-03-20 12:00", "2.50", "newcomer", "UK"))
    return write_csv(path, rows)


def run(path: Path, out: Path, *arguments: str) -> dict[str, Any]:
    """Run the command and return movement.json."""
    assert main(["movement", str(path), "--out", str(out), *arguments]) == 0
    found: dict[str, Any] = json.loads((out / "movement.json").read_text(encoding="utf-8"))
    return found


def test_what_is_written_fits_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    found = run(log(tmp_path / "log.csv"), out, "--from", "2024-02-15", "--to", "2024-04-01")
    assert capsys.readouterr() == ("", "")
    assert sorted(path.name for path in out.iterdir()) == ["movement.csv", "movement.json", "slipped.csv"]
    assert (found["from"], found["to"], found["segments"]) == ("2024-02-15", "2024-04-01", list(FOUR))
    assert (found["model"]["k"], found["model"]["fitted_as_of"]) == (4, "2024-04-01")
    assert found["conserved"] == {"customers_from": 40, "new_customers": 1, "customers_to": 41, "in_matrix": 41}

    table = pd.read_csv(out / "movement.csv")
    assert list(table.columns[:4]) == ["customer_id", "segment_from", "segment_to", "direction"]
    assert set(SIDES) <= set(table.columns)
    assert table["customer_id"].is_unique
    [newcomer] = table[table["customer_id"] == "newcomer"].to_dict("records")
    assert (newcomer["segment_from"], newcomer["direction"]) == (NOT_YET, NEW)
    assert all(pd.isna(newcomer[name]) for name in SIDES[:3])
    assert [newcomer[name] for name in SIDES[3:]] == [11, 1, 7.5]

    counted = table.value_counts(["segment_from", "segment_to"]).to_dict()
    assert len(found["matrix"]) == CELLS
    assert {(cell["from"], cell["to"]): cell["customers"] for cell in found["matrix"] if cell["customers"]} == counted
    ways = {row["direction"]: row["customers"] for row in found["directions"]}
    assert list(ways) == [UP, DOWN, SAME, NEW]
    assert ways == {way: (table["direction"] == way).sum() for way in ways}
    for row in found["decomposition"]:
        assert row["before"] + sum(row[cause] for cause in CAUSES) == row["after"]
        assert row["before"] == (table["segment_from"] == row["segment"]).sum()
        assert row["after"] == (table["segment_to"] == row["segment"]).sum()

    slipped = pd.read_csv(out / "slipped.csv")
    assert len(slipped)
    assert slipped["slipped_on"].is_monotonic_decreasing
    assert slipped["slipped_on"].max() <= "2024-03-31"
    rank = {name: place for place, name in enumerate(FOUR)}
    assert (slipped["segment_from"].map(rank) < slipped["segment_to"].map(rank)).all()
    assert (
        slipped["segment_to"].tolist() == table.set_index("customer_id")["segment_to"][slipped["customer_id"]].tolist()
    )


def test_number_of_segments_can_be_said(tmp_path: Path) -> None:
    found = run(log(tmp_path / "log.csv"), tmp_path / "out", "--from", "2024-03-01", "--to", "2024-04-01", "--k", "3")
    assert (found["model"]["k"], len(found["segments"]), len(found["matrix"])) == (3, 3, 12)


def test_the_same_day_twice_moves_nobody(tmp_path: Path) -> None:
    found = run(log(tmp_path / "log.csv"), tmp_path / "out", "--from", "2024-04-01", "--to", "2024-04-01")
    assert {row["direction"]: row["customers"] for row in found["directions"]} == {UP: 0, DOWN: 0, SAME: 41, NEW: 0}


@pytest.mark.parametrize(
    ("dates", "said"),
    [
        (("2024-04-01", "2024-03-01"), "--from 2024-04-01 is after --to 2024-03-01; swap them."),
        (
            ("2023-01-01", "2024-03-01"),
            "--from 2023-01-01: no orders before this date; the first is from 2024-01-01 10:00:00.",
        ),
        (("2023-01-01", "2023-03-01"), "--to 2023-03-01: no orders before this date; the first is from"),
        (("2024-03-01", "March"), "argument --to: must be a date like 2011-12-10, got “March”"),
    ],
)
def test_faults_are_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], dates: tuple[str, str], said: str
) -> None:
    out = tmp_path / "out"
    path = log(tmp_path / "log.csv")
    assert main(["movement", str(path), "--out", str(out), "--from", dates[0], "--to", dates[1]]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert said in line
    assert not out.exists()


def test_reading_options_are_those_of_analyse(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = log(tmp_path / "log.csv")
    other = tmp_path / "other.csv"
    other.write_text(path.read_text().replace(",", ";").replace("Customer ID", "Who"))
    run(
        other,
        tmp_path / "out",
        "--from",
        "2024-03-01",
        "--to",
        "2024-04-01",
        "--delimiter",
        ";",
        "--map",
        "customer=Who",
    )
    assert (
        main(["movement", str(tmp_path / "none.csv"), "--from", "2024-03-01", "--to", "2024-04-01", "--out", "x"]) == 2
    )
    assert "none.csv" in capsys.readouterr().err
