"""The project: fitting BG/NBD, computing features at some cutoffs, and scoring all customers."""

import json
import sys
import time
from datetime import timedelta
from pathlib import Path

import ibis
import pandas as pd

from core.customers.btyd import BgNbd, Histories
from core.customers.features import features
from core.engine import Engine, parquet

_STEP = 30  # days between cutoffs


def main(what: str, path: Path, more: str) -> None:
    """Print seconds of work and the result."""
    if what == "fit":
        work, answer = _fit(path)
    elif what == "features":
        work, answer = _features(path, int(more))
    else:
        work, answer = (_train if what == "train" else _score)(path, Path(more))
    print(json.dumps({"work": work, "answer": answer}))


def _fit(path: Path) -> tuple[float, str]:
    table = pd.read_parquet(path)
    started = time.perf_counter()
    found = BgNbd.fit(Histories.of(table["x"], table["t_x"], table["T"]))
    work = time.perf_counter() - started
    return work, json.dumps({"r": found.r, "alpha": found.alpha, "a": found.a, "b": found.b})


def _features(folder: Path, cutoffs: int) -> tuple[float, str]:
    """Compute features at the end of the log, and every thirty days before it."""
    engine = Engine(folders=[folder])
    started = time.perf_counter()
    with engine.session() as connection:
        orders, returns = (parquet(connection, folder / f"{name}.parquet") for name in ("orders", "returns"))
        last = pd.Timestamp(orders.ordered_at.max().execute()).normalize() + timedelta(days=1)
        days = [last - timedelta(days=_STEP * back) for back in range(cutoffs)]
        table = ibis.memtable(pd.DataFrame({"as_of": days}))
        found = features(orders, returns, table.select(as_of=table.as_of.date())).execute()
    work = time.perf_counter() - started
    engine.close()
    return work, f"{len(found):,} rows, {found['monetary'].sum():,.2f}"


def _train(shop: Path, model: Path) -> tuple[float, str]:
    """Train the champion on a sample of customers and store it."""
    from core.models.training import model_folder as stored  # noqa: PLC0415  keeps imports out of the other parts' times
    from core.models.training.suite import SuiteSpec  # noqa: PLC0415
    from core.models.training.training_run import TrainSpec, trained  # noqa: PLC0415

    engine = Engine(folders=[shop])
    started = time.perf_counter()
    with engine.session() as connection:
        orders, returns = (parquet(connection, shop / f"{name}.parquet") for name in ("orders", "returns"))
        last = pd.Timestamp(orders.ordered_at.max().execute()).date() + timedelta(days=1)
        asked = TrainSpec(as_of=last, suite=SuiteSpec(models=()))
        quiet = lambda _share, _what: None  # noqa: E731
        found = trained(connection, orders, returns, asked, given=None, data={}, progress=quiet)
    engine.close()
    model.mkdir(parents=True, exist_ok=True)
    predictor, card = found.models["champion"]
    stored.write(predictor, model, card)
    return time.perf_counter() - started, found.told["blend"]


def _score(shop: Path, model: Path) -> tuple[float, str]:
    """Score all customers with the stored champion, in batches, into a file."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    from core.models.data.panel import known_at  # noqa: PLC0415
    from core.models.scoring.outlook import outlooks  # noqa: PLC0415
    from core.models.training import model_folder as stored  # noqa: PLC0415

    engine = Engine(folders=[shop])
    started = time.perf_counter()
    with engine.session() as connection:
        orders, returns = (parquet(connection, shop / f"{name}.parquet") for name in ("orders", "returns"))
        last = pd.Timestamp(orders.ordered_at.max().execute()).date() + timedelta(days=1)
        known = known_at(connection, orders, returns, [last])
    engine.close()
    predictor, out, writer = stored.read(model), model / "scores.parquet", None
    customers, spend = 0, 0.0
    for part in outlooks(predictor, known):
        table = pa.Table.from_pandas(part, preserve_index=False)
        writer = writer or pq.ParquetWriter(out, table.schema)
        writer.write_table(table.cast(writer.schema))
        customers, spend = customers + len(part), spend + float(part["expected_spend"].sum())
    if writer:
        writer.close()
    return time.perf_counter() - started, f"{customers:,} customers, {spend:,.0f} expected"


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else "1")  # noqa: PLR2004
