"""The parts of the training page: what won and whether that is real, all figures, and what models look at."""

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
        "brier": "Error of probabilities", "auc": "Ranking", "average_precision": "Buyers among picked",
        "ece": "Calibration error", "f1_macro": "Yes or no (F1)",
    },
    SPEND: {
        "gini": "Ranking by spend", "capture_10": "With the top 10%", "capture_20": "With the top 20%",
        "predicted_over_actual": "Predicted / actual", "mae": "Error per customer",
    },
    NEXT_SEGMENT: {
        "f1_macro": "Segments alike (F1)", "mcc": "Agreement", "accuracy": "Customers right",
        "balanced_accuracy": "Right per segment", "f1_weighted": "Customers alike (F1)",
    },
}  # fmt: skip
"""Figures of the winner at the top of the page, the one that decides first, as a marketer says them."""

_WHY: Final = {
    WILL_BUY: "The winner has the lowest Brier score: it is least for probabilities that are true, and rewards both "
    "telling buyers from others and saying how many there are.",
    SPEND: "The winner has the highest normalised Gini: what matters is who brings most.",
    NEXT_SEGMENT: "The winner has the highest MCC, the agreement of who was named and who was there beyond chance.",
}
_BESIDE: Final = {WILL_BUY: "recency", SPEND: "recency", NEXT_SEGMENT: "persistence"}
_DOUBTED: Final = {WILL_BUY: "auc", SPEND: "gini", NEXT_SEGMENT: "accuracy"}
_VERB: Final = {
    WILL_BUY: "predicts best who buys within {} days",
    SPEND: "predicts best who spends how much within {} days",
    NEXT_SEGMENT: "predicts best which segment customers are in after {} days",
}


def sentence(folder: str, asked: Asked, board: pd.DataFrame) -> str:
    """Who won, and what that was worth at the latest date."""
    winner = board["model"].iloc[0]
    worth = trainings.worth(folder, asked.outcome, winner, _beside(asked, board))
    who = phrase(winner)
    said = f"{who[:1].upper()}{who[1:]} {_VERB[asked.outcome].format(asked.horizon)}"
    return f"{said}. {worth}" if worth else f"{said}."


def figures(asked: Asked, board: pd.DataFrame, view: View) -> list[Figure]:
    """Of the winner, as means over the dates."""
    row = board.to_dict("records")[0]
    of = f"Of {label(row['model'])}, mean of {many(row['cutoffs'], 'past date')}."
    return [
        Figure(f"train_{name}", said, _written(name, row[name], view), f"{FIGURES[name]}. {DEFINITIONS[name]} {of}")
        for name, said in SHOWN[asked.outcome].items()
    ]


def verdict(asked: Asked, board: pd.DataFrame) -> None:
    """Whether the winner's lead over the best baseline is more than chance."""
    reference = board.loc[board["reference"], "model"].tolist()
    if not reference:
        st.info("No baseline predicts this, so there is nothing to compare the winner with.", icon=":material/info:")
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
    said = f"No model is better than {phrase(best)}, which needs no learning."
    for row in learned:
        said += f" The best that learns is {phrase(row['model'])}. {_compared(asked, row, best)}"
    st.warning(frame.escape_markdown(said), icon=":material/front_hand:")


def _compared(asked: Asked, row: Row, best: str) -> str:
    others = [also(row, figure) for figure in LEADS[asked.outcome] if figure != MAIN[asked.outcome]]
    return " ".join([lead(row, asked.outcome, best), *others])


def doubts(asked: Asked, board: pd.DataFrame) -> None:
    """What is too good to be true; the results stay."""
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
    """The main chart: leads over the best baseline."""
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
                note=f"{DEFINITIONS[figure]} Beside each name its mean over the dates. Bars: 95% interval of the "
                "difference on the same customers (bootstrap, customers drawn with all their dates). Filled: more than "
                "chance. Hollow: could be chance. Grey: needs no learning. Arrow: too far behind to be drawn.",
                data=board[columns],
            )


def table(folder: str, asked: Asked, board: pd.DataFrame) -> None:
    """Every figure of every model."""
    learned = {name: count(rows) for name, rows in trainings.run(folder).told["rows_of"].items() if rows}
    st.subheader("All models, all figures", anchor=False)
    st.caption(f"{_WHY[asked.outcome]} Figures are means over the past dates; hover a heading for its definition.")
    skipped = {"place", "model", "baseline", "reference", "cutoffs", "customers"}
    numbers = [
        name for name in map(str, board) if name not in skipped and not name.startswith(("lead_", "low_", "high_"))
    ]
    shown = board.assign(rows=[learned.get(name, "–") for name in board["model"]], model=board["model"].map(label))
    main = [MAIN[asked.outcome], *(name for name in numbers if name != MAIN[asked.outcome])]
    st.dataframe(
        shown, hide_index=True, key="train_board", alt="All figures of all models, the winner first",
        column_order=["place", "model", *main, "rows", "customers"],
        column_config={
            "place": st.column_config.NumberColumn("Place", width="small"),
            "model": st.column_config.TextColumn("Model", width="medium", pinned=True),
            **figure_columns(numbers),
            "rows": st.column_config.TextColumn(
                "Trained on",
                help="Customers at past dates that the model in use learned from. Models that take too long on all of "
                "them get a sample in proportion.",
            ),
            "customers": st.column_config.NumberColumn(
                "Judged on", format="localized", help="Customers of all past dates together."
            ),
        },
    )  # fmt: skip


def inputs(view: View) -> None:
    """What models look at: name, unit, definition and group."""
    listed = _listed(view)
    with st.expander(
        f"What models look at: {count(len(listed))} facts, all from before the date", icon=":material/list:"
    ):
        st.dataframe(
            listed, hide_index=True, key="train_inputs", alt="Everything that models look at",
            column_config={
                "group": st.column_config.TextColumn("About", width="small"),
                "label": st.column_config.TextColumn("Fact", width="medium"),
                "unit": st.column_config.TextColumn("Unit", width="small"),
                "definition": st.column_config.TextColumn("Definition", width="large"),
            },
        )  # fmt: skip


def competitors() -> None:
    """What would be trained, before it is."""
    with st.expander("Who competes", icon=":material/group:"):
        st.markdown(
            "\n".join(
                f"- **{frame.escape_markdown(label(name))}**: {frame.escape_markdown(ABOUT[name])}"
                + (f" Trained on {count(most)} customers at most." if (most := _most(name)) else "")
                for name in ABOUT
            )
        )


def _most(name: str) -> int | None:
    return CANDIDATES[name].most_rows if name in CANDIDATES else None


def _beside(asked: Asked, board: pd.DataFrame) -> str:
    """What marketers do without models; the best baseline where that did not predict."""
    usual = _BESIDE[asked.outcome]
    reference = board.loc[board["reference"], "model"].tolist()
    return usual if usual in set(board["model"]) else next(iter(reference), usual)


def _best_first(board: pd.DataFrame, figure: str) -> pd.DataFrame:
    """In the order of a figure's own leads, the place of each by it."""
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
    about = "Of the latest order; each a column of 0 and 1, rare ones grouped."
    found = pd.DataFrame([*facts, {"group": COUNTRY, "label": COUNTRY, "unit": "name", "definition": about}])
    return found.assign(**{name: found[name].str.capitalize() for name in ("group", "label")})


def _unit(unit: str, view: View) -> str:
    return view.money.symbol or "money" if unit == "money" else unit
