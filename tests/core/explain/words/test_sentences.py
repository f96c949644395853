"""Reasons as sentences: literal ones of made-up customers, and properties that hold for any customer."""

import re
from dataclasses import replace
from datetime import date
from random import Random

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from core.explain.drivers import DRIVERS
from core.explain.words.facts import TELLERS, fact
from core.explain.words.reason_sentences import Pull, reasons, sentence, three
from core.explain.words.wording import Context, Row, ago, amount, clean, days, part
from core.models.data.inputs import COUNTRY
from core.models.data.panel import INPUTS, known_at
from core.numbers import Money

NAN = float("nan")
LOYAL, STAYS, ONCE, LOST = "High Loyal Customers", "Potential Loyalists", "One-time/New Customers", "Churning Customers"
POUNDS = Money(currency="GBP")
ABOUT = Context(horizon=90, money=POUNDS, names=(LOYAL, STAYS, ONCE, LOST))
OF_SPEND = replace(ABOUT, outcome="spend", base=150.0)
OF_SEGMENT = replace(ABOUT, outcome="next_segment")

REGULAR: dict[str, float | str | None] = {  # orders every 41 days or so, and none for 97
    "frequency": 12.0, "now_frequency": 12.0, "recency": 97.0, "now_recency": 97.0, "tenure": 560.0,
    "active_span": 463.0, "gap_median": 41.0, "gap_mean": 42.1, "gap_longest": 80.0, "gap_last": 60.0,
    "overdue": 97 / 41, "overdue_mean": 97 / 42.1, "orders_30": 0.0, "orders_60": 0.0, "orders_90": 0.0,
    "orders_180": 3.0, "orders_365": 8.0, "monetary": 4_321.0, "spend_90": 0.0, "spend_180": 900.0,
    "spend_365": 2_500.0, "order_value": 360.08, "order_value_last": 180.0, "order_value_largest": 800.0,
    "lines_mean": 12.0, "lines_last": 3.0, "units_mean": 150.0, "price_level": 2.1, "returned": 120.0,
    "returned_180": 0.0, "returned_share": 0.0278, "season_orders": 2.0, "season_spend": 640.0, "season_before": 1.0,
    "hour": 14.2, "weekend_share": 0.25, "season_sine": -0.35, "season_cosine": 0.94, "btyd_buy": 0.23,
    "btyd_alive": 0.4, "country": "France", "segment_now": "Potential Loyalists", "p_buy": 0.31,
}  # fmt: skip
LIVELY = {
    **REGULAR, "recency": 12.0, "now_recency": 12.0, "tenure": 475.0, "overdue": 12 / 41, "overdue_mean": 12 / 42.1,
    "orders_30": 1.0, "orders_60": 2.0, "orders_90": 3.0, "orders_180": 5.0, "spend_90": 1_500.0, "spend_180": 1_900.0,
    "btyd_buy": 0.81, "btyd_alive": 0.99, "p_buy": 0.71, "segment_now": LOYAL,
}  # fmt: skip
TWICE = {**REGULAR, "frequency": 2.0, "now_frequency": 2.0, "gap_median": 30.0, "recency": 66.0, "tenure": 96.0}
SINGLE = {
    **REGULAR, "frequency": 1.0, "now_frequency": 1.0, "recency": 5.0, "tenure": 5.0, "active_span": 0.0,
    **dict.fromkeys(("gap_median", "gap_mean", "gap_longest", "gap_last", "overdue", "overdue_mean")),
    "orders_30": 1.0, "orders_90": 1.0, "orders_180": 1.0, "season_orders": 0.0, "segment_now": ONCE, "p_buy": 0.2,
    "monetary": 80.0, "order_value": 80.0, "returned": 0.0, "returned_share": 0.0, "weekend_share": 0.0,
}  # fmt: skip
MIDDLE: dict[str, float | str | None] = {
    "recency": 30.0, "frequency": 4.0, "now_frequency": 4.0, "gap_median": 60.0, "gap_longest": 120.0, "orders_90": 1.0,
    "orders_60": 1.0, "orders_180": 1.0, "orders_365": 4.0, "monetary": 1_000.0, "spend_365": 700.0,
    "order_value": 250.0, "lines_mean": 20.0, "units_mean": 100.0, "price_level": 1.8, "tenure": 300.0,
    "active_span": 250.0, "btyd_buy": 0.45,
}  # fmt: skip

FACTS: list[tuple[str, bool, Row, str]] = [
    ("recency", False, REGULAR, "used to order every 41 days, nothing for 97 days"),
    ("recency", True, LIVELY, "last order 12 days ago (usual gap: 41 days)"),
    ("recency", True, {**LIVELY, "recency": 1.0}, "last order yesterday (usual gap: 41 days)"),
    ("recency", False, {**LIVELY, "gap_median": 200.0, "gap_longest": 300.0},
     "last order 12 days ago, next due in 188 days (usual gap: 200 days)"),
    ("recency", False, {**REGULAR, "gap_median": 4.5}, "used to order every 4.5 days, nothing for 97 days"),
    ("recency", False, {**REGULAR, "gap_median": 1.0}, "used to order every day, nothing for 97 days"),
    ("recency", False, {**REGULAR, "recency": 82.0}, "used to order every 41 days, nothing for 82 days"),
    ("recency", False, {**REGULAR, "recency": 81.0}, "last order 81 days ago (usual gap: 41 days)"),
    ("recency", False, TWICE, "last order 66 days ago (only gap so far: 30 days)"),
    ("recency", True, SINGLE, f"only order 5 days ago (typical for {ONCE}: 30 days)"),
    ("recency", False, SINGLE, "no second order yet (first order 5 days ago)"),
    ("recency", True, {**SINGLE, "now_frequency": 2.0}, f"last order 5 days ago (typical for {ONCE}: 30 days)"),
    ("lately", False, REGULAR, "no orders in the last 90 days (3 in the 90 before)"),
    ("lately", True, LIVELY, "3 orders in the last 90 days (2 in the 90 before)"),
    ("lately", True, {**LIVELY, "frequency": 11.0}, "ordered on 3 of the last 90 days (on 2 of the 90 before)"),
    ("lately", True, {**SINGLE, "orders_60": 1.0}, f"ordered on 1 of the last 90 days (typical for {ONCE})"),
    ("orders", True, REGULAR, f"12 orders so far (typical for {STAYS}: 4)"),
    ("orders", False, SINGLE, f"only 1 order so far (typical for {ONCE}: 4)"),
    ("orders", False, {**REGULAR, "now_frequency": 4.0, "orders_180": 0.0},
     f"no orders in the last 180 days (typical for {STAYS}: 1 day with orders)"),
    ("pace", True, {**REGULAR, "gap_last": None},
     f"usual gap between orders is 41 days (typical for {STAYS}: 60 days)"),
    ("pace", False, REGULAR, "last two orders 60 days apart (usual gap: 41 days)"),
    ("pace", False, SINGLE, "no second order yet"),
    ("pace", True, TWICE, f"only gap between orders was 30 days (typical for {STAYS}: 60 days)"),
    ("spent", True, LIVELY, "spent £1.50k in the last 90 days (£400 in the 90 before)"),
    ("spent", False, SINGLE, f"spent £80 in total (typical for {ONCE}: £1.00k)"),
    ("spent", False, {**REGULAR, "spend_180": 0.0, "spend_365": 0.0},
     "spent nothing in the last 365 days (£4.32k before)"),
    ("order_size", True, REGULAR, f"orders average £360 (typical for {STAYS}: £250)"),
    ("order_size", True, {**REGULAR, "frequency": 11.0}, f"days with orders average £360 (typical for {STAYS}: £250)"),
    ("order_size", True, SINGLE, f"only order came to £80 (typical for {ONCE}: £250)"),
    ("basket", True, REGULAR, f"orders average 12 products (typical for {STAYS}: 20)"),
    ("returns", False, REGULAR, "cancelled or returned items worth £120 (2.8% of spend)"),
    ("returns", True, SINGLE, "nothing cancelled or returned"),
    ("season", True, REGULAR, "ordered on 2 days in the same 90 days last year (£640)"),
    ("season", False, {**REGULAR, "season_orders": 0.0}, "no orders in the same 90 days last year"),
    ("season", False, SINGLE, "not yet a customer in the same 90 days last year"),
    ("age", True, REGULAR, f"first order 560 days ago (typical for {STAYS}: 300 days)"),
    ("standing", True, REGULAR, "currently in Potential Loyalists"),
    ("habit", True, REGULAR, "orders around 15:00 on average"),
    ("habit", True, {**SINGLE, "hour": 0.0}, "ordered once, on a weekday"),
    ("country", True, REGULAR, "country is France"),
    ("country", True, {**REGULAR, "country": None}, "country unknown"),
    ("calendar", False, REGULAR, "forecast starts in early December, as for all customers"),
    ("rhythm", True, LIVELY, "12 orders in 475 days"),
    ("rhythm", False, REGULAR, "used to order every 41 days, nothing for 97 days"),
    ("rhythm", False, SINGLE, "only 1 order, 5 days ago"),
]  # fmt: skip


@pytest.mark.parametrize(("driver", "raises", "customer", "clause"), FACTS)
def test_facts_by_hand(*, driver: str, raises: bool, customer: Row, clause: str) -> None:
    assert fact(driver, raises, customer, MIDDLE, ABOUT) == clause


def test_every_driver_has_its_own_facts() -> None:
    assert set(TELLERS) == set(DRIVERS) == {case[0] for case in FACTS}
    inputs = {name for told in TELLERS.values() for columns, _ in told for name in columns}
    known = {*INPUTS, COUNTRY, "now_recency", "now_frequency", "now_monetary", "age"}
    assert inputs <= known


def test_own_rhythm_is_compared_where_its_history_has_been_stated() -> None:
    pulls = [Pull("orders", 0.5, "frequency"), Pull("recency", 0.4, "overdue"), Pull("rhythm", 0.3, "frequency")]
    assert three(pulls, LIVELY, MIDDLE, ABOUT)[2] == (
        f"Order timing alone suggests 81% (typical for {LOYAL}: 45%), which raises the chance."
    )


def test_the_head_follows_the_prediction_and_only_a_reason_for_it_follows_a_colon() -> None:
    late = "used to order every 41 days, nothing for 97 days"
    cases = [
        (0.1, -0.8, f"Very unlikely to buy (10%): {late}."),
        (0.31, -0.8, f"Unlikely to buy (31%): {late}."),
        (0.5, -0.8, f"Likely to buy (50%). Against that: {late}."),
        (0.9995, -0.8, f"Very likely to buy (over 99%). Against that: {late}."),
        # a bad sign that raises the chance: neither for nor against the head
        (0.31, 0.8, f"Unlikely to buy (31%). Main factor: {late}, yet this raises the chance."),
        (NAN, -0.8, f"Main factor: {late}, which lowers the chance."),
        (0.31, 0.0, f"Unlikely to buy (31%). Main factor: {late}, which makes no difference here."),
    ]
    for chance, effect, expected in cases:
        assert sentence("recency", effect, {**REGULAR, "p_buy": chance}, {}, ABOUT) == expected
    france = sentence("country", -0.2, {**REGULAR, "p_buy": 0.8}, MIDDLE, ABOUT)
    assert france == "Very likely to buy (80%). Against that: country is France."
    favoured = sentence("country", 0.2, {**REGULAR, "p_buy": 0.2}, MIDDLE, ABOUT)
    assert favoured == "Very unlikely to buy (20%). In their favour: country is France."


def test_later_sentences_state_the_effect_of_the_fact() -> None:
    assert sentence("recency", 0.3, LIVELY, MIDDLE, ABOUT, place=1) == (
        "Last order 12 days ago (usual gap: 41 days), which raises the chance."
    )
    assert sentence("recency", -0.3, LIVELY, MIDDLE, ABOUT, place=2) == (
        "Last order 12 days ago (usual gap: 41 days), yet this lowers the chance."
    )


def test_spend_is_explained_in_money() -> None:
    more = {**LIVELY, "expected_spend": 340.0}
    recent = "spent £1.50k in the last 90 days (£400 in the 90 before)"
    ahead = "Expected to spend £340 in 90 days"
    than = "above average (£150)"
    assert sentence("spent", 120.4, more, MIDDLE, OF_SPEND) == f"{ahead}, {than}: {recent}, which adds £120."
    unjudged = sentence("spent", 120.4, more, MIDDLE, replace(OF_SPEND, base=None))
    assert unjudged == f"{ahead}. Main factor: {recent}, which adds £120."
    small = sentence("order_size", -90.0, more, {"order_value": 900.0}, OF_SPEND, part="order_value")
    beside = f"orders average £360 (typical for {LOYAL}: £900)"
    assert small == f"{ahead}, {than}. Against that: {beside}, which takes off £90."
    assert sentence("country", -1_250.0, more, MIDDLE, OF_SPEND, place=1) == (
        "Country is France, which takes off £1.25k."
    )


def test_segments_are_explained_as_moves() -> None:
    falls = {**REGULAR, "segment_predicted": LOST, "p_next": 0.61}
    late = "used to order every 41 days, nothing for 97 days"
    assert sentence("recency", 0.5, falls, MIDDLE, OF_SEGMENT) == f"Likely to move to {LOST} (61%): {late}."
    stays = {**LIVELY, "segment_predicted": LOYAL, "p_next": 0.9}
    assert sentence("orders", 0.5, stays, MIDDLE, OF_SEGMENT) == (
        f"Very likely to stay in {LOYAL} (90%): 12 orders so far (typical for {LOYAL}: 4)."
    )
    assert sentence("orders", 0.5, stays, MIDDLE, OF_SEGMENT, place=1) == (
        f"12 orders so far (typical for {LOYAL}: 4), which makes staying more likely."
    )
    assert sentence("recency", -0.5, {**falls, "p_next": 0.4}, MIDDLE, OF_SEGMENT, place=1) == (
        f"{late[0].upper()}{late[1:]}, yet this makes this move less likely."
    )


def test_all_customers_are_the_yardstick_where_the_segment_does_not_explain_the_effect() -> None:
    behind = {"now_frequency": 30.0}
    everyone = replace(ABOUT, everyone={"now_frequency": 3.0})
    assert fact("orders", True, {"now_frequency": 12.0, "segment_now": LOYAL}, behind, everyone) == (
        "12 orders so far (typical: 3)"
    )
    assert fact("orders", False, {"now_frequency": 12.0, "segment_now": LOYAL}, behind, everyone) == (
        f"only 12 orders so far (typical for {LOYAL}: 30)"
    )


def test_three_reasons_state_three_facts() -> None:
    pulls = [Pull("rhythm", -0.9, "recency"), Pull("recency", -0.5), Pull("orders", 0.1)]
    first, second, third = three(pulls, REGULAR, MIDDLE, ABOUT)
    assert first == "Unlikely to buy (31%): used to order every 41 days, nothing for 97 days."
    assert second == "No order for 97 days (longest gap before: 80 days), which lowers the chance."
    assert third == f"12 orders so far (typical for {STAYS}: 4), which slightly raises the chance."
    found = reasons(pulls, REGULAR, MIDDLE, ABOUT)
    assert [(reason.driver, reason.toward, reason.actionable) for reason in found] == [
        ("rhythm", False, True), ("recency", False, True), ("orders", True, True)
    ]  # fmt: skip
    assert not reasons([Pull("country", 1.0)], REGULAR, MIDDLE, ABOUT)[0].actionable


def test_names_are_taken_as_they_are_on_one_line() -> None:
    hostile = "</script>\n<script>window.pwned=1</script>\x00"
    assert (
        fact("country", True, {"country": hostile}, {}, ABOUT) == "country is </script> <script>window.pwned=1</script>"
    )
    assert clean("a" * 60) == "a" * 49 + "…"
    assert sentence("country", 1.0, {"country": "U.S.A.", "p_buy": 0.9}, {}, ABOUT).endswith("is U.S.A.")


def test_numbers_in_words() -> None:
    assert [days(value) for value in (1.0, 41.5, 112.5, 112.25, 1_204.5)] == [
        "1 day", "41.5 days", "112.5 days", "112 days", "1,204 days"
    ]  # fmt: skip
    assert [ago(0.0), ago(1.0), ago(2.0)] == ["today", "yesterday", "2 days ago"]
    assert [amount(POUNDS, value) for value in (0.0, 2.5, 45.3, 999.6)] == ["£0", "£2.50", "£45", "£1.00k"]
    assert [part(value) for value in (0.0, 0.0004, 0.08, 0.998, 1.0)] == [
        "0%",
        "under 0.1%",
        "8.0%",
        "over 99%",
        "100%",
    ]
    assert fact("spent", False, {"monetary": 80.0}, {}, Context(horizon=90)) == "spent 80 in total"


def test_sentences_are_true_of_orders(connection: Backend) -> None:
    """Five orders on four days, 20, 41 and 60 days apart, the last 97 days before the date."""
    stamps = ["2024-01-01 10:00", "2024-01-21 10:00", "2024-01-21 16:00", "2024-03-02 10:00", "2024-05-01 10:00"]
    orders = pd.DataFrame({"customer_id": "a", "ordered_at": pd.to_datetime(stamps), "amount": [50.0, 30, 20, 100, 60]})
    orders = orders.assign(order_id=list("12345"), new_order=1, units=2.0, lines=[1, 2, 2, 4, 3], country="UK")
    table = connection.create_table("orders", orders, overwrite=True, temp=True)
    known = known_at(connection, table, table.filter(table.amount < 0), [date(2024, 8, 6)])
    customer = {str(name): value for name, value in known.iloc[0].items()}
    facts = {driver: fact(driver, False, customer, MIDDLE, ABOUT) for driver in ("recency", "spent", "basket", "pace")}
    assert facts == {
        "recency": "used to order every 41 days, nothing for 97 days",
        "spent": "spent £260 in total (typical for the segment: £1.00k)",
        "basket": "days with orders average 3 products (typical for the segment: 20)",
        "pace": "last two orders 60 days apart (usual gap: 41 days)",
    }
    assert fact("orders", True, customer, MIDDLE, ABOUT) == "5 orders so far (typical for the segment: 4)"
    assert fact("lately", False, customer, {}, ABOUT) == "no orders in the last 90 days (on 2 of the 90 before)"


NUMBERS = sorted({*INPUTS, "now_recency", "now_frequency", "now_monetary", "p_buy", "p_next", "expected_spend"})
WHOLE = {"now_frequency", *(name for name, known in INPUTS.items() if known.unit == "purchase days")}
SPECIAL = (NAN, None, 0.0, 1.0, 2.0, 3.0, 0.5, 41.0, 0.0004, 0.9996, 1e300)


def anybody(chance: Random) -> dict[str, float | str | None]:
    """Draw some columns of a panel, each with any possible number or none."""
    kept = chance.sample(NUMBERS, chance.randrange(len(NUMBERS)))
    numbers = {name: chance.choice((*SPECIAL, 10 ** chance.uniform(-3, 7), chance.randrange(1_000))) for name in kept}
    for name in WHOLE & set(kept):
        numbers[name] = chance.choice((NAN, None, 0.0, 1.0, 2, 3.0, 12.0, 1e300))
    names = {
        "country": chance.choice((None, "France", "a  b\n")),
        "segment_now": chance.choice((LOYAL, LOST, "x\ty", None)),
        "segment_predicted": chance.choice((LOYAL, ONCE, None)),
    }
    return {**numbers, **names}


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 2**32), outcome=st.sampled_from(["will_buy", "spend", "next_segment"]))
def test_any_customer_gets_whole_sentences(seed: int, outcome: str) -> None:
    chance = Random(seed)  # noqa: S311  by a seed, since a hundred columns one by one are slow to draw
    context = replace(ABOUT, outcome=outcome, everyone=anybody(chance), base=150.0)
    pulls = [
        Pull(driver, chance.choice((NAN, 0.0, chance.uniform(-5, 5)))) for driver in chance.sample(list(DRIVERS), 3)
    ]
    found = three(pulls, anybody(chance), anybody(chance), context)
    assert len(set(found)) == 3
    for text in found:
        assert re.search(r"\bnan\b|None|\binf\b|  |[\n\t]|\(\)|,,| ,|\b0 times", text) is None, text
        assert re.search(r"(?<![.,\d])1 (days|products|units|orders)\b", text) is None, text
        assert re.search(r"[^.]\.$", text), text
        assert not text[0].islower()


def test_a_strongest_reason_on_the_other_side_is_measured_against_the_average_customer() -> None:
    """A chance of 40% makes an order unlikely, yet it is three times the usual one, as the reasons explain."""
    about = replace(ABOUT, base=0.13)
    raised = three([Pull("country", 0.9)], {**REGULAR, "p_buy": 0.4}, MIDDLE, about)
    assert raised == ["More likely to buy than average (40% vs 13%): country is France."]
    lowered = three([Pull("country", -0.9)], {**REGULAR, "p_buy": 0.6}, MIDDLE, replace(ABOUT, base=0.8))
    assert lowered == ["Less likely to buy than average (60% vs 80%): country is France."]
    against_it = three([Pull("country", 0.9)], {**REGULAR, "p_buy": 0.1}, MIDDLE, about)
    assert against_it[0].startswith("Very unlikely to buy (10%). In their favour:")


def test_only_chances_above_the_mean_are_called_more_likely_than_average() -> None:
    """Log-odds start at 13%, although the customers of an outlook buy with 19% on average."""
    about = replace(ABOUT, base=0.13, mean=0.19)
    between = three([Pull("country", 0.9)], {**REGULAR, "p_buy": 0.16}, MIDDLE, about)
    assert between[0].startswith("Very unlikely to buy (16%). In their favour:")
    above = three([Pull("country", 0.9)], {**REGULAR, "p_buy": 0.22}, MIDDLE, about)
    assert above[0].startswith("More likely to buy than average (22% vs 13%): ")


def test_typical_numbers_are_no_explanation() -> None:
    orders = [Pull("orders", -0.9, "frequency")]
    usual = three(orders, {**REGULAR, "now_frequency": 4.0}, MIDDLE, ABOUT)
    assert usual == [
        f"Unlikely to buy (31%). Main factor: 4 orders so far (typical for {STAYS}), which lowers the chance."
    ]
    customer = {**REGULAR, "now_frequency": 4.0, "orders_180": None, "orders_365": None, "p_buy": 0.4}
    beside = three([Pull("orders", 0.9, "frequency")], customer, MIDDLE, replace(ABOUT, base=0.13))
    assert beside[0].startswith("More likely to buy than average (40% vs 13%). Main factor: 4 orders")


def test_a_repeated_fact_names_its_driver() -> None:
    """For this customer, both drivers know only one fact."""
    customer = {"recency": 12.0, "gap_median": 41.0, "frequency": 3.0, "btyd_buy": None}
    assert three([Pull("recency", 0.5), Pull("rhythm", 0.4)], customer, {}, ABOUT)[1] == (
        "Own buying rhythm: last order 12 days ago (usual gap: 41 days), which raises the chance."
    )
