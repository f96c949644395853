"""Edited maps: stored, replaced, renamed and deleted, each with its author."""

from pathlib import Path

import pytest

from core.errors import ConflictError, InputError, NotFoundError
from core.segments.rules.known_maps import KLAVIYO
from core.segments.rules.rfm_scores import ScoreSpec
from core.segments.rules.rule_maps import RfmMap
from core.segments.rules.stored_maps import StoredMap, delete, maps_of, save
from core.workspace import catalog
from core.workspace.records import By
from core.workspace.store import Workspace
from tests.core.workspace.made import ADA, SHOP, rows

BEN = By(who="ben@shop.example")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Return a workspace with a dataset."""
    made = Workspace(tmp_path / "workspace")
    made.create(SHOP, rows("one"), ADA)
    return made


def named(name: str, text: str = "All: **") -> RfmMap:
    """Return a map."""
    return RfmMap.from_text(name, text, ScoreSpec(levels=3, recency=(30, 90)))


def names(workspace: Workspace) -> list[str]:
    """Return the names of the stored maps."""
    return [stored.rfm_map.name for stored in maps_of(workspace, SHOP.id)]


def test_map_is_kept_with_who_and_when(workspace: Workspace) -> None:
    save(workspace, SHOP.id, named("Mine"), BEN)
    [stored] = maps_of(workspace, SHOP.id)
    assert (stored.rfm_map, stored.who) == (named("Mine"), BEN.who)
    [change, *_] = workspace.audit_trail(SHOP.id)
    assert (change.action, change.who, change.details["name"]) == ("save_rfm_map", BEN.who, "Mine")


def test_draft_with_gaps_is_kept(workspace: Workspace) -> None:
    save(workspace, SHOP.id, named("Draft", "Some: 3*"), BEN)
    assert names(workspace) == ["Draft"]


def test_edited_map_replaces_the_one_it_came_from(workspace: Workspace) -> None:
    save(workspace, SHOP.id, named("Mine"), BEN)
    [before] = maps_of(workspace, SHOP.id)
    save(workspace, SHOP.id, named("Ours", "Every: **"), ADA, instead_of=before)
    [stored] = maps_of(workspace, SHOP.id)
    assert (stored.rfm_map, stored.who) == (named("Ours", "Every: **"), ADA.who)


def test_name_of_another_map_is_refused(workspace: Workspace) -> None:
    save(workspace, SHOP.id, named("Mine"), BEN)
    save(workspace, SHOP.id, named("Other"), BEN)
    for instead_of in (None, maps_of(workspace, SHOP.id)[1]):
        with pytest.raises(ConflictError, match=r"^Another map is already called “Mine”\. Choose another name"):
            save(workspace, SHOP.id, named("Mine", "Else: **"), ADA, instead_of=instead_of)
    assert maps_of(workspace, SHOP.id)[0].rfm_map == named("Mine")
    with pytest.raises(InputError, match=r"^The name “Klaviyo's six” belongs to a built-in map"):
        save(workspace, SHOP.id, named(KLAVIYO.name), ADA)


def test_who_saves_second_does_not_undo_the_first(workspace: Workspace) -> None:
    save(workspace, SHOP.id, named("Mine"), BEN)
    [seen_by_both] = maps_of(workspace, SHOP.id)
    save(workspace, SHOP.id, named("Mine", "Ada's: **"), ADA, instead_of=seen_by_both)
    with pytest.raises(ConflictError, match=r"^Someone else saved “Mine” in the meantime; nothing was changed"):
        save(workspace, SHOP.id, named("Mine", "Ben's: **"), BEN, instead_of=seen_by_both)
    assert maps_of(workspace, SHOP.id)[0].rfm_map == named("Mine", "Ada's: **")


def test_rename_and_delete(workspace: Workspace) -> None:
    save(workspace, SHOP.id, named("Mine"), BEN)
    save(workspace, SHOP.id, named("Ours"), ADA, instead_of=maps_of(workspace, SHOP.id)[0])
    assert names(workspace) == ["Ours"]
    delete(workspace, SHOP.id, "Ours", BEN)
    assert names(workspace) == []
    said = [(change.action, change.details["name"]) for change in workspace.audit_trail(SHOP.id)[:2]]
    assert said == [("delete_rfm_map", "Ours"), ("save_rfm_map", "Ours")]


def test_map_that_is_gone_is_told(workspace: Workspace) -> None:
    gone = r"^The map “Mine” doesn't exist or was deleted"
    with pytest.raises(NotFoundError, match=gone):
        delete(workspace, SHOP.id, "Mine", BEN)
    was = StoredMap(rfm_map=named("Mine"), who=BEN.who, created_at=catalog.now())
    with pytest.raises(NotFoundError, match=gone):
        save(workspace, SHOP.id, named("Ours"), BEN, instead_of=was)
    with pytest.raises(NotFoundError):
        save(workspace, "nowhere", named("Mine"), BEN)


def test_maps_of_a_deleted_dataset_are_gone(workspace: Workspace) -> None:
    save(workspace, SHOP.id, named("Mine"), BEN)
    workspace.delete_dataset(SHOP.id, BEN)
    assert names(workspace) == []
