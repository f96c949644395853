"""Validation of ids and of the paths built from them.

Ids are names in links, in the catalog and on disk. A path built from one always stays below its root, whoever wrote it.
"""

import re
from pathlib import Path
from typing import Final

from core.errors import InputError

LONGEST_ID: Final = 32
LONGEST_FOLDER: Final = 80
MOST_VERSIONS: Final = 1_000_000
"""One upload per minute for two years; a larger number is a mistake."""

LOOSE_MODELS: Final = "from-files"
"""Reserved dataset id for models trained on files."""

_ID: Final = re.compile(r"[a-z0-9][a-z0-9_-]*")  # no capitals, as some disks ignore case
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
_DEVICES: Final = frozenset(
    ("con", "prn", "aux", "nul", *(f"{kind}{number}" for kind in ("com", "lpt") for number in range(10)))
)
"""Windows device names, reserved with any extension."""
_SHOWN: Final = 60  # characters of an invalid id


def is_id(value: object, longest: int = LONGEST_ID) -> bool:
    """Return whether a value is a valid id of a dataset, or name of a version's folder."""
    fits = isinstance(value, str) and len(value) <= longest and _ID.fullmatch(value) is not None
    return fits and str(value) not in _DEVICES | {LOOSE_MODELS}


def check_dataset_id(value: str) -> str:
    """Return the id of a dataset unchanged.

    Raises
    ------
    InputError
        If it is invalid.
    """
    if not is_id(value):
        message = (
            f"A dataset's id must have 1 to {LONGEST_ID} lower-case letters, digits, hyphens or underscores, start "
            f"with a letter or digit and not be a reserved name, got “{shown(value)}”."
        )
        raise InputError(message)
    return value


def is_version(value: object) -> bool:
    """Return whether a value is a valid version number."""
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_VERSIONS


def is_file_name(name: str) -> bool:
    """Return whether a name means the same file on every system: no folder, no device, no trailing dot."""
    stem = name.partition(".")[0].lower()
    return bool(_NAME.fullmatch(name)) and not name.endswith(".") and stem not in _DEVICES


def inside(root: Path, *names: str) -> Path:
    """Return the path of a name below a root, checked to be really there.

    Parameters
    ----------
    root : Path
        A folder of the workspace; may be a link to another disk.
    names : str
        Folder or file names, one for each level below the root.

    Raises
    ------
    InputError
        If a name is invalid, or a symbolic link points outside the root.
    """
    path = root.joinpath(*names) if all(map(is_file_name, names)) else root
    if path == root or path.resolve() != root.resolve().joinpath(*names):
        message = (
            f"“{shown('/'.join(names))}” isn't a valid name in {root}, or it points outside it; nothing was changed."
        )
        raise InputError(message)
    return path


def below(root: Path, path: Path) -> Path:
    """Return a path unchanged, checked to be below a root.

    Raises
    ------
    InputError
        If it is outside the root.
    """
    if not path.resolve().is_relative_to(root.resolve()):
        message = f"“{shown(path.name)}” isn't in the folder {root}; nothing was changed. Upload the file again."
        raise InputError(message)
    return path


def shown(value: object) -> str:
    """Format a value for a message: printable, on one line, and not too long."""
    text = "".join(sign if sign.isprintable() else "�" for sign in str(value)[: _SHOWN + 1])
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
