"""Files that are named instead of uploaded: a path on the server, or a link."""

import os
import re
from pathlib import Path
from typing import Final

from core.errors import InputError
from core.ingest.sources.download import check_link, download
from core.ingest.sources.files import SourceFile
from core.progress import Progress
from core.settings import Settings

UCI_NAME: Final = "uci:352"
UCI_ONLINE_RETAIL: Final = "https://archive.ics.uci.edu/static/public/352/online+retail.zip"
UCI_SOURCE: Final = (
    "Online Retail, UCI Machine Learning Repository, dataset 352 (Chen, 2015), doi.org/10.24432/C5BW33, licence "
    "CC BY 4.0: orders of a British gift shop from December 2010 to December 2011, about 23 MB."
)
"""Shown wherever the file is offered, as its licence asks."""

_UCI_HOSTS: Final = ("archive.ics.uci.edu",)


def is_link(address: str) -> bool:
    """Whether an address is a link to a web server."""
    return address.strip().lower().startswith(("http://", "https://"))


def fetch(address: str, settings: Settings, target: Path, progress: Progress, *, anywhere: bool = False) -> SourceFile:
    """Find the file that an address names; a link is downloaded to `target`, a path is used in place.

    Parameters
    ----------
    address : str
        A path on the server, an http(s) link, or `uci:352`.
    settings : Settings
        Says which folders and hosts are allowed.
    target : Path
        File to write a download to; it exists afterwards only where the download is complete.
    progress : callable
        Gets the share done and a sentence; may raise, and nothing is left.
    anywhere : bool, default False
        Allow every host: for the command line, whose user could fetch the file as well.

    Raises
    ------
    InputError
        Where the address is not allowed or nothing can be read there.
    """
    wanted = address.strip()
    if wanted.lower() == UCI_NAME:
        name = download(UCI_ONLINE_RETAIL, _UCI_HOSTS, target, progress)
    elif is_link(wanted):
        name = download(wanted, None if anywhere else settings.allowed_hosts, target, progress)
    else:
        return _on_server(wanted, settings.allowed_folders)
    return SourceFile(name=name, path=target)


def check(address: str, settings: Settings) -> None:
    """See that an address may be fetched, without asking any other server.

    Raises
    ------
    InputError
        Where `fetch` would refuse it.
    """
    wanted = address.strip()
    if is_link(wanted):
        check_link(wanted, settings.allowed_hosts)
    elif wanted.lower() != UCI_NAME:
        _on_server(wanted, settings.allowed_folders)


def _on_server(wanted: str, folders: tuple[Path, ...]) -> SourceFile:
    """Find a file inside the allowed folders; of what is outside it is not even said whether it exists."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", wanted):
        message = f"Addresses that begin with “{wanted.partition(':')[0][:20]}:” cannot be read; give a path on the "
        raise InputError(message + "server or a link that begins with https://.")
    if not folders:
        message = "Files on the server cannot be read: no folder is allowed. Whoever runs Clientele can name some in "
        raise InputError(message + "the setting CLIENTELE_ALLOWED_FOLDERS.")
    shown = wanted[-120:]
    inside = [
        path
        for path in (_resolved(folder / wanted) for folder in folders)
        if path is not None and any(path.is_relative_to(folder) for folder in folders)
    ]
    if not inside:
        message = f"“{shown}” is outside the folders that may be read; put the file into one of "
        raise InputError(message + f"{', '.join(map(str, folders))}, or have its folder added to "
                         "CLIENTELE_ALLOWED_FOLDERS.")  # fmt: skip
    path = next(filter(os.path.isfile, inside), inside[0])
    if os.path.isfile(path):  # noqa: PTH113  where Path.is_file raises, this says no
        return SourceFile(name=path.name, path=path)
    if os.path.isdir(path):  # noqa: PTH112
        message = f"“{shown}” is a folder; name a file in it."
    elif os.path.exists(path):  # noqa: PTH110
        message = f"“{shown}” is no ordinary file but a device, socket or pipe; name a file."
    else:
        message = f"There is no file “{shown}” on the server; check the path, capital letters count."
    raise InputError(message)


def _resolved(path: Path) -> Path | None:
    """Where a path really leads, symbolic links followed; None where it cannot lead anywhere."""
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):  # a loop of links, a NUL character
        return None
