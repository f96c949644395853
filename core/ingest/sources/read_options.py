"""User options for reading a file; options left out are detected."""

from dataclasses import dataclass
from typing import Final, Literal

from core.errors import InputError
from core.plain import Plain

DateOrder = Literal["ymd", "dmy", "mdy", "excel", "excel1904", "unix", "unix_ms"]
"""Order of year, month and day in a column of dates, or numbers, see `core.ingest.recognising.serial_dates`."""

DELIMITER_NAMES: Final = {"tab": "\t", "\\t": "\t", "space": " ", "comma": ",", "semicolon": ";", "pipe": "|"}
"""Names of delimiters that are hard to type."""

_LONGEST_DELIMITER: Final = 4
_QUOTES: Final = ('"', "'", "")
_LAST_HEADER_ROW: Final = 1_000


@dataclass(frozen=True, kw_only=True)
class ReadOptions(Plain, sparse=True):
    r"""Options for reading a file; None means detect.

    Parameters
    ----------
    encoding : str, optional
        A Python encoding name, such as `utf-8` or `cp1252`.
    delimiter : str, optional
        One to four characters, or a name in `DELIMITER_NAMES`. A space stands for any number of spaces.
    quote : {'"', "'", ""}, optional
        Encloses values that contain the delimiter; empty for none.
    decimal : {".", ","}, optional
        The decimal mark of all number columns.
    sheet : str, optional
        Sheet of a workbook.
    header_row : int, optional
        Row with the column names, from 1; 0 if the file has no header.
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
                f"`delimiter` must be 1 to {_LONGEST_DELIMITER} characters without quotes or line breaks, "
                f"got “{delimiter}”."
            )
            raise InputError(message)
        object.__setattr__(self, "delimiter", delimiter)

    @staticmethod
    def _check_encoding(encoding: str) -> None:
        try:
            "".encode(encoding)  # rejects codecs such as base64, which aren't for text
        except (LookupError, UnicodeError, ValueError) as error:
            message = f"`encoding` must be a known encoding such as utf-8 or cp1252, got “{encoding}”."
            raise InputError(message) from error
