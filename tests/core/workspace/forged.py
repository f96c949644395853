"""Forged backups with matching checksums, recognisable only by their content."""

import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

Tables = dict[str, list[dict[str, Any]]]


def members_of(file: Path) -> dict[str, bytes]:
    """Return the content of each member of a backup."""
    with zipfile.ZipFile(file) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def write(file: Path, members: dict[str, bytes], *, schema: int | None = None) -> Path:
    """Write a backup of these members, with a manifest of correct checksums and sizes."""
    files = {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        for name, content in members.items()
        if name != "manifest.json"
    }
    manifest = {**json.loads(members["manifest.json"]), "files": files}
    if schema is not None:
        manifest["schema"] = schema
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as packed:
        for name, content in {**members, "manifest.json": json.dumps(manifest).encode()}.items():
            packed.writestr(zipfile.ZipInfo(name), content)
    return file


def forged(file: Path, target: Path, change: Callable[[Tables], object]) -> Path:
    """Write a backup with changed catalog rows."""
    members = members_of(file)
    tables: Tables = json.loads(members["catalog.json"])
    change(tables)
    return write(target, {**members, "catalog.json": json.dumps(tables).encode()})


def with_folder(file: Path, target: Path, change: Callable[[str], str]) -> Path:
    """Write a backup with the first live version in another folder, also in the catalog."""
    members = members_of(file)
    tables: Tables = json.loads(members["catalog.json"])
    row = next(row for row in tables["versions"] if row["deleted_at"] is None)
    old, new = row["folder"], change(row["folder"])
    row["folder"] = new
    moved = {name.replace(f"versions/{old}/", f"versions/{new}/"): content for name, content in members.items()}
    return write(target, {**moved, "catalog.json": json.dumps(tables).encode()})
