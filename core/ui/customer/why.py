"""The reasons for a customer's prediction: sentences, a waterfall, a sum and a force plot."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
import streamlit as st

from core.charts.explanations import waterfall as charts
from core.charts.predictions.chance_bars import likelihood
from core.charts.theme import escape
from core.explain.attribution.explainer import LOG_ODDS, MONEY, PROBABILITY
from core.explain.customer.steps import Steps, pooled
from core.explain.drivers import DRIVERS
from core.explain.words.reason_sentences import Reason
from core.models.judging.predictions import NEXT_SEGMENT, SPEND, WILL_BUY
from core.models.training.model_labels import OUTCOMES
from core.numbers import day, many
from core.ui.caching import drawn
from core.ui.customer import cached as cached_customer
from core.ui.customer.force_plot import Force, force_plot
from core.ui.customer.view import Looked, sent_back
from core.ui.shared import frame, state
from core.ui.shared.frame import escape_markdown

MOST: Final = 9
"""Number of drivers drawn separately; the rest are combined into one bar."""

_LEAST: Final = 0.02
"""Share of the largest contribution below which drivers are combined into one bar."""

REASONS: Final = 3


@dataclass(frozen=True, kw_only=True)
class Question:
    """The explanation in view.

    Parameters
    ----------
    outcome : str
        One of `core.models.learners.predictor.OUTCOME_NAMES`.
    output : int
        Index among the explained outputs: the segment's index, else 0.
    segment : str
        Name of the segment; empty for other outcomes.
    """

    outcome: str
    output: int = 0
    segment: str = ""

    @property
    def chances(self) -> bool:
        """Return whether the log-odds belong to a binary outcome."""
        return self.outcome == WILL_BUY

    def axis(self, scale: str, horizon: int) -> str:
        """Return the axis title of a waterfall."""
        if self.outcome == SPEND:
            return f"expected spend within {horizon} days"
        what = "chance to buy" if self.outcome == WILL_BUY else f"chance of {escape_letters(self.segment)}"
        if scale == PROBABILITY:
            return what
        if self.chances:
            return f"{what} (bars are in log-odds)"
        return "log-odds relative to the average segment"


def escape_letters(text: str) -> str:
    """Escape a name for an axis title."""
    return escape(text, 40)


def ask(looked: Looked) -> Question:
    """Draw the choice of what to explain and return it."""
    outcomes = [name for name in OUTCOMES if name in looked.explaining.predictor.outcomes]
    chosen = frame.select(
        st.segmented_control, "What is explained", state.EXPLAINED, outcomes, outcomes[0], shown=OUTCOMES.__getitem__,
        label_visibility="collapsed",
    )  # fmt: skip
    if chosen != NEXT_SEGMENT:
        return Question(outcome=chosen)
    names = list(looked.explaining.predictor.segments.names)
    predicted = str(looked.row["segment_predicted"])
    segment = st.selectbox(
        "Segment explained", names, key=state.anew(f"customer_segment_{looked.customer_id}", predicted, names),
        help="The segment whose chance is explained. The default is the predicted one.",
    )  # fmt: skip
    return Question(outcome=chosen, output=names.index(segment), segment=segment)


def reasons(looked: Looked, question: Question) -> None:
    """Show the three main reasons, each marked as actionable or not."""
    as_listed = question.outcome == WILL_BUY and not is_imitated(looked)
    found = stored(looked.row) if as_listed else _live(looked, question)
    if not found:
        st.caption("No single driver sets this customer apart from the average.")
        return
    with st.container(border=True, key="customer_reasons"):
        st.markdown(f"**{_WHY[question.outcome].format(escape_markdown(question.segment))}**")
        if sent_back(looked):
            st.caption(
                ":material/undo: Most of the order value was returned. Check this before acting on the reasons below."
            )
        for one in found:
            reason(one)
        st.caption(escape_markdown(spoken_by(looked, question)))


_WHY: Final = {
    WILL_BUY: "Main reasons for the chance to buy",
    SPEND: "Main reasons for the expected spend",
    NEXT_SEGMENT: "Main reasons for {}",
}


def stored(row: Mapping[str, Any]) -> list[Reason]:
    """Return the reasons stored with a customer's scores, as shown in lists and exports."""
    places = [f"reason_{place}" for place in range(1, REASONS + 1)]
    return [
        Reason(
            driver=str(row[f"{name}_driver"]),
            effect=float(row[f"{name}_effect"]),
            sentence=str(row[name]),
            actionable=bool(row[f"{name}_actionable"]),
            toward=float(row[f"{name}_effect"]) > 0,
        )
        for name in places
        if isinstance(row.get(name), str)
    ]


def reason(one: Reason) -> None:
    """Show a reason with its direction, its driver, and whether the shop can act on it."""
    driver = DRIVERS[one.driver]
    badge = ":blue-badge[You can act on this]" if one.actionable else ":gray-badge[Can't be changed]"
    st.markdown(f"#### {mark(one)} {escape_markdown(one.sentence)}")
    st.markdown(
        f"{badge} :small[**{driver.label}**: {escape_markdown(driver.advice)}]", help=escape_markdown(driver.about)
    )  # fmt: skip


def mark(one: Reason) -> str:
    """Return the icon of a rise or a fall, in the waterfall's colours."""
    return ":blue[:material/arrow_upward:]" if one.toward else ":orange[:material/arrow_downward:]"


def _live(looked: Looked, question: Question) -> list[Reason]:
    view = looked.view
    return cached_customer.reasons(
        view.key, looked.folder, looked.customer_id, question.outcome, question.output, view.dataset.currency
    )  # fmt: skip


def spoken_by(looked: Looked, question: Question) -> str:
    """Return the sentence on the model, its date and how to read the arrows."""
    facts = looked.scores.totals
    trained = day(pd.Timestamp(facts["model"]["as_of"]))
    return (
        f"Model: {looked.model}, trained on orders before {trained}. The same model made these scores, as of "
        f"{day(looked.explaining.as_of)}. An up arrow raises {_WHAT[question.outcome]}, a down arrow lowers it, "
        f"compared with the average customer.{_imitated(looked, question)}"
    )


_WHAT: Final = {WILL_BUY: "the chance", SPEND: "the amount", NEXT_SEGMENT: "the chance of this segment"}


def is_imitated(looked: Looked) -> bool:
    """Return whether listed reasons come from surrogate trees, because the model itself would take hours."""
    return bool(looked.scores.totals["reasons"]["how"] == "imitated")


def _imitated(looked: Looked, question: Question) -> str:
    if question.outcome != WILL_BUY or not is_imitated(looked):
        return ""
    fit = looked.scores.totals["reasons"]["fit"]
    how_well = f" (R² {fit:.2f})" if fit is not None else ""
    return (
        " Reasons here come from the model itself; in lists and exports, where that would take hours, they come "
        f"from trees that imitate it{how_well}, and may differ."
    )


def waterfall(looked: Looked, question: Question, found: Steps) -> None:
    """Show how the prediction is composed."""
    figure = steps_chart(looked, question, pooled(found, MOST, least=_LEAST))
    frame.chart(
        figure,
        key="customer_waterfall",
        title=title(looked, question),
        alt="From the average customer to this one, driver by driver",
        note="Grey: the prediction for the average customer. Each bar is a driver, a group of related inputs. "
        f"Blue raises, orange lowers; they add up exactly. {_scale(found.scale, question)}",
        data=found.rows.drop(columns=["start"]),
    )
    if found.orders:
        st.caption(_sampled(found))


def steps_chart(looked: Looked, question: Question, found: Steps, *, within: charts.Range | None = None) -> Any:
    """Draw the waterfall of these steps; `within` fixes the range of its axis, to match another waterfall."""
    return drawn.once(
        charts.waterfall, found.rows, base=found.base, total=found.total, scale=found.scale, money=looked.view.money,
        axis=question.axis(found.scale, looked.horizon), chances=question.chances, within=within,
        said=ends_said(found, question),
    )  # fmt: skip


def ends_said(found: Steps, question: Question) -> tuple[str, str] | None:
    """Return both ends in log-odds and as chances, if the axis can't show both."""
    if found.scale != LOG_ODDS or question.chances or found.base_chance is None or found.total_chance is None:
        return None
    each = ((found.base, found.base_chance), (found.total, found.total_chance))
    first, last = (f"{charts.signed(value)}, a chance of {likelihood(chance)}" for value, chance in each)
    return first, last


def title(looked: Looked, question: Question) -> str:
    """Return the chart title for the explained outcome."""
    if question.outcome == WILL_BUY:
        return f"Breakdown of the chance to buy within {looked.horizon} days"
    if question.outcome == SPEND:
        return f"Breakdown of the expected spend within {looked.horizon} days"
    return f"Breakdown of the chance of {question.segment} in {looked.horizon} days"


def force(looked: Looked, question: Question, found: Steps) -> None:
    """Draw SHAP's force plot once its expander is open, since its scripts take half a megabyte."""
    box = st.expander(
        "Force plot", icon=":material/compress:", key="customer_force", on_change="rerun",
    )  # fmt: skip
    if not box.open:
        return
    with box:
        yes_or_no = question.chances and found.scale == LOG_ODDS
        unit = {MONEY: looked.view.money.symbol or "amount", PROBABILITY: "probability"}.get(found.scale, "log-odds")
        unit = "probability" if yes_or_no else unit
        force_plot(
            Force(
                base=found.base,
                contributions=found.rows["contribution"].tolist(),
                names=found.rows["label"].tolist(),
                values=found.rows["value"].tolist(),
                output=f"{question.segment or OUTCOMES[question.outcome]} ({unit})",
                log_odds=yes_or_no,
            )
        )
        st.caption(
            "SHAP’s force plot of the same drivers. "
            + ("Lengths are log-odds; the axis shows probabilities (0.50 is 50%)." if yes_or_no
               else f"The axis shows {'amounts' if found.scale == MONEY else unit}.")
        )  # fmt: skip


def _scale(scale: str, question: Question) -> str:
    if scale == MONEY:
        return "Amounts are in the shop’s currency."
    if scale == PROBABILITY:
        return "Bars are in percentage points."
    if question.chances:
        return (
            "Bars are in log-odds, where contributions add up; the axis shows the matching probabilities. The "
            "average is also taken in log-odds, so it is lower than the mean probability when many are close to "
            "zero."
        )
    return "Bars are in log-odds of this segment relative to the average one, where contributions add up."


def _sampled(found: Steps) -> str:
    return (
        f"These contributions are estimates, sampled over {many(found.orders, 'ordering')} of the drivers. Grey "
        "lines: one standard error. The sum is still exact."
    )
