"""How large a file may become while it is read: a file of a kilobyte can unpack to a million."""

import shutil
from typing import Final

from core.errors import InputError
from core.ingest.apart.disk_watch import DISK_GB
from core.ingest.sources.files import SourceFile

MOST_RATIO: Final = 250
"""Times its size that a file may unpack to: order logs reach 30, a file of zeros 1,000."""

_SMALL: Final = 100 << 20  # bytes that are unpacked whatever the ratio


class Room:
    """What is left of the bytes that one file may become, with all that is packed in it, however often.

    Parameters
    ----------
    file : SourceFile
        As it was given.
    disk_gb : float
        Gigabytes that no file may exceed.
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
        """Unpack so many bytes more, where that is not too much.

        Parameters
        ----------
        size : int
            Bytes.
        whole : int, optional
            What the file says it unpacks to, for the message.

        Raises
        ------
        InputError
        """
        self.check(size, whole)
        self._left_by_ratio -= size
        self._left -= size
        self._free -= size

    def check(self, size: int, whole: int | None = None) -> None:
        """See whether so many bytes more are not too much.

        Raises
        ------
        InputError
        """
        said = f"{amount(whole)}, more" if whole else "more"
        if size > self._left_by_ratio:
            message = (
                f"{self.name} unpacks to {said} than {MOST_RATIO} times its size, far beyond any order log; unpack it "
                "and upload what is inside."
            )
            raise InputError(message)
        if size > self._left:
            message = (
                f"{self.name} unpacks to {said} than the {self.disk_gb:g} GB that one file may take; upload it in "
                "parts, or raise CLIENTELE_READ_DISK_GB."
            )
            raise InputError(message)
        if size > self._free:
            message = f"{self.name} unpacks to {said} than is free on the disk, so there is no room for it; free some "
            raise InputError(message + "space and try again.")


def amount(size: float) -> str:
    """Bytes as a person reads them."""
    return f"{size / 1e9:,.1f} GB" if size >= 1e9 else f"{size / 1e6:,.0f} MB"  # noqa: PLR2004  a gigabyte
