"""The demo shop a new workspace opens with."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from core.engine import Engine
from core.errors import ConflictError
from core.ingest.importing import import_files
from core.ingest.reading.any_format import read_raw
from core.ingest.sources.files import SourceFile
from core.ingest.sources.read_options import ReadOptions
from core.ingest.unattended import planned_file
from core.workspace import folders
from core.workspace.records import By, NewDataset
from core.workspace.store import Workspace

DEMO_ID = "demo"


def ensure_demo(workspace: Workspace, engine: Engine, file: Path, now: Callable[[], datetime] = datetime.now) -> None:
    """Create the demo dataset in a workspace without datasets, unless it was deleted before.

    It is safe to call in several processes at once.
    """
    if workspace.datasets() or workspace.versions(DEMO_ID) or not file.exists():
        return
    new = NewDataset(name="Demo gift shop", simulated=True, currency="GBP", timezone="Europe/London", id=DEMO_ID)
    with folders.unfinished_folder(workspace.folder) as scratch, engine.session() as connection:
        source = SourceFile(name=file.name, path=file)
        [raw] = read_raw(connection.con, source, scratch, ReadOptions())  # our own file, so no sandbox is needed
        planned = planned_file(connection, raw, {}, dates=None, timezone=new.timezone)
        with suppress(ConflictError):
            import_files(workspace, engine, [planned], new, now=now(), by=By(who="Clientele"))
