"""What a person says of how a file is to be read; what is not said is detected."""

from dataclasses import dataclass
from typing import Final, Literal

from core.errors import InputError
from core.plain import Plain

DateOrder = Literal["ymd", "dmy", "mdy", "excel", "excel1904", "unix", "unix_ms"]
"""Order of year, month and day in a column of dates, or numbers, see `core.ingest.recognising.serial_dates`."""

DELIMITER_NAMES: Final = {"tab": "\t", "\\t": "\t", "space": " ", "comma": ",", "semicolon": ";", "pipe": "|"}
"""Words for delimiters that are hard to type."""

_LONGEST_DELIMITER: Final = 4
_QUOTES: Final = ('"', "'", "")
_LAST_HEADER_ROW: Final = 1_000


@dataclass(frozen=True, kw_only=True)
class ReadOptions(Plain, sparse=True):
    r"""How a file is to be read; what is None is detected.

    Parameters
    ----------
    encoding : str, optional
        A name Python knows, such as `utf-8` or `cp1252`.
    delimiter : str, optional
        One character or a few, or a word of `DELIMITER_NAMES`. A blank stands for any number of blanks.
    quote : {'"', "'", ""}, optional
        What stands around values that contain the delimiter; empty for nothing.
    decimal : {".", ","}, optional
        The decimal mark of all number columns.
    sheet : str, optional
        Sheet of a workbook.
    header_row : int, optional
        Row that holds the names of the columns, from 1; 0 where the file has no header.
    """

    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    decimal: Literal[".", ","] | None = None
    sheet: str | None = None
    header_row: int | None = None

    def __post_init__(self) -> None:
        if self.delimiter is not None:
            self._check_delimiter(DELIMITER_NAMES.get(self.delimiter, self.delimiter))
        if self.quote is not None and self.quote not in _QUOTES:
            message = f"`quote` must be \", ' or empty, got “{self.quote}”."
            raise InputError(message)
        if self.decimal is not None and self.decimal not in (".", ","):
            message = f"`decimal` must be a point or a comma, got “{self.decimal}”."
            raise InputError(message)
        if self.header_row is not None and not 0 <= self.header_row <= _LAST_HEADER_ROW:
            message = f"`header_row` must be between 0 (no header) and {_LAST_HEADER_ROW:,}, got {self.header_row}."
            raise InputError(message)
        if self.encoding is not None:
            self._check_encoding(self.encoding)

    def _check_delimiter(self, delimiter: str) -> None:
        if not 1 <= len(delimiter) <= _LONGEST_DELIMITER or set(delimiter) & set("\0\r\n\"'"):
            message = (
                f"`delimiter` must be one to {_LONGEST_DELIMITER} characters that are no quotes and no line ends, "
                f"got “{delimiter}”."
            )
            raise InputError(message)
        object.__setattr__(self, "delimiter", delimiter)

    @staticmethod
    def _check_encoding(encoding: str) -> None:
        try:
            "".encode(encoding)  # refuses codecs such as base64, which are not for text
        except (LookupError, UnicodeError, ValueError) as error:
            message = f"`encoding` must be a known encoding such as utf-8 or cp1252, got “{encoding}”."
            raise InputError(message) from error
