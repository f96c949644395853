"""Charts shared by all sessions, one for each distinct set of arguments."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
import streamlit as st
from plotly.io import to_json
from streamlit.testing.v1 import AppTest

from core.charts.segments.treemap import share_bars
from core.numbers import Money
from core.ui.caching import drawn

calls: list[object] = []


@pytest.fixture(autouse=True)
def _empty(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("CLIENTELE_WORKSPACE", str(tmp_path / "workspace"))
    st.cache_resource.clear()
    calls.clear()
    yield
    st.cache_resource.clear()


def bars(table: pd.DataFrame, *more: object, **named: object) -> go.Figure:
    calls.append(more or named)
    return go.Figure(go.Bar(x=table["name"], y=table["value"]))


def table(*values: float) -> pd.DataFrame:
    return pd.DataFrame({"name": list("abc"[: len(values)]), "value": values})


def test_the_same_is_drawn_once_and_anything_else_anew() -> None:
    one = drawn.once(bars, table(1, 2))
    assert drawn.once(bars, table(1, 2)).to_dict() == one.to_dict()
    assert len(calls) == 1
    others: list[Any] = [
        table(1, 3), table(1.0, np.nan), table(1, 2).rename({0: 5}), table(2, 1), table(1, 2).assign(name=["a", "c"]),
        table(1, 2).assign(value=[True, True]),
    ]  # fmt: skip
    for other in others:
        drawn.once(bars, other)
    for more in (Money(currency="GBP"), Money(currency="EUR"), 1, 1.0, True, "1", None, (1, 2), [1, 2], {"a": 1}):
        drawn.once(bars, table(1, 2), more)
        drawn.once(bars, table(1, 2), named=more)
    assert len(calls) == 1 + len(others) + 20


def test_arguments_that_differ_in_one_place_of_many_are_told_apart() -> None:
    values = np.random.default_rng(1).normal(size=50_000)
    seen = {json.dumps(drawn.once(_ends, values + (np.arange(50_000) == place)).to_dict()) for place in (0, 1, 49_999)}
    assert len(seen) == 3


def _ends(values: "np.ndarray[Any, Any]") -> go.Figure:
    return go.Figure(go.Bar(y=[*map(float, values[:2]), float(values[-1])]))


def test_the_page_gets_what_plotly_would_send() -> None:
    summary = pd.DataFrame(
        {"segment": ["New", "<b>Loyal"], "customers": [3, 1], "customer_share": [0.75, 0.25], "revenue": [30.0, 70.0],
         "revenue_share": [0.3, 0.7], "returned": [0.0, 1.0], "net": [30.0, 69.0]}
    )  # fmt: skip
    figure = share_bars(summary, Money(currency="GBP"), of="revenue")
    found = drawn.once(share_bars, summary, Money(currency="GBP"), of="revenue")
    assert to_json(found.to_dict(), validate=False) == to_json(figure, validate=False)


def test_streamlit_shows_it_as_a_figure() -> None:
    def page() -> None:
        import pandas as pd  # noqa: PLC0415  a page of its own
        import streamlit as st  # noqa: PLC0415

        from core.ui.caching import drawn  # noqa: PLC0415
        from tests.core.ui.test_drawn import bars  # noqa: PLC0415

        for key in ("one", "two"):
            figure = drawn.once(bars, pd.DataFrame({"name": ["a"], "value": [3]}))
            st.plotly_chart(figure, key=key, on_select="rerun" if key == "two" else "ignore")

    app = AppTest.from_function(page).run()
    assert not app.exception
    charts = app.get("plotly_chart")
    assert [json.loads(chart.proto.spec)["data"][0]["type"] for chart in charts] == ["bar", "bar"]
    assert len(calls) == 1
