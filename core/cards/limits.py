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
    "Figures come from past dates: the same recipe was trained on the data up to that day, and tested on later orders "
    "that it had never seen."
)
_OF_LUCK = (
    "Intervals reflect chance in which customers are counted, but not chance in the season: all customers of a date "
    "went through the same weeks."
)
_OF_GROUPS = (
    "A group is weak if the model's error there is larger than chance, and larger than for all other customers. "
    "Intervals are wider the more groups there are, so that chance alone flags none in 19 of 20 such tables."
)
_OF_RANKING = "Customers within a segment are similar, so ranking them is harder there than across the whole shop."
_OF_COUNTRIES = "Countries are current ones, even for past dates. Segments are those of each date."
READING: Final = (_OF_PAST, _OF_LUCK, _OF_GROUPS, _OF_COUNTRIES, _OF_RANKING)
"""How to read a card."""

_FEW_BUYERS: Final = 200  # at all past dates together
_FEW_DATES: Final = 2


def limits_of(card: Mapping[str, Any], *, until: date | None = None, version: int | None = None) -> list[str]:
    """Return the known limits of a model, those of its own data first.

    Parameters
    ----------
    card : mapping
        See `core.models.training.stored_card.card`; parts of it may be missing.
    until : date, optional
        The day after the last order in the current data.
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
        said.append(
            f"It hasn't seen the last {many(older, 'day')} of data (from {day(date.fromisoformat(card['as_of']))} on)."
        )
    elif older < 0:
        said.append("It was trained as of a later date than this data, so it may have seen the outcomes it predicts.")
    if version is not None and own is not None and own != version:
        said.append(f"It was trained on version {own} of the dataset; the newest is {version}.")
    return said


def _of_judgement(metrics: Sequence[Mapping[str, Any]]) -> list[str]:
    if not metrics:
        return ["It could not be judged at a past date: accuracy unknown."]
    if len(metrics) < _FEW_DATES:
        return ["It was tested at only one past date, so every figure depends on that season."]
    return []


def few_buyers(buyers: int) -> list[str]:
    """Warn if the figures rest on few buyers."""
    if buyers >= _FEW_BUYERS:
        return []
    return [f"Only {customers(buyers)} bought after the dates it was tested at, so its figures are uncertain."]


def _of_training(card: Mapping[str, Any]) -> list[str]:
    said, data, training = [], card.get("data", {}), card.get("training", {})
    known, of = data.get("customers"), data.get("of")
    if known is not None and of is not None and known < of:
        said.append(f"It was trained and tested on a random sample: {count(known)} of {customers(of)}.")
    level = training.get("level", {})
    if card.get("name") == BTYD:
        said.append("It uses only how often and how much each customer bought: no seasons, baskets or returns.")
    elif level and not level.get("season"):
        said.append(f"It ignores the season. {level.get('reason', '')}".strip())
    blend = str(card.get("blend") or "")
    if blend.startswith("Own rhythm alone") and card.get("name") != BTYD:
        said.append(f"Its blend of models wasn't reliable enough to use. {blend}")
    how = str(card.get("name", "")).partition("+")[2]
    if how:
        said.append(f"It was trained on balanced classes ({BALANCED.get(how, how)}), which distorts its probabilities.")
    return said


def _of_outcomes(card: Mapping[str, Any]) -> list[str]:
    if "outcomes" not in card:
        return []
    missing = [OUTCOMES[name] for name in OUTCOME_NAMES if name not in card["outcomes"]]
    return (
        [f"It wasn't trained for these questions: {' '.join(missing)} Own rhythm answers them instead."]
        if missing
        else []
    )
