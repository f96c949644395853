"""`python -m core backup …`, `restore …` and `adopt …`: backup and recovery of a workspace."""

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
    from core.workspace.records import By
    from core.workspace.store import Workspace

ProgressBar = Callable[[], AbstractContextManager[Callable[[float, str], None]]]
"""Creates a progress bar, called with the share done, 0 to 1, and a message."""


def add_commands(commands: "argparse._SubParsersAction[Any]", progress_bar: ProgressBar) -> None:
    """Register the commands."""
    backup = commands.add_parser("backup", help="write all datasets to one file")
    backup.set_defaults(run=lambda options: _backup(options, progress_bar))
    backup.add_argument("--out", required=True, type=reading.out_path, metavar="FILE", help="the backup, a ZIP file")
    restore = commands.add_parser("restore", help="restore what is missing from the workspace")
    restore.set_defaults(run=lambda options: _restore(options, progress_bar))
    restore.add_argument("file", type=Path, metavar="FILE", help="backup file")
    adopt = commands.add_parser("adopt", help="add the versions in a workspace's folder to its catalog")
    adopt.set_defaults(run=_adopt)
    adopt.add_argument("names", nargs="*", metavar="NAME", help="what to restore from quarantine")
    for command in (backup, restore, adopt):
        command.add_argument(
            "--workspace",
            type=reading.folder_path,
            metavar="DIR",
            help="folder of the datasets (default: CLIENTELE_WORKSPACE)",
        )


def _backup(options: argparse.Namespace, progress_bar: ProgressBar) -> None:
    from core.workspace.backups.backup import write_backup  # noqa: PLC0415  importing these takes seconds; --help does not

    reading.check_out(options.out, is_file=True)
    workspace = _workspace(options.workspace, new=False)
    with progress_bar() as show:
        found = write_backup(workspace, options.out, show)
    size = options.out.stat().st_size / 1e6
    sys.stdout.write(
        f"{options.out}: {_many(found.versions, 'version')} of {_many(found.datasets, 'dataset')}, {size:,.1f} MB\n"
    )
    for left_out in found.left_out:
        sys.stdout.write(f"Not in the backup, because deleted or damaged: {left_out}\n")


def _restore(options: argparse.Namespace, progress_bar: ProgressBar) -> None:
    from core.segments.stored_content import CONTENT  # noqa: PLC0415
    from core.workspace.backups.restore import restore_backup  # noqa: PLC0415
    from core.workspace.ownership.opening import missing_from_catalog  # noqa: PLC0415

    if not options.file.is_file():
        message = f"{options.file}: file not found; name a backup made by `python -m core backup`."
        raise InputError(message)
    workspace = _workspace(options.workspace, new=True)
    with progress_bar() as show:
        found = restore_backup(workspace, options.file, _by(), show, CONTENT)
    sys.stdout.write(f"{workspace.folder}: {_many(found.versions, 'version')} restored, {found.there} already there\n")
    if more := missing_from_catalog(workspace.folder, workspace.catalog()):
        sys.stdout.write(
            f"{_many(more, 'version')} in the folder {'is' if more == 1 else 'are'} still missing from the catalog; "
            f"`python -m core adopt --workspace {workspace.folder}` adds them.\n"
        )


def _adopt(options: argparse.Namespace) -> None:
    from core.workspace.disk import disk_state  # noqa: PLC0415
    from core.workspace.ownership import quarantine  # noqa: PLC0415
    from core.workspace.ownership.adoption import adopt  # noqa: PLC0415

    folder, url = _chosen(options.workspace, new=False)
    with disk_state.disk_full_told(folder):
        _, found = adopt(folder, url, _by(), options.names)
    if found.copy:
        sys.stdout.write(f"{folder}: the catalog was restored from its copy {found.copy}\n")
    models = f" and {_many(found.models, 'model')}" if found.models else ""
    sys.stdout.write(f"{folder}: {_many(found.versions, 'version')}{models} added to the catalog\n")
    for name in found.recovered:
        sys.stdout.write(f"Recovered from its files as a new dataset: {name}\n")
    for sentence in found.lost:
        sys.stdout.write(f"{sentence}\n")
    for held in quarantine.held(folder):
        way = f"; `python -m core adopt {held.name}` restores it" if held.can_be_adopted else ""
        sys.stdout.write(f"In quarantine: {held.path}{way}\n")


def _by() -> "By":
    from core.workspace.records import By  # noqa: PLC0415

    return By(who=f"{getpass.getuser()} on the command line")


def _workspace(folder: Path | None, *, new: bool) -> "Workspace":
    """Open the workspace of a folder or of the environment; `new` allows one with versions missing from its catalog."""
    from core.workspace.store import Workspace  # noqa: PLC0415

    chosen, url = _chosen(folder, new=new)
    return Workspace(chosen, url, claim=new)


def _chosen(folder: Path | None, *, new: bool) -> tuple[Path, str]:
    """Return the folder of a workspace and the URL of its catalog."""
    settings = Settings.from_environment(os.environ)
    chosen = folder or settings.workspace
    if not new and not (chosen / "versions").is_dir():
        message = f"{chosen}: there is no workspace here; name its folder with --workspace DIR."
        raise InputError(message)
    return chosen, settings.catalog_url if chosen == settings.workspace else ""


def _many(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
