"""What the outlook page looks at: a horizon and a model chosen in the sidebar, and what a job has kept of it."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import streamlit as st

from core.errors import TooLittleDataError
from core.models import registry
from core.models.registry import StoredPredictor
from core.models.score_job import KIND, Scores, ScoreSpec
from core.models.words import label
from core.numbers import count, customers, day, many, share
from core.ui import cached, frame, kept, state
from core.ui.frame import Figure, escape_markdown
from core.ui.view import View

HORIZONS: Final = (30, 60, 90, 180)
USUAL: Final = 90
RHYTHM: Final = "own_rhythm"
"""Stands for the model that needs no training, in links."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is looked at.

    Parameters
    ----------
    horizon : int
        Days ahead.
    model : StoredPredictor or None
        None for own rhythm.
    used : StoredPredictor or None
        The model in use for the horizon; None where none was trained.
    """

    horizon: int
    model: StoredPredictor | None
    used: StoredPredictor | None

    @property
    def is_used(self) -> bool:
        """Whether the model in use is looked at, so that Score says the same."""
        return self.model is not None and self.used is not None and self.model.id == self.used.id


def ask(view: View) -> Asked:
    """Draw what can be chosen in the sidebar, and give what is."""
    with st.sidebar:
        horizon = _horizon(view)
        known = registry.predictors_of(cached.workspace(), view.dataset.id, horizon)
        used = registry.in_use(cached.workspace(), view.dataset.id, horizon)
        model = _model(known, used)
    return Asked(horizon=horizon, model=model, used=used)


def spec_of(view: View, asked: Asked) -> ScoreSpec:
    """What the job is asked for.

    Raises
    ------
    TooLittleDataError
        Where own rhythm is wanted and there are too few customers for segments.
    """
    as_of = view.spec.as_of
    if asked.model is not None:
        return ScoreSpec(as_of=as_of, horizon=asked.horizon, model=asked.model.id)
    segments = cached.segment_model(view.key, view.spec)
    return ScoreSpec(as_of=as_of, horizon=asked.horizon, segment_model=segments.model.assignment)


def opened(view: View, title: str) -> tuple[Asked, str, Any]:
    """What a page on the outlook begins with: what is asked for, the kept outlook, and room for the header.

    The page ends here, and says why, where there are too few customers or the outlook is still being made.

    Parameters
    ----------
    view : View
        The dataset in view.
    title : str
        Of the page.

    Returns
    -------
    asked : Asked
        What is looked at.
    folder : str
        Of the kept outlook.
    top : DeltaGenerator
        Where the header belongs.
    """
    asked = ask(view)
    try:
        spec = spec_of(view, asked)
    except TooLittleDataError as error:
        frame.header(title, "Too few customers to say what they will do.", simulated=view.dataset.simulated)
        st.info(escape_markdown(str(error)), icon=":material/groups:")
        frame.next_step("pages/data/upload.py", "Add more orders", "upload")
        st.stop()
    top = st.container()
    folder = made(view, spec)
    if folder is None:
        with top:
            frame.header(title, waiting(view, asked), simulated=view.dataset.simulated)
        st.stop()
    return asked, str(folder), top


def made(view: View, spec: ScoreSpec) -> Path | None:
    """Folder of the kept outlook; None after the page has shown how far its making is."""
    return kept.result(view, KIND, spec.to_json(), title=f"Looking {spec.horizon} days ahead")


def waiting(view: View, asked: Asked) -> str:
    """What the page says while the outlook is made."""
    who = customers(view.version.report["customers"])
    return f"What {who} will do in the next {asked.horizon} days is being worked out."


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
        f"80 % range: {write(part['low'])} to {write(part['high'])}, from how far the same model's totals were off at "
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
    return f"Expected revenue: 80 % range {low} to {high}, by how far totals were off at {many(few, 'past date')}."


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


def _horizon(view: View) -> int:
    trained = registry.horizons_of(cached.workspace(), view.dataset.id)
    options = [str(days) for days in sorted({*HORIZONS, *trained})]
    chosen, unknown = state.choice(state.HORIZON, options, str(USUAL))
    if unknown is not None:
        st.warning(f"The link looks “{escape_markdown(unknown)}” days ahead, which is not offered; you see {chosen}.")
    key, on_change = state.widget(state.HORIZON, chosen)

    def changed() -> None:
        on_change()
        state.put(state.USING, "")  # each horizon has models of its own

    st.selectbox(
        "Days ahead", options, format_func=lambda days: f"{days} days", key=key, on_change=changed,
        help="What customers do in these days after the last order of the log.",
    )  # fmt: skip
    return int(chosen)


def _model(known: list[StoredPredictor], used: StoredPredictor | None) -> StoredPredictor | None:
    if not known:
        return None
    by_id = {model.id: model for model in known}
    usual = used.id if used else RHYTHM
    chosen, unknown = state.choice(state.USING, [*by_id, RHYTHM], usual)
    if unknown is not None:
        st.warning(f"The link names the model “{escape_markdown(unknown)}”, which is not there (any more).")
    key, on_change = state.widget(state.USING, chosen)
    names = names_of(known, used)
    st.selectbox(
        "Model",
        [*by_id, RHYTHM],
        format_func=lambda model_id: names.get(model_id, f"{label('btyd')}, fitted now"),
        key=key,
        on_change=on_change,
        help="With the date that each was trained as of. The page begins with the one in use; Train says which wins.",
    )
    return by_id.get(chosen)


def names_of(known: list[StoredPredictor], used: StoredPredictor | None) -> dict[str, str]:
    """How models are called where one is chosen, by their ids."""
    in_use = used.id if used else None
    return frame.distinct(
        {model.id: f"{label(model.name)}{' (in use)' * (model.id == in_use)}, {day(model.as_of)}" for model in known}
    )
