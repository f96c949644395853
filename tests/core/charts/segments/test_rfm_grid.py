"""Tests of score grids: clickable tiles, visible gaps and overlaps, and escaped names."""

from itertools import chain

import pandas as pd
import pytest

from core.charts.segments.rfm_grid import heat, rule_map, split_bars
from core.numbers import Money
from core.segments.rules.known_maps import KLAVIYO, TEN
from core.segments.rules.map_check import codes
from core.segments.rules.rfm_scores import ScoreSpec, bins, score
from core.segments.rules.rule_maps import RfmMap
from core.segments.rules.rule_summary import grid, split
from tests.core.segments.rules.test_rfm_scores import TEN as CUSTOMERS
from tests.core.segments.rules.test_rule_summary import SCORED

THREE = ScoreSpec(levels=3)
LIMITS = bins(CUSTOMERS, score(CUSTOMERS, THREE), THREE)
LIMITS_OF_TEN = bins(CUSTOMERS, score(CUSTOMERS, TEN.scores), TEN.scores)


def test_heat_has_a_tile_per_cell_and_says_what_is_in_it() -> None:
    figure = heat(grid(SCORED, 3), LIMITS, Money(currency="GBP"), of="customers", chosen="32")
    [tiles] = figure.data
    told = dict(tiles.customdata)
    assert len(told) == 9
    assert told["32"].startswith(
        "<b>Recency 3, frequency 2</b>: mostly Good<br>3 customers (75%)<br>£60.00 gross revenue"
    )
    assert told["22"].endswith("No customers with these scores")
    assert [code for code, width in zip(told, tiles.marker.line.width, strict=True) if width] == ["32"]
    assert figure.layout.xaxis.ticktext == ("<b>1</b><br>1", "<b>2</b><br>2", "<b>3</b><br>3–9")


def test_revenue_changes_what_is_written_and_not_the_tiles() -> None:
    cells = grid(SCORED, 3)
    by = {of: heat(cells, LIMITS, Money(), of=of).data[0] for of in ("customers", "revenue")}
    assert by["customers"].customdata == by["revenue"].customdata
    assert by["revenue"].text[7] == "60"


@pytest.mark.parametrize(("rfm_map", "tiles"), [(KLAVIYO, 27), (TEN, 25)])
def test_map_draws_every_code_once_in_the_colour_of_its_segment(rfm_map: RfmMap, tiles: int) -> None:
    figure = rule_map(codes(rfm_map), rfm_map.segments, pd.DataFrame())
    assert [trace.name for trace in figure.data] == list(rfm_map.segments)
    assert sum(len(trace.x) for trace in figure.data) == tiles
    assert len({trace.marker.color for trace in figure.data}) == len(rfm_map.segments)
    places = list(chain.from_iterable(zip(trace.x, trace.base, strict=True) for trace in figure.data))
    assert len(set(places)) == tiles


def test_chosen_segment_stands_out_and_stays_so_after_a_click() -> None:
    figure = rule_map(codes(TEN), TEN.segments, LIMITS_OF_TEN, chosen="Loyal")
    assert [trace.name for trace in figure.data if trace.marker.opacity == 1.0] == ["Loyal"]
    assert all(trace.unselected.marker.opacity == trace.marker.opacity for trace in figure.data)


def test_gaps_and_overlaps_are_drawn_and_choose_nothing() -> None:
    rfm_map = RfmMap.from_text("Mine", "<b>Good</b>: 3*\nFair: [1-2]* 33\nRest: 11", THREE)
    broken = RfmMap.from_text("Mine", "<b>Good</b>: 3*\nFair: [1-2][2-3] 33", THREE)
    names = [trace.name for trace in rule_map(codes(rfm_map), rfm_map.segments, LIMITS).data]
    assert names == ["&lt;b&gt;Good&lt;/b&gt;", "Fair", "Several segments"]
    traces = {trace.name: trace for trace in rule_map(codes(broken), broken.segments, LIMITS).data}
    assert len(traces["No segment"].x) == 2
    assert len(traces["Several segments"].x) == 1
    assert {row[0] for row in traces["No segment"].customdata} == {""}
    assert (
        traces["Several segments"]
        .customdata[0][1]
        .endswith("&lt;b&gt;Good&lt;/b&gt; and Fair<br>Assign it to only one")
    )
    assert traces["&lt;b&gt;Good&lt;/b&gt;"].customdata[0][0] == "<b>Good</b>"  # what a click chooses


def test_split_bars_fill_the_width() -> None:
    rules = ["Good", "Fair", "Nobody"]
    figure = split_bars(split(SCORED["segment"], pd.Series(list("XYXY")), rules, ["X", "Y"]), rules, ["X", "Y"])
    assert [trace.name for trace in figure.data] == ["X", "Y"]
    assert [sum(shares) for shares in zip(*(trace.x for trace in figure.data), strict=True)] == [1.0, 1.0, 0.0]
