"""Renaming creates a new version of a model and moves no customers."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from core.segments.movement.frozen_models import frozen_models, in_force, names_today, renamed
from core.segments.movement.transitions import NOT_YET
from core.segments.segment_registry import StoredModel
from tests.core.segments.movement.test_transitions import MODEL, STRICTER


def stored(number: int, as_of: str, *names: str, stricter: bool = False) -> StoredModel:
    """Return a model with other names."""
    base = replace(STRICTER if stricter else MODEL, given=("best", "rest"))
    model = replace(base, names=names)
    return StoredModel(model_version=number, fitted_on=1, as_of=date.fromisoformat(as_of), model=model)


FIRST = stored(1, "2024-03-01", "best", "rest")
RENAMED = stored(2, "2024-03-01", "Darlings", "rest")
REFITTED = stored(3, "2024-06-01", "Darlings", "rest", stricter=True)
RENAMED_AGAIN = stored(4, "2024-06-01", "Darlings", "Others", stricter=True)


def test_a_renamed_model_counts_once_under_its_new_name() -> None:
    assert frozen_models([RENAMED, FIRST]) == [RENAMED]


def test_an_earlier_model_carries_the_names_of_today() -> None:
    found = frozen_models([RENAMED_AGAIN, REFITTED, RENAMED, FIRST])
    assert [(one.model_version, one.model.names) for one in found] == [
        (4, ("Darlings", "Others")),
        (2, ("Darlings", "Others")),
    ]


def test_names_that_would_be_the_same_twice_are_left() -> None:
    other = replace(FIRST, model=replace(FIRST.model, given=("rest", "Darlings"), names=("x", "rest")))
    assert frozen_models([RENAMED_AGAIN, other])[1].model.names == ("Others", "rest")
    clash = replace(FIRST, model=replace(FIRST.model, given=("best", "other"), names=("best", "Darlings")))
    assert frozen_models([RENAMED_AGAIN, clash])[1].model.names == ("best", "Darlings")


def test_names_of_then_become_those_of_today() -> None:
    """Names are mapped by position, so two may have swapped; unknown names stay."""
    models = [RENAMED_AGAIN, REFITTED, RENAMED, FIRST]
    assert names_today(models, ("best", "rest")) == {"best": "Darlings", "rest": "Others"}
    assert names_today(models, ("Darlings", "rest")) == {"Darlings": "Darlings", "rest": "Others"}
    assert names_today(models, ("a", "b")) == {"a": "a", "b": "b"}
    assert names_today([], ("a", "b")) == {"a": "a", "b": "b"}
    swapped = [stored(3, "2024-03-01", "rest", "best"), stored(2, "2024-03-01", "x", "best"), FIRST]
    assert names_today(swapped, ("best", "rest")) == {"best": "rest", "rest": "best"}
    assert names_today([RENAMED], ("best", "rest")) == {"best": "Darlings", "rest": "rest"}
    other_order = replace(RENAMED_AGAIN.model, given=("rest", "best"), names=("Others", "Darlings"))
    models = [replace(RENAMED_AGAIN, model=other_order), FIRST]
    assert names_today(models, ("best", "rest")) == {"best": "Darlings", "rest": "Others"}


@pytest.mark.parametrize("dtype", ["str", "object", "category"])
def test_a_column_is_renamed_at_once(dtype: str) -> None:
    column = pd.Series(["a", "b", None, "c"], dtype=dtype)
    found = renamed(column, {"a": "b", "b": "a"})
    assert [None if pd.isna(value) else value for value in found] == ["b", "a", None, "c"]
    assert dtype == "category" or found.dtype == column.dtype
    assert renamed(column, {"a": "b", "b": "new"}).dropna().tolist() == ["b", "new", "c"]


def test_the_model_in_force_at_a_date() -> None:
    models = frozen_models([RENAMED_AGAIN, FIRST])
    assert in_force(models, date(2024, 7, 1)).model_version == 4
    assert in_force(models, date(2024, 6, 1)).model_version == 4
    assert in_force(models, date(2024, 5, 31)).model_version == 1
    assert in_force(models, date(2023, 1, 1)).model_version == 1


def test_a_segment_is_not_taken_for_those_who_are_no_customers_yet() -> None:
    assert frozen_models([stored(1, "2024-03-01", NOT_YET, "rest")])[0].model.names == ("best", "rest")


def test_no_models() -> None:
    assert frozen_models([]) == []
