"""The details kept with a version: examples, rejected rows and oddities."""

import json
from pathlib import Path
from typing import Any


def read_details(folder: Path) -> dict[str, Any]:
    """Content of a version's `quality.json`: the report, and `files`, `examples`, `rejects`, `oddities`."""
    found: dict[str, Any] = json.loads((folder / "quality.json").read_text(encoding="utf-8"))
    return found
