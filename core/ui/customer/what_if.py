"""The what-if section: the prediction today and after more orders or a wait, side by side."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import streamlit as st

from core.charts.explanations import waterfall as charts
from core.charts.predictions.chance_bars import likelihood
from core.explain.attribution.explainer import Explanation
from core.explain.customer.changed_history import MOST_ORDERS, SOON, WhatIf
from core.explain.customer.steps import Steps, pooled, steps
from core.numbers import Money, day, many
from core.ui.customer import cached as cached_customer
from core.ui.customer.cached import Imagined
from core.ui.customer.view import Looked
from core.ui.customer.why import MOST, Question, mark, steps_chart
from core.ui.shared import frame, state
from core.ui.shared.frame import escape_markdown

_LONGEST: Final = 180  # slider maximum in days
_LEAST, _LARGEST = 25, 300  # percent of the customer's usual order
_CHANGES: Final = 3  # drivers named as changed


@dataclass(frozen=True, kw_only=True)
class Side:
    """A prediction before or after the change.

    Parameters
    ----------
    found : Imagined
        The full prediction.
    steps : Steps
        Its explanation as steps.
    as_of : date
        Date on which the forecast starts.
    """

    found: Imagined
    steps: Steps
    as_of: date

    @property
    def said(self) -> dict[str, Any]:
        """The prediction."""
        return self.found.said


def what_if(looked: Looked, question: Question) -> None:
    """Draw the sliders and their effect in a fragment."""
    st.subheader("What if", anchor=False)
    what = _ask(looked)
    before, after = _sides(looked, question, what)
    st.markdown(f"##### {escape_markdown(in_words(looked, what, before, after))}")
    _figures(looked, before, after, moved=what != WhatIf())
    if what != WhatIf():  # otherwise both sides repeat what is shown above
        _beside(looked, question, before, after)
        _sentences(before, after)


def in_words(looked: Looked, what: WhatIf, before: Side, after: Side) -> str:
    """Describe the effect of the change."""
    days = looked.horizon
    old, new = (likelihood(float(side.said["p_buy"])) for side in (before, after))
    if what == WhatIf():
        return f"The chance to buy within {days} days is {old}. Move a slider to see what changes."
    parts = []
    if what.orders:
        parts.append(f"{many(what.orders, 'order')} within {SOON} days")
    if what.days:
        parts.append(f"{many(what.days, 'day')} without {'another' if what.orders else 'an'} order")
    happened = ", then ".join(parts) or "no order"
    then = f"the chance to buy in the {days} days from {day(after.as_of)} on"
    if not parts:
        return f"Without an order, {then} stays {old}."
    money = looked.view.money
    was, spend = (money.short(float(side.said["expected_spend"])) for side in (before, after))
    spent = f"The expected spend is {spend}, not {was}." if was != spend else f"The expected spend is still {spend}."
    if old == new:
        return f"After {happened}, {then} is still {new}. {spent}"
    return f"After {happened}, {then} is {new}, not {old} as today. {spent}"


def _ask(looked: Looked) -> WhatIf:
    one = looked.customer_id
    with st.grid(3, min_column_width=220):
        orders = st.slider(
            f"Orders within {SOON} days", 0, MOST_ORDERS, key=state.anew(f"customer_what_orders_{one}", 0),
            help="Each is a typical order of this customer: median amount, units, products and time of day.",
        )  # fmt: skip
        amount = st.slider(
            "Amount per order (% of usual)", _LEAST, _LARGEST, step=25, format="%d%%",
            key=state.anew(f"customer_what_amount_{one}", 100), disabled=not orders,
        )  # fmt: skip
        days = st.slider(
            "Days without an order afterwards", 0, _LONGEST, step=5,
            key=state.anew(f"customer_what_days_{one}", 0),
            help="Everything that depends on the date changes too, including the season.",
        )  # fmt: skip
    return WhatIf(orders=int(orders), amount=int(amount) / 100 if orders else 1.0, days=int(days))


def _sides(looked: Looked, question: Question, what: WhatIf) -> tuple[Side, Side]:
    """Return the sides before and after, with drivers in one order: by the larger contribution of the two."""
    view, explainer = looked.view, cached_customer.explainer(looked.view.key, looked.folder, question.outcome)
    both = []
    for one in (WhatIf(), what):
        found = cached_customer.what_if(
            view.key, looked.folder, looked.customer_id, question.outcome, question.output, view.dataset.currency, one
        )
        both.append((found, looked.explaining.as_of + timedelta(days=one.later)))
    order = one_order(*(found.explanation for found, _ in both), output=question.output)
    sides = [
        Side(
            found=found, as_of=as_of,
            steps=steps(
                explainer, found.explanation, found.row, view.money, output=question.output, order=order
            ),
        )
        for found, as_of in both
    ]  # fmt: skip
    return sides[0], sides[1]


def one_order(*explanations: Explanation, output: int) -> list[str]:
    """Return the drivers of several explanations, sorted by their largest contribution to any of them."""
    drivers = [one.contributions.by_driver() for one in explanations]
    size = np.max([np.abs(found.parts[0, :, output]) for found in drivers], axis=0)
    return [drivers[0].columns[place] for place in np.argsort(-size, kind="stable")]


def _figures(looked: Looked, before: Side, after: Side, *, moved: bool) -> None:
    money, days = looked.view.money, looked.horizon
    old, new = before.said, after.said
    change = round(100 * (float(new["p_buy"]) - float(old["p_buy"])), 1)
    spend = float(new["expected_spend"]) - float(old["expected_spend"])
    row: list[tuple[str, str, str | int | None, str]] = [
        ("Chance to buy", likelihood(float(new["p_buy"])), f"{change:+.1f} pts" if change else 0,
         f"In the {days} days from {day(after.as_of)}; the change is compared with today."),
        ("Expected spend", money.short(float(new["expected_spend"])), _money_change(spend, money),
         f"In the same {days} days, gross."),
        ("Segment then", _small(new["segment_now"]), None, f"On {day(after.as_of)}; today {old['segment_now']}."),
        (f"Segment {days} days later", _small(new["segment_predicted"]), None,
         f"Predicted then; today {old['segment_predicted']} is predicted."),
    ]  # fmt: skip
    with st.grid(4, min_column_width=150):
        for label, value, delta, about in row:
            st.metric(
                label, value, delta if moved else None, help=escape_markdown(about), border=True, height="stretch"
            )


def _small(name: Any) -> str:
    return f":small[{escape_markdown(str(name))}]"


def _money_change(change: float, money: Money) -> str | int:
    return f"{'+' if change > 0 else '-'}{money.short(abs(change))}" if abs(change) >= 0.5 else 0  # noqa: PLR2004


def _beside(looked: Looked, question: Question, before: Side, after: Side) -> None:
    """Draw both waterfalls with the drivers in the same order and on the same axis."""
    old, new = (pooled(side.steps, MOST) for side in (before, after))
    ends = [charts.reach(side.rows, side.base, side.total, side.scale) for side in (old, new)]
    within = min(low for low, _ in ends), max(high for _, high in ends)
    for place, (name, side, at) in zip(
        st.columns(2), (("today", old, before), ("what_if", new, after)), strict=True
    ):  # fmt: skip
        with place:
            frame.chart(
                steps_chart(looked, question, side, within=within),
                key=f"customer_waterfall_{name}",
                title=f"Today, {day(at.as_of)}" if name == "today" else f"What if, as of {day(at.as_of)}",
                alt=f"From the average customer to this one, {'today' if name == 'today' else 'after the change'}",
                data=side.rows.drop(columns=["start"]),
            )  # fmt: skip
    changes = said_changes(before.steps, after.steps, looked.view.money)
    if changes:
        st.markdown("\n".join(f"- {escape_markdown(line)}" for line in changes))
    if before.steps.orders:
        st.caption(f"Asked with {many(before.steps.orders, 'order')} of the drivers on both sides, for speed.")


def said_changes(before: Steps, after: Steps, money: Money) -> list[str]:
    """Describe the drivers that changed most."""
    old, new = (side.rows.set_index("driver") for side in (before, after))
    change = (new["contribution"] - old["contribution"]).reindex(old.index)
    found = []
    for name in change.abs().sort_values(ascending=False).index[:_CHANGES]:
        by = charts.contribution(float(change[name]), before.scale, money)
        if float(change.abs()[name]) <= 0 or not any(sign in "123456789" for sign in by):
            continue
        was, now = str(old.loc[name, "value"]), str(new.loc[name, "value"])
        moved = f"{was} → {now}" if was != now else now
        found.append(f"{old.loc[name, 'label']}: {by}{' in log-odds' * (before.scale == 'log-odds')} ({moved})")
    return found


def _sentences(before: Side, after: Side) -> None:
    """Compare both predictions in words."""
    same = [one.sentence for one in before.found.reasons] == [one.sentence for one in after.found.reasons]
    sides = [("Today", before)] if same else [("Today", before), (f"As of {day(after.as_of)}", after)]
    for place, (name, side) in zip(st.columns(2), sides, strict=False):
        with place, st.container(border=True):
            st.markdown(f"**{name}**")
            for one in side.found.reasons:
                st.markdown(f"{mark(one)} {escape_markdown(one.sentence)}")
