"""Parts of the training page: winner, significance of its lead, all metrics and model inputs."""

from collections.abc import Hashable
from typing import Any, Final

import pandas as pd
import streamlit as st

from core.charts.predictions import lead_over_baseline as charts
from core.models.data.inputs import COUNTRY
from core.models.data.panel import INPUTS
from core.models.judging.leaderboard import LEADS, MAIN
from core.models.judging.metrics import DEFINITIONS
from core.models.judging.predictions import NEXT_SEGMENT, SPEND, WILL_BUY
from core.models.learners.candidates import CANDIDATES
from core.models.training.leakage import suspicious
from core.models.training.model_labels import ABOUT, FIGURES, also, label, lead, phrase
from core.numbers import count, many, share
from core.ui.caching import drawn, trainings
from core.ui.shared import frame
from core.ui.shared.frame import Figure
from core.ui.shared.view import View
from core.ui.train.balancing import figure_columns
from core.ui.train.view import Asked

Row = dict[Hashable, Any]

SHOWN: Final[dict[str, dict[str, str]]] = {
    WILL_BUY: {
        "brier": "Probability error (Brier)", "auc": "Ranking (AUC)", "average_precision": "Average precision",
        "ece": "Calibration error", "f1_macro": "Buy or not (F1)",
    },
    SPEND: {
        "gini": "Ranking by spend (Gini)", "capture_10": "Spend in top 10%", "capture_20": "Spend in top 20%",
        "predicted_over_actual": "Predicted / actual", "mae": "Error per customer",
    },
    NEXT_SEGMENT: {
        "f1_macro": "Macro F1", "mcc": "Agreement (MCC)", "accuracy": "Accuracy",
        "balanced_accuracy": "Balanced accuracy", "f1_weighted": "Weighted F1",
    },
}  # fmt: skip
"""Labels of the winner's metrics at the top of the page, the deciding one first."""

_WHY: Final = {
    WILL_BUY: "The winner has the lowest Brier score, which rewards both ranking buyers correctly and predicting "
    "how many there are.",
    SPEND: "The winner has the highest normalised Gini: what matters is ranking customers by spend.",
    NEXT_SEGMENT: "The winner has the highest MCC: agreement of predicted and actual segments beyond chance.",
}
_BESIDE: Final = {WILL_BUY: "recency", SPEND: "recency", NEXT_SEGMENT: "persistence"}
_DOUBTED: Final = {WILL_BUY: "auc", SPEND: "gini", NEXT_SEGMENT: "accuracy"}
_VERB: Final = {
    WILL_BUY: "is best at predicting who buys within {} days",
    SPEND: "is best at predicting spend within {} days",
    NEXT_SEGMENT: "is best at predicting customers' segments after {} days",
}


def sentence(folder: str, asked: Asked, board: pd.DataFrame) -> str:
    """Name the winner and its benefit at the latest date in one sentence."""
    winner = board["model"].iloc[0]
    worth = trainings.worth(folder, asked.outcome, winner, _beside(asked, board))
    who = phrase(winner)
    said = f"{who[:1].upper()}{who[1:]} {_VERB[asked.outcome].format(asked.horizon)}"
    return f"{said}. {worth}" if worth else f"{said}."


def figures(asked: Asked, board: pd.DataFrame, view: View) -> list[Figure]:
    """Return the winner's metrics, averaged over the dates."""
    row = board.to_dict("records")[0]
    of = f"{label(row['model'])}, average over {many(row['cutoffs'], 'past date')}."
    return [
        Figure(f"train_{name}", said, _written(name, row[name], view), f"{FIGURES[name]}. {DEFINITIONS[name]} {of}")
        for name, said in SHOWN[asked.outcome].items()
    ]


def verdict(asked: Asked, board: pd.DataFrame) -> None:
    """State whether the winner's lead over the best baseline is significant."""
    reference = board.loc[board["reference"], "model"].tolist()
    if not reference:
        st.info("No baseline predicts this, so the winner can't be compared.", icon=":material/info:")
        return
    learned = board[~board["baseline"]].to_dict("records")
    if board["reference"].iloc[0]:
        _nothing_beats(asked, reference[0], learned[:1])
        return
    row = learned[0]
    real = row[f"low_{MAIN[asked.outcome]}"] > 0
    say = st.success if real else st.info
    icon = ":material/verified:" if real else ":material/casino:"
    say(frame.escape_markdown(_compared(asked, row, reference[0])), icon=icon)


def _nothing_beats(asked: Asked, best: str, learned: list[Row]) -> None:
    said = f"No trained model beats the baseline, {phrase(best)}."
    for row in learned:
        said += f" The best trained model is {phrase(row['model'])}. {_compared(asked, row, best)}"
    st.warning(frame.escape_markdown(said), icon=":material/front_hand:")


def _compared(asked: Asked, row: Row, best: str) -> str:
    others = [also(row, figure) for figure in LEADS[asked.outcome] if figure != MAIN[asked.outcome]]
    return " ".join([lead(row, asked.outcome, best), *others])


def doubts(asked: Asked, board: pd.DataFrame) -> None:
    """Warn about results that are suspiciously good."""
    figure = _DOUBTED[asked.outcome]
    rows = board.to_dict("records")
    simple = max((row[figure] for row in rows if row["baseline"]), default=None)
    found: dict[str, list[str]] = {}
    for row in rows:
        for text in suspicious({figure: row[figure]}, {figure: simple}) if not row["baseline"] else []:
            found.setdefault(text, []).append(label(row["model"]))
    for text, names in found.items():
        st.warning(frame.escape_markdown(f"{', '.join(names)}: {text}"), icon=":material/report:")


def leaders(asked: Asked, board: pd.DataFrame) -> None:
    """Draw the main chart: leads over the best baseline."""
    reference = board.loc[board["reference"], "model"]
    over = phrase(reference.iloc[0]) if len(reference) else "the best baseline"
    chosen = LEADS[asked.outcome]
    for figure, place in zip(chosen, st.columns(len(chosen)), strict=True):
        columns = ["model", figure, *(f"{part}_{figure}" for part in ("lead", "low", "high"))]
        with place:
            frame.chart(
                drawn.once(charts.leads, _best_first(board, figure), figure),
                key=f"train_leads_{figure}",
                title=f"Lead over {over}: {FIGURES[figure]}",
                alt=f"Lead of each model over the best baseline in {FIGURES[figure]}, with intervals",
                note=f"{DEFINITIONS[figure]} Beside each name: average over the dates. Bars: 95% interval of the "
                "difference on the same customers (bootstrap over customers with all their dates). Filled: more than "
                "chance. Hollow: could be chance. Grey: baseline. Arrow: off the scale.",
                data=board[columns],
            )


def table(folder: str, asked: Asked, board: pd.DataFrame) -> None:
    """Draw every metric of every model."""
    learned = {name: count(rows) for name, rows in trainings.run(folder).told["rows_of"].items() if rows}
    st.subheader("All models and metrics", anchor=False)
    st.caption(f"{_WHY[asked.outcome]} Figures are averages over past dates. Hover over a heading for its definition.")
    skipped = {"place", "model", "baseline", "reference", "cutoffs", "customers"}
    numbers = [
        name for name in map(str, board) if name not in skipped and not name.startswith(("lead_", "low_", "high_"))
    ]
    shown = board.assign(rows=[learned.get(name, "–") for name in board["model"]], model=board["model"].map(label))
    main = [MAIN[asked.outcome], *(name for name in numbers if name != MAIN[asked.outcome])]
    st.dataframe(
        shown, hide_index=True, key="train_board", alt="All metrics of all models, winner first",
        column_order=["place", "model", *main, "rows", "customers"],
        column_config={
            "place": st.column_config.NumberColumn("Rank", width="small"),
            "model": st.column_config.TextColumn("Model", width="medium", pinned=True),
            **figure_columns(numbers),
            "rows": st.column_config.TextColumn(
                "Trained on",
                help="Rows the final model was trained on: customers at past dates. Slow models get a representative "
                "sample.",
            ),
            "customers": st.column_config.NumberColumn(
                "Tested on", format="localized", help="Customers over all past dates."
            ),
        },
    )  # fmt: skip


def inputs(view: View) -> None:
    """Draw the model inputs: name, unit, definition and group."""
    listed = _listed(view)
    with st.expander(
        f"Model inputs: {count(len(listed))}, all from before the prediction date", icon=":material/list:"
    ):
        st.dataframe(
            listed, hide_index=True, key="train_inputs", alt="All model inputs",
            column_config={
                "group": st.column_config.TextColumn("Group", width="small"),
                "label": st.column_config.TextColumn("Input", width="medium"),
                "unit": st.column_config.TextColumn("Unit", width="small"),
                "definition": st.column_config.TextColumn("Definition", width="large"),
            },
        )  # fmt: skip


def competitors() -> None:
    """Describe the models available for training."""
    with st.expander("Models", icon=":material/group:"):
        st.markdown(
            "\n".join(
                f"- **{frame.escape_markdown(label(name))}**: {frame.escape_markdown(ABOUT[name])}"
                + (f" Trained on at most {count(most)} customers." if (most := _most(name)) else "")
                for name in ABOUT
            )
        )


def _most(name: str) -> int | None:
    return CANDIDATES[name].most_rows if name in CANDIDATES else None


def _beside(asked: Asked, board: pd.DataFrame) -> str:
    """Return marketers' usual rule of thumb, or the best baseline if it didn't predict."""
    usual = _BESIDE[asked.outcome]
    reference = board.loc[board["reference"], "model"].tolist()
    return usual if usual in set(board["model"]) else next(iter(reference), usual)


def _best_first(board: pd.DataFrame, figure: str) -> pd.DataFrame:
    """Sort by a metric's own leads and rank accordingly."""
    ordered = board.sort_values([f"lead_{figure}", "model"], ascending=[False, True], kind="stable")
    return ordered.assign(place=range(1, len(ordered) + 1))


def _written(figure: str, value: float, view: View) -> str:
    if pd.isna(value):
        return "–"
    if figure in ("mae", "rmse"):
        return view.money.short(value)
    if figure in ("capture_10", "capture_20", "accuracy", "balanced_accuracy"):
        return share(value)
    return f"{value:.2f}" if figure == "predicted_over_actual" else f"{value:.3f}"


def _listed(view: View) -> pd.DataFrame:
    facts = [
        {"group": one.group, "label": one.label, "unit": _unit(one.unit, view), "definition": one.definition}
        for one in INPUTS.values()
    ]
    about = "Of the latest order. One 0/1 column per country; rare ones are grouped."
    found = pd.DataFrame([*facts, {"group": COUNTRY, "label": COUNTRY, "unit": "name", "definition": about}])
    return found.assign(**{name: found[name].str.capitalize() for name in ("group", "label")})


def _unit(unit: str, view: View) -> str:
    return view.money.symbol or "money" if unit == "money" else unit
