"""`python -m core backup …` and `python -m core restore …`."""

import argparse
import getpass
import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.commands import reading
from core.errors import InputError
from core.settings import Settings

if TYPE_CHECKING:
    from core.workspace.store import Workspace

ProgressBar = Callable[[], AbstractContextManager[Callable[[float, str], None]]]
"""Makes a bar; what it gives is called with the share done, 0 to 1, and what is being done."""


def add_commands(commands: "argparse._SubParsersAction[Any]", progress_bar: ProgressBar) -> None:
    """Add both commands to those of the command line."""
    backup = commands.add_parser("backup", help="write all datasets into one file")
    backup.set_defaults(run=lambda options: _backup(options, progress_bar))
    backup.add_argument("--out", required=True, type=reading.out_path, metavar="FILE", help="the backup, a zip")
    restore = commands.add_parser("restore", help="bring back what a backup has and the workspace lacks")
    restore.set_defaults(run=lambda options: _restore(options, progress_bar))
    restore.add_argument("file", type=Path, metavar="FILE", help="a backup")
    for command in (backup, restore):
        command.add_argument(
            "--workspace",
            type=reading.folder_path,
            metavar="DIR",
            help="folder of the datasets (default: CLIENTELE_WORKSPACE)",
        )


def _backup(options: argparse.Namespace, progress_bar: ProgressBar) -> None:
    from core.workspace.backup import write_backup  # noqa: PLC0415  importing these takes seconds; --help does not

    reading.check_out(options.out, is_file=True)
    workspace = _workspace(options.workspace, new=False)
    with progress_bar() as show:
        found = write_backup(workspace, options.out, show)
    size = options.out.stat().st_size / 1e6
    sys.stdout.write(
        f"{options.out}: {_many(found.versions, 'version')} of {_many(found.datasets, 'dataset')}, {size:,.1f} MB\n"
    )
    for left_out in found.left_out:
        sys.stdout.write(f"Not in it, because its files were deleted meanwhile: {left_out}\n")


def _restore(options: argparse.Namespace, progress_bar: ProgressBar) -> None:
    from core.workspace.records import By  # noqa: PLC0415
    from core.workspace.recovery import restore_backup  # noqa: PLC0415

    if not options.file.is_file():
        message = f"{options.file}: there is no such file; give a backup that `python -m core backup` made."
        raise InputError(message)
    workspace = _workspace(options.workspace, new=True)
    with progress_bar() as show:
        found = restore_backup(workspace, options.file, By(who=f"{getpass.getuser()} on the command line"), show)
    sys.stdout.write(
        f"{workspace.folder}: {_many(found.versions, 'version')} brought back, {found.there} there already\n"
    )


def _workspace(folder: Path | None, *, new: bool) -> "Workspace":
    """The workspace in a folder, or that of the environment."""
    from core.workspace.store import Workspace  # noqa: PLC0415

    settings = Settings.from_environment(os.environ)
    chosen = folder or settings.workspace
    if not new and not (chosen / "versions").is_dir():
        message = f"{chosen}: there is no workspace; choose its folder with --workspace DIR."
        raise InputError(message)
    return Workspace(chosen, settings.catalog_url if chosen == settings.workspace else "")


def _many(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
