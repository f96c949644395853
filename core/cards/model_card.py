"""The model card shown on its page and in downloads, as plain values.

The stored card (`core.models.training.stored_card`) was written at training time. This one adds accuracy with
intervals, weak groups, and changes since then.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import pandas as pd

from core.cards.card_figures import kept_figures
from core.cards.card_words import headline, weakness
from core.cards.input_table import inputs_of
from core.cards.judgement import GROUPS, Judgement
from core.cards.limits import READING, few_buyers, limits_of
from core.models.judging.metrics import DEFINITIONS
from core.models.judging.predictions import NEXT_SEGMENT, WILL_BUY
from core.models.learners.predictor import OUTCOME_NAMES
from core.models.training.model_labels import ABOUT, FIGURES, OUTCOMES, label
from core.models.training.model_registry import StoredPredictor
from core.models.training.suite import BTYD
from core.numbers import Money, count, many

_FORM: Final = 1  # version of the JSON format


def model_card(
    model: StoredPredictor,
    judgements: Mapping[str, Judgement],
    *,
    dataset: str,
    money: Money,
    used: bool,
    until: date | None = None,
    version: int | None = None,
) -> dict[str, Any]:
    """Return the card of a model as plain values, undefined numbers as None.

    Parameters
    ----------
    model : StoredPredictor
        The model; parts of its stored card may be missing.
    judgements : mapping
        By outcome, as far as they are stored.
    dataset : str
        Name of the dataset.
    money : Money
        The shop's currency.
    used : bool
        True if it is the model in use for its horizon.
    until : date, optional
        The day after the last order in the current data.
    version : int, optional
        The newest version of the dataset.
    """
    card = model.card
    data, training = card.get("data", {}), card.get("training", {})
    return {
        "form": _FORM,
        "model": {
            "id": model.id,
            "name": model.name,
            "label": label(model.name),
            "in_use": used,
            "made_of": made_of(model),
            "trained_at": model.created_at.isoformat(timespec="seconds"),
        },
        "as_of": model.as_of.isoformat(),
        "horizon": model.horizon,
        "outcomes": {name: OUTCOMES[name] for name in outcomes_of(model, judgements)},
        "segments": list(card.get("segments") or []),
        "data": {
            "dataset": dataset,
            "dataset_id": model.dataset_id,
            "version": model.version,
            "first_order": data.get("first_order"),
            "until": data.get("until"),
            "customers": data.get("customers"),
            "of": data.get("of"),
            "rows": training.get("rows") if card.get("models") else None,  # own rhythm is fitted on current histories
            "past_dates": len(training.get("cutoffs") or []) or None,
            "currency": money.currency,
        },
        "not_judged": why_not_judged(model, judgements),
        "judged": {name: _judged(model, judgements.get(name), name, money) for name in outcomes_of(model, judgements)},
        "inputs": inputs_of(card),
        "limits": all_limits(model, judgements, until=until, version=version),
        "reading": list(READING),
        "libraries": dict(card.get("libraries") or {}),
    }


def outcomes_of(model: StoredPredictor, judgements: Mapping[str, Judgement]) -> tuple[str, ...]:
    """Return the outcomes named by the model's stored card, else those it was judged by, else all."""
    told = model.card.get("outcomes") or list(judgements) or OUTCOME_NAMES
    return tuple(name for name in OUTCOME_NAMES if name in told)


def made_of(model: StoredPredictor) -> list[str]:
    """Describe a model in sentences."""
    card = model.card
    said = [ABOUT.get(model.name.partition("+")[0], "")]
    if card.get("blend"):
        said.append(str(card["blend"]))
    said += [_member(member) for member in card.get("models") or []]
    level = card.get("training", {}).get("level", {})
    if level.get("reason") and level.get("season") and model.name != BTYD:
        said.append(str(level["reason"]))
    return [text for text in said if text]


def _member(member: Mapping[str, Any]) -> str:
    columns = [str(name) for name in member.get("columns", [])]
    what = ", for the next segment" if any(name.startswith("in_segment_") for name in columns) else ""
    rows = many(int(member.get("rows") or 0), "row")
    return (
        f"{member.get('label', 'A model')} on {count(len(columns))} inputs{what}, trained on {rows} (one per customer "
        "and past date)."
    )


def all_limits(
    model: StoredPredictor, judgements: Mapping[str, Judgement], *, until: date | None, version: int | None
) -> list[str]:
    """Return the known limits, including few buyers if that applies."""
    buying = judgements.get(WILL_BUY)
    few = few_buyers(buying.buyers) if buying is not None else []
    card = {"as_of": model.as_of.isoformat(), "name": model.name, **model.card}
    return [*few, *limits_of(card, until=until, version=version)]


def why_not_judged(model: StoredPredictor, judgements: Mapping[str, Judgement]) -> str:
    """Explain why there are no intervals and groups; empty if there are."""
    if judgements:
        return ""
    if model.card.get("metrics"):
        return (
            "Its predictions at past dates were deleted with the results of its dataset version. Only mean figures "
            "remain; train again to get intervals, calibration and groups."
        )
    return (
        f"Not tested: that takes a past date with {model.horizon} days of orders after it, and enough data before it "
        "to train on."
    )


def _judged(model: StoredPredictor, found: Judgement | None, outcome: str, money: Money) -> dict[str, Any]:
    """Return a model's results for one outcome."""
    if found is None:
        return {"sentence": headline(None, model.name, model.horizon, money), "dates": [],
                "figures": _figures(kept_figures(model.card.get("metrics") or [], outcome))}  # fmt: skip
    own = found.curve[found.curve["model"] == model.name].drop(columns=["cutoff", "model"])
    return {
        "sentence": headline(found, model.name, model.horizon, money),
        "dates": list(found.dates),
        "customers": found.customers,
        "customers_at_dates": found.rows,
        "moved" if outcome == NEXT_SEGMENT else "bought": found.buyers,
        "predicted": _number(found.said),
        "actual": found.came,
        "figures": _figures(found.figures),
        "mistakes" if outcome == NEXT_SEGMENT else "calibration": _plain(own),
        "by": {
            kind: {"sentence": weakness(found.groups[kind], outcome, kind, money), "groups": _plain(found.groups[kind])}
            for kind in GROUPS
        },
    }


def _figures(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{**row, "label": FIGURES[row["figure"]], "definition": DEFINITIONS[row["figure"]]} for row in _plain(table)]


def _plain(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows for JSON, with None for missing numbers."""
    return [{str(key): _number(value) for key, value in row.items()} for row in table.to_dict("records")]


def _number(value: Any) -> Any:
    return None if isinstance(value, float) and value != value else value  # noqa: PLR0124  NaN
