"""Parts of the Model card page: accuracy, weaknesses and limits."""

from typing import Any, Final

import pandas as pd
import streamlit as st

from core.cards.card_document import learned
from core.cards.card_words import against_rhythm, amount, gap, gap_span, span, verdict, weakness, written
from core.cards.judgement import BESIDE, COUNTRY, SEGMENT, Judgement
from core.cards.model_card import why_not_judged
from core.charts.predictions import confusion_matrix, evaluation_curves
from core.charts.predictions import group_errors as charts
from core.models.judging.metrics import DEFINITIONS
from core.models.judging.predictions import NEXT_SEGMENT, SPEND, WILL_BUY
from core.models.training.model_labels import FIGURES, label, phrase
from core.models.training.suite import BTYD
from core.numbers import day
from core.ui.caching import drawn
from core.ui.card import view as card_view
from core.ui.card.view import Asked
from core.ui.shared import frame, state
from core.ui.shared.view import View

_KINDS: Final = {COUNTRY: "By country of today", SEGMENT: "By segment of then"}
_ABOUT_GROUPS: Final = (
    "Diamonds: weak groups, where the error is larger than chance and larger than for everyone else. Intervals "
    "widen with the number of groups, so that 19 of 20 charts name none by luck (Bonferroni); a customer counts "
    "once across dates. Groups with too few customers are combined, or only in the table."
)


def untrained(view: View) -> None:
    """Explain that no model is trained, and link to training."""
    frame.header("Model card", "No model is trained yet.", simulated=view.dataset.simulated)
    st.info(
        "Train the models first. Each then has a card with its accuracy, weaknesses and limits.",
        icon=":material/model_training:",
    )
    frame.next_step("pages/predict/train.py", "Train models", "model_training")


def identity(asked: Asked) -> None:
    """Show the model's name and training details in one line."""
    model = asked.model
    used = "in use" if asked.used else "not in use"
    st.caption(
        f":material/id_card: {frame.escape_markdown(label(model.name))}, {used} for {model.horizon} days ahead; knows "
        f"orders before {day(model.as_of)}; id `{model.id}`"
    )


def not_judged(asked: Asked) -> None:
    """Explain why there are no intervals or groups, and link to training."""
    st.info(why_not_judged(asked.model, {}), icon=":material/history_toggle_off:")
    frame.next_step(
        "pages/predict/train.py", "Train again", "model_training", **{state.HORIZON: str(asked.model.horizon)}
    )


def downloads(view: View, asked: Asked) -> None:
    """Draw the downloads of the card."""
    title, content = f"model-card-{asked.model.name}-{asked.model.id}", f"{view.key} {asked.folder} {asked.used}"
    with st.container(horizontal=True):
        st.download_button(
            "Card as a page (HTML)", lambda: card_view.as_html(view, asked),
            file_name=frame.file_name(title, content, "html"), mime="text/html",
            icon=":material/article:", on_click="ignore", key="card_html",
            help="One file to send or print, with all outcomes. Works offline.",
        )  # fmt: skip
        st.download_button(
            "Card as JSON", lambda: card_view.as_json(view, asked), file_name=frame.file_name(title, content, "json"),
            mime="application/json", icon=":material/data_object:", on_click="ignore", key="card_json",
            help="The same content, for programs.",
        )  # fmt: skip


def calibration(view: View, asked: Asked, found: Judgement) -> None:
    """Draw the main chart: calibration, spend by tenth, or the confusion matrix."""
    models = list(dict.fromkeys([asked.model.name, BTYD]))
    curve = found.curve[found.curve["model"].isin(models)]
    title, key = card_view.QUESTIONS[found.outcome], "card_calibration"
    if found.outcome == WILL_BUY:
        errors = found.figures.set_index("figure")
        beside = {name: float(errors[of]["ece"]) for name, of in zip(models, ("value", "rhythm"), strict=False)}
        frame.chart(
            drawn.once(evaluation_curves.reliability, curve, models, beside), key=key, title=title, data=curve,
            alt="Mean probability and share that bought, by tenth of customers, compared with own rhythm",
            note="Each point is a tenth of the predictions, all dates combined. On the diagonal, predictions match "
            "outcomes. Bars: 95% interval (Wilson). Calibration error (ECE) next to each name.",
        )  # fmt: skip
    elif found.outcome == SPEND:
        frame.chart(
            drawn.once(evaluation_curves.amounts, curve, models, view.money), key=key, title=title,
            data=curve[curve["model"] == models[0]],
            alt="Mean predicted and actual spend of each tenth of customers",
            note="Customers in ten equal groups, highest predicted first, all dates combined.",
        )  # fmt: skip
    else:
        own = curve[curve["model"] == models[0]]
        known = [str(name) for name in asked.model.card.get("segments") or []]
        there = [str(name) for name in pd.unique(own["segment_next"])]
        names = [*(name for name in known if name in there), *(name for name in there if name not in known)]
        frame.chart(
            drawn.once(confusion_matrix.confusion, own, names), key=key,
            title=f"{title}: actual (rows), predicted (columns)",
            alt="Customers by next segment and predicted segment", data=own,
            note="Darker: a larger share of the row. Correct predictions are on the diagonal. All dates combined.",
        )  # fmt: skip


def groups(view: View, found: Judgement) -> None:
    """Show the model's weaknesses by country and by segment."""
    st.subheader("Weaknesses", anchor=False)
    _list([weakness(found.groups[kind], found.outcome, kind, view.money) for kind in _KINDS])
    for (kind, title), place in zip(_KINDS.items(), st.columns(len(_KINDS)), strict=True):
        table = found.groups[kind]
        with place:
            if table["enough"].sum() > 1:
                frame.chart(
                    drawn.once(charts.gaps, table, found.outcome, view.money), key=f"card_{kind}", title=title,
                    alt=f"Prediction error, {title.lower()}", note=_ABOUT_GROUPS, data=table,
                )  # fmt: skip


def table_of_figures(view: View, found: Judgement) -> None:
    """Draw a table of all figures with their intervals, next to own rhythm's."""
    money, column = view.money, st.column_config
    rows = [
        {
            "figure": FIGURES[row["figure"]],
            "value": written(row["figure"], row["value"], money),
            "between": span(row["figure"], row["low"], row["high"], money) or "–",
            "rhythm": written(row["figure"], row["rhythm"], money),
            "rhythm_between": span(row["figure"], row["rhythm_low"], row["rhythm_high"], money) or "–",
            "against": against_rhythm(row) or "–",
            "definition": DEFINITIONS[row["figure"]],
        }
        for row in found.figures.to_dict("records")
    ]
    alone = found.figures["rhythm"].isna().all()
    shown = ["figure", "value", "between", *([] if alone else ["rhythm", "rhythm_between", "against"]), "definition"]
    st.subheader("Metrics with intervals", anchor=False)
    st.dataframe(
        pd.DataFrame(rows)[shown], hide_index=True, key="card_figures",
        alt="Metrics of the model and of own rhythm, with intervals",
        column_config={
            "figure": column.TextColumn("Figure", pinned=True),
            "value": column.TextColumn("Mean", help="Over the past dates."),
            "between": column.TextColumn(
                "95% interval",
                help="Customers are resampled with all their dates (bootstrap). The calibration error has none: "
                "resampling only increases it.",
            ),
            "rhythm": column.TextColumn("Own rhythm", help="BG/NBD and Gamma-Gamma alone, on the same customers."),
            "rhythm_between": column.TextColumn("95% interval, own rhythm"),
            "against": column.TextColumn(
                "Versus own rhythm", help="Better or worse by more than chance, on the same resamples."
            ),
            "definition": column.TextColumn("Definition", width="large"),
        },
    )  # fmt: skip


def table_of_groups(view: View, found: Judgement) -> None:
    """Draw a table of the figures behind both charts, including groups with too few customers."""
    st.subheader("Groups", anchor=False)
    rows = [_row(row, kind, found.outcome, view) for kind in _KINDS for row in found.groups[kind].to_dict("records")]
    column = st.column_config
    answers = "Moved" if found.outcome == NEXT_SEGMENT else "Buyers"
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, key="card_groups", alt="Predicted and actual, by group",
        column_config={
            "by": column.TextColumn("By", width="small"),
            "group": column.TextColumn("Group", pinned=True),
            "customers": column.NumberColumn("Customers", format="localized"),
            "answers": column.NumberColumn(answers, format="localized", help="Evaluated at one or more dates."),
            "predicted": column.TextColumn("Predicted"),
            "actual": column.TextColumn("Correct" if found.outcome == NEXT_SEGMENT else "Happened"),
            "off": column.TextColumn("Against others" if found.outcome == NEXT_SEGMENT else "Off by"),
            "between": column.TextColumn("Interval", help=_ABOUT_GROUPS),
            "said": column.TextColumn("Verdict"),
            **{name: column.TextColumn(FIGURES[name], help=DEFINITIONS[name]) for name in BESIDE[found.outcome]},
        },
        column_order=[name for name in rows[0] if found.outcome != NEXT_SEGMENT or name != "predicted"],
    )  # fmt: skip


def about(view: View, asked: Asked, found: Judgement | None) -> None:
    """Show the recipe, limits, reading guide, inputs and libraries."""
    card = card_view.of(view, asked, {found.outcome: found} if found else {})
    left, right = st.columns(2)
    with left:
        st.subheader("Settings and training data", anchor=False)
        _list([*card["model"]["made_of"], *_of_data(card)])
    with right:
        st.subheader("Known limits", anchor=False)
        _list(card["limits"])
    with st.expander("How to read this card", icon=":material/help:"):
        _list(card["reading"])
    _inputs(view, card["inputs"])
    if card["libraries"]:
        with st.expander("Made with", icon=":material/deployed_code:"):
            st.markdown(
                frame.escape_markdown(", ".join(f"{name} {number}" for name, number in card["libraries"].items()))
            )


def next_steps(asked: Asked) -> None:
    """Show the link to the next step."""
    link = {state.USING: asked.model.id, state.HORIZON: str(asked.model.horizon)}
    frame.next_step(
        "pages/predict/outlook.py", f"Next: see what {phrase(asked.model.name)} expects of each customer",
        "arrow_forward", **link,
    )  # fmt: skip
    frame.next_step("pages/explain/drivers.py", "View drivers", "tune", **link)


def _row(row: dict[Any, Any], kind: str, outcome: str, view: View) -> dict[str, Any]:
    money = view.money
    beside = {
        name: f"{written(name, row[name], money)} ({span(name, row[f'{name}_low'], row[f'{name}_high'], money)})"
        if row["enough"]
        else "–"
        for name in BESIDE[outcome]
    }
    return {
        "by": kind.capitalize(),
        "group": row["group"],
        "customers": row["customers"],
        "answers": row["answers"],
        "predicted": amount(row["predicted"], outcome, money),
        "actual": amount(row["actual"], outcome, money),
        "off": gap(row["off"], outcome, money),
        "between": gap_span(row["low"], row["high"], outcome, money) or "–",
        "said": verdict(row, outcome),
        **beside,
    }


def _of_data(card: dict[str, Any]) -> list[str]:
    """Describe the training customers and the dates of their orders."""
    data = card["data"]
    said = [f"{data['dataset']}, version {data['version']}."]
    if data["first_order"] and data["until"]:
        first, until = (day(pd.Timestamp(data[name])) for name in ("first_order", "until"))
        said.append(f"Orders from {first} on, before {until}.")
    return [*said, f"{text}."] if (text := learned(data)) else said


def _list(texts: list[str]) -> None:
    st.markdown("\n".join(f"- {frame.escape_markdown(text)}" for text in texts))


def _inputs(view: View, drivers: list[dict[str, Any]]) -> None:
    rows = [
        {
            "driver": driver["label"],
            "label": one["label"],
            "unit": (view.money.symbol or "money") if one["unit"] == "money" else one["unit"],
            "definition": one["definition"],
            "actionable": driver["actionable"],
        }
        for driver in drivers
        for one in driver["inputs"]
    ]
    with st.expander(f"Inputs: {len(rows)} inputs, {len(drivers)} drivers", icon=":material/list:"):
        st.dataframe(
            pd.DataFrame(rows), hide_index=True, key="card_inputs", alt="All inputs of the model",
            column_config={
                "driver": st.column_config.TextColumn("Driver", help="Related inputs form one driver."),
                "label": st.column_config.TextColumn("Input", width="medium"),
                "unit": st.column_config.TextColumn("Unit", width="small"),
                "definition": st.column_config.TextColumn("Definition", width="large"),
                "actionable": st.column_config.CheckboxColumn("Can be influenced", width="small"),
            },
        )  # fmt: skip
