"""The parts of the Drivers page: loss when shuffled, contributions, both compared, and a table."""

from datetime import date
from typing import Final

import pandas as pd
import streamlit as st

from core.charts.explanations import driver_importance as importance_charts
from core.charts.explanations import shap_summary as charts
from core.charts.explanations.value_units import added_words
from core.explain.drivers import DRIVERS
from core.explain.input_names import input_label
from core.explain.overall.agreement import both, costs, disagreements, inputs_of, sizes, understated
from core.explain.overall.correlation import ALIKE, across, within
from core.explain.overall.permutation_importance import MEASURES
from core.explain.overall.stored_drivers import Drivers
from core.models.judging.metrics import DEFINITIONS
from core.models.training.model_labels import FIGURES, label
from core.numbers import count, customers, day, many
from core.ui.caching import drawn
from core.ui.drivers import cached as cached_drivers
from core.ui.shared import frame, state
from core.ui.shared.view import View

_ALL: Final = "All segments"
_BARS, _SWARM = "Mean sizes", "Each customer"
_MOST_ALIKE: Final = 4  # pairs of drivers named in a sentence
SCALES: Final = {
    "log-odds": "Figures are in log-odds: +0.7 doubles the odds, which near 50% is 16 percentage points.",
    "probability": "Figures are in probability: 0.1 is 10 points.",
    "money": "Figures are in the shop's currency.",
}


def measure_of(found: Drivers) -> str:
    """Return the accuracy metric chosen in the link."""
    options = MEASURES[found.facts["outcome"]]
    return state.choice(state.FIGURE, options, options[0])[0]


def cost(found: Drivers, measure: str, view: View) -> None:
    """Draw the main chart: the loss of accuracy when each driver is shuffled."""
    table = _labelled(costs(found, measure))
    repeats = int(table["repeats"].max())
    _measure(found, measure)
    frame.chart(
        drawn.once(importance_charts.costs, table, measure, view.money),
        key="drivers_costs",
        title="Loss of accuracy without each driver",
        alt="Loss of the chosen metric when each driver is shuffled, with error bars",
        note=f"Permutation importance, {many(repeats, 'shuffle')} each. All inputs of a driver are shuffled "
        "together. Lines: 95% interval of the mean over shuffles, for these customers only. Pale: could be chance.",
        data=table,
    )
    for line in _beside(found, measure, view):
        st.caption(frame.escape_markdown(line))


def summary(found: Drivers, folder: str, view: View) -> str:
    """Draw the drivers' effects as bars or swarms; return the chosen output, "" for all."""
    left, right = st.columns([1, 1], vertical_alignment="bottom")
    with left:
        chosen = frame.select(
            st.segmented_control, "What drivers add", state.SUMMARY, [_BARS, _SWARM], _BARS, required=True,
            help="Average sizes, or one dot per customer.",
        )  # fmt: skip
    with right:
        output = _output(found, everything=chosen == _BARS)
    about = f"SHAP, of {customers(found.facts['explained'])}. {SCALES[found.facts['scale']]} {_exactness(found, view)}"
    if chosen == _BARS:
        frame.chart(
            drawn.once(charts.bars, _bars(found, output), found.facts["scale"], view.money),
            key="drivers_sizes",
            title="Average effect of each driver",
            alt="Mean absolute contribution of each driver",
            note=f"Mean size of contributions, regardless of direction. {about}",
            data=_bars(found, output),
        )
    else:
        dots = cached_drivers.dots(folder, output)
        frame.chart(
            drawn.once(charts.swarm, dots, found.facts["scale"], view.money),
            key="drivers_swarm",
            title="Effect of each driver on each customer" + (f", {output}" if _several(found) else ""),
            alt="Contribution of each driver, one dot per customer, coloured by its leading input",
            note="Right of the line, a driver raises the prediction; left, it lowers it. Customers beyond the "
            f"edge are drawn on it. Colour: the driver's leading input. {about}",
            data=dots[["label", "added", "input", "value"]],
        )
    if said := _alike_in_words(found, view):
        st.caption(frame.escape_markdown(said))
    return output


def agreement(found: Drivers, measure: str) -> None:
    """Compare both methods and list the disagreements."""
    table = both(found, measure)
    frame.chart(
        drawn.once(importance_charts.both, table),
        key="drivers_both",
        title="Importance by two methods",
        alt="Each driver's share of contributions and of the loss when shuffled",
        note="Orange: share of contributions (SHAP). Blue: share of the loss when shuffled. A driver with large "
        "contributions but no loss is redundant, or misleads as often as it helps.",
        data=table,
    )
    said = disagreements(table, found.correlations)
    if said:
        st.markdown("\n".join(f"- {frame.escape_markdown(line)}" for line in said))
    else:
        st.caption(
            "Both methods rank the drivers that matter in much the same order: none differs by three places or more."
        )


def table(found: Drivers, measure: str) -> None:
    """Draw a table of all drivers with both importances, definitions and advice."""
    st.subheader("All drivers", anchor=False)
    rows = both(found, measure)
    shown = rows.assign(
        about=[DRIVERS[name].about for name in rows["name"]],
        advice=[DRIVERS[name].advice for name in rows["name"]],
        actionable=[DRIVERS[name].actionable for name in rows["name"]],
        used=100 * rows["size_share"],
        missed=100 * rows["cost_share"],
        inputs=[", ".join(map(input_label, inputs_of(found).get(name, ()))) for name in rows["name"]],
    )
    column = st.column_config
    columns = {
        "label": column.TextColumn("Driver", pinned=True),
        "used": column.ProgressColumn(
            "Used", format="%.0f%%", min_value=0, max_value=100, help="Share of mean sizes of contributions (SHAP)."
        ),
        "size_rank": column.NumberColumn("Place", help="By what it adds.", width="small"),
        "missed": column.ProgressColumn(
            "Missed", format="%.0f%%", min_value=0, max_value=100, help="Share of the loss when drivers are shuffled."
        ),
        "cost_rank": column.NumberColumn("Place ", help="By the loss when shuffled.", width="small"),
        "mean": column.NumberColumn(f"{FIGURES[measure]} lost", format="%.4f", help=DEFINITIONS[measure]),
        "margin": column.NumberColumn(
            "±", format="%.4f", help="Half the width of the 95% interval of the mean over shuffles."
        ),
        "actionable": column.CheckboxColumn("Actionable", help="Whether you can influence it."),
        "advice": column.TextColumn("What to do", width="large"),
        "about": column.TextColumn("What it is", width="large"),
        "inputs": column.TextColumn("Inputs", width="large"),
    }
    st.dataframe(
        shown, hide_index=True, key="drivers_table", alt="All drivers", column_config=columns,
        column_order=list(columns),
    )  # fmt: skip


def how(found: Drivers, view: View) -> None:
    """Show the data and methods behind the drivers."""
    facts, own = found.facts, found.correlations
    at, model = day(date.fromisoformat(facts["at"])), label(facts["model"]["name"])
    if facts["is_twin"] and facts["model"]["id"]:
        whom = (
            f"{model} was trained on data up to {day(date.fromisoformat(facts['model']['as_of']))}, so a copy with "
            f"the same settings was trained on data up to {at} and tested on the {facts['horizon']} days after."
        )
    elif facts["model"]["id"]:
        whom = f"{model} was tested on the {facts['horizon']} days after {at}, which followed its training."
    else:
        whom = f"{model} was fitted on data up to {at} and tested on the {facts['horizon']} days after."
    some = f"{count(facts['judged'])} of {customers(facts['known'])} known then, chosen at random"
    lines = [
        whom,
        f"Drivers were shuffled among {some if facts['judged'] < facts['known'] else customers(facts['known'])}.",
        f"Contributions are of {customers(facts['explained'])} of them.",
        f"{_exactness(found, view)} {SCALES[facts['scale']]}",
        *_grouped(own),
    ]
    with st.expander("Method", icon=":material/history_edu:"):
        st.markdown("\n".join(f"- {frame.escape_markdown(line)}" for line in lines))


def _grouped(pairs: pd.DataFrame) -> list[str]:
    """Explain why inputs are grouped, and list drivers that are still correlated."""
    inside, beside = within(pairs), across(pairs)
    said = []
    if len(inside):
        first = inside.iloc[0]
        said.append(
            "Inputs are grouped into drivers because many carry the same information: rank correlations reach "
            f"{inside['rho'].abs().max():.2f} within a driver, such as “{input_label(first['a'])}” and "
            f"“{input_label(first['b'])}”. If only one were shuffled, the model could still read the answer from "
            "another."
        )
    close = beside[beside["rho"].abs() > ALIKE]
    if len(close):
        named = "; ".join(
            f"{DRIVERS[row['driver_a']].label} and {DRIVERS[row['driver_b']].label.lower()} ({row['rho']:.2f})"
            for row in close.head(_MOST_ALIKE).to_dict("records")
        )
        said.append(
            f"Caution: {many(len(close), 'pair')} of drivers still move together by more than {ALIKE}: {named}. "
            "Part of one's effect may belong to the other."
        )
    return [line.replace("(-", "(−") for line in said]


def _beside(found: Drivers, measure: str, view: View) -> list[str]:
    """Describe the importance of single inputs, and the inputs of own rhythm."""
    said = []
    if less := understated(found, measure):
        name, whole, dearest, inside = less
        said.append(
            f"Shuffled one at a time, the {count(inside)} inputs of “{DRIVERS[name].label}” seem to matter less: "
            f"the largest loss is {_loss(measure, dearest, view)}, against {_loss(measure, whole, view)} for all "
            "at once."
        )
    if len(found.rhythm):
        parts = found.rhythm.sort_values("size", ascending=False)
        shares = parts["size"] / parts["size"].sum()
        listed = ", ".join(
            f"{DRIVERS[name].label.lower()} {100 * part:.0f}%" for name, part in zip(parts["name"], shares, strict=True)
        )
        said.append(f"Own buying rhythm itself comes from {listed} (of what moves its chance to buy, in log-odds).")
    return said


def _loss(measure: str, value: float, view: View) -> str:
    return view.money.short(value) if measure == "mae" else f"{value + 0.0:.4f}".replace("-", "−")


def _measure(found: Drivers, measure: str) -> None:
    key, on_change = state.widget(state.FIGURE, measure)
    st.selectbox(
        "How much worse, by", MEASURES[found.facts["outcome"]], format_func=FIGURES.__getitem__, key=key,
        on_change=on_change, help="The metric to compare before and after shuffling. " + DEFINITIONS[measure],
    )  # fmt: skip


def _several(found: Drivers) -> bool:
    return len(found.facts["outputs"]) > 1


def _output(found: Drivers, *, everything: bool) -> str:
    """Draw the segment picker; return "" for all segments."""
    outputs = found.facts["outputs"]
    if not _several(found):
        return str(outputs[0])
    options = [_ALL, *outputs] if everything else outputs
    chosen = frame.select(
        st.selectbox, "Next segment", state.OF, options, options[0], warning="",
        help="What raises or lowers the chance of each segment, compared with the average one.",
    )  # fmt: skip
    return "" if chosen == _ALL else chosen


def _bars(found: Drivers, output: str) -> pd.DataFrame:
    if output:
        return _labelled(sizes(found, output))
    parts = [sizes(found, name).assign(output=name) for name in found.facts["outputs"]]
    order = sizes(found)["name"].tolist()
    rows = pd.concat(parts, ignore_index=True)
    rows = rows.assign(size=rows["size"] / len(parts))  # so that stacked bars add up to the mean
    return _labelled(rows.sort_values("name", key=lambda names: names.map(order.index), kind="stable"))


def _labelled(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(label=[DRIVERS[name].label for name in table["name"]]).reset_index(drop=True)


def _exactness(found: Drivers, view: View) -> str:
    facts = found.facts
    if not facts["orders"]:
        return "Contributions are exact: added to the average, they give the prediction."
    error = float(found.errors["error"].mean())
    sized = {"money": view.money.short(error), "probability": f"{100 * error:.1f} points"}.get(
        facts["scale"], f"{error:.2f}"
    )
    return (
        f"Contributions can't be computed exactly for this model, so they are sampled: {count(facts['orders'])} "
        f"driver orderings per customer, with a mean standard error of {sized} per contribution."
    )


def _alike_in_words(found: Drivers, view: View) -> str:
    """List the drivers that are equal for all customers and so excluded, with their average effect."""
    facts, said = found.facts, []
    for name in facts["alike"]:
        if name not in found.by_driver:
            continue
        added = float(found.by_driver[name].mean())
        sign = "−" if added < 0 else "+"
        told = added and not _several(found)
        of_all = f" ({sign}{added_words(abs(added), facts['scale'], view.money)})" if told else ""
        said.append(f"{DRIVERS[name].label}{of_all}")
    if not said:
        return ""
    return (
        f"Excluded: {', '.join(said)}. It is the same for all customers on a date, so it doesn't "
        "distinguish between them."
    )
