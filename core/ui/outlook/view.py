"""Headline, figures and notes of the outlook page."""

from datetime import date, timedelta
from typing import Any, Final

from core.forecasts.job import Scores
from core.models.training.model_labels import label
from core.numbers import count, customers, day, many, share
from core.ui.caching import cached
from core.ui.shared.frame import Figure
from core.ui.shared.scores import Asked
from core.ui.shared.view import View


def sentence(found: Scores, view: View) -> str:
    """Summarise expected revenue, its main segment and the customers likely to lapse."""
    money, revenue = view.money, found.totals["revenue"]
    top = max(found.segments.to_dict("records"), key=lambda row: row["revenue"])
    lapsing = int(found.segments["lapsing"].sum())
    said = f"We expect {money.short(revenue['expected'])} in the next {found.totals['horizon']} days"
    if top["revenue_share"] > 0:
        said += f", {share(top['revenue_share'])} of it from {top['segment']}"
    who = f"{customers(lapsing)} {'is' if lapsing == 1 else 'are'}" if lapsing else "no recent buyers are"
    return f"{said}; {who} likely to lapse."


def figures(found: Scores, view: View) -> list[Figure]:
    """Return the figures: expected revenue and buyers, likely to lapse, worth saving, 12-month value."""
    money, totals, segments, days = view.money, found.totals, found.segments, found.totals["horizon"]
    revenue, buyers, sums = totals["revenue"], totals["buyers"], segments.sum(numeric_only=True)
    return [
        Figure(
            "outlook_revenue",
            "Expected revenue",
            money.short(revenue["expected"]),
            f"{money.exact(revenue['expected'])} gross in the next {days} days. New customers not "
            f"included. {range_in_words(revenue, totals, money.short)}",
        ),
        Figure(
            "outlook_buyers",
            "Expected buyers",
            count(buyers["expected"]),
            f"Sum of all chances to buy: {share(buyers['expected'] / max(totals['customers'], 1))} of "
            f"{customers(totals['customers'])}. {range_in_words(buyers, totals, count)}",
        ),
        Figure(
            "outlook_lapsing",
            "Likely to lapse",
            count(sums["lapsing"]),
            f"Recent buyers (last {days} days) with under 50% chance to order again in the next {days}. Their "
            f"12-month value: {money.short(sums['lapsing_value'])}.",
        ),
        Figure(
            "outlook_saving",
            "Worth saving",
            count(sums["saving"]),
            f"Top 25% by 12-month value, with under 50% chance to order again in the next "
            f"{days} days. Their  12-month value: {money.short(sums['saving_value'])}.",
        ),
        Figure(
            "outlook_value",
            "12-month value",
            money.short(totals["value"]),
            f"{money.exact(totals['value'])}: expected gross spend of existing customers in the next 12 months, "
            "based on "
            f"their own rhythm and discounted to today ({share(totals['discount'])} a year; customer lifetime value).",
        ),
    ]


def range_in_words(part: dict[str, Any], totals: dict[str, Any], write: Any) -> str:
    """Describe the 80% range of a total and its source."""
    if part["low"] is None:
        return f"No range available: {unjudged(totals)}."
    dates = many(len(totals["past_dates"]), "past date")
    return (
        f"80% range: {write(part['low'])} to {write(part['high'])}, based on the model's forecast errors at "
        f"{dates}. It covers luck, seasonality and model error."
    )


def unjudged(totals: dict[str, Any]) -> str:
    """Explain why a model has no evaluation at past dates."""
    if totals["model"]["id"]:
        return "accuracy at past dates is unknown because no evaluation is stored"
    return "the data is too short for a test at a past date"


def range_short(found: Scores, view: View) -> str:
    """Describe the range of expected revenue briefly; empty if unknown."""
    part, money = found.totals["revenue"], view.money
    if part["low"] is None:
        return ""
    few = len(found.totals["past_dates"])
    low, high = money.short(part["low"]), money.short(part["high"])
    return f"Expected revenue: 80% range {low} to {high}, based on forecast errors at {many(few, 'past date')}."


def came_before(found: Scores, view: View) -> str:
    """Describe revenue in the previous period and a year earlier; empty if the data doesn't go back far enough."""
    days, as_of, money = found.totals["horizon"], view.spec.as_of, view.money
    first, ago = cached.first_day(view.key), as_of - timedelta(days=_YEAR)
    said = []
    if first <= as_of - timedelta(days=days):
        said.append(f"the previous {days} days: {money.short(_revenue(view, as_of, days))}")
    if first <= ago and days <= _YEAR:
        same = _revenue(view, ago + timedelta(days=days), days)
        said.append(f"the same days a year earlier: {money.short(same)}")
    text = ", ".join(said)
    return f"{text[:1].upper()}{text[1:]}, including new customers." if said else ""


_YEAR: Final = 364  # days: whole weeks, so that weekdays match


def _revenue(view: View, as_of: date, days: int) -> float:
    """Return gross revenue in the days before a date."""
    return float(cached.windows(view.key, as_of, days).get(0, {"revenue": 0.0})["revenue"])


def about_model(found: Scores, view: View, asked: Asked) -> list[tuple[str, str]]:
    """Return notes about the model as (icon, sentence) pairs."""
    said = []
    model = found.totals["model"]
    trained = date.fromisoformat(model["as_of"])
    name = label(model["name"])
    older = (view.spec.as_of - trained).days
    if older > 0:
        said.append(("history", f"{name} was trained as of {day(trained)}; this data is {many(older, 'day')} newer."))
    elif older < 0:
        said.append(
            (
                "warning",
                f"{name} was trained as of {day(trained)}, later than this data, so it may have seen the outcome.",
            )
        )
    if model["version"] != view.key.version:
        said.append(
            ("history", f"It was trained on version {model['version']} of the dataset; this is {view.key.version}.")
        )
    if found.totals["filled"]:
        what = " and ".join(_FILLED[name] for name in found.totals["filled"])
        said.append(("info", f"{name} was not trained for {what}, so own rhythm is used instead."))
    if asked.model is not None and asked.used is not None and asked.model.id != asked.used.id:
        said.append(("info", f"The model in use for {asked.horizon} days is {label(asked.used.name)}, not this one."))
    return said


_FILLED: Final = {"will_buy": "the chance to buy", "spend": "expected spend", "next_segment": "the next segment"}
