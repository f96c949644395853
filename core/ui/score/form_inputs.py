"""Form inputs of the Score page: input method, four numbers, customer id and date."""

from datetime import date, timedelta
from typing import Final

import streamlit as st

from core.models.scoring.four_numbers import LONGEST_AWAY, MOST_ORDERS, MOST_SPENT, FourNumbers, place_among
from core.numbers import count, day, share
from core.ui.caching import cached, predictors
from core.ui.score.view import NUMBERS, WAYS
from core.ui.shared import state
from core.ui.shared.frame import escape_markdown, select
from core.ui.shared.view import View

ELSEWHERE: Final = "Other or not known"
_OFFERED: Final = 6  # suggested ids
_COUNTRIES: Final = 250


def way() -> str:
    """Draw the picker for the input method and return it."""
    return select(
        st.segmented_control, "Customer details", state.WAY, list(WAYS), NUMBERS, shown=WAYS.__getitem__,
        label_visibility="collapsed",
    )  # fmt: skip


def four_numbers(view: View) -> FourNumbers:
    """Draw the four fields, each compared with all customers."""
    middle = predictors.middle(view.key, view.spec)
    known = cached.customers(view.key, view.spec)
    with st.container(border=True, key="score_numbers"):
        recency = _number("recency", "Days since the last order", middle["recency"], 0, LONGEST_AWAY, whole=True)
        _hint("Ordered more recently than {} of customers.", 1 - place_among(recency, known["recency"]))
        frequency = _number("frequency", "Orders", middle["frequency"], 1, MOST_ORDERS, whole=True)
        _hint("More orders than {} of customers.", place_among(frequency, known["frequency"]))
        sign = f" ({view.money.symbol})" if view.money.symbol else ""
        monetary = _number("monetary", f"Total spend{sign}", middle["monetary"], 0, MOST_SPENT, whole=False)
        _hint("Spent more than {} of customers.", place_among(monetary, known["monetary"]))
        country = _country(view)
        st.caption("Starts from your median customer. Change a number to update the prediction.")
    return FourNumbers(recency=int(recency), frequency=int(frequency), monetary=monetary, country=country)


def _number(name: str, label: str, usual: float, least: float, most: float, *, whole: bool) -> float:
    """Draw a number field stored in the link; a cleared field keeps its last number."""
    told, key = state.text(state.FOUR[name]), f"score_{name}"
    value = _read(told, least, most, whole=whole)
    if told and value is None:
        st.warning(
            f"The link gives “{escape_markdown(told[:40])}” for “{label}”; it must be a {'whole ' * whole}number "
            f"between {count(least)} and {count(most)}. Using {usual:,.15g} instead."
        )
        state.put(state.FOUR[name], "")
    shown = usual if value is None else value
    st.session_state[key] = int(shown) if whole else float(shown)

    def take() -> None:
        typed = st.session_state[key]
        if typed is not None:
            state.put(state.FOUR[name], "" if typed == usual else f"{typed:.15g}")

    found = st.number_input(
        label, min_value=int(least) if whole else float(least), max_value=int(most) if whole else float(most),
        step=1 if whole else 10.0, format="%d" if whole else "%.2f", key=key, on_change=take, help=_ABOUT[name],
    )  # fmt: skip
    return shown if found is None else float(found)


_ABOUT: Final = {
    "recency": "Whole days; 0 means less than a day. Recency in RFM.",
    "frequency": "Distinct orders so far, at least 1. Frequency in RFM.",
    "monetary": "Sum of all orders, before returns. Monetary in RFM.",
}


def _read(text: str, least: float, most: float, *, whole: bool) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if least <= value <= most and (not whole or value == int(value)) else None


def _hint(text: str, place: float) -> None:
    st.caption(escape_markdown(text.format(share(place))))


def _country(view: View) -> str | None:
    names = [*cached.country_names(view.key, view.spec)[:_COUNTRIES], ELSEWHERE]
    chosen, unknown = state.choice(state.FOUR["country"], names, names[0])
    if unknown is not None:
        chosen = ELSEWHERE
    key, on_change = state.widget(state.FOUR["country"], chosen)
    st.selectbox("Country", names, key=key, on_change=on_change, help="Of the latest order.")
    return None if chosen == ELSEWHERE else chosen


def ahead_from(view: View) -> date:
    """Draw the picker for the prediction's start date and return the date."""
    usual, told, key = view.spec.as_of, state.text(state.AHEAD_FROM), "score_ahead_from"
    latest = usual + timedelta(days=_YEARS_AHEAD)
    chosen = _day(told, latest) if told else usual
    if chosen is None:
        st.warning(
            f"The link names the day “{escape_markdown(told[:40])}”, which is not between {day(_EARLIEST)} and "
            f"{day(latest)}. Using {day(usual)} instead."
        )
        state.put(state.AHEAD_FROM, "")
        chosen = usual
    st.session_state[key] = chosen

    def take() -> None:
        typed = st.session_state[key]
        if typed is not None:
            state.put(state.AHEAD_FROM, "" if typed == usual else typed.isoformat())

    st.date_input(
        "Look ahead from",
        min_value=_EARLIEST,
        max_value=latest,
        format="DD/MM/YYYY",
        key=key,
        on_change=take,
        help=f"Orders from this day on are ignored. The default is {day(usual)}, the day after the last order in the "
        "data, as in the list of all customers.",
    )
    return chosen


_EARLIEST: Final = date(1900, 1, 1)
_YEARS_AHEAD: Final = 36_525  # days; pasted orders may be from any year


def _day(told: str, latest: date) -> date | None:
    try:
        found = date.fromisoformat(told)
    except ValueError:
        return None
    return found if _EARLIEST <= found <= latest else None


def ask_customer(view: View) -> str:
    """Draw the field for a customer id and return it; by default the top spender."""
    chosen = state.text(state.CUSTOMER).strip() or predictors.customer_ids(view.key, view.spec)[0]
    key, on_change = state.widget(state.CUSTOMER, chosen)
    st.text_input(
        "Customer id", key=key, on_change=on_change, icon=":material/search:",
        help="Part of the id is enough. Starts with your top spender.",
    )  # fmt: skip
    return chosen


def known_customer(view: View, chosen: str) -> str | None:
    """Return the id if the customer exists; otherwise suggest similar ids and return None."""
    ids = predictors.customer_ids(view.key, view.spec)
    if chosen in predictors.id_set(view.key, view.spec):
        return chosen
    like = [one for one in ids if chosen.casefold() in one.casefold()]
    like = sorted(like, key=lambda one: (not one.casefold().startswith(chosen.casefold()), one))[:_OFFERED]
    st.info(
        f"No customer “{escape_markdown(chosen[:60])}” has an order in this data."
        + (" Similar ids:" if like else " Find customers on the Segments page."),
        icon=":material/person_search:",
    )
    with st.container(horizontal=True):
        for one in like:
            st.button(escape_markdown(one), key=f"score_like_{one}", on_click=state.put, args=(state.CUSTOMER, one))
    return None
