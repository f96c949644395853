"""Sidebar choices of the RFM rules page (scores, map, cut-offs, country), and its headline."""

import re
from dataclasses import asdict, dataclass, replace
from typing import Final

import pandas as pd
import streamlit as st

from core.errors import InputError
from core.numbers import count, share
from core.segments.rules.known_maps import BUILT_IN
from core.segments.rules.map_check import MapCheck, check
from core.segments.rules.rfm_scores import ENOUGH_FOR_FIVE, RFM_COLUMNS, ScoreSpec, default_levels
from core.segments.rules.rule_maps import RfmMap
from core.segments.rules.stored_maps import StoredMap, maps_of
from core.ui.caching import cached
from core.ui.rules import cached as cached_rules
from core.ui.shared import frame, state
from core.ui.shared.filters import country_filter
from core.ui.shared.view import View

ALL: Final = "All"
EQUAL: Final = "equal"
"""URL value for equal groups where a map has cut-offs."""

_OWN: Final = "own:"
_LABELS: Final = {
    "recency": ("Days for recency", "Highest number of days for each score, from recent to long ago"),
    "frequency": ("Orders for frequency", "Most orders for each score, from few to many"),
    "monetary": ("Spend for monetary", "Highest gross spend for each score, from low to high"),
}


@dataclass(frozen=True, kw_only=True)
class Rules:
    """A map and the customers it applies to.

    Parameters
    ----------
    rfm_map : RfmMap
        The map with the scores in use, including the user's cut-offs.
    stored : StoredMap or None
        The saved map; None for a built-in one.
    check : MapCheck
        Gaps and overlaps that prevent the map from being applied.
    country : str or None
        Only customers whose latest order went there. Scores are still relative to all customers.
    """

    rfm_map: RfmMap
    stored: StoredMap | None
    check: MapCheck
    country: str | None


def choose(view: View) -> Rules:
    """Draw the sidebar and return the selection."""
    stored = {_OWN + found.rfm_map.name: found for found in maps_of(cached.workspace(), view.dataset.id)}
    known = {**BUILT_IN, **{option: found.rfm_map for option, found in stored.items()}}
    with st.sidebar:
        levels = _levels(view, known)
        option = _map(known, levels)
        rfm_map = replace(known[option], scores=_cuts(known[option].scores))
        country = country_filter(view, "Of the latest order. Scores stay relative to all customers.")
    return Rules(rfm_map=rfm_map, stored=stored.get(option), check=check(rfm_map), country=country)


def select(name: str) -> None:
    """Select a stored map with its own cut-offs."""
    state.put(state.RFM_MAP, _OWN + name)
    _forget_cuts()


def forget() -> None:
    """Select the default map again."""
    state.put(state.RFM_MAP, "")
    _forget_cuts()


def summary_of(view: View, rules: Rules) -> pd.DataFrame:
    """Return the summary of the segments; see `core.ui.rules.cached.summary`."""
    return cached_rules.summary(view.key, view.spec, rules.rfm_map, rules.country)


def sentence(view: View, rules: Rules) -> str:
    """Summarise the top and the longest-lapsed segment, or the problems of a draft, in one sentence."""
    if not rules.check.sound:
        return f"The map “{rules.rfm_map.name}” is a draft: {faults(rules.check)}."
    rows = [row for row in summary_of(view, rules).to_dict("records") if row["customers"]]
    where = f"In {rules.country}, " if rules.country else ""
    top = max(rows, key=lambda row: (row["revenue"], row["customers"]))
    away = max(rows, key=lambda row: row["median_recency"])
    said = (
        f"{where}“{top['segment']}”, {share(top['customer_share'])} of customers, generate "
        f"{share(top['revenue_share'])} "
        "of revenue"
    )
    if away["median_recency"] == top["median_recency"]:  # the top segment is also the longest lapsed
        return f"{said}."
    return (
        f"{said}; {count(away['customers'])} customers in “{away['segment']}” typically last ordered "
        f"{count(away['median_recency'])} days ago."
    )


def faults(found: MapCheck) -> str:
    """Describe the number of gaps and overlaps."""
    what = "score triples" if found.parts > 2 else "pairs of scores"  # noqa: PLR2004  recency, frequency, monetary
    parts = []
    if found.gaps:
        parts.append(f"{len(found.gaps)} of {found.total} {what} have no segment")
    if found.overlaps:
        parts.append(f"{len(found.overlaps)} of {found.total} {what} have several segments")
    return " and ".join(parts)


def _levels(view: View, known: dict[str, RfmMap]) -> int:
    customers = len(cached.customers(view.key, view.spec))
    offered = sorted({str(rfm_map.scores.levels) for rfm_map in known.values()})
    wanted = known.get(state.text(state.RFM_MAP))
    default = str(wanted.scores.levels if wanted else default_levels(customers))
    chosen = frame.select(
        st.selectbox,
        "Scores",
        state.SCORES,
        offered,
        default,
        always=True,
        shown=lambda levels: f"1 to {levels}",
        help=f"Three scores by default, or five with at least {count(ENOUGH_FOR_FIVE)} customers, so that each group "
        f"is large enough. This shop has {count(customers)}.",
    )
    if wanted and str(wanted.scores.levels) != chosen:  # a map remembered from another number of scores
        forget()
    return int(chosen)


def _map(known: dict[str, RfmMap], levels: int) -> str:
    offered = [option for option, rfm_map in known.items() if rfm_map.scores.levels == levels]
    chosen, unknown = state.choice(state.RFM_MAP, offered, offered[0])
    if unknown is not None:
        st.warning(
            f"The link names the map “{frame.escape_markdown(unknown.removeprefix(_OWN))}”, which does not exist."
        )
    key, on_change = state.widget(state.RFM_MAP, chosen)

    names = frame.distinct({option: known[option].name for option in offered})

    def take() -> None:
        on_change()
        _forget_cuts()

    st.selectbox(
        "Map",
        offered,
        format_func=lambda option: names.get(option, option),
        key=key,
        on_change=take,
        help="Assigns scores to segments. Choose one to start from, then edit it at the bottom of the page.",
    )
    return chosen


def _cuts(scores: ScoreSpec) -> ScoreSpec:
    """Draw the cut-off fields and return the scores with them. Invalid cut-offs are reported and ignored."""
    with st.expander("Cut-offs", icon=":material/tune:"):
        for feature in RFM_COLUMNS:
            typed = _cut_input(feature, scores)
            try:
                scores = ScoreSpec(**{**asdict(scores), feature: typed})
            except InputError as error:
                frame.error(str(error))
    return scores


def _cut_input(feature: str, scores: ScoreSpec) -> tuple[float, ...]:
    name, default = state.CUTS[feature], ", ".join(f"{cut:g}" for cut in scores.cuts(feature))
    wanted = state.text(name)
    shown = "" if wanted == EQUAL else wanted or default
    key, _ = state.widget(name, shown)

    def take() -> None:
        typed = str(st.session_state[key]).strip()
        state.put(name, "" if typed == default else typed or EQUAL)

    label, about = _LABELS[feature]
    text = st.text_input(
        label,
        key=key,
        on_change=take,
        placeholder="equal groups",
        help=f"{about}: {scores.levels - 1} numbers. Leave empty for groups as equal as ties allow.",
    )
    return _numbers(text, label)


def _numbers(text: str, label: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in re.split(r"[,;\s]+", text.strip()) if part)
    except ValueError:
        frame.error(f"{label} must be numbers separated by commas, got “{text}”.")
        return ()


def _forget_cuts() -> None:
    for name in state.CUTS.values():
        state.put(name, "")
