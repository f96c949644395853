"""The search for a model's drivers on customers whose outcome it hasn't seen."""

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

_MOST_MOVED: Final = 300  # customers for partial dependence


@dataclass(frozen=True, kw_only=True)
class Effort:
    """Computing effort for a model.

    Parameters
    ----------
    judged : int
        Customers among whom drivers are shuffled.
    repeats : int
        Shuffles of each driver.
    input_repeats : int
        Shuffles of each single input.
    """

    judged: int
    repeats: int
    input_repeats: int

    @classmethod
    def of(cls, predictor: Predictor) -> Self:
        """Return the effort for a model: less for slow ones, which are trained on samples too."""
        if any(member.candidate.most_rows for member in predictor.members):
            return cls(judged=1_000, repeats=6, input_repeats=3)
        return cls(judged=3_000, repeats=10, input_repeats=5)


def drivers_of(unseen: HeldOut, outcome: str, model: Mapping[str, Any], *, seed: int, progress: Progress) -> Drivers:
    """Find the drivers of a model on customers whose outcome it hasn't seen.

    Parameters
    ----------
    unseen : HeldOut
        The model and the customers.
    outcome : str
        One of its outcomes.
    model : mapping
        Facts about the model; see `Drivers.facts`.
    seed : int
        Random state.
    progress : callable
        Called with the share done and the current step; may raise to stop.
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
    progress(0.9, "Varying one input at a time")
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
    """Return facts about the customers and the drivers exchanged among them."""
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
    """Return the importance of each input: its contributions if known, else the cost of shuffling it alone."""
    if many.inputs is not None:
        size = abs(many.inputs.parts).mean(axis=(0, 2))
        return pd.Series(size, index=list(many.inputs.columns))
    usual = single[single["measure"] == MEASURES[outcome][0]]
    return usual.set_index("name")["mean"]


def _leading(exchange: Exchange, size: pd.Series) -> dict[str, str]:
    """Return the most important input with a value, by driver."""
    found = {}
    for driver, inside in exchange.opened.items():
        valued = [name for name in inside if name != PLAYED]
        if valued:
            found[driver] = max(valued, key=lambda name: size.get(name, 0.0))
    return found


def _to_move(leading: Mapping[str, str], size: pd.Series) -> list[str]:
    """Return the inputs in the order of variation: leading ones of drivers, then the others, the largest first."""
    ordered = size.sort_values(ascending=False, kind="stable").index
    lead = [name for name in ordered if name in set(leading.values())]
    return [str(name) for name in dict.fromkeys([*lead, *ordered])]


def _values(exchange: Exchange) -> pd.DataFrame:
    """Return values of inputs: numbers unchanged, segment and country by name."""
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
    """Return drivers that are the same for all customers of a date, so that shuffling changes nothing."""
    return [
        driver for driver, columns in exchange.drivers.items()
        if all(exchange.rows[column].nunique(dropna=False) < 2 for column in columns)  # noqa: PLR2004
    ]  # fmt: skip


def _rhythm_opened(explainer: Explainer, exchange: Exchange, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the size of each part's contributions to own rhythm's chance, if own rhythm is one of several drivers."""
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
