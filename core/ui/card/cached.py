"""Cached figures of a model's card from the stored training run behind it; see `core.ui.caching.cached`."""

from core.cards.judgement import Judgement, judgement
from core.customers.rfm import RfmSpec
from core.ui.caching import cache, cached, trainings
from core.ui.caching.cached import Key


@cache.copied("Evaluating the model at past dates…", also=lambda folder, *_: trainings.names(folder))
def judged(folder: str, model: str, outcome: str, key: Key, spec: RfmSpec) -> Judgement | None:
    """Return a model's judgement, see `core.cards.judgement.judgement`; countries come from the customers in view."""
    predictions = trainings.run(folder).predictions
    if predictions.empty:
        return None
    countries = cached.customers(key, spec).set_index("customer_id")["country"]
    return judgement(predictions, model, outcome, countries)
