"""What the page of a model's card computes from the run that trained it, by its folder; see `core.ui.cached`."""

from core.customers.rfm import RfmSpec
from core.models.cards.judgement import Judgement, judgement
from core.ui import cache, cached, cached_models
from core.ui.cached import Key


@cache.copied("Judging the model by past dates …", also=lambda folder, *_: cached_models.names(folder))
def judged(folder: str, model: str, outcome: str, key: Key, spec: RfmSpec) -> Judgement | None:
    """See `core.models.cards.judgement.judgement`; countries are those of the customers in view."""
    predictions = cached_models.run(folder).predictions
    if predictions.empty:
        return None
    countries = cached.customers(key, spec).set_index("customer_id")["country"]
    return judgement(predictions, model, outcome, countries)
