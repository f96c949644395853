"""Sidebar choices of the movement page (two dates, a model, a country), its headline and figures."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import streamlit as st

from core.customers.rfm import RfmSpec
from core.customers.snapshots import YEAR, PairSpec, month_ends
from core.numbers import count, day, share
from core.segments.movement.frozen_models import in_force
from core.segments.segment_registry import StoredModel
from core.ui.caching import cached
from core.ui.movement import cached as cached_movement
from core.ui.movement.cached import Moves, Under
from core.ui.shared import filters, state
from core.ui.shared.frame import Figure, select
from core.ui.shared.view import View

MOST_MONTHS: Final = 36
"""Maximum number of month ends drawn, counting back from the latest; each needs a pass over all customers."""


@dataclass(frozen=True, kw_only=True)
class Movement:
    """Two dates compared under one segment model.

    Parameters
    ----------
    view : View
        The dataset in view.
    spec : PairSpec
        The two dates, as `as_of`: the day after the one shown.
    stored : StoredModel
        The model applied at both dates.
    newest : StoredModel
        The latest model; the same unless there has been a refit.
    country : str or None
        Only customers from this country; None for all.
    """

    view: View
    spec: PairSpec
    stored: StoredModel
    newest: StoredModel
    country: str | None

    @property
    def asked(self) -> tuple[cached.Key, RfmSpec, PairSpec, Under]:
        """Arguments that identify this movement in `core.ui.movement.cached`."""
        return self.view.key, self.view.spec, self.spec, self.under

    @property
    def under(self) -> Under:
        """Contents of the models involved."""
        return Under(model=self.stored.content, newest=self.newest.content)

    @property
    def replaced(self) -> bool:
        """True if the newest model shares no segments with this one, so their effects can't be compared."""
        return not set(self.newest.model.names) & set(self.names)

    @property
    def names(self) -> tuple[str, ...]:
        """Segments, best customers first."""
        return self.stored.model.names

    @property
    def moves(self) -> Moves:
        """Totals of the movement."""
        return cached_movement.moves(*self.asked, self.country)

    @property
    def dates(self) -> tuple[date, ...]:
        """The latest month ends, the last day, and the two dates compared."""
        return tuple(sorted({*options_of(self.view)[-MOST_MONTHS - 1 :], self.spec.start, self.spec.end}))


def options_of(view: View) -> list[date]:
    """Return the dates to choose from, as `as_of`: month ends and the last day of the data."""
    first, last = cached.first_day(view.key), cached.last_day(view.key)
    return sorted({*month_ends(first, last), view.spec.as_of})


def choose(view: View) -> Movement | None:
    """Draw the pickers and return the selection, or None if there aren't two dates to compare.

    Raises
    ------
    TooLittleDataError
        If there are too few customers for segments.
    """
    options = options_of(view)
    models = cached_movement.models(view.key, view.spec)
    if len(options) < 2:  # noqa: PLR2004  comparing takes two dates
        return None
    with st.sidebar:
        spec = _dates(view, options)
        stored = _model(models, spec)
        country = filters.country_filter(view)
    return Movement(view=view, spec=spec, stored=stored, newest=models[0], country=country)


def sentence(chosen: Movement) -> str:
    """Summarise the movement in one sentence."""
    if chosen.spec.days == 0:
        return "Both dates are the same. Choose two different dates in the sidebar."
    ways = {row["direction"]: row for row in chosen.moves.ways.to_dict("records")}
    at_stake = chosen.view.money.short(ways["down"]["at_stake"])
    whose = f" from {chosen.country}" if chosen.country else ""
    if not ways["up"]["customers"] + ways["down"]["customers"]:
        return f"{period(chosen.spec)} no customer{whose} changed segment."
    return (
        f"{period(chosen.spec)} {count(ways['up']['customers'])} customers{whose} moved up and "
        f"{count(ways['down']['customers'])} slipped. Those who slipped had spent {at_stake} {_year_before(chosen)}."
    )


def key_figures(chosen: Movement) -> list[Figure]:
    """Return the figures: customers, moved up, slipped, new, and revenue at stake."""
    moves, money = chosen.moves, chosen.view.money
    ways = {row["direction"]: row for row in moves.ways.to_dict("records")}
    known = sum(row["customers"] for name, row in ways.items() if name != "new")
    total, new = known + ways["new"]["customers"], ways["new"]["customers"]
    stake = ways["down"]["at_stake"]
    of_known = f"{{}} of the {count(known)} customers as of {shown(chosen.spec.start)}"
    up = of_known.format(share(ways["up"]["customers"] / max(known, 1)))
    down = of_known.format(share(ways["down"]["customers"] / max(known, 1)))
    idle = (
        f" {count(moves.idle_up)} of them without an order, just through the passage of time." if moves.idle_up else ""
    )
    begin, end = shown(chosen.spec.start), shown(chosen.spec.end)
    return [
        Figure(
            "movement_customers",
            "Customers",
            count(total),
            f"Customers with an order by {end}; the change is since {begin}.",
            change=f"+{count(new)}" if new else 0,
        ),
        Figure("movement_up", "Moved up", count(ways["up"]["customers"]), f"To a better segment: {up}.{idle}"),
        Figure("movement_down", "Slipped", count(ways["down"]["customers"]), f"To a lower segment: {down}."),
        Figure("movement_new", "New", count(new), f"First order after {begin}, up to {end}."),
        Figure(
            "movement_stake",
            "Revenue at stake",
            money.short(stake),
            f"{money.exact(stake)} gross: what customers who slipped had spent in the {YEAR} days to {begin}.",
        ),
    ]


def period(spec: PairSpec) -> str:
    """Describe the period between two dates."""
    if spec.start.day == 1 and month_ends(spec.start, spec.end - timedelta(days=1)) == (spec.end,):
        return f"In {spec.start:%B %Y}"
    return f"Between {shown(spec.start)} and {shown(spec.end)}"


def shown(as_of: date) -> str:
    """Format an `as_of` date as the last day it includes."""
    return day(as_of - timedelta(days=1))


def _year_before(chosen: Movement) -> str:
    whole = cached.first_day(chosen.view.key) <= chosen.spec.year_before
    return "in the year before" if whole else f"up to {shown(chosen.spec.start)}"


def _dates(view: View, options: list[date]) -> PairSpec:
    labels = {_text(as_of): _label(as_of, view) for as_of in options}
    ends = month_ends(cached.first_day(view.key), cached.last_day(view.key))
    usual = ends[-1] if len(ends) > 1 else options[-1]
    above = st.container()  # the first day depends on the second and stands above it
    end = _day(state.TO, "To", labels, _text(usual))
    before = [as_of for as_of in options if as_of < end] or [options[0]]
    with above:
        start = _day(state.FROM, "From", labels, _text(before[-1]))
    if start > end:
        st.caption(":material/swap_vert: The first date is later than the second, so they were swapped.")
        start, end = end, start
    return PairSpec(start=start, end=end)


def _day(name: str, label: str, labels: dict[str, str], default: str) -> date:
    """Draw a date picker and return its choice as `as_of`."""

    def changed() -> None:
        if name == state.TO and state.text(state.FROM) >= state.text(state.TO):
            state.put(state.FROM, "")  # the month before follows

    chosen = select(
        st.selectbox, label, name, list(labels), default, always=True, changed=changed,
        shown=labels,
        warning="The link names the day “{value}”, which is neither a month end nor the last day of this data. Showing "
        "{instead} instead.",
    )  # fmt: skip
    return date.fromisoformat(chosen) + timedelta(days=1)


def _text(as_of: date) -> str:
    return (as_of - timedelta(days=1)).isoformat()


def _label(as_of: date, view: View) -> str:
    if as_of.day == 1:
        return f"End of {as_of - timedelta(days=1):%b %Y}"
    return f"{shown(as_of)} (last day)" if as_of == view.spec.as_of else shown(as_of)


def _model(models: list[StoredModel], spec: PairSpec) -> StoredModel:
    """Draw the model picker; by default the model in use at the first date, or the newest if segments differ."""
    usual = in_force(models, spec.start)
    if not set(usual.model.names) & set(models[0].model.names):
        usual = models[0]  # its segments are the ones shown on the other pages
    if len(models) == 1:
        return usual
    by_name = {str(one.model_version): one for one in models}
    chosen = select(
        st.selectbox,
        "Segment model",
        state.MODEL,
        list(by_name),
        str(usual.model_version),
        shown=lambda name: f"{name}, as of {day(by_name[name].as_of)}" if name in by_name else name,
        help="The model applied at both dates. By default the one in use on the first date, with later changes shown "
        "separately as a refit; or the newest, if its segments are entirely different.",
    )
    return by_name[chosen]
