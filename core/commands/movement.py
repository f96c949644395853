"""`python -m core movement …`: customers who moved between segments from one date to another."""

import argparse
import json
from typing import TYPE_CHECKING, Any, Final

from core.commands import reading
from core.commands.backups import ProgressBar
from core.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from core.customers.snapshots import PairSpec
    from core.segments.segment_model import SegmentModel

_DIGITS: Final = 6  # further digits are floating-point noise
_WHAT: Final = ("recency", "frequency", "monetary")
_CUSTOMER: Final = ("customer_id", "segment_from", "segment_to", "direction")
_SLIPPED: Final = ("customer_id", "slipped_on", "segment_from", "segment_to", *_WHAT, "returned", "net")


def add_command(commands: "argparse._SubParsersAction[Any]", progress_bar: ProgressBar) -> None:
    """Register the command."""
    parser = commands.add_parser("movement", help="compare customers' segments at two dates")
    parser.set_defaults(run=lambda options: _movement(options, progress_bar))
    reading.add_files(parser)
    for name, what in (("from", "at the start of this day"), ("to", "at the start of this later day")):
        parser.add_argument(
            f"--{name}", dest=f"{name}_date", required=True, type=reading.day, metavar="DATE", help=f"customers {what}"
        )
    reading.add_k(parser)
    reading.add_how(parser)


def _movement(options: argparse.Namespace, progress_bar: ProgressBar) -> None:
    """Read and clean the orders, and write movement.json, movement.csv and slipped.csv."""
    from core.act.exports import to_csv  # noqa: PLC0415  importing these takes seconds; --help does not
    from core.segments.choosing.analysis import AnalysisSpec  # noqa: PLC0415
    from core.segments.movement.change_causes import explained  # noqa: PLC0415
    from core.segments.movement.slipped import slipped  # noqa: PLC0415
    from core.segments.movement.transitions import at  # noqa: PLC0415

    spec, asked = _pair_spec(options), AnalysisSpec(k=options.k)
    with progress_bar() as show:
        with reading.reduced(options, show) as found:
            show(0.7, "Comparing both dates")
            pairs = _pairs(found, spec)
        finding = lambda share: show(0.75 + 0.2 * share, "Finding segments")  # noqa: E731
        after = at(pairs, "to")
        model = _model(after, asked.k, finding)
        movement = explained(pairs, model, spec.days)
        show(0.97, "Writing")
        results = {
            "movement.json": json.dumps(_summary(movement, model, spec), indent=1, ensure_ascii=False) + "\n",
            "movement.csv": to_csv(_customers(movement)),
            "slipped.csv": to_csv(_slipped(slipped(after, model))),
        }
        reading.write_results(results, options.out)
        show(1.0, "Done")


def _pair_spec(options: argparse.Namespace) -> "PairSpec":
    from core.customers.snapshots import PairSpec  # noqa: PLC0415

    if options.from_date > options.to_date:
        message = f"--from {options.from_date} is after --to {options.to_date}; swap them."
        raise InputError(message)
    return PairSpec(start=options.from_date, end=options.to_date)


def _pairs(reduced: reading.Reduced, spec: "PairSpec") -> "pd.DataFrame":
    from core.customers.snapshots import pair  # noqa: PLC0415

    found: pd.DataFrame = (
        pair(reduced.table("orders"), reduced.table("returns"), spec).order_by("customer_id").execute()
    )
    for name, column, day in (("to", "recency_to", spec.end), ("from", "recency_from", spec.start)):
        if found[column].isna().all():
            message = f"--{name} {day}: no orders before this date; the first is from {reduced.report.first_order}."
            raise InputError(message)
    return found


def _model(customers: "pd.DataFrame", k: int | None, progress: Any) -> "SegmentModel":
    """Fit K-Means to the customers as of the second date."""
    from core.segments.choosing.analysis import candidate_ks  # noqa: PLC0415
    from core.segments.choosing.k_choice import ChoiceSpec, choose  # noqa: PLC0415
    from core.segments.clustering.fitting import fit  # noqa: PLC0415
    from core.segments.segment_model import ClusterSpec  # noqa: PLC0415

    spec = ClusterSpec()
    if k is None:
        k, _, _ = choose(customers, spec.scaling, candidate_ks(spec.preset), ChoiceSpec(), progress)
    return fit(customers, ClusterSpec(k=k))


def _summary(movement: "pd.DataFrame", model: "SegmentModel", spec: "PairSpec") -> dict[str, Any]:
    """Return the content of movement.json."""
    from core.segments.movement.change_causes import decompose  # noqa: PLC0415
    from core.segments.movement.transitions import NEW, directions, matrix  # noqa: PLC0415

    ways = directions(movement).astype({"direction": "str"})
    cells = matrix(movement, model.names).rename(
        columns={"segment_from": "from", "segment_to": "to", "at_stake": "revenue_at_stake"}
    )
    new = int((movement["direction"] == NEW).sum())
    return {
        "from": spec.start.isoformat(),
        "to": spec.end.isoformat(),
        "model": {
            "method": "K-Means, frozen: the same centroids at both dates",
            "preset": model.spec.preset,
            "k": model.spec.k,
            "seed": model.spec.seed,
            "fitted_as_of": spec.end.isoformat(),
        },
        "revenue_at_stake": f"gross, from {spec.year_before} until {spec.start}",
        "segments": list(model.names),
        "directions": ways.rename(columns={"at_stake": "revenue_at_stake"}).round(_DIGITS).to_dict("records"),
        "matrix": cells.round(_DIGITS).to_dict("records"),
        "decomposition": decompose(movement).to_dict("records"),
        "conserved": {
            "customers_from": len(movement) - new,
            "new_customers": new,
            "customers_to": len(movement),
            "in_matrix": int(cells["customers"].sum()),
        },
    }


def _customers(movement: "pd.DataFrame") -> "pd.DataFrame":
    """Return the columns of movement.csv; counts and days are integers, empty before a customer's first order."""
    sides = [f"{name}_{side}" for side in ("from", "to") for name in _WHAT]
    whole = {name: "Int64" for name in sides if not name.startswith("monetary")}
    table = movement[[*_CUSTOMER, *sides, "at_stake"]].astype(whole)
    return table.rename(columns={"at_stake": "revenue_at_stake"})


def _slipped(customers: "pd.DataFrame") -> "pd.DataFrame":
    """Return the columns of slipped.csv."""
    return customers.assign(slipped_on=customers["slipped_on"].dt.strftime("%Y-%m-%d"))[list(_SLIPPED)]
