"""What a page looks at: a dataset, its newest version and the key for all that is cached of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core.customers.rfm import RfmSpec
from core.numbers import Money
from core.ui import cached, state
from core.ui.frame import distinct, escape_markdown, next_step
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
    """Draw the dataset picker; give the id that was asked for where there is no such dataset."""
    datasets = {dataset.id: dataset for dataset in cached.workspace().datasets()}
    if not datasets:
        gone = state.remembered(state.DATASET)
        state.put(state.DATASET, "")
        return gone or None
    chosen, gone = state.dataset(list(datasets))
    names = labels(list(datasets.values()))
    state.named_dataset(names[chosen] if names[chosen].isascii() else f"{names[chosen]} {chosen}")
    key, on_change = state.widget(state.DATASET, chosen)
    st.selectbox(
        "Dataset",
        list(datasets),
        format_func=lambda dataset_id: names.get(dataset_id, dataset_id),
        key=key,
        on_change=on_change,
    )
    if datasets[chosen].simulated:
        st.badge("Simulated: no such shop exists", icon=":material/science:", color="orange")
    return gone


def labels(datasets: Sequence[Dataset]) -> dict[str, str]:
    """How datasets are called where one is picked, by their ids."""
    return distinct({dataset.id: dataset.name for dataset in datasets})


def say_if_gone(gone: str | None) -> None:
    """Say so where the dataset that was asked for is gone."""
    if gone is None:
        return
    datasets = cached.workspace().datasets()
    instead = " You see another one instead; choose in the sidebar." if datasets else ""
    st.warning(
        f"The dataset “{escape_markdown(gone)}” does not exist or was deleted.{instead}",
        icon=":material/link_off:",
    )


def current() -> View:
    """The view, or a page that says what to do where there is no dataset; the page ends there."""
    chosen = state.remembered(state.DATASET)
    if not chosen:
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
