"""Reading of a pasted or uploaded order history in a child process; see `core.ingest.apart.sandbox`."""

from contextlib import closing
from dataclasses import asdict
from datetime import datetime, time
from pathlib import Path
from typing import Any

from core.engine import Engine
from core.ingest.apart.frames_as_text import frame_of_text, frame_to_text
from core.ingest.apart.sandbox import Limits, run_apart, serve
from core.ingest.reading.raw_table import RawTable
from core.models.scoring.pasted_history import Given, HowGiven, read_history
from core.progress import Progress


def read_history_apart(raw: RawTable, how: HowGiven, scratch: Path, *, limits: Limits, progress: Progress) -> Given:
    """Run `core.models.scoring.pasted_history.read_history` in a child process.

    Parameters
    ----------
    raw, how, scratch
        See `read_history`.
    limits : Limits
        Resources the child may use.
    progress : callable
        See `core.progress.Progress`.
    """
    now = how.now.isoformat() if how.now else None
    request = {
        "raw": raw.to_json(),
        "how": {**asdict(how), "clock": how.clock.isoformat(), "now": now},
        "memory_gb": limits.for_queries(),
        "into": str(scratch.resolve()),
    }
    found = run_apart(__name__, request, files=raw.name, limits=limits, folders=[scratch], progress=progress, warm=True)
    history = frame_of_text(found["history"])
    return Given(history=history, left_out=tuple(found["left_out"]), unknown=tuple(found["unknown"]))


def _read(request: dict[str, Any], _progress: Progress) -> dict[str, Any]:
    options, scratch, raw = request["how"], Path(request["into"]), RawTable.from_json(request["raw"])
    now = datetime.fromisoformat(options["now"]) if options["now"] else None
    how = HowGiven(**{**options, "clock": time.fromisoformat(options["clock"]), "now": now})
    engine = Engine(folders=[scratch, raw.path.parent], memory_gb=request["memory_gb"])
    with closing(engine), engine.session() as connection:
        given = read_history(connection, raw, how, scratch)
    return {"history": frame_to_text(given.history), "left_out": given.left_out, "unknown": given.unknown}


if __name__ == "__main__":
    serve(_read)
