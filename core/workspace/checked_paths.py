"""Ids, and the paths that are made of them: the one place where both are checked.

An id is a name in links, in the catalog and on disk. Whatever wrote it, a path made of it stays below its root.
"""

import re
from pathlib import Path
from typing import Final

from core.errors import InputError

LONGEST_ID: Final = 32
LONGEST_FOLDER: Final = 80
MOST_VERSIONS: Final = 1_000_000
"""An upload a minute for two years; a larger number is a mistake."""

LOOSE_MODELS: Final = "from-files"
"""Stands in the place of a dataset's id for models that were trained on files, so no dataset may have it."""

_ID: Final = re.compile(r"[a-z0-9][a-z0-9_-]*")  # no capitals: some disks take two cases for one name
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
_DEVICES: Final = frozenset(
    ("con", "prn", "aux", "nul", *(f"{kind}{number}" for kind in ("com", "lpt") for number in range(10)))
)
"""Names that Windows takes for devices, with any ending."""
_SHOWN: Final = 60  # characters of what is no id


def is_id(value: object, longest: int = LONGEST_ID) -> bool:
    """Whether a value can be an id: of a dataset, or a folder of a version."""
    fits = isinstance(value, str) and len(value) <= longest and _ID.fullmatch(value) is not None
    return fits and str(value) not in _DEVICES | {LOOSE_MODELS}


def check_dataset_id(value: str) -> str:
    """Give the id of a dataset as it is.

    Raises
    ------
    InputError
        Where it cannot be one.
    """
    if not is_id(value):
        message = (
            f"A dataset's id must have 1 to {LONGEST_ID} lower-case letters, digits, hyphens or underscores, begin "
            f"with a letter or digit and be no reserved name, got “{shown(value)}”."
        )
        raise InputError(message)
    return value


def is_version(value: object) -> bool:
    """Whether a value can be the number of a version."""
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_VERSIONS


def is_file_name(name: str) -> bool:
    """Whether a name means the same file on every system: no folders, no devices, nothing that is left off its end."""
    stem = name.partition(".")[0].lower()
    return bool(_NAME.fullmatch(name)) and not name.endswith(".") and stem not in _DEVICES


def inside(root: Path, *names: str) -> Path:
    """Give the path of a name below a root, where it really lies there.

    Parameters
    ----------
    root : Path
        A folder of the workspace; it may itself be a link to another disk.
    names : str
        Of a folder or file, one for each level below it.

    Raises
    ------
    InputError
        Where a name is no plain one, or a symbolic link leads elsewhere.
    """
    path = root.joinpath(*names) if all(map(is_file_name, names)) else root
    if path == root or path.resolve() != root.resolve().joinpath(*names):
        message = (
            f"“{shown('/'.join(names))}” isn't a valid name in {root}, or it points outside it; nothing was changed."
        )
        raise InputError(message)
    return path


def below(root: Path, path: Path) -> Path:
    """Give a path as it is, where it really lies below a root.

    Raises
    ------
    InputError
        Where it leads elsewhere.
    """
    if not path.resolve().is_relative_to(root.resolve()):
        message = f"“{shown(path.name)}” does not lie in the folder {root}; nothing was changed. Upload the file again."
        raise InputError(message)
    return path


def shown(value: object) -> str:
    """A value in a message: printable, on one line, and not too long."""
    text = "".join(sign if sign.isprintable() else "�" for sign in str(value)[: _SHOWN + 1])
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
