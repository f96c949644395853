"""What a page looks at: a dataset, its newest version and the key for all that is cached of it."""

from dataclasses import dataclass

import streamlit as st

from core.customers.rfm import RfmSpec
from core.numbers import Money
from core.ui import cached, state
from core.ui.frame import error, escape_markdown, next_step
from core.workspace.damage import why
from core.workspace.records import Dataset, Version


@dataclass(frozen=True, kw_only=True)
class View:
    """The dataset in view.

    Parameters
    ----------
    dataset : Dataset
        With its name and currency.
    key : Key
        For `core.ui.cached`.
    version : Version
        With the quality report.
    spec : RfmSpec
        As of the day after the last order.
    money : Money
        How its amounts are written.
    """

    dataset: Dataset
    key: cached.Key
    version: Version
    spec: RfmSpec
    money: Money


def pick_dataset() -> str | None:
    """Draw the dataset picker; give the id that the link names where there is no such dataset."""
    datasets = {dataset.id: dataset for dataset in cached.workspace().datasets()}
    if not datasets:
        return None
    chosen, unknown = state.choice(state.DATASET, list(datasets), next(iter(datasets)), always=True)
    key, on_change = state.widget(state.DATASET, chosen)
    st.selectbox(
        "Dataset",
        list(datasets),
        format_func=lambda dataset_id: datasets[dataset_id].name if dataset_id in datasets else dataset_id,
        key=key,
        on_change=on_change,
    )
    if datasets[chosen].simulated:
        st.badge("Simulated: no such shop exists", icon=":material/science:", color="orange")
    return unknown


def say_if_gone(gone: str | None) -> None:
    """Say so where the link names a dataset that is gone."""
    if gone is not None:
        st.warning(
            f"The link names the dataset “{escape_markdown(gone)}”, which does not exist or was deleted. "
            "You see another one instead; choose in the sidebar.",
            icon=":material/link_off:",
        )


def say_if_unreadable() -> bool:
    """Say so where the version in view was deleted or its files are damaged, which makes a page fail in any way."""
    chosen = state.remembered(state.DATASET)
    found = next((one for one in cached.workspace().datasets() if one.id == chosen), None)
    reason = why(cached.workspace(), found.id, found.latest) if found else None
    if reason is not None:
        error(str(reason))
    return reason is not None


def current() -> View:
    """The view, or a page that says what to do where there is no dataset; the page ends there."""
    chosen = state.remembered(state.DATASET)
    if chosen is None:
        st.title("No orders yet")
        st.write("Bring your shop's order export, and the segments of your customers are a minute away.")
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
