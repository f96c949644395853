"""What drives a model on customers whose outcome it has not seen, put together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import pandas as pd

from core.explain.attribution.explainer import Explainer
from core.explain.drivers import RHYTHM
from core.explain.explained_outlook import BACKGROUND
from core.explain.input_names import PLAYED, STANDING
from core.explain.overall.correlation import correlations
from core.explain.overall.exchange import Exchange
from core.explain.overall.held_out import HeldOut
from core.explain.overall.many_customers import Many, explain_many
from core.explain.overall.partial_dependence import partial
from core.explain.overall.permutation_importance import MEASURES, happened_to, importance
from core.explain.overall.stored_drivers import Drivers, as_table, finite
from core.models.learners.predictor import Predictor
from core.progress import Progress, part

_MOST_MOVED: Final = 300  # customers for whom inputs are moved


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


def drivers_of(unseen: HeldOut, outcome: str, model: Mapping[str, Any], *, seed: int, progress: Progress) -> Drivers:
    """Find what drives a model on customers whose outcome it has not seen.

    Parameters
    ----------
    unseen : HeldOut
        The model and the customers.
    outcome : str
        One of its outcomes.
    model : mapping
        What is told of the model; see `Drivers.facts`.
    seed : int
        Random state.
    progress : callable
        Called with the share done and what is done; may raise to stop.
    """
    effort = Effort.of(unseen.predictor)
    count = min(len(unseen.rows), effort.judged)
    rows = unseen.rows.sample(count, random_state=seed).reset_index(drop=True)
    explainer = Explainer.of(unseen.predictor, outcome, rows.iloc[:BACKGROUND])
    exchange = Exchange.of(explainer, rows)
    happened = happened_to(exchange, rows)
    telling = [part(progress, start, width) for start, width in ((0.0, 0.2), (0.2, 0.3), (0.5, 0.4))]
    whole = importance(exchange, happened, exchange.drivers, repeats=effort.repeats, seed=seed, progress=telling[0])
    single = whole
    if not explainer.is_rhythm:
        single = importance(
            exchange, happened, exchange.inputs, repeats=effort.input_repeats, seed=seed, progress=telling[1]
        )
    many = explain_many(explainer, rows, seed=seed, progress=telling[2])
    size = _sizes(many, single.table, outcome)
    leading = _leading(exchange, size)
    progress(0.9, "Moving one input at a time")
    moved = Exchange.of(explainer, rows.iloc[:_MOST_MOVED])
    shapes = partial(moved, _to_move(leading, size), many.outputs)
    values = _values(exchange)
    told = {"model": dict(model), "figures": finite(whole.figures), "leading": leading}
    return Drivers(
        facts={**told, **_of_whom(unseen, exchange), **_of_contributions(many)},
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


def _of_whom(unseen: HeldOut, exchange: Exchange) -> dict[str, Any]:
    """Facts about the customers, and what was exchanged among them."""
    explainer = exchange.explainer
    return {
        "outcome": explainer.outcome,
        "horizon": unseen.predictor.horizon,
        "at": unseen.at.isoformat(),
        "is_twin": unseen.is_twin,
        "of": unseen.of,
        "known": len(unseen.rows),
        "judged": len(exchange.rows),
        "opens": exchange.opened,
        "alike": _alike(exchange),
        "only_rhythm": explainer.is_rhythm,
    }


def _of_contributions(many: Many) -> dict[str, Any]:
    return {
        "explained": many.customers,
        "orders": many.orders,
        "scale": many.scale,
        "outputs": list(many.outputs),
    }


def _sizes(many: Many, single: pd.DataFrame, outcome: str) -> pd.Series:
    """How much each input matters: by what it adds where that is known, else by what shuffling it alone costs."""
    if many.inputs is not None:
        size = abs(many.inputs.parts).mean(axis=(0, 2))
        return pd.Series(size, index=list(many.inputs.columns))
    usual = single[single["measure"] == MEASURES[outcome][0]]
    return usual.set_index("name")["mean"]


def _leading(exchange: Exchange, size: pd.Series) -> dict[str, str]:
    """By driver, the input with a value that matters most."""
    found = {}
    for driver, inside in exchange.opened.items():
        valued = [name for name in inside if name != PLAYED]
        if valued:
            found[driver] = max(valued, key=lambda name: size.get(name, 0.0))
    return found


def _to_move(leading: Mapping[str, str], size: pd.Series) -> list[str]:
    """Inputs in the order in which they are moved: those that lead a driver, then the others, the largest first."""
    ordered = size.sort_values(ascending=False, kind="stable").index
    lead = [name for name in ordered if name in set(leading.values())]
    return [str(name) for name in dict.fromkeys([*lead, *ordered])]


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
