"""Tabs of the training page: ranking, calibration, gain, amounts, class imbalance, dates and errors."""

from collections.abc import Sequence
from typing import Any, Final

import pandas as pd
import streamlit as st

from core.charts.predictions import evaluation_curves as charts
from core.models.judging.leaderboard import MAIN
from core.models.judging.metrics import DEFINITIONS
from core.models.judging.predictions import NEXT_SEGMENT, SPEND, WILL_BUY
from core.models.training.model_labels import label
from core.numbers import Money, day
from core.ui.caching import drawn, trainings
from core.ui.shared import frame, state
from core.ui.train import balancing as train_balancing
from core.ui.train.balancing import confusion, figure_columns
from core.ui.train.view import Asked

RANKING, TRUE, GAIN, AMOUNTS, RARE, DATES, MISTAKES = (
    "Ranking", "Calibration", "Gain and lift", "Amounts", "Class imbalance", "Each date", "Mistakes",
)  # fmt: skip
TABS: Final[dict[str, tuple[str, ...]]] = {
    WILL_BUY: (RANKING, TRUE, GAIN, RARE, DATES),
    SPEND: (GAIN, AMOUNTS, DATES),
    NEXT_SEGMENT: (MISTAKES, RARE, DATES),
}
"""Tabs for each outcome."""

MOST_LINES: Final = 5
_ALL_DATES: Final = "All dates"
_RENAMED: Final = {"Rare answers": "Class imbalance"}
"""Tab names in older links and their current names."""


def show(folder: str, asked: Asked, board: pd.DataFrame, names: Sequence[str], money: Money) -> None:
    """Draw the pickers of tab, models and date, and the chosen tab.

    Parameters
    ----------
    folder : str
        Folder of the run.
    asked : Asked
        The settings; the outcome decides which tabs there are.
    board : DataFrame
        From `core.models.judging.leaderboard.leaderboard`.
    names : sequence of str
        Segments, best first.
    money : Money
        The shop's currency.
    """
    tab = _tab(TABS[asked.outcome])
    if tab == RARE:
        train_balancing.show(folder, asked, board, names)
        return
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    with left:
        models = _models(board)
    with right:
        cutoff = "" if tab == DATES else _cutoff(trainings.dates(folder, asked.outcome))
    match tab:
        case "Ranking":
            _ranking(folder, board, models, cutoff)
        case "Calibration":
            _calibration(folder, board, models, cutoff)
        case "Gain and lift":
            _gain(folder, asked, models, cutoff)
        case "Amounts":
            _amounts(folder, models, cutoff, money)
        case "Mistakes":
            _mistakes(folder, models, cutoff, names)
        case _:
            _dates(folder, asked, models)


def _tab(tabs: Sequence[str]) -> str:
    if (named := _RENAMED.get(state.text(state.SHOWN))) is not None:
        state.put(state.SHOWN, named)
    return frame.select(
        st.segmented_control,
        "Show",
        state.SHOWN,
        tabs,
        tabs[0],
        warning="",
        label_visibility="collapsed",
        required=True,
    )


def _models(board: pd.DataFrame) -> list[str]:
    """Draw the model picker; by default the winner, the best baseline and the runners-up."""
    known = board["model"].tolist()
    asked = [name for name in state.text(state.LINES).split(",") if name in known][:MOST_LINES]
    first = known[:1] + board.loc[board["reference"], "model"].tolist() + (["recency"] if "recency" in known else [])
    usual = list(dict.fromkeys([*first, *board.loc[~board["baseline"], "model"]]))[:4]
    key = f"{state.LINES}_widget"
    st.session_state[key] = asked or [name for name in known if name in usual]

    def take() -> None:
        state.put(state.LINES, ",".join(st.session_state[key]))

    chosen: list[str] = st.multiselect(
        "Models shown", known, format_func=label, key=key, on_change=take, max_selections=MOST_LINES,
        help=f"At most {MOST_LINES}, to keep the chart readable. Intervals are shown for the first.",
    )  # fmt: skip
    return chosen or known[:1]


def _cutoff(dates: Sequence[str]) -> str:
    if len(dates) < 2:  # noqa: PLR2004  nothing to choose
        return ""
    return frame.select(
        st.selectbox, "Predicted from", state.CUTOFF, ["", *dates], "", warning="",
        shown=lambda at: day(pd.Timestamp(at)) if at else _ALL_DATES,
        help="Past dates for which models made predictions, later compared with what happened.",
    )  # fmt: skip


def _areas(folder: str, outcome: str, figure: str, cutoff: str, board: pd.DataFrame) -> dict[str, float]:
    """Return a metric of each model at a date, or its mean over dates if none is chosen."""
    found = board
    if cutoff:
        each = trainings.each_date(folder, outcome)
        found = each[each["cutoff"] == pd.Timestamp(cutoff)]
    return dict(zip(found["model"], found[figure], strict=True))


def _drawn(curve: pd.DataFrame, models: Sequence[str]) -> pd.DataFrame:
    return curve[curve["model"].isin(models)]


def _ranking(folder: str, board: pd.DataFrame, models: Sequence[str], cutoff: str) -> None:
    roc = trainings.curve(folder, "roc", WILL_BUY, cutoff)
    picked = trainings.curve(folder, "precision_recall", WILL_BUY, cutoff)
    if _drawn(roc, models).empty:
        st.info("All customers had the same outcome, so there is nothing to rank.", icon=":material/search_off:")
        return
    base = float(picked.groupby("model")["precision"].last().median())
    left, right = st.columns(2)
    with left:
        frame.chart(
            drawn.once(charts.roc, roc, models, _areas(folder, WILL_BUY, "auc", cutoff, board)),
            key="train_roc",
            title="Buyers found vs false positives",
            alt="ROC curve of each chosen model",
            note=f"ROC curve, with the AUC beside each name. {DEFINITIONS['auc']} Averaged over dates.",
            data=_drawn(roc, models),
        )
    with right:
        frame.chart(
            drawn.once(
                charts.precision_recall,
                picked,
                models,
                _areas(folder, WILL_BUY, "average_precision", cutoff, board),
                base,
            ),
            key="train_precision",
            title="Share of targeted customers who buy",
            alt="Precision and recall of each chosen model",
            note=f"Precision-recall curve, with average precision beside each name. {DEFINITIONS['average_precision']}",
            data=_drawn(picked, models),
        )


def _calibration(folder: str, board: pd.DataFrame, models: Sequence[str], cutoff: str) -> None:
    bins = trainings.curve(folder, "reliability", WILL_BUY, cutoff)
    frame.chart(
        drawn.once(charts.reliability, bins, models, _areas(folder, WILL_BUY, "ece", cutoff, board)),
        key="train_reliability",
        title="Predicted vs actual share of buyers",
        alt="Mean probability against the share that bought, of each chosen model",
        note="Reliability curve: each point is a tenth of the customers. On the diagonal, predictions match "
        f"reality. Bars:  95% interval (Wilson). {DEFINITIONS['ece']}",
        data=_drawn(bins, models),
    )


def _gain(folder: str, asked: Asked, models: Sequence[str], cutoff: str) -> None:
    spend = asked.outcome == SPEND
    curve = trainings.curve(folder, "gain", asked.outcome, cutoff)
    if curve.empty:
        st.info("No customers bought, so there is nothing to find.", icon=":material/search_off:")
        return
    left, right = st.columns(2)
    with left:
        frame.chart(
            drawn.once(charts.gain, curve, models, spend=spend),
            key="train_gain",
            title="Spend of top-ranked customers" if spend else "Buyers among top-ranked customers",
            alt="Cumulative gain of each chosen model",
            note="Contact this share of your customers, highest predicted first, to reach this share of "
            f"{'spend' if spend else 'buyers'}.",
            data=_drawn(curve, models),
        )
    with right:
        frame.chart(
            drawn.once(charts.lift, curve, models),
            key="train_lift",
            title="Lift over random targeting",
            alt="Lift of each chosen model",
            note="Lift: result of targeting this share of customers, divided by the result of random targeting.",
            data=_drawn(curve, models),
        )


def _amounts(folder: str, models: Sequence[str], cutoff: str, money: Money) -> None:
    bins = trainings.curve(folder, "amounts", SPEND, cutoff)
    for model, place in zip(models[:2], st.columns(len(models[:2])), strict=True):
        with place:
            frame.chart(
                drawn.once(charts.amounts, bins, [model], money),
                key=f"train_amounts_{model}",
                title=f"{label(model)}: predicted vs actual spend",
                alt=f"Mean predicted and actual spend of each tenth of customers, {label(model)}",
                note="Ten equal groups of customers, highest predicted first. Where the bars match, "
                "amounts add up to a reliable forecast.",
                data=_drawn(bins, [model]),
            )


def _mistakes(folder: str, models: Sequence[str], cutoff: str, names: Sequence[str]) -> None:
    """Draw the confusion matrices of up to two models and the report by segment."""
    cells = trainings.curve(folder, "confusion", NEXT_SEGMENT, cutoff)
    known = [*(name for name in names if name in set(cells["segment_next"]))]
    known += sorted(set(cells["segment_next"]) - set(known))
    for model, place in zip(models[:2], st.columns(len(models[:2])), strict=True):
        with place:
            confusion(cells, model, known, key="train_confusion")
    report = trainings.curve(folder, "per_class", NEXT_SEGMENT, cutoff)
    shown = _drawn(report, models).assign(model=lambda rows: rows["model"].map(label))
    st.dataframe(
        shown, hide_index=True, alt="Precision, recall and F1 of each segment", key="train_report",
        column_order=["model", "segment", "support", "said", "precision", "recall", "f1"],
        column_config={
            "model": st.column_config.TextColumn("Model", width="medium"),
            "segment": st.column_config.TextColumn("Segment", width="medium"),
            "support": st.column_config.NumberColumn("Actual customers", format="localized"),
            "said": st.column_config.NumberColumn("Predicted customers", format="localized"),
            "precision": _share_column("Precision", "Share of customers predicted in the segment who were in it"),
            "recall": _share_column("Recall", "Share of customers in the segment who were predicted in it"),
            "f1": _share_column("F1", "Harmonic mean of precision and recall"),
        },
    )  # fmt: skip


def _dates(folder: str, asked: Asked, models: Sequence[str]) -> None:
    """Draw the metrics of the chosen models at each date."""
    each = trainings.each_date(folder, asked.outcome)
    figures = [str(name) for name in each if name not in ("cutoff", "model", "customers")]
    shown = each[each["model"].isin(models)].assign(model=lambda rows: rows["model"].map(label))
    st.dataframe(
        shown.sort_values(["cutoff", MAIN[asked.outcome]]), hide_index=True, key="train_dates",
        alt="Metrics of the chosen models at each date",
        column_config={
            "cutoff": st.column_config.DateColumn("Predicted from", format="D MMM YYYY"),
            "model": st.column_config.TextColumn("Model", width="medium"),
            "customers": st.column_config.NumberColumn("Customers", format="localized"),
            **figure_columns(figures),
        },
    )  # fmt: skip


def _share_column(name: str, about: str) -> Any:
    return st.column_config.NumberColumn(name, help=about, format="%.2f")
