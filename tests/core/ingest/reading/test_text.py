"""Encoding, delimiter and header of text files."""

from pathlib import Path

import pytest

from core.errors import InputError
from core.ingest.reading.dialect import Dialect, dialect_of, header_of
from core.ingest.reading.encodings import encoding_of, to_utf8
from core.ingest.reading.header import MOST_COLUMNS
from core.ingest.sources.files import SourceFile
from core.ingest.sources.read_options import ReadOptions

TEXT = "Kunde,Preis\nCôte d’Ivoire,£2.55\n"


def file_of(folder: Path, content: bytes | str) -> SourceFile:
    """Write a file."""
    path = folder / "stored"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return SourceFile(name="orders.csv", path=path)


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("cp1252", "cp1252"),
    ],
)
def test_encoding_is_told_and_removed(tmp_path: Path, written: str, found: str) -> None:
    file = file_of(tmp_path, TEXT.encode(written))
    assert encoding_of(file) == found
    assert to_utf8(file, found, tmp_path).read_text(encoding="utf-8-sig") == TEXT


def test_big_endian_utf16_has_its_own_mark(tmp_path: Path) -> None:
    file = file_of(tmp_path, b"\xfe\xff" + TEXT.encode("utf-16-be"))
    assert to_utf8(file, encoding_of(file), tmp_path).read_text(encoding="utf-8") == TEXT


def test_bytes_without_meaning_in_windows_1252_are_latin_1(tmp_path: Path) -> None:
    assert encoding_of(file_of(tmp_path, b"caf\xe9,\x81\n")) == "latin-1"


def test_a_letter_far_into_the_file_decides(tmp_path: Path) -> None:
    file = file_of(tmp_path, b"a,b\n" * 700_000 + "é".encode("cp1252"))
    assert encoding_of(file) == "cp1252"


def test_utf8_is_not_copied(tmp_path: Path) -> None:
    file = file_of(tmp_path, TEXT)
    assert to_utf8(file, "UTF8", tmp_path) == file.path


def test_line_ends_are_kept(tmp_path: Path) -> None:
    """A line break within quotes is part of the value."""
    file = file_of(tmp_path, 'a,b\r\n"1\r2",3\r\n'.encode("utf-16"))
    assert to_utf8(file, "utf-16", tmp_path).read_bytes() == b'a,b\r\n"1\r2",3\r\n'


def test_wrong_encoding_is_refused(tmp_path: Path) -> None:
    file = file_of(tmp_path, TEXT.encode("cp1252"))
    with pytest.raises(InputError, match=r"^orders\.csv isn't encoded in ascii \(.*let it be detected\.$"):
        to_utf8(file, "ascii", tmp_path)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_told(tmp_path: Path, delimiter: str) -> None:
    lines = [["order", "customer", "price"], ["1", "Lee, Ann", "2,50"], ["2", "Ono; Cy", "1,25"]]
    text = "\n".join(delimiter.join(f'"{cell}"' if delimiter in cell else cell for cell in line) for line in lines)
    assert dialect_of(file_of(tmp_path, text).path, ReadOptions()).delimiter == delimiter


def test_decimal_commas_do_not_hide_the_semicolon(tmp_path: Path) -> None:
    text = "kunde;datum;preis;menge\n" + "".join(f"{i};2024-01-01;1,{i};2,0\n" for i in range(9))
    assert dialect_of(file_of(tmp_path, text).path, ReadOptions()).delimiter == ";"


def test_quoted_line_ends_do_not_hide_the_delimiter(tmp_path: Path) -> None:
    text = "a;b;c\n" + '1;"two\nlines, really";3\n' * 20
    assert dialect_of(file_of(tmp_path, text).path, ReadOptions()).delimiter == ";"


def test_single_column_has_a_comma(tmp_path: Path) -> None:
    assert dialect_of(file_of(tmp_path, "a\n1\n2\n").path, ReadOptions()).delimiter == ","


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a,b\n1,2\n", ("a", "b")),
        ('"a, then","b ""x"""\n', ("a, then", 'b "x"')),
        ("\ufeffa,b\n", ("a", "b")),
        (" a , b\t\n", ("a", "b")),
        ("a,,c\n", ("a", "column 2", "c")),
        ('"a\nb",c\n', ("a\nb", "c")),
    ],
)
def test_header_gives_the_names(tmp_path: Path, text: str, names: tuple[str, ...]) -> None:
    file = file_of(tmp_path, text)
    assert header_of(file.name, file.path, Dialect(delimiter=","))[0] == names


@pytest.mark.parametrize("text", ["Date,price,Date\n", "Date,price,date\n", "Date,price,\xa0DATE \n"])
def test_a_name_that_stands_twice_is_refused(tmp_path: Path, text: str) -> None:
    """The database ignores case in column names."""
    file = file_of(tmp_path, text)
    with pytest.raises(InputError, match=r"^orders\.csv, row 1: the column “D(ate|ATE)” appears more than once"):
        header_of(file.name, file.path, Dialect(delimiter=","))


def test_too_many_columns_are_refused(tmp_path: Path) -> None:
    file = file_of(tmp_path, ",".join(f"c{i}" for i in range(MOST_COLUMNS + 1)))
    with pytest.raises(InputError, match=r"^orders\.csv, row 1: 2,001 columns \(maximum 2,000\)\. Check the del"):
        header_of(file.name, file.path, Dialect(delimiter=","))


@pytest.mark.parametrize("delimiter", ["", ";;;;;", "\n", '"'])
def test_delimiter_must_be_a_few_characters(delimiter: str) -> None:
    with pytest.raises(InputError, match=r"^`delimiter` must be 1 to 4 characters without quotes"):
        ReadOptions(delimiter=delimiter)


@pytest.mark.parametrize("encoding", ["utf-99", "", "base64", "rot13", "zlib"])
def test_encoding_must_be_one_of_texts(encoding: str) -> None:
    with pytest.raises(InputError, match=r"^`encoding` must be a known encoding such as utf-8 or cp1252, got “"):
        ReadOptions(encoding=encoding)
