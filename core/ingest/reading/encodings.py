"""Detection of text encodings, and conversion to UTF-8."""

import codecs
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from charset_normalizer import from_bytes

from core.errors import InputError
from core.ingest.sources.files import SourceFile, looks_wide, new_path

_BLOCK: Final = 1 << 20
_MEASURED_BLOCK: Final = 1 << 17  # small enough that few blocks of a Western log contain non-ASCII letters
_LINE_END: Final = ord("\n")
_LONGEST_LETTER: Final = 4  # bytes
_HEAD: Final = 65_536
_SAMPLE_LINES: Final = 4_000  # with non-ASCII letters; enough to identify the language
_SAMPLE_BYTES: Final = 200_000
_DAMAGED_RATIO: Final = 4  # lines of valid UTF-8 per invalid one; a few flipped bytes are damage
_ASCII: Final = 0x7F
_WORD: Final = 3
_WORDS: Final = 2
_LETTERS: Final = 8  # in all-non-ASCII words; two accents are rarely adjacent
_REPLACEMENT: Final = "\ufffd".encode()
_OTHER_SCRIPT_SHARE: Final = 0.7  # of the letters of such words; a few accents are Latin
_OTHER_SCRIPTS: Final = (
    "cp1251", "koi8_r", "koi8_u", "cp1253", "cp1255", "cp1256", "big5", "big5hkscs", "gb18030", "gb2312", "gbk",
    "shift_jis", "cp932", "euc_jp", "euc_kr", "cp949", "johab", "cp874", "iso8859_7",
)  # fmt: skip
"""Non-Latin encodings, the only ones identified by language because Latin ones look too similar."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Measurements of a text from one pass.

    Parameters
    ----------
    lines : int
        Number of lines, whether or not the last one is terminated.
    has_lone_returns : bool
        Whether some line ends with a carriage return only.
    has_nul : bool
        Whether there is a NUL byte.
    has_replacement : bool
        Whether the replacement character occurs, which marks undecodable bytes.
    is_valid : bool
        Whether the text is valid UTF-8.
    """

    lines: int
    has_lone_returns: bool
    has_nul: bool
    has_replacement: bool
    is_valid: bool


def encoding_of(file: SourceFile, measured: Measured | None = None) -> str:
    """Detect the encoding of a text; pass the result of `measure` if it is known.

    A byte-order mark decides. Otherwise it is UTF-8 if every byte is valid, or if by far most non-ASCII letters are, so
    that the rest is damage. Otherwise a language not written in Latin letters may stand out. The fallback is
    Windows-1252, or Latin-1, in which every byte sequence is valid.
    """
    with file.path.open("rb") as opened:
        head = opened.read(_HEAD)
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if wide := looks_wide(head):
        return wide
    if (measured or measure(file.path)).is_valid:
        return "utf-8"
    whole, broken, sample = _letters(file.path)
    if whole > _DAMAGED_RATIO * broken:
        return "utf-8"
    return _by_language(sample) or ("cp1252" if _decodes(file.path, "cp1252") else "latin-1")


def measure(path: Path) -> Measured:
    """Count lines and detect irregularities in one pass at disk speed."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    ends = returns = pairs = 0
    nul, replaced, valid, last = False, False, True, b""
    with path.open("rb", buffering=0) as opened:
        while block := opened.read(_MEASURED_BLOCK):
            ends += int(np.count_nonzero(np.frombuffer(block, np.uint8) == _LINE_END))
            pairs += last[-1:] == b"\r" and block[:1] == b"\n"
            if b"\r" in block:
                returns += block.count(b"\r")
                pairs += block.count(b"\r\n")
            nul = nul or b"\0" in block
            if not (block.isascii() and last.isascii()):  # ASCII is valid in any case
                replaced = replaced or _REPLACEMENT in last + block
                valid = valid and _decodes_on(decoder, block)
            last = block[-_LONGEST_LETTER:]
    valid = valid and _decodes_on(decoder, b"", final=True)
    lone = returns - pairs
    return Measured(
        lines=ends + lone + (last[-1:] not in (b"\n", b"\r", b"")),
        has_lone_returns=lone > 0,
        has_nul=nul,
        has_replacement=replaced,
        is_valid=valid,
    )


def _decodes_on(decoder: codecs.IncrementalDecoder, block: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(block, final=final)
    except UnicodeDecodeError:
        return False
    return True


def to_utf8(file: SourceFile, encoding: str, scratch: Path) -> Path:
    """Return a path to the text in UTF-8: the file itself if it is, including any byte-order mark.

    DuckDB's own decoding of Latin-1 loses bytes at the edges of its buffers (seen with 1.5.6 on a gzipped
    file: `PINK VINTInvoiceNo,StockCode`), so Python decodes instead. Undecodable bytes in UTF-16 or UTF-32 become the
    replacement character, so that one flipped bit doesn't invalidate the whole file.

    Raises
    ------
    InputError
        If the bytes aren't valid in that encoding.
    """
    codec = codecs.lookup(encoding).name
    if codec in ("utf-8", "utf-8-sig"):
        return file.path
    target = new_path(scratch, "utf8")
    errors = "replace" if codec.startswith(("utf-16", "utf-32")) else "strict"
    try:
        with (
            file.path.open(encoding=encoding, errors=errors, newline="") as text,
            target.open("w", encoding="utf-8", newline="") as out,
        ):
            while block := text.read(_BLOCK):
                out.write(block)
    except UnicodeError as error:
        message = f"{file.name} isn't encoded in {encoding} ({error}). Choose another encoding, or let it be detected."
        raise InputError(message) from error
    return target


def _letters(path: Path) -> tuple[int, int, bytes]:
    """Count the non-ASCII lines that are valid UTF-8 and those that aren't, and sample both."""
    whole = broken = 0
    sample = bytearray()
    with path.open("rb") as opened:
        while (line := opened.readline(_BLOCK)) and whole + broken < _SAMPLE_LINES:
            if line.isascii():
                continue
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                broken += 1
            else:
                whole += 1
            if len(sample) < _SAMPLE_BYTES:
                sample += line
    return whole, broken, bytes(sample[:_SAMPLE_BYTES])


def _by_language(sample: bytes) -> str | None:
    """Detect a non-Latin encoding, if whole words are written in its letters."""
    words = [word for word in re.findall(rb"[A-Za-z\x80-\xff]+", sample) if not word.isascii()]
    beyond = sum(byte > _ASCII for word in words for byte in word)
    whole = {word for word in words if len(word) >= _WORD and min(word) > _ASCII}
    if len(whole) < _WORDS or sum(map(len, whole)) < _LETTERS or beyond < _OTHER_SCRIPT_SHARE * sum(map(len, words)):
        return None
    best = from_bytes(sample, cp_isolation=list(_OTHER_SCRIPTS)).best()
    return str(best.encoding) if best is not None else None


def _decodes(path: Path, encoding: str) -> bool:
    try:
        with path.open(encoding=encoding, newline="") as text:
            while text.read(_BLOCK):
                pass
    except UnicodeDecodeError:
        return False
    return True
