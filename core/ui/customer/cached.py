"""Cached data for the Customer page, keyed by the folder of the stored outlook; see `core.ui.caching.cached`.

Each function queries the rows of one customer, so nothing grows with the number of customers except the medians and the
reference customers, which the job has stored.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import ibis
import pandas as pd

from core.engine import parquet
from core.explain.attribution.explainer import Explainer, Explanation
from core.explain.customer.changed_history import WhatIf, changed
from core.explain.customer.input_values import Row
from core.explain.customer.segment_history import segments_over_time
from core.explain.customer.similar_customers import PAST, Similar, similar
from core.explain.customer.steps import Steps, rhythm_opened, row_of, steps
from core.explain.explained_outlook import Explaining, read_explaining
from core.explain.reasons import reasons_of_one
from core.explain.words.reason_sentences import Reason
from core.forecasts import outlook_queries
from core.forecasts.outlook_queries import ScoreFilter
from core.models.scoring.one_customer import known_of
from core.numbers import Money
from core.segments.movement import frozen_models
from core.ui.caching import cache, cached, model_names, outlooks, predictors
from core.ui.caching.cached import Key
from core.ui.caching.model_names import Names
from core.ui.shared.scores import STAYED

_OFFERED: Final = 6
_LOOKED_AT: Final = 100
_QUICK: Final = 120
"""Driver orderings that are sampled while a slider is being moved."""


def _names(_key: Key, folder: str, *_more: object) -> Names:
    """Return segment names that have changed since the outlook was stored."""
    return outlooks.names(folder)


@cache.shared("Loading the model…", also=_names)
def explaining(key: Key, folder: str) -> Explaining:
    """Load the model behind a stored outlook. Shared by all sessions: don't modify."""
    model = outlooks.scores(folder).totals["model"]["id"]
    found = read_explaining(cached.workspace(), key.dataset_id, Path(folder), model)
    names = model_names.of(key.dataset_id, found.predictor.segments.names)
    return found.renamed(dict(names)) if names else found


@cache.shared("Preparing the explanation…", also=_names)
def explainer(key: Key, folder: str, outcome: str) -> Explainer:
    """Return the explainer of an outcome. Shared by all sessions: don't modify."""
    found = explaining(key, folder)
    return Explainer.of(found.predictor, outcome, found.background)


@cache.copied(also=lambda folder, *_: outlooks.names(folder))
def scores_of(folder: str, customer_id: str) -> dict[str, Any] | None:
    """Return a customer's row of the stored outlook, or None."""
    with cached.engine().session() as connection:
        table = parquet(connection, Path(folder) / outlook_queries.SCORES)
        rows = table.filter(table.customer_id == customer_id).limit(1).execute()
    rows = outlook_queries.renamed(rows, dict(outlooks.names(folder)))
    return None if rows.empty else {str(name): value for name, value in rows.iloc[0].items()}


@cache.copied()
def like(folder: str, text: str) -> list[str]:
    """Return customer ids that contain a text: first those that start with it, then by value."""
    wanted = text.strip().lower()
    with cached.engine().session() as connection:
        table = parquet(connection, Path(folder) / outlook_queries.SCORES)
        found = table.filter(table.customer_id.lower().contains(wanted))
        found = found.mutate(begins=found.customer_id.lower().startswith(wanted))
        ordered = found.order_by(ibis.desc("begins"), ibis.desc(outlook_queries.VALUE), "customer_id")
        return [str(one) for one in ordered.limit(_OFFERED).customer_id.execute()]


def examples(folder: str) -> pd.DataFrame:
    """Return the customers with the most 12-month value at risk, without those who returned most of their orders."""
    rows, _ = outlooks.customers(folder, ScoreFilter(risk=outlook_queries.AT_RISK), "at_stake", _LOOKED_AT)
    return rows[rows["net"] >= STAYED * rows["monetary"]].head(_OFFERED)


@cache.copied(also=_names)
def known(key: Key, folder: str, customer_id: str) -> pd.DataFrame:
    """Return the customer's row of a panel, as used for the scores."""
    history = predictors.history(key, customer_id)
    with cached.engine().session() as connection:
        return known_of(connection, history, explaining(key, folder).as_of)


@cache.copied("Asking the model…", also=_names)
def explained(key: Key, folder: str, customer_id: str, outcome: str) -> tuple[Explanation, Row]:
    """Return the reasons for the customer's prediction, and their inputs."""
    maker, one = explainer(key, folder, outcome), known(key, folder, customer_id)
    return maker.explain(one), row_of(maker, one)


def taken_apart(key: Key, folder: str, customer_id: str, outcome: str, output: int, money: Money) -> Steps:
    """Return the reasons for the customer's prediction as steps."""
    explanation, row = explained(key, folder, customer_id, outcome)
    return steps(explainer(key, folder, outcome), explanation, row, money, output=output)


@cache.copied(also=_names)
def rhythm(key: Key, folder: str, customer_id: str, outcome: str, currency: str) -> Steps:
    """Return the contributions of own rhythm's inputs as steps."""
    maker, one = explainer(key, folder, outcome), known(key, folder, customer_id)
    return rhythm_opened(maker, one, row_of(maker, one), Money(currency=currency))


@cache.copied(also=_names)
def segments(key: Key, folder: str, customer_id: str) -> pd.DataFrame:
    """Return cached results of `core.explain.customer.segment_history.segments_over_time`."""
    found = explaining(key, folder)
    return segments_over_time(predictors.history(key, customer_id), found.predictor.segments, found.as_of)


@cache.copied("Looking for similar customers…", also=_names)
def alike(key: Key, folder: str, customer_id: str) -> Similar | None:
    """Return customers who were similar at a past date, or None if the data is too short for one."""
    past = _past(folder)
    return None if past is None else similar(past, known(key, folder, customer_id), without=customer_id)


@cache.copied(also=_names)
def reasons(key: Key, folder: str, customer_id: str, outcome: str, output: int, currency: str) -> list[Reason]:
    """Return the reasons for the prediction as sentences."""
    explanation, _ = explained(key, folder, customer_id, outcome)
    one, found = known(key, folder, customer_id), explaining(key, folder)
    maker, money = explainer(key, folder, outcome), Money(currency=currency)
    return reasons_of_one(found, maker, explanation, one, found.predictor.predict(one), money, place=output)


@dataclass(frozen=True, kw_only=True)
class Imagined:
    """A prediction for the customer, with its explanation.

    Parameters
    ----------
    said : dict
        Prediction, see `core.models.learners.predictor.Predictor.predict`.
    explanation : Explanation
        Its explanation.
    row : mapping
        The customer's inputs.
    reasons : list of Reason
        The main reasons as sentences.
    """

    said: dict[str, Any]
    explanation: Explanation
    row: Row
    reasons: list[Reason]


@cache.copied(also=_names)
def what_if(key: Key, folder: str, customer_id: str, outcome: str, output: int, currency: str, what: WhatIf
) -> Imagined:  # fmt: skip
    """Recompute the customer's prediction from a changed history."""
    found, maker = explaining(key, folder), explainer(key, folder, outcome)
    if what == WhatIf() and not maker.is_sampled:  # already explained
        one, (explanation, row) = known(key, folder, customer_id), explained(key, folder, customer_id, outcome)
    else:
        history, later = changed(predictors.history(key, customer_id), found.as_of, what)
        with cached.engine().session() as connection:
            one = known_of(connection, history, later)
        explanation = maker.explain(one, orders=_QUICK) if maker.is_sampled else maker.explain(one)
        row = row_of(maker, one)
    said = found.predictor.predict(one)
    money = Money(currency=currency)
    return Imagined(
        said={str(name): value for name, value in said.iloc[0].items()},
        explanation=explanation,
        row=row,
        reasons=reasons_of_one(found, maker, explanation, one, said, money, place=output),
    )


@cache.shared(also=outlooks.names)
def _past(folder: str) -> pd.DataFrame | None:
    path = Path(folder) / PAST
    if not path.is_file():
        return None
    past, names = pd.read_parquet(path), dict(outlooks.names(folder))
    return past.assign(**{name: frozen_models.renamed(past[name], names) for name in ("segment_then", "segment_after")})
