"""Results of the products job, for a small shop and the real log."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from core.customers.order_filter import OrderFilter
from core.engine import Engine, parquet
from core.errors import CancelledError, InputError, NotFoundError
from core.explore.products_job import KIND, ProductsSpec, run, write_result
from core.workspace.records import Version
from core.workspace.stored_results import kept
from tests.conftest import NOW, RealLogs
from tests.core.segments.small_shop import Shop, shop_of

PRODUCTS = (("A1", "Cup", "2.50"), ("B2", "Mug", "4.00"), ("POST", "Postage", "1.00"))


def order(i: int, country: str) -> list[tuple[str, ...]]:
    """Return the lines of an order: one to three products, one to five of each."""
    when, buyer = f"2024-0{1 + i % 3}-0{1 + i % 9} 10:00", f"{min(i % 8, i % 5 + 2)}"
    lines = PRODUCTS[: 1 + i % 3]
    return [(f"{1000 + i}", code, name, f"{1 + i % 5}", when, price, buyer, country) for code, name, price in lines]


ROWS = [line for i, country in enumerate(["UK", "UK", "France", "UK"] * 6) for line in order(i, country)]
ROWS.append(("C9", "A1", "Cup", "-1", "2024-03-08 11:00", "2.50", "0", "UK"))


def quiet(_share: float, _what: str) -> None:
    """Ignore progress."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return shop_of(tmp_path_factory.mktemp("products"), ROWS)


def made(shop: Shop, spec: ProductsSpec) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """Return the tables and facts of a result, running the job if needed."""
    key = shop.key(KIND, spec.to_json())
    run(shop.workspace, shop.settings, key.to_json(), quiet)
    folder = kept(shop.workspace, key)
    assert folder is not None
    tables = {path.stem: pd.read_parquet(path) for path in folder.glob("*.parquet")}
    assert sorted(tables) == ["firsts", "products", "rules", "sizes"]
    return tables, json.loads((folder / "facts.json").read_text())


def test_money_and_orders_are_those_of_the_version(shop: Shop) -> None:
    tables, facts = made(shop, ProductsSpec(chosen=OrderFilter()))
    report = shop.version.report
    assert tables["products"]["revenue"].sum() == pytest.approx(report["revenue"])
    assert tables["products"]["returned"].sum() == pytest.approx(report["returned"])
    assert tables["sizes"]["orders"].sum() == facts["orders"] == report["orders"]
    assert facts["customers"]["first"] == report["customers"]


def test_countries_part_the_money_and_the_orders(shop: Shop) -> None:
    parts = [made(shop, ProductsSpec(chosen=OrderFilter(country=country))) for country in ("UK", "France")]
    assert sum(tables["products"]["revenue"].sum() for tables, _ in parts) == pytest.approx(
        shop.version.report["revenue"]
    )
    assert sum(facts["orders"] for _, facts in parts) == shop.version.report["orders"]
    assert all(facts["orders"] for _, facts in parts)


def test_segments_part_the_money(shop: Shop) -> None:
    stored = shop.model()
    total = 0.0
    for name in stored.model.names:
        spec = ProductsSpec(chosen=OrderFilter(segment=name), segments=stored.content)
        total += made(shop, spec)[0]["products"]["revenue"].sum()
    assert total == pytest.approx(shop.version.report["revenue"])


def test_days_leave_their_orders(shop: Shop) -> None:
    tables, facts = made(shop, ProductsSpec(chosen=OrderFilter(start=date(2024, 2, 1), end=date(2024, 3, 1))))
    assert 0 < facts["orders"] < shop.version.report["orders"]
    assert tables["products"]["returned"].sum() == 0  # the return is of March


def test_a_filter_that_leaves_nobody_keeps_empty_tables(shop: Shop) -> None:
    tables, facts = made(shop, ProductsSpec(chosen=OrderFilter(country="Atlantis")))
    assert all(table.empty for table in tables.values())
    assert facts["orders"] == facts["customers"]["first"] == 0


def test_a_segment_model_that_is_gone_says_so(shop: Shop) -> None:
    key = shop.key(KIND, ProductsSpec(chosen=OrderFilter(segment="x"), segments=99).to_json())
    with pytest.raises(NotFoundError, match="99"):
        run(shop.workspace, shop.settings, key.to_json(), quiet)
    assert kept(shop.workspace, key) is None


def test_a_cancelled_job_keeps_nothing(shop: Shop) -> None:
    def stop(share: float, _what: str) -> None:
        if share > 0.5:
            raise CancelledError

    key = shop.key(KIND, ProductsSpec(chosen=OrderFilter(), within=7).to_json())
    with pytest.raises(CancelledError):
        run(shop.workspace, shop.settings, key.to_json(), stop)
    assert kept(shop.workspace, key) is None
    assert not list((shop.workspace.folder / "unfinished").iterdir())


def test_specs_go_through_json() -> None:
    spec = ProductsSpec(chosen=OrderFilter(start=date(2024, 2, 1), country="UK"), segments="abc", within=30)
    assert ProductsSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec
    with pytest.raises(InputError, match="within"):
        ProductsSpec(chosen=OrderFilter(), within=0)


def test_the_real_log(real: RealLogs, tmp_path: Path) -> None:
    ingested = real.version("2010-2011")
    version = Version(
        dataset_id="x", version=1, folder=ingested.folder, created_at=NOW, files=(), report=ingested.report.to_json()
    )
    engine = Engine(folders=[ingested.folder, tmp_path], memory_gb=1.0)
    with engine.session() as connection:
        spec = ProductsSpec(chosen=OrderFilter())
        facts = write_result(connection, version, spec, None, tmp_path, quiet)
        days = parquet(connection, ingested.folder / "product_days.parquet")
        at_once = days.group_by("product_id").agg(revenue=days.revenue.sum(), returned=days.returned.sum()).execute()
    engine.close()
    products, found = (pd.read_parquet(tmp_path / f"{name}.parquet") for name in ("products", "rules"))
    assert facts["customers"] == {"first": 4338, "observed": 3370, "again": 1533, "second": 2790}
    assert products["revenue"].sum() == pytest.approx(8_887_208.894)
    both = products.merge(at_once, on="product_id", how="outer", suffixes=("", "_days"))
    assert both["revenue"].to_numpy() == pytest.approx(both["revenue_days"].to_numpy())
    assert both["returned"].to_numpy() == pytest.approx(both["returned_days"].to_numpy())
    first = found.iloc[0]  # sugar bowl and milk jug of one set
    assert {first["product_id"], first["with_id"]} == {"23174", "23175"}
    assert (first["together"], facts["orders"]) == (206, 18_532)
    assert first["lift"] == pytest.approx(206 * 18_532 / (268 * 272))
