"""The child's side of inspecting a raw table; see `core.ingest.staging.looking_apart`."""

from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from typing import Any, Final

from ibis.backends.duckdb import Backend

from core.engine import Engine
from core.ingest.apart.frames_as_text import frame_to_text, shortened
from core.ingest.cleaning.parsing import parse, plan, propose_mapping, raw_table, sample_of
from core.ingest.cleaning.read_plan import ReadPlan
from core.ingest.reading.raw_table import RawTable
from core.ingest.recognising.column_mapping import ColumnMapping

_LONGEST: Final = 500  # characters of a value to show


def look(told: dict[str, Any]) -> Any:
    """Run the task `what` on the table `raw`, within `memory_gb`; other values are the task's parameters."""
    raw = RawTable.from_json(told["raw"])
    engine = Engine(folders=[raw.path.parent], memory_gb=told["memory_gb"])
    with closing(engine), engine.session() as connection:
        return _TASKS[told["what"]](connection, raw, told)


def _propose(connection: Backend, raw: RawTable, _told: dict[str, Any]) -> dict[str, str]:
    return propose_mapping(connection, raw).roles()


def _plan(connection: Backend, raw: RawTable, told: dict[str, Any]) -> dict[str, Any]:
    asked = told["asked"]
    now = datetime.fromisoformat(asked["now"]) if asked["now"] else None
    return plan(connection, raw, ColumnMapping(**told["mapping"]), **{**asked, "now": now}).to_json()


def _preview(connection: Backend, raw: RawTable, told: dict[str, Any]) -> str:
    how = ReadPlan.from_json(told["plan"])
    rows = parse(raw_table(connection, raw), raw, how, 0).order_by("row").limit(told["rows"]).execute()
    return frame_to_text(shortened(rows, _LONGEST))


def _sample(connection: Backend, raw: RawTable, told: dict[str, Any]) -> str:
    rows = sample_of(connection, raw, told["rows"]).astype("str").replace({"None": "", "nan": "", "NaT": ""})
    return frame_to_text(shortened(rows, _LONGEST))


_TASKS: Final[dict[str, Callable[[Backend, RawTable, dict[str, Any]], Any]]] = {
    "propose": _propose,
    "plan": _plan,
    "preview": _preview,
    "sample": _sample,
}
