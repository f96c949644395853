"""Training runs: requested with one button, stored, and reopened from their link."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import streamlit as st

from core.errors import TooLittleDataError
from core.models.learners.candidates import CANDIDATES
from core.models.training import model_registry
from core.models.training.backtest import latest_cutoffs
from core.models.training.model_labels import OUTCOMES, label, phrase
from core.models.training.stored_training import KIND
from core.models.training.suite import SuiteSpec
from core.models.training.training_run import TrainSpec
from core.numbers import count, day, many
from core.segments import segment_registry as segments
from core.ui.caching import cached, trainings
from core.ui.shared import frame, results, state
from core.ui.shared.frame import PROJECT
from core.ui.shared.scores import HORIZONS
from core.ui.shared.view import View
from core.ui.train import view as train_view
from core.ui.train.view import Asked
from core.workspace import stored_results

_MOST: Final = 12  # earlier runs listed
_PAGE: Final = PROJECT / "pages" / "predict" / "train.py"


def spec_of(view: View, asked: Asked) -> TrainSpec:
    """Return the job's spec, with the segments in use if there are any."""
    suite = SuiteSpec(horizon=asked.horizon, models=asked.models, balancing=asked.balancing)
    digest = None
    with suppress(TooLittleDataError):
        digest = cached.segment_model(view.key, view.spec).model.assignment
    return TrainSpec(as_of=view.spec.as_of, suite=suite, segments=digest, search_minutes=asked.minutes)


def dates(view: View, asked: Asked) -> list[date]:
    """Return the past dates for testing models, empty if the data is too short."""
    end = cached.last_day(view.key) + timedelta(days=1)
    return latest_cutoffs(cached.first_day(view.key), end, asked.horizon)


def run_of(view: View, asked: Asked, days: Sequence[date]) -> str | None:
    """Return the folder of the requested run, or None after drawing its offer or progress."""
    folder: Path | None = results.result_on_request(
        view, KIND, spec_of(view, asked).to_json(), title=f"Training {train_view.said(asked)}",
        offer=lambda ask: _offer(asked, days, ask),
    )  # fmt: skip
    return str(folder) if folder else None


def waiting(view: View, asked: Asked, days: Sequence[date]) -> str:
    """Return the headline while there is no run."""
    if not days:
        return too_short(asked)
    if results.is_made(view, KIND, spec_of(view, asked).to_json()):
        return f"Training models on version {view.key.version}: {train_view.said(asked)}…"
    used = model_registry.in_use(cached.workspace(), view.dataset.id, asked.horizon)
    meanwhile = f" Predictions currently use {phrase(used.name)}, trained as of {day(used.as_of)}." if used else ""
    return f"Not trained yet ({train_view.said(asked)}).{meanwhile}"


def meanwhile(view: View, asked: Asked) -> None:
    """Link to the current predictions, if a model is in use."""
    if model_registry.in_use(cached.workspace(), view.dataset.id, asked.horizon):
        frame.next_step(
            "pages/predict/outlook.py", "See predictions from the model in use", "arrow_forward",
            **{state.HORIZON: str(asked.horizon)},
        )  # fmt: skip


def too_short(asked: Asked) -> str:
    """Return the headline for data too short to test models."""
    return f"There isn't enough data to test {many(asked.horizon, 'day')} ahead from a past date."


def explain_if_short(view: View, asked: Asked, days: Sequence[date]) -> None:
    """Explain what to do if the data is too short to test models."""
    if days:
        return
    log = (cached.last_day(view.key) - cached.first_day(view.key)).days + 1
    shorter = [str(horizon) for horizon in HORIZONS if horizon < min(asked.horizon, log)]
    hint = f"choose {' or '.join(shorter)} days in the sidebar, or " if shorter else ""
    st.warning(
        f"The data covers {many(log, 'day')}: enough to train models, but not to test them. To measure accuracy, "
        f"{hint}add more orders.",
        icon=":material/calendar_month:",
    )


def how(folder: str) -> None:
    """Draw the training details: rows used, models that failed and search results."""
    run = trainings.run(folder)
    told, since = run.told, day(run.spec.as_of)
    some = (
        "" if told["customers"] == told["of"] else f", of {count(told['customers'])} of {count(told['of'])} customers"
    )
    lines = [
        (
            f"The stored models use all orders before {since}. They were trained on {count(told['rows'])} rows, each a "
            f"customer at an earlier date with a known outcome{some}."
        ),
        told["blend"],
        told["level"],
        *(f"{label(name)} is unavailable: {reason}" for name, reason in run.refused.items()),
        *(f"{label(one['candidate'])}, {OUTCOMES[one['outcome']].lower()} {one['reason']}" for one in run.searched),
    ]
    with st.expander("How this was trained", icon=":material/history_edu:"):
        st.markdown("\n".join(f"- {frame.escape_markdown(line)}" for line in lines if line))


def earlier(view: View, asked: Asked) -> None:
    """Link to earlier trainings on this version."""
    found = _earlier(view, asked)
    if not found:
        return
    with st.expander("Earlier trainings on this version", icon=":material/history:"):
        for past in found[:_MOST]:
            st.page_link(
                _PAGE, label=train_view.said(past), icon=":material/open_in_new:",
                query_params=state.link(**train_view.link_of(past)),
            )  # fmt: skip
        st.caption(
            f"We keep models from the last {many(int(cached.settings().keep_trainings), 'training')} per horizon, plus "
            "any you adopted. Links to deleted models open the one in use."
        )


def _earlier(view: View, asked: Asked) -> list[Asked]:
    """Return other trainings on the same orders and segments."""
    now = spec_of(view, asked).to_json()
    digest, workspace = now["segments"], cached.workspace()
    numbers = segments.numbers_of(workspace, view.key.dataset_id, digest) if digest else []  # of earlier releases
    same = {name: now[name] for name in ("form", "as_of", "segments")}
    found = [
        {**key.spec, "segments": digest if key.spec["segments"] in numbers else key.spec["segments"]}
        for key in stored_results.all_kept(workspace, view.key.dataset_id, view.key.version, KIND)
        if key.generation == view.key.generation
    ]
    return [_asked(spec, asked.outcome) for spec in found if spec != now and same.items() <= spec.items()]


def _asked(spec: dict[str, Any], outcome: str) -> Asked:
    known = TrainSpec.from_json(spec)
    suite = known.suite
    return Asked(
        outcome=outcome, horizon=suite.horizon, models=suite.models, balancing=suite.balancing,
        minutes=known.search_minutes,
    )  # fmt: skip


def _offer(asked: Asked, days: Sequence[date], ask: Callable[[], None]) -> None:
    """Describe the training and draw its button."""
    with st.container(border=True):
        st.markdown("**Training steps**")
        st.markdown("\n".join(f"- {line}" for line in _steps(asked, days)))
        st.button("Train models", type="primary", icon=":material/model_training:", key="train_start", on_click=ask)
        st.caption("Runs in the background for a few minutes. You can leave the page or cancel.")


def _steps(asked: Asked, days: Sequence[date]) -> list[str]:
    found = []
    if days:
        found += [
            (
                f"go back to {_listed(days)}, train on orders before each date, and predict the next "
                f"{many(asked.horizon, 'day')}"
            ),
            "compare the predictions with what happened, and with simple baselines",
        ]
    found.append("retrain on all orders; other pages then use the new champion, unless you have chosen a model")
    sampled = [phrase(name) for name in asked.models if CANDIDATES[name].most_rows]
    if sampled:
        found.append(f"use a sample for {' and '.join(sampled)}, which are slow on many customers")
    if any(name.startswith("smote") for name in asked.balancing):
        found.append("apply SMOTE, which takes longer and distorts probabilities; results show its gains and costs")
    return found


def _listed(days: Sequence[date]) -> str:
    *most, last = map(day, days)
    return f"{', '.join(most)} and {last}" if most else last
