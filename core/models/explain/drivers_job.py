"""What drives a model over all customers, on a period it has not seen, as a job whose result is kept."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

import pandas as pd

from core.engine import Engine, parquet
from core.errors import InputError
from core.ingest.sandbox import Progress
from core.models import registry
from core.models.explain.correlation import correlations
from core.models.explain.drivers import RHYTHM
from core.models.explain.drivers_kept import Drivers, as_table, finite
from core.models.explain.exchange import Exchange
from core.models.explain.explainer import Explainer
from core.models.explain.held_out import HeldOut, Recipe, held_out
from core.models.explain.importance import MEASURES, happened_to, importance
from core.models.explain.input_names import PLAYED, STANDING
from core.models.explain.many import Many, explain_many
from core.models.explain.partial import partial
from core.models.outcomes import LONGEST
from core.models.predictor import OUTCOME_NAMES, Predictor
from core.models.progress import part
from core.models.suite import BTYD
from core.segments.features import RFM
from core.segments.model import ClusterSpec
from core.segments.registry import model_of
from core.settings import Settings
from core.workspace.results import ResultKey, keep
from core.workspace.store import Workspace

KIND: Final = "drivers"

_FORM: Final = 1  # of what is kept, and of how it is found; another one is asked for anew

BACKGROUND: Final = 200
"""Customers who stand for the average one."""

_MOST_MOVED: Final = 300  # customers for whom inputs are moved
_INPUTS_MOVED: Final = 12


@dataclass(frozen=True, kw_only=True)
class DriversSpec:
    """Of which model and outcome.

    Parameters
    ----------
    outcome : str
        Of `core.models.predictor.OUTCOME_NAMES`.
    horizon : int
        Days; of a stored model, its own.
    model : str
        Id of a stored model; empty for own rhythm, fitted on the spot.
    segment_model : int or None
        Version of the dataset's segment model, whose settings own rhythm fits segments with; a stored model has its
        own.
    seed : int
        Random state.
    """

    outcome: str
    horizon: int
    model: str = ""
    segment_model: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.outcome not in OUTCOME_NAMES:
            message = f"`outcome` must be one of {', '.join(OUTCOME_NAMES)}, got “{self.outcome}”."
            raise InputError(message)
        if not 1 <= self.horizon <= LONGEST:
            message = f"`horizon` must be between 1 and {LONGEST} days, got {self.horizon}."
            raise InputError(message)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"form": _FORM, **asdict(self)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Inverse of `to_json`."""
        return cls(**{name: value for name, value in values.items() if name != "form"})


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How much is asked of a model.

    Parameters
    ----------
    judged : int
        Customers among whom drivers are shuffled.
    repeats : int
        Shuffles of each driver.
    input_repeats : int
        Of each single input.
    """

    judged: int
    repeats: int
    input_repeats: int

    @classmethod
    def of(cls, predictor: Predictor) -> Self:
        """Less of models that take long to answer: those that are not trained on everybody either."""
        if any(member.candidate.most_rows for member in predictor.members):
            return cls(judged=1_000, repeats=6, input_repeats=3)
        return cls(judged=3_000, repeats=10, input_repeats=5)


def run(workspace: Workspace, settings: Settings, spec: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Keep what drives a model.

    Parameters
    ----------
    workspace, settings : Workspace, Settings
        Where to, and what it may use.
    spec : dict
        `ResultKey.to_json()` with the kind `drivers` and a `DriversSpec` as its spec.
    progress : callable
        Gets the share done and a sentence; may raise, and nothing is kept.

    Returns
    -------
    dict
        `customers`: how many it was judged on. The rest is kept, see `core.models.explain.drivers_kept`.

    Raises
    ------
    NotFoundError
        Where the model is not there any more.
    InputError
        Where it does not predict the outcome, or looks another number of days ahead.
    TooLittleDataError
        Where the log is too short to hold anything out.
    """
    key = ResultKey.from_json(spec)
    asked = DriversSpec.from_json(key.spec)
    version = workspace.version(key.dataset_id, key.version)
    stored, recipe, model = _model(workspace, key, asked)
    with closing(Engine.of(settings)) as engine, engine.session() as connection:
        orders, returns = (parquet(connection, version.folder / f"{name}.parquet") for name in ("orders", "returns"))
        unseen = held_out(connection, orders, returns, recipe, stored, part(progress, 0.0, 0.25))
    found = drivers_of(unseen, asked, model, part(progress, 0.25, 0.73))
    progress(0.99, "Writing")
    keep(workspace, key, found.write)
    return {"customers": found.facts["judged"]}


def drivers_of(unseen: HeldOut, asked: DriversSpec, model: Mapping[str, Any], progress: Progress) -> Drivers:
    """Find what drives a model on customers whose outcome it has not seen.

    Parameters
    ----------
    unseen : HeldOut
        The model and the customers.
    asked : DriversSpec
        Outcome and seed.
    model : mapping
        What is told of the model; see `Drivers.facts`.
    progress : callable
        Called with the share done and what is done; may raise to stop.
    """
    effort = Effort.of(unseen.predictor)
    count = min(len(unseen.rows), effort.judged)
    rows = unseen.rows.sample(count, random_state=asked.seed).reset_index(drop=True)
    explainer = Explainer.of(unseen.predictor, asked.outcome, rows.iloc[:BACKGROUND])
    exchange = Exchange.of(explainer, rows)
    happened = happened_to(exchange, rows)
    seed = asked.seed
    telling = [part(progress, start, width) for start, width in ((0.0, 0.2), (0.2, 0.3), (0.5, 0.4))]
    whole = importance(exchange, happened, exchange.drivers, repeats=effort.repeats, seed=seed, progress=telling[0])
    single = whole
    if not explainer.is_rhythm:
        single = importance(
            exchange, happened, exchange.inputs, repeats=effort.input_repeats, seed=seed, progress=telling[1]
        )
    many = explain_many(explainer, rows, seed=seed, progress=telling[2])
    leading = _leading(exchange, many, single.table, asked.outcome)
    progress(0.9, "Moving one input at a time")
    moved = Exchange.of(explainer, rows.iloc[:_MOST_MOVED])
    shapes = partial(moved, _to_move(leading, single.table, asked.outcome), many.outputs)
    values = _values(exchange)
    return Drivers(
        facts={
            "model": dict(model),
            "outcome": asked.outcome,
            "horizon": unseen.predictor.horizon,
            "at": unseen.at.isoformat(),
            "is_twin": unseen.is_twin,
            "of": unseen.of,
            "known": len(unseen.rows),
            "judged": count,
            "explained": many.customers,
            "orders": many.orders,
            "scale": many.scale,
            "outputs": list(many.outputs),
            "figures": finite(whole.figures),
            "opens": exchange.opened,
            "leading": leading,
            "alike": _alike(exchange),
            "only_rhythm": explainer.is_rhythm,
        },
        importance=pd.concat(
            [whole.table.assign(level="driver"), single.table.assign(level="input")], ignore_index=True
        ),
        by_driver=as_table(many.drivers, many.outputs),
        by_input=as_table(many.inputs, many.outputs),
        known=values.iloc[: many.customers].reset_index(drop=True),
        means=shapes.means,
        lines=shapes.lines,
        correlations=correlations(values.select_dtypes("number")),
        rhythm=_rhythm_opened(explainer, exchange, rows),
        errors=_errors(many),
    )


def _model(workspace: Workspace, key: ResultKey, asked: DriversSpec) -> tuple[Predictor | None, Recipe, dict[str, Any]]:
    """The stored model, how it was trained, and what is told of it."""
    if not asked.model:
        cluster = ClusterSpec()
        if asked.segment_model is not None:
            known = model_of(workspace, key.dataset_id, asked.segment_model).model
            cluster = known.spec if set(known.scaler.spec.features) <= set(RFM) else cluster
        recipe = Recipe(name=BTYD, horizon=asked.horizon, outcome=asked.outcome, cluster=cluster, seed=asked.seed)
        return None, recipe, {"id": "", "name": BTYD, "as_of": "", "version": key.version}
    found = registry.predictor_of(workspace, key.dataset_id, asked.model)
    if found.horizon != asked.horizon:
        message = f"The model “{found.id}” looks {found.horizon} days ahead; it was asked about {asked.horizon}."
        raise InputError(message)
    predictor = registry.load(found)
    if asked.outcome not in predictor.outcomes:
        message = f"The model “{found.name}” predicts {', '.join(predictor.outcomes)}, not {asked.outcome}."
        raise InputError(message)
    facts = {"id": found.id, "name": found.name, "as_of": found.as_of.isoformat(), "version": found.version}
    return predictor, Recipe.of(predictor, asked.outcome, found.card), facts


def _sizes(many: Many, single: pd.DataFrame, outcome: str) -> pd.Series:
    """How much each input matters: by what it adds where that is known, else by what shuffling it alone costs."""
    if many.inputs is not None:
        size = abs(many.inputs.parts).mean(axis=(0, 2))
        return pd.Series(size, index=list(many.inputs.columns))
    usual = single[single["measure"] == MEASURES[outcome][0]]
    return usual.set_index("name")["mean"]


def _leading(exchange: Exchange, many: Many, single: pd.DataFrame, outcome: str) -> dict[str, str]:
    """By driver, the input with a value that matters most."""
    sizes = _sizes(many, single, outcome)
    found = {}
    for driver, columns in exchange.drivers.items():
        inside = [driver] if exchange.explainer.is_rhythm else [
            name for name, own in exchange.inputs.items() if own[0] in columns and name != PLAYED
        ]  # fmt: skip
        if inside:
            found[driver] = max(inside, key=lambda name: sizes.get(name, 0.0))
    return found


def _to_move(leading: Mapping[str, str], single: pd.DataFrame, outcome: str) -> list[str]:
    """Inputs that are moved: that of each driver that leads it, then those that matter most."""
    usual = single[single["measure"] == MEASURES[outcome][0]].sort_values("mean", ascending=False, kind="stable")
    lead = [name for name in usual["name"] if name in set(leading.values())]
    return list(dict.fromkeys([*lead, *usual["name"]]))[:_INPUTS_MOVED]


def _values(exchange: Exchange) -> pd.DataFrame:
    """Values of inputs: numbers as they are, the segment and the country by name."""
    rows, found = exchange.rows, {}
    names = exchange.explainer.predictor.segments.names
    for name, columns in exchange.inputs.items():
        if name in STANDING:
            found[name] = pd.Series(names, dtype="str").take(rows[list(columns)].to_numpy().argmax(axis=1)).to_numpy()
        elif name != PLAYED:
            own = rows[columns[0]]
            is_number = pd.api.types.is_numeric_dtype(own)
            found[name] = own.to_numpy("float64") if is_number else own.fillna("unknown").astype(str).to_numpy()
    return pd.DataFrame(found)


def _alike(exchange: Exchange) -> list[str]:
    """Drivers that are the same for all customers of one date, so that shuffling them changes nothing."""
    return [
        driver for driver, columns in exchange.drivers.items()
        if all(exchange.rows[column].nunique(dropna=False) < 2 for column in columns)  # noqa: PLR2004
    ]  # fmt: skip


def _rhythm_opened(explainer: Explainer, exchange: Exchange, rows: pd.DataFrame) -> pd.DataFrame:
    """How much each part of own rhythm adds to its chance, where it is one driver among others."""
    if explainer.is_rhythm or RHYTHM not in exchange.drivers:
        return pd.DataFrame({"name": pd.Series(dtype="str"), "size": pd.Series(dtype="float64")})
    opened = explainer.open_rhythm(rows.iloc[:_MOST_MOVED])
    return pd.DataFrame({"name": list(opened.columns), "size": abs(opened.parts[:, :, 0]).mean(axis=0)})


def _errors(many: Many) -> pd.DataFrame:
    if many.error is None:
        return pd.DataFrame({"name": pd.Series(dtype="str"), "output": pd.Series(dtype="str"), "error": []})
    return pd.DataFrame(
        [
            {"name": name, "output": output, "error": float(many.error[row, column])}
            for row, name in enumerate(many.drivers.columns)
            for column, output in enumerate(many.outputs)
        ]
    )
