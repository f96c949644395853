"""Ids never point outside their folder, and every id ever made stays valid."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import ClienteleError, InputError
from core.ingest.demo import DEMO_ID
from core.ingest.staging.staged_files import staged_folder
from core.models.training.model_registry import folder_of
from core.workspace import folders
from core.workspace.checked_paths import below, inside, is_file_name, is_id
from core.workspace.records import NewDataset
from core.workspace.store import Workspace
from core.workspace.stored_results import ResultKey, keep, kept
from tests.core.workspace.made import ADA, SHOP, rows

WRONG = [
    "",
    ".",
    "..",
    "../x",
    "../../x",
    "a/b",
    "/etc",
    "a\\b",
    "C:",
    "con",
    "NUL",
    "com1",
    "a\0",
    "a\n",
    "x" * 300,
    "ｘ",
]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return a workspace with one dataset."""
    made = Workspace(tmp_path_factory.mktemp("ids") / "workspace")
    made.create(SHOP, rows("one"), ADA)
    return made


def never_written(_folder: Path) -> None:
    """Write nothing."""


@pytest.mark.parametrize("made", [DEMO_ID, "560059114e6b4cd8b7ac4e37af2d2d53", "560059114e", "shop", "tiny", "log"])
def test_ids_that_clientele_makes_are_ids(made: str) -> None:
    assert is_id(made)
    assert NewDataset(name="Shop", id=made).id == made


@pytest.mark.parametrize(
    "name", ["rows.parquet", "quality.json", "train-0f", "demo-12", "segment-1.skops", "_x", "a" * 100]
)
def test_names_that_clientele_writes_are_names(name: str) -> None:
    assert is_file_name(name)


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize(
    "use",
    [
        lambda _, wrong: NewDataset(name="Shop", id=wrong),
        lambda _, wrong: ResultKey(dataset_id=wrong, version=1, generation=0, kind="sweep"),
        lambda _, wrong: ResultKey(dataset_id="shop", version=1, generation=0, kind=wrong),
        lambda workspace, wrong: folders.models_of(workspace.folder, wrong),
        lambda workspace, wrong: folders.version_of(workspace.folder, wrong),
        staged_folder,
        lambda workspace, wrong: folder_of(workspace.folder, wrong),
        lambda workspace, wrong: workspace.dataset(wrong),
        lambda workspace, wrong: workspace.version(wrong, 1),
        lambda workspace, wrong: workspace.delete_dataset(wrong, ADA),
        lambda workspace, wrong: inside(workspace.folder, wrong),
    ],
)
def test_what_is_no_id_is_refused_in_words(
    workspace: Workspace, use: Callable[[Workspace, str], object], wrong: str
) -> None:
    with pytest.raises(ClienteleError) as told:
        use(workspace, wrong)
    assert "\0" not in str(told.value) or "doesn't exist" in str(told.value)
    assert len(str(told.value)) < 700


@pytest.mark.parametrize("version", [0, -1, 10**9, True, "1", None, 1.0])
def test_result_of_no_version_is_refused(version: int) -> None:
    with pytest.raises(InputError, match="isn't a valid result"):
        ResultKey(dataset_id="shop", version=version, generation=0, kind="sweep")


def test_models_of_files_belong_to_no_dataset() -> None:
    with pytest.raises(InputError, match="not be a reserved name"):
        NewDataset(name="Shop", id="from-files")


def test_link_that_leads_out_of_its_folder_is_not_followed(tmp_path: Path) -> None:
    workspace, outside = Workspace(tmp_path / "workspace"), tmp_path / "outside"
    outside.mkdir()
    (outside / "mine.txt").write_text("mine")
    shop = workspace.create(SHOP, rows("one"), ADA)
    for root in ("models", "results"):
        (workspace.folder / root).mkdir(exist_ok=True)
    (workspace.folder / "models" / SHOP.id).symlink_to(outside)
    (workspace.folder / "results" / f"{SHOP.id}-1").symlink_to(outside)
    key = ResultKey(dataset_id=SHOP.id, version=1, generation=0, kind="sweep")
    with pytest.raises(InputError, match="points outside it"):
        keep(workspace, key, never_written)
    with pytest.raises(InputError, match="points outside it"):
        workspace.delete_dataset(SHOP.id, ADA)
    (outside / "0123456789ab").mkdir()
    with pytest.raises(InputError, match="points outside it"):
        folder_of(workspace.folder, "0123456789ab")
    (workspace.folder / "uploads" / "staged-1").symlink_to(outside)
    with pytest.raises(InputError, match="points outside it"):
        staged_folder(workspace, "staged-1")
    second = replace(key, version=2)
    folder = workspace.folder / "results" / f"{SHOP.id}-2"
    folder.mkdir()
    (folder / f"sweep-{second.digest}").symlink_to(outside)
    with pytest.raises(InputError, match="points outside it"):
        kept(workspace, second)
    assert (outside / "mine.txt").read_text() == "mine"
    assert workspace.dataset(SHOP.id).latest == 1
    assert shop.folder.parent == workspace.folder / "versions"


def test_root_may_itself_be_a_link_to_another_disk(tmp_path: Path) -> None:
    (tmp_path / "disk" / "shop").mkdir(parents=True)
    (tmp_path / "models").symlink_to(tmp_path / "disk")
    assert inside(tmp_path / "models", "shop") == tmp_path / "models" / "shop"
    assert below(tmp_path / "models", tmp_path / "disk" / "shop" / "x") == tmp_path / "disk" / "shop" / "x"
    with pytest.raises(InputError, match="isn't in the folder"):
        below(tmp_path / "models", tmp_path / "disk" / ".." / "x")
