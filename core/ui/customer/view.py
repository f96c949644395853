"""The view of the Customer page: an id, the stored outlook, and the customer's summary and figures."""

from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
import streamlit as st

from core.charts.predictions.chance_bars import likelihood
from core.explain.explained_outlook import Explaining
from core.forecasts import outlook_queries
from core.forecasts.job import Scores
from core.models.training.model_labels import label
from core.numbers import day, many, share
from core.ui.caching import outlooks
from core.ui.caching.outlooks import NEVER
from core.ui.customer import cached as cached_customer
from core.ui.shared import frame, state
from core.ui.shared.frame import Figure, escape_markdown
from core.ui.shared.scores import RHYTHM, STAYED, Asked
from core.ui.shared.view import View

_SAID: Final = ((0.75, "very likely"), (0.5, "likely"), (0.25, "rather unlikely"), (0.0, "very unlikely"))
_LONG: Final = 60  # characters of an id that a sentence repeats


@dataclass(frozen=True, kw_only=True)
class Looked:
    """A customer and their predictions.

    Parameters
    ----------
    view : View
        The dataset in view.
    asked : Asked
        Horizon and model.
    folder : str
        Folder of the stored outlook.
    scores : Scores
        The outlook.
    customer_id : str
        The customer's id.
    row : dict
        The customer's row of the outlook.
    """

    view: View
    asked: Asked
    folder: str
    scores: Scores
    customer_id: str
    row: dict[str, Any]

    @property
    def horizon(self) -> int:
        """Forecast horizon in days."""
        return int(self.scores.totals["horizon"])

    @property
    def explaining(self) -> Explaining:
        """The model and the reference customers of its explanations."""
        return cached_customer.explaining(self.view.key, self.folder)

    @property
    def model(self) -> str:
        """Return the model's name, made distinct from the others."""
        facts = self.scores.totals["model"]
        return f"{label(facts['name'])} ({facts['id']})" if facts["id"] else label(facts["name"])

    @property
    def link(self) -> dict[str, str]:
        """Return the URL parameters that keep the same model on another page."""
        model = self.asked.model.id if self.asked.model else RHYTHM
        return {state.HORIZON: str(self.horizon), state.USING: model}


def choose(view: View, asked: Asked, folder: str) -> Looked | None:
    """Draw the search and return the customer; None after offering suggestions."""
    top, found = st.container(), outlooks.scores(folder)
    wanted = state.subject(state.CUSTOMER)
    row = cached_customer.scores_of(folder, wanted) if wanted else None
    with top:
        left, right = st.columns([3, 1], gap="medium")
        with right:
            _search(wanted)
        with left:
            if row is None:
                frame.header("Customer", _nobody(wanted), simulated=view.dataset.simulated)
    if row is None:
        _offer(view, folder, wanted)
        return None
    looked = Looked(view=view, asked=asked, folder=folder, scores=found, customer_id=wanted, row=row)
    with left:
        frame.header(_cut(wanted), sentence(looked), simulated=view.dataset.simulated)
    return looked


def sentence(looked: Looked) -> str:
    """Summarise the customer and the prediction."""
    row, days = looked.row, f"within {looked.horizon} days"
    chance = float(row["p_buy"])
    words = next(words for least, words in _SAID if chance >= least)
    spend = looked.view.money.short(float(row["expected_spend"]))
    return (
        f"Among the {row['segment_now']}{_since(looked)}; {words} to buy {days} ({likelihood(chance)}), expected to "
        f"spend {spend}."
    )


def figures(looked: Looked) -> list[Figure]:
    """Return chance, spend, next order, 12-month value and next segment, each with its uncertainty."""
    row, days, money = looked.row, looked.horizon, looked.view.money
    spend, value = float(row["expected_spend"]), float(row[outlook_queries.VALUE])
    return [
        Figure("customer_chance", "Chance to buy", likelihood(float(row["p_buy"])), _sure(looked)),
        Figure(
            "customer_spend",
            "Expected spend",
            money.short(spend),
            f"{money.exact(spend)} within {days} days, gross, on average. {_range(row, 'expected_spend', money)}",
        ),
        Figure(
            "customer_next",
            "Next order",
            NEVER if pd.isna(row["next_order"]) else day(row["next_order"]),
            f"If still a customer ({likelihood(float(row['p_alive']))}): as likely before this day as after it. "
            f"{_next_range(row)}",
        ),
        Figure(
            "customer_value",
            "12-month value",
            money.short(value),
            f"{money.exact(value)} on average by own rhythm, worth today (customer lifetime value), gross. "
            f"{_range(row, outlook_queries.VALUE, money)}",
        ),
        Figure(
            "customer_segment",
            f"Segment in {days} days",
            f":small[{escape_markdown(str(row['segment_predicted']))}]",
            f"Now {row['segment_now']}. The predicted one has a probability of {share(float(row['p_predicted']))}; a "
            "rare segment may be named with less than half.",
        ),
    ]


def notes(looked: Looked) -> None:
    """Show the confidence of the figures and their caveats."""
    if said := ranges(looked):
        st.caption(escape_markdown(said))
    if said := sent_back(looked):
        st.caption(f":material/undo: {escape_markdown(said)}")


def ranges(looked: Looked) -> str:
    """Describe the confidence of the figures in a few words."""
    row, money, said = looked.row, looked.view.money, []
    if pd.notna(row["p_buy_low"]):
        said.append(f"Of customers with a similar score, {_percents(row)} bought at past dates.")
    low, high = (float(row[f"expected_spend_{end}"]) for end in ("low", "high"))
    within = [f"spend {money.short(low)} to {money.short(high)}"] if high > 0 else []
    within += [f"next order {_between(row)}"] if pd.notna(row["next_order_low"]) else []
    if high <= 0:
        said.append("Nine times in ten nothing is spent.")
    if within:
        said.append(f"80% range{'s' * (len(within) > 1)}: {'; '.join(within)}.")
    return " ".join(said)


def sent_back(looked: Looked) -> str:
    """Return a warning if most of the order value was returned, else ""."""
    gross, net, money = float(looked.row["monetary"]), float(looked.row["net"]), looked.view.money
    if net >= STAYED * gross:
        return ""
    return (
        f"Of {money.exact(gross)} ordered so far, {money.exact(max(net, 0.0))} was kept; the rest was returned. "
        "Expected spend and value are gross, so don't rely on them."
    )


def stretches(table: pd.DataFrame, first: pd.Timestamp) -> pd.DataFrame:
    """Return segments over time as runs: `start`, `end`, `segment`.

    Parameters
    ----------
    table : DataFrame
        From `core.explain.customer.segment_history.segments_over_time`: the segment at a date applies since the
        date before it.
    first : Timestamp
        Date of the first order.
    """
    if table.empty:
        return pd.DataFrame({"start": [], "end": [], "segment": []})
    begin = max(first, table["as_of"].iloc[0] - pd.DateOffset(months=1))
    pieces = pd.DataFrame(
        {"start": [begin, *table["as_of"][:-1]], "end": table["as_of"], "segment": table["segment"].astype("str")}
    )
    run = (pieces["segment"] != pieces["segment"].shift()).cumsum()
    found = pieces.groupby(run, sort=False).agg(
        start=("start", "first"), end=("end", "last"), segment=("segment", "first")
    )
    return found.reset_index(drop=True)


def _since(looked: Looked) -> str:
    """Return since when the customer has been in their segment, or "" if unknown."""
    table = cached_customer.segments(looked.view.key, looked.folder, looked.customer_id)
    if table.empty or str(table["segment"].iloc[-1]) != str(looked.row["segment_now"]):
        return ""
    other = table.index[table["segment"].astype("str") != str(looked.row["segment_now"])]
    if len(other):
        return f" since {table.loc[other[-1] + 1, 'as_of'] - pd.Timedelta(days=1):%B %Y}"
    tenure = (table["as_of"].iloc[-1] - table["as_of"].iloc[0]).days
    whole = len(table) > _WINDOW
    return f" for {many(tenure // 30, 'month')} and more" if whole else " since the first order"


_WINDOW: Final = 24  # months of history


def _sure(looked: Looked) -> str:
    row, days = looked.row, looked.horizon
    said = f"Probability of an order within {days} days; {likelihood(1 - float(row['p_buy']))} that there is none. "
    if pd.isna(row["p_buy_low"]):
        return f"{said}Accuracy unknown: the model hasn't been tested on a past date."
    dates = many(len(looked.scores.totals["past_dates"]), "past date")
    return f"{said}Of customers with a similar score, {_percents(row)} bought (95% intervals at {dates})."


def _percents(row: dict[str, Any]) -> str:
    return f"{100 * float(row['p_buy_low']):.0f} to {100 * float(row['p_buy_high']):.0f}%"


def _range(row: dict[str, Any], name: str, money: Any) -> str:
    low, high = (float(row[f"{name}_{end}"]) for end in ("low", "high"))
    if high <= 0:
        return "Nine times in ten nothing is spent."
    return f"80% prediction range for this customer: {money.short(low)} to {money.short(high)}."


def _next_range(row: dict[str, Any]) -> str:
    return "" if pd.isna(row["next_order_low"]) else f"80% range: {_between(row)}."


def _between(row: dict[str, Any]) -> str:
    high = row["next_order_high"]
    return f"{day(row['next_order_low'])} to {'beyond 3 years' if pd.isna(high) else day(high)}"


def _nobody(wanted: str) -> str:
    return f"There is no customer “{_cut(wanted)}” with an order in this log." if wanted else "Find a customer"


def _search(wanted: str) -> None:
    key, on_change = state.widget(state.CUSTOMER, wanted)
    st.text_input(
        "Customer id", key=key, on_change=on_change, icon=":material/search:", placeholder="Customer id or part of it",
        help="Part of an id is enough. Every customer list also links to this page.",
    )  # fmt: skip


def _offer(view: View, folder: str, wanted: str) -> None:
    """Show customers with similar ids, or suggestions and other ways to find a customer."""
    similar = cached_customer.like(folder, wanted) if wanted else []
    if similar:
        st.markdown("Similar ids:")
        with st.container(horizontal=True):
            for place, one in enumerate(similar):
                _to(one, f"customer_like_{place}")
        return
    if wanted:
        st.info("Check the id, or type any part of it.", icon=":material/person_search:")
    rows = cached_customer.examples(folder)
    if len(rows):
        st.markdown("**The most 12-month value at risk:**")
        with st.container(horizontal=True):
            for place, row in enumerate(rows.to_dict("records")):
                value = view.money.short(float(row[outlook_queries.VALUE]))
                _to(str(row["customer_id"]), f"customer_example_{place}", f" · {value}, {row['segment_now']}")
    st.caption("Every customer list also links to this page.")
    frame.next_step("pages/predict/outlook.py", "Browse the outlook", "insights")
    frame.next_step("pages/segment/segments.py", "Browse segments", "groups")


def _to(one: str, key: str, more: str = "") -> None:
    st.button(
        f"{escape_markdown(_cut(one))}{escape_markdown(more) if more else ''}", key=key, on_click=state.put,
        args=(state.CUSTOMER, one), icon=":material/person:",
    )  # fmt: skip


def _cut(text: str) -> str:
    return text if len(text) <= _LONG else f"{text[: _LONG - 1]}…"
