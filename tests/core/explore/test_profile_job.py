"""The stored profile of a version's rows."""

import json
from datetime import date
from typing import Any

import pytest

from core.customers.order_filter import OrderFilter
from core.errors import InputError
from core.explore.profile_job import ALL, COUNTED, KIND, ProfileJobSpec, run
from core.schema import VALUES
from core.workspace.stored_results import kept
from tests.core.segments.small_shop import Shop, shop_of
from tests.logs import SMALL


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return shop_of(tmp_path_factory.mktemp("profile"), SMALL)


def made(shop: Shop, rows: str, chosen: OrderFilter = OrderFilter()) -> dict[str, dict[str, Any]]:  # noqa: B008
    """Return the columns of a profile by name."""
    key = shop.key(KIND, ProfileJobSpec(chosen=chosen, rows=rows).to_json())
    run(shop.workspace, shop.settings, key.to_json(), lambda _share, _what: None)
    folder = kept(shop.workspace, key)
    assert folder is not None
    found = json.loads((folder / "profile.json").read_text())
    return {column["name"]: column for column in found["columns"]}


def test_rows_that_count(shop: Shop) -> None:
    found = made(shop, COUNTED)
    assert list(found) == list(VALUES)
    assert {column["rows"] for column in found.values()} == {6}
    assert found["customer_id"]["distinct"] == 4
    assert (found["amount"]["low"], found["amount"]["high"]) == (2.5, 20.0)
    assert found["country"]["frequent"] == [["UK", 4], ["France", 1], ["Spain", 1]]
    assert found["email"]["missing"] == 6


def test_all_rows_say_why_some_do_not_count(shop: Shop) -> None:
    found = made(shop, ALL)
    assert {column["rows"] for column in found.values()} == {12}
    assert found["customer_id"]["missing"] == 1
    assert found["reason"]["missing"] == 6
    assert dict(found["reason"]["frequent"]) == {
        "duplicate": 1, "missing_customer": 1, "cancelled": 1, "non_positive_quantity": 1, "non_positive_price": 1,
        "unreadable": 1,
    }  # fmt: skip
    assert (found["quantity"]["negative"], found["unit_price"]["zeros"]) == (2, 1)


def test_a_filter_leaves_its_rows(shop: Shop) -> None:
    assert made(shop, ALL, OrderFilter(end=date(2024, 3, 2)))["amount"]["rows"] == 3
    spain = made(shop, ALL, OrderFilter(country="Spain"))  # the customer whose latest order went there
    assert spain["customer_id"]["frequent"] == [["18", 5]]
    assert made(shop, COUNTED, OrderFilter(country="Atlantis"))["amount"]["rows"] == 0


def test_specs_go_through_json() -> None:
    spec = ProfileJobSpec(chosen=OrderFilter(segment="x"), segments="abc", rows=ALL)
    assert ProfileJobSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec
    with pytest.raises(InputError, match="some"):
        ProfileJobSpec(chosen=OrderFilter(), rows="some")
