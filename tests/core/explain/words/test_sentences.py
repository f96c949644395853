"""Reasons in words: literal sentences of customers made by hand, and what holds for any customer."""

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
from core.explain.words.wording import Context, Row, ago, amount, clean, days, part, times
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
    ("recency", False, REGULAR, "the last order was 97 days ago, 2.4 times the usual gap of 41 days"),
    ("recency", True, LIVELY,
     "the last order was 12 days ago, well within the usual gap of 41 days; by that gap the next is due in 29 days"),
    ("recency", True, {**LIVELY, "recency": 1.0},
     "the last order was yesterday, well within the usual gap of 41 days; by that gap the next is due in 40 days"),
    ("recency", False, {**LIVELY, "gap_median": 200.0, "gap_longest": 300.0},
     "the last order was 12 days ago, well within the usual gap of 200 days; by that gap the next is due in 188 days"),
    ("recency", False, {**REGULAR, "gap_median": 4.5},
     "the last order was 97 days ago, more than 10 times the usual gap of 4.5 days"),
    ("recency", False, {**REGULAR, "recency": 82.0}, "the last order was 82 days ago, twice the usual gap of 41 days"),
    ("recency", False, TWICE, "the last order was 66 days ago, 2.2 times the only gap so far (30 days)"),
    ("recency", True, SINGLE, "the only order was 5 days ago, against 30 days for the middle customer of " + ONCE),
    ("recency", False, SINGLE, "no second order has come since the first one 5 days ago"),
    ("recency", True, {**SINGLE, "now_frequency": 2.0},
     "the last order was 5 days ago, against 30 days for the middle customer of " + ONCE),
    ("lately", False, REGULAR, "no order came in the last 90 days, after orders on 3 of the 90 before"),
    ("lately", True, LIVELY, "orders came on 3 of the last 90 days, after 2 of the 90 before"),
    ("lately", True, {**SINGLE, "orders_60": 1.0},
     "an order came on 1 of the last 90 days, as for the middle customer of " + ONCE),
    ("orders", True, REGULAR, "there have been 12 orders so far, against 4 for the middle customer of " + STAYS),
    ("orders", False, SINGLE, "there has been only 1 order so far, against 4 for the middle customer of " + ONCE),
    ("orders", False, {**REGULAR, "now_frequency": 4.0, "orders_180": 0.0},
     "no order came in the last 180 days, against 1 day with an order for the middle customer of Potential Loyalists"),
    ("pace", True, {**REGULAR, "gap_last": None},
     "the usual gap between orders is 41 days, against 60 days for the middle customer of Potential Loyalists"),
    ("pace", False, REGULAR, "the last two orders came 60 days apart, against a usual gap of 41 days"),
    ("pace", False, SINGLE, "there is no second order yet, so no gap to go by"),
    ("pace", True, TWICE,
     "the only gap between orders so far was 30 days, against 60 days for the middle customer of Potential Loyalists"),
    ("spent", True, LIVELY, "£1.50k was spent in the last 90 days, after £400 in the 90 before"),
    ("spent", False, SINGLE, "£80 was spent in all, against £1.00k for the middle customer of " + ONCE),
    ("spent", False, {**REGULAR, "spend_180": 0.0, "spend_365": 0.0},
     "all of the £4.32k was spent more than 365 days ago"),
    ("order_size", True, REGULAR,
     "an order comes to £360 on average, against £250 for the middle customer of Potential Loyalists"),
    ("order_size", True, {**REGULAR, "frequency": 11.0},
     "a day with orders comes to £360 on average, against £250 for the middle customer of Potential Loyalists"),
    ("order_size", True, SINGLE, "the only order came to £80, against £250 for the middle customer of " + ONCE),
    ("basket", True, REGULAR,
     "an order has 12 lines on average, against 20 lines for the middle customer of Potential Loyalists"),
    ("returns", False, REGULAR, "£120 was cancelled or sent back, 2.8% of what was spent"),
    ("returns", True, SINGLE, "nothing has been cancelled or sent back"),
    ("season", True, REGULAR, "a year ago orders came on 2 of the 90 days from this date on (£640)"),
    ("season", False, {**REGULAR, "season_orders": 0.0}, "a year ago no order came in the 90 days from this date on"),
    ("season", False, SINGLE, "a year ago, in the 90 days from this date on, there was no customer yet"),
    ("age", True, REGULAR,
     "the first order was 560 days ago, against 300 days for the middle customer of Potential Loyalists"),
    ("standing", True, REGULAR, "the segment today is Potential Loyalists"),
    ("habit", True, REGULAR, "orders are placed around 15:00 on average"),
    ("habit", True, {**SINGLE, "hour": 0.0}, "the only order came on a weekday"),
    ("country", True, REGULAR, "the country is France"),
    ("country", True, {**REGULAR, "country": None}, "the country is not known"),
    ("calendar", False, REGULAR, "the days ahead begin in early December, as for all customers"),
    ("rhythm", True, LIVELY,
     "the customer's own pace (orders on 12 days in 475 days) makes an order within 90 days 81% likely, against 45% "
     "for the middle customer of " + LOYAL),
    ("rhythm", False, REGULAR, "the last order was 97 days ago, 2.4 times the usual gap of 41 days"),
    ("rhythm", False, SINGLE,
     "the customer's own pace (a single order, 5 days ago) makes an order within 90 days 23% likely, against 45% for "
     "the middle customer of " + ONCE),
]  # fmt: skip


@pytest.mark.parametrize(("driver", "raises", "customer", "clause"), FACTS)
def test_facts_by_hand(*, driver: str, raises: bool, customer: Row, clause: str) -> None:
    assert fact(driver, raises, customer, MIDDLE, ABOUT) == clause


def test_every_driver_has_its_own_facts() -> None:
    assert set(TELLERS) == set(DRIVERS) == {case[0] for case in FACTS}
    inputs = {name for told in TELLERS.values() for columns, _ in told for name in columns}
    known = {*INPUTS, COUNTRY, "now_recency", "now_frequency", "now_monetary", "age"}
    assert inputs <= known


def test_the_head_follows_the_prediction_and_because_stands_only_where_the_reason_does() -> None:
    late = "the last order was 97 days ago, 2.4 times the usual gap of 41 days"
    cases = [
        (0.1, -0.8, f"Very likely to lapse mainly because {late}."),
        (0.31, -0.8, f"Likely to lapse mainly because {late}."),
        (0.5, -0.8, f"Likely to buy (50%), although {late}."),
        (0.9995, -0.8, f"Very likely to buy (over 99%), although {late}."),
        # a bad sign that the model counts for an order: neither because nor although
        (0.31, 0.8, (f"Likely to lapse (chance to buy 31%); what weighs most is that {late}, which the model all the "
                    "same counts for an order.")),
        (NAN, -0.8, f"What weighs most is that {late}, which lowers the chance to buy."),
        (0.31, 0.0, (f"Likely to lapse (chance to buy 31%); what weighs most is that {late}, which makes no "
                    "difference here.")),
    ]  # fmt: skip
    for chance, effect, said in cases:
        assert sentence("recency", effect, {**REGULAR, "p_buy": chance}, {}, ABOUT) == said
    france = sentence("country", -0.2, {**REGULAR, "p_buy": 0.8}, MIDDLE, ABOUT)
    assert france == "Very likely to buy (80%), although one thing points the other way: the country is France."


def test_later_sentences_say_what_the_fact_does() -> None:
    assert sentence("recency", 0.3, LIVELY, MIDDLE, ABOUT, place=1) == (
        "Also, the last order was 12 days ago, well within the usual gap of 41 days; by that gap the next is "
        "due in 29 days, which "
        "raises the chance to buy."
    )
    assert sentence("recency", -0.3, LIVELY, MIDDLE, ABOUT, place=2) == (
        "Besides, the last order was 12 days ago, well within the usual gap of 41 days; by that gap the next is "
        "due in 29 days, "
        "which the model all the same counts against an order."
    )


def test_spend_is_told_in_money() -> None:
    more = {**LIVELY, "expected_spend": 340.0}
    recent = "£1.50k was spent in the last 90 days, after £400 in the 90 before"
    ahead = "Expected to spend £340 within 90 days"
    than = "more than the average customer (£150)"
    assert sentence("spent", 120.4, more, MIDDLE, OF_SPEND) == f"{ahead}, {than}, mainly because {recent} (+£120)."
    unjudged = sentence("spent", 120.4, more, MIDDLE, replace(OF_SPEND, base=None))
    assert unjudged == f"{ahead}; what weighs most is that {recent}, which adds £120 to the expected spend."
    small = sentence("order_size", -90.0, more, {"order_value": 900.0}, OF_SPEND, part="order_value")
    beside = f"an order comes to £360 on average, against £900 for the middle customer of {LOYAL}"
    assert small == f"{ahead}, {than}, although {beside} (−£90)."
    assert sentence("country", -1_250.0, more, MIDDLE, OF_SPEND, place=1) == (
        "Also, the country is France, which takes £1.25k off the expected spend."
    )


def test_segments_are_told_as_moves() -> None:
    falls = {**REGULAR, "segment_predicted": LOST, "p_next": 0.61}
    late = "the last order was 97 days ago, 2.4 times the usual gap of 41 days"
    assert sentence("recency", 0.5, falls, MIDDLE, OF_SEGMENT) == (f"Likely to move to {LOST} mainly because {late}.")
    stays = {**LIVELY, "segment_predicted": LOYAL, "p_next": 0.9}
    assert sentence("orders", 0.5, stays, MIDDLE, OF_SEGMENT) == (
        f"Very likely to stay in {LOYAL} mainly because there have been 12 orders so far, against 4 for the middle "
        f"customer of {LOYAL}."
    )
    assert sentence("recency", -0.5, {**falls, "p_next": 0.4}, MIDDLE, OF_SEGMENT, place=1) == (
        f"Also, {late}, which the model all the same counts against moving to {LOST}."
    )


def test_all_customers_are_compared_with_where_the_segment_does_not_explain_the_effect() -> None:
    behind = {"now_frequency": 30.0}
    everyone = replace(ABOUT, everyone={"now_frequency": 3.0})
    assert fact("orders", True, {"now_frequency": 12.0, "segment_now": LOYAL}, behind, everyone) == (
        "there have been 12 orders so far, against 3 for the middle one of all customers"
    )
    assert fact("orders", False, {"now_frequency": 12.0, "segment_now": LOYAL}, behind, everyone) == (
        f"there have been 12 orders so far, against 30 for the middle customer of {LOYAL}"
    )


def test_three_reasons_tell_three_facts() -> None:
    pulls = [Pull("rhythm", -0.9, "recency"), Pull("recency", -0.5), Pull("orders", 0.1)]
    whom = f"for the middle customer of {STAYS}"
    first, second, third = three(pulls, REGULAR, MIDDLE, ABOUT)
    assert first == (
        "Likely to lapse mainly because the last order was 97 days ago, 2.4 times the usual gap of 41 days."
    )
    assert second == (
        "Also, the wait since the last order is longer than any gap before, of which the longest was 80 days, which "
        "lowers the chance to buy."
    )
    assert third == (
        f"Against that, there have been 12 orders so far, against 4 {whom}, which slightly raises the chance to buy."
    )
    found = reasons(pulls, REGULAR, MIDDLE, ABOUT)
    assert [(reason.driver, reason.toward, reason.actionable) for reason in found] == [
        ("rhythm", False, True), ("recency", False, True), ("orders", True, True)
    ]  # fmt: skip
    assert not reasons([Pull("country", 1.0)], REGULAR, MIDDLE, ABOUT)[0].actionable


def test_names_are_taken_as_they_are_on_one_line() -> None:
    hostile = "</script>\n<script>window.pwned=1</script>\x00"
    assert (
        fact("country", True, {"country": hostile}, {}, ABOUT)
        == "the country is </script> <script>window.pwned=1</script>"
    )
    assert clean("a" * 60) == "a" * 49 + "…"
    assert sentence("country", 1.0, {"country": "U.S.A.", "p_buy": 0.9}, {}, ABOUT).endswith("is U.S.A.")


def test_numbers_in_words() -> None:
    assert [days(value) for value in (1.0, 41.5, 112.5, 112.25, 1_204.5)] == [
        "1 day", "41.5 days", "112.5 days", "112 days", "1,204 days"
    ]  # fmt: skip
    assert [ago(0.0), ago(1.0), ago(2.0)] == ["today", "yesterday", "2 days ago"]
    assert [times(1.3), times(2.0), times(10.4)] == ["1.3 times", "twice", "more than 10 times"]
    assert [amount(POUNDS, value) for value in (0.0, 2.5, 45.3, 999.6)] == ["£0", "£2.50", "£45", "£1.00k"]
    assert [part(value) for value in (0.0, 0.0004, 0.08, 0.998, 1.0)] == [
        "0%",
        "under 0.1%",
        "8.0%",
        "over 99%",
        "100%",
    ]
    assert fact("spent", False, {"monetary": 80.0}, {}, Context(horizon=90)) == "an amount of 80 was spent in all"


def test_sentences_are_true_of_orders(connection: Backend) -> None:
    """Five orders on four days, 20, 41 and 60 days apart, the last 97 days before the date."""
    stamps = ["2024-01-01 10:00", "2024-01-21 10:00", "2024-01-21 16:00", "2024-03-02 10:00", "2024-05-01 10:00"]
    orders = pd.DataFrame({"customer_id": "a", "ordered_at": pd.to_datetime(stamps), "amount": [50.0, 30, 20, 100, 60]})
    orders = orders.assign(order_id=list("12345"), new_order=1, units=2.0, lines=[1, 2, 2, 4, 3], country="UK")
    table = connection.create_table("orders", orders, overwrite=True, temp=True)
    known = known_at(connection, table, table.filter(table.amount < 0), [date(2024, 8, 6)])
    customer = {str(name): value for name, value in known.iloc[0].items()}
    told = {driver: fact(driver, False, customer, MIDDLE, ABOUT) for driver in ("recency", "spent", "basket", "pace")}
    whom = "for the segment's middle customer"
    assert told == {
        "recency": "the last order was 97 days ago, 2.4 times the usual gap of 41 days",
        "spent": f"£260 was spent in all, against £1.00k {whom}",
        "basket": f"a day with orders has 3 lines on average, against 20 lines {whom}",
        "pace": "the last two orders came 60 days apart, against a usual gap of 41 days",
    }
    assert fact("orders", True, customer, MIDDLE, ABOUT) == f"there have been 5 orders so far, against 4 {whom}"
    assert fact("lately", False, customer, {}, ABOUT) == (
        "no order came in the last 90 days, after orders on 2 of the 90 before"
    )


NUMBERS = sorted({*INPUTS, "now_recency", "now_frequency", "now_monetary", "p_buy", "p_next", "expected_spend"})
WHOLE = {"now_frequency", *(name for name, known in INPUTS.items() if known.unit == "purchase days")}
SPECIAL = (NAN, None, 0.0, 1.0, 2.0, 3.0, 0.5, 41.0, 0.0004, 0.9996, 1e300)


def anybody(chance: Random) -> dict[str, float | str | None]:
    """Give some columns of a panel, each with any number that it could have, or none."""
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
    for said in found:
        assert re.search(r"\bnan\b|None|\binf\b|  |[\n\t]|\(\)|,,| ,|\b0 times", said) is None, said
        assert re.search(r"(?<![.,\d])1 (days|lines|units|orders)\b", said) is None, said
        assert re.search(r"[^.]\.$", said), said
        assert said[0].isupper()


def test_where_the_strongest_reason_lies_on_the_other_side_the_average_customer_is_the_measure() -> None:
    """A chance of 40% is no likely order, and yet three times what is usual: that is what the reasons explain."""
    about = replace(ABOUT, base=0.13)
    raised = three([Pull("country", 0.9)], {**REGULAR, "p_buy": 0.4}, MIDDLE, about)
    assert raised == [
        "More likely to buy than the average customer (40% against 13%), mainly because the country is France."
    ]
    lowered = three([Pull("country", -0.9)], {**REGULAR, "p_buy": 0.6}, MIDDLE, replace(ABOUT, base=0.8))
    assert lowered == [
        "Less likely to buy than the average customer (60% against 80%), mainly because the country is France."
    ]
    against_it = three([Pull("country", 0.9)], {**REGULAR, "p_buy": 0.1}, MIDDLE, about)
    assert against_it[0].startswith("Very likely to lapse (chance to buy 10%), although")


def test_nobody_below_the_mean_chance_is_more_likely_to_buy_than_the_average_customer() -> None:
    """Log-odds start from 13%, and yet the customers of an outlook buy with 19% on average."""
    about = replace(ABOUT, base=0.13, mean=0.19)
    between = three([Pull("country", 0.9)], {**REGULAR, "p_buy": 0.16}, MIDDLE, about)
    assert between[0].startswith("Very likely to lapse (chance to buy 16%), although")
    above = three([Pull("country", 0.9)], {**REGULAR, "p_buy": 0.22}, MIDDLE, about)
    assert above[0].startswith("More likely to buy than the average customer (22% against 13%), mainly because")


def test_what_is_the_same_for_others_is_no_because() -> None:
    orders = [Pull("orders", -0.9, "frequency")]
    usual = three(orders, {**REGULAR, "now_frequency": 4.0}, MIDDLE, ABOUT)
    said = "there have been 4 orders so far, as for the middle customer of Potential Loyalists"
    head = "Likely to lapse (chance to buy 31%); what weighs most is that"
    assert usual == [f"{head} {said}, which lowers the chance to buy."]
    customer = {**REGULAR, "now_frequency": 4.0, "orders_180": None, "orders_365": None, "p_buy": 0.4}
    beside = three([Pull("orders", 0.9, "frequency")], customer, MIDDLE, replace(ABOUT, base=0.13))
    assert beside[0].startswith(
        "More likely to buy than the average customer (40% against 13%); what weighs most is that there have been 4"
    )
