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
    """Return whether an address is a link to a web server."""
    return address.strip().lower().startswith(("http://", "https://"))


def fetch(address: str, settings: Settings, target: Path, progress: Progress, *, anywhere: bool = False) -> SourceFile:
    """Return the file at an address: links are downloaded to `target`, paths are used in place.

    Parameters
    ----------
    address : str
        A path on the server, an http(s) link, or `uci:352`.
    settings : Settings
        Defines which folders and hosts are allowed.
    target : Path
        File to write a download to. It exists afterwards only if the download is complete.
    progress : callable
        Called with the share done and a message. If it raises, nothing is left behind.
    anywhere : bool, default False
        Allow every host, for the command line, whose user could fetch the file anyway.

    Raises
    ------
    InputError
        If the address is not allowed or nothing can be read there.
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
    """Check that an address may be fetched, without contacting another server.

    Raises
    ------
    InputError
        If `fetch` would refuse it.
    """
    wanted = address.strip()
    if is_link(wanted):
        check_link(wanted, settings.allowed_hosts)
    elif wanted.lower() != UCI_NAME:
        _on_server(wanted, settings.allowed_folders)


def _on_server(wanted: str, folders: tuple[Path, ...]) -> SourceFile:
    """Return a file inside the allowed folders, without revealing whether files outside them exist."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", wanted):
        message = f"Addresses starting with “{wanted.partition(':')[0][:20]}:” aren't supported. Enter a path on the "
        raise InputError(message + "server or a link starting with https://.")
    if not folders:
        message = "Files on the server can't be read: no folder is allowed. Ask your administrator to add one to "
        raise InputError(message + "CLIENTELE_ALLOWED_FOLDERS.")
    shown = wanted[-120:]
    inside = [
        path
        for path in (_resolved(folder / wanted) for folder in folders)
        if path is not None and any(path.is_relative_to(folder) for folder in folders)
    ]
    if not inside:
        message = f"“{shown}” is outside the folders that may be read. Move the file to one of "
        raise InputError(message + f"{', '.join(map(str, folders))}, or add its folder to "
                         "CLIENTELE_ALLOWED_FOLDERS.")  # fmt: skip
    path = next(filter(os.path.isfile, inside), inside[0])
    if os.path.isfile(path):  # noqa: PTH113  returns False where Path.is_file raises
        return SourceFile(name=path.name, path=path)
    if os.path.isdir(path):  # noqa: PTH112
        message = f"“{shown}” is a folder. Enter the path of a file in it."
    elif os.path.exists(path):  # noqa: PTH110
        message = f"“{shown}” is a device, socket or pipe. Enter the path of a regular file."
    else:
        message = f"There is no file “{shown}” on the server. Check the path, including upper and lower case."
    raise InputError(message)


def _resolved(path: Path) -> Path | None:
    """Resolve a path and its symbolic links; return None if it can't be resolved."""
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):  # a loop of links, a NUL character
        return None
