"""Comparison of models with and without resampling: detection of rare classes against calibration."""

from collections.abc import Hashable, Sequence
from typing import Any, Final

import pandas as pd
import streamlit as st

from core.charts.predictions import confusion_matrix
from core.charts.predictions import evaluation_curves as charts
from core.models.judging.metrics import DEFINITIONS
from core.models.judging.predictions import NEXT_SEGMENT, WILL_BUY
from core.models.training.model_labels import FIGURES, cost_of_balancing, label
from core.ui.caching import drawn, trainings
from core.ui.shared import frame, state
from core.ui.train.view import Asked

_FIGURES: Final = {
    WILL_BUY: ("f1_macro", "recall_macro", "precision_macro", "ece", "brier", "auc"),
    NEXT_SEGMENT: ("f1_macro", "recall_macro", "precision_macro", "mcc", "accuracy"),
}
_BESIDE: Final = 2  # matrices per row


def show(folder: str, asked: Asked, board: pd.DataFrame, names: Sequence[str]) -> None:
    """Draw one model with and without resampling and a table of all, or explain how to get them.

    Parameters
    ----------
    folder : str
        Folder of the run.
    asked : Asked
        The settings; the outcome decides what is drawn.
    board : DataFrame
        From `core.models.judging.leaderboard.leaderboard`.
    names : sequence of str
        Segments, best first.
    """
    base = board["model"].str.partition("+")[0]
    several = list(dict.fromkeys(base[base.duplicated(keep=False)]))
    if not several:
        st.info(
            "Choose two options under *Class imbalance* in the sidebar, such as *None* and *SMOTE*, and train again to "
            "compare F1 and calibration of each model with and without resampling.",
            icon=":material/balance:",
        )
        return
    chosen = frame.select(
        st.pills, "Model", state.GROUP, several, several[0], warning="", shown=label, label_visibility="collapsed"
    )
    rows = board[base == chosen].sort_values("model").to_dict("records")
    _in_words(rows)
    if asked.outcome == WILL_BUY:
        _reliability(folder, board, [row["model"] for row in rows])
    else:
        _matrices(folder, [row["model"] for row in rows], names)
    _table(board[base.isin(several)], _FIGURES[asked.outcome])


def confusion(cells: pd.DataFrame, model: str, names: Sequence[str], *, key: str) -> None:
    """Draw a model's confusion matrix."""
    own = cells[cells["model"] == model]
    frame.chart(
        drawn.once(confusion_matrix.confusion, own, names),
        key=f"{key}_{model}",
        title=f"{label(model)}: actual (rows) vs predicted (columns)",
        alt=f"Customers by actual and predicted segment, {label(model)}",
        note="Confusion matrix: darker means a larger share of the row. Correct predictions are on the diagonal.",
        data=own,
    )


def figure_columns(figures: Sequence[str]) -> dict[str, Any]:
    """Return columns for metrics, each with its definition as a tooltip."""
    return {
        name: st.column_config.NumberColumn(
            FIGURES[name], help=DEFINITIONS[name], format="%.2f" if name in ("mae", "rmse") else "%.3f"
        )
        for name in figures
    }


def _in_words(rows: Sequence[dict[Hashable, Any]]) -> None:
    for row in rows[1:]:
        st.markdown(f"- {frame.escape_markdown(cost_of_balancing(rows[0], row))}")


def _reliability(folder: str, board: pd.DataFrame, variants: Sequence[str]) -> None:
    bins = trainings.curve(folder, "reliability", WILL_BUY, "")
    frame.chart(
        drawn.once(charts.reliability, bins, variants, dict(zip(board["model"], board["ece"], strict=True))),
        key="train_balanced",
        title="Calibration with and without resampling",
        alt="Reliability of one model trained with and without balancing",
        note="Below the diagonal, fewer buy than predicted: balanced classes make a model expect too many buyers.",
        data=bins[bins["model"].isin(variants)],
    )


def _matrices(folder: str, variants: Sequence[str], names: Sequence[str]) -> None:
    cells = trainings.curve(folder, "confusion", NEXT_SEGMENT, "")
    for start in range(0, len(variants), _BESIDE):
        for model, place in zip(variants[start : start + _BESIDE], st.columns(_BESIDE), strict=False):
            with place:
                confusion(cells, model, names, key="train_balanced")


def _table(board: pd.DataFrame, figures: Sequence[str]) -> None:
    st.dataframe(
        board.assign(model=board["model"].map(label)).sort_values("model"), hide_index=True, key="train_balancing",
        alt="Models with and without balancing, F1 beside calibration", column_order=["model", *figures],
        column_config={"model": st.column_config.TextColumn("Model", width="medium"), **figure_columns(figures)},
    )  # fmt: skip
