"""Built-in maps assign every code once, and faults of other maps are found exactly."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.segments.naming import FOUR
from core.segments.rules.known_maps import BUILT_IN, FOUR_OF_FIVE, FOUR_OF_THREE, KLAVIYO, TEN
from core.segments.rules.map_check import check, codes, shortened
from core.segments.rules.rfm_scores import ScoreSpec, score
from core.segments.rules.rule_maps import RfmMap, assign
from tests.core.segments.rules.test_rfm_scores import CUSTOMERS

ELEVEN = RfmMap(
    name="Eleven, as widely printed",
    scores=ScoreSpec(levels=5),
    rules=(
        ("Champions", "[4-5][4-5][4-5]"),
        ("Loyal customers", "[2-5][3-5][3-5]"),
        ("Potential loyalist", "[3-5][1-3][1-3]"),
        ("Recent customers", "[4-5]11"),  # printed as 0–1
        ("Promising", "[3-4]11"),
        ("Customers needing attention", "[2-3][2-3][2-3]"),
        ("About to sleep", "[2-3][1-2][1-2]"),
        ("At risk", "[1-2][2-5][2-5]"),
        ("Can't lose them", "1[4-5][4-5]"),
        ("Hibernating", "[1-2][1-2][1-2]"),
        ("Lost", "[1-2][1-2][1-2]"),
    ),
)
"""Ranges of R and of “F & M” as in many articles, without their scores of 0, which don't exist."""


def of(*rules: str, levels: int = 3) -> RfmMap:
    """Return a map with these lines."""
    return RfmMap.from_text("Mine", "\n".join(rules), ScoreSpec(levels=levels))


@pytest.mark.parametrize("rfm_map", BUILT_IN.values(), ids=list(BUILT_IN))
def test_maps_that_come_along_have_every_triple_once(rfm_map: RfmMap) -> None:
    assert (np.stack(rfm_map.cubes()).sum(axis=0) == 1).all()
    assert check(rfm_map).sound


def test_klaviyos_codes_are_all_27() -> None:
    printed = [code for _, codes_ in KLAVIYO.rules for code in codes_.split()]
    assert sorted(printed) == ["".join(triple) for triple in product("123", repeat=3)]
    assert check(KLAVIYO).total == 27


def test_ten_segments_are_a_grid_of_25_cells() -> None:
    found = check(TEN)
    assert (found.parts, found.total) == (2, 25)
    by_code = codes(TEN).set_index("code")["segments"]
    assert {code: by_code[code][0] for code in ("11", "13", "15", "31", "33", "44", "41", "51", "52", "55")} == {
        "11": "Hibernating",
        "13": "At risk",
        "15": "Can't lose",
        "31": "About to sleep",
        "33": "Need attention",
        "44": "Loyal",
        "41": "Promising",
        "51": "New",
        "52": "Potential loyalist",
        "55": "Champions",
    }


@pytest.mark.parametrize("rfm_map", [FOUR_OF_FIVE, FOUR_OF_THREE])
def test_four_names_say_what_a_marketer_expects(rfm_map: RfmMap) -> None:
    top = rfm_map.scores.levels
    scores = {"recency_score": [top, top, top, 1, top], "frequency_score": [top, 1, 2, top, top]}
    found = assign(pd.DataFrame({**scores, "monetary_score": [top, top, top, top, 1]}), rfm_map)
    loyal, potential, new, churning = FOUR
    assert list(found) == [loyal, new, potential, churning, potential]
    assert tuple(found.categories) == FOUR


def test_eleven_segments_as_widely_printed_leave_36_and_double_42() -> None:
    found = check(ELEVEN)
    assert (found.total, len(found.gaps), len(found.overlaps)) == (125, 36, 42)
    assert not found.sound
    assert ("555", ("Champions", "Loyal customers")) in found.overlaps
    assert "551" in found.gaps


def test_gaps_and_overlaps_of_a_small_map() -> None:
    found = check(of("Good: 3*", "Fair: [2-3]1, 22"))
    assert found.gaps == ("11", "12", "13", "23")
    assert found.overlaps == (("31", ("Good", "Fair")),)
    assert (found.parts, found.total) == (2, 9)


def test_monetary_part_that_makes_no_difference_is_left_out() -> None:
    assert check(of("All: **[123]")).parts == 2
    assert check(of("All: **[1-2]", "Rich: **3")).parts == 3


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Good 33", r"^Line 1, “Good 33”, must be a segment, a colon and patterns"),
        (": 33", r"^Line 1, “: 33”, must be"),
        ("Good: 3", r"^“Good”: the pattern `3` isn't valid\. Write one part each for R, F"),
        ("Good: 3333", r"the pattern `3333` isn't valid"),
        ("Good: 3x", r"the pattern `3x` isn't valid"),
        ("Good: 3[]", r"isn't valid"),
        ("Good: 34", r"^“Good”: the pattern `34` has the score 4, but scores range from 1 to 3\.$"),
        ("Good: 3[3-1]", r"the range \[3-1\] is reversed\. Write the lower score first"),
        ("A: 33\nA: 22", r"^The segment “A” has several lines\. Put all its patterns on one"),
        ("", r"^A map must have 1 to 40 segments, got 0"),
        ("x" * 81 + ": 33", r"^A segment must have a name of 1 to 80 printable characters"),
    ],
)
def test_what_cannot_be_read_is_told(line: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        of(line)


@pytest.mark.parametrize("rfm_map", BUILT_IN.values(), ids=list(BUILT_IN))
def test_text_and_json_give_the_map_back(rfm_map: RfmMap) -> None:
    assert RfmMap.from_text(rfm_map.name, rfm_map.to_text(), rfm_map.scores) == rfm_map
    assert RfmMap.from_json(rfm_map.name, rfm_map.to_json()) == rfm_map


def test_codes_are_written_short() -> None:
    assert shortened(("111", "112", "113", "121", "123", "555")) == "11[1-3] 12[13] 555"


PART = st.sampled_from(["*", "1", "2", "3", "[1-2]", "[2-3]", "[13]"])
PATTERN = st.tuples(PART, PART, PART).map("".join)
RULES = st.lists(st.lists(PATTERN, min_size=1, max_size=3), min_size=1, max_size=4)
ALLOWED = {"*": "123", "1": "1", "2": "2", "3": "3", "[1-2]": "12", "[2-3]": "23", "[13]": "13"}


def fits(pattern: str, code: str) -> bool:
    """Return whether a code matches a pattern, character by character."""
    parts = pattern.replace("[1-2]", "a").replace("[2-3]", "b").replace("[13]", "c")
    names = {"a": "[1-2]", "b": "[2-3]", "c": "[13]"}
    return all(digit in ALLOWED[names.get(part, part)] for part, digit in zip(parts, code, strict=True))


@given(RULES)
def test_check_finds_exactly_the_gaps_and_overlaps(rules: list[list[str]]) -> None:
    rfm_map = of(*(f"S{number}: {' '.join(patterns)}" for number, patterns in enumerate(rules)))
    found = check(rfm_map)
    for code in map("".join, product("123", repeat=3)):
        who = tuple(
            f"S{number}" for number, patterns in enumerate(rules) if any(fits(pattern, code) for pattern in patterns)
        )
        said = code[: found.parts]
        assert (said in found.gaps) == (not who)
        assert ((said, who) in found.overlaps) == (len(who) > 1)


@given(CUSTOMERS, st.sampled_from(list(BUILT_IN.values())))
def test_every_customer_is_in_exactly_one_segment(customers: pd.DataFrame, rfm_map: RfmMap) -> None:
    scored = score(customers, rfm_map.scores)
    found = assign(scored, rfm_map)
    assert len(found) == len(customers)
    assert not found.isna().any()
    for codes_, segment in zip(scored.to_numpy() - 1, found, strict=True):
        assert [name for name, cube in zip(rfm_map.segments, rfm_map.cubes(), strict=True) if cube[tuple(codes_)]] == [
            segment
        ]
