"""The real file, damaged in 500 ways: read with every line accounted for, or rejected in one sentence."""

import gzip
import io
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from ibis.backends.duckdb import Backend

from core.engine import as_view
from core.errors import InputError
from core.ingest.cleaning.exclusion_reasons import clean
from core.ingest.cleaning.parsing import parse, raw_table
from core.ingest.reading.any_format import read_raw
from core.ingest.reading.raw_table import RawTable
from core.ingest.sources.files import SourceFile
from core.ingest.sources.read_options import ReadOptions
from core.ingest.unattended import planned_file
from tests.conftest import NOW

VARIANTS = 500
LINES = 150
MISLEADING = (b'"', b'""', b"\n", b"\r", b"\r\n", b"\0", b",", b";", b"'", b"\xff", b"\xc3", b"\xef\xbb\xbf", b"\\")
OTHER_SIGNS = ((b",", b";"), (b",", b"\t"), (b",", b"|"), (b"\n", b"\r\n"), (b"\n", b"\r"))
Damage = Callable[[bytes, random.Random], bytes]


def cut(content: bytes, chance: random.Random) -> bytes:
    """Truncate the file."""
    return content[: chance.randrange(len(content))]


def cut_out(content: bytes, chance: random.Random) -> bytes:
    """Remove a part from the middle."""
    start = chance.randrange(len(content))
    return content[:start] + content[start + chance.randrange(2_000) :]


def flip(content: bytes, chance: random.Random) -> bytes:
    """Flip bits of some bytes."""
    damaged = bytearray(content)
    for _ in range(chance.choice([1, 3, 20, 200])):
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def insert(content: bytes, chance: random.Random) -> bytes:
    """Insert bytes that mislead readers."""
    for _ in range(chance.choice([1, 2, 5])):
        where = chance.randrange(len(content))
        what = chance.choice(MISLEADING)
        content = content[:where] + what + content[where:]
    return content


def shuffle_columns(content: bytes, chance: random.Random) -> bytes:
    """Reorder the columns if all rows still have the same width."""
    rows = [line.split(b",") for line in content.split(b"\n") if line]
    order = list(range(len(rows[0])))
    chance.shuffle(order)
    if any(len(row) != len(order) for row in rows):
        return content
    return b"\n".join(b",".join(row[i] for i in order) for row in rows) + b"\n"


def encode(content: bytes, chance: random.Random) -> bytes:
    """Write the file in another encoding."""
    text = content.decode("utf-8", "replace")
    return text.encode(chance.choice(["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "cp1252", "latin-1"]), "replace")


def delimit(content: bytes, chance: random.Random) -> bytes:
    """Use another delimiter or line ending."""
    return content.replace(*chance.choice(OTHER_SIGNS))


def pack(content: bytes, _: random.Random) -> bytes:
    """Compress the file."""
    return gzip.compress(content, mtime=0)


DAMAGES: tuple[Damage, ...] = (cut, cut_out, flip, insert, shuffle_columns, encode, delimit, pack)


@pytest.fixture(scope="module")
def excerpt(shared: Path) -> bytes:
    """Return the header of the real file with rows from all over it."""
    with gzip.open(shared / "data" / "online_retail.csv.gz") as opened:
        lines = opened.readlines()
    return b"".join([lines[0], *lines[1 :: len(lines) // LINES]])


def text_lines(path: Path, raw: RawTable) -> int:
    """Count the non-blank lines below the header, in plain Python."""
    content = path.read_bytes()
    content = gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
    encoding = raw.encoding or "utf-8"
    text = io.TextIOWrapper(io.BytesIO(content), encoding=encoding, errors="replace", newline=None).read()
    return sum(bool(line.strip()) for line in text.split("\n")[raw.header_row :])


def account(connection: Backend, path: Path, scratch: Path) -> None:
    """Read a file like the command line; every row must be kept or have a reason, and every line belong to a row."""
    [raw] = read_raw(connection.con, SourceFile(name=path.name, path=path), scratch, ReadOptions())
    planned = planned_file(connection, raw, {}, dates="mdy", timezone="UTC", now=NOW)
    with as_view(connection, parse(raw_table(connection, raw), raw, planned.plan, 0)) as rows:
        found = clean(rows).group_by("reason").agg(n=lambda t: t.count()).execute()
    assert int(found["n"].sum()) + raw.rejected == raw.rows
    lines = text_lines(path, raw)
    has_quotes = raw.quote and raw.quote.encode() in path.read_bytes().replace(b"\0", b"")
    assert raw.rows == lines or (has_quotes and raw.rows < lines), (raw.rows, lines)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "variants", [pytest.param(10, marks=pytest.mark.slow), pytest.param(VARIANTS, marks=pytest.mark.long)]
)
def test_every_line_of_a_damaged_file_is_accounted_for(
    connection: Backend, tmp_path: Path, excerpt: bytes, variants: int
) -> None:
    refused: list[str] = []
    for seed in range(variants):
        chance = random.Random(seed)  # noqa: S311  damage, not secrets
        content = excerpt
        for damage in chance.choices(DAMAGES, k=chance.choice([1, 1, 2, 3])):
            content = damage(content, chance) or content
        folder = tmp_path / f"variant{seed}"
        folder.mkdir()
        path = folder / "orders.csv"
        path.write_bytes(content)
        try:
            account(connection, path, folder)
        except InputError as error:
            refused.append(str(error))
        except Exception as error:
            error.add_note(f"seed {seed}")
            raise
        shutil.rmtree(folder)
    assert all(said.startswith("orders.csv") and "Traceback" not in said for said in refused)
    assert len(refused) < variants / 2  # most damage is small: the rest of the file is worth reading
