"""What the outlook page looks at: a horizon and a model chosen in the sidebar, and what a job has kept of it."""

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
    """What is expected in all, from whom most of it, and who is likely to lapse."""
    money, revenue = view.money, found.totals["revenue"]
    top = max(found.segments.to_dict("records"), key=lambda row: row["revenue"])
    lapsing = int(found.segments["lapsing"].sum())
    said = f"We expect {money.short(revenue['expected'])} in the next {found.totals['horizon']} days"
    if top["revenue_share"] > 0:
        said += f", {share(top['revenue_share'])} of it from {top['segment']}"
    who = f"{customers(lapsing)} {'is' if lapsing == 1 else 'are'}" if lapsing else "nobody who bought lately is"
    return f"{said}; {who} likely to lapse."


def figures(found: Scores, view: View) -> list[Figure]:
    """Expected revenue and buyers, who lapses, who is worth saving, and what all are worth."""
    money, totals, segments, days = view.money, found.totals, found.segments, found.totals["horizon"]
    revenue, buyers, sums = totals["revenue"], totals["buyers"], segments.sum(numeric_only=True)
    return [
        Figure(
            "outlook_revenue",
            "Expected revenue",
            money.short(revenue["expected"]),
            f"{money.exact(revenue['expected'])} in the next {days} days, gross, from customers known today; new ones "
            f"come on top. {range_in_words(revenue, totals, money.short)}",
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
            f"Bought in the last {days} days, and are likelier than not to buy nothing in the next {days}. Their "
            f"12-month value: {money.short(sums['lapsing_value'])}.",
        ),
        Figure(
            "outlook_saving",
            "Worth saving",
            count(sums["saving"]),
            f"Among the quarter with the highest 12-month value, and likelier than not to buy nothing in the next "
            f"{days} days. Their 12-month value: {money.short(sums['saving_value'])}.",
        ),
        Figure(
            "outlook_value",
            "12-month value",
            money.short(totals["value"]),
            f"{money.exact(totals['value'])}: what customers known today are expected to spend within 12 months by "
            f"their own rhythm, worth today (customer lifetime value; {share(totals['discount'])} a year off), gross.",
        ),
    ]


def range_in_words(part: dict[str, Any], totals: dict[str, Any], write: Any) -> str:
    """Between what a total will lie, and how that is known."""
    if part["low"] is None:
        return f"How sure that is cannot be said: {unjudged(totals)}."
    dates = many(len(totals["past_dates"]), "past date")
    return (
        f"80% range: {write(part['low'])} to {write(part['high'])}, from how far the same model's totals were off at "
        f"{dates}; it holds luck, season and what the model does not know."
    )


def unjudged(totals: dict[str, Any]) -> str:
    """Why there is no past date to judge a model by."""
    if totals["model"]["id"]:
        return "it is not known how it did at past dates, since no judgement of it is kept"
    return "the log is too short to judge it by a past date"


def range_short(found: Scores, view: View) -> str:
    """The range of expected revenue in a few words; empty where it is not known."""
    part, money = found.totals["revenue"], view.money
    if part["low"] is None:
        return ""
    few = len(found.totals["past_dates"])
    low, high = money.short(part["low"]), money.short(part["high"])
    return f"Expected revenue: 80% range {low} to {high}, by how far totals were off at {many(few, 'past date')}."


def came_before(found: Scores, view: View) -> str:
    """Revenue of as many days before, and of the same days a year ago; empty where the log does not reach back."""
    days, as_of, money = found.totals["horizon"], view.spec.as_of, view.money
    first, ago = cached.first_day(view.key), as_of - timedelta(days=_YEAR)
    said = []
    if first <= as_of - timedelta(days=days):
        said.append(f"the {days} days before brought {money.short(_revenue(view, as_of, days))}")
    if first <= ago and days <= _YEAR:
        same = _revenue(view, ago + timedelta(days=days), days)
        said.append(f"the same days a year before {money.short(same)}")
    text = ", ".join(said)
    return f"{text[:1].upper()}{text[1:]}, from all who ordered, those new then included." if said else ""


_YEAR: Final = 364  # days: whole weeks, so that weekdays are alike


def _revenue(view: View, as_of: date, days: int) -> float:
    """Gross, of the days before a date."""
    return float(cached.windows(view.key, as_of, days).get(0, {"revenue": 0.0})["revenue"])


def about_model(found: Scores, view: View, asked: Asked) -> list[tuple[str, str]]:
    """What to know of the model: an icon and a sentence each; those that need a look first."""
    said = []
    model = found.totals["model"]
    trained = date.fromisoformat(model["as_of"])
    name = label(model["name"])
    older = (view.spec.as_of - trained).days
    if older > 0:
        said.append(
            ("history", f"{name} was trained as of {day(trained)}; what you see is {many(older, 'day')} younger.")
        )
    elif older < 0:
        said.append(
            ("warning", f"{name} was trained as of {day(trained)}, later than this data: it may have seen the outcome.")
        )
    if model["version"] != view.key.version:
        said.append(
            ("history", f"It was trained on version {model['version']} of the dataset; this is {view.key.version}.")
        )
    if found.totals["filled"]:
        what = " and ".join(_FILLED[name] for name in found.totals["filled"])
        said.append(("info", f"{name} was not trained for {what}: own rhythm stands in."))
    if asked.model is not None and asked.used is not None and asked.model.id != asked.used.id:
        said.append(("info", f"The model in use for {asked.horizon} days is {label(asked.used.name)}, not this one."))
    return said


_FILLED: Final = {"will_buy": "who will buy", "spend": "how much is spent", "next_segment": "the next segment"}
