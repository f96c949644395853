"""Dates in many formats, read in the same way throughout a column."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest
from ibis.backends.duckdb import Backend

from core.errors import InputError
from core.ingest.recognising import dates
from core.ingest.recognising.dates import DateFormat, check_zone, detect, looks_like_dates, timestamp
from core.ingest.sources.read_options import DateOrder
from tests.logs import Ingest, plain_log, write_csv


def read(
    connection: Backend, values: Sequence[object], order: DateOrder | None = None, zone: str = "UTC"
) -> tuple[DateFormat, list[str | None]]:
    """Detect the format of a column and read it; return times as text."""
    frame = pd.DataFrame({"i": range(len(values)), "value": list(values)})
    table = connection.create_table("made", frame, temp=True, overwrite=True)
    found = detect(table.value, order)
    times = table.select("i", time=timestamp(table.value, found, zone)).order_by("i").execute()["time"]
    assert times.dt.tz is None
    return found, [None if pd.isna(time) else str(time) for time in times]


YEAR_FIRST: dict[str, str | None] = {
    "2024-03-13": "2024-03-13 00:00:00",
    "2024-3-13 8:05": "2024-03-13 08:05:00",
    "2024-03-13T08:05:09": "2024-03-13 08:05:09",
    "2024-03-13 08:05:09.250": "2024-03-13 08:05:09.250000",
    "2024/03/13 08:05": "2024-03-13 08:05:00",
    "20240313": "2024-03-13 00:00:00",
    "13 Mar 2024 08:05": "2024-03-13 08:05:00",
    "March 13, 2024": "2024-03-13 00:00:00",
}
NO_DATES = ("1899-12-31", "0001-01-01", "9999-12-31", "2024-02-30", "2024-03-13 25:00", "soon", "")


def test_year_first_and_named_months(connection: Backend) -> None:
    """One column may contain all of them."""
    found, times = read(connection, list(YEAR_FIRST))
    assert dict(zip(YEAR_FIRST, times, strict=True)) == YEAR_FIRST
    assert (found.order, found.ambiguous) == ("ymd", False)


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("13/03/2024 08:05", "dmy", "2024-03-13 08:05:00"),
        ("13.03.2024", "dmy", "2024-03-13 00:00:00"),
        ("13/03/24 08:05", "dmy", "2024-03-13 08:05:00"),
        ("3/13/2024 8:05", "mdy", "2024-03-13 08:05:00"),
        ("03/13/2024 08:05 PM", "mdy", "2024-03-13 20:05:00"),
        ("3/13/99 8:05", "mdy", "1999-03-13 08:05:00"),
    ],
)
def test_a_day_above_twelve_tells_the_order(connection: Backend, text: str, order: str, expected: str) -> None:
    found, times = read(connection, [text])
    assert (times, found.order, found.ambiguous) == ([expected], order, False)


@pytest.mark.parametrize(("order", "day"), [("dmy", "2024-02-01"), ("mdy", "2024-01-02")])
def test_ambiguous_dates_are_read_as_the_user_says(connection: Backend, order: DateOrder, day: str) -> None:
    asked, _ = read(connection, ["01/02/2024", "03/04/2024"])
    assert (asked.ambiguous, asked.example) == (True, "01/02/2024")
    found, times = read(connection, ["01/02/2024", "03/04/2024"], order)
    assert (found.ambiguous, times[0]) == (False, f"{day} 00:00:00")


@pytest.mark.parametrize("order", ["dmy", "mdy"])
def test_what_the_user_says_of_ambiguous_dates_leaves_the_others(connection: Backend, order: DateOrder) -> None:
    """One choice applies to all files of an upload, some of which may have the year first."""
    _, times = read(connection, ["2024-03-01 09:00"], order)
    assert times == ["2024-03-01 09:00:00"]


def test_years_of_two_and_four_digits_in_one_column(connection: Backend) -> None:
    _, times = read(connection, ["13/03/2024", "14/03/2024", "15/03/24"])
    assert times == ["2024-03-13 00:00:00", "2024-03-14 00:00:00", "2024-03-15 00:00:00"]


def test_one_day_above_twelve_decides_far_into_the_file(connection: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    """It lies beyond the first sample."""
    monkeypatch.setattr(dates, "_SAMPLE_ROWS", 50)
    found, times = read(connection, [*["01/02/2024 10:00"] * 400, "01/13/2024 10:00"])
    assert (found.order, found.ambiguous) == ("mdy", False)
    assert (times[0], times[-1]) == ("2024-01-02 10:00:00", "2024-01-13 10:00:00")


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        (
            "UTC",
            {"2024-01-15 10:00:00 -0500": "2024-01-15 15:00:00", "2024-01-15T10:00:00Z": "2024-01-15 10:00:00"},
        ),
        (
            "America/New_York",
            {
                "2024-01-15 10:00:00 -0500": "2024-01-15 10:00:00",
                "2024-01-15T10:00:00Z": "2024-01-15 05:00:00",
                "2024-07-15T10:00:00Z": "2024-07-15 06:00:00",  # summer time
                "2024-01-15 23:30:00+0100": "2024-01-15 17:30:00",
            },
        ),
        ("Asia/Kolkata", {"2024-01-15T20:00:00.250Z": "2024-01-16 01:30:00.250000"}),  # the next day
    ],
)
def test_offsets_are_converted_to_the_time_of_the_shop(
    connection: Backend, zone: str, expected: dict[str, str]
) -> None:
    _, times = read(connection, list(expected), "ymd", zone)
    assert dict(zip(expected, times, strict=True)) == expected


def test_offsets_and_wall_times_in_one_column(connection: Backend) -> None:
    """A time without an offset is in the shop's time zone."""
    texts = ["2024-01-15 10:00:00", "2024-01-15 10:00:00Z", "2024-01-15 10:00:00 -0500", "2024-01-15"]
    _, times = read(connection, texts, "ymd", "America/New_York")
    assert times == ["2024-01-15 10:00:00", "2024-01-15 05:00:00", "2024-01-15 10:00:00", "2024-01-15 00:00:00"]


def test_typed_times_need_no_format(connection: Backend) -> None:
    found, times = read(connection, [datetime.fromisoformat("2024-03-13 08:05"), None], zone="Asia/Tokyo")
    assert (found.formats, times) == ((), ["2024-03-13 08:05:00", None])


def test_typed_times_with_a_zone_are_converted(connection: Backend) -> None:
    _, times = read(connection, [pd.Timestamp("2024-01-15 10:00", tz="UTC")], zone="America/New_York")
    assert times == ["2024-01-15 05:00:00"]


def test_typed_dates_are_midnights(connection: Backend) -> None:
    _, times = read(connection, [date(2024, 3, 13)])
    assert times == ["2024-03-13 00:00:00"]


def test_placeholders_and_days_that_do_not_exist_are_no_dates(connection: Backend) -> None:
    _, times = read(connection, [*YEAR_FIRST, *NO_DATES], "ymd")
    assert times[len(YEAR_FIRST) :] == [None] * len(NO_DATES)


def test_column_of_something_else_has_no_format(connection: Backend) -> None:
    found, times = read(connection, ["UK", "France", "2024-03-13"])
    assert (found, times) == (DateFormat(), [None, None, None])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["2024-03-13", "3/13/2024 8:26", "13.03.24", "13 Mar 2024", "March 13, 2024", "20240313"], True),
        (["2024-03-13"] * 9 + ["total"], True),
        (["2024-03-13"] * 8 + ["total", "note"], False),
        (["536365", "536366"], False),
        (["", None], False),
    ],
)
def test_column_of_dates_has_nine_in_ten(values: list[str | None], *, expected: bool) -> None:
    assert looks_like_dates(pd.Series(values, dtype="str")) is expected


def test_numbers_are_no_dates() -> None:
    assert not looks_like_dates(pd.Series([45000, 45001]))


@pytest.mark.parametrize("name", ["Europe/London", "UTC", "America/New_York"])
def test_zones_of_the_database_are_known(name: str) -> None:
    check_zone(name)


@pytest.mark.parametrize("name", ["Mars/Base", "", "../etc/passwd", "/etc/passwd", "GMT+25", "Europe"])
def test_unknown_zones_are_named(name: str) -> None:
    with pytest.raises(InputError, match="must be an IANA name such as Europe/London, got “") as caught:
        check_zone(name)
    assert str(caught.value).endswith(f"“{name}”.")


def test_ambiguous_files_are_refused_until_the_user_says(ingest: Ingest, tmp_path: Path) -> None:
    rows = [(*row[:4], f"0{day}/02/2024", *row[5:]) for day, row in enumerate(plain_log(7), start=1)]
    path = write_csv(tmp_path / "log.csv", rows)
    with pytest.raises(InputError) as caught:
        ingest(path, dates=None)
    assert str(caught.value) == (
        "log.csv, column “InvoiceDate”: dates such as “01/02/2024” could be day first or month first. "
        "Choose with --dates dmy or --dates mdy."
    )
    assert ingest(path, dates="dmy").report.last_order == "2024-02-07 00:00:00"
    assert ingest(path, dates="mdy").report.last_order == "2024-07-02 00:00:00"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Freitag, 5. M\u00e4rz 2021 um 10:20 Uhr", "2021-03-05 10:20"),
        ("Fri, 05 Mar 2021 10:20:00 +0000", "2021-03-05 10:20"),
        ("Fri Mar 05 2021 12:20:00 GMT+0200 (Eastern European Standard Time)", "2021-03-05 10:20"),
        ("Fri Mar  5 10:20:00 UTC 2021", "2021-03-05 10:20"),
        ("5 ao\u00fbt 2021 10:20", "2021-08-05 10:20"),
        ("5 de enero de 2021", "2021-01-05"),
        ("05. Dez. 2021", "2021-12-05"),
        ("Mar 5th, 2021", "2021-03-05"),
        ("Mar 5 2021 10:20 a.m.", "2021-03-05 10:20"),
        ("Mar 5, 2021 2:20:00 AM PST", "2021-03-05 10:20"),
        ("05-MAR-21", "2021-03-05"),
        ("05-MAR-21 10.20.00.000000 AM", "2021-03-05 10:20"),
        ("05 Mar 21", "2021-03-05"),
        ("2021-03-05T10:20:00.123456789Z", "2021-03-05 10:20:00.123456"),
        ("2021-03-05T11:20:00+01:00[Europe/Berlin]", "2021-03-05 10:20"),
        ("2021-03-05 11:20:00 CET", "2021-03-05 10:20"),
        ("25/03/2021 10h20", "2021-03-25 10:20"),
        ("25/03/2021 10:20:00 +0000", "2021-03-25 10:20"),
        ("03/25/2021 10:20AM", "2021-03-25 10:20"),
        ("20210305102000", "2021-03-05 10:20"),
        ("2021\u5e743\u67085\u65e5", "2021-03-05"),
        ("2021. 03. 05. 10:20", "2021-03-05 10:20"),
        ("2021-03-05\u00a010:20", "2021-03-05 10:20"),
        ("\u0662\u0660\u0662\u0661-\u0660\u0663-\u0660\u0665", "2021-03-05"),
        ('="2021-03-05"', "2021-03-05"),
    ],
)
def test_dates_as_people_write_them(connection: Backend, text: str, expected: str) -> None:
    table = connection.create_table("texts", pd.DataFrame({"text": pd.Series([text], dtype="str")}), temp=True)
    found = detect(table.text, None)
    assert looks_like_dates(pd.Series([text], dtype="str"))
    assert table.select(when=timestamp(table.text, found, "UTC")).execute()["when"].tolist() == [pd.Timestamp(expected)]


def test_two_digits_of_the_year_in_front(connection: Backend) -> None:
    """Few distinct years and many days decide: read day first, a log of 2024 would span 2005 to 2031."""
    days = pd.date_range("2023-12-28", periods=12)
    table = connection.create_table("texts", pd.DataFrame({"text": days.strftime("%y-%m-%d")}), temp=True)
    found = detect(table.text, None)
    assert (found.order, found.ambiguous) == ("ymd", False)
    assert table.select(when=timestamp(table.text, found, "UTC")).execute()["when"].tolist() == days.tolist()
    other = connection.create_table("others", pd.DataFrame({"text": days.strftime("%d-%m-%y")}), temp=True)
    assert detect(other.text, None).order == "dmy"
