"""Segment models of a dataset, stored under successive versions."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from core.errors import ConflictError, NotFoundError, TooLittleDataError
from core.segments import segment_registry
from core.segments.clustering.fitting import fit
from core.segments.naming import FOUR, LOYAL
from core.segments.segment_model import ClusterSpec
from core.segments.segment_registry import StoredModel, adopt, fit_again, models_of, newest_or_first, rename, store
from core.workspace.records import By, NewDataset, Version, Written
from core.workspace.store import Workspace
from tests.core.segments.clustering.test_fitting import four_groups

DAY = date(2024, 3, 11)
BY = By(who="test")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Return an empty workspace."""
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def version(workspace: Workspace) -> Version:
    """Return the first version of a dataset."""
    return workspace.create(NewDataset(name="Shop"), lambda _folder: Written(files=[], report={}), BY)


def stored(number: int, k: int = 4) -> StoredModel:
    """Return a model."""
    return StoredModel(model_version=number, fitted_on=1, as_of=DAY, model=fit(four_groups(), ClusterSpec(k=k)))


def test_models_come_back_to_the_last_bit_newest_first(workspace: Workspace, version: Version) -> None:
    first, second = stored(1), stored(2, k=5)
    store(workspace, version.dataset_id, first, BY)
    store(workspace, version.dataset_id, second, BY)
    assert models_of(workspace, version.dataset_id) == [second, first]
    assert models_of(Workspace(workspace.folder), version.dataset_id) == [second, first]


def test_one_model_is_found_by_its_version_and_the_newest_alone(workspace: Workspace, version: Version) -> None:
    assert segment_registry.newest_of(workspace, version.dataset_id) is None
    first, second = stored(1), stored(2, k=5)
    store(workspace, version.dataset_id, first, BY)
    store(workspace, version.dataset_id, second, BY)
    assert segment_registry.newest_of(workspace, version.dataset_id) == second
    assert segment_registry.model_of(workspace, version.dataset_id, 1) == first
    with pytest.raises(NotFoundError, match="Segment model 3 no longer exists"):
        segment_registry.model_of(workspace, version.dataset_id, 3)


def test_a_new_name_leaves_what_puts_customers_into_segments(workspace: Workspace, version: Version) -> None:
    """So results based on it are found again, and results that contain names aren't confused with others."""
    dataset = version.dataset_id
    first = adopt(workspace, version, stored(1).model, DAY, BY)
    renamed = rename(workspace, dataset, LOYAL, "Darlings", BY)
    refitted = adopt(workspace, version, stored(1, k=5).model, DAY, BY)
    assert renamed.model.assignment == first.model.assignment != refitted.model.assignment
    assert len({one.content for one in (first, renamed, refitted)}) == 3
    assert segment_registry.model_of(workspace, dataset, first.model.assignment) == renamed
    assert segment_registry.model_of(workspace, dataset, first.content) == first
    assert segment_registry.numbers_of(workspace, dataset, first.model.assignment) == [2, 1]
    again = replace(first, model_version=7)  # as a backup may bring it back
    assert (again.content, again.model.assignment) == (first.content, first.model.assignment)
    assert replace(first, fitted_on=2).content != first.content
    with pytest.raises(NotFoundError, match="These segments no longer exist"):
        segment_registry.model_of(workspace, dataset, "0" * 32)


def test_datasets_have_models_of_their_own(workspace: Workspace, version: Version) -> None:
    store(workspace, version.dataset_id, stored(1), BY)
    other = workspace.create(NewDataset(name="Other"), lambda _folder: Written(files=[], report={}), BY)
    assert models_of(workspace, other.dataset_id) == []
    store(workspace, other.dataset_id, stored(1, k=3), BY)
    assert [model.model.spec.k for model in models_of(workspace, version.dataset_id)] == [4]


def test_a_version_is_kept_once_and_the_first_stays(workspace: Workspace, version: Version) -> None:
    first = stored(1)
    store(workspace, version.dataset_id, first, BY)
    with pytest.raises(ConflictError, match=r"^Someone else changed the segments in the meantime; nothing was"):
        store(workspace, version.dataset_id, stored(1, k=6), BY)
    assert models_of(workspace, version.dataset_id) == [first]


def test_first_look_fits_and_later_looks_do_not(workspace: Workspace, version: Version) -> None:
    first = newest_or_first(workspace, version, four_groups(), DAY)
    assert (first.model_version, first.fitted_on, first.as_of, first.model.spec) == (1, 1, DAY, ClusterSpec())
    later = newest_or_first(workspace, version, four_groups(seed=5).assign(recency=7), date(2024, 9, 9))
    assert later == first


def test_two_first_looks_at_once_see_one_model(
    workspace: Workspace, version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second finds none at first, but when it has fitted its own, one exists."""
    first = newest_or_first(workspace, version, four_groups(), DAY)
    answers: list[list[StoredModel]] = [[], []]
    known = segment_registry.models_of
    monkeypatch.setattr(segment_registry, "models_of", lambda *where: answers.pop() if answers else known(*where))
    assert newest_or_first(workspace, version, four_groups(), DAY) == first


def test_refitting_keeps_the_spec_and_the_earlier_model(workspace: Workspace, version: Version) -> None:
    store(workspace, version.dataset_id, stored(1, k=3), BY)
    again = fit_again(stored(1, k=3).model, four_groups(seed=2))
    second = adopt(workspace, version, again, DAY, BY)
    assert (second.model_version, second.model.spec.k) == (2, 3)
    assert [model.model_version for model in models_of(workspace, version.dataset_id)] == [2, 1]
    assert [change.action for change in workspace.audit_trail(version.dataset_id)][:2] == ["adopt_segments"] * 2


def test_a_new_name_makes_a_version_and_outlives_a_refit(workspace: Workspace, version: Version) -> None:
    store(workspace, version.dataset_id, stored(1), BY)
    renamed = rename(workspace, version.dataset_id, LOYAL, "VIPs", BY)
    assert models_of(workspace, version.dataset_id) == [renamed, stored(1)]
    assert renamed.model.names == ("VIPs", *FOUR[1:])
    assert fit_again(renamed.model, four_groups(seed=2)).names == renamed.model.names
    other = fit_again(renamed.model, four_groups(), ClusterSpec(k=3))
    assert other.names == other.given
    assert rename(workspace, version.dataset_id, "VIPs", "VIPs", BY) == renamed


def test_names_that_would_meet_in_a_refit_are_those_of_the_centroids(workspace: Workspace, version: Version) -> None:
    """A name chosen by a user may be the given name of another segment after the refit."""
    next_time = fit(four_groups(), ClusterSpec(k=3)).given
    model = replace(stored(1).model, given=(next_time[0], "b", "c", "d"), names=(next_time[1].upper(), "b", "c", "d"))
    assert fit_again(model, four_groups(), ClusterSpec(k=3)).names == next_time


def test_adopting_over_what_somebody_else_changed_meanwhile_is_refused(workspace: Workspace, version: Version) -> None:
    seen = newest_or_first(workspace, version, four_groups(), DAY)
    renamed = rename(workspace, version.dataset_id, LOYAL, "VIPs", BY)
    chosen = fit_again(seen.model, four_groups(), ClusterSpec(k=3))
    with pytest.raises(ConflictError, match="Review their segments first"):
        adopt(workspace, version, chosen, DAY, BY, instead_of=seen.model_version)
    assert models_of(workspace, version.dataset_id)[0] == renamed
    assert adopt(workspace, version, chosen, DAY, BY, instead_of=renamed.model_version).model_version == 3


def test_too_few_customers_leave_no_model(workspace: Workspace, version: Version) -> None:
    with pytest.raises(TooLittleDataError):
        newest_or_first(workspace, version, four_groups(each=1).head(2), DAY)
    assert models_of(workspace, version.dataset_id) == []


def test_segments_of_a_deleted_dataset_are_not_renamed(workspace: Workspace, version: Version) -> None:
    store(workspace, version.dataset_id, stored(1), BY)
    workspace.delete_dataset(version.dataset_id, BY)
    with pytest.raises(NotFoundError, match="was deleted in the meantime"):
        rename(workspace, version.dataset_id, LOYAL, "VIPs", BY)


def test_model_of_a_dataset_that_does_not_exist_is_refused(workspace: Workspace) -> None:
    with pytest.raises((ConflictError, NotFoundError)):
        store(workspace, "nothing", stored(1), BY)
