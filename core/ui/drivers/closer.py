"""Details of one input of a model: its contribution at each value, and its partial dependence."""

from typing import Final

import streamlit as st

from core.charts.explanations import dependence_charts as charts
from core.explain.drivers import DRIVERS
from core.explain.input_names import driver_of_input, input_label
from core.explain.overall.stored_drivers import OUTPUT, Drivers
from core.explain.overall.swarm import choices
from core.models.judging.predictions import SPEND, WILL_BUY
from core.numbers import customers, share
from core.ui.caching import drawn
from core.ui.drivers import cached as cached_drivers
from core.ui.drivers.parts import SCALES
from core.ui.shared import frame, state
from core.ui.shared.view import View

_SAID: Final = {WILL_BUY: "Chance to buy", SPEND: "Expected spend"}


def show(found: Drivers, folder: str, output: str, view: View) -> None:
    """Draw the input picker, the input's contributions and its partial dependence.

    Parameters
    ----------
    found : Drivers
        Stored drivers.
    folder : str
        Folder of the stored drivers.
    output : str
        Output shown; empty for all, in which case the first is used.
    view : View
        The dataset in view.
    """
    output = output or found.facts["outputs"][0]
    name = _input(found)
    left, right = st.columns(2)
    with left:
        _dependence(found, folder, name, output, view)
    with right:
        _moved(found, name, output, view)


def _input(found: Drivers) -> str:
    names = choices(found)
    drawn = [name for name in names if name in set(found.means["input"])]
    return frame.select(
        st.selectbox, "Look closely at", state.INPUT, names, (drawn or names)[0],
        shown=lambda name: _named(found, name),
        warning="The link asks for “{value}”, which this model doesn't use.",
        help="All inputs, the most important first, if the model's predictions are sums of their effects; otherwise "
        "the most important input of each driver.",
    )  # fmt: skip


def _named(found: Drivers, name: str) -> str:
    driver = name if found.facts["only_rhythm"] else driver_of_input(name)
    return f"{DRIVERS[driver].label}: {input_label(name)}"


def _dependence(found: Drivers, folder: str, name: str, output: str, view: View) -> None:
    closer = cached_drivers.closer(folder, name, output)
    several = len(found.facts["outputs"]) > 1
    partner = f", and by {input_label(closer.partner)}" if closer.partner else ""
    strength = (
        f"Colour: {input_label(closer.partner)}, which explains most of the remaining spread among inputs of other "
        f"drivers: {share(closer.strength)}."
        if closer.partner
        else "No other input explains the remaining spread better than chance."
    )
    whole = " Contributions are of the whole driver; this is its leading input." if closer.of_driver else ""
    frame.chart(
        drawn.once(charts.dependence, closer.points, name, closer.partner, found.facts["scale"], view.money),
        key="drivers_dependence",
        title=f"What is added, by {input_label(name)}{partner}" + (f", {output}" if several else ""),
        alt="Contribution by value, one dot per customer, coloured by the strongest interaction",
        note=f"SHAP dependence. {strength}{whole} {SCALES[found.facts['scale']]}",
        data=closer.points,
    )


def _moved(found: Drivers, name: str, output: str, view: View) -> None:
    means = found.means[(found.means["input"] == name) & (found.means[OUTPUT] == output)]
    lines = found.lines[(found.lines["input"] == name) & (found.lines[OUTPUT] == output)]
    if means.empty:
        st.info(
            "Partial dependence is computed for the most important numeric inputs; this isn't one of them.",
            icon=":material/info:",
        )
        return
    said = _SAID.get(found.facts["outcome"], f"Chance of {output}")
    number = lines["customer"].nunique()
    frame.chart(
        drawn.once(charts.moved, means, lines, name, said, view.money),
        key="drivers_moved",
        title=f"Prediction if only {input_label(name)} were different",
        alt="Partial dependence, and single customers",
        note=f"Partial dependence (blue) and individual conditional expectation of {customers(number)} (grey). "
        "Points: quantiles of the customers. Only this input changes; related inputs stay fixed, so trust the "
        "ends less than the middle.",
        data=means[["value", "mean"]],
    )
