"""The view of a page: a dataset, its newest version and its cache key."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

import streamlit as st

from core.customers.rfm import RfmSpec
from core.numbers import Money
from core.ui.caching import cached
from core.ui.shared import state
from core.ui.shared.failures import sentence_of
from core.ui.shared.frame import distinct, escape_markdown, next_step
from core.ui.shared.frame import error as frame_error
from core.workspace.disk.version_damage import why
from core.workspace.records import Dataset, Version


@dataclass(frozen=True, kw_only=True)
class View:
    """The dataset in view.

    Parameters
    ----------
    dataset : Dataset
        Dataset, with its name and currency.
    key : Key
        Cache key for `core.ui.caching.cached`.
    version : Version
        Newest version, with its quality report.
    spec : RfmSpec
        RFM settings as of the day after the last order.
    money : Money
        Format of amounts.
    """

    dataset: Dataset
    key: cached.Key
    version: Version
    spec: RfmSpec
    money: Money


def pick_dataset() -> str | None:
    """Draw the dataset picker; return the requested dataset if it doesn't exist."""
    datasets = {dataset.id: dataset for dataset in cached.workspace().datasets()}
    before, called = state.remembered(state.DATASET), state.named_dataset()
    if not datasets:
        state.put(state.DATASET, "")
        return called if before else None
    chosen, gone = state.dataset(list(datasets))
    names = labels(list(datasets.values()))
    if gone and gone == before:
        gone = called
    state.named_dataset(names[chosen] if names[chosen].isascii() else f"{names[chosen]} {chosen}")
    key, on_change = state.widget(state.DATASET, chosen)
    st.selectbox(
        "Dataset",
        list(datasets),
        format_func=lambda dataset_id: names.get(dataset_id, dataset_id),
        key=key,
        on_change=on_change,
    )
    return gone


def labels(datasets: Sequence[Dataset]) -> dict[str, str]:
    """Return the datasets' names for a picker, by id."""
    return distinct({dataset.id: dataset.name for dataset in datasets})


def say_if_gone(gone: str | None) -> None:
    """Warn if the requested dataset no longer exists."""
    if gone is None:
        return
    datasets = cached.workspace().datasets()
    instead = " Another dataset is shown instead; choose one in the sidebar." if datasets else ""
    st.warning(
        f"The dataset “{escape_markdown(gone)}” does not exist or was deleted.{instead}",
        icon=":material/link_off:",
    )


def say_if_unreadable() -> bool:
    """Show an error if the version in view was deleted or is damaged; return whether it is."""
    chosen = state.remembered(state.DATASET)
    try:
        found = next((one for one in cached.workspace().datasets() if one.id == chosen), None)
        reason = why(cached.workspace(), found.id, found.latest) if found else None
    except Exception:  # noqa: BLE001  the catalog itself is unreadable, which stopped the page
        return False
    if reason is not None:
        frame_error(str(reason))
    return reason is not None


def current() -> View:
    """Return the view; if there is no dataset, show how to add one and end the page."""
    chosen = state.remembered(state.DATASET)
    if not chosen:
        st.title("No orders yet")
        st.write("Upload your shop's order export to see your customer segments within a minute.")
        next_step("pages/data/upload.py", "Upload orders", "upload")
        st.stop()
    dataset = cached.workspace().dataset(chosen)
    key = cached.key_of(dataset)
    return View(
        dataset=dataset,
        key=key,
        version=cached.version(key),
        spec=cached.as_of(key),
        money=Money(currency=dataset.currency),
    )


def fragment(draw: Callable[..., None], *, run_every: float | None = None) -> Callable[..., None]:
    """Make a part of the page rerun on its own; errors are shown as on the page, see `say_stopped`."""

    @wraps(draw)
    def drawn(*arguments: Any) -> None:
        try:
            draw(*arguments)
        except Exception as error:  # noqa: BLE001  re-raised if it has no message for users
            say_stopped(error)

    part: Callable[..., None] = st.fragment(drawn, run_every=run_every)
    return part


def say_stopped(error: Exception) -> None:
    """Show why a page stopped and what to do next; re-raise a bug.

    A dataset deleted while a page reads it causes many kinds of error, so this is checked first.
    """
    if _is_deleted():
        name = escape_markdown(state.named_dataset())
        st.warning(f"The dataset “{name}” was deleted while this page was open.", icon=":material/link_off:")
        _way_on()
    elif sentence := sentence_of(error):
        frame_error(sentence)
    elif not say_if_unreadable():
        raise error


def _is_deleted() -> bool:
    chosen = state.remembered(state.DATASET)
    try:
        return bool(chosen) and chosen not in [dataset.id for dataset in cached.workspace().datasets()]
    except Exception:  # noqa: BLE001  the catalog itself is unreadable, which stopped the page
        return False


def _way_on() -> None:
    """Link to another dataset, or to the Upload page."""
    others = cached.workspace().datasets()
    if others:
        label = f"Open {escape_markdown(others[0].name)}"
        next_step("pages/explore/home.py", label, "arrow_forward", **{state.DATASET: others[0].id})
    else:
        next_step("pages/data/upload.py", "Upload orders", "upload")
