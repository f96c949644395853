"""The job that profiles a version's rows and stores the result."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from core.customers.order_filter import OrderFilter, filtered
from core.errors import InputError
from core.explore.filtered_customers import members_of
from core.ingest.report.column_profile import ProfileSpec, profile_column
from core.ingest.saved_rows import saved_rows
from core.plain import Plain
from core.schema import VALUES
from core.workspace.stored_job import Work, stored_job

KIND: Final = "profile"
COUNTED, ALL = "counted", "all"
"""Rows to profile: those that count, or all rows read."""


_FORM: Final = 1  # format of the result; raise it when it changes, so that older results aren't read
_SEGMENTS: Final = "model_version"  # the field's former name: results without segments keep their key
_FILE: Final = "profile.json"
_FATE: Final = ("reason", "problem", "cancelled")  # columns that explain why a row doesn't count


@dataclass(frozen=True, kw_only=True)
class ProfileJobSpec(Plain, form=_FORM, renamed={"segments": _SEGMENTS}):
    """Parameters of the profile job.

    Parameters
    ----------
    chosen : OrderFilter
        Days, country and segment.
    segments : str, int or None
        `StoredModel.content` of the segment's model; None if no segment is chosen.
    rows : {"counted", "all"}
        Rows that count, or all rows read.
    profile : ProfileSpec
        Resolution of the profile.
    """

    chosen: OrderFilter
    segments: str | int | None = None
    rows: str = COUNTED
    profile: ProfileSpec = field(default_factory=ProfileSpec)

    def __post_init__(self) -> None:
        if self.rows not in (COUNTED, ALL):
            message = f"`rows` must be “{COUNTED}” or “{ALL}”, got “{self.rows}”."
            raise InputError(message)


def _report(folder: Path) -> dict[str, Any]:
    return {"columns": len(json.loads((folder / _FILE).read_text(encoding="utf-8"))["columns"])}


@stored_job(ProfileJobSpec, _report)
def run(work: Work[ProfileJobSpec], folder: Path) -> None:
    """Store a profile.

    Returns
    -------
    dict
        Number of `columns`. The result's folder contains `profile.json`: `rows` and `columns`, each as returned by
        `core.ingest.report.column_profile.profile_column`.
    """
    how, version = work.spec, work.version
    with work.session() as connection:
        work.progress(0.01, "Looking for the rows")
        members = members_of(work.workspace, connection, version, how.chosen, how.segments)
        rows = saved_rows(connection, version.folder)
        rows = rows.filter(rows.reason.isnull()) if how.rows == COUNTED else rows
        rows = filtered(rows, how.chosen, members)
        names = [*VALUES, *(_FATE if how.rows == ALL else ())]
        columns = []
        for number, name in enumerate(names):
            work.progress(number / len(names), f"Looking at column {number + 1} of {len(names)}")
            columns.append(profile_column(rows, name, how.profile))
    found = {"rows": columns[0]["rows"], "columns": columns}
    text = json.dumps(found, ensure_ascii=False, indent=1, allow_nan=False)
    (folder / _FILE).write_text(text, encoding="utf-8")
    work.progress(1.0, "Done")
