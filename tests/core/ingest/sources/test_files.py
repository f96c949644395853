"""File types, recognised by their first bytes, whatever the name."""

import gzip
from pathlib import Path

import pytest

from core.errors import InputError
from core.ingest.sources.files import FileKind, SourceFile, kind_of
from core.ingest.sources.unpacking import unpack

REFUSED = {
    b"\x89PNG\r\n\x1a\n": "a PNG picture",
    b"\xff\xd8\xff\xe0": "a JPEG picture",
    b"GIF89a": "a GIF picture",
    b"%PDF-1.7\n": "a PDF document",
    b"SQLite format 3\0": "a SQLite database",
    b"\x28\xb5\x2f\xfd\x04": "a zstd archive",
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive",
    b"BZh91AY&SY": "a bzip2 archive",
}


def file_of(folder: Path, content: bytes, name: str = "orders.csv") -> SourceFile:
    """Write a file."""
    path = folder / "stored"
    path.write_bytes(content)
    return SourceFile(name=name, path=path)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"a,b\n1,2\n", FileKind.DELIMITED),
        ("a,b\n1,2\n".encode("utf-16"), FileKind.DELIMITED),
        ("a,b\n1,2\n".encode("utf-8-sig"), FileKind.DELIMITED),
        (b"PAR1rest", FileKind.PARQUET),
    ],
)
@pytest.mark.parametrize("name", ["orders.csv", "orders.xlsx", "orders", "orders.png"])
def test_kind_is_told_from_the_bytes(tmp_path: Path, content: bytes, kind: FileKind, name: str) -> None:
    assert kind_of(file_of(tmp_path, content, name)) is kind


@pytest.mark.parametrize(("content", "what"), REFUSED.items(), ids=REFUSED.values())
def test_other_formats_are_refused_by_name(tmp_path: Path, content: bytes, what: str) -> None:
    with pytest.raises(InputError) as caught:
        kind_of(file_of(tmp_path, content))
    assert str(caught.value) == f"orders.csv is {what}, not a table of orders. Save it as CSV, XLSX or Parquet."


def test_nul_bytes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^orders\.csv isn't a text file \(it contains NUL bytes\)\. Save it as"):
        kind_of(file_of(tmp_path, b"a,b\n1,\x002\n"))


@pytest.mark.parametrize("content", [b"", b"\n", b"  \r\n\t\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n", b"\xff\xfe"])
def test_empty_files_are_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InputError, match=r"^orders\.csv is empty\. Export the orders again\.$"):
        kind_of(file_of(tmp_path, content))


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^orders\.csv can't be opened: No such file or directory\. Check its name"):
        kind_of(SourceFile(name="orders.csv", path=tmp_path / "nothing"))


def test_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^orders can't be opened: Is a directory"):
        unpack(SourceFile(name="orders", path=tmp_path), tmp_path)


def test_gzip_is_unwrapped_whatever_the_name(tmp_path: Path) -> None:
    packed = file_of(tmp_path, gzip.compress(b"a,b\n1,2\n"), "orders.csv")
    [plain] = unpack(packed, tmp_path)
    assert (plain.name, plain.path.read_bytes()) == ("orders.csv", b"a,b\n1,2\n")
    assert plain.path != packed.path


def test_plain_file_is_left_where_it_is(tmp_path: Path) -> None:
    file = file_of(tmp_path, b"a,b\n")
    assert unpack(file, tmp_path) == [file]


@pytest.mark.parametrize(
    "damage",
    [
        lambda packed: packed[: len(packed) // 2],  # cut short
        lambda packed: packed[:-8] + b"\0" * 8,  # wrong check sum
        lambda packed: packed[:12] + b"\xff" * 20 + packed[32:],  # wrong content
        lambda packed: packed[:3],  # cut within its own header
    ],
    ids=["cut short", "check sum", "content", "header"],
)
def test_damaged_gzip_is_refused(tmp_path: Path, damage: object) -> None:
    packed = gzip.compress(b"".join(b"%d,2,3\n" % i for i in range(500)))
    file = file_of(tmp_path, damage(packed), "orders.csv.gz")  # type: ignore[operator]
    with pytest.raises(InputError, match=r"^orders\.csv\.gz: the gzip file is damaged or incomplete \(.*copy it again"):
        unpack(file, tmp_path)
