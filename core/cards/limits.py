"""Known limits of a model: those of every model, and those of its own data."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from core.models.learners.predictor import OUTCOME_NAMES
from core.models.training.model_labels import BALANCED, OUTCOMES
from core.models.training.stored_card import LIMITS
from core.models.training.suite import BTYD
from core.numbers import count, customers, day, many

_OF_PAST = (
    "Figures are of past dates: the same recipe was trained on what was known on that day, and judged by what came "
    "after. Nothing that it was judged by had been learned from."
)
_OF_LUCK = (
    "Intervals say how much luck of the draw of customers is in a figure. They do not hold luck of the season: all "
    "customers of a date lived through the same weeks."
)
_OF_GROUPS = (
    "A group is called weak where the model is off by more than chance, and further off than for all other customers. "
    "Intervals of groups are wider the more groups there are, so that luck alone names none in 19 of 20 such tables."
)
_OF_RANKING = (
    "Within one segment customers are alike, so that telling them apart is harder there than in the whole shop."
)
_OF_COUNTRIES = "Countries are those of today, also for past dates; segments are those of the date."
READING: Final = (_OF_PAST, _OF_LUCK, _OF_GROUPS, _OF_COUNTRIES, _OF_RANKING)
"""How to read a card."""

_FEW_BUYERS: Final = 200  # at all judged dates together
_FEW_DATES: Final = 2


def limits_of(card: Mapping[str, Any], *, until: date | None = None, version: int | None = None) -> list[str]:
    """Known limits of a model, those of its own data first.

    Parameters
    ----------
    card : mapping
        See `core.models.training.stored_card.card`; parts of it may be missing.
    until : date, optional
        The day after the last order that is known now.
    version : int, optional
        The newest version of the dataset.
    """
    said = [
        *_of_age(card, until, version),
        *_of_judgement(card.get("metrics") or []),
        *_of_training(card),
        *_of_outcomes(card),
    ]
    return [*said, *(card.get("limits") or LIMITS)]


def _of_age(card: Mapping[str, Any], until: date | None, version: int | None) -> list[str]:
    said, own = [], card.get("data", {}).get("version")
    older = (until - date.fromisoformat(card["as_of"])).days if until and card.get("as_of") else 0
    if older > 0:
        said.append(f"It knows nothing of the {many(older, 'day')} from {day(date.fromisoformat(card['as_of']))} on.")
    elif older < 0:
        said.append("It was trained as of a later date than this data: it may have seen what it is asked about.")
    if version is not None and own is not None and own != version:
        said.append(f"It was trained on version {own} of the dataset; the newest is {version}.")
    return said


def _of_judgement(metrics: Sequence[Mapping[str, Any]]) -> list[str]:
    if not metrics:
        return ["It could not be judged at a past date: accuracy unknown."]
    if len(metrics) < _FEW_DATES:
        return ["It was judged at one past date alone: the luck of that season is in every figure."]
    return []


def few_buyers(buyers: int) -> list[str]:
    """Warn if the figures rest on few buyers."""
    if buyers >= _FEW_BUYERS:
        return []
    return [f"Only {customers(buyers)} bought at the dates it was judged by: its figures could easily be others."]


def _of_training(card: Mapping[str, Any]) -> list[str]:
    said, data, training = [], card.get("data", {}), card.get("training", {})
    known, of = data.get("customers"), data.get("of")
    if known is not None and of is not None and known < of:
        said.append(f"It learned from, and was judged on, {count(known)} of {customers(of)}, drawn at random.")
    level = training.get("level", {})
    if card.get("name") == BTYD:
        said.append("It knows no season, no baskets and no returns: only how often and how much each customer bought.")
    elif level and not level.get("season"):
        said.append(f"It knows no season. {level.get('reason', '')}".strip())
    blend = str(card.get("blend") or "")
    if blend.startswith("Own rhythm alone") and card.get("name") != BTYD:
        said.append(f"Its blend was not trusted. {blend}")
    how = str(card.get("name", "")).partition("+")[2]
    if how:
        said.append(f"It was trained on balanced classes ({BALANCED.get(how, how)}), which makes probabilities untrue.")
    return said


def _of_outcomes(card: Mapping[str, Any]) -> list[str]:
    if "outcomes" not in card:
        return []
    missing = [OUTCOMES[name] for name in OUTCOME_NAMES if name not in card["outcomes"]]
    return [f"It was not trained for: {' '.join(missing)} Own rhythm stands in."] if missing else []
