"""Limits on the unpacked size of files, against archives that expand enormously."""

import shutil
from typing import Final

from core.errors import InputError
from core.ingest.apart.disk_watch import DISK_GB
from core.ingest.sources.files import SourceFile

MOST_RATIO: Final = 250
"""Maximum ratio of unpacked to packed size: order logs reach 30, a file of zeros 1,000."""

_SMALL: Final = 100 << 20  # bytes unpacked regardless of the ratio


class Room:
    """The remaining unpacking budget of one file, shared by everything nested in it.

    Parameters
    ----------
    file : SourceFile
        The file as provided.
    disk_gb : float
        Maximum gigabytes per file.
    """

    def __init__(self, file: SourceFile, disk_gb: float = DISK_GB) -> None:
        self.name = file.name
        self.size = file.path.stat().st_size
        self.disk_gb = disk_gb
        self.most = int(disk_gb * (1 << 30))
        self._left_by_ratio = max(_SMALL, MOST_RATIO * self.size)
        self._left = self.most
        self._free = shutil.disk_usage(file.path.parent).free

    def take(self, size: int, whole: int | None = None) -> None:
        """Deduct bytes from the budget.

        Parameters
        ----------
        size : int
            Bytes.
        whole : int, optional
            The file's declared unpacked size, for the message.

        Raises
        ------
        InputError
        """
        self.check(size, whole)
        self._left_by_ratio -= size
        self._left -= size
        self._free -= size

    def check(self, size: int, whole: int | None = None) -> None:
        """Check that the budget covers this many more bytes.

        Raises
        ------
        InputError
        """
        said = f"{amount(whole)}, more" if whole else "more"
        if size > self._left_by_ratio:
            message = (
                f"{self.name} unpacks to {said} than {MOST_RATIO} times its size, far beyond any order log. Unpack it "
                "and upload its contents."
            )
            raise InputError(message)
        if size > self._left:
            message = (
                f"{self.name} unpacks to {said} than the {self.disk_gb:g} GB allowed per file. Upload it in "
                "parts, or raise CLIENTELE_READ_DISK_GB."
            )
            raise InputError(message)
        if size > self._free:
            message = f"{self.name} unpacks to {said} than the free disk space. Free up some "
            raise InputError(message + "space and try again.")


def amount(size: float) -> str:
    """Format bytes as MB or GB."""
    return f"{size / 1e9:,.1f} GB" if size >= 1e9 else f"{size / 1e6:,.0f} MB"  # noqa: PLR2004  a gigabyte
