"""The job that finds and stores a model's drivers, over a period the model hasn't seen."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from core.errors import InputError
from core.explain.overall.found_drivers import drivers_of
from core.explain.overall.held_out import Recipe, held_out
from core.explain.overall.stored_drivers import read_drivers
from core.models.data.outcomes import LONGEST
from core.models.learners.predictor import OUTCOME_NAMES, Predictor
from core.models.training import model_registry
from core.models.training.suite import BTYD
from core.plain import Plain
from core.progress import part
from core.segments.clustering.cluster_features import RFM
from core.segments.segment_model import ClusterSpec
from core.segments.segment_registry import model_of
from core.workspace.store import Workspace
from core.workspace.stored_job import Work, stored_job
from core.workspace.stored_results import ResultKey

KIND: Final = "drivers"

_FORM: Final = 2  # version of the stored result and the method; results of others are recomputed


@dataclass(frozen=True, kw_only=True)
class DriversSpec(Plain, form=_FORM):
    """Model and outcome of the job.

    Parameters
    ----------
    outcome : str
        One of `core.models.learners.predictor.OUTCOME_NAMES`.
    horizon : int
        Days; must be that of the stored model.
    model : str
        Id of a stored model; empty for own rhythm, fitted on the spot.
    segment_model : str, int or None
        `SegmentModel.assignment` of the dataset's segments, whose settings own rhythm uses; see
        `core.segments.segment_registry.model_of`. A stored model has segments of its own.
    seed : int
        Random state.
    """

    outcome: str
    horizon: int
    model: str = ""
    segment_model: str | int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.outcome not in OUTCOME_NAMES:
            message = f"`outcome` must be one of {', '.join(OUTCOME_NAMES)}, got “{self.outcome}”."
            raise InputError(message)
        if not 1 <= self.horizon <= LONGEST:
            message = f"`horizon` must be between 1 and {LONGEST} days, got {self.horizon}."
            raise InputError(message)


@stored_job(DriversSpec, lambda folder: {"customers": read_drivers(folder).facts["judged"]})
def run(work: Work[DriversSpec], folder: Path) -> None:
    """Find and store the drivers of a model.

    Returns
    -------
    dict
        `customers`: number of customers evaluated. The rest is stored; see `core.explain.overall.stored_drivers`.

    Raises
    ------
    NotFoundError
        If the model has been deleted.
    InputError
        If the model doesn't predict the outcome, or has another horizon.
    TooLittleDataError
        If the log is too short to hold anything out.
    """
    asked, progress = work.spec, work.progress
    stored, recipe, model = _model(work.workspace, work.key, asked)
    with work.session() as connection:
        orders, returns = work.orders_and_returns(connection)
        unseen = held_out(connection, orders, returns, recipe, stored, part(progress, 0.0, 0.25))
    found = drivers_of(unseen, asked.outcome, model, seed=asked.seed, progress=part(progress, 0.25, 0.73))
    progress(0.99, "Writing")
    found.write(folder)


def _model(workspace: Workspace, key: ResultKey, asked: DriversSpec) -> tuple[Predictor | None, Recipe, dict[str, Any]]:
    """Return the stored model, its recipe, and facts about it."""
    if not asked.model:
        cluster = ClusterSpec()
        if asked.segment_model is not None:
            known = model_of(workspace, key.dataset_id, asked.segment_model).model
            cluster = known.spec if set(known.scaler.spec.features) <= set(RFM) else cluster
        recipe = Recipe(name=BTYD, horizon=asked.horizon, outcome=asked.outcome, cluster=cluster, seed=asked.seed)
        return None, recipe, {"id": "", "name": BTYD, "as_of": "", "version": key.version}
    found = model_registry.predictor_of(workspace, key.dataset_id, asked.model)
    if found.horizon != asked.horizon:
        message = f"The model “{found.id}” predicts {found.horizon} days ahead, not {asked.horizon}."
        raise InputError(message)
    predictor = model_registry.load(found)
    if asked.outcome not in predictor.outcomes:
        message = f"The model “{found.name}” predicts {', '.join(predictor.outcomes)}, not {asked.outcome}."
        raise InputError(message)
    facts = {"id": found.id, "name": found.name, "as_of": found.as_of.isoformat(), "version": found.version}
    return predictor, Recipe.of(predictor, asked.outcome, found.card), facts
