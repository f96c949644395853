"""`python -m core backup …`, `restore …` and `adopt …`: a workspace as one file, and ways back to what was lost."""

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
"""Makes a bar; what it gives is called with the share done, 0 to 1, and what is being done."""


def add_commands(commands: "argparse._SubParsersAction[Any]", progress_bar: ProgressBar) -> None:
    """Add these commands to those of the command line."""
    backup = commands.add_parser("backup", help="write all datasets into one file")
    backup.set_defaults(run=lambda options: _backup(options, progress_bar))
    backup.add_argument("--out", required=True, type=reading.out_path, metavar="FILE", help="the backup, a zip")
    restore = commands.add_parser("restore", help="bring back what a backup has and the workspace lacks")
    restore.set_defaults(run=lambda options: _restore(options, progress_bar))
    restore.add_argument("file", type=Path, metavar="FILE", help="a backup")
    adopt = commands.add_parser("adopt", help="enter the versions in a workspace's folder in its catalog")
    adopt.set_defaults(run=_adopt)
    adopt.add_argument("names", nargs="*", metavar="NAME", help="what to bring back from quarantine")
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
        sys.stdout.write(f"Not in the backup, deleted meanwhile or damaged: {left_out}\n")


def _restore(options: argparse.Namespace, progress_bar: ProgressBar) -> None:
    from core.segments.stored_content import CONTENT  # noqa: PLC0415
    from core.workspace.backups.restore import restore_backup  # noqa: PLC0415
    from core.workspace.ownership.opening import missing_from_catalog  # noqa: PLC0415

    if not options.file.is_file():
        message = f"{options.file}: there is no such file; give a backup that `python -m core backup` made."
        raise InputError(message)
    workspace = _workspace(options.workspace, new=True)
    with progress_bar() as show:
        found = restore_backup(workspace, options.file, _by(), show, CONTENT)
    sys.stdout.write(
        f"{workspace.folder}: {_many(found.versions, 'version')} brought back, {found.there} there already\n"
    )
    if more := missing_from_catalog(workspace.folder, workspace.catalog()):
        sys.stdout.write(
            f"{_many(more, 'version')} in the folder {'is' if more == 1 else 'are'} still missing from the catalog; "
            f"`python -m core adopt --workspace {workspace.folder}` enters them.\n"
        )


def _adopt(options: argparse.Namespace) -> None:
    from core.workspace.disk import disk_state  # noqa: PLC0415
    from core.workspace.ownership import quarantine  # noqa: PLC0415
    from core.workspace.ownership.adoption import adopt  # noqa: PLC0415

    folder, url = _chosen(options.workspace, new=False)
    with disk_state.disk_full_told(folder):
        _, found = adopt(folder, url, _by(), options.names)
    if found.copy:
        sys.stdout.write(f"{folder}: the catalog was put back from its copy {found.copy}\n")
    models = f" and {_many(found.models, 'model')}" if found.models else ""
    sys.stdout.write(f"{folder}: {_many(found.versions, 'version')}{models} entered in the catalog\n")
    for name in found.recovered:
        sys.stdout.write(f"Recovered from files alone as a new dataset: {name}\n")
    for sentence in found.lost:
        sys.stdout.write(f"{sentence}\n")
    for held in quarantine.held(folder):
        way = f"; `python -m core adopt {held.name}` brings it back" if held.can_be_adopted else ""
        sys.stdout.write(f"In quarantine: {held.path}{way}\n")


def _by() -> "By":
    from core.workspace.records import By  # noqa: PLC0415

    return By(who=f"{getpass.getuser()} on the command line")


def _workspace(folder: Path | None, *, new: bool) -> "Workspace":
    """The workspace in a folder, or that of the environment; what is to be restored may be missing from its catalog."""
    from core.workspace.store import Workspace  # noqa: PLC0415

    chosen, url = _chosen(folder, new=new)
    return Workspace(chosen, url, claim=new)


def _chosen(folder: Path | None, *, new: bool) -> tuple[Path, str]:
    """The folder of a workspace and the URL of its catalog."""
    settings = Settings.from_environment(os.environ)
    chosen = folder or settings.workspace
    if not new and not (chosen / "versions").is_dir():
        message = f"{chosen}: there is no workspace; choose its folder with --workspace DIR."
        raise InputError(message)
    return chosen, settings.catalog_url if chosen == settings.workspace else ""


def _many(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
